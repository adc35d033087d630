//! Slack: reports through an incoming webhook or as a bot, and the directory of users.

pub mod bot;
pub mod payload;
pub mod users;
pub mod webhook;

mod api;
mod refusal;

pub use api::InvalidApi;
pub use bot::{BotIdentity, InvalidChannel, SlackBot, SlackChannel};
pub use payload::payloads;
pub use users::{Directory, SlackUser};
pub use webhook::{InvalidUrl, SlackWebhook, WebhookUrl};
