//! What a notification looks like as a message of a topic.

use crate::{
    layout::{self, Shaped},
    notification::Notification,
    retry::Part,
    text::{self, Head},
};

/// Largest list of lines in one message, in bytes. SNS takes 256 KiB a message with everything that belongs to it
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>); half of that still fits one log record if it has to be
/// kept there.
pub const MESSAGE_BYTES: usize = 120 * 1024;
/// Longest subject, in characters: SNS wants fewer than 100.
pub const SUBJECT_CHARACTERS: usize = 99;

/// A message as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMessage {
    /// Subject line of e-mails; printable ASCII on one line. Empty: none is sent.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// The messages that carry `notification`, in order. None if it is empty.
pub fn payloads(notification: &Notification) -> Vec<TextMessage> {
    parts(notification).into_iter().map(|part| part.body).collect()
}

pub(crate) fn parts(notification: &Notification) -> Vec<Part<TextMessage>> {
    if notification.is_empty() {
        return Vec::new();
    }
    let head = Head::of(notification);
    let blocks = layout::blocks(text::lines(notification), MESSAGE_BYTES, str::len);
    let of = blocks.len();
    let part = |(index, block): (usize, Vec<Shaped>)| part(notification, &head, index + 1, of, &block);
    blocks.into_iter().enumerate().map(part).collect()
}

fn part(notification: &Notification, head: &Head, part: usize, of: usize, block: &[Shaped]) -> Part<TextMessage> {
    let number = layout::number(part, of);
    let text = head.above(&number, &layout::join(block));
    Part {
        title: notification.title.clone(),
        part,
        of,
        subjects: text::subjects(block),
        text: text.clone(),
        body: TextMessage { subject: subject(&head.title, &number), text },
    }
}

/// SNS wants printable ASCII that does not begin with a space.
fn subject(title: &str, number: &str) -> String {
    let ascii: String = title.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
    let room = SUBJECT_CHARACTERS - number.len().min(SUBJECT_CHARACTERS);
    let kept: String = ascii.trim().chars().take(room).collect();
    kept + number
}
