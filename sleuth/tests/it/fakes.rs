//! An account in memory that remembers what was done to it, and that can change or fail at any call.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sleuth::{
    config::{Flags, KeysConfig},
    facts::{Account, ReadError, Tags, UserName},
    keys::{AccessKeyId, CredentialReport, KeyStatus, LastUse},
    ports::{
        ListedUser, NoAnswer, Users, WriteError,
        keys::{ListedKey, Overview, ReadKeys, WriteKeys},
    },
};
use tokio::time::Instant;

/// The time of all these tests.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

/// Settings with which keys are disabled, by age and by inactivity.
pub(crate) fn config() -> KeysConfig {
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("INACTIVITY_AGE", "60"), ("INACTIVITY_WARNING_AGE", "50")];
    KeysConfig::new(&settings.map(|(k, v)| (k.to_owned(), v.to_owned())), Flags::default()).unwrap()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FakeKey {
    pub(crate) user: String,
    pub(crate) status: KeyStatus,
    pub(crate) created: DateTime<Utc>,
    pub(crate) last_use: LastUse,
}

/// When all users were created.
fn born() -> DateTime<Utc> {
    ago(5_000)
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Whether the root user has keys.
    pub(crate) root_keys: bool,
    /// Users that AWS quarantined.
    pub(crate) quarantined: Vec<String>,
    /// The credential report, if it is not that of the account as it is.
    pub(crate) report: Option<String>,
    /// How old it is.
    pub(crate) report_age: Duration,
    pub(crate) users: BTreeMap<String, Tags>,
    pub(crate) keys: BTreeMap<String, FakeKey>,
    /// Calls that fail: operation and user or key.
    pub(crate) failing: Vec<(&'static str, String)>,
    /// A key whose change is never answered.
    pub(crate) hanging: Option<String>,
    /// How long every call takes.
    pub(crate) latency: Duration,
    /// Every call: operation and user or key.
    pub(crate) calls: Vec<(&'static str, String)>,
    /// Every change that was asked for.
    pub(crate) writes: Vec<String>,
}

impl State {
    /// The credential report of the account as it is. It has two keys a user, as that of AWS.
    pub(crate) fn credential_report(&self) -> String {
        let mut text = "user,user_creation_time,additional_credentials_info".to_owned();
        for slot in ["1", "2"] {
            for column in ["active", "last_rotated", "last_used_date"] {
                let _ = write!(text, ",access_key_{slot}_{column}");
            }
        }
        for user in self.users.keys() {
            let keys: Vec<_> = self.keys.values().filter(|key| key.user == *user).collect();
            let more = if keys.len() > 2 { "1" } else { "N/A" };
            let _ = write!(text, "\n{user},{},{more}", born().to_rfc3339());
            for slot in 0..2 {
                text += &keys.get(slot).map_or_else(|| ",false,N/A,N/A".to_owned(), |key| key.slot());
            }
        }
        text
    }
}

impl FakeKey {
    fn slot(&self) -> String {
        let used = match &self.last_use {
            LastUse::Never => "N/A".to_owned(),
            LastUse::At { time, .. } => time.to_rfc3339(),
        };
        format!(",{},{},{used}", self.status == KeyStatus::Active, self.created.to_rfc3339())
    }
}

#[derive(Debug, Default)]
pub(crate) struct FakeAccount(Mutex<State>);

impl FakeAccount {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Adds a key, and its user if there is none yet.
    pub(crate) fn key(&self, user: &str, id: &str, age: i64, idle: i64) {
        let mut state = self.state();
        state.users.entry(user.to_owned()).or_default();
        let last_use = LastUse::At { time: ago(idle), service: Some("s3".into()), region: Some("eu-west-1".into()) };
        let key = FakeKey { user: user.to_owned(), status: KeyStatus::Active, created: ago(age), last_use };
        state.keys.insert(id.to_owned(), key);
    }

    pub(crate) fn tag(&self, user: &str, key: &str, value: &str) {
        self.state().users.entry(user.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
    }

    pub(crate) fn fail(&self, operation: &'static str, subject: &str) {
        self.state().failing.push((operation, subject.to_owned()));
    }

    /// Whom or what was asked for by an operation, in order of name.
    pub(crate) fn asked(&self, operation: &'static str) -> Vec<String> {
        let calls = self.state().calls.clone();
        let mut asked: Vec<_> =
            calls.into_iter().filter(|(o, _)| *o == operation).map(|(_, subject)| subject).collect();
        asked.sort();
        asked
    }

    /// Answers only after everybody else had a chance to do something.
    async fn check(&self, operation: &'static str, subject: &str) -> Result<(), ReadError> {
        self.state().calls.push((operation, subject.to_owned()));
        let latency = self.state().latency;
        if latency.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(latency).await;
        }
        let fails = self.state().failing.iter().any(|(o, s)| *o == operation && s == subject);
        if fails { Err(ReadError { operation: operation.into(), message: "Throttling".into() }) } else { Ok(()) }
    }
}

impl ReadKeys for FakeAccount {
    async fn overview(&self) -> Overview {
        let account = Account { id: Some("123456789012".into()), alias: Some("acme".into()) };
        let error = self.check("GetAccountSummary", "").await.err();
        let state = self.state();
        let readable = error.is_none();
        Overview {
            account,
            user_count: readable.then_some(state.users.len()),
            root_keys: readable.then_some(state.root_keys),
            errors: Vec::from_iter(error),
        }
    }

    async fn credential_report(&self, _: Option<Instant>) -> Result<CredentialReport, ReadError> {
        self.check("GetCredentialReport", "").await?;
        let state = self.state();
        let text = state.report.clone().unwrap_or_else(|| state.credential_report());
        Ok(CredentialReport::parse(text.as_bytes(), now() - state.report_age).unwrap())
    }

    async fn users(&self, _: Option<Instant>) -> Users {
        let error = self.check("ListUsers", "").await.err();
        let state = self.state();
        let found = state.users.iter().map(|(name, tags)| ListedUser {
            name: UserName(name.clone()),
            path: Some("/".into()),
            created: Some(born()),
            tags: Some(tags.clone()),
            quarantine: state.quarantined.iter().filter(|user| *user == name).map(|_| "Quarantine".into()).collect(),
        });
        Users { found: found.collect(), broke_off: error.is_some(), errors: Vec::from_iter(error) }
    }

    async fn tags(&self, user: &UserName) -> Result<Tags, NoAnswer> {
        self.check("ListUserTags", &user.0).await?;
        let tags = self.state().users.get(&user.0).cloned();
        tags.ok_or(NoAnswer::Gone)
    }

    async fn keys(&self, user: &UserName) -> Result<Vec<ListedKey>, NoAnswer> {
        self.check("ListAccessKeys", &user.0).await?;
        let state = self.state();
        if !state.users.contains_key(&user.0) {
            return Err(NoAnswer::Gone);
        }
        let keys = state.keys.iter().filter(|(_, key)| key.user == user.0).map(|(id, key)| ListedKey {
            id: AccessKeyId(id.clone()),
            status: key.status.clone(),
            created: Some(key.created),
        });
        Ok(keys.collect())
    }

    async fn last_use(&self, key: &AccessKeyId) -> Result<LastUse, NoAnswer> {
        self.check("GetAccessKeyLastUsed", &key.0).await?;
        let found = self.state().keys.get(&key.0).map(|key| key.last_use.clone());
        found.ok_or(NoAnswer::Gone)
    }
}

impl WriteKeys for FakeAccount {
    async fn disable(&self, user: &UserName, key: &AccessKeyId) -> Result<(), WriteError> {
        self.state().writes.push(format!("{user} {key}"));
        self.check("UpdateAccessKey", &key.0).await.map_err(|error| WriteError::Refused(error.message))?;
        {
            let mut state = self.state();
            let found = state.keys.get_mut(&key.0).filter(|found| found.user == user.0);
            found.ok_or_else(|| WriteError::Refused("NoSuchEntity".into()))?.status = KeyStatus::Inactive;
        }
        let hangs = self.state().hanging.as_ref() == Some(&key.0);
        if hangs {
            std::future::pending::<()>().await;
        }
        // The change is made, its answer may still be lost.
        self.check("UpdateAccessKey answer", &key.0).await.map_err(|error| WriteError::Lost(error.message))
    }
}
