//! Makes one change, and sees what came of it.

use std::{future::Future, time::Duration};

use tokio::time::{Instant as Moment, sleep};

use super::{After, Outcome, Switched, gone, protection::unprotected};
use crate::{
    deadline::before,
    ports::{
        NoAnswer, WriteError,
        tags::{ReadInstances, WriteInstances},
    },
    tags::{
        Action, Instance, Protection, State,
        plan::{Target, in_the_way},
    },
};

/// How long an instance is watched until it is stopped. One with much memory or a hanging system may take longer.
const WATCH: Duration = Duration::from_secs(90);
/// How long to wait between two looks.
pub(super) const PAUSE: Duration = Duration::from_secs(3);
/// How often something is looked at, or tried, that EC2 may show or know a moment late
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
const LOOKS: u32 = 3;

/// Makes the change and sees what came of it, until `end`; what is then not known is said.
pub(super) async fn change(
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

/// The answer of a change, unless the time is over.
pub(super) async fn timed<T>(
    end: Option<Moment>,
    call: impl Future<Output = Result<T, WriteError>>,
) -> Result<T, WriteError> {
    let over = |_| Err(WriteError::Lost("there was no answer in the time left for it".to_owned()));
    before(end, call).await.unwrap_or_else(over)
}

/// Asks for the instance to be stopped or terminated: its state then, or what came instead. `lifted`: whether protection was
/// just switched off, which EC2 may know a moment late.
pub(super) async fn send(
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
pub(super) async fn watch(
    aws: &impl ReadInstances,
    target: Target<'_>,
    mut state: State,
    end: Option<Moment>,
) -> State {
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
