//! What the audit of access keys needs.

use std::future::Future;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::{NoAnswer, Users, WriteError};
use crate::{
    facts::{Account, ReadError, Reading, Tags, UserName},
    keys::{AccessKey, AccessKeyId, CredentialReport, KeyStatus, LastUse},
};

/// An account as a whole. What could not be read is `None`, and why is in `errors`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Whose it is.
    pub account: Account,
    /// How many users it has.
    pub user_count: Option<usize>,
    /// Whether the root user has access keys.
    pub root_keys: Option<bool>,
    /// What could not be read.
    pub errors: Vec<ReadError>,
}

/// An access key as it is listed: everything but its last use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// Id.
    pub id: AccessKeyId,
    /// Whether it works.
    pub status: KeyStatus,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
}

impl ListedKey {
    /// The key with its last use, if that was asked for.
    pub fn with_last_use(self, last_used: Option<Reading<LastUse>>) -> AccessKey {
        AccessKey { id: Some(self.id), status: self.status, created: self.created, last_used }
    }
}

/// Reads users and access keys. Every method reads all pages.
pub trait ReadKeys: Sync {
    /// Whose account this is, and what it says of itself.
    fn overview(&self) -> impl Future<Output = Overview> + Send;

    /// All users, or those that could be listed until `end`.
    fn users(&self, end: Option<Instant>) -> impl Future<Output = Users> + Send;

    /// The credential report, waited for until `end`, and not for long.
    fn credential_report(
        &self,
        end: Option<Instant>,
    ) -> impl Future<Output = Result<CredentialReport, ReadError>> + Send;

    /// The tags of one user.
    fn tags(&self, user: &UserName) -> impl Future<Output = Result<Tags, NoAnswer>> + Send;

    /// The access keys of one user.
    fn keys(&self, user: &UserName) -> impl Future<Output = Result<Vec<ListedKey>, NoAnswer>> + Send;

    /// The last use of one key.
    fn last_use(&self, key: &AccessKeyId) -> impl Future<Output = Result<LastUse, NoAnswer>> + Send;
}

/// Changes access keys.
pub trait WriteKeys: Sync {
    /// Makes one key of one user inactive. It can be made active again.
    fn disable(&self, user: &UserName, key: &AccessKeyId) -> impl Future<Output = Result<(), WriteError>> + Send;
}
