//! One method of the Web API, as all who call it side by side share it: their turns, and when it is not worth calling
//! any more.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    retry::{Failure, Patience},
    slack::api::Fault,
};

/// How many in a row must be given up before nobody else is tried: one slow person stops nobody, an outage everybody.
const MOST_GIVEN_UP: usize = 8;

/// The calls of one method.
pub(super) struct Gate {
    /// Between two callers.
    gap: Duration,
    /// How long a rate limit is waited for.
    longest_hold: Duration,
    next: Mutex<Instant>,
    /// Why nobody is let through any more.
    closed: OnceLock<String>,
    given_up: AtomicUsize,
}

impl Gate {
    /// Calls `gap` apart. Rate limits longer than `longest_hold` hold up only those who met them.
    pub(super) fn new(gap: Duration, longest_hold: Duration) -> Self {
        let next = Mutex::new(Instant::now());
        Self { gap, longest_hold, next, closed: OnceLock::new(), given_up: AtomicUsize::new(0) }
    }

    /// Calls `attempt` in turn, until it succeeds, fails for good, or the patience ends. Says how often it was called.
    pub(super) async fn pass<T, Attempt: Future<Output = Result<T, Fault>>>(
        &self,
        patience: &mut Patience<'_>,
        attempt: impl Fn() -> Attempt,
    ) -> (u32, Result<T, Fault>) {
        if self.closed.get().is_none() {
            patience.wait(self.turn()).await;
        }
        // It may have been closed meanwhile.
        if let Some(reason) = self.closed.get() {
            let reason = format!("not tried, because an earlier call failed: {reason}");
            return (0, Err(Fault::Failure(Failure::Closed(reason))));
        }
        let (attempts, outcome) = patience
            .persist(|| async {
                match attempt().await {
                    Ok(value) => Ok(Ok(value)),
                    Err(Fault::Addressee(reason)) => Ok(Err(reason)),
                    Err(Fault::Failure(failure)) => Err(self.noted(failure)),
                }
            })
            .await;
        match outcome {
            Ok(answer) => {
                self.given_up.store(0, Ordering::Relaxed);
                (attempts, answer.map_err(Fault::Addressee))
            }
            Err(failure) => {
                self.judge(&failure, patience);
                (attempts, Err(Fault::Failure(failure)))
            }
        }
    }

    /// How long it is until the caller's turn, which is taken by asking.
    fn turn(&self) -> Duration {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(now);
        *next = turn + self.gap;
        turn - now
    }

    /// A rate limit is the same for all callers, so the turns after it wait, too.
    fn noted(&self, failure: Failure) -> Failure {
        if let Failure::Passing { retry_after: Some(wait), .. } = &failure
            && *wait <= self.longest_hold
        {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next = (*next).max(Instant::now() + *wait);
        }
        failure
    }

    fn judge(&self, failure: &Failure, patience: &Patience<'_>) {
        let closes = match failure {
            Failure::Closed(_) => !patience.is_over(),
            Failure::Passing { .. } => self.given_up.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_GIVEN_UP,
            Failure::Refused(_) => {
                self.given_up.store(0, Ordering::Relaxed);
                false
            }
        };
        if closes {
            // Who comes second has no better reason.
            let _ = self.closed.set(failure.clone().into_reason());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::RetryPolicy;

    fn limited(seconds: u64) -> Fault {
        let retry_after = Some(Duration::from_secs(seconds));
        Fault::Failure(Failure::Passing { reason: "ratelimited".into(), retry_after })
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn callers_take_turns() {
        let gate = Gate::new(Duration::from_secs(2), MINUTE);
        let policy = RetryPolicy::default();
        let started = Instant::now();
        let call = async || {
            gate.pass(&mut Patience::new(&policy, None), async || Ok(started.elapsed().as_secs())).await.1.unwrap()
        };
        assert_eq!(futures::join!(call(), call(), call()), (0, 2, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_holds_the_next_caller_too_unless_it_is_endless() {
        let policy = RetryPolicy { budget: Duration::ZERO, ..RetryPolicy::default() };
        for (limit, held) in [(60, 60), (61, 0), (u64::MAX, 0)] {
            let gate = Gate::new(Duration::ZERO, MINUTE);
            let started = Instant::now();
            let given_up = gate.pass(&mut Patience::new(&policy, None), async || Err::<(), _>(limited(limit))).await;
            assert_eq!((started.elapsed().as_secs(), given_up.0), (0, 1));
            gate.pass(&mut Patience::new(&policy, None), async || Ok(())).await.1.unwrap();
            assert_eq!(started.elapsed().as_secs(), held, "{limit}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_closes_and_one_answer_in_between_does_not() {
        let gate = Gate::new(Duration::ZERO, MINUTE);
        let policy = RetryPolicy { budget: Duration::ZERO, ..RetryPolicy::default() };
        let failing = async || Err::<(), _>(Fault::Failure(Failure::Passing { reason: "x".into(), retry_after: None }));
        for round in [MOST_GIVEN_UP - 1, MOST_GIVEN_UP] {
            gate.pass(&mut Patience::new(&policy, None), async || Ok(())).await.1.unwrap();
            for _ in 0..round {
                assert_eq!(gate.pass(&mut Patience::new(&policy, None), failing).await.0, 1);
            }
        }
        let (attempts, refused) = gate.pass(&mut Patience::new(&policy, None), async || Ok(())).await;
        assert_eq!(attempts, 0);
        assert!(matches!(refused, Err(Fault::Failure(Failure::Closed(reason))) if reason.contains("not tried")));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_is_over_closes_nothing() {
        let gate = Gate::new(Duration::ZERO, MINUTE);
        let policy = RetryPolicy::default();
        let mut late = Patience::new(&policy, Some(Instant::now())).over("too late");
        let (attempts, refused) = gate.pass(&mut late, async || Ok(())).await;
        assert_eq!((attempts, refused), (0, Err(Fault::Failure(Failure::Closed("too late".into())))));
        gate.pass(&mut Patience::new(&policy, None), async || Ok(())).await.1.unwrap();
    }
}
