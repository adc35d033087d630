//! Fills an inventory. Nothing here fails: what cannot be read is in the inventory, beside what it concerns.

use tokio::time::Instant;

use crate::{deadline::before, facts::Reading, ports::NoAnswer};

pub mod digest;
pub mod keys;
pub mod tags;
pub mod watch;

/// What is answered until `end`, or why nothing is. `None`: what was asked for does not exist any more.
async fn answer<T>(end: Option<Instant>, call: impl Future<Output = Result<T, NoAnswer>>) -> Option<Reading<T>> {
    match before(end, call).await {
        Ok(Ok(answer)) => Some(Reading::Read(answer)),
        Ok(Err(NoAnswer::Gone)) => None,
        Ok(Err(NoAnswer::Unread(error))) | Err(error) => Some(Reading::Unread(error)),
    }
}
