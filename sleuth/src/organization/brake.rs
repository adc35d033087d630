//! How much is to be changed, and how much may be in all accounts together.

use serde::{Deserialize, Serialize};

/// What a plan would change in an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Access keys to be disabled.
    pub disable: usize,
    /// Instances to be stopped.
    pub stop: usize,
    /// Instances to be terminated.
    pub terminate: usize,
    /// All changes, those of no weight for the brake too.
    pub changes: usize,
}

impl Load {
    /// Both together.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            disable: self.disable + more.disable,
            stop: self.stop + more.stop,
            terminate: self.terminate + more.terminate,
            changes: self.changes + more.changes,
        }
    }
}

/// Most changes in all accounts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Access keys disabled: `MAX_DISABLE_TOTAL`.
    pub disable: usize,
    /// Instances stopped: `MAX_STOP_TOTAL`.
    pub stop: usize,
    /// Instances terminated: `MAX_TERMINATE_TOTAL`.
    pub terminate: usize,
}

/// Why nothing is to be changed in any account, if these plans together are too much. `loads`: one an account.
pub fn brake(loads: impl Iterator<Item = Load> + Clone, totals: &Totals) -> Option<String> {
    let sum = loads.clone().fold(Load::default(), Load::and);
    let limit = |words, name, of: fn(&Load) -> usize, most: usize| (of(&sum) > most).then_some((words, name, of, most));
    let too_much =
        limit("instances were to be terminated", "MAX_TERMINATE_TOTAL", |load| load.terminate, totals.terminate)
            .or_else(|| limit("instances were to be stopped", "MAX_STOP_TOTAL", |load| load.stop, totals.stop))
            .or_else(|| limit("keys were to be disabled", "MAX_DISABLE_TOTAL", |load| load.disable, totals.disable));
    let (words, name, of, most) = too_much?;
    let number = of(&sum);
    let accounts = match loads.filter(|load| of(load) > 0).count() {
        1 => "1 account".to_owned(),
        accounts => format!("{accounts} accounts"),
    };
    Some(format!("{number} {words} in {accounts}, {name} is {most}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOTALS: Totals = Totals { disable: 5, stop: 3, terminate: 1 };

    fn told(loads: &[Load]) -> Option<String> {
        brake(loads.iter().copied(), &TOTALS)
    }

    #[test]
    fn one_change_too_many_in_all_accounts_stops_all() {
        let keys = |disable| Load { disable, changes: disable, ..Load::default() };
        assert_eq!(told(&[keys(2), keys(3), keys(0)]), None);
        assert_eq!(
            told(&[keys(2), keys(4), keys(0)]).as_deref(),
            Some("6 keys were to be disabled in 2 accounts, MAX_DISABLE_TOTAL is 5")
        );
    }

    #[test]
    fn the_worst_is_named_first() {
        let load = Load { terminate: 2, stop: 9, disable: 0, changes: 11 };
        assert_eq!(
            told(&[load]).as_deref(),
            Some("2 instances were to be terminated in 1 account, MAX_TERMINATE_TOTAL is 1")
        );
        let load = Load { terminate: 0, ..load };
        assert_eq!(told(&[load]).as_deref(), Some("9 instances were to be stopped in 1 account, MAX_STOP_TOTAL is 3"));
    }

    #[test]
    fn repairs_are_not_counted() {
        assert_eq!(told(&[Load { changes: 1000, ..Load::default() }]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn how_changes_are_spread_over_accounts_decides_nothing(parts in prop::collection::vec(0..4usize, 0..8)) {
            let loads: Vec<Load> = parts.iter().map(|part| Load { disable: *part, ..Load::default() }).collect();
            let total: usize = parts.iter().sum();
            prop_assert_eq!(told(&loads).is_some(), total > TOTALS.disable);
        }
    }
}
