//! Settings of the Slack bot.

use notifier::slack::{Directory, SlackChannel, users::API};
use secrecy::ExposeSecret as _;

use super::{super::check::Check, Environment, Secret};

/// How tokens of bots begin, with rotation and without (<https://docs.slack.dev/authentication/tokens/>).
const TOKENS: [&str; 2] = ["xoxb-", "xoxe.xoxb-"];

/// A bot of Slack.
#[derive(Debug, Clone)]
pub struct BotConfig {
    /// Its token: `SLACK_BOT_TOKEN`.
    pub token: Secret,
    /// The channel that gets what is for everybody: `SLACK_CHANNEL`.
    pub channel: SlackChannel,
    /// Slack's Web API, or what stands before it: `SLACK_API_URL`.
    pub api: String,
}

impl BotConfig {
    pub(super) fn new(env: &Environment, check: &mut Check) -> Option<Self> {
        let Some(token) = env.slack_bot_token.as_deref() else {
            check.only_with("SLACK_BOT_TOKEN", [("SLACK_CHANNEL", env.slack_channel.as_ref())]);
            return None;
        };
        let token = check.secret("SLACK_BOT_TOKEN", token);
        if let Some(Secret::Plain(plain)) = &token
            && !TOKENS.iter().any(|start| plain.expose_secret().starts_with(start))
        {
            check.note(
                "SLACK_BOT_TOKEN",
                None,
                "must be a bot's token, xoxb-…, or the ARN of a secret with one".to_owned(),
            );
        }
        let what = "must be the channel for what is not for one owner alone, as in C0123456789 or #aws-keys";
        let channel = check.needed("SLACK_CHANNEL", env.slack_channel.as_ref(), what);
        let channel = channel.and_then(|channel| match SlackChannel::parse(channel) {
            Ok(channel) => Some(channel),
            Err(error) => check.fail("SLACK_CHANNEL", Some(channel), error.to_string()),
        });
        let api = env.slack_api_url.as_deref().map_or(API, str::trim);
        if let Err(error) = Directory::check_api(api) {
            check.note("SLACK_API_URL", None, error.to_string());
        }
        Some(Self { token: token?, channel: channel?, api: api.to_owned() })
    }
}
