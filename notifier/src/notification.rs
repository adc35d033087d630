//! What is to be said, before any channel gives it a form.

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
    pub slack: Option<slack_id::SlackId>,
}

/// Slack ids as they are kept in tags.
pub mod slack_id {
    /// A Slack user or user group.
    ///
    /// A value of this type holds only ASCII letters and digits, so it can be put into a message as it is.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum SlackId {
        /// A person: `U…` or `W…`.
        User(String),
        /// A user group: `S…`.
        Group(String),
    }

    impl SlackId {
        /// Reads a tag value: `U…` or `W…` is a person, `subteam-S…` or a bare `S…` a user group. An IAM tag value cannot
        /// hold the `^` of Slack's own `subteam^S…`, hence the dash; a value that does hold it is understood too.
        ///
        /// Ids are capital letters and digits. Anything else is not an id: `None`.
        pub fn parse(value: &str) -> Option<Self> {
            let value = value.trim();
            let bare = value.strip_prefix("subteam-").or_else(|| value.strip_prefix("subteam^"));
            let id = bare.unwrap_or(value);
            let kind = id.chars().next()?;
            let rest = id.get(1..)?;
            if rest.is_empty() || !rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
                return None;
            }
            match (kind, bare) {
                ('U' | 'W', None) => Some(Self::User(id.to_owned())),
                ('S', _) => Some(Self::Group(id.to_owned())),
                _ => None,
            }
        }

        /// The id as a Slack message mentions it.
        pub fn mention(&self) -> String {
            match self {
                Self::User(id) => format!("<@{id}>"),
                Self::Group(id) => format!("<!subteam^{id}>"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::slack_id::SlackId;

    fn mention(value: &str) -> Option<String> {
        SlackId::parse(value).map(|id| id.mention())
    }

    #[test]
    fn people_and_groups_are_mentioned_in_slacks_grammar() {
        for (value, expected) in [
            ("U024BE7LH", "<@U024BE7LH>"),
            ("W012A3CDE", "<@W012A3CDE>"),
            (" U024BE7LH ", "<@U024BE7LH>"),
            ("subteam-SAZ94GDB8", "<!subteam^SAZ94GDB8>"),
            ("subteam^SAZ94GDB8", "<!subteam^SAZ94GDB8>"),
            ("SAZ94GDB8", "<!subteam^SAZ94GDB8>"),
        ] {
            assert_eq!(mention(value).as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn anything_else_is_not_a_slack_id() {
        for value in [
            "",
            " ",
            "U",
            "S",
            "bob",
            "@bob",
            "u024be7lh",
            "<@U024BE7LH>",
            "U024 BE7",
            "subteam-",
            "subteam-U024BE7LH",
            "subteam-S",
            "C024BE7LH",
            "U024BE7LH>",
            "bob@example.com",
            "Ünlü",
            "U024BÉ7",
        ] {
            assert_eq!(mention(value), None, "{value}");
        }
    }
}
