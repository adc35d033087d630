//! The whole way of a digest: reports in, what they say was done, people told.

use chrono::{DateTime, TimeDelta, Utc};
use notifier::{Messages, Notifier};

use crate::{
    config::DigestConfig,
    deadline::Deadlines,
    digest::{Collection, Digest, Span},
    gather::digest::{Reading, gather},
    ports::digest::ReadReports,
    render::notification::digest::messages,
};

/// The time that a digest is about, which ends `now`.
pub fn span(config: &DigestConfig, now: DateTime<Utc>) -> Span {
    let since = TimeDelta::from_std(config.since).unwrap_or(TimeDelta::MAX);
    Span { from: now.checked_sub_signed(since).unwrap_or(DateTime::<Utc>::MIN_UTC), to: now }
}

/// What was done until `now`, as far as it can be read.
pub async fn read(
    source: &impl ReadReports,
    config: &DigestConfig,
    now: DateTime<Utc>,
    deadlines: Deadlines,
    progress: impl Fn(usize, usize),
) -> Digest {
    let span = span(config, now);
    let mut collection = Collection::new(span);
    let reading = Reading { span, concurrency: config.common.concurrency, end: deadlines.read };
    gather(&mut collection, source, reading, progress).await;
    collection.finish()
}

/// What people are to be told of it.
pub fn told(digest: &Digest, config: &DigestConfig) -> Messages {
    messages(digest, &config.texts, !config.always)
}

/// Tells them. What nobody took is in the digest, as an error.
pub async fn send(digest: &mut Digest, config: &DigestConfig, notifier: &Notifier, deadlines: Deadlines) {
    let sent = notifier.send(&told(digest, config), deadlines.deliver).await;
    digest.record_delivery(sent);
}
