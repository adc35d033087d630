//! Sets tags, stops and terminates instances.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use tokio::time::{Instant as Moment, sleep};

use crate::{
    deadline::{Deadlines, before},
    facts::{ReadError, Reading, Tags},
    ports::{
        NoAnswer, WriteError,
        tags::{ReadInstances, WriteInstances},
    },
    tags::{
        Action, IamUser, Instance, InstanceId, Plan, Protection, RegionName, Standard, State, Verdict,
        audit::judge,
        canary,
        exempt::Exemption,
        plan::{Target, impossible_now, in_the_way},
    },
};

/// How many instances are changed side by side.
const CONCURRENCY: usize = 4;
/// How long an instance is watched until it is stopped. One with much memory or a hanging system may take longer.
const WATCH: Duration = Duration::from_secs(90);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// What came of one target: the state it was seen in afterwards.
pub type Outcome = super::Outcome<Verdict, State>;

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
}

/// Performs `plan`, each target after a second look at it, as far as there is time.
pub async fn apply(
    aws: &(impl ReadInstances + WriteInstances),
    plan: &Plan,
    second: &Second<'_>,
    deadlines: Deadlines,
) -> Outcomes {
    let canaries = Box::pin(mark_canaries(aws, plan, second, deadlines)).await;
    let targets: Vec<Target<'_>> = plan.targets().collect();
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
    Outcomes { instances, canaries }
}

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
            let marked = before(deadlines.act, aws.tag(region, id, tags)).await;
            let marked = marked.unwrap_or_else(|over| Err(WriteError(over.to_string())));
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
        Ok(Look::Same(protection)) => {
            let end = deadlines.settle;
            let change = change(aws, target, protection, end);
            before(end, change)
                .await
                .unwrap_or_else(|over| Outcome::Failed(format!("whether it was changed is not known: {over}")))
        }
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
    // Who launched it does not change.
    let instance = Instance { launch: target.verdict.instance.launch.clone(), ..instance };
    let verdict = judge(target.region, &instance, second.users, &second.standard);
    let held = |reason: String| changed(Outcome::Held { reason, verdict: Some(Box::new(verdict.clone())) });
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
        Some(on) if !second.override_protection => held(format!("{on} was switched on in the meantime")),
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
            None => "violates no rule any more",
            Some(_) => "does not violate the same rules any more",
        };
        return Some(format!("its tags were changed in the meantime, and it {now}"));
    }
    if (&then.repairs, then.response, &then.manager) != (&now.repairs, now.response, &now.manager) {
        return Some("it was changed in the meantime, and calls for something else now".to_owned());
    }
    impossible_now(target.action, &now.instance.state).map(|reason| format!("{reason} now"))
}

fn gone() -> Outcome {
    Outcome::Held { reason: "the instance does not exist any more".to_owned(), verdict: None }
}

async fn change(
    aws: &(impl ReadInstances + WriteInstances),
    target: Target<'_>,
    protection: Protection,
    end: Option<Moment>,
) -> Outcome {
    let Target { region, id, action, verdict } = target;
    if action == Action::Repair {
        let tags = verdict.repairs.iter().map(|(key, repair)| (key.clone(), repair.value.clone())).collect();
        return match aws.tag(region, id, &tags).await {
            Ok(()) => Outcome::Done(verdict.instance.state.clone()),
            Err(error) => after_failure(aws, target, &error).await,
        };
    }
    let lifted = lifted(protection, action);
    if lifted != protection
        && let Err(error) = aws.protect(region, id, protection, lifted).await
    {
        return restored(aws, target, protection, format!("its protection could not be switched off: {error}")).await;
    }
    let asked = match action {
        Action::Stop => aws.stop(region, id).await,
        _ => aws.terminate(region, id).await,
    };
    match asked {
        Ok(()) => watch(aws, target, end).await,
        Err(error) => match after_failure(aws, target, &error).await {
            Outcome::Failed(reason) if lifted != protection => restored(aws, target, protection, reason).await,
            outcome => outcome,
        },
    }
}

/// The protection without what is in the way.
fn lifted(protection: Protection, action: Action) -> Protection {
    match action {
        Action::Terminate => Protection::default(),
        _ => Protection { stop: false, ..protection },
    }
}

/// A change that failed leaves the instance as protected as it was.
async fn restored(aws: &impl WriteInstances, target: Target<'_>, protection: Protection, reason: String) -> Outcome {
    let lifted = lifted(protection, target.action);
    Outcome::Failed(match aws.protect(target.region, target.id, lifted, protection).await {
        Ok(()) => format!("{reason}; its protection is on as before"),
        Err(error) => format!("{reason}; and its protection, which was on, could not be switched on again: {error}"),
    })
}

/// A change that failed may have been made all the same: a lost answer is not a lost request.
async fn after_failure(aws: &impl ReadInstances, target: Target<'_>, error: &WriteError) -> Outcome {
    match aws.instance(target.region, target.id).await {
        Ok(instance) if is_done(target, &instance) => Outcome::Done(instance.state),
        Ok(_) => Outcome::Failed(error.to_string()),
        Err(NoAnswer::Gone) => gone(),
        Err(NoAnswer::Unread(unread)) => {
            Outcome::Failed(format!("{error}; whether it was changed could not be read: {unread}"))
        }
    }
}

fn is_done(target: Target<'_>, instance: &Instance) -> bool {
    let state = &instance.state;
    match target.action {
        Action::Stop => matches!(state, State::Stopping | State::Stopped),
        Action::Terminate => matches!(state, State::ShuttingDown | State::Terminated),
        _ => target.verdict.repairs.iter().all(|(key, repair)| instance.tags.get(key) == Some(&repair.value)),
    }
}

/// Watches an instance until it is where it was sent, or at least on the way.
async fn watch(aws: &impl ReadInstances, target: Target<'_>, end: Option<Moment>) -> Outcome {
    let patience = Moment::now() + WATCH;
    let end = end.map_or(patience, |end| end.min(patience));
    loop {
        let (outcome, settled) = match aws.instance(target.region, target.id).await {
            Ok(instance) => {
                // What is being terminated cannot come back; what is being stopped may hang.
                let settled = matches!(instance.state, State::Stopped | State::ShuttingDown | State::Terminated);
                let words = || format!("EC2 accepted the request, but the instance is {}", instance.state.as_str());
                if is_done(target, &instance) {
                    (Outcome::Done(instance.state), settled)
                } else {
                    (Outcome::Failed(words()), false)
                }
            }
            // A terminated instance disappears after a while.
            Err(NoAnswer::Gone) if target.action == Action::Terminate => (Outcome::Done(State::Terminated), true),
            Err(NoAnswer::Gone) => (gone(), true),
            Err(NoAnswer::Unread(error)) => (
                Outcome::Failed(format!("EC2 accepted the request; what came of it could not be read: {error}")),
                false,
            ),
        };
        // The answer must be there before the time is over.
        if settled || Moment::now() + PAUSE + PAUSE >= end {
            return outcome;
        }
        sleep(PAUSE).await;
    }
}
