//! A report in every form people and machines read. Pure: text in memory, printed or sent elsewhere.

pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
pub mod metrics;
pub mod notification;
pub mod ocsf;
#[cfg(feature = "cli")]
pub mod preview;
#[cfg(feature = "cli")]
pub mod rules;
#[cfg(feature = "cli")]
pub mod slack_users;
#[cfg(feature = "cli")]
pub mod table;

mod text;
pub(crate) mod words;
