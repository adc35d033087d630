//! Slack: reports through an incoming webhook, and the directory of users.

pub mod payload;
pub mod users;
pub mod webhook;

mod http;

pub use payload::payloads;
pub use users::{Directory, SlackUser};
pub use webhook::{InvalidUrl, SlackWebhook, WebhookUrl};
