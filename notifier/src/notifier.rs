//! All channels of a run.

use futures::future::join_all;
use tokio::time::Instant;

use crate::{
    delivery::{DeliveryReport, PartDelivery},
    email::Email,
    memory::Memory,
    notification::Messages,
    retry::ProbeError,
    slack::{BotIdentity, SlackBot, SlackWebhook},
    sns::SnsTopic,
};

/// A way to reach people.
#[derive(Debug, Clone)]
pub enum Channel {
    /// A Slack incoming webhook.
    Slack(SlackWebhook),
    /// A Slack bot, which tells owners by direct message, and a channel of the rest.
    SlackBot(SlackBot),
    /// An SNS topic.
    Sns(SnsTopic),
    /// E-mail over SMTP.
    Email(Email),
    /// This process's memory.
    Memory(Memory),
}

/// What a channel says when it is asked something of which nobody sees anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// Nothing: it cannot be asked without being sent a message.
    Nothing,
    /// Slack: whose token it is, and what it may do.
    Bot(BotIdentity),
    /// The mail server takes the connection, the login if there is one, and the sender.
    Mail,
}

impl Channel {
    async fn probe(&self) -> Result<Probed, ProbeError> {
        match self {
            Self::Slack(_) | Self::Sns(_) | Self::Memory(_) => Ok(Probed::Nothing),
            Self::SlackBot(bot) => bot.probe().await.map(Probed::Bot),
            Self::Email(email) => email.probe().await.map(|()| Probed::Mail),
        }
    }

    async fn send(&self, messages: &Messages, until: Option<Instant>) -> Vec<PartDelivery> {
        match self {
            Self::Slack(channel) => channel.send(messages, until).await,
            Self::SlackBot(channel) => channel.send(messages, until).await,
            Self::Sns(channel) => channel.send(messages, until).await,
            Self::Email(channel) => channel.send(messages, until).await,
            Self::Memory(channel) => channel.send(messages),
        }
    }
}

/// Sends messages through every channel.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    channels: Vec<Channel>,
}

impl Notifier {
    /// A notifier with these channels; with none, nothing is sent.
    pub fn new(channels: Vec<Channel>) -> Self {
        Self { channels }
    }

    /// Whether nobody can be reached.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// Whether a channel takes the report as a file.
    pub fn takes_files(&self) -> bool {
        self.channels.iter().any(|channel| matches!(channel, Channel::SlackBot(_)))
    }

    /// Asks every channel, side by side, what it says without being sent a message.
    pub async fn probe(&self) -> Vec<Result<Probed, ProbeError>> {
        join_all(self.channels.iter().map(Channel::probe)).await
    }

    /// Sends `messages` in order, through all channels side by side, until a time if there is one. Never fails: what was not
    /// taken is in the report.
    pub async fn send(&self, messages: &Messages, until: Option<Instant>) -> DeliveryReport {
        let sent = join_all(self.channels.iter().map(|channel| channel.send(messages, until))).await;
        DeliveryReport { parts: sent.into_iter().flatten().collect() }
    }
}
