//! Delivers a report's findings to the people who must act on them.
//!
//! The way of a message, one room each:
//!
//! - [`notification`]: what is to be said, free of any channel: a title, instructions, groups of lines.
//! - [`slack_id`]: who is to be called, as tags say it.
//! - `layout`: cuts lines into parts that keep a channel's limits. Pure.
//! - `text`: the plain form that several channels share. Pure.
//! - [`slack`], [`sns`] and [`email`]: `payloads()` turns a notification into exactly what goes over the wire (pure), and
//!   a channel that sends it.
//! - [`search`]: a store for what was found, in OpenSearch or Elasticsearch. No channel: it tells nobody.
//! - [`memory`]: a channel that keeps what it is given, for tests.
//! - `http`: the client of all that is told over HTTPS.
//! - [`retry`]: which failures pass, how long to wait, when to give up.
//! - [`notifier`]: all channels of a run, none able to stop another.
//! - [`delivery`]: which channel took which part, and the text of what nobody took.
//!
//! A notice may arrive twice (a request that timed out may have been accepted), but it is never lost in silence.

pub mod delivery;
pub mod email;
mod http;
mod layout;
pub mod memory;
pub mod notification;
pub mod notifier;
pub mod retry;
pub mod search;
pub mod slack;
pub mod slack_id;
pub mod sns;
mod text;

pub use delivery::{DeliveryReport, PartDelivery, PartResult};
pub use email::{Email, EmailAddress, EmailSettings, OwnerDomains, SmtpLogin, SmtpServer};
pub use notification::{Address, Colour, File, Group, Line, Mention, Messages, Notification, OwnerMessage, Span};
pub use notifier::{Channel, Notifier, Probed};
pub use retry::{ProbeError, RetryPolicy};
pub use search::{Document, IndexName, Login, SearchIndex, SearchUrl};
pub use slack_id::{SlackId, SlackTarget};
