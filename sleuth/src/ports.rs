//! What the rest of the program needs of AWS. Readers apart from writers: who holds no writer changes nothing.

use std::future::Future;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::keys::{
    AccessKey, AccessKeyId, Account, CredentialReport, KeyStatus, LastUse, ReadError, Reading, UserName,
    inventory::Tags,
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

/// The users of an account, as far as they could be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// Them.
    pub found: Vec<ListedUser>,
    /// Whether there may be more, because the listing broke off.
    pub broke_off: bool,
    /// What could not be read of them all.
    pub errors: Vec<ReadError>,
}

/// A user as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// Name.
    pub name: UserName,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
    /// Tags, where the listing has them.
    pub tags: Option<Tags>,
    /// Attached policies that quarantine the user, by name.
    pub quarantine: Vec<String>,
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

/// Why there is no answer about a user or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// IAM says that it does not exist: it was deleted since it was listed.
    Gone,
    /// It could not be read.
    Unread(ReadError),
}

impl From<ReadError> for NoAnswer {
    fn from(error: ReadError) -> Self {
        Self::Unread(error)
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

/// Why a change was not made, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WriteError(pub String);

/// Changes access keys.
pub trait WriteKeys: Sync {
    /// Makes one key of one user inactive. It can be made active again.
    fn disable(&self, user: &UserName, key: &AccessKeyId) -> impl Future<Output = Result<(), WriteError>> + Send;
}
