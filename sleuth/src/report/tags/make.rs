//! A report out of an inventory and a plan.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Finding, PolicyInForce, RegionFinding, Summary, TagAudit, TagsReport, ViolationFound};
use crate::{
    decision::{Brake, Decision, both},
    facts::Reading,
    report::{Outcome, Report, ReportError},
    tags::{
        Action, Canary, Instance, Inventory, Plan, RuleSet, Status, Verdict,
        audit::{Due, Violation},
        check::Fault,
        exempt::Exemption,
        plan::Step,
    },
};

/// What was in force in a run, and when it was.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The policy.
    pub policy: PolicyInForce,
    /// The time the ages are counted to.
    pub now: DateTime<Utc>,
}

impl TagsReport {
    /// The report on a plan that is not, or not yet, applied.
    pub fn new(inventory: &Inventory, plan: &Plan, InForce { policy, now }: InForce) -> Self {
        let regions = inventory.regions.iter().map(|region| {
            let thought = plan.regions.get(&region.name);
            RegionFinding {
                region: region.name.clone(),
                instances: region.instances.len(),
                complete: region.errors.is_empty(),
                canary: match thought.map(|thought| &thought.canary) {
                    Some(Canary::Found(_)) => Some(true),
                    Some(Canary::Missing) => Some(false),
                    Some(Canary::NotAsked) | None => None,
                },
                held: thought.and_then(|thought| thought.held.clone()),
            }
        });
        let audit = TagAudit {
            regions: regions.collect(),
            summary: Summary::default(),
            instances: plan.steps.iter().map(|step| finding(step, &policy.rules)).collect(),
            policy,
        };
        let errors = errors(inventory, plan, &audit.regions);
        // Doubt about a region holds back what is in it, and no more.
        let brake = plan.brake.clone().map(Brake::Limits);
        let mut report = Report::planned("tags", inventory.account.clone(), now, brake, audit, errors);
        report.audit.arrange();
        report
    }
}

impl TagAudit {
    /// Sorts the findings and counts them. To be called whenever one has changed.
    pub(in crate::report) fn arrange(&mut self) {
        self.instances.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let count = |status| self.instances.iter().filter(|instance| instance.status == status).count();
        let violators = || {
            let counted = |instance: &&Finding| instance.status == Status::Violation && !instance.is_exempt();
            self.instances.iter().filter(counted)
        };
        let tally = |names: Vec<&str>| {
            let mut counts = BTreeMap::new();
            for name in names {
                *counts.entry(name.to_owned()).or_insert(0) += 1;
            }
            counts
        };
        let due = |violation: &&ViolationFound| violation.grace_left_minutes == Some(0);
        self.summary = Summary {
            regions: self.regions.len(),
            instances: self.instances.len(),
            violation: count(Status::Violation),
            unknown: count(Status::Unknown),
            grace: count(Status::Grace),
            compliant: count(Status::Compliant),
            exempt: self.instances.iter().filter(|instance| instance.exempt_until.is_some()).count(),
            managed: self.instances.iter().filter(|instance| instance.managed_by.is_some()).count(),
            by_rule: tally(
                violators().flat_map(|i| i.violations.iter().filter(due)).map(|found| found.rule.as_str()).collect(),
            ),
            by_owner: tally(violators().map(|i| i.owner.name.as_deref().unwrap_or("unknown")).collect()),
            by_region: tally(violators().map(|instance| instance.region.0.as_str()).collect()),
        };
    }
}

/// Worst first: by status, those that count before those that are exempt, the severest action, the oldest, then by name.
fn rank(finding: &Finding) -> impl Ord + use<'_> {
    let severe = std::cmp::Reverse(finding.action);
    let old = std::cmp::Reverse(finding.age_minutes);
    (finding.status, finding.is_exempt(), severe, old, &finding.region, &finding.instance_id)
}

fn finding(step: &Step, rules: &RuleSet) -> Finding {
    let (outcome, reason) = match &step.decision {
        Decision::Nothing(reason) => (Outcome::None, reason.clone()),
        Decision::Proceed => (Outcome::Planned, None),
        Decision::Held(reason) => (Outcome::Held, Some(reason.clone())),
    };
    let reason = both(reason, step.note.clone());
    Finding { action: step.action, outcome, reason, canary: step.canary, ..judged(&step.verdict, rules) }
}

/// The part of a finding that its verdict decides.
pub(super) fn judged(verdict: &Verdict, rules: &RuleSet) -> Finding {
    let instance = &verdict.instance;
    Finding {
        region: verdict.region.clone(),
        instance_id: instance.id.clone(),
        name: instance.name().map(ToOwned::to_owned),
        state: instance.state.clone(),
        instance_type: instance.instance_type.clone(),
        image_id: instance.image.clone(),
        vpc_id: instance.vpc.clone(),
        launched: instance.launched,
        created: instance.created(),
        age_minutes: verdict.age_minutes,
        tags: instance.tags.clone(),
        events: instance.events.clone(),
        status: verdict.status,
        violations: verdict.violations.iter().map(|violation| found(violation, rules)).collect(),
        owner: verdict.owner.clone(),
        exempt_until: match verdict.exemption {
            Some(Exemption::Until { day, .. }) => Some(day),
            _ => None,
        },
        canary: false,
        managed_by: verdict.manager.clone(),
        repairs: verdict.repairs.iter().map(|(key, repair)| (key.clone(), repair.value.clone())).collect(),
        action: Action::None,
        outcome: Outcome::None,
        reason: None,
    }
}

fn found(violation: &Violation, rules: &RuleSet) -> ViolationFound {
    ViolationFound {
        rule: violation.rule.clone(),
        tag: violation.tag.clone(),
        fault: violation.fault.clone(),
        message: message(violation, rules),
        response: violation.response,
        grace_left_minutes: match violation.due {
            Due::Now => Some(0),
            Due::In(minutes) => Some(minutes),
            Due::Unknown => None,
        },
    }
}

/// What is wrong, in words.
fn message(violation: &Violation, rules: &RuleSet) -> String {
    let rule = rules.rules.iter().find(|rule| rule.id == violation.rule);
    let tag = &violation.tag;
    match &violation.fault {
        Fault::Untagged => "it has no tags".to_owned(),
        Fault::Missing => format!("`{tag}` is missing"),
        Fault::Empty { key } => format!("`{key}` is empty"),
        Fault::NotAllowed { key, value } => {
            let allowed = rule.and_then(|rule| rule.values.as_ref()).map(|values| values.join(", "));
            format!("`{key}` is `{value}`, allowed: {}", allowed.unwrap_or_default())
        }
        Fault::NoMatch { key, value } => {
            let pattern = rule.and_then(|rule| rule.pattern.as_ref()).map_or("", |pattern| pattern.as_str());
            format!("`{key}` is `{value}`, which does not match {pattern}")
        }
        Fault::NotAUser { key, value } => format!("`{key}` is `{value}`, which is no IAM user"),
        Fault::Unknown(error) => format!("`{tag}` could not be judged: {error}"),
    }
}

fn errors(inventory: &Inventory, plan: &Plan, regions: &[RegionFinding]) -> Vec<ReportError> {
    let users = inventory.users.as_ref().and_then(Reading::as_unread);
    let account = inventory.errors.iter().chain(users).map(|error| ReportError::read("account", error));
    let of_regions = inventory.regions.iter().zip(regions).flat_map(|(region, thought)| {
        let name = region.name.0.as_str();
        let canary = (thought.canary == Some(false)).then(|| ReportError {
            subject: name.to_owned(),
            operation: "canary".to_owned(),
            message: "no stopped instance has the tags of CANARY_TAGS: nothing is changed in this region".to_owned(),
        });
        let read = region.errors.iter().map(move |error| ReportError::read(name, error));
        let instances = region.instances.iter().flat_map(move |instance| instance_errors(name, instance));
        canary.into_iter().chain(read).chain(instances)
    });
    let verdicts = plan.steps.iter().flat_map(|step| {
        let subject = format!("{} {}", step.verdict.region, step.verdict.instance.id);
        let own = |error: &&crate::facts::ReadError| Some(*error) != users;
        step.verdict.unread.iter().filter(own).map(move |error| ReportError::read(&subject, error)).collect::<Vec<_>>()
    });
    let mut seen = std::collections::BTreeSet::new();
    account.chain(of_regions).chain(verdicts).filter(|error| seen.insert(error.clone())).collect()
}

/// What could not be read of one instance. CloudTrail mostly fails for a whole region, and is reported once.
fn instance_errors(region: &str, instance: &Instance) -> Vec<ReportError> {
    let protection = instance.protection.as_ref().and_then(Reading::as_unread);
    let launch = instance.launch.as_ref().and_then(Reading::as_unread);
    let protection = protection.map(|error| ReportError::read(&format!("{region} {}", instance.id), error));
    protection.into_iter().chain(launch.map(|error| ReportError::read(region, error))).collect()
}
