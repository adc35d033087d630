//! What a notification looks like as plain text.

use crate::{
    layout::{self, Shaped, Source},
    notification::Notification,
    retry::Part,
};

/// Largest list of lines in one message, in bytes. SNS takes 256 KiB a message with everything that belongs to it
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>); half of that still fits one log record if it has to be
/// kept there.
pub const MESSAGE_BYTES: usize = 120 * 1024;
/// Longest subject, in characters: SNS wants fewer than 100.
pub const SUBJECT_CHARACTERS: usize = 99;
/// Longest title or account in the text, in characters.
const TITLE_CHARACTERS: usize = 500;

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
    let blocks = layout::blocks(lines(notification), MESSAGE_BYTES, str::len);
    let of = blocks.len();
    blocks.into_iter().enumerate().map(|(index, block)| part(notification, index + 1, of, &block)).collect()
}

/// Everything below the head, line by line.
fn lines(notification: &Notification) -> Vec<Source> {
    let words = |text: &str| Source::words(text, units(text));
    let mut lines = Vec::new();
    if !notification.instructions.trim().is_empty() {
        lines.extend(notification.instructions.lines().map(words));
        lines.push(words(""));
    }
    for (index, group) in notification.groups.iter().filter(|group| !group.lines.is_empty()).enumerate() {
        if index > 0 {
            lines.push(words(""));
        }
        lines.push(words(&group.heading));
        lines.extend(group.lines.iter().map(|line| Source::line(line, units(&format!("- {}", line.plain())))));
    }
    lines
}

fn part(notification: &Notification, part: usize, of: usize, block: &[Shaped]) -> Part<TextMessage> {
    let number = layout::number(part, of);
    let title = layout::clip(&one_line(&notification.title), TITLE_CHARACTERS);
    let account = layout::clip(&one_line(&notification.account), TITLE_CHARACTERS);
    let alert = layout::clip(&one_line(&notification.alert), TITLE_CHARACTERS);
    let alert = if alert.is_empty() { alert } else { format!("{alert}\n\n") };
    let text = format!("{alert}{title}{number}\nAccount {account}\n\n{}\n", layout::join(block));
    Part {
        title: notification.title.clone(),
        part,
        of,
        subjects: block.iter().filter(|line| !line.subject.is_empty()).map(|line| line.subject.clone()).collect(),
        text: text.clone(),
        body: TextMessage { subject: subject(&title, &number), text },
    }
}

/// SNS wants printable ASCII that does not begin with a space.
fn subject(title: &str, number: &str) -> String {
    let ascii: String = title.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
    let room = SUBJECT_CHARACTERS - number.len().min(SUBJECT_CHARACTERS);
    let kept: String = ascii.trim().chars().take(room).collect();
    kept + number
}

fn units(line: &str) -> layout::Units {
    one_line(line).chars().map(String::from).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
