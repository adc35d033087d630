//! What was stopped and terminated in the last hour: events come one by one, and each by itself would never meet the brake.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::tags::{
    inventory::{InstanceId, RegionName},
    plan::{Action, Used},
};

/// How long what was done counts.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// What was stopped and terminated, in all accounts, as far as this process knows.
#[derive(Debug, Default)]
pub struct Recent {
    /// When and what, by instance: one that is tried again counts once.
    done: BTreeMap<(RegionName, InstanceId), (DateTime<Utc>, Action)>,
}

impl Recent {
    /// Remembers what was done to an instance.
    pub fn add(&mut self, at: DateTime<Utc>, place: (RegionName, InstanceId), action: Action) {
        self.done.retain(|_, (then, _)| at - *then < WINDOW);
        self.done.insert(place, (at, action));
    }

    /// What was done in the hour before `now`.
    pub fn used(&self, now: DateTime<Utc>) -> Used {
        let count = |action| {
            let recent = self.done.values().filter(|(then, _)| now - *then < WINDOW);
            recent.filter(|(_, done)| *done == action).count()
        };
        Used { stop: count(Action::Stop), terminate: count(Action::Terminate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_counts_for_an_hour_and_once() {
        let at = |minutes| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let mut recent = Recent::default();
        let mut add = |minutes, id: &str, action| {
            recent.add(at(minutes), (RegionName("eu-west-1".into()), InstanceId(id.into())), action);
        };
        add(0, "i-1", Action::Terminate);
        add(20, "i-2", Action::Terminate);
        add(30, "i-2", Action::Terminate);
        add(30, "i-3", Action::Stop);
        assert_eq!(recent.used(at(31)), Used { stop: 1, terminate: 2 });
        assert_eq!(recent.used(at(60)), Used { stop: 1, terminate: 1 });
        assert_eq!(recent.used(at(90)), Used::default());
    }
}
