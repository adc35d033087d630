//! Who is asked about an instance.

use serde::{Deserialize, Serialize};

use super::{
    inventory::{IamUser, Instance},
    launch::Principal,
};
use crate::facts::{Reading, email, values};

/// The owner of an instance, and how that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// A name; `null` if nobody is known.
    pub name: Option<String>,
    /// How it was found.
    pub found_by: FoundBy,
    /// What else is known: the tag's key, the role of a session, the service, or why nobody is known.
    pub detail: Option<String>,
    /// The `Slack` tag of the IAM user of that name, as written.
    pub slack: Option<String>,
    /// An e-mail address: the `Email` tag of the instance, else that of the IAM user, else the name, if it is one.
    pub email: Option<String>,
}

/// Ways to an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// A tag of the instance.
    Tag,
    /// CloudTrail: the IAM user, or the root user, who launched it.
    Cloudtrail,
    /// CloudTrail: the session of a role that launched it.
    RoleSession,
    /// None.
    Unknown,
}

/// The owner: by the first of `tags` that says one, else by who launched the instance.
pub fn owner(instance: &Instance, tags: &[String], users: &[IamUser]) -> Owner {
    let by_tag = tags.iter().find_map(|key| {
        let value = values(&instance.tags, key).find(|value| !value.is_empty())?;
        Some((Some(value.to_owned()), FoundBy::Tag, Some(key.clone())))
    });
    let (name, found_by, detail) = by_tag.unwrap_or_else(|| by_launch(instance));
    let user = name.as_ref().and_then(|name| users.iter().find(|user| user.is_named(name)));
    let slack = user.and_then(IamUser::slack).map(ToOwned::to_owned);
    let named = name.as_deref().filter(|name| name.contains('@'));
    let email = email(&instance.tags).or_else(|| user.and_then(IamUser::email)).or(named).map(ToOwned::to_owned);
    Owner { name, found_by, detail, slack, email }
}

fn by_launch(instance: &Instance) -> (Option<String>, FoundBy, Option<String>) {
    let unknown = |why: String| (None, FoundBy::Unknown, Some(why));
    match &instance.launch {
        None => (None, FoundBy::Unknown, None),
        Some(Reading::Unread(error)) => unknown(format!("CloudTrail could not be asked: {error}")),
        Some(Reading::Read(None)) => unknown("CloudTrail has no record of its launch".to_owned()),
        Some(Reading::Read(Some(launch))) => match &launch.by {
            Principal::Service { name } => unknown(format!("launched by {name}")),
            Principal::Role { session, .. } if launch.by.person().is_none() => {
                unknown(format!("launched by instance {session}"))
            }
            Principal::Role { role, session } => {
                let role = role.as_ref().map(|role| format!("role {role}"));
                (Some(session.clone()), FoundBy::RoleSession, role)
            }
            by => (by.person().map(ToOwned::to_owned), FoundBy::Cloudtrail, None),
        },
    }
}

impl Owner {
    /// The name for people.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or("unknown owner")
    }
}
