//! Two sides of one thing.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use super::{Change, Entry, Grade, Side, Standing, Subject};

impl Side {
    /// What is in a report; of what it could not judge the severity is none.
    pub(super) fn found(status: &'static str, severity: Option<u8>, exempt: bool) -> Self {
        let standing = severity.map_or(Standing::Unknown, |severity| Standing::Known { severity, exempt });
        Self { status, cause: None, exempt, rules: BTreeMap::new(), standing }
    }

    /// What is not in a report, and would be if it were there.
    pub(super) fn absent() -> Self {
        Self::found("absent", Some(0), false)
    }

    /// What a report could not see.
    pub(super) fn unseen() -> Self {
        Self::found("unknown", None, false)
    }

    /// Whether it is known not to be in order.
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.standing, Standing::Known { severity: 1.., .. })
    }

    /// Whether it is known to be in order.
    pub(super) fn is_fine(&self) -> bool {
        matches!(self.standing, Standing::Known { severity: 0, .. })
    }
}

impl Entry {
    /// What became of something. The reason is kept where nobody knows.
    pub(super) fn new(subject: Subject, was: Side, is: Side, reason: Option<String>) -> Self {
        let change = change(&was, &is);
        let reason = reason.filter(|_| change == Change::Unknown);
        Self { change, subject, was, is, reason }
    }
}

/// What became of a finding.
fn change(was: &Side, is: &Side) -> Change {
    let (Standing::Known { severity: before, exempt: let_be }, Standing::Known { severity: after, exempt }) =
        (was.standing, is.standing)
    else {
        return Change::Unknown;
    };
    match (before > 0, after > 0) {
        (false, false) => Change::Unchanged,
        (false, true) => Change::New,
        (true, false) => Change::Fixed,
        (true, true) => match (!let_be, before).cmp(&(!exempt, after)) {
            Ordering::Less => Change::Worse,
            Ordering::Greater => Change::Better,
            Ordering::Equal => by_rules(&was.rules, &is.rules),
        },
    }
}

/// What became of a finding that is as bad as it was, by the rules that are violated.
fn by_rules(was: &BTreeMap<String, Grade>, is: &BTreeMap<String, Grade>) -> Change {
    let rules: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let (mut worse, mut better, mut untold) = (false, false, false);
    for rule in rules {
        match (was.get(rule), is.get(rule)) {
            (before, after) if before == after => {}
            (Some(Grade::Unknown), _) | (_, Some(Grade::Unknown)) => untold = true,
            (before, after) => {
                worse |= before < after;
                better |= before > after;
            }
        }
    }
    match (worse, better) {
        (true, true) => Change::Changed,
        (true, false) => Change::Worse,
        (false, true) => Change::Better,
        (false, false) if untold => Change::Unknown,
        (false, false) => Change::Unchanged,
    }
}
