//! Sets tags, stops and terminates instances.

use std::{collections::BTreeMap, future::Future, time::Duration};

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
        Action, CanaryTags, IamUser, Instance, InstanceId, Plan, Protection, RegionName, Standard, State, Verdict,
        audit::judge,
        canary,
        exempt::Exemption,
        plan::{Target, impossible_now, in_the_way},
    },
};

/// How many instances are changed side by side. Most of the time each is only watched.
const CONCURRENCY: usize = 8;
/// How long an instance is watched until it is stopped. One with much memory or a hanging system may take longer.
const WATCH: Duration = Duration::from_secs(90);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_secs(3);
/// How often something is looked at, or tried, that EC2 may show or know a moment late
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
const LOOKS: u32 = 3;
/// Time to switch protection on again, which is taken even if that of the run is over.
const RESTORE: Duration = Duration::from_secs(10);
/// Time that a change needs to be seen to have failed, and protection to be switched on again.
const RESERVE: Duration = Duration::from_secs(28);

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
            let marked = before(deadlines.settle, aws.tag(region, id, tags)).await;
            let marked = marked.unwrap_or_else(|over| Err(WriteError::Lost(over.to_string())));
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
    // Who launched it does not change.
    let instance = Instance { launch: target.verdict.instance.launch.clone(), ..instance };
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

/// Makes the change and sees what came of it, until `end`; what is then not known is said.
async fn change(
    aws: &(impl ReadInstances + WriteInstances),
    target: Target<'_>,
    protection: Protection,
    end: Option<Moment>,
) -> Outcome {
    let done = |state| Outcome::Done(After { state, protection: Switched::Not });
    if target.action == Action::Repair {
        let tags = target.verdict.repairs.iter().map(|(key, repair)| (key.clone(), repair.value.clone())).collect();
        return match timed(end, aws.tag(target.region, target.id, &tags)).await {
            Ok(()) => done(target.verdict.instance.state.clone()),
            Err(error) => after_failure(aws, target, error, end).await.map_or_else(|outcome| outcome, done),
        };
    }
    let Some(on) = in_the_way(protection, target.action) else {
        return match send(aws, target, false, end).await {
            Ok(state) => done(watch(aws, target, state, end).await),
            Err(outcome) => outcome,
        };
    };
    unprotected(aws, target, protection, on, end).await
}

/// The same with what protects the instance switched off. Unless it is gone, it is as protected as before in the end.
async fn unprotected(
    aws: &(impl ReadInstances + WriteInstances),
    target: Target<'_>,
    protection: Protection,
    on: &'static str,
    end: Option<Moment>,
) -> Outcome {
    // The last part of the time is for switching it on again.
    let before_that = end.and_then(|end| end.checked_sub(RESERVE)).or(end);
    if before_that.is_some_and(|end| Moment::now() >= end) {
        let message = format!("there was no time to switch {on} off, and on again if need be");
        return Outcome::Unconfirmed(ReadError { operation: "deadline".to_owned(), message });
    }
    let Target { region, id, action, .. } = target;
    // Whoever finds the instance unprotected after a run that was cut off finds this.
    tracing::warn!(%region, instance = %id, protection = on, "switching protection off for a change");
    let lifted = lifted(protection, action);
    let sent = match timed(before_that, aws.protect(region, id, protection, lifted)).await {
        Ok(()) => send(aws, target, true, before_that).await,
        Err(error) => Err(Outcome::Failed(format!("{on} could not be switched off: {error}"))),
    };
    let again = || restore(aws, target, lifted, protection, end);
    match sent {
        Ok(state) if action == Action::Terminate => {
            let state = watch(aws, target, state, before_that).await;
            Outcome::Done(After { state, protection: Switched::Off(on) })
        }
        Ok(state) => {
            let restored = again().await;
            let state = watch(aws, target, state, before_that).await;
            // EC2 may refuse to while the instance is being stopped.
            let restored = if restored.is_err() { again().await } else { restored };
            let protection = restored.map_or_else(|error| Switched::LeftOff(on, error), |()| Switched::OffAndOn(on));
            Outcome::Done(After { state, protection })
        }
        Err(outcome) => {
            let reason = match &outcome {
                Outcome::Failed(reason) | Outcome::Held { reason, .. } => reason.clone(),
                Outcome::Done(_) | Outcome::Unconfirmed(_) => return outcome,
            };
            match (again().await, outcome) {
                (Ok(()), Outcome::Failed(_)) => Outcome::Failed(format!("{reason}; {on} is on as before")),
                (Ok(()), outcome) => outcome,
                (Err(error), _) => Outcome::Failed(format!(
                    "{reason}; and {on}, which was on, could not be switched on again: {error}"
                )),
            }
        }
    }
}

/// Switches protection on again, also if the time of the run is over. What is on already need not be.
async fn restore(
    aws: &(impl ReadInstances + WriteInstances),
    target: Target<'_>,
    lifted: Protection,
    protection: Protection,
    end: Option<Moment>,
) -> Result<(), WriteError> {
    let least = Moment::now() + RESTORE;
    let end = end.map(|end| end.max(least));
    let Err(error) = timed(end, aws.protect(target.region, target.id, lifted, protection)).await else {
        return Ok(());
    };
    let look = before(Some(Moment::now() + PAUSE), aws.protection(target.region, target.id)).await;
    if matches!(look, Ok(Ok(now)) if now == protection) { Ok(()) } else { Err(error) }
}

/// The protection without what is in the way.
fn lifted(protection: Protection, action: Action) -> Protection {
    match action {
        Action::Terminate => Protection::default(),
        _ => Protection { stop: false, ..protection },
    }
}

/// The answer of a change, unless the time is over.
async fn timed<T>(end: Option<Moment>, call: impl Future<Output = Result<T, WriteError>>) -> Result<T, WriteError> {
    let over = |_| Err(WriteError::Lost("there was no answer in the time left for it".to_owned()));
    before(end, call).await.unwrap_or_else(over)
}

/// Asks for the instance to be stopped or terminated: its state then, or what came instead. `lifted`: whether protection was
/// just switched off, which EC2 may know a moment late.
async fn send(
    aws: &(impl ReadInstances + WriteInstances),
    target: Target<'_>,
    lifted: bool,
    end: Option<Moment>,
) -> Result<State, Outcome> {
    let mut tries = 1;
    loop {
        let sent = match target.action {
            Action::Stop => timed(end, aws.stop(target.region, target.id)).await,
            _ => timed(end, aws.terminate(target.region, target.id)).await,
        };
        match sent {
            Ok(state) => return Ok(state),
            Err(WriteError::Refused(why))
                if lifted && tries < LOOKS && why.starts_with("OperationNotPermitted") && is_left(end, PAUSE) =>
            {
                tries += 1;
                sleep(PAUSE).await;
            }
            Err(error) => return after_failure(aws, target, error, end).await,
        }
    }
}

/// Whether so much time is left.
fn is_left(end: Option<Moment>, time: Duration) -> bool {
    end.is_none_or(|end| Moment::now() + time < end)
}

/// A change that failed may have been made all the same: a lost answer is not a lost request. `Ok`: it was.
async fn after_failure(
    aws: &impl ReadInstances,
    target: Target<'_>,
    error: WriteError,
    end: Option<Moment>,
) -> Result<State, Outcome> {
    let failed = |more: String| Err(Outcome::Failed(format!("{error}{more}")));
    let refused = matches!(error, WriteError::Refused(_));
    let mut looks = 1;
    loop {
        // Nothing has to be waited for if EC2 said no.
        let again = !refused && looks < LOOKS && is_left(end, PAUSE);
        let look = before(Some(Moment::now() + PAUSE), aws.instance(target.region, target.id)).await;
        match look.map_err(NoAnswer::Unread).and_then(|look| look) {
            Ok(instance) if is_done(target, &instance) => return Ok(instance.state),
            Err(NoAnswer::Gone) if refused => return Err(gone()),
            Err(NoAnswer::Gone) => return failed("; EC2 does not know the instance any more".to_owned()),
            _ if again => {}
            Ok(_) if refused => return failed(String::new()),
            Ok(_) => return failed("; the change is not to be seen, but may still come".to_owned()),
            Err(NoAnswer::Unread(unread)) => {
                return failed(format!("; whether it was changed could not be read: {unread}"));
            }
        }
        looks += 1;
        sleep(PAUSE).await;
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

/// Watches an instance that EC2 sends where it is to be, until it is there, and says how far it came. Looks that show an
/// earlier state are late, and looks that fail change nothing.
async fn watch(aws: &impl ReadInstances, target: Target<'_>, mut state: State, end: Option<Moment>) -> State {
    let patience = Moment::now() + WATCH;
    let end = end.map_or(patience, |end| end.min(patience));
    loop {
        match before(Some(end), aws.instance(target.region, target.id)).await {
            Ok(Ok(instance)) if is_done(target, &instance) => state = instance.state,
            Err(_over) => return state,
            Ok(_) => {}
        }
        // What is being terminated cannot come back; what is being stopped may hang.
        if matches!(state, State::Stopped | State::ShuttingDown | State::Terminated) {
            return state;
        }
        sleep(PAUSE.min(end.saturating_duration_since(Moment::now()))).await;
    }
}
