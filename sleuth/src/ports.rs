//! What the rest of the program needs of AWS. Readers apart from writers: who holds no writer changes nothing.

use std::future::Future;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::keys::{AccessKey, AccessKeyId, Account, KeyStatus, LastUse, ReadError, UserName, inventory::Tags};

/// The users of an account, as far as they could be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// Names, with the tags where the listing had them.
    pub found: Vec<(UserName, Option<Tags>)>,
    /// Why the listing is incomplete, if it is.
    pub error: Option<ReadError>,
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
    /// The key with its last use.
    pub fn with_last_use(self, last_used: Result<LastUse, ReadError>) -> AccessKey {
        AccessKey { id: self.id, status: self.status, created: self.created, last_used: last_used.into() }
    }
}

/// Reads users and access keys. Every method reads all pages.
pub trait ReadKeys: Sync {
    /// Whose account this is. What could not be read is missing there and named here.
    fn account(&self) -> impl Future<Output = (Account, Vec<ReadError>)> + Send;

    /// All users, or those that could be listed until `end`.
    fn users(&self, end: Option<Instant>) -> impl Future<Output = Users> + Send;

    /// The tags of one user.
    fn tags(&self, user: &UserName) -> impl Future<Output = Result<Tags, ReadError>> + Send;

    /// The access keys of one user.
    fn keys(&self, user: &UserName) -> impl Future<Output = Result<Vec<ListedKey>, ReadError>> + Send;

    /// The last use of one key.
    fn last_use(&self, key: &AccessKeyId) -> impl Future<Output = Result<LastUse, ReadError>> + Send;
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
