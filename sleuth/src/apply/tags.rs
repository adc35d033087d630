//! Sets tags, stops and terminates instances.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

use crate::{
    deadline::{Deadlines, before},
    facts::{ReadError, Reading, Tags},
    ports::{
        NoAnswer, WriteError,
        tags::{ReadInstances, WriteInstances},
    },
    tags::{
        Action, CanaryTags, IamUser, Instance, InstanceId, Plan, Protection, RegionName, Standard, State, Verdict,
        audit::judge,
        canary,
        exempt::Exemption,
        plan::{Target, impossible_now, in_the_way},
    },
};

use change::{change, timed};

mod change;
mod protection;

/// How many instances are changed side by side. Most of the time each is only watched.
const CONCURRENCY: usize = 8;
/// What came of one target.
pub type Outcome = super::Outcome<Verdict, After>;

/// An instance that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The state it was last seen in.
    pub state: State,
    /// What else was done to it.
    pub protection: Switched,
}

/// What became of protection that was in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switched {
    /// None was.
    Not,
    /// It was switched off, as the instance is gone.
    Off(&'static str),
    /// It was switched off, and on again.
    OffAndOn(&'static str),
    /// It was switched off, and could not be switched on again.
    LeftOff(&'static str, WriteError),
}

/// What came of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// By region and instance.
    pub instances: BTreeMap<(RegionName, InstanceId), Outcome>,
    /// Canaries that could not be marked as seen, and why.
    pub canaries: BTreeMap<RegionName, WriteError>,
}

/// By what a target is judged once more.
#[derive(Debug, Clone, Copy)]
pub struct Second<'a> {
    /// The standard of the audit.
    pub standard: Standard<'a>,
    /// The IAM users of the audit.
    pub users: Option<&'a Reading<Vec<IamUser>>>,
    /// Whether protection that is in the way is switched off.
    pub override_protection: bool,
    /// What a canary is known by, if there are any.
    pub canary: Option<&'a CanaryTags>,
}

/// Performs `plan`, each target after a second look at it, as far as there is time.
pub async fn apply(
    aws: &(impl ReadInstances + WriteInstances),
    plan: &Plan,
    second: &Second<'_>,
    deadlines: Deadlines,
) -> Outcomes {
    let mut targets: Vec<Target<'_>> = plan.targets().collect();
    // What is stopped is watched for long, so that goes last.
    targets.sort_by_key(|target| target.action == Action::Stop);
    let instances = stream::iter(targets)
        .map(|target| async move {
            let outcome = act(aws, target, second, deadlines).await;
            let (region, id, action) = (target.region, target.id, target.action.as_str());
            tracing::info!(%region, instance = %id, action, ?outcome, "what came of changing an instance");
            ((region.clone(), id.clone()), outcome)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let canaries = Box::pin(mark_canaries(aws, plan, second, deadlines)).await;
    Outcomes { instances, canaries }
}

/// Notes on every canary when it was seen.
async fn mark_canaries(
    aws: &impl WriteInstances,
    plan: &Plan,
    second: &Second<'_>,
    deadlines: Deadlines,
) -> BTreeMap<RegionName, WriteError> {
    let time = second.standard.now.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let tags = Tags::from([(canary::TIMESTAMP_TAG.to_owned(), time)]);
    let marks = stream::iter(plan.canaries().collect::<Vec<_>>()).map(|(region, id)| {
        let tags = &tags;
        async move {
            let marked = timed(deadlines.settle, aws.tag(region, id, tags)).await;
            marked.err().map(|error| (region.clone(), error))
        }
    });
    marks.buffer_unordered(CONCURRENCY).filter_map(std::future::ready).collect().await
}

async fn act(
    aws: &(impl ReadInstances + WriteInstances),
    target: Target<'_>,
    second: &Second<'_>,
    deadlines: Deadlines,
) -> Outcome {
    let look = before(deadlines.act, look_again(aws, target, second)).await;
    match look.and_then(|look| look) {
        Err(error) => Outcome::Unconfirmed(error),
        Ok(Look::Changed(outcome)) => *outcome,
        Ok(Look::Same(protection)) => change(aws, target, protection, deadlines.settle).await,
    }
}

/// What a second look shows.
enum Look {
    /// The target is what it was; what protects it.
    Same(Protection),
    /// It is not.
    Changed(Box<Outcome>),
}

/// Reads the target once more and judges it as if for the first time.
async fn look_again(aws: &impl ReadInstances, target: Target<'_>, second: &Second<'_>) -> Result<Look, ReadError> {
    let changed = |outcome| Ok(Look::Changed(Box::new(outcome)));
    let instance = match aws.instance(target.region, target.id).await {
        Ok(instance) => instance,
        Err(NoAnswer::Gone) => return changed(gone()),
        Err(NoAnswer::Unread(error)) => return Err(error),
    };
    // Who launched it does not change, nor does what happened to it before.
    let Instance { launch, events, .. } = target.verdict.instance.clone();
    let instance = Instance { launch, events, ..instance };
    let verdict = judge(target.region, &instance, second.users, &second.standard);
    let held = |reason: String| changed(Outcome::Held { reason, verdict: Some(Box::new(verdict.clone())) });
    if second.canary.is_some_and(|tags| tags.describe(target.region, &instance)) {
        return held("it is a canary of its region".to_owned());
    }
    if let Some(reason) = difference(target, &verdict) {
        return held(reason);
    }
    if !matches!(target.action, Action::Stop | Action::Terminate) {
        return Ok(Look::Same(Protection::default()));
    }
    let protection = match aws.protection(target.region, target.id).await {
        Ok(protection) => protection,
        Err(NoAnswer::Gone) => return changed(gone()),
        Err(NoAnswer::Unread(error)) => return Err(error),
    };
    match in_the_way(protection, target.action) {
        Some(on) if !second.override_protection => held(format!("{on} is on (OVERRIDE_PROTECTION is not true)")),
        _ => Ok(Look::Same(protection)),
    }
}

/// Why the target must not be changed, if it is not what the plan was made for.
fn difference(target: Target<'_>, now: &Verdict) -> Option<String> {
    let then = target.verdict;
    if matches!(now.instance.state, State::ShuttingDown | State::Terminated) {
        return Some("it was terminated in the meantime".to_owned());
    }
    if let Some(Exemption::Until { day, .. }) = &now.exemption {
        return Some(format!("it became exempt in the meantime, until {day}"));
    }
    let faults = |verdict: &Verdict| -> Vec<_> {
        verdict.due().map(|violation| (violation.rule.clone(), violation.fault.clone())).collect()
    };
    if faults(then) != faults(now) {
        if then.instance.state != now.instance.state {
            return Some(format!("it is {} now", now.instance.state.as_str()));
        }
        let now = match now.due().next() {
            None => "it violates no rule any more",
            Some(_) => "what is wrong with it is not the same any more",
        };
        return Some(format!("it was changed in the meantime: {now}"));
    }
    if (&then.repairs, then.response, &then.manager) != (&now.repairs, now.response, &now.manager) {
        return Some("it was changed in the meantime: it calls for something else now".to_owned());
    }
    impossible_now(target.action, &now.instance.state).map(|reason| format!("{reason} now"))
}

fn gone() -> Outcome {
    Outcome::Held { reason: "EC2 does not know the instance any more".to_owned(), verdict: None }
}
