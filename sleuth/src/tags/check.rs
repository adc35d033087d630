//! What is wrong with an instance's tags, by each rule by itself.

use serde::{Deserialize, Serialize};

use super::{
    inventory::{IamUser, Instance, RegionName},
    rules::{Empty, RESERVED, Rule, RuleSet, Scope, TagKey},
};
use crate::facts::{ReadError, Reading, Tags};

/// What is wrong with a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// There is no tag at all.
    Untagged,
    /// The tag is missing.
    Missing,
    /// The tag is there, without a value.
    Empty {
        /// Its key as the instance has it.
        key: String,
    },
    /// The value is not one of those allowed.
    NotAllowed {
        /// Its key as the instance has it.
        key: String,
        /// The value.
        value: String,
    },
    /// The value does not match the pattern.
    NoMatch {
        /// Its key as the instance has it.
        key: String,
        /// The value.
        value: String,
    },
    /// There is no IAM user of that name.
    NotAUser {
        /// Its key as the instance has it.
        key: String,
        /// The value.
        value: String,
    },
    /// Nobody knows: something needed could not be read.
    Unknown(#[serde(skip)] ReadError),
}

impl Fault {
    /// Whether setting a value would mend it without taking another away.
    pub const fn is_a_gap(&self) -> bool {
        matches!(self, Self::Missing | Self::Empty { .. })
    }
}

/// The rules that `tags` violate, were they those of `instance`, and what is wrong by each.
pub fn check<'a>(
    rules: &'a RuleSet,
    region: &RegionName,
    instance: &Instance,
    tags: &Tags,
    users: Option<&Reading<Vec<IamUser>>>,
) -> Vec<(&'a Rule, Fault)> {
    let concerned = rules.rules.iter().filter(|rule| in_scope(&rule.scope, region, instance, tags));
    concerned.filter_map(|rule| fault(rule, tags, users).map(|fault| (rule, fault))).collect()
}

/// Whether a rule is about the instance, were `tags` its tags.
pub fn in_scope(scope: &Scope, region: &RegionName, instance: &Instance, tags: &Tags) -> bool {
    let Scope { regions, vpcs, states, name, tags: wanted, tagged } = scope;
    let named = |(key, value): (&String, &String)| tags.iter().any(|(k, v)| k.eq_ignore_ascii_case(key) && v == value);
    (regions.is_empty() || regions.contains(region))
        && (vpcs.is_empty() || instance.vpc.as_ref().is_some_and(|vpc| vpcs.contains(vpc)))
        && states.contains(&instance.state)
        && name.as_ref().is_none_or(|name| tags.get("Name").is_some_and(|value| name.matches(value)))
        && wanted.iter().all(named)
        && tagged.is_none_or(|tagged| tagged == is_tagged(tags))
}

/// Whether there is any tag that AWS itself did not set.
fn is_tagged(tags: &Tags) -> bool {
    tags.keys().any(|key| !is_reserved(key))
}

/// Whether only AWS writes tags of this key.
pub fn is_reserved(key: &str) -> bool {
    key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}

/// What is wrong by one rule that is about the instance. Of several tags that the rule's key means one that is right will
/// do.
pub fn fault(rule: &Rule, tags: &Tags, users: Option<&Reading<Vec<IamUser>>>) -> Option<Fault> {
    let TagKey::Named { .. } = rule.tag else {
        return (rule.required && !is_tagged(tags)).then_some(Fault::Untagged);
    };
    let found = matching(&rule.tag, tags);
    let blank = |(_, value): &&(&str, &str)| rule.empty == Empty::Missing && value.trim().is_empty();
    let faults = found.iter().filter(|tag| !blank(tag)).map(|(key, value)| value_fault(rule, key, value, users));
    let mut faults: Vec<Option<Fault>> = faults.collect();
    if faults.contains(&None) {
        return None;
    }
    // What is not known may be right, so it goes before what is wrong.
    faults.sort_by_key(|fault| !matches!(fault, Some(Fault::Unknown(_))));
    match (faults.into_iter().next(), found.first()) {
        (Some(fault), _) => fault,
        (None, _) if !rule.required => None,
        (None, Some((key, _))) => Some(Fault::Empty { key: (*key).to_owned() }),
        (None, None) => Some(Fault::Missing),
    }
}

/// The tags that a rule's key means: the key as written first, then its aliases, then what differs in case.
fn matching<'a>(wanted: &TagKey, tags: &'a Tags) -> Vec<(&'a str, &'a str)> {
    let TagKey::Named { key, aliases, case_sensitive } = wanted else { return Vec::new() };
    let names: Vec<&str> = std::iter::once(key).chain(aliases).map(String::as_str).collect();
    let rank = |tag: &str| {
        let exact = names.iter().position(|name| *name == tag);
        let alike = || names.iter().any(|name| name.eq_ignore_ascii_case(tag)).then_some(names.len());
        exact.or_else(|| if *case_sensitive { None } else { alike() })
    };
    let mut found: Vec<(usize, &str, &str)> =
        tags.iter().filter_map(|(tag, value)| Some((rank(tag)?, tag.as_str(), value.as_str()))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, key, value)| (key, value)).collect()
}

fn value_fault(rule: &Rule, key: &str, value: &str, users: Option<&Reading<Vec<IamUser>>>) -> Option<Fault> {
    let (key, owned) = (key.to_owned(), value.to_owned());
    if rule.empty == Empty::Wrong && value.trim().is_empty() {
        return Some(Fault::Empty { key });
    }
    if rule.values.as_ref().is_some_and(|values| values.iter().all(|allowed| allowed != value)) {
        return Some(Fault::NotAllowed { key, value: owned });
    }
    if rule.pattern.as_ref().is_some_and(|pattern| !pattern.matches(value)) {
        return Some(Fault::NoMatch { key, value: owned });
    }
    if !rule.iam_user {
        return None;
    }
    match users {
        // An account without users has nobody to name, or shows none.
        Some(Reading::Read(users)) if users.is_empty() => {
            Some(Fault::Unknown(no_users("the account shows no IAM users")))
        }
        Some(Reading::Read(users)) if users.iter().any(|user| user.is_named(value)) => None,
        Some(Reading::Read(_)) => Some(Fault::NotAUser { key, value: owned }),
        Some(Reading::Unread(error)) => Some(Fault::Unknown(error.clone())),
        None => Some(Fault::Unknown(no_users("nobody asked for the IAM users"))),
    }
}

fn no_users(why: &str) -> ReadError {
    ReadError { operation: "audit".to_owned(), message: format!("{why}, and a rule compares values with them") }
}
