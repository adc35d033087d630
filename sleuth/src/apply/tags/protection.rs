//! Changes an instance whose protection is in the way: switched off for it, and on again.

use std::time::Duration;

use tokio::time::Instant as Moment;

use super::{
    After, Outcome, Switched,
    change::{PAUSE, send, timed, watch},
};
use crate::{
    deadline::before,
    facts::ReadError,
    ports::{
        WriteError,
        tags::{ReadInstances, WriteInstances},
    },
    tags::{Action, Protection, plan::Target},
};

/// Time to switch protection on again, which is taken even if that of the run is over.
const RESTORE: Duration = Duration::from_secs(10);
/// Time that a change needs to be seen to have failed, and protection to be switched on again.
const RESERVE: Duration = Duration::from_secs(28);

/// The same with what protects the instance switched off. Unless it is gone, it is as protected as before in the end.
pub(super) async fn unprotected(
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
