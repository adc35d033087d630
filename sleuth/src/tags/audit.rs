//! Inventory in, one verdict per instance out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    check::{Fault, check},
    exempt::Exemption,
    inventory::{IamUser, Instance, Inventory, Region, RegionName},
    owner::{Owner, owner},
    repair::{Obstacle, Repairs, repairs},
    rules::{Managed, Response, Rule, RuleSet},
};
use crate::facts::{ReadError, Reading};

/// What instances are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Standard<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// Minutes an instance has after its launch, where a rule does not say.
    pub grace_minutes: u32,
    /// Tags that name an owner, the first that is there counts.
    pub owner_tags: &'a [String],
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// What is to be thought of one instance, and everything that led there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Where it is.
    pub region: RegionName,
    /// The instance, as it was read.
    pub instance: Instance,
    /// What it is.
    pub status: Status,
    /// Minutes since its creation; `None` if that is not known.
    pub age_minutes: Option<i64>,
    /// The rules it violates, or of which nobody knows, by id.
    pub violations: Vec<Violation>,
    /// Tags to be set, by which some of them are mended.
    pub repairs: Repairs,
    /// The worst that rules call for about violations that are due and not mended; `None` if there are none.
    pub response: Option<Response>,
    /// What the tag that exempts says, if it is there.
    pub exemption: Option<Exemption>,
    /// Who would replace it, if somebody would.
    pub manager: Option<String>,
    /// Who is asked about it.
    pub owner: Owner,
    /// What could not be read and would be needed.
    pub unread: Vec<ReadError>,
}

/// Statuses, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It violates a rule.
    Violation,
    /// It could not be judged by every rule, and violates none of the others.
    Unknown,
    /// It violates rules that it has some minutes left to comply with.
    Grace,
    /// It is as the rules want it.
    Compliant,
}

impl Status {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Violation, Self::Unknown, Self::Grace, Self::Compliant];

    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Unknown => "unknown",
            Self::Grace => "grace",
            Self::Compliant => "compliant",
        }
    }
}

/// A rule and what is wrong by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Id of the rule.
    pub rule: String,
    /// The tag, as the rule names it.
    pub tag: String,
    /// What is wrong.
    pub fault: Fault,
    /// Whether it is to be acted on, or why not.
    pub due: Due,
    /// What the rule calls for.
    pub response: Response,
    /// Whether that is also done about an instance that a controller would replace.
    pub managed: Managed,
    /// What came of looking for a repair.
    pub mending: Mending,
}

/// When a violation is to be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// After so many minutes.
    In(i64),
    /// Nobody knows how old the instance is.
    Unknown,
}

/// Whether a violation is mended by setting tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mending {
    /// The rule has no repair.
    None,
    /// Tags to be set mend it.
    Planned,
    /// The rule has a repair that cannot be made, for this reason.
    Impossible(String),
    /// The rule has a repair, and whether it can be made could not be read. Unknown is not acted on.
    Unknown(String),
}

impl Verdict {
    /// Whether nothing is to be done about the instance for now.
    pub fn is_exempt(&self) -> bool {
        matches!(self.exemption, Some(Exemption::Until { .. }))
    }

    /// Whether somebody is to be told of it, or something done about it, now.
    pub fn concerns_somebody(&self) -> bool {
        !self.is_exempt() && self.due().next().is_some()
    }

    /// The violations that are due, whether or not they are mended.
    pub fn due(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(|violation| violation.is_due())
    }
}

impl Violation {
    fn is_due(&self) -> bool {
        self.due == Due::Now && !matches!(self.fault, Fault::Unknown(_))
    }

    /// Whether it is due and not mended by tags to be set.
    pub fn is_open(&self) -> bool {
        self.is_due() && self.mending != Mending::Planned
    }

    /// What is done about it, of an instance with that manager: what the rule calls for, unless a controller would replace
    /// the instance, or a repair may yet mend it.
    pub fn response(&self, manager: Option<&str>) -> Response {
        let spared = self.managed.spares(manager) || matches!(self.mending, Mending::Unknown(_));
        if spared { Response::Notify } else { self.response }
    }
}

/// Judges every instance of `inventory`.
pub fn audit(inventory: &Inventory, standard: &Standard<'_>) -> Vec<Verdict> {
    let verdicts = |region: &Region| -> Vec<Verdict> {
        let users = inventory.users.as_ref();
        region.instances.iter().map(|instance| judge(&region.name, instance, users, standard)).collect()
    };
    inventory.regions.iter().flat_map(verdicts).collect()
}

/// Judges one instance. `users`: the IAM users of the account, if somebody asked.
pub fn judge(
    region: &RegionName,
    instance: &Instance,
    users: Option<&Reading<Vec<IamUser>>>,
    standard: &Standard<'_>,
) -> Verdict {
    let Standard { rules, owner_tags, now, .. } = *standard;
    let age_minutes = age_minutes(instance, now);
    let manager = instance.manager();
    let mut faults = check(rules, region, instance, &instance.tags, users);
    let unsettled = instance.unsettled.as_ref();
    if let Some(error) = unsettled {
        for (_, fault) in &mut faults {
            *fault = Fault::Unknown(error.clone());
        }
    }
    let violation = |rule: &Rule, fault: Fault| Violation {
        rule: rule.id.clone(),
        tag: rule.tag.as_str().to_owned(),
        fault,
        due: standard.due(rule, age_minutes),
        response: rule.action,
        managed: rule.managed,
        mending: Mending::None,
    };
    let mut violations: Vec<Violation> = faults.into_iter().map(|(rule, fault)| violation(rule, fault)).collect();
    violations.sort_by(|a, b| a.rule.cmp(&b.rule));

    // A rule takes part in repairs only if it would be acted on, be it violated now or by what other repairs bring about.
    let untouched = |rule: &Rule| {
        standard.due(rule, age_minutes) != Due::Now || rule.managed.spares(manager.as_deref()) || unsettled.is_some()
    };
    let plan = repairs(rules, region, instance, users, now, untouched);
    let tags = plan.applied_to(&instance.tags);
    let left: BTreeMap<&str, Fault> = check(rules, region, instance, &tags, users)
        .into_iter()
        .map(|(rule, fault)| (rule.id.as_str(), fault))
        .collect();
    for violation in violations.iter_mut().filter(|violation| violation.is_due()) {
        violation.mending = match plan.obstacles.get(&violation.rule) {
            _ if !left.contains_key(violation.rule.as_str()) => Mending::Planned,
            Some(Obstacle::Settled(reason)) => Mending::Impossible(reason.clone()),
            Some(Obstacle::Unread(reason)) => Mending::Unknown(reason.clone()),
            // Any tag would do, and which there will be is not known.
            None if violation.fault == Fault::Untagged && plan.is_doubtful() => {
                Mending::Unknown("another tag may yet be set".to_owned())
            }
            None => Mending::None,
        };
    }
    let owner = owner(instance, owner_tags, users.and_then(Reading::as_read).map_or(&[], Vec::as_slice));
    let unread = unread(instance, &violations);
    Verdict {
        region: region.clone(),
        instance: instance.clone(),
        // What EC2 does not show at all breaks no rule, and is not in order either.
        status: if unsettled.is_some() && !instance.state.is_known() { Status::Unknown } else { status(&violations) },
        age_minutes,
        response: violations.iter().filter(|v| v.is_open()).map(|v| v.response(manager.as_deref())).max(),
        violations,
        repairs: plan.repairs,
        exemption: Exemption::of(&instance.tags, now),
        manager,
        owner,
        unread,
    }
}

/// Whether no rule would be acted on yet, as the instance is too young.
pub fn is_in_grace(instance: &Instance, standard: &Standard<'_>) -> bool {
    let age = age_minutes(instance, standard.now);
    standard.rules.rules.iter().all(|rule| matches!(standard.due(rule, age), Due::In(_)))
}

/// Minutes since the creation of an instance; `None` if that is not known.
fn age_minutes(instance: &Instance, now: DateTime<Utc>) -> Option<i64> {
    instance.created().map(|created| (now - created).num_minutes().max(0))
}

/// Least grace period, in minutes. EC2 may show the tags of an instance that was just launched a moment late
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
const LEAST_GRACE: u32 = 2;

impl Standard<'_> {
    /// When a violation of a rule is to be acted on, of an instance so many minutes old.
    fn due(&self, rule: &Rule, age: Option<i64>) -> Due {
        let grace = i64::from(rule.grace_minutes.unwrap_or(self.grace_minutes).max(LEAST_GRACE));
        match age {
            None => Due::Unknown,
            Some(age) if age < grace => Due::In(grace - age),
            Some(_) => Due::Now,
        }
    }
}

impl Managed {
    /// Whether nothing but telling its owner is done about an instance, because its manager would replace it.
    pub fn spares(self, manager: Option<&str>) -> bool {
        self == Self::Notify && manager.is_some()
    }
}

fn status(violations: &[Violation]) -> Status {
    let one = |violation: &Violation| match (&violation.fault, violation.due) {
        (Fault::Unknown(_), _) | (_, Due::Unknown) => Status::Unknown,
        (_, Due::In(_)) => Status::Grace,
        (_, Due::Now) => Status::Violation,
    };
    violations.iter().map(one).min().unwrap_or(Status::Compliant)
}

/// What kept a violation from being judged or acted on.
fn unread(instance: &Instance, violations: &[Violation]) -> Vec<ReadError> {
    let faults = violations.iter().filter_map(|violation| match &violation.fault {
        Fault::Unknown(error) => Some(error.clone()),
        _ => None,
    });
    let strange = || ReadError {
        operation: "DescribeInstances".to_owned(),
        message: "AWS answered without a launch time".to_owned(),
    };
    let ageless = (instance.created().is_none() && !violations.is_empty()).then(strange);
    let unseen = instance.unsettled.clone().filter(|_| !instance.state.is_known());
    let mut all: Vec<ReadError> = faults.chain(ageless).chain(unseen).collect();
    all.dedup();
    all
}

/// Whether CloudTrail is worth asking who launched the instance: to set a tag, or because nobody else is known to be told.
pub fn wants_launch(verdict: &Verdict, rules: &RuleSet) -> bool {
    let by_name = |violation: &Violation| {
        rules.rules.iter().any(|rule| rule.id == violation.rule && rule.wants_launch() && violation.fault.is_a_gap())
    };
    let told = verdict.owner.name.is_some();
    verdict.concerns_somebody() && verdict.due().any(|violation| !told || by_name(violation))
}

#[cfg(test)]
mod tests;
