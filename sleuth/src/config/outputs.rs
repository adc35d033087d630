//! Settings of where messages and reports go.

use std::time::Duration;

use notifier::{RetryPolicy, slack::WebhookUrl, sns::TopicArn};
use serde::Deserialize;

use super::{SecretArn, check::Check};

/// Longest time for retries that is accepted, in seconds: what a Lambda function may run at all.
const MOST_SECONDS: u64 = 900;
/// Longest prefix of an archive, in bytes: a key of S3 has 1,024, and the rest of it takes some 100
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
const MOST_PREFIX: usize = 800;

/// Where messages and reports go.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    /// An incoming webhook of Slack: `SLACK_URL`.
    pub slack: Option<SlackUrl>,
    /// A topic of SNS: `SNS_TOPIC`.
    pub topic: Option<TopicArn>,
    /// Where all reports are kept: `ARCHIVE`.
    pub archive: Option<ArchiveConfig>,
    /// How patiently messages are sent.
    pub retry: RetryPolicy,
}

/// The address of a Slack webhook, or where it is kept.
#[derive(Debug, Clone)]
pub enum SlackUrl {
    /// It itself.
    Plain(WebhookUrl),
    /// The secret that holds it.
    Kept(SecretArn),
}

/// A place for reports in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveConfig {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with: empty, or with a slash at its end.
    pub prefix: String,
    /// The KMS key to encrypt with; `None`: as the bucket does by itself.
    pub kms_key: Option<String>,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Environment {
    slack_url: Option<String>,
    sns_topic: Option<String>,
    archive: Option<String>,
    archive_kms_key: Option<String>,
    notify_retry_seconds: Option<String>,
}

impl Outputs {
    /// Whether people are called by their Slack tags.
    pub fn calls_people(&self) -> bool {
        self.slack.is_some()
    }

    /// Checks the settings. The result is of use only if `check` has no problems.
    pub(super) fn new(env: Environment, check: &mut Check) -> Self {
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
        let archive = archive(env.archive.as_deref(), env.archive_kms_key.as_deref(), check);
        Self { slack, topic, archive, retry }
    }
}

fn archive(url: Option<&str>, kms_key: Option<&str>, check: &mut Check) -> Option<ArchiveConfig> {
    if url.is_none() && kms_key.is_some() {
        check.note("ARCHIVE_KMS_KEY", kms_key, "is of use only with ARCHIVE".to_owned());
    }
    let url = url?.trim();
    let place = url.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    let place = place.filter(|(bucket, prefix)| is_bucket(bucket) && is_prefix(prefix));
    let Some((bucket, prefix)) = place else {
        let rule = "must be a place in S3, s3://BUCKET or s3://BUCKET/PREFIX".to_owned();
        return check.fail("ARCHIVE", Some(url), rule);
    };
    let prefix = prefix.trim_end_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Some(ArchiveConfig { bucket: bucket.to_owned(), prefix, kms_key: kms_key.map(|key| key.trim().to_owned()) })
}

/// The rules of AWS (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>), as far as they keep
/// anything else out.
fn is_bucket(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    (3..=63).contains(&name.len()) && name.bytes().all(allowed) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= MOST_PREFIX
        && !prefix.starts_with('/')
        && !prefix.contains("//")
        && !prefix.contains(char::is_control)
}
