//! Slack ids as they are kept in tags.

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

#[cfg(test)]
mod tests {
    use super::SlackId;

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
