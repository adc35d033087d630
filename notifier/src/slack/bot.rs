//! Slack as a bot: owners are told by direct message what is theirs, and a channel gets an overview, what nobody was
//! told by themselves, and the whole report as a file.
//!
//! Scopes of the token: `chat:write` (messages; `chat:write.public` for public channels that the bot is not a member
//! of), `users:read.email` (owners named by e-mail address), `users:read` (people who have left are noticed; who
//! cannot be checked is written to, and the channel is told, too), `files:write` (the report as a file).

use std::{collections::BTreeSet, fmt, sync::OnceLock};

use futures::TryFutureExt as _;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    api::{Fault, InvalidApi, WebApi},
    payload::{self, Message},
};
use crate::{
    delivery::PartDelivery,
    notification::{Group, Messages, Notification},
    retry::{self, Failure, Patience, ProbeError, RetryPolicy},
};

mod direct;
mod gate;
mod upload;

/// A channel as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackChannel(String);

/// Why a value names no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a channel's id (C… or G…) or its name with a # before it")]
pub struct InvalidChannel;

impl SlackChannel {
    /// Longest name, in characters (<https://docs.slack.dev/reference/methods/conversations.create/#naming>).
    const NAME_CHARACTERS: usize = 80;

    /// Reads an id, `C…` or `G…`, or a name, `#…`. An id is better: it stays when the channel is renamed.
    pub fn parse(value: &str) -> Result<Self, InvalidChannel> {
        let is_name = |name: &str| {
            (1..=Self::NAME_CHARACTERS).contains(&name.chars().count())
                && name.chars().all(|c| {
                    let allowed = c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
                    allowed || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
                })
        };
        let valid = match value.strip_prefix('#') {
            Some(name) => is_name(name),
            None => is_id(value),
        };
        if valid { Ok(Self(value.to_owned())) } else { Err(InvalidChannel) }
    }

    fn id(&self) -> Option<&str> {
        is_id(&self.0).then_some(&self.0)
    }
}

impl fmt::Display for SlackChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_id(value: &str) -> bool {
    let rest = value.strip_prefix(['C', 'G']).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A bot in one workspace, and the channel it reports to.
#[derive(Debug, Clone)]
pub struct SlackBot {
    api: WebApi,
    channel: SlackChannel,
    policy: RetryPolicy,
}

/// Whose token it is, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotIdentity {
    /// Name of the workspace.
    pub team: String,
    /// Name of the bot's user.
    pub user: String,
    /// The scopes that were granted, as far as Slack says it.
    pub scopes: Vec<String>,
}

impl SlackBot {
    /// A channel that speaks with `token` to the Web API at `api`, normally [`API`](super::users::API). Its address
    /// must be `https://`, or on this machine.
    pub fn new(token: SecretString, channel: SlackChannel, api: &str, policy: RetryPolicy) -> Result<Self, InvalidApi> {
        Ok(Self { api: WebApi::new(token, api, policy.timeout)?, channel, policy })
    }

    /// Asks Slack whose token it is. Nobody sees anything of it.
    pub async fn probe(&self) -> Result<BotIdentity, ProbeError> {
        #[derive(Deserialize)]
        struct Auth {
            #[serde(default)]
            team: String,
            #[serde(default)]
            user: String,
        }
        let mut patience = Patience::new(&self.policy, None);
        let ask = || self.api.submit::<Auth>("auth.test", &[]).map_err(Fault::into_failure);
        let answer = patience.persist(ask).await.1.map_err(|failure| ProbeError::new(failure).of("auth.test"))?;
        Ok(BotIdentity { team: answer.content.team, user: answer.content.user, scopes: answer.scopes })
    }

    /// Tells the channel what is no owner's and cannot wait for them; then the owners; then the channel what is left,
    /// with what owners could not be told.
    pub(crate) async fn send(&self, messages: &Messages, until: Option<Instant>) -> Vec<PartDelivery> {
        let mut channel = Broadcast::new(self, until);
        let Turns { first, overview, later } = in_turn(messages);
        let mut report = channel.say(first.into_iter().cloned().collect()).await;

        // What must not be lost is what the channel gets, so that half of the time is kept for it.
        let half = until.map(|until| {
            let now = Instant::now();
            now + until.saturating_duration_since(now) / 2
        });
        let told = direct::tell(&self.api, &self.policy, &messages.owners, half).await;

        let subjects = told.subjects();
        let known = |subject: &str| subjects.contains(subject);
        let rest = later.into_iter().filter_map(|all| remainder(all, known, messages.overview.as_ref()));
        let rest = channel.say(overview.cloned().into_iter().chain(rest).collect()).await;

        report.extend(told.settle(&rest));
        report.extend(rest);
        if let Some(file) = &messages.file {
            report.push(upload::upload(&self.api, &self.policy, file, channel.id(), until).await);
        }
        report
    }
}

/// The notifications for the channel that go before the messages to owners, and those after them.
///
/// Thousands of owners take an hour to be told: an alert, and that a brake stopped the run, do not wait for that. Those
/// about an owner's findings wait until it is known what to leave out.
fn in_turn(messages: &Messages) -> Turns<'_> {
    let owned: BTreeSet<&str> =
        messages.owners.iter().flat_map(|owner| owner.notification.subjects()).filter(|s| !s.is_empty()).collect();
    let waits = |all: &&Notification| messages.owners.is_empty() || all.subjects().any(|s| owned.contains(s));
    let (later, mut first): (Vec<_>, Vec<_>) = messages.everyone.iter().partition(waits);
    // The overview says what the brake did, in short.
    let alerts = |overview: &&Notification| !messages.owners.is_empty() && !overview.alert.is_empty();
    first.extend(messages.overview.iter().filter(alerts));
    let overview = messages.overview.as_ref().filter(|overview| !alerts(overview));
    Turns { first, overview, later }
}

/// What goes to the channel, in order.
struct Turns<'a> {
    /// Before owners are told.
    first: Vec<&'a Notification>,
    /// After that, if it was not among the first.
    overview: Option<&'a Notification>,
    /// Without what owners were told.
    later: Vec<&'a Notification>,
}

/// All that is said in the channel in one run, in one time for retries.
struct Broadcast<'a> {
    bot: &'a SlackBot,
    patience: Patience<'a>,
    /// What Slack calls the channel.
    id: OnceLock<String>,
    begun: bool,
}

impl<'a> Broadcast<'a> {
    fn new(bot: &'a SlackBot, until: Option<Instant>) -> Self {
        Self { bot, patience: Patience::new(&bot.policy, until), id: OnceLock::new(), begun: false }
    }

    /// Posts to the channel.
    async fn say(&mut self, notifications: Vec<Notification>) -> Vec<PartDelivery> {
        let parts: Vec<_> = notifications.iter().flat_map(payload::parts).collect();
        if self.begun && !parts.is_empty() {
            self.patience.wait(self.bot.policy.pace).await;
        }
        self.begun |= !parts.is_empty();
        let (bot, id) = (self.bot, &self.id);
        retry::deliver("slack_channel", &parts, &mut self.patience, |message| bot.post(message, id)).await
    }

    /// The channel's id, as far as it is known.
    fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str).filter(|id| is_id(id)).or(self.bot.channel.id())
    }
}

impl SlackBot {
    /// Posts a message to the channel, and keeps the `id` that Slack calls it by.
    async fn post(&self, message: &Message, id: &OnceLock<String>) -> Result<(), Failure> {
        let posted = post(&self.api, &self.channel.0, message).await.map_err(in_channel)?;
        id.get_or_init(|| posted);
        Ok(())
    }
}

/// A message as chat.postMessage takes it (<https://docs.slack.dev/reference/methods/chat.postMessage/>).
#[derive(Serialize)]
struct Post<'a> {
    channel: &'a str,
    #[serde(flatten)]
    message: &'a Message,
    // Links lead to reports, which nobody wants to see a second time under the message.
    unfurl_links: bool,
    unfurl_media: bool,
}

/// Posts to a channel, or to somebody whose id is given for one. Gives the id of the channel.
async fn post(api: &WebApi, channel: &str, message: &Message) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Posted {
        #[serde(default)]
        channel: String,
    }
    let post = Post { channel, message, unfurl_links: false, unfurl_media: false };
    api.post::<Posted>("chat.postMessage", &post).await.map(|posted| posted.channel)
}

/// A fault in the channel: there is no other one.
fn in_channel(fault: Fault) -> Failure {
    match fault {
        Fault::Addressee(word) => Failure::Closed(format!("{word} (is the bot a member of the channel?)")),
        Fault::Failure(failure) => failure,
    }
}

/// What is left of `notification` without the lines about subjects that were `told`, and without groups that are empty
/// then. None if nothing but counts is left: lines about nobody in particular, of which the `overview` has its own.
fn remainder(
    notification: &Notification,
    told: impl Fn(&str) -> bool,
    overview: Option<&Notification>,
) -> Option<Notification> {
    let groups = notification.groups.iter().filter_map(|group| {
        let lines: Vec<_> = group.lines.iter().filter(|line| !told(&line.subject)).cloned().collect();
        (!lines.is_empty()).then(|| Group { lines, ..group.clone() })
    });
    let rest = Notification { groups: groups.collect(), ..notification.clone() };
    let lines = |of: &Notification| of.groups.iter().map(|group| group.lines.len()).sum::<usize>();
    let is_counts = rest.groups.iter().flat_map(|group| &group.lines).all(|line| line.subject.is_empty());
    // An alert is for all to see, whoever was told of what.
    let alerted = rest.alert.is_empty() || overview.is_some_and(|overview| overview.alert == rest.alert);
    (lines(&rest) == lines(notification) || !is_counts || !alerted).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_ids_or_names() {
        for value in ["C024BE7LR", "G024BE7LR", "#security", "#team-aws_keys-2", "#gerätschaft", "#安全"] {
            let channel = SlackChannel::parse(value).unwrap();
            assert_eq!((channel.to_string().as_str(), channel.id().is_some()), (value, !value.starts_with('#')));
        }
        let long = format!("#{}", "x".repeat(81));
        for value in
            ["", "C", "#", "security", "c024be7lr", "U024BE7LR", "D024BE7LR", "#a b", "#A", "#a.b", "C02 4", &long]
        {
            assert_eq!(SlackChannel::parse(value), Err(InvalidChannel), "{value}");
        }
    }

    #[test]
    fn the_address_is_checked_and_the_token_redacted() {
        let bot = |api: &str| {
            let channel = SlackChannel::parse("#security").unwrap();
            SlackBot::new("xoxb-hush".to_owned().into(), channel, api, RetryPolicy::default())
        };
        assert!(!format!("{:?}", bot("https://slack.com/api").unwrap()).contains("hush"));
        assert!(bot("http://127.0.0.1:1/api").is_ok());
        let error = bot("http://slack.com/api").unwrap_err().to_string();
        assert!(error.starts_with("the API address must start with https://"), "{error}");
    }
}
