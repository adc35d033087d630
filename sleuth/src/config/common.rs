//! Settings that all audits share.

use std::{num::NonZeroUsize, time::Duration};

use notifier::{RetryPolicy, slack::WebhookUrl, sns::TopicArn};
use serde::Deserialize;

use super::{SecretArn, check::Check, on};

/// Longest time for retries that is accepted, in seconds: what a Lambda function may run at all.
const MOST_SECONDS: u64 = 900;
/// How many users are read side by side if nothing else is said: measured in docs/performance.md.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// Most users that may be read side by side.
const MOST_CONCURRENT: usize = 100;

/// What every audit needs to know.
#[derive(Debug, Clone)]
pub struct Common {
    /// How many users or regions are read side by side: `CONCURRENCY`.
    pub concurrency: NonZeroUsize,
    /// Where Slack messages go: `SLACK_URL`.
    pub slack: Option<SlackUrl>,
    /// Where SNS messages go: `SNS_TOPIC`.
    pub topic: Option<TopicArn>,
    /// How patiently messages are sent.
    pub retry: RetryPolicy,
    /// More logging: `DEBUG`.
    pub debug: bool,
    /// How calls of AWS are repeated: the SDK's own setting, `AWS_RETRY_MODE`.
    pub retry_mode: RetryMode,
    /// The SDK's own setting, kept to be named in errors: `AWS_PROFILE`.
    pub profile: Option<String>,
}

/// How calls that AWS throttles are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    /// All calls are slowed down until hardly any is throttled: others who call AWS keep their room.
    Adaptive,
    /// Each is repeated after a pause of its own: faster, at the cost of more calls that are throttled.
    Standard,
}

/// The address of a Slack webhook, or where it is kept.
#[derive(Debug, Clone)]
pub enum SlackUrl {
    /// It itself.
    Plain(WebhookUrl),
    /// The secret that holds it.
    Kept(SecretArn),
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Environment {
    slack_url: Option<String>,
    sns_topic: Option<String>,
    concurrency: Option<String>,
    notify_retry_seconds: Option<String>,
    debug: Option<String>,
    aws_profile: Option<String>,
    aws_retry_mode: Option<String>,
}

impl Common {
    /// Checks the shared settings. The result is of use only if `check` has no problems.
    pub(super) fn new(env: Environment, check: &mut Check) -> Self {
        let mode = check.one_of("AWS_RETRY_MODE", env.aws_retry_mode.as_deref(), ["adaptive", "standard"]);
        let concurrency = check.count("CONCURRENCY", env.concurrency.as_deref(), MOST_CONCURRENT);
        let slack = env.slack_url.as_deref().and_then(|url| check.slack_url("SLACK_URL", url.trim()));
        let topic = env.sns_topic.as_deref().and_then(|arn| match TopicArn::parse(arn.trim()) {
            Ok(topic) => Some(topic),
            Err(error) => check.fail("SNS_TOPIC", Some(arn), error.to_string()),
        });
        let budget = check.number("NOTIFY_RETRY_SECONDS", env.notify_retry_seconds.as_deref(), MOST_SECONDS);
        let retry = RetryPolicy {
            budget: budget.map_or(RetryPolicy::default().budget, Duration::from_secs),
            ..RetryPolicy::default()
        };
        Self {
            concurrency: concurrency.unwrap_or(CONCURRENCY),
            slack,
            topic,
            retry,
            debug: on(env.debug.as_deref()),
            retry_mode: if mode == Some("standard") { RetryMode::Standard } else { RetryMode::Adaptive },
            profile: env.aws_profile,
        }
    }
}
