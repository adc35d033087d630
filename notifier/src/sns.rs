//! Amazon SNS: reports as plain text, people by name.

pub mod payload;
pub mod topic;

pub use payload::{TextMessage, payloads};
pub use topic::{InvalidTopic, SnsTopic, TopicArn};
