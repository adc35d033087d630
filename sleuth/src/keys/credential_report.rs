//! The credential report: one table of all users, made by IAM at most every four hours, that tells whose keys need no
//! closer look.
//!
//! It has no key ids, its times may be hours old, and a key's time is that of its creation *or last change*. So it is never
//! used to condemn a key, only to leave users alone: a user all of whose keys are in order by it is not asked for one by one.
//! The form is that of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    audit::last_active,
    inventory::{AccessKey, KeyStatus, LastUse},
    policy::{Days, Policy, Status},
};
use crate::facts::{Reading, UserName};

/// Name of the row about the root user.
const ROOT: &str = "<root_account>";
/// Oldest report that is believed. IAM gives one out again for four hours.
const OLDEST: TimeDelta = TimeDelta::hours(5);

/// A credential report, as far as it is about access keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialReport {
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Whether the root user has access keys that work, if the report says so.
    pub root_keys: Option<bool>,
    users: BTreeMap<UserName, Row>,
}

/// A user's row. What is not understood is `None`, and rules nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    created: Option<DateTime<Utc>>,
    keys: Option<Vec<AccessKey>>,
}

/// Why a text is not a credential report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAReport {
    /// A column is missing, or is there twice.
    #[error("the credential report has no column `{0}`, or more than one")]
    Column(String),
    /// It is no table.
    #[error("the credential report cannot be read: {0}")]
    Form(String),
}

impl CredentialReport {
    /// Reads the CSV that IAM gives.
    pub fn parse(csv: &[u8], made_at: DateTime<Utc>) -> Result<Self, NotAReport> {
        let form = |error: csv::Error| NotAReport::Form(error.to_string());
        let mut table = csv::Reader::from_reader(csv);
        let columns = Columns::find(table.headers().map_err(form)?)?;
        let mut report = Self { made_at, root_keys: None, users: BTreeMap::new() };
        for record in table.records() {
            let record = record.map_err(form)?;
            let name = record.get(columns.user).unwrap_or_default();
            let keys = columns.slots.iter().map(|slot| slot.key(&record, made_at)).collect::<Option<Vec<_>>>();
            // It has no more to say of a third key than that there is one.
            let more = columns.more.and_then(|column| record.get(column)).is_some_and(|more| !is_nothing(more));
            let keys = keys.filter(|_| !more);
            if name == ROOT {
                let works = |key: &AccessKey| key.status == KeyStatus::Active;
                report.root_keys = keys.map(|keys| keys.iter().flatten().any(works));
                continue;
            }
            let created = columns.created.and_then(|column| time(record.get(column)?));
            let row = Row { created, keys: keys.map(|keys| keys.into_iter().flatten().collect()) };
            // Two rows of one name: a user was deleted and made anew. Neither says enough.
            let name = UserName(name.to_owned());
            let known = report.users.contains_key(&name);
            report.users.insert(name, if known { Row { created: None, keys: None } } else { row });
        }
        Ok(report)
    }

    /// Why it cannot rule anybody out, if so: `today` it is too old, or at `now` a key that is not in it, because it was made
    /// since, may not be in order.
    pub fn is_useless(&self, today: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Option<&'static str> {
        let since = Days::between(self.made_at, now);
        match () {
            () if today.signed_duration_since(self.made_at) > OLDEST => Some("it is too old"),
            () if policy.classify(since, since).0 != Status::Good => {
                Some("by these thresholds even new keys are not good")
            }
            () => None,
        }
    }

    /// The keys of a user, without ids, if none of them can be anything but in order or disabled. `created`: when the user
    /// was, by a newer listing.
    pub fn ruled_out(
        &self,
        user: &UserName,
        created: Option<DateTime<Utc>>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Option<Vec<AccessKey>> {
        let row = self.users.get(user)?;
        let same = row.created.is_some() && row.created == created;
        let keys = row.keys.as_ref().filter(|_| same)?;
        keys.iter().all(|key| is_in_order(key, policy, now)).then(|| keys.clone())
    }
}

/// Whether a key of the report is in order, or does not work. Since the report it can only have been used, which makes it
/// no worse.
fn is_in_order(key: &AccessKey, policy: &Policy, now: DateTime<Utc>) -> bool {
    let created = match (&key.status, key.created) {
        (KeyStatus::Inactive | KeyStatus::Expired, _) => return true,
        (KeyStatus::Active, Some(created)) => created,
        (KeyStatus::Active | KeyStatus::Other(_), _) => return false,
    };
    let last_use = key.last_used.as_ref().and_then(Reading::as_read).unwrap_or(&LastUse::Never);
    let used = last_active(last_use, created);
    policy.classify(Days::between(created, now), Days::between(used, now)).0 == Status::Good
}

/// Where the columns are.
struct Columns {
    user: usize,
    created: Option<usize>,
    /// Whether there are more keys than slots. The column may be missing where no user has more.
    more: Option<usize>,
    slots: Vec<Slot>,
}

/// The columns about one of a user's keys.
struct Slot {
    active: usize,
    changed: usize,
    used: usize,
    service: Option<usize>,
    region: Option<usize>,
}

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Self, NotAReport> {
        let find = |name: &str| header.iter().position(|column| column == name);
        let need = |name: &str| {
            let once = header.iter().filter(|column| *column == name).count() == 1;
            find(name).filter(|_| once).ok_or_else(|| NotAReport::Column(name.to_owned()))
        };
        let names = header.iter().filter_map(|name| name.strip_prefix("access_key_")?.strip_suffix("_active"));
        let slots = names.map(|slot| {
            Ok(Slot {
                active: need(&format!("access_key_{slot}_active"))?,
                changed: need(&format!("access_key_{slot}_last_rotated"))?,
                used: need(&format!("access_key_{slot}_last_used_date"))?,
                service: find(&format!("access_key_{slot}_last_used_service")),
                region: find(&format!("access_key_{slot}_last_used_region")),
            })
        });
        let slots: Vec<Slot> = slots.collect::<Result<_, _>>()?;
        // A slot that is not found would hide a key.
        need("access_key_1_active")?;
        need("access_key_2_active")?;
        let more = find("additional_credentials_info");
        Ok(Self { user: need("user")?, created: find("user_creation_time"), more, slots })
    }
}

impl Slot {
    /// The key in this slot, or that there is none. `None` if it is not understood.
    #[expect(clippy::option_option, reason = "a slot without a key is not one that cannot be read")]
    fn key(&self, record: &csv::StringRecord, made_at: DateTime<Utc>) -> Option<Option<AccessKey>> {
        // What lies behind the report's own time is not to be believed.
        let time = |value: &str| time(value).filter(|time| *time <= made_at);
        let changed = record.get(self.changed)?;
        let status = match record.get(self.active)?.to_ascii_lowercase().as_str() {
            "true" => KeyStatus::Active,
            "false" if is_nothing(changed) => return Some(None),
            "false" => KeyStatus::Inactive,
            _ => return None,
        };
        let used = record.get(self.used)?;
        let last_used = if is_nothing(used) {
            // A key that was never used counts from its creation, and so does one of which nothing is known: that can only
            // make it look worse.
            LastUse::Never
        } else {
            let named = |column: Option<usize>| {
                column.and_then(|column| record.get(column)).filter(|name| !is_nothing(name)).map(ToOwned::to_owned)
            };
            LastUse::At { time: time(used)?, service: named(self.service), region: named(self.region) }
        };
        Some(Some(AccessKey {
            id: None,
            status,
            created: Some(time(changed)?),
            last_used: Some(Reading::Read(last_used)),
        }))
    }
}

/// What IAM writes where there is nothing to say.
fn is_nothing(value: &str) -> bool {
    matches!(value, "" | "N/A" | "no_information" | "not_supported")
}

fn time(value: &str) -> Option<DateTime<Utc>> {
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,access_key_1_active,access_key_1_last_rotated,\
        access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,\
        access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service";
    const NONE: &str = "false,N/A,N/A,N/A,N/A";
    const BORN: &str = "2020-01-01T00:00:00+00:00";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn now() -> DateTime<Utc> {
        at("2026-07-01T12:00:00Z")
    }

    fn policy() -> Policy {
        Policy::new(Days(90), Days(80), Days(60), Days(50)).unwrap()
    }

    fn report(header: &str, rows: &[&str]) -> CredentialReport {
        let text = format!("{header}\n{}\n", rows.join("\n"));
        CredentialReport::parse(text.as_bytes(), at("2026-07-01T09:00:00Z")).unwrap()
    }

    fn alice(report: &CredentialReport) -> Option<Vec<AccessKey>> {
        report.ruled_out(&UserName("alice".into()), Some(at(BORN)), &policy(), now())
    }

    /// What is ruled out of an `alice` with these two slots.
    fn slots(one: &str, other: &str) -> Option<Vec<AccessKey>> {
        alice(&report(HEADER, &[&format!("alice,arn,{BORN},false,{one},{other}")]))
    }

    #[test]
    fn users_whose_keys_are_in_order_are_ruled_out() {
        let good = "true,2026-06-20T00:00:00+00:00,2026-06-30T00:00:00Z,eu-west-1,s3";
        let keys = slots(good, NONE).unwrap();
        let used = LastUse::At {
            time: at("2026-06-30T00:00:00Z"),
            service: Some("s3".into()),
            region: Some("eu-west-1".into()),
        };
        assert_eq!(
            keys,
            [AccessKey {
                id: None,
                status: KeyStatus::Active,
                created: Some(at("2026-06-20T00:00:00Z")),
                last_used: Some(Reading::Read(used)),
            }]
        );
        // The slots are in no order, and a disabled key is nobody's concern.
        assert_eq!(slots(NONE, good).unwrap().len(), 1);
        assert_eq!(
            slots("FALSE,2020-01-01T00:00:00+00:00,N/A,N/A,N/A", &good.replace("true", "TRUE")).unwrap().len(),
            2
        );
        assert_eq!(slots(NONE, NONE), Some(Vec::new()));
    }

    #[test]
    fn anything_else_is_looked_at() {
        for slot in [
            // too old, old, unused, never used for 50 days
            "true,2026-04-02T12:00:00Z,2026-06-30T00:00:00Z,N/A,s3",
            "true,2026-04-12T12:00:00Z,2026-06-30T00:00:00Z,N/A,s3",
            "true,2026-05-01T00:00:00Z,2026-05-02T00:00:00Z,N/A,s3",
            "true,2026-05-12T12:00:00Z,N/A,N/A,N/A",
            "true,2026-05-12T12:00:00Z,no_information,N/A,N/A",
            // not understood
            "perhaps,2026-06-20T00:00:00Z,N/A,N/A,N/A",
            "true,N/A,N/A,N/A,N/A",
            "true,yesterday,N/A,N/A,N/A",
            "true,2026-06-20T00:00:00Z,sometimes,N/A,N/A",
            // later than the report itself
            "true,2026-07-01T09:00:01Z,N/A,N/A,N/A",
            "true,2026-06-20T00:00:00Z,2062-01-01T00:00:00Z,N/A,s3",
            "not_supported,not_supported,not_supported,not_supported,not_supported",
        ] {
            assert_eq!(slots(slot, NONE), None, "{slot}");
            assert_eq!(slots(NONE, slot), None, "{slot}");
        }
    }

    #[test]
    fn users_that_are_missing_or_were_made_anew_are_looked_at() {
        let row = format!("alice,arn,{BORN},false,{NONE},{NONE}");
        let one = report(HEADER, &[&row]);
        assert!(alice(&one).is_some());
        let user = |name: &str, created| one.ruled_out(&UserName(name.into()), created, &policy(), now());
        assert_eq!(user("bob", Some(at(BORN))), None);
        assert_eq!(user("alice", Some(at("2026-06-30T00:00:00Z"))), None);
        assert_eq!(user("alice", None), None);
        assert_eq!(alice(&report(HEADER, &[&row, &row])), None);
    }

    #[test]
    fn root_is_no_user() {
        let root = |active: &str| {
            let rest = "not_supported,no_information";
            let slot = format!("{active},2020-01-01T00:00:00Z,no_information,N/A,N/A");
            report(HEADER, &[&format!("<root_account>,arn,{rest},{slot},{NONE}")])
        };
        assert_eq!((root("true").root_keys, root("true").users.len()), (Some(true), 0));
        assert_eq!((root("false").root_keys, root("odd").root_keys), (Some(false), None));
        assert_eq!(report(HEADER, &[]).root_keys, None);
    }

    #[test]
    fn columns_are_found_by_name_and_there_may_be_more_of_them() {
        let header = "access_key_3_last_used_date,access_key_3_last_rotated,access_key_3_active,user_creation_time,\
            access_key_1_last_used_date,access_key_1_last_rotated,access_key_1_active,something_new,user,\
            access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date";
        let row = |rotated: &str| format!("N/A,{rotated},true,{BORN},N/A,N/A,false,x,alice,false,N/A,N/A");
        assert_eq!(alice(&report(header, &[&row("2026-06-20T00:00:00Z")])).unwrap().len(), 1);
        assert_eq!(alice(&report(header, &[&row("2020-06-20T00:00:00Z")])), None);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let parse = |text: &str| CredentialReport::parse(text.as_bytes(), now()).unwrap_err().to_string();
        let lacks = |column: &str| format!("the credential report has no column `{column}`, or more than one");
        assert_eq!(parse(""), lacks("access_key_1_active"));
        assert_eq!(parse("user,access_key_1_active\n"), lacks("access_key_1_last_rotated"));
        assert_eq!(parse(&HEADER.replace("access_key_2_active", "second")), lacks("access_key_2_active"));
        assert_eq!(parse(&format!("{HEADER},user")), lacks("user"));
        assert!(parse(&format!("{HEADER}\nalice,1\n")).starts_with("the credential report cannot be read: "));
    }

    #[test]
    fn report_that_is_too_old_or_hides_young_keys_rules_nobody_out() {
        let report = report(HEADER, &[]);
        let useless = |now: &str, policy: &Policy| report.is_useless(at(now), policy, at(now));
        assert_eq!(useless("2026-07-01T14:00:00Z", &policy()), None);
        assert_eq!(useless("2026-07-01T14:00:01Z", &policy()), Some("it is too old"));
        let at_once = Policy::new(Days(90), Days(0), Days(60), Days(50)).unwrap();
        let reason = "by these thresholds even new keys are not good";
        assert_eq!(useless("2026-07-01T10:00:00Z", &at_once), Some(reason));
    }

    #[test]
    fn users_with_more_keys_than_slots_are_looked_at() {
        let header = format!("{HEADER},additional_credentials_info");
        let row = |more: &str| format!("alice,arn,{BORN},false,{NONE},{NONE},{more}");
        assert!(alice(&report(&header, &[&row("N/A")])).is_some());
        assert!(alice(&report(&header, &[&row("")])).is_some());
        assert_eq!(alice(&report(&header, &[&row("1 more")])), None);
    }
}
