//! What changed about access keys.
//!
//! A key is known by its user and id. Keys that are known without an id cannot be told from each other: if all of them are
//! in order, then whichever they are, no other key of that user is out of order.

use std::collections::BTreeSet;

use super::{Change, Done, Entry, Run, Side, Subject, doubt::Doubt};
use crate::{
    facts::UserName,
    keys::{AccessKeyId, Action, Status},
    report::{
        Outcome,
        saved::{Alert, Key, Keys},
    },
};

/// Severity of what cannot wait.
const ALERT: u8 = 4;

/// A report's findings, and what it could not read.
type Seen<'a> = (&'a Keys, &'a Doubt<'a>);

/// What became of all keys and alerts.
pub(super) fn entries(old: Seen<'_>, new: Seen<'_>) -> Vec<Entry> {
    let users: BTreeSet<&UserName> = old.0.keys.iter().chain(&new.0.keys).map(|key| &key.user).collect();
    let of_users = users.into_iter().flat_map(|user| of_user(user, &Sight::of(old, user), &Sight::of(new, user)));
    alerts(old, new).into_iter().chain(of_users).collect()
}

/// What a report shows of one user.
struct Sight<'a> {
    /// Keys with an id.
    known: Vec<(&'a AccessKeyId, &'a Key)>,
    /// A key without an id, or all keys of the user, of which it is not known that they are in order.
    unclear: Option<&'a Key>,
    /// Why other keys may be missing.
    doubt: Option<String>,
}

/// What a report says of one key.
struct Look {
    side: Side,
    /// Whether the key itself is in the report, or known not to exist.
    seen: bool,
    /// Why nobody knows, if so.
    reason: Option<String>,
}

impl<'a> Sight<'a> {
    fn of((audit, doubt): Seen<'a>, user: &UserName) -> Self {
        let keys = || audit.keys.iter().filter(|key| key.user == *user);
        Self {
            known: keys().filter_map(|key| Some((key.key_id.as_ref()?, key))).collect(),
            unclear: keys().find(|key| key.key_id.is_none() && !side(key).is_fine()),
            doubt: doubt.about_keys(&user.0),
        }
    }

    fn look(&self, id: &AccessKeyId) -> Look {
        if let Some((_, key)) = self.known.iter().find(|(known, _)| *known == id) {
            return Look { side: side(key), seen: true, reason: key.reason.clone() };
        }
        let unseen = |reason: Option<String>| Look { side: Side::unseen(), seen: false, reason };
        match (self.unclear, &self.doubt) {
            (Some(key), _) => unseen(key.reason.clone()),
            (None, Some(doubt)) => unseen(Some(doubt.clone())),
            (None, None) => Look { side: Side::absent(), seen: true, reason: None },
        }
    }

    /// All keys of the user as one: the worst that is known, unless there is one of which nobody knows.
    fn whole(&self) -> Side {
        let worst = self.known.iter().map(|(_, key)| *key).min_by_key(|key| key.status).map_or_else(Side::absent, side);
        if self.unclear.is_some() { Side::unseen() } else { worst }
    }
}

fn of_user(user: &UserName, old: &Sight<'_>, new: &Sight<'_>) -> Vec<Entry> {
    let ids: BTreeSet<&AccessKeyId> = old.known.iter().chain(&new.known).map(|(id, _)| *id).collect();
    let mut entries = Vec::new();
    for id in ids {
        let (was, is) = (old.look(id), new.look(id));
        // That a key in order could not be seen again is said once, of the user or the report.
        if (was.side.is_fine() && !is.seen) || (is.side.is_fine() && !was.seen) {
            continue;
        }
        let unknown = [&is, &was].into_iter().find(|look| !look.side.is_bad() && !look.side.is_fine());
        let reason = unknown.and_then(|look| look.reason.clone());
        let subject = Subject::Key { user: user.clone(), key_id: Some(id.clone()) };
        entries.push(Entry::new(subject, was.side, is.side, reason));
    }
    let told = entries.iter().any(|entry| entry.change == Change::Unknown);
    if let Some(key) = new.unclear.or(old.unclear).filter(|_| !told) {
        let subject = Subject::Key { user: user.clone(), key_id: None };
        entries.push(Entry::new(subject, old.whole(), new.whole(), key.reason.clone()));
    }
    entries
}

fn side(key: &Key) -> Side {
    let severity = match key.status {
        Status::Unknown => None,
        Status::Good | Status::Disabled => Some(0),
        Status::Stagnant => Some(1),
        Status::Old => Some(2),
        Status::Expired => Some(3),
    };
    Side { cause: key.cause, ..Side::found(key.status.as_str(), severity, key.exempt) }
}

fn alerts((old, doubt_old): Seen<'_>, (new, doubt_new): Seen<'_>) -> Vec<Entry> {
    let of = |alert: &Alert| Subject::Alert { kind: alert.kind, user: alert.user.clone() };
    let all: BTreeSet<Subject> = old.alerts.iter().chain(&new.alerts).map(of).collect();
    let side = |alerts: &[Alert], doubt: &Option<String>, subject: &Subject| match doubt {
        _ if alerts.iter().any(|alert| of(alert) == *subject) => Side::found("alert", Some(ALERT), false),
        Some(_) => Side::unseen(),
        None => Side::absent(),
    };
    let doubts = [doubt_old.about_alerts(), doubt_new.about_alerts()];
    let [of_old, of_new] = &doubts;
    let entry = |subject: Subject| {
        let (was, is) = (side(&old.alerts, of_old, &subject), side(&new.alerts, of_new, &subject));
        Entry::new(subject, was, is, doubts.iter().flatten().next().cloned())
    };
    all.into_iter().map(entry).collect()
}

/// What a run did.
pub(super) fn done(by: Run, audit: &Keys) -> Vec<Done> {
    let done = audit.keys.iter().filter(|key| key.action == Action::Disable && key.outcome == Outcome::Done);
    let of = |key: &Key| Done {
        by,
        subject: Subject::Key { user: key.user.clone(), key_id: key.key_id.clone() },
        action: "disable",
        reason: key.reason.clone(),
    };
    done.map(of).collect()
}
