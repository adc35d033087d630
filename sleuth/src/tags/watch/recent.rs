//! What was stopped and terminated in the last hour: events come one by one, and each by itself would never meet the brake.

use chrono::{DateTime, TimeDelta, Utc};

use crate::tags::plan::Used;

/// How long what was done counts.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// What was stopped and terminated, in all accounts, as far as this process knows.
#[derive(Debug, Default)]
pub struct Recent {
    done: Vec<(DateTime<Utc>, Used)>,
}

impl Recent {
    /// Remembers what was done at a time.
    pub fn add(&mut self, at: DateTime<Utc>, used: Used) {
        self.done.retain(|(then, _)| at - *then < WINDOW);
        self.done.push((at, used));
    }

    /// What was done in the hour before `now`.
    pub fn used(&self, now: DateTime<Utc>) -> Used {
        let recent = self.done.iter().filter(|(then, _)| now - *then < WINDOW);
        recent.fold(Used::default(), |sum, (_, used)| sum.and(*used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_counts_for_an_hour() {
        let at = |minutes| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let mut recent = Recent::default();
        recent.add(at(0), Used { stop: 0, terminate: 1 });
        recent.add(at(30), Used { stop: 1, terminate: 1 });
        assert_eq!(recent.used(at(31)), Used { stop: 1, terminate: 2 });
        assert_eq!(recent.used(at(60)), Used { stop: 1, terminate: 1 });
        assert_eq!(recent.used(at(90)), Used::default());
    }
}
