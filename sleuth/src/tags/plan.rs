//! What is to be done about each verdict, and why not where nothing is.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{
    audit::Verdict,
    canary::{Canary, CanaryTags},
    exempt::Exemption,
    inventory::{InstanceId, Inventory, Protection, Region, RegionName, State},
    rules::Response,
};
use crate::{
    decision::{Decision, both},
    facts::Reading,
};

mod notes;

use notes::{note, waiting};

/// What a verdict calls for, the mildest first. Also how far a run may go: `TAG_ACTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing.
    None,
    /// Tell the owner.
    Notify,
    /// Set tags, and tell the owner.
    Repair,
    /// Stop the instance, and tell the owner.
    Stop,
    /// Terminate the instance, and tell the owner.
    Terminate,
}

impl Action {
    /// Those that a run can be limited to.
    pub const LIMITS: [Self; 4] = [Self::Notify, Self::Repair, Self::Stop, Self::Terminate];

    /// The word used in settings and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Notify => "notify",
            Self::Repair => "repair",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
        }
    }

    /// Whether it changes something in AWS.
    pub fn changes(self) -> bool {
        self >= Self::Repair
    }
}

/// How far a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The severest action: `TAG_ACTION`.
    pub action: Action,
    /// Most instances that one run may stop: `MAX_STOP`.
    pub max_stop: usize,
    /// Most instances that one run may terminate: `MAX_TERMINATE`.
    pub max_terminate: usize,
    /// How many of both count besides those of this run: a short time ago, or in other accounts. An audit has none.
    pub used: Used,
    /// Whether API protection is switched off where it is in the way: `OVERRIDE_PROTECTION`.
    pub override_protection: bool,
}

/// Instances to be stopped and terminated, or that were a short time ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// To be stopped, or stopped.
    pub stop: usize,
    /// To be terminated, or terminated.
    pub terminate: usize,
}

impl Used {
    /// Both together.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self { stop: self.stop + more.stop, terminate: self.terminate + more.terminate }
    }
}

/// One verdict and its consequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The verdict.
    pub verdict: Verdict,
    /// What it calls for.
    pub action: Action,
    /// Whether that will be done.
    pub decision: Decision,
    /// What else a reader should know.
    pub note: Option<String>,
    /// Whether the instance is a canary, of which nothing is asked but to be there.
    pub canary: bool,
    /// Whether it counts for the brake: it proceeds, or is held only because something could not be read.
    weighs: bool,
}

/// What is thought of a region as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionPlan {
    /// Whether it showed its canary.
    pub canary: Canary,
    /// Why nothing is changed in it, if something stands against it.
    pub held: Option<String>,
}

/// One step a verdict, in the verdicts' order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// The regions.
    pub regions: BTreeMap<RegionName, RegionPlan>,
    /// Why nothing is changed, if something stopped it all.
    pub brake: Option<String>,
}

/// An instance that is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Where it is.
    pub region: &'a RegionName,
    /// Which it is.
    pub id: &'a InstanceId,
    /// What is to be done.
    pub action: Action,
    /// The verdict that calls for it.
    pub verdict: &'a Verdict,
}

impl Plan {
    /// The instances to be changed.
    pub fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        let proceeding = self.steps.iter().filter(|step| step.action.changes() && step.decision == Decision::Proceed);
        proceeding.map(|step| Target {
            region: &step.verdict.region,
            id: &step.verdict.instance.id,
            action: step.action,
            verdict: &step.verdict,
        })
    }

    /// The canaries to be marked as seen. A brake stops that too.
    pub fn canaries(&self) -> impl Iterator<Item = (&RegionName, &InstanceId)> {
        let regions = self.regions.iter().filter(|(_, plan)| self.brake.is_none() && plan.held.is_none());
        regions.filter_map(|(name, plan)| match &plan.canary {
            Canary::Found(id) => Some((name, id)),
            Canary::NotAsked | Canary::Missing => None,
        })
    }

    /// How many instances are to be stopped and terminated, as far as the brake counts them.
    pub fn load(&self) -> Used {
        let count = |action| self.steps.iter().filter(|step| step.action == action && step.weighs).count();
        Used { stop: count(Action::Stop), terminate: count(Action::Terminate) }
    }

    /// Whether no instance is to be changed.
    pub fn is_empty(&self) -> bool {
        self.targets().next().is_none()
    }
}

/// One line an instance to be changed.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for target in self.targets() {
            writeln!(f, "{} {} in {}", target.action.as_str(), target.id, target.region)?;
        }
        Ok(())
    }
}

/// Decides what to do about each verdict. More instances to be stopped or terminated than `limits` allow, and nothing is
/// changed anywhere. A region that was not read whole, or does not show its canary, is not acted on; the others are.
pub fn plan(inventory: &Inventory, verdicts: Vec<Verdict>, limits: &Limits, canary: Option<&CanaryTags>) -> Plan {
    let regions: BTreeMap<RegionName, RegionPlan> =
        inventory.regions.iter().map(|region| (region.name.clone(), of_region(region, canary))).collect();
    let steps = verdicts.into_iter().map(|verdict| {
        let is_canary = canary.is_some_and(|tags| tags.describe(&verdict.region, &verdict.instance));
        step(verdict, limits, &regions, is_canary)
    });
    let mut plan = Plan { steps: steps.collect(), regions, brake: None };
    plan.brake = exceeded(&plan, limits);
    if plan.brake.is_some() {
        let stopped = plan.steps.iter_mut().filter(|step| step.action.changes());
        for step in stopped.filter(|step| step.weighs || step.decision == Decision::Proceed) {
            step.decision = Decision::Held("the brake stopped all changes of this run".to_owned());
        }
    }
    plan
}

fn of_region(region: &Region, tags: Option<&CanaryTags>) -> RegionPlan {
    let canary = match tags {
        None => Canary::NotAsked,
        Some(tags) => match tags.find(&region.name, &region.instances) {
            Some(found) => Canary::Found(found.id.clone()),
            None => Canary::Missing,
        },
    };
    let unread = region.errors.first().map(|error| format!("not all of {} could be read: {error}", region.name));
    let missing =
        (canary == Canary::Missing).then(|| format!("the canary of {} was not seen (CANARY_TAGS)", region.name));
    RegionPlan { canary, held: both(missing, unread) }
}

/// Why too many instances would be stopped or terminated, if they would.
fn exceeded(plan: &Plan, limits: &Limits) -> Option<String> {
    let too_many = |count: usize, most: usize, used: usize, done: &str, setting: &str| {
        let instances = if count == 1 { "1 instance was".to_owned() } else { format!("{count} instances were") };
        let recent = match used {
            0 => String::new(),
            used => format!(", with {used} more in the last hour or in other accounts"),
        };
        (count + used > most).then(|| format!("{instances} to be {done}, {setting} is {most}{recent}"))
    };
    let (Limits { max_stop, max_terminate, used, .. }, load) = (*limits, plan.load());
    both(
        too_many(load.terminate, max_terminate, used.terminate, "terminated", "MAX_TERMINATE"),
        too_many(load.stop, max_stop, used.stop, "stopped", "MAX_STOP"),
    )
}

fn step(verdict: Verdict, limits: &Limits, regions: &BTreeMap<RegionName, RegionPlan>, is_canary: bool) -> Step {
    let nothing = |reason: Option<String>| (Action::None, Decision::Nothing(reason), false);
    let (action, decision, weighs) = match (&verdict.exemption, wanted(&verdict)) {
        _ if is_canary => nothing(Some("it is a canary of its region".to_owned())),
        (Some(Exemption::Until { day, reason }), _) => {
            let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            nothing(Some(format!("exempt until {day}{because}")))
        }
        (_, Action::None) => nothing(waiting(&verdict)),
        (_, Action::Notify) => (Action::Notify, Decision::Proceed, false),
        (_, wanted) => match hold(&verdict, wanted, limits, regions.get(&verdict.region)) {
            None => (wanted, Decision::Proceed, true),
            Some(Hold { reason, unread }) => (wanted, Decision::Held(reason), unread),
        },
    };
    let note = note(&verdict, action);
    Step { verdict, action, decision, note, canary: is_canary, weighs }
}

/// What the violations that are due call for. Setting tags goes before anything worse, which then waits for the next run;
/// and who is stopped need not be stopped.
pub fn wanted(verdict: &Verdict) -> Action {
    if !verdict.repairs.is_empty() {
        return Action::Repair;
    }
    match verdict.response {
        None => Action::None,
        Some(Response::Notify) => Action::Notify,
        Some(Response::Stop) if is_stopped(&verdict.instance.state) => Action::Notify,
        Some(Response::Stop) => Action::Stop,
        Some(Response::Terminate) => Action::Terminate,
    }
}

fn is_stopped(state: &State) -> bool {
    matches!(state, State::Stopped | State::Stopping)
}

/// Why a change is not made.
struct Hold {
    reason: String,
    /// Whether only something that could not be read stands against it.
    unread: bool,
}

impl Hold {
    fn known(reason: String) -> Self {
        Self { reason, unread: false }
    }

    fn unread(reason: String) -> Self {
        Self { reason, unread: true }
    }
}

/// Why a change is not made, if something stands against it.
fn hold(verdict: &Verdict, wanted: Action, limits: &Limits, region: Option<&RegionPlan>) -> Option<Hold> {
    let Some(region) = region else { return Some(Hold::unread("nothing is known of its region".to_owned())) };
    if wanted > limits.action {
        return Some(Hold::known(format!("TAG_ACTION is {}", limits.action.as_str())));
    }
    let refused = impossible_now(wanted, &verdict.instance.state).map(Hold::known);
    let region = || region.held.clone().map(|reason| Hold { reason, unread: region.canary != Canary::Missing });
    match (refused, protected(verdict, wanted, limits)) {
        (Some(refused), _) => Some(refused),
        // What is known goes before what is not.
        (None, Some(protected)) if !protected.unread => Some(protected),
        (None, protected) => region().or(protected),
    }
}

/// Why EC2 would refuse the change for the state the instance is in
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>).
pub fn impossible_now(wanted: Action, state: &State) -> Option<String> {
    match (wanted, state) {
        (Action::Stop, State::Running) => None,
        (Action::Repair | Action::Terminate, State::Running | State::Stopped | State::Stopping | State::Pending) => {
            None
        }
        (_, state) => Some(format!("it is {}", state.as_str())),
    }
}

/// Whether API protection stands against the change. Stop protection also keeps an instance from being terminated
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html>).
fn protected(verdict: &Verdict, wanted: Action, limits: &Limits) -> Option<Hold> {
    if !matches!(wanted, Action::Stop | Action::Terminate) {
        return None;
    }
    match &verdict.instance.protection {
        None => Some(Hold::unread("whether it is protected was not read".to_owned())),
        Some(Reading::Unread(error)) => {
            Some(Hold::unread(format!("whether it is protected could not be read: {error}")))
        }
        Some(Reading::Read(protection)) => {
            let on = in_the_way(*protection, wanted).filter(|_| !limits.override_protection)?;
            Some(Hold::known(format!("{on} is on (OVERRIDE_PROTECTION is not true)")))
        }
    }
}

/// The protection that stands against an action, in words.
pub fn in_the_way(protection: Protection, action: Action) -> Option<&'static str> {
    match (action, protection) {
        (Action::Terminate, Protection { termination: true, stop: true }) => Some("termination and stop protection"),
        (Action::Terminate, Protection { termination: true, .. }) => Some("termination protection"),
        (Action::Terminate | Action::Stop, Protection { stop: true, .. }) => Some("stop protection"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
