//! What is in the account: plain data, to be put together and changed by tests.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// The number of an account that was given none, and of that whose credentials are nobody's session.
pub const ACCOUNT_ID: &str = "123456789012";

/// Users and what IAM says of the account as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: String,
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// The account's alias, if it has one.
    pub alias: Option<String>,
    /// Whether the root user has an access key.
    pub root_keys: bool,
}

/// An IAM user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// `CreateDate`.
    pub created: DateTime<Utc>,
    /// Tags, in the order of their keys.
    pub tags: BTreeMap<String, String>,
    /// ARNs of the managed policies that are attached.
    pub policies: Vec<String>,
    /// Access keys, in the order in which IAM lists them. More than two are possible.
    pub keys: Vec<Key>,
}

/// An access key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// `AccessKeyId`.
    pub id: String,
    /// `Active`, `Inactive`, `Expired`, or anything else that a test wants.
    pub status: String,
    /// `CreateDate`.
    pub created: DateTime<Utc>,
    /// `access_key_N_last_rotated` of the credential report: created or last changed.
    pub changed: DateTime<Utc>,
    /// Last use; `None` if it was never used.
    pub last_used: Option<LastUsed>,
}

/// Last use of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastUsed {
    /// When.
    pub time: DateTime<Utc>,
    /// By which service, as in `s3`.
    pub service: String,
    /// In which region, as in `eu-west-1`; `N/A` for a global service.
    pub region: String,
}

impl Default for Account {
    fn default() -> Self {
        Self { id: ACCOUNT_ID.to_owned(), users: BTreeMap::new(), alias: None, root_keys: false }
    }
}

impl Account {
    /// The same account with this user in it.
    #[must_use]
    pub fn with(mut self, name: &str, user: User) -> Self {
        self.users.insert(name.to_owned(), user);
        self
    }

    /// The key with this id, and the name of its user.
    pub fn key(&self, id: &str) -> Option<(&str, &Key)> {
        self.users.iter().find_map(|(name, user)| user.key(id).map(|key| (name.as_str(), key)))
    }
}

impl User {
    /// A user without anything.
    pub fn new(created: DateTime<Utc>) -> Self {
        Self { created, ..Self::default() }
    }

    /// The same user with this tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The same user with this policy attached.
    #[must_use]
    pub fn policy(mut self, arn: &str) -> Self {
        self.policies.push(arn.to_owned());
        self
    }

    /// The same user with one more key.
    #[must_use]
    pub fn with(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// The user's key with this id.
    pub fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl Key {
    /// An active key that was never used.
    pub fn new(id: &str, created: DateTime<Utc>) -> Self {
        Self { id: id.to_owned(), status: "Active".to_owned(), created, changed: created, last_used: None }
    }

    /// The same key with this status.
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// The same key, last used then, by `s3` in `eu-west-1`.
    #[must_use]
    pub fn used(mut self, time: DateTime<Utc>) -> Self {
        self.last_used = Some(LastUsed { time, service: "s3".to_owned(), region: "eu-west-1".to_owned() });
        self
    }
}

/// The unique id of a user, made from its name, so that it is the same in all answers.
pub(crate) fn user_id(name: &str) -> String {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("AIDA{}", base32(hash, 17))
}

/// The ARN of a user.
pub(crate) fn user_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:user/{name}")
}

/// `number` in so many letters and digits of the kind that ids of IAM consist of; 13 hold every number.
pub(crate) fn base32(number: u64, length: usize) -> String {
    let letter = |position: usize| {
        let digit = number.checked_shr(u32::try_from(5 * position).unwrap_or(u32::MAX)).unwrap_or(0) % 32;
        let digit = u8::try_from(digit).unwrap_or(0);
        char::from(if digit < 26 { b'A' + digit } else { b'2' + digit - 26 })
    };
    (0..length).rev().map(letter).collect()
}
