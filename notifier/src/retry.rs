//! Which failures pass, how long to wait for that, and when to give up.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::delivery::{PartDelivery, PartResult};

/// How patient a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How long one request may take.
    pub timeout: Duration,
    /// How much time a channel may lose to failed attempts and the waits after them, over all parts of a run.
    pub budget: Duration,
    /// Wait after the first failure of a part; doubled after each further one.
    pub first_wait: Duration,
    /// Longest wait between two attempts, unless the channel itself asks for more.
    pub longest_wait: Duration,
    /// Pause between two parts: Slack takes about one message a second and channel
    /// (<https://docs.slack.dev/apis/web-api/rate-limits/>).
    pub pace: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            budget: Duration::from_secs(60),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
            pace: Duration::from_millis(1_100),
        }
    }
}

/// Why a part was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may work later; the channel may have said when.
    Passing { reason: String, retry_after: Option<Duration> },
    /// This part will never be taken; another one may be.
    Refused(String),
    /// No part will be taken: the channel is gone or not ours.
    Closed(String),
}

/// The innermost error, which says what happened (`connection refused`) rather than where.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// One part, in the channel's own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<B> {
    pub(crate) title: String,
    pub(crate) part: usize,
    pub(crate) of: usize,
    pub(crate) subjects: Vec<String>,
    /// The same content as plain text, kept for when it cannot be delivered.
    pub(crate) text: String,
    pub(crate) body: B,
}

/// Sends `parts` in order, each until it is taken, refused, or the patience of `policy` ends.
pub(crate) async fn deliver<B>(
    channel: &'static str,
    parts: Vec<Part<B>>,
    policy: &RetryPolicy,
    post: impl AsyncFn(&B) -> Result<(), Failure>,
) -> Vec<PartDelivery> {
    let mut patience = Patience { policy, left: policy.budget };
    let mut closed: Option<String> = None;
    let mut report = Vec::with_capacity(parts.len());
    for part in parts {
        let (attempts, outcome) = match &closed {
            Some(reason) => (0, Err(Failure::Refused(format!("not tried, because an earlier part failed: {reason}")))),
            None => {
                if !report.is_empty() {
                    sleep(policy.pace).await;
                }
                patience.persist(async || post(&part.body).await).await
            }
        };
        let result = match outcome {
            Ok(()) => PartResult::Delivered,
            Err(failure) => {
                let (reason, ends) = match failure {
                    Failure::Refused(reason) => (reason, false),
                    Failure::Closed(reason) | Failure::Passing { reason, .. } => (reason, true),
                };
                if ends {
                    closed = Some(reason.clone());
                }
                tracing::error!(
                    channel,
                    title = part.title,
                    part = part.part,
                    of = part.of,
                    reason,
                    "part not delivered"
                );
                PartResult::Undelivered { reason, text: part.text }
            }
        };
        report.push(PartDelivery {
            channel,
            title: part.title,
            part: part.part,
            of: part.of,
            attempts,
            result,
            subjects: part.subjects,
        });
    }
    report
}

/// What is left of a channel's time for retries.
pub(crate) struct Patience<'a> {
    pub(crate) policy: &'a RetryPolicy,
    pub(crate) left: Duration,
}

impl Patience<'_> {
    /// Calls `attempt` until it succeeds, fails for good, or the time for retries is used up. Says how often it was called.
    pub(crate) async fn persist<T>(
        &mut self,
        attempt: impl AsyncFn() -> Result<T, Failure>,
    ) -> (u32, Result<T, Failure>) {
        let mut wait = self.policy.first_wait;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let started = Instant::now();
            let failure = match attempt().await {
                Ok(value) => return (attempts, Ok(value)),
                Err(failure) => failure,
            };
            self.left = self.left.saturating_sub(started.elapsed());
            let Failure::Passing { reason, retry_after } = failure else {
                return (attempts, Err(failure));
            };
            // A channel may ask for no wait at all; without one this could go on for ever.
            let pause = retry_after.unwrap_or(wait).max(self.policy.first_wait);
            if self.left.is_zero() || pause > self.left {
                let seconds = self.policy.budget.as_secs();
                let reason = format!("{reason} (gave up: {seconds} s is the limit for retries)");
                return (attempts, Err(Failure::Passing { reason, retry_after }));
            }
            tracing::warn!(reason, wait_ms = pause.as_millis(), "delivery failed, will be tried again");
            sleep(pause).await;
            self.left = self.left.saturating_sub(pause);
            wait = (wait * 2).min(self.policy.longest_wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn parts(n: usize) -> Vec<Part<usize>> {
        (1..=n)
            .map(|part| Part {
                title: "t".into(),
                part,
                of: n,
                subjects: vec![format!("key {part}")],
                text: format!("text {part}"),
                body: part,
            })
            .collect()
    }

    fn passing(after: Option<u64>) -> Failure {
        Failure::Passing { reason: "busy".into(), retry_after: after.map(Duration::from_secs) }
    }

    /// Runs `deliver` on a clock of its own, with `answer(part, attempt)` as the channel. Returns the calls made, too.
    async fn run(n: usize, answer: impl Fn(usize, usize) -> Result<(), Failure>) -> (Vec<PartDelivery>, Vec<usize>) {
        let calls = RefCell::new(Vec::new());
        let report = deliver("test", parts(n), &RetryPolicy::default(), async |part: &usize| {
            calls.borrow_mut().push(*part);
            let attempt = calls.borrow().iter().filter(|p| *p == part).count();
            answer(*part, attempt)
        })
        .await;
        (report, calls.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn passing_failure_is_tried_again_and_order_is_kept() {
        let (report, calls) =
            run(3, |part, attempt| if part == 2 && attempt < 3 { Err(passing(None)) } else { Ok(()) }).await;
        assert_eq!(calls, [1, 2, 2, 2, 3]);
        assert!(report.iter().all(|part| part.result == PartResult::Delivered));
        assert_eq!(report[1].attempts, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_channels_own_wait_is_honoured() {
        let started = Instant::now();
        let (report, _) = run(1, |_, attempt| if attempt == 1 { Err(passing(Some(33))) } else { Ok(()) }).await;
        assert_eq!(report[0].result, PartResult::Delivered);
        assert_eq!(started.elapsed().as_secs(), 33);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_the_budget_is_not_begun() {
        let started = Instant::now();
        let (report, calls) = run(2, |_, _| Err(passing(Some(3_600)))).await;
        assert_eq!(calls, [1]);
        assert!(started.elapsed().is_zero());
        assert_eq!(report.iter().map(|part| part.attempts).collect::<Vec<_>>(), [1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn endless_failure_ends_with_the_budget_and_keeps_every_text() {
        let started = Instant::now();
        let (report, calls) = run(3, |_, _| Err(passing(None))).await;
        assert!(calls.iter().all(|part| *part == 1) && calls.len() > 3, "{calls:?}");
        assert!(started.elapsed() <= RetryPolicy::default().budget);
        for (i, part) in report.iter().enumerate() {
            let PartResult::Undelivered { text, reason } = &part.result else { panic!("delivered: {part:?}") };
            assert_eq!(text, &format!("text {}", i + 1));
            assert!(reason.contains("busy"), "{reason}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_channel_that_asks_for_no_wait_is_given_up_too() {
        let started = Instant::now();
        let (report, calls) = run(1, |_, _| Err(passing(Some(0)))).await;
        assert!(calls.len() <= 61 && started.elapsed() <= RetryPolicy::default().budget, "{} calls", calls.len());
        assert_ne!(report[0].result, PartResult::Delivered);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_part_does_not_stop_the_next_one() {
        let (report, calls) =
            run(3, |part, _| if part == 2 { Err(Failure::Refused("bad".into())) } else { Ok(()) }).await;
        assert_eq!(calls, [1, 2, 3]);
        assert_eq!(report.iter().filter(|part| part.result == PartResult::Delivered).count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_channel_is_not_tried_again() {
        let (report, calls) = run(3, |_, _| Err(Failure::Closed("gone".into()))).await;
        assert_eq!(calls, [1]);
        assert!(
            report
                .iter()
                .all(|part| matches!(&part.result, PartResult::Undelivered { reason, .. } if reason.contains("gone")))
        );
    }
}
