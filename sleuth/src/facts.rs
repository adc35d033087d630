//! What is read of any account: whose it is, its users' names, tags, and answers that may be missing.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Tag with the owner's Slack id.
const SLACK_TAG: &str = "Slack";
/// Tag with the owner's e-mail address.
const EMAIL_TAG: &str = "Email";
/// Tag with the owner's display name.
const NAME_TAG: &str = "Name";

/// An AWS account.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The 12 digits; `None` if they could not be read.
    pub id: Option<String>,
    /// The account alias, if there is one.
    pub alias: Option<String>,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.id, &self.alias) {
            (Some(id), Some(alias)) => write!(f, "{id} ({alias})"),
            (Some(one), None) | (None, Some(one)) => f.write_str(one),
            (None, None) => f.write_str("unknown"),
        }
    }
}

/// Whether this is the id of an account: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whom an account belongs to, by its own tags `Slack` and `Email`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountOwner {
    /// The `Slack` tag, as written.
    pub slack: Option<String>,
    /// The `Email` tag, as written.
    pub email: Option<String>,
}

impl AccountOwner {
    /// Whom these tags of an account name; `None` if nobody.
    pub fn of(tags: &Tags) -> Option<Self> {
        let owner = Self { slack: slack(tags).map(ToOwned::to_owned), email: email(tags).map(ToOwned::to_owned) };
        (owner != Self::default()).then_some(owner)
    }
}

/// A name or id: text that is not to be mistaken for another.
macro_rules! name {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use name;

name! {
    /// Name of an IAM user, unique in its account.
    UserName
}

/// Something that was asked for: read, or not read and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// The answer.
    Read(T),
    /// No answer.
    Unread(ReadError),
}

impl<T> Reading<T> {
    /// The answer, if there was one.
    pub fn as_read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Unread(_) => None,
        }
    }

    /// The error, if there was no answer.
    pub fn as_unread(&self) -> Option<&ReadError> {
        match self {
            Self::Read(_) => None,
            Self::Unread(error) => Some(error),
        }
    }
}

impl<T> From<Result<T, ReadError>> for Reading<T> {
    fn from(result: Result<T, ReadError>) -> Self {
        result.map_or_else(Self::Unread, Self::Read)
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadError {
    /// The call that failed, such as `ListAccessKeys`.
    pub operation: String,
    /// What it answered.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.message)
    }
}

/// Tags: key and value, as written.
pub type Tags = BTreeMap<String, String>;

/// Tags as `key=value`, each by itself.
pub(crate) fn pairs(tags: &Tags) -> Vec<String> {
    tags.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// Values of a tag. IAM compares tag keys without case
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>).
pub fn values<'a>(tags: &'a Tags, key: &'a str) -> impl Iterator<Item = &'a str> {
    tags.iter().filter(move |(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, value)| value.trim())
}

/// A user's `Slack` tag, as written; `None` if it is missing or empty.
pub fn slack(tags: &Tags) -> Option<&str> {
    tag(tags, SLACK_TAG)
}

/// An `Email` tag, as written; `None` if it is missing or empty.
pub fn email(tags: &Tags) -> Option<&str> {
    tag(tags, EMAIL_TAG)
}

/// A user's `Name` tag: a display name.
pub fn display_name(tags: &Tags) -> Option<&str> {
    tag(tags, NAME_TAG)
}

fn tag<'a>(tags: &'a Tags, key: &'a str) -> Option<&'a str> {
    values(tags, key).find(|value| !value.is_empty())
}
