//! Inventory in, one verdict per key out.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    inventory::{AccessKey, AccessKeyId, AutoExpire, Inventory, KeyStatus, LastUse, User},
    policy::{Cause, Days, Policy, Status},
};
use crate::facts::{ReadError, Reading, UserName};

/// What is to be thought of one key, and everything that led there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The user it belongs to.
    pub user: UserName,
    /// Its path; `None` if it is not known.
    pub path: Option<String>,
    /// The owner's display name.
    pub name: String,
    /// The `Slack` tag, as written.
    pub slack: Option<String>,
    /// The `Email` tag, as written.
    pub email: Option<String>,
    /// Whether it may be disabled; `None` if the tags could not be read.
    pub auto_expire: Option<AutoExpire>,
    /// The key; `None` if the user's keys could not be listed, and this verdict stands for all of them, or if it is known
    /// from the credential report only.
    pub key: Option<AccessKeyId>,
    /// What it is.
    pub status: Status,
    /// Why, if it is expired or close to it.
    pub cause: Option<Cause>,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
    /// Its last use; `None` if nobody asked.
    pub last_use: Option<Reading<LastUse>>,
    /// Days since its creation.
    pub age: Option<Days>,
    /// Days since its last use, or since its creation if it was never used.
    pub idle: Option<Days>,
    /// Days until it expires if it is not used; 0 if it is expired.
    pub days_left: Option<Days>,
    /// What of it could not be read. Set if and only if it is unknown.
    pub unread: Option<ReadError>,
    /// What else a reader should know.
    pub note: Option<String>,
}

impl Verdict {
    /// Whether the owner asked to be left alone, and may.
    pub fn is_exempt(&self) -> bool {
        self.auto_expire == Some(AutoExpire::Exempt)
    }
}

/// Judges every key of `inventory` by `policy` at `now`.
pub fn audit(inventory: &Inventory, policy: &Policy, now: DateTime<Utc>) -> Vec<Verdict> {
    inventory.users.iter().flat_map(|user| user_verdicts(user, policy, now)).collect()
}

fn user_verdicts(user: &User, policy: &Policy, now: DateTime<Utc>) -> Vec<Verdict> {
    match &user.keys {
        Reading::Read(keys) => keys.iter().map(|key| judge(user, key, policy, now)).collect(),
        Reading::Unread(error) => {
            let last_use = Some(Reading::Unread(error.clone()));
            vec![unknown(Verdict { last_use, ..blank(user) }, error.clone())]
        }
    }
}

/// Whether the last use of a key has to be known to judge it.
pub fn needs_last_use(status: &KeyStatus, created: Option<DateTime<Utc>>, policy: &Policy, now: DateTime<Utc>) -> bool {
    *status == KeyStatus::Active && created.is_some_and(|created| !policy.decides_by_age(Days::between(created, now)))
}

/// Judges one key. Whatever could not be read makes a working key unknown, whether or not it could have been decisive; a
/// last use that nobody asked for does so only if it could have been.
pub fn judge(user: &User, key: &AccessKey, policy: &Policy, now: DateTime<Utc>) -> Verdict {
    let age = key.created.map(|created| Days::between(created, now));
    let last_use = key.last_used.as_ref().and_then(Reading::as_read);
    let idle = last_use.zip(key.created).map(|(used, created)| Days::between(last_active(used, created), now));
    let last_use = key.last_used.clone();
    let facts = Verdict { key: key.id.clone(), created: key.created, last_use, age, idle, ..blank(user) };
    match &key.status {
        KeyStatus::Inactive => return Verdict { status: Status::Disabled, ..facts },
        KeyStatus::Expired => {
            let note = Some("AWS says the key has expired".to_owned());
            return Verdict { status: Status::Disabled, note, ..facts };
        }
        KeyStatus::Active | KeyStatus::Other(_) => {}
    }
    let verdict = match (key.unread().or_else(|| user.tags.as_unread().cloned()), age, idle) {
        (None, Some(age), Some(idle)) => working(facts, age, idle, policy, now),
        (None, Some(age), None) if policy.decides_by_age(age) => {
            // Days that depend on the last use are not known.
            let known = policy.days_left(age, Days(0)) == policy.days_left(age, age);
            let verdict = working(facts, age, Days(0), policy, now);
            Verdict { days_left: verdict.days_left.filter(|_| known), ..verdict }
        }
        (Some(error), ..) => unknown(facts, error),
        // The creation time is known of a key of which nothing is unread.
        (None, ..) => unknown(facts, not_asked("nobody asked for the last use, and these thresholds need it")),
    };
    match verdict.status {
        Status::Old | Status::Stagnant | Status::Expired if key.id.is_none() => {
            unknown(verdict, not_asked("the key is known from the credential report only, which has no ids"))
        }
        _ => verdict,
    }
}

/// The `operation` of what nobody asked AWS for and an audit would need.
pub const NOT_ASKED: &str = "audit";

fn not_asked(message: &str) -> ReadError {
    ReadError { operation: NOT_ASKED.to_owned(), message: message.to_owned() }
}

fn working(facts: Verdict, age: Days, idle: Days, policy: &Policy, now: DateTime<Utc>) -> Verdict {
    let (status, cause) = policy.classify(age, idle);
    let ahead = facts.created.is_some_and(|created| created.signed_duration_since(now) > TimeDelta::days(1));
    let note = ahead.then(|| "created after the time of this audit: is the clock right?".to_owned());
    Verdict { status, cause, days_left: Some(policy.days_left(age, idle)), note, ..facts }
}

fn unknown(facts: Verdict, error: ReadError) -> Verdict {
    let note = Some(format!("could not be read: {error}"));
    Verdict { status: Status::Unknown, cause: None, days_left: None, unread: Some(error), note, ..facts }
}

/// The time a key counts as last used: a key that was never used counts from its creation, and so does one whose recorded
/// use lies before its creation, which cannot be.
pub(super) fn last_active(last_use: &LastUse, created: DateTime<Utc>) -> DateTime<Utc> {
    match last_use {
        LastUse::Never => created,
        LastUse::At { time, .. } => created.max(*time),
    }
}

/// A verdict that says only whose key it is.
fn blank(user: &User) -> Verdict {
    Verdict {
        user: user.name.clone(),
        path: user.path.clone(),
        name: user.display_name().to_owned(),
        slack: user.slack().map(ToOwned::to_owned),
        email: user.email().map(ToOwned::to_owned),
        auto_expire: user.tags.as_read().map(AutoExpire::of),
        key: None,
        status: Status::Unknown,
        cause: None,
        created: None,
        last_use: None,
        age: None,
        idle: None,
        days_left: None,
        unread: None,
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Tags;

    const NOW: &str = "2026-07-01T12:00:00Z";

    fn now() -> DateTime<Utc> {
        NOW.parse().unwrap()
    }

    fn ago(days: i64) -> DateTime<Utc> {
        now() - TimeDelta::days(days)
    }

    fn used(days: i64) -> Reading<LastUse> {
        Reading::Read(LastUse::At { time: ago(days), service: None, region: None })
    }

    fn error(operation: &str) -> ReadError {
        ReadError { operation: operation.into(), message: "AccessDenied".into() }
    }

    fn key(created: i64, last_used: Reading<LastUse>) -> AccessKey {
        AccessKey {
            id: Some(AccessKeyId("AKIA1".into())),
            status: KeyStatus::Active,
            created: Some(ago(created)),
            last_used: Some(last_used),
        }
    }

    fn user(tags: Reading<Tags>) -> User {
        User {
            name: UserName("alice".into()),
            path: None,
            tags,
            keys: Reading::Read(Vec::new()),
            quarantine: Vec::new(),
        }
    }

    fn judged(key: &AccessKey) -> Verdict {
        let policy = Policy::new(Days(90), Days(80), Days(60), Days(50)).unwrap();
        judge(&user(Reading::Read(Tags::new())), key, &policy, now())
    }

    #[test]
    fn a_key_never_used_counts_from_its_creation() {
        for (age, status) in [(49, Status::Good), (50, Status::Stagnant), (60, Status::Expired)] {
            let verdict = judged(&key(age, Reading::Read(LastUse::Never)));
            assert_eq!((verdict.status, verdict.idle), (status, Some(Days(age))));
        }
    }

    #[test]
    fn a_use_before_the_creation_counts_from_the_creation() {
        let verdict = judged(&key(10, used(100)));
        assert_eq!((verdict.status, verdict.idle), (Status::Good, Some(Days(10))));
    }

    #[test]
    fn a_use_or_creation_in_the_future_is_now() {
        let verdict = judged(&key(10, used(-1)));
        assert_eq!((verdict.status, verdict.idle, verdict.note), (Status::Good, Some(Days(0)), None));
        let verdict = judged(&key(-2, Reading::Read(LastUse::Never)));
        assert_eq!((verdict.status, verdict.age), (Status::Good, Some(Days(0))));
        assert!(verdict.note.unwrap().contains("clock"));
    }

    #[test]
    fn days_left_are_those_of_the_limit_that_comes_first() {
        for (age, idle, left) in
            [(85, 0, 5), (80, 50, 10), (80, 59, 1), (55, 55, 5), (10, 3, 57), (90, 0, 0), (200, 0, 0)]
        {
            assert_eq!(judged(&key(age, used(idle))).days_left, Some(Days(left)), "age {age}, idle {idle}");
        }
    }

    #[test]
    fn times_at_the_ends_of_the_calendar_are_judged_too() {
        let policy = Policy::new(Days(90), Days(80), Days(60), Days(50)).unwrap();
        let user = user(Reading::Read(Tags::new()));
        for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            judge(&user, &key(1, used(0)), &policy, now);
        }
    }

    #[test]
    fn what_does_not_work_is_disabled_whatever_its_age() {
        for status in [KeyStatus::Inactive, KeyStatus::Expired] {
            let key = AccessKey { status, ..key(1_000, Reading::Unread(error("GetAccessKeyLastUsed"))) };
            let verdict = judged(&key);
            assert_eq!((verdict.status, verdict.cause, verdict.days_left), (Status::Disabled, None, None));
        }
    }

    #[test]
    fn unread_last_use_makes_a_key_unknown_at_any_age() {
        for age in [0, 85, 1_000] {
            let verdict = judged(&key(age, Reading::Unread(error("GetAccessKeyLastUsed"))));
            assert_eq!((verdict.status, verdict.age, verdict.idle), (Status::Unknown, Some(Days(age)), None));
            assert_eq!(verdict.note.as_deref(), Some("could not be read: GetAccessKeyLastUsed: AccessDenied"));
        }
    }

    #[test]
    fn last_use_that_nobody_asked_for_is_missed_only_where_it_decides() {
        // The limits are 90 and 80 days of age, 60 and 50 without use.
        for (age, status, days_left) in [
            (0, Status::Good, Some(Days(60))),
            (49, Status::Good, None),
            (50, Status::Unknown, None),
            (89, Status::Unknown, None),
            (90, Status::Expired, Some(Days(0))),
        ] {
            let verdict = judged(&AccessKey { last_used: None, ..key(age, used(0)) });
            assert_eq!((verdict.status, verdict.days_left, verdict.idle), (status, days_left, None), "age {age}");
            assert_eq!(verdict.last_use, None);
        }
    }

    #[test]
    fn by_default_age_alone_decides() {
        let policy = Policy::new(Days(90), Days(80), Days(90), Days(80)).unwrap();
        for (age, status, days_left) in [(79, Status::Good, 11), (80, Status::Old, 10), (90, Status::Expired, 0)] {
            let key = AccessKey { last_used: None, ..key(age, used(0)) };
            let verdict = judge(&user(Reading::Read(Tags::new())), &key, &policy, now());
            assert_eq!((verdict.status, verdict.days_left), (status, Some(Days(days_left))));
            assert!(!needs_last_use(&key.status, key.created, &policy, now()));
        }
    }

    #[test]
    fn key_without_an_id_is_never_condemned() {
        for (age, status) in [(1, Status::Good), (50, Status::Unknown), (90, Status::Unknown)] {
            let verdict = judged(&AccessKey { id: None, ..key(age, used(age)) });
            assert_eq!((verdict.status, verdict.cause), (status, None));
        }
    }

    #[test]
    fn unread_tags_make_a_key_unknown() {
        let policy = Policy::new(Days(90), Days(80), Days(60), Days(50)).unwrap();
        let user = user(Reading::Unread(error("ListUserTags")));
        let verdict = judge(&user, &key(1_000, used(0)), &policy, now());
        assert_eq!((verdict.status, verdict.auto_expire), (Status::Unknown, None));
    }

    #[test]
    fn a_status_nobody_knows_is_unknown() {
        let verdict = judged(&AccessKey { status: KeyStatus::Other("Paused".into()), ..key(1_000, used(0)) });
        assert_eq!(verdict.status, Status::Unknown);
    }

    #[test]
    fn a_key_without_creation_time_is_unknown() {
        let verdict = judged(&AccessKey { created: None, ..key(0, used(0)) });
        assert_eq!((verdict.status, verdict.age, verdict.idle), (Status::Unknown, None, None));
    }

    #[test]
    fn unlisted_keys_are_one_unknown_verdict_and_others_are_judged() {
        let good = User { keys: Reading::Read(vec![key(1, used(0)); 3]), ..user(Reading::Read(Tags::new())) };
        let denied =
            User { keys: Reading::Unread(error("ListAccessKeys")), name: UserName("bob".into()), ..good.clone() };
        let inventory = Inventory { users: vec![good, denied], ..Inventory::empty(now()) };
        let policy = Policy::new(Days(90), Days(80), Days(90), Days(80)).unwrap();
        let verdicts = audit(&inventory, &policy, now());
        let seen: Vec<_> = verdicts.iter().map(|v| (v.user.0.as_str(), v.status)).collect();
        assert_eq!(
            seen,
            [("alice", Status::Good), ("alice", Status::Good), ("alice", Status::Good), ("bob", Status::Unknown)]
        );
    }
}
