//! What is to be said, before any channel gives it a form.

use std::borrow::Cow;

use crate::slack_id::{SlackId, SlackTarget};

/// All that is to be said after a run. Each channel takes the part that is for those it reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Messages {
    /// All findings, for channels that many people read.
    pub everyone: Vec<Notification>,
    /// The findings of each owner, for channels that reach people by themselves.
    pub owners: Vec<OwnerMessage>,
    /// The findings in short, for a channel beside which owners are told by themselves.
    pub overview: Option<Notification>,
    /// The whole report, for channels that take files; none if the messages link to it.
    pub file: Option<File>,
}

impl Messages {
    /// The same for everybody, and nothing for anybody in particular.
    pub fn to_all(everyone: Vec<Notification>) -> Self {
        Self { everyone, ..Self::default() }
    }
}

/// What one owner is to be told, and nobody else's affairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerMessage {
    /// The owner.
    pub to: Address,
    /// The findings. Their subjects are those of the same findings in [`Messages::everyone`].
    pub notification: Notification,
}

/// How somebody can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The name, for reports on what was delivered.
    pub name: String,
    /// In Slack.
    pub slack: Option<SlackTarget>,
    /// By e-mail: the address, not checked yet.
    pub email: Option<String>,
}

/// A file to be sent with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, with an extension that says what it is.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({}, {} bytes)", self.name, self.content.len())
    }
}

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

    /// What the lines are about, in order; empty for a line about nobody in particular.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| &group.lines).map(|line| line.subject.as_str())
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
    /// For information.
    Grey,
    /// Something will happen soon.
    Yellow,
    /// Something has happened or is overdue.
    Red,
}

impl Colour {
    /// The colour as `#rrggbb`.
    pub const fn hex(self) -> &'static str {
        match self {
            Self::Grey => "#9e9e9e",
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
        self.spans.iter().map(Span::to_plain).collect()
    }
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Data or words; each channel escapes it as it must.
    Text(String),
    /// Somebody to be called by name.
    Mention(Mention),
    /// A command to be copied as it is; stands on a line of its own where a channel can do that.
    Command(String),
    /// Words that lead to an address.
    Link {
        /// The words.
        text: String,
        /// The address.
        url: String,
    },
}

impl Span {
    /// The span as plain text.
    pub fn to_plain(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Mention(mention) => mention.name.as_str().into(),
            Self::Command(command) => format!(" `{command}`").into(),
            Self::Link { text, url } => format!("{text}: {url}").into(),
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
