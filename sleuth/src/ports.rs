//! What the rest of the program needs of AWS, one port an audit. Readers apart from writers: who holds no writer changes
//! nothing.

use chrono::{DateTime, Utc};

use crate::facts::{ReadError, Tags, UserName};

pub mod accounts;
pub mod digest;
pub mod doctor;
pub mod keys;
pub mod tags;
pub mod watch;

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
    /// Path, such as `/admins/`.
    pub path: Option<String>,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
    /// Tags, where the listing has them.
    pub tags: Option<Tags>,
    /// Attached policies that quarantine the user, by name.
    pub quarantine: Vec<String>,
}

/// Why there is no answer about something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// AWS says that it does not exist: it was deleted since it was listed.
    Gone,
    /// It could not be read.
    Unread(ReadError),
}

impl From<ReadError> for NoAnswer {
    fn from(error: ReadError) -> Self {
        Self::Unread(error)
    }
}

/// Why a change was not made, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// AWS answered that it will not make it.
    #[error("{0}")]
    Refused(String),
    /// There was no answer, so that it may have been made.
    #[error("{0}")]
    Lost(String),
}
