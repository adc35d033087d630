//! An account in memory that remembers what was done to it, and that can change or fail at any call.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sleuth::{
    keys::{AccessKeyId, Account, KeyStatus, LastUse, ReadError, UserName, inventory::Tags},
    ports::{ListedKey, ReadKeys, Users, WriteError, WriteKeys},
};
use tokio::time::Instant;

/// The time of all these tests.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FakeKey {
    pub(crate) user: String,
    pub(crate) status: KeyStatus,
    pub(crate) created: DateTime<Utc>,
    pub(crate) last_use: LastUse,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) users: BTreeMap<String, Tags>,
    pub(crate) keys: BTreeMap<String, FakeKey>,
    /// Calls that fail: operation and user or key.
    pub(crate) failing: Vec<(&'static str, String)>,
    /// A key whose change is never answered.
    pub(crate) hanging: Option<String>,
    /// How long every call takes.
    pub(crate) latency: Duration,
    /// Every change that was asked for.
    pub(crate) writes: Vec<String>,
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

    /// Answers only after everybody else had a chance to do something.
    async fn check(&self, operation: &'static str, subject: &str) -> Result<(), ReadError> {
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
    async fn account(&self) -> (Account, Vec<ReadError>) {
        (Account { id: Some("123456789012".into()), alias: Some("acme".into()) }, Vec::new())
    }

    async fn users(&self, _: Option<Instant>) -> Users {
        let found =
            self.state().users.iter().map(|(name, tags)| (UserName(name.clone()), Some(tags.clone()))).collect();
        Users { found, error: self.check("ListUsers", "").await.err() }
    }

    async fn tags(&self, user: &UserName) -> Result<Tags, ReadError> {
        self.check("ListUserTags", &user.0).await?;
        let tags = self.state().users.get(&user.0).cloned();
        tags.ok_or_else(|| ReadError { operation: "ListUserTags".into(), message: "NoSuchEntity".into() })
    }

    async fn keys(&self, user: &UserName) -> Result<Vec<ListedKey>, ReadError> {
        self.check("ListAccessKeys", &user.0).await?;
        let state = self.state();
        let keys = state.keys.iter().filter(|(_, key)| key.user == user.0).map(|(id, key)| ListedKey {
            id: AccessKeyId(id.clone()),
            status: key.status.clone(),
            created: Some(key.created),
        });
        Ok(keys.collect())
    }

    async fn last_use(&self, key: &AccessKeyId) -> Result<LastUse, ReadError> {
        self.check("GetAccessKeyLastUsed", &key.0).await?;
        let found = self.state().keys.get(&key.0).map(|key| key.last_use.clone());
        found.ok_or_else(|| ReadError { operation: "GetAccessKeyLastUsed".into(), message: "NoSuchEntity".into() })
    }
}

impl WriteKeys for FakeAccount {
    async fn disable(&self, user: &UserName, key: &AccessKeyId) -> Result<(), WriteError> {
        self.state().writes.push(format!("{user} {key}"));
        self.check("UpdateAccessKey", &key.0).await.map_err(|error| WriteError(error.message))?;
        {
            let mut state = self.state();
            let found = state.keys.get_mut(&key.0).filter(|found| found.user == user.0);
            found.ok_or_else(|| WriteError("NoSuchEntity".into()))?.status = KeyStatus::Inactive;
        }
        let hangs = self.state().hanging.as_ref() == Some(&key.0);
        if hangs {
            std::future::pending::<()>().await;
        }
        // The change is made, its answer may still be lost.
        self.check("UpdateAccessKey answer", &key.0).await.map_err(|error| WriteError(error.message))
    }
}
