//! The digest: what the runs of the last day did.

use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use sleuth::{aws, config::DigestConfig, digest::Span, run};

use crate::{
    Start,
    outcome::{diagnostic, incomplete, not_begun, print},
};

/// Makes and sends it. `config` was checked to name a store and a channel.
pub(crate) async fn run(
    config: &DigestConfig,
    event: &Value,
    Start { now, deadlines, .. }: Start,
) -> Result<Value, Diagnostic> {
    let now = end(event, now);
    let sdk = aws::connect(None, deadlines.read).await.map_err(|e| diagnostic("Credentials", &e))?;
    let failed = |error: aws::OutputsError| not_begun(error.is_setting(), &error);
    let outputs = &config.common.outputs;
    let notifier = aws::outputs(&sdk, outputs, deadlines.read).await.map_err(failed)?.notifier;
    let span = run::digest::span(config, now);
    let stored = aws::stored(&sdk, outputs, false, span, deadlines.read).await.map_err(failed)?;
    let stored = stored.ok_or_else(|| diagnostic("Configuration", &"there is no store to read"))?;
    let mut digest = run::digest::read(&stored, config, now, deadlines, |_, _| ()).await;
    run::digest::send(&mut digest, config, &notifier, deadlines).await;
    print(&digest);
    if digest.is_complete() {
        let Span { from, to } = span;
        let answer =
            json!({"version": digest.version, "kind": digest.kind, "from": from, "to": to, "summary": digest.summary});
        return Ok(json!({ "audits": [answer] }));
    }
    Err(incomplete(digest.kind, digest.errors.iter()))
}

/// Longest run of a function, in minutes (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const LONGEST_RUN: i64 = 15;

/// How late an event may come, in hours: as long as Lambda keeps one, and an hour more
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).
const LATEST: i64 = 7;

/// The end of the time that the digest is about. It is counted from the schedule's own time, so that the days of a daily
/// schedule leave no gap and do not overlap, and what began before it has ended and left its report.
fn end(event: &Value, now: DateTime<Utc>) -> DateTime<Utc> {
    let scheduled = event.get("time").and_then(Value::as_str).and_then(|time| time.parse().ok());
    // Lambda keeps an event for six hours at most. A time that somebody made up is no reason to tell of another day.
    let known = -TimeDelta::hours(1)..TimeDelta::hours(LATEST);
    let scheduled = scheduled.filter(|time: &DateTime<Utc>| known.contains(&(now - time)));
    scheduled.unwrap_or(now) - TimeDelta::minutes(LONGEST_RUN)
}
