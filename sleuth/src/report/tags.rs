//! What a run found, did and could not do about EC2 tags.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Outcome, Report};
use crate::{
    facts::Tags,
    tags::{Action, InstanceId, Owner, RegionName, Response, RuleSet, State, Status, check::Fault, watch::Event},
};

mod make;
mod record;

pub use make::InForce;

/// A report about EC2 tags.
pub type TagsReport = Report<TagAudit>;

/// What is reported of EC2 tags only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TagAudit {
    /// The policy in force.
    pub policy: PolicyInForce,
    /// The regions, by name.
    pub regions: Vec<RegionFinding>,
    /// Counts.
    pub summary: Summary,
    /// One finding an instance, worst first.
    pub instances: Vec<Finding>,
}

/// The settings that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// The rules.
    pub rules: RuleSet,
    /// Where they come from.
    pub rules_from: String,
    /// The severest action a run may take.
    pub tag_action: Action,
    /// Minutes an instance has after its launch, where a rule does not say.
    pub grace_minutes: u32,
    /// Most instances one run may stop.
    pub max_stop: usize,
    /// Most instances one run may terminate.
    pub max_terminate: usize,
    /// Whether API protection is switched off where it is in the way.
    pub override_protection: bool,
    /// What the canary of a region is known by; `null` if nobody looks for one.
    pub canary_tags: Option<String>,
    /// Tags that name an owner.
    pub owner_tags: Vec<String>,
}

/// What was found about a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionFinding {
    /// Its name.
    pub region: RegionName,
    /// How many of its instances were seen.
    pub instances: usize,
    /// Whether all of them were.
    pub complete: bool,
    /// Whether its canary was seen; `null` if nobody looked for it.
    pub canary: Option<bool>,
    /// Why nothing is changed in it, if something stands against it.
    pub held: Option<String>,
}

/// Counts of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Regions asked.
    pub regions: usize,
    /// Findings: the sum of all statuses below.
    pub instances: usize,
    /// Instances that violate a rule.
    pub violation: usize,
    /// Instances that could not be judged whole.
    pub unknown: usize,
    /// Instances that have some minutes left.
    pub grace: usize,
    /// Instances in order.
    pub compliant: usize,
    /// Of all these, instances that are exempt for now.
    pub exempt: usize,
    /// Of all these, instances that a controller would replace.
    pub managed: usize,
    /// Instances that violate a rule and are not exempt, by rule.
    pub by_rule: BTreeMap<String, usize>,
    /// The same by owner; `unknown` for nobody.
    pub by_owner: BTreeMap<String, usize>,
    /// The same by region.
    pub by_region: BTreeMap<String, usize>,
}

/// What was found about one instance, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Region.
    pub region: RegionName,
    /// Id.
    pub instance_id: InstanceId,
    /// `Name` tag.
    pub name: Option<String>,
    /// The state it was last seen in.
    pub state: State,
    /// Type.
    pub instance_type: Option<String>,
    /// Image id.
    pub image_id: Option<String>,
    /// VPC id.
    pub vpc_id: Option<String>,
    /// Last start.
    pub launched: Option<DateTime<Utc>>,
    /// Creation, as far as it is known: the last start or the oldest attachment of a volume, whichever is older.
    pub created: Option<DateTime<Utc>>,
    /// Minutes since then.
    pub age_minutes: Option<i64>,
    /// Tags as they were read.
    pub tags: Tags,
    /// What was seen to happen to it, if that is why it was looked at.
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Verdict.
    pub status: Status,
    /// What is wrong, by rule.
    pub violations: Vec<ViolationFound>,
    /// Who is asked about it.
    pub owner: Owner,
    /// The last day of its exemption.
    pub exempt_until: Option<NaiveDate>,
    /// Whether it is a canary of its region.
    pub canary: bool,
    /// Who would replace it.
    pub managed_by: Option<String>,
    /// Tags to be set, or that were set if the action is `repair` and the outcome `done`.
    pub repairs: Tags,
    /// What the finding calls for.
    pub action: Action,
    /// What came of it.
    pub outcome: Outcome,
    /// Why nothing was done, why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// A rule and what is wrong by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationFound {
    /// Id of the rule.
    pub rule: String,
    /// The tag, as the rule names it.
    pub tag: String,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// The same in words.
    pub message: String,
    /// What the rule calls for.
    pub response: Response,
    /// Minutes until the grace period is over; 0 if it is, `null` if nobody knows.
    pub grace_left_minutes: Option<i64>,
}

impl Finding {
    /// A name for this finding that is unique in its report.
    pub fn subject(&self) -> String {
        format!("{}/{}", self.region, self.instance_id)
    }

    /// Whether rules ask nothing of the instance for now: it is exempt, or a canary.
    pub fn is_exempt(&self) -> bool {
        self.canary || self.exempt_until.is_some()
    }
}
