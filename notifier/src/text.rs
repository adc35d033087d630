//! What a notification looks like as plain text, people by name, whichever channel carries it.

use crate::{
    layout::{self, Shaped, Source},
    notification::Notification,
};

/// Longest title or account in the text, in characters.
const TITLE_CHARACTERS: usize = 500;

/// What stands above the findings, each on one line and cut to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) alert: String,
    pub(crate) title: String,
    pub(crate) account: String,
}

impl Head {
    pub(crate) fn of(notification: &Notification) -> Self {
        let clipped = |text: &str| layout::clip(&one_line(text), TITLE_CHARACTERS);
        Self {
            alert: clipped(&notification.alert),
            title: clipped(&notification.title),
            account: clipped(&notification.account),
        }
    }

    /// The text: this head with the number of the part, and the lines below it.
    pub(crate) fn above(&self, number: &str, lines: &str) -> String {
        let Self { alert, title, account } = self;
        let alert = if alert.is_empty() { String::new() } else { format!("{alert}\n\n") };
        format!("{alert}{title}{number}\nAccount {account}\n\n{lines}\n")
    }
}

/// Everything below the head, line by line.
pub(crate) fn lines(notification: &Notification) -> Vec<Source> {
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

/// What these lines are about.
pub(crate) fn subjects(lines: &[Shaped]) -> Vec<String> {
    lines.iter().filter(|line| !line.subject.is_empty()).map(|line| line.subject.clone()).collect()
}

/// The text without anything that would break the line it stands in.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn units(line: &str) -> layout::Units {
    one_line(line).chars().map(String::from).collect()
}
