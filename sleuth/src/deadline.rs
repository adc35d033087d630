//! When a run has to be over, and how its time is shared out.
//!
//! A Lambda function is ended at its timeout wherever it is. A run that knows when that is stops reading in time to act, and
//! acting in time to tell people what it did.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::facts::ReadError;

/// The ends of a run's parts. `None`: it may take as long as it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// No call to read the account is waited for after this.
    pub read: Option<Instant>,
    /// No change is begun after this.
    pub act: Option<Instant>,
    /// No answer to a change is waited for after this.
    pub settle: Option<Instant>,
    /// No message is waited for after this.
    pub deliver: Option<Instant>,
    /// No store is waited for after this.
    pub store: Option<Instant>,
}

impl Deadlines {
    /// Shares out `total` from `start` on: most of it for reading, and a rest to say that the time was over.
    pub fn within(start: Instant, total: Duration) -> Self {
        let shared = total.saturating_sub(RESERVE);
        let end = |percent: u32| Some(start + shared * percent / 100);
        Self { read: end(70), act: end(82), settle: end(87), deliver: end(93), store: end(97) }
    }
}

/// Time in which a run does nothing but write its report.
const RESERVE: Duration = Duration::from_secs(1);

/// The answer of a call, unless the time is over.
pub(crate) async fn before<T>(end: Option<Instant>, call: impl Future<Output = T>) -> Result<T, ReadError> {
    match end {
        None => Ok(call.await),
        // The clock is asked first: a call that could answer at once is not made any more either.
        Some(end) if Instant::now() >= end => Err(over()),
        Some(end) => timeout_at(end, call).await.map_err(|_| over()),
    }
}

fn over() -> ReadError {
    ReadError { operation: "deadline".to_owned(), message: "the time of the run was over".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_one_after_the_other_and_before_the_whole() {
        let start = Instant::now();
        let Deadlines { read, act, settle, deliver, store } = Deadlines::within(start, Duration::from_secs(901));
        let seconds = [read, act, settle, deliver, store].map(|end| (end.unwrap() - start).as_secs());
        assert_eq!(seconds, [630, 738, 783, 837, 873]);
        assert_eq!(Deadlines::within(start, Duration::ZERO).deliver, Some(start));
    }
}
