//! Settings: read from the environment once, checked all together, before anything else is done.
//!
//! The names and meanings are documented in `docs/configuration.md`.

use std::{fmt, num::NonZeroUsize, time::Duration};

use notifier::{RetryPolicy, slack::WebhookUrl, sns::TopicArn};
use serde::Deserialize;

use crate::{
    keys::{Limits, Policy},
    render::notification::Texts,
};
use check::{Check, Thresholds};

pub use secret::{SecretArn, Store, value as secret_value};

mod check;
mod secret;

/// Most keys that one run may disable if nothing else is said. An audit that ran every day finds a few a day.
const MAX_DISABLE: usize = 25;
/// Largest number of keys that is accepted.
const MOST_KEYS: usize = 1_000_000;
/// Longest time for retries that is accepted, in seconds: what a Lambda function may run at all.
const MOST_SECONDS: u64 = 900;

/// How many users are read side by side if nothing else is said: measured in docs/performance.md.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// Most users that may be read side by side.
const MOST_CONCURRENT: usize = 100;

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The ages keys are judged by.
    pub policy: Policy,
    /// Whether and how many keys may be disabled: `ENABLE_AUTO_EXPIRE`, `MAX_DISABLE`, `MAX_DISABLE_PERCENT`.
    pub limits: Limits,
    /// Whether the credential report may rule users out: `INVENTORY`.
    pub by_report: bool,
    /// How many users are read side by side: `CONCURRENCY`.
    pub concurrency: NonZeroUsize,
    /// A user that is known to exist: `CANARY_USER`.
    pub canary: Option<String>,
    /// Titles and instructions of messages.
    pub texts: Texts,
    /// Where Slack messages go: `SLACK_URL`.
    pub slack: Option<SlackUrl>,
    /// Where SNS messages go: `SNS_TOPIC`.
    pub topic: Option<TopicArn>,
    /// How patiently messages are sent.
    pub retry: RetryPolicy,
    /// More logging: `DEBUG`.
    pub debug: bool,
    /// How calls of IAM are repeated: the SDK's own setting, `AWS_RETRY_MODE`.
    pub retry_mode: RetryMode,
    /// The SDK's own setting, kept to be named in errors: `AWS_PROFILE`.
    pub profile: Option<String>,
}

/// How calls that IAM throttles are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    /// All calls are slowed down until hardly any is throttled: others who call IAM keep their room.
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

/// The settings as they stand in the environment: one flat struct of strings, because envy cannot read numbers and
/// booleans through anything else, and because all mistakes are to be reported, not the first.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    enable_auto_expire: Option<String>,
    expiration_age: Option<String>,
    warning_age: Option<String>,
    inactivity_age: Option<String>,
    inactivity_warning_age: Option<String>,
    expire_notification_title: Option<String>,
    expire_notification_text: Option<String>,
    inactive_notification_title: Option<String>,
    inactive_notification_text: Option<String>,
    slack_url: Option<String>,
    sns_topic: Option<String>,
    max_disable: Option<String>,
    max_disable_percent: Option<String>,
    canary_user: Option<String>,
    inventory: Option<String>,
    concurrency: Option<String>,
    notify_retry_seconds: Option<String>,
    debug: Option<String>,
    aws_profile: Option<String>,
    aws_retry_mode: Option<String>,
}

/// Thresholds from the command line, which go before the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--expiration-age`
    pub expiration_age: Option<String>,
    /// `--warning-age`
    pub warning_age: Option<String>,
    /// `--inactivity-age`
    pub inactivity_age: Option<String>,
    /// `--inactivity-warning-age`
    pub inactivity_warning_age: Option<String>,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable or flag.
    pub name: &'static str,
    /// Its value; `None` if it is secret.
    pub value: Option<String>,
    /// What it should be.
    pub rule: String,
}

/// All settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these settings cannot be used:")?;
        for Problem { name, value, rule } in &self.0 {
            match value {
                Some(value) => write!(f, "\n  {name} is `{}`: {rule}", value.escape_debug())?,
                None => write!(f, "\n  {name} (not shown, as it may be a secret): {rule}")?,
            }
        }
        Ok(())
    }
}

/// The process's environment. Variables that are not UTF-8 are passed on as far as they can be read.
#[expect(clippy::disallowed_methods, reason = "this room is the one that reads the environment")]
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os().map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned())).collect()
}

/// Whether `DEBUG` is on, without looking at anything else: logging starts before the settings are checked.
pub fn debug(environment: &[(String, String)]) -> bool {
    on(environment.iter().find(|(name, _)| name == "DEBUG").map(|(_, value)| value.as_str()))
}

/// `DEBUG` is on when it is set; `false` and `0` are understood as meant.
fn on(debug: Option<&str>) -> bool {
    debug.is_some_and(|value| !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "0"))
}

impl Config {
    /// Checks all settings. An empty value means "not set".
    pub fn new(environment: Vec<(String, String)>, flags: Flags) -> Result<Self, Problems> {
        // envy would take a name in any case; ours are in capitals.
        let ours = |(name, value): &(String, String)| !value.trim().is_empty() && *name == name.to_ascii_uppercase();
        let set = environment.into_iter().filter(ours);
        let env: Environment = envy::from_iter(set).map_err(|error| {
            Problems(vec![Problem {
                name: "environment",
                value: Some(error.to_string()),
                rule: "must be readable".into(),
            }])
        })?;
        let mut check = Check(Vec::new());
        let policy = check.policy(&Thresholds::new(&env, flags));
        let max_disable = check.number("MAX_DISABLE", env.max_disable.as_deref(), MOST_KEYS);
        let limits = Limits {
            auto_expire: check.boolean("ENABLE_AUTO_EXPIRE", env.enable_auto_expire.as_deref()),
            max_disable: max_disable.unwrap_or(MAX_DISABLE),
            max_percent: check.number("MAX_DISABLE_PERCENT", env.max_disable_percent.as_deref(), 100),
        };
        let by_report = check.one_of("INVENTORY", env.inventory.as_deref(), ["live", "report"]) == Some("report");
        let mode = check.one_of("AWS_RETRY_MODE", env.aws_retry_mode.as_deref(), ["adaptive", "standard"]);
        let concurrency = check.count("CONCURRENCY", env.concurrency.as_deref(), MOST_CONCURRENT);
        let canary = check.user_name("CANARY_USER", env.canary_user.as_deref());
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
        let texts = Texts {
            expire_title: env.expire_notification_title.unwrap_or_else(|| "AWS IAM Key Expiration Report".to_owned()),
            expire_text: env.expire_notification_text.unwrap_or_default(),
            inactive_title: env
                .inactive_notification_title
                .unwrap_or_else(|| "AWS IAM Key Inactivity Report".to_owned()),
            inactive_text: env.inactive_notification_text.unwrap_or_default(),
        };
        match policy {
            Some(policy) if check.0.is_empty() => Ok(Self {
                policy,
                limits,
                by_report,
                concurrency: concurrency.unwrap_or(CONCURRENCY),
                canary,
                texts,
                slack,
                topic,
                retry,
                debug: on(env.debug.as_deref()),
                retry_mode: if mode == Some("standard") { RetryMode::Standard } else { RetryMode::Adaptive },
                profile: env.aws_profile,
            }),
            _ => Err(Problems(check.0)),
        }
    }
}

#[cfg(test)]
mod tests;
