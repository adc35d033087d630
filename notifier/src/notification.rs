//! What is to be said, before any channel gives it a form.

use crate::slack_id::SlackId;

/// One report to send: a heading, what the reader should do, and groups of findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Heading, for example `AWS IAM Key Expiration Report`.
    pub title: String,
    /// What everybody has to know before anything else; often empty. Data: escaped, unlike the instructions.
    pub alert: String,
    /// What the reader is asked to do; may be empty or have several lines.
    pub instructions: String,
    /// The account the findings are about, as people know it.
    pub account: String,
    /// The findings, by kind. Groups without lines are not shown.
    pub groups: Vec<Group>,
}

impl Notification {
    /// Whether there is nothing to say. Such a notification is never sent.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.lines.is_empty())
    }
}

/// Findings of one kind, shown together under one colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What the findings have in common.
    pub heading: String,
    /// How bad they are.
    pub colour: Colour,
    /// One line a finding.
    pub lines: Vec<Line>,
}

/// The colour of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Something will happen soon.
    Yellow,
    /// Something has happened or is overdue.
    Red,
}

impl Colour {
    /// The colour as `#rrggbb`.
    pub const fn hex(self) -> &'static str {
        match self {
            Self::Yellow => "#ffff00",
            Self::Red => "#ff0000",
        }
    }
}

/// One finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the line is about, so that a delivery report can say who was told. Never shown.
    pub subject: String,
    /// The words, in order.
    pub spans: Vec<Span>,
}

impl Line {
    /// The line as plain text, people by name.
    pub fn plain(&self) -> String {
        self.spans.iter().map(Span::plain).collect()
    }
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Data or words; each channel escapes it as it must.
    Text(String),
    /// Somebody to be called by name.
    Mention(Mention),
}

impl Span {
    /// The span as plain text.
    pub fn plain(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Mention(mention) => &mention.name,
        }
    }
}

/// A person or group to be called, with the name to use where a channel cannot call anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The name shown where nobody can be called.
    pub name: String,
    /// Shown beside a call, which by itself does not say which of the person's or group's affairs is meant.
    pub label: String,
    /// Who that is in Slack; `None` if nobody knows.
    pub slack: Option<SlackId>,
}
