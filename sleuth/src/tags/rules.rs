//! Tag rules: what instances have to be tagged with, and what is to be done about those that are not.
//!
//! A rule set comes from a file (`file`), a DynamoDB table (`table`) or a list of required tags (`short`); from here on
//! nobody can tell which. The order of the rules plays no part.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::inventory::{RegionName, State};

mod check;
pub mod explain;
pub mod file;
pub mod pattern;
mod read;
mod scalar;
pub mod short;
pub mod table;
mod tree;

pub use pattern::Pattern;

/// Longest tag key, in characters
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
pub const KEY_CHARACTERS: usize = 128;
/// Longest tag value, in characters (same source).
pub const VALUE_CHARACTERS: usize = 256;
/// Most tags of a resource; those whose key begins with [`RESERVED`] do not count (same source).
pub const MOST_TAGS: usize = 50;
/// Start of tag keys that only AWS writes, in any case (same source).
pub const RESERVED: &str = "aws:";
/// Longest grace period that is accepted, in minutes: a year.
pub const MOST_MINUTES: u32 = 525_600;
/// Farthest day that a repair can set, in days after the run: a hundred years.
pub const MOST_DAYS: u32 = 36_500;

/// All rules in force. Ids are unique.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleSet {
    /// The rules, by id.
    pub rules: Vec<Rule>,
}

/// What is asked of one tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Names the rule in reports. By default its tag key.
    pub id: String,
    /// Which tag.
    pub tag: TagKey,
    /// Whether the tag has to be there. If not, only its value is judged, where it is there.
    pub required: bool,
    /// What an empty value counts as.
    pub empty: Empty,
    /// What values are allowed; `None`: any.
    pub values: Option<Vec<String>>,
    /// What the whole value has to match.
    pub pattern: Option<Pattern>,
    /// Whether the value must be the name of an IAM user of the account.
    pub iam_user: bool,
    /// Which instances the rule is about.
    pub scope: Scope,
    /// How a tag that is missing or empty is set.
    pub repair: Option<Repair>,
    /// Minutes an instance has after its launch; `None`: those of the run.
    pub grace_minutes: Option<u32>,
    /// What is done about a violator that is not repaired.
    pub action: Response,
    /// Whether that is also done about instances that a controller would replace.
    pub managed: Managed,
}

/// The tag that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TagKey {
    /// Any tag at all, written `*`: an instance without tags violates the rule. Tags that AWS itself sets do not count.
    Any(AnyTag),
    /// A tag by its key.
    Named {
        /// The key, as it is written by repairs.
        key: String,
        /// Other keys that count as this one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        aliases: Vec<String>,
        /// Whether upper and lower case are told apart in keys.
        case_sensitive: bool,
    },
}

/// The word for [`TagKey::Any`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnyTag {
    /// `*`
    #[serde(rename = "*")]
    Any,
}

/// What an empty value counts as. A value of blanks is empty too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// Like no tag at all.
    #[default]
    Missing,
    /// A wrong value, also of a tag that is not required.
    Wrong,
    /// A value like any other, to be judged by the allowed values and the pattern.
    Value,
}

/// Which instances a rule is about: those for which all of this holds. What is not said holds for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// In one of these regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionName>,
    /// In one of these VPCs, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpcs: Vec<String>,
    /// In one of these states. Never empty: by default [`State::AUDITED`].
    pub states: Vec<State>,
    /// With a `Name` tag all of which matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Pattern>,
    /// With these tags; keys without case, values with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// `true`: with any tag at all. `false`: without. Tags that AWS itself sets do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagged: Option<bool>,
}

/// Where a repair takes the value from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// This value.
    Default(String),
    /// Who launched the instance, by CloudTrail.
    LaunchUser {
        /// The value if CloudTrail was asked and does not know. If it could not be asked, nothing is set.
        #[serde(skip_serializing_if = "Option::is_none")]
        fallback: Option<String>,
    },
    /// The date of the run in UTC, as in `2026-12-31`, and so many days more: `today()`, `today()+30d`.
    Today {
        /// Days after the run.
        plus_days: u32,
    },
    /// The value of another tag, by its key, without case.
    CopyOf(String),
}

/// What is done about a violator, the mildest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// The owner is told.
    #[default]
    Notify,
    /// The instance is stopped. It can be started again.
    Stop,
    /// The instance is terminated, for ever.
    Terminate,
}

/// What is done about instances that a controller would replace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Managed {
    /// Their owners are told; nothing else.
    #[default]
    Notify,
    /// The same as about others.
    Act,
}

impl Rule {
    /// A rule that requires a tag, with the default of everything else.
    pub fn requires(key: &str) -> Self {
        Self {
            id: key.to_owned(),
            tag: TagKey::named(key),
            required: true,
            empty: Empty::default(),
            values: None,
            pattern: None,
            iam_user: false,
            scope: Scope { states: State::AUDITED.to_vec(), ..Scope::default() },
            repair: None,
            grace_minutes: None,
            action: Response::default(),
            managed: Managed::default(),
        }
    }
}

impl TagKey {
    /// The tag of this key, without aliases and case. `*` is any tag.
    pub fn named(key: &str) -> Self {
        match key {
            "*" => Self::Any(AnyTag::Any),
            key => Self::Named { key: key.to_owned(), aliases: Vec::new(), case_sensitive: false },
        }
    }

    /// The key as people write it: `*` for any tag.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Any(_) => "*",
            Self::Named { key, .. } => key,
        }
    }
}

impl Response {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Notify, Self::Stop, Self::Terminate];

    /// The word used in rules, settings and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
        }
    }
}

impl Managed {
    /// Both of them, the milder first.
    pub const ALL: [Self; 2] = [Self::Notify, Self::Act];

    /// The word used in rules and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Act => "act",
        }
    }
}

impl Empty {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Missing, Self::Wrong, Self::Value];

    /// The word used in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Value => "value",
        }
    }
}

impl RuleSet {
    /// Whether a value is to be compared with the IAM users of the account.
    pub fn needs_iam_users(&self) -> bool {
        self.rules.iter().any(|rule| rule.iam_user)
    }

    /// The states that some rule is about.
    pub fn states(&self) -> Vec<State> {
        let named = |state: &State| self.rules.iter().any(|rule| rule.scope.states.contains(state));
        State::ALL.into_iter().filter(named).collect()
    }
}
