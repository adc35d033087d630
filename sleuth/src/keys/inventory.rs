//! What was read of an account. What could not be read stands where it belongs, as an error.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::{self, Account, ReadError, Reading, Tags, UserName, name, values};

/// Tag that keeps a user's keys from being disabled: `false`, in any case.
const AUTO_EXPIRE_TAG: &str = "KeyAutoExpire";

name! {
    /// Id of an access key, such as `AKIAIOSFODNN7EXAMPLE`. Not a secret.
    AccessKeyId
}

/// An account's users and their keys, as they were at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// When it was read.
    pub taken_at: DateTime<Utc>,
    /// Whose users these are.
    pub account: Account,
    /// Every user that was seen, by name.
    pub users: Vec<User>,
    /// How many users the account says it has; `None` if it did not say.
    #[serde(default)]
    pub user_count: Option<usize>,
    /// Whether the listing of users broke off.
    #[serde(default)]
    pub broke_off: bool,
    /// Whether the root user has access keys; `None` if that could not be read.
    #[serde(default)]
    pub root_keys: Option<bool>,
    /// When the credential report was made that ruled users out; `None` if all were read one by one.
    #[serde(default)]
    pub credential_report: Option<DateTime<Utc>>,
    /// What could not be read of the account as a whole.
    #[serde(default)]
    pub errors: Vec<ReadError>,
}

impl Inventory {
    /// An inventory of nothing.
    pub fn empty(taken_at: DateTime<Utc>) -> Self {
        Self {
            taken_at,
            account: Account::default(),
            users: Vec::new(),
            user_count: None,
            broke_off: false,
            root_keys: None,
            credential_report: None,
            errors: Vec::new(),
        }
    }

    /// Why this may not be the whole account, or not the right one, so that nothing should be done about it: less than half
    /// of the users were seen that the account says it has, or some were not seen and it does not say how many it has, or
    /// the user that is known to exist is missing.
    pub fn doubt(&self, canary: Option<&str>) -> Option<String> {
        let canary = canary.filter(|name| self.users.iter().all(|user| user.name.0 != **name));
        let doubt = match (canary, self.user_count) {
            (None, Some(count)) if self.users.len() < count.div_ceil(2) => {
                format!("only {} of {count} users were seen", self.users.len())
            }
            (None, None) if self.broke_off => {
                "the listing of users broke off, and how many there are is not known".to_owned()
            }
            (None, _) => return None,
            (Some(canary), _) => format!("the user `{canary}` (CANARY_USER) was not seen"),
        };
        let unread = self.errors.first().map(|error| format!(", and not everything could be read: {error}"));
        Some(doubt + &unread.unwrap_or_default())
    }
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Name.
    pub name: UserName,
    /// Path, such as `/admins/`; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Tags, keys as written.
    pub tags: Reading<Tags>,
    /// Access keys, however many there are.
    pub keys: Reading<Vec<AccessKey>>,
    /// Attached policies by which AWS quarantines users whose key it found leaked, by name.
    #[serde(default)]
    pub quarantine: Vec<String>,
}

/// Whether a user's keys may be disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutoExpire {
    /// They may: the tag is missing or `true`.
    Allowed,
    /// They may not: the tag is `false`.
    Exempt,
    /// The tag holds neither `true` nor `false`. What was meant is unknown, so they are not.
    Unclear(String),
    /// They may not, whatever their tags say, for this reason: `PROTECTED_PATHS`.
    Protected(String),
}

impl AutoExpire {
    /// Reads the `KeyAutoExpire` tag, upper and lower case alike in key and value.
    pub fn of(tags: &Tags) -> Self {
        let mut unclear = None;
        for value in values(tags, AUTO_EXPIRE_TAG) {
            match value.to_ascii_lowercase().as_str() {
                "false" => return Self::Exempt,
                "true" => {}
                _ => unclear = Some(value.to_owned()),
            }
        }
        unclear.map_or(Self::Allowed, Self::Unclear)
    }
}

impl User {
    /// The `Slack` tag, as written; `None` if it is missing, empty or unread.
    pub fn slack(&self) -> Option<&str> {
        self.tags.as_read().and_then(facts::slack)
    }

    /// The `Email` tag, as written.
    pub fn email(&self) -> Option<&str> {
        self.tags.as_read().and_then(facts::email)
    }

    /// The display name: the `Name` tag, else the user's name.
    pub fn display_name(&self) -> &str {
        self.tags.as_read().and_then(facts::display_name).unwrap_or(&self.name.0)
    }
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// Id; `None` if only the credential report was asked, which has no ids.
    pub id: Option<AccessKeyId>,
    /// Whether it works.
    pub status: KeyStatus,
    /// When it was created; `None` if AWS did not say.
    pub created: Option<DateTime<Utc>>,
    /// When it was last used; `None` if nobody asked.
    pub last_used: Option<Reading<LastUse>>,
}

impl AccessKey {
    /// What is not known of a key and would be needed to judge it, if it works.
    pub fn unread(&self) -> Option<ReadError> {
        let strange = |message: String| ReadError { operation: "ListAccessKeys".to_owned(), message };
        match (&self.status, self.created, &self.last_used) {
            (KeyStatus::Inactive | KeyStatus::Expired, ..) => None,
            (KeyStatus::Other(status), ..) => Some(strange(format!("AWS answered with the unknown status `{status}`"))),
            (KeyStatus::Active, None, _) => Some(strange("AWS answered without a creation time".to_owned())),
            (KeyStatus::Active, Some(_), last_used) => last_used.as_ref().and_then(Reading::as_unread).cloned(),
        }
    }
}

/// What AWS says of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum KeyStatus {
    /// It works.
    Active,
    /// It was disabled.
    Inactive,
    /// It has expired and does not work.
    Expired,
    /// Something this program does not know.
    Other(String),
}

impl From<String> for KeyStatus {
    fn from(status: String) -> Self {
        match status.as_str() {
            "Active" => Self::Active,
            "Inactive" => Self::Inactive,
            "Expired" => Self::Expired,
            _ => Self::Other(status),
        }
    }
}

impl From<KeyStatus> for String {
    fn from(status: KeyStatus) -> Self {
        match status {
            KeyStatus::Active => "Active".to_owned(),
            KeyStatus::Inactive => "Inactive".to_owned(),
            KeyStatus::Expired => "Expired".to_owned(),
            KeyStatus::Other(status) => status,
        }
    }
}

/// The last use of a key. AWS records it at most every 15 minutes, and since April 2015
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastUse {
    /// No use is recorded.
    Never,
    /// The last recorded use.
    At {
        /// When.
        time: DateTime<Utc>,
        /// The service that was called, such as `s3`.
        #[serde(default)]
        service: Option<String>,
        /// The region it was called in.
        #[serde(default)]
        region: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(tags: &[(&str, &str)]) -> User {
        let tags: Tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        User {
            name: UserName("alice".into()),
            path: None,
            tags: Reading::Read(tags),
            keys: Reading::Read(Vec::new()),
            quarantine: Vec::new(),
        }
    }

    fn auto_expire(tags: &[(&str, &str)]) -> AutoExpire {
        AutoExpire::of(user(tags).tags.as_read().unwrap())
    }

    #[test]
    fn missing_canary_is_doubtful() {
        let inventory =
            |users: Vec<User>| Inventory { users, ..Inventory::empty("2026-07-01T00:00:00Z".parse().unwrap()) };
        assert_eq!(inventory(Vec::new()).doubt(None), None);
        let alice = inventory(vec![user(&[])]);
        assert_eq!((alice.doubt(None), alice.doubt(Some("alice"))), (None, None));
        assert_eq!(alice.doubt(Some("bob")).as_deref(), Some("the user `bob` (CANARY_USER) was not seen"));
    }

    #[test]
    fn an_account_that_shows_none_of_its_users_is_doubtful() {
        let empty = |user_count| Inventory { user_count, ..Inventory::empty("2026-07-01T00:00:00Z".parse().unwrap()) };
        assert_eq!(empty(Some(0)).doubt(None), None);
        assert_eq!(empty(Some(7)).doubt(None).as_deref(), Some("only 0 of 7 users were seen"));
        let one = |user_count| Inventory { users: vec![user(&[])], ..empty(user_count) };
        assert_eq!((one(Some(1)).doubt(None), one(Some(2)).doubt(None)), (None, None));
        assert_eq!(one(Some(3)).doubt(None).as_deref(), Some("only 1 of 3 users were seen"));
    }

    #[test]
    fn tag_keys_are_matched_without_case() {
        let user = user(&[("SLACK", "U1"), ("name", "Alice")]);
        assert_eq!((user.slack(), user.display_name()), (Some("U1"), "Alice"));
    }

    #[test]
    fn empty_tags_are_missing_tags() {
        let user = user(&[("Slack", " "), ("Name", "")]);
        assert_eq!((user.slack(), user.display_name()), (None, "alice"));
    }

    #[test]
    fn false_exempts_in_any_case() {
        for value in ["false", "False", "FALSE", " false "] {
            assert_eq!(auto_expire(&[("keyautoexpire", value)]), AutoExpire::Exempt, "{value}");
        }
    }

    #[test]
    fn true_or_no_tag_allows() {
        for tags in [&[][..], &[("KeyAutoExpire", "true")], &[("KeyAutoExpire", "TRUE")], &[("Other", "false")]] {
            assert_eq!(auto_expire(tags), AutoExpire::Allowed, "{tags:?}");
        }
    }

    #[test]
    fn anything_else_is_unclear() {
        for value in ["no", "0", "", "falsch"] {
            assert_eq!(auto_expire(&[("KeyAutoExpire", value)]), AutoExpire::Unclear(value.into()));
        }
    }

    #[test]
    fn one_false_among_tags_of_a_file_exempts() {
        let tags = [("KEYAUTOEXPIRE", "true"), ("KeyAutoExpire", "false"), ("keyautoexpire", "maybe")];
        assert_eq!(auto_expire(&tags), AutoExpire::Exempt);
    }
}
