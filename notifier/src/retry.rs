//! Which failures pass, how long to wait for that, and when to give up.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

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

/// Why a channel did not answer a question of which nobody sees anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ProbeError {
    reason: String,
    passes: bool,
}

impl ProbeError {
    pub(crate) fn new(failure: Failure) -> Self {
        let passes = matches!(failure, Failure::Passing { .. });
        Self { reason: failure.into_reason(), passes }
    }

    /// The same, with what was asked.
    pub(crate) fn of(self, asked: &str) -> Self {
        Self { reason: format!("{asked} failed: {}", self.reason), ..self }
    }

    /// Whether it may be otherwise later: there was no answer, or not for now.
    pub fn passes(&self) -> bool {
        self.passes
    }
}

impl Failure {
    /// What happened.
    pub(crate) fn into_reason(self) -> String {
        match self {
            Self::Passing { reason, .. } | Self::Refused(reason) | Self::Closed(reason) => reason,
        }
    }
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

/// Sends `parts` in order, each until it is taken, refused, or the `patience` ends, which may serve for more parts after
/// these.
pub(crate) async fn deliver<'a, B, Posting: Future<Output = Result<(), Failure>>>(
    channel: &'static str,
    parts: &'a [Part<B>],
    patience: &mut Patience<'_>,
    post: impl Fn(&'a B) -> Posting,
) -> Vec<PartDelivery> {
    let mut closed: Option<String> = None;
    let mut report = Vec::with_capacity(parts.len());
    for part in parts {
        let (attempts, outcome) = match &closed {
            Some(reason) => (0, Err(Failure::Refused(format!("not tried, because an earlier part failed: {reason}")))),
            None => {
                if !report.is_empty() {
                    patience.wait(patience.policy.pace).await;
                }
                patience.persist(|| post(&part.body)).await
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
                PartResult::Undelivered { reason, text: part.text.clone() }
            }
        };
        report.push(PartDelivery {
            channel,
            title: part.title.clone(),
            part: part.part,
            of: part.of,
            attempts,
            result,
            subjects: part.subjects.clone(),
        });
    }
    report
}

/// What is left of a channel's time.
pub(crate) struct Patience<'a> {
    policy: &'a RetryPolicy,
    /// For retries.
    left: Duration,
    /// For everything.
    until: Option<Instant>,
    /// What is said when it is over.
    over: &'static str,
}

const TIME_IS_OVER: &str = "the time of the run was over";

impl<'a> Patience<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, until: Option<Instant>) -> Self {
        Self { policy, left: policy.budget, until, over: TIME_IS_OVER }
    }

    /// The same, where it is not the whole run that ends then.
    pub(crate) fn over(self, over: &'static str) -> Self {
        Self { over, ..self }
    }

    /// Calls `attempt` until it succeeds, fails for good, or there is no time left. Says how often it was called.
    ///
    /// It is no `AsyncFnMut`, of whose futures the compiler cannot tell that they are `Send`
    /// (<https://github.com/rust-lang/rust/issues/134997>).
    pub(crate) async fn persist<T, Attempt: Future<Output = Result<T, Failure>>>(
        &mut self,
        mut attempt: impl FnMut() -> Attempt,
    ) -> (u32, Result<T, Failure>) {
        let mut wait = self.policy.first_wait;
        let mut attempts = 0;
        loop {
            let started = Instant::now();
            if self.is_over() {
                return (attempts, Err(Failure::Closed(self.over.to_owned())));
            }
            attempts += 1;
            let failure = match self.in_time(attempt()).await {
                Ok(value) => return (attempts, Ok(value)),
                Err(failure) => failure,
            };
            self.left = self.left.saturating_sub(started.elapsed());
            let Failure::Passing { reason, retry_after } = failure else {
                return (attempts, Err(failure));
            };
            // A channel may ask for no wait at all; without one this could go on for ever.
            let pause = retry_after.unwrap_or(wait).max(self.policy.first_wait);
            if let Some(limit) = self.forbids(pause) {
                let reason = format!("{reason} (gave up: {limit})");
                return (attempts, Err(Failure::Passing { reason, retry_after }));
            }
            tracing::warn!(reason, wait_ms = pause.as_millis(), "an attempt failed and will be repeated");
            sleep(pause).await;
            self.left = self.left.saturating_sub(pause);
            wait = (wait * 2).min(self.policy.longest_wait);
        }
    }

    /// Sleeps, but not beyond the end.
    pub(crate) async fn wait(&self, pause: Duration) {
        let left = self.until.map_or(pause, |until| until.saturating_duration_since(Instant::now()));
        sleep(left.min(pause)).await;
    }

    /// Whether the time for everything is over.
    pub(crate) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    async fn in_time<T>(&self, attempt: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match self.until {
            None => attempt.await,
            Some(until) => timeout_at(until, attempt)
                .await
                .unwrap_or_else(|_| Err(Failure::Closed(format!("no answer, and {}", self.over)))),
        }
    }

    /// Why there is no time to wait so long, if there is none.
    fn forbids(&self, pause: Duration) -> Option<String> {
        // The wait may be one that somebody else asked for, and too long to be added to any time.
        if self.until.is_some_and(|until| until.saturating_duration_since(Instant::now()) <= pause) {
            return Some(self.over.to_owned());
        }
        let seconds = self.policy.budget.as_secs();
        (self.left.is_zero() || pause > self.left).then(|| format!("{seconds} s is the limit for retries"))
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
        run_until(None, n, answer).await
    }

    async fn run_until(
        until: Option<Instant>,
        n: usize,
        answer: impl Fn(usize, usize) -> Result<(), Failure>,
    ) -> (Vec<PartDelivery>, Vec<usize>) {
        let policy = RetryPolicy::default();
        let calls = RefCell::new(Vec::new());
        let report = deliver("test", &parts(n), &mut Patience::new(&policy, until), async |part: &usize| {
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
    async fn the_end_of_the_run_ends_delivery_and_keeps_every_text() {
        let started = Instant::now();
        let until = started + Duration::from_secs(5);
        let (report, calls) =
            run_until(Some(until), 10, |part, _| if part < 3 { Ok(()) } else { Err(passing(Some(4))) }).await;
        assert!(started.elapsed() <= Duration::from_secs(5));
        assert_eq!(calls, [1, 2, 3]);
        assert_eq!(report.iter().filter(|part| part.result == PartResult::Delivered).count(), 2);
        for part in &report[2..] {
            let PartResult::Undelivered { reason, text } = &part.result else { panic!("delivered: {part:?}") };
            assert!(reason.contains(TIME_IS_OVER) && !text.is_empty(), "{reason}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_longer_than_any_time_is_not_begun() {
        for until in [None, Some(Instant::now() + Duration::from_secs(60))] {
            let (report, calls) = run_until(until, 2, |_, _| Err(passing(Some(u64::MAX)))).await;
            assert_eq!((calls.len(), report.len()), (1, 2));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_before_the_end_is_not_waited_for() {
        let until = Instant::now() + Duration::from_secs(5);
        let policy = RetryPolicy::default();
        let silent = async |_: &usize| std::future::pending::<Result<(), Failure>>().await;
        let report = deliver("test", &parts(2), &mut Patience::new(&policy, Some(until)), silent).await;
        assert_eq!((Instant::now(), report.len()), (until, 2));
        assert!(report.iter().all(|part| part.result != PartResult::Delivered));
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
