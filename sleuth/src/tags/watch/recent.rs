//! What was stopped and terminated in the last hour: events come one by one, and each by itself would never meet the brake.

use chrono::{DateTime, TimeDelta, Utc};

use crate::tags::plan::{Action, Limits, Used};

/// How long what was done counts.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// What was stopped and terminated, in all accounts, as far as this process knows.
#[derive(Debug, Default)]
pub struct Recent {
    done: Vec<(DateTime<Utc>, Action)>,
}

impl Recent {
    /// Remembers what was done at a time.
    pub fn add(&mut self, at: DateTime<Utc>, action: Action) {
        self.done.retain(|(then, _)| at - *then < WINDOW);
        self.done.push((at, action));
    }

    /// `limits`, with what was done in the hour before `now` used up.
    pub fn left(&self, limits: Limits, now: DateTime<Utc>) -> Limits {
        let count = |action| {
            let recent = self.done.iter().filter(|(then, _)| now - *then < WINDOW);
            recent.filter(|(_, done)| *done == action).count()
        };
        Limits { used: Used { stop: count(Action::Stop), terminate: count(Action::Terminate) }, ..limits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_counts_for_an_hour() {
        let limits = Limits {
            action: Action::Terminate,
            max_stop: 10,
            max_terminate: 5,
            used: Used::default(),
            override_protection: false,
        };
        let at = |minutes| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let mut recent = Recent::default();
        for (minute, action) in
            [(0, Action::Terminate), (30, Action::Terminate), (30, Action::Stop), (31, Action::Repair)]
        {
            recent.add(at(minute), action);
        }
        let used = |minute| recent.left(limits, at(minute)).used;
        assert_eq!(used(31), Used { stop: 1, terminate: 2 });
        assert_eq!(used(60), Used { stop: 1, terminate: 1 });
        assert_eq!(used(90), Used::default());
        assert_eq!(recent.left(limits, at(31)).max_terminate, 5);
    }
}
