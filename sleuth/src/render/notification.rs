//! A report as messages to the owners.

use notifier::{Mention, SlackId, Span};

pub mod digest;
pub mod keys;
pub mod tags;

/// The owner of a user. Its name stands beside the mention: one person may own several users.
fn mention(user: &str, name: &str, slack: Option<&str>) -> Span {
    let name = if name == user { user.to_owned() } else { format!("{name} ({user})") };
    Span::Mention(Mention { name, label: user.to_owned(), slack: slack.and_then(SlackId::parse) })
}
