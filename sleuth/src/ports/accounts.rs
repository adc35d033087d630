//! What a run over many accounts needs besides what the audits do.

use std::future::Future;

use super::doctor::Trouble;
use crate::{
    facts::{ReadError, Tags},
    organization::Listing,
};

/// The operation of an error that says that an account is not to be entered. Any other may pass.
pub const REFUSED: &str = "AssumeRole";

/// Why a run that is about no account does not begin.
pub const NOBODY: &str = "there is no account to audit: see ACCOUNTS, ORG_UNITS and EXCLUDE_ACCOUNTS";

/// A call that gave no answer, and what that says of whether it may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The call, such as `ListAccounts`.
    pub operation: String,
    /// What it answered.
    pub trouble: Trouble,
}

impl From<Unread> for ReadError {
    fn from(Unread { operation, trouble }: Unread) -> Self {
        Self { operation, message: trouble.to_string() }
    }
}

/// The time was over.
impl From<ReadError> for Unread {
    fn from(ReadError { operation, message }: ReadError) -> Self {
        Self { operation, trouble: Trouble::Unanswered(message) }
    }
}

/// The accounts that can be entered.
pub trait Accounts: Sync {
    /// What can be done in one of them.
    type Account: Send + Sync;

    /// The account with this id. An error if it cannot be entered.
    fn account(&self, id: &str) -> impl Future<Output = Result<Self::Account, ReadError>> + Send;
}

/// An organization.
pub trait Directory: Sync {
    /// Its accounts, or those of the part that is asked for: all, or an error.
    fn accounts(&self) -> impl Future<Output = Result<Listing, ReadError>> + Send;

    /// The tags that an account has in it. Those of a list have none.
    fn tags(&self, account: &str) -> impl Future<Output = Result<Tags, ReadError>> + Send;
}

/// The files of a run whose work is shared out among many invocations.
pub trait Store: Sync {
    /// Writes a file, in the place of one that is there.
    fn put(&self, name: &str, text: &str) -> impl Future<Output = Result<(), ReadError>> + Send;

    /// Writes a file if there is none of that name; says whether it did.
    fn claim(&self, name: &str, text: &str) -> impl Future<Output = Result<bool, ReadError>> + Send;

    /// Reads a file; `None` if there is none.
    fn get(&self, name: &str) -> impl Future<Output = Result<Option<String>, ReadError>> + Send;

    /// The names of all files in a folder.
    fn names(&self, folder: &str) -> impl Future<Output = Result<Vec<String>, ReadError>> + Send;
}
