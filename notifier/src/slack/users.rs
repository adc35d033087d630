//! The people of a Slack workspace, for filling in `Slack` tags in bulk.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    api::{Fault, InvalidApi, WebApi},
    webhook::{InvalidUrl, check_url},
};
use crate::retry::{Failure, Patience, RetryPolicy};

/// Slack's Web API.
pub const API: &str = "https://slack.com/api";

/// Users a page: Slack recommends at most 200 (<https://docs.slack.dev/reference/methods/users.list/>).
const PAGE: &str = "200";

/// A member of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackUser {
    /// User id, `U…` or `W…`.
    pub id: String,
    /// Handle.
    pub name: String,
    /// Full name; empty if not given.
    pub real_name: String,
    /// What sort of account it is.
    pub kind: UserKind,
}

/// What sort of account a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserKind {
    /// Somebody who can be called.
    Person,
    /// An app.
    Bot,
    /// Somebody who has left.
    Deactivated,
}

impl UserKind {
    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bot => "bot",
            Self::Deactivated => "deactivated",
        }
    }
}

/// Why the list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// This machine's TLS set-up is broken.
    #[error("no HTTPS client could be made")]
    Client(#[source] reqwest::Error),
    /// Slack refused or did not answer.
    #[error("users.list failed: {0}")]
    Failed(String),
}

/// The user list of one workspace.
#[derive(Debug)]
pub struct Directory {
    api: WebApi,
    policy: RetryPolicy,
}

impl Directory {
    /// Checks the address of a Web API: like that of a webhook.
    pub fn check_api(api: &str) -> Result<(), InvalidUrl> {
        check_url(api).map(|_| ())
    }

    /// The directory that `token` (scope `users:read`) can read at `api`, normally [`API`].
    pub fn new(token: SecretString, api: &str, policy: RetryPolicy) -> Result<Self, DirectoryError> {
        let api = WebApi::new(token, api, policy.timeout).map_err(|error| match error {
            InvalidApi::Client(error) => DirectoryError::Client(error),
            address @ InvalidApi::Address(_) => DirectoryError::Failed(address.to_string()),
        })?;
        Ok(Self { api, policy })
    }

    /// Everybody, in Slack's order. All pages; a rate limit is waited for.
    pub async fn users(&self, progress: impl Fn(usize)) -> Result<Vec<SlackUser>, DirectoryError> {
        let mut users = Vec::new();
        let mut cursor = String::new();
        loop {
            // Each page has its own patience: a large workspace meets the rate limit many times.
            let mut patience = Patience::new(&self.policy, None);
            let (_, page) = patience.persist(|| self.page(&cursor)).await;
            let page = page.map_err(|failure| DirectoryError::Failed(failure.into_reason()))?;
            users.extend(page.members.into_iter().map(SlackUser::from));
            progress(users.len());
            match page.response_metadata.and_then(|metadata| metadata.next_cursor) {
                Some(next) if next == cursor && !next.is_empty() => {
                    return Err(DirectoryError::Failed("Slack gave the same page twice".to_owned()));
                }
                Some(next) if !next.is_empty() => cursor = next,
                _ => return Ok(users),
            }
        }
    }

    async fn page(&self, cursor: &str) -> Result<Page, Failure> {
        let page = self.api.get("users.list", &[("limit", PAGE), ("cursor", cursor)]).await;
        page.map_err(Fault::into_failure)
    }
}

/// The answer of users.list: the parts used.
#[derive(Debug, Deserialize)]
struct Page {
    #[serde(default)]
    members: Vec<Member>,
    response_metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Member {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    is_bot: bool,
    real_name: Option<String>,
    #[serde(default)]
    profile: Profile,
}

#[derive(Debug, Default, Deserialize)]
struct Profile {
    real_name: Option<String>,
}

impl From<Member> for SlackUser {
    fn from(member: Member) -> Self {
        let kind = match (member.deleted, member.is_bot || member.id == "USLACKBOT") {
            (true, _) => UserKind::Deactivated,
            (false, true) => UserKind::Bot,
            (false, false) => UserKind::Person,
        };
        let real_name = member.real_name.or(member.profile.real_name).unwrap_or_default();
        Self { id: member.id, name: member.name, real_name, kind }
    }
}
