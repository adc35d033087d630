//! Tags to be set, so that violations are mended without punishing anybody.
//!
//! Only what is missing or empty is set: a value that somebody chose is not overwritten, however wrong.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    check::{Fault, check, fault, is_reserved},
    inventory::{IamUser, Instance, RegionName},
    rules::{MOST_TAGS, Repair, Rule, RuleSet, VALUE_CHARACTERS},
};
use crate::facts::{Reading, Tags, values};

/// Tags to be set, by key.
pub type Repairs = BTreeMap<String, TagRepair>;

/// A tag to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRepair {
    /// The value.
    pub value: String,
    /// The rule that asks for it, by id.
    pub rule: String,
}

/// What can be repaired and what cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairPlan {
    /// Tags to be set.
    pub repairs: Repairs,
    /// What stands against a rule's repair, by the rule's id.
    pub obstacles: BTreeMap<String, Obstacle>,
}

/// Why a repair cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// By what is known of the instance: that will not change by itself.
    Settled(String),
    /// Something that was not or could not be read decides. Another run may know.
    Unread(String),
}

impl RepairPlan {
    /// Whether further tags might be set if everything could be read.
    pub fn is_doubtful(&self) -> bool {
        self.obstacles.values().any(|obstacle| matches!(obstacle, Obstacle::Unread(_)))
    }

    /// The tags once they are set.
    pub fn applied_to(&self, tags: &Tags) -> Tags {
        let mut tags = tags.clone();
        tags.extend(self.repairs.iter().map(|(key, repair)| (key.clone(), repair.value.clone())));
        tags
    }
}

impl Rule {
    /// Whether a repair needs to know who launched the instance.
    pub fn wants_launch(&self) -> bool {
        matches!(self.repair, Some(Repair::LaunchUser { .. }))
    }
}

/// All repairs of an instance. Setting a tag can bring further rules into scope, or give a value to be copied, so this goes
/// on until nothing more changes; in every round all rules see the same tags, so that their order plays no part.
/// `untouched`: rules that must not repair anything.
pub fn repairs(
    rules: &RuleSet,
    region: &RegionName,
    instance: &Instance,
    users: Option<&Reading<Vec<IamUser>>>,
    now: DateTime<Utc>,
    untouched: impl Fn(&Rule) -> bool,
) -> RepairPlan {
    let mut plan = RepairPlan::default();
    // A round that changes something sets a tag for a rule that then is satisfied.
    for _ in 0..=rules.rules.len() {
        let tags = plan.applied_to(&instance.tags);
        let wrong = check(rules, region, instance, &tags, users);
        let mut round: BTreeMap<String, Vec<TagRepair>> = BTreeMap::new();
        plan.obstacles.clear();
        for (rule, fault) in wrong.iter().filter(|(rule, fault)| fault.is_a_gap() && !untouched(rule)) {
            match value(rule, fault, instance, &tags, users, now) {
                None => {}
                Some(Ok((key, value))) => {
                    round.entry(key).or_default().push(TagRepair { value, rule: rule.id.clone() });
                }
                Some(Err(obstacle)) => {
                    plan.obstacles.insert(rule.id.clone(), obstacle);
                }
            }
        }
        let before = plan.repairs.len();
        for (key, wanted) in round {
            plan.set(key, wanted);
        }
        if plan.repairs.len() == before {
            break;
        }
    }
    plan.inherit_doubt(rules);
    plan.within_limit(&instance.tags)
}

impl RepairPlan {
    /// Sets a tag, unless rules want different values of it: then nobody knows which is right.
    fn set(&mut self, key: String, mut wanted: Vec<TagRepair>) {
        wanted.sort_by(|a, b| a.rule.cmp(&b.rule));
        let Some(first) = wanted.first().cloned() else { return };
        if wanted.iter().all(|other| other.value == first.value) {
            self.repairs.insert(key, first);
            return;
        }
        let rules: Vec<String> = wanted.iter().map(|repair| format!("`{}`", repair.rule)).collect();
        let reason = format!("the rules {} would set `{key}` to different values", rules.join(", "));
        self.obstacles.extend(wanted.into_iter().map(|repair| (repair.rule, Obstacle::Settled(reason.clone()))));
    }

    /// A value that would be copied from a tag of which nobody knows what it will be is not known either.
    fn inherit_doubt(&mut self, rules: &RuleSet) {
        let unread = |plan: &Self, key: &str| {
            let setters = rules.rules.iter().filter(|rule| rule.tag.as_str().eq_ignore_ascii_case(key));
            setters.into_iter().any(|rule| matches!(plan.obstacles.get(&rule.id), Some(Obstacle::Unread(_))))
        };
        for _ in &rules.rules {
            for rule in &rules.rules {
                let Some(Repair::CopyOf(source)) = &rule.repair else { continue };
                if let Some(Obstacle::Settled(reason)) = self.obstacles.get(&rule.id).filter(|_| unread(self, source)) {
                    let doubtful = Obstacle::Unread(reason.clone());
                    self.obstacles.insert(rule.id.clone(), doubtful);
                }
            }
        }
    }

    /// No repairs at all if there would be more tags than a resource may have: half of them would be worse than none.
    fn within_limit(mut self, tags: &Tags) -> Self {
        let after = self.applied_to(tags).keys().filter(|key| !is_reserved(key)).count();
        if after > MOST_TAGS {
            let reason = format!("the instance would have {after} tags, {MOST_TAGS} are the most there can be");
            let refused = std::mem::take(&mut self.repairs);
            let obstacle = |repair: TagRepair| (repair.rule, Obstacle::Settled(reason.clone()));
            self.obstacles.extend(refused.into_values().map(obstacle));
        }
        self
    }
}

/// The tag a rule's repair sets; `None` if it has none, an error that says why it cannot be set.
fn value(
    rule: &Rule,
    gap: &Fault,
    instance: &Instance,
    tags: &Tags,
    users: Option<&Reading<Vec<IamUser>>>,
    now: DateTime<Utc>,
) -> Option<Result<(String, String), Obstacle>> {
    let repair = rule.repair.as_ref()?;
    let key = match gap {
        Fault::Empty { key } => key.clone(),
        _ => rule.tag.as_str().to_owned(),
    };
    let value = match repair {
        Repair::Default(value) => Ok(value.clone()),
        Repair::Today { plus_days } => {
            let day = TimeDelta::try_days(i64::from(*plus_days)).and_then(|days| now.checked_add_signed(days));
            day.map(|day| day.format("%Y-%m-%d").to_string())
                .ok_or_else(|| Obstacle::Settled("there is no such date".to_owned()))
        }
        Repair::CopyOf(other) => values(tags, other)
            .find(|value| !value.is_empty())
            .map(ToOwned::to_owned)
            .ok_or_else(|| Obstacle::Settled(format!("there is no value of `{other}` to copy"))),
        Repair::LaunchUser { fallback } => launcher(instance, fallback.as_ref()),
    };
    Some(value.and_then(|value| suits(rule, tags, users, key, value)))
}

fn launcher(instance: &Instance, fallback: Option<&String>) -> Result<String, Obstacle> {
    let unknown = |why: &str| fallback.cloned().ok_or_else(|| Obstacle::Settled(why.to_owned()));
    match &instance.launch {
        None => Err(Obstacle::Unread("CloudTrail was not asked who launched it, or cannot know yet".to_owned())),
        Some(Reading::Unread(error)) => Err(Obstacle::Unread(format!("who launched it could not be read: {error}"))),
        Some(Reading::Read(None)) => unknown("CloudTrail has no record of its launch"),
        Some(Reading::Read(Some(launch))) => match launch.by.person() {
            Some(person) => Ok(person.to_owned()),
            None => unknown("no person launched it"),
        },
    }
}

/// The tag, if it satisfies its own rule and can be written.
fn suits(
    rule: &Rule,
    tags: &Tags,
    users: Option<&Reading<Vec<IamUser>>>,
    key: String,
    value: String,
) -> Result<(String, String), Obstacle> {
    if value.chars().count() > VALUE_CHARACTERS {
        return Err(Obstacle::Settled(format!("`{value}` is longer than {VALUE_CHARACTERS} characters")));
    }
    if is_reserved(&key) {
        return Err(Obstacle::Settled(format!("only AWS writes `{key}`")));
    }
    let mut after = tags.clone();
    after.insert(key.clone(), value.clone());
    match fault(rule, &after, users) {
        None => Ok((key, value)),
        Some(Fault::Unknown(error)) => {
            Err(Obstacle::Unread(format!("whether `{value}` is allowed could not be read: {error}")))
        }
        Some(_) => Err(Obstacle::Settled(format!("`{value}` would not satisfy the rule"))),
    }
}
