//! Settings of where messages and reports go.

use std::time::Duration;

use notifier::{RetryPolicy, slack::WebhookUrl, sns::TopicArn};
use secrecy::SecretString;
use serde::Deserialize;

use super::{SecretArn, check::Check};

pub use archive::ArchiveConfig;
pub use email::EmailConfig;
pub use search::{SearchConfig, SearchLogin};
pub use slack::BotConfig;

mod archive;
mod email;
mod search;
mod slack;

/// Longest time for retries that is accepted, in seconds: what a Lambda function may run at all.
const MOST_SECONDS: u64 = 900;
/// Where messages and reports go.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    /// An incoming webhook of Slack: `SLACK_URL`.
    pub slack: Option<SlackUrl>,
    /// A topic of SNS: `SNS_TOPIC`.
    pub topic: Option<TopicArn>,
    /// A bot of Slack: `SLACK_BOT_TOKEN` and `SLACK_CHANNEL`.
    pub bot: Option<BotConfig>,
    /// E-mail: `SMTP_URL` and what belongs to it.
    pub email: Option<EmailConfig>,
    /// An index of OpenSearch: `SEARCH_URL` and what belongs to it.
    pub search: Option<SearchConfig>,
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

/// A secret, or where it is kept.
#[derive(Debug, Clone)]
pub enum Secret {
    /// It itself.
    Plain(SecretString),
    /// The secret that holds it.
    Kept(SecretArn),
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Environment {
    slack_url: Option<String>,
    sns_topic: Option<String>,
    slack_bot_token: Option<String>,
    slack_channel: Option<String>,
    slack_api_url: Option<String>,
    smtp_url: Option<String>,
    smtp_user: Option<String>,
    smtp_password: Option<String>,
    smtp_ca_file: Option<String>,
    email_from: Option<String>,
    email_to: Option<String>,
    email_owner_domains: Option<String>,
    search_url: Option<String>,
    search_auth: Option<String>,
    search_user: Option<String>,
    search_password: Option<String>,
    search_index: Option<String>,
    archive: Option<String>,
    archive_kms_key: Option<String>,
    notify_retry_seconds: Option<String>,
}

impl Outputs {
    /// Whether there is anybody who is told everything.
    pub fn reach_people(&self) -> bool {
        let mail = self.email.as_ref().is_some_and(|email| !email.to.is_empty());
        self.slack.is_some() || self.bot.is_some() || self.topic.is_some() || mail
    }

    /// Whether people are called by their Slack tags.
    pub fn calls_people(&self) -> bool {
        self.slack.is_some() || self.bot.is_some()
    }

    /// Checks the settings. The result is of use only if `check` has no problems.
    pub(super) fn new(env: &Environment, check: &mut Check) -> Self {
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
        let bot = BotConfig::new(env, check);
        let email = EmailConfig::new(env, check);
        let search = SearchConfig::new(env, check);
        let archive = ArchiveConfig::new(env, check);
        Self { slack, topic, bot, email, search, archive, retry }
    }
}

impl Check {
    /// Notes settings that are of no use without another one.
    fn only_with<const N: usize>(&mut self, other: &str, settings: [(&'static str, Option<&String>); N]) {
        for (name, value) in settings {
            if value.is_some() {
                self.note(name, None, format!("is of use only with {other}, which is not set"));
            }
        }
    }

    /// A secret, or the ARN of one.
    pub(in crate::config) fn secret(&mut self, name: &'static str, value: &str) -> Option<Secret> {
        let value = value.trim();
        if !value.starts_with("arn:") {
            return Some(Secret::Plain(value.into()));
        }
        let rule =
            "must be the ARN of a secret of Secrets Manager or of a parameter of Systems Manager, or the secret itself";
        SecretArn::parse(value).map(Secret::Kept).or_else(|| self.fail(name, None, rule.to_owned()))
    }

    /// A setting that has to be there.
    fn needed<'a>(&mut self, name: &'static str, value: Option<&'a String>, what: &str) -> Option<&'a str> {
        value.map(|value| value.trim()).or_else(|| self.fail(name, Some(""), what.to_owned()))
    }
}

#[cfg(test)]
mod tests;
