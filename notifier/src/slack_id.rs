//! Slack ids as they are kept in tags.

/// A Slack user or user group.
///
/// A value of this type holds only ASCII letters and digits, so it can be put into a message as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

/// Whom a `Slack` tag names: by id, or by the e-mail address that the workspace knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlackTarget {
    /// A person or a group.
    Id(SlackId),
    /// A person, to be looked up.
    Email(String),
}

impl SlackTarget {
    /// Reads a tag value: an id as [`SlackId::parse`] takes it, or an e-mail address. Anything else names nobody.
    pub fn parse(value: &str) -> Option<Self> {
        SlackId::parse(value).map(Self::Id).or_else(|| email(value.trim()).map(|email| Self::Email(email.to_owned())))
    }
}

/// What looks like an e-mail address, of characters that IAM tags can hold.
fn email(value: &str) -> Option<&str> {
    let (local, domain) = value.split_once('@')?;
    let allowed = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.+=-".contains(&b));
    (!local.is_empty() && domain.contains('.') && !domain.contains("..") && allowed(local) && allowed(domain))
        .then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{SlackId, SlackTarget};

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

    #[test]
    fn people_can_be_named_by_their_address() {
        let email = |value: &str| match SlackTarget::parse(value) {
            Some(SlackTarget::Email(email)) => Some(email),
            _ => None,
        };
        assert_eq!(email(" bob+aws@larkspur.example ").as_deref(), Some("bob+aws@larkspur.example"));
        for value in ["", "U024BE7LH", "bob", "@bob", "bob@", "bob@host", "bob@a..b", "b b@a.b", "<b@a.b>", "a@b@c.d"] {
            assert_eq!(email(value), None, "{value}");
        }
        assert_eq!(SlackTarget::parse("SAZ94GDB8"), Some(SlackTarget::Id(SlackId::Group("SAZ94GDB8".into()))));
    }
}
