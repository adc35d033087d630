//! Users and access keys, through IAM.

use std::{error::Error, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_iam::{
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime as AwsTime,
    types::{AccessKeyLastUsed, EntityType, StatusType, Tag},
};
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::root_cause;
use crate::{
    deadline::before,
    keys::{AccessKeyId, Account, KeyStatus, LastUse, ReadError, UserName, inventory::Tags},
    ports::{ListedKey, ReadKeys, Users, WriteError, WriteKeys},
};

/// Items a page: the most IAM gives. It may give fewer, so pages are followed until IAM says they end.
const PAGE: i32 = 1_000;

/// How often a change is tried.
const WRITE_ATTEMPTS: u32 = 3;
/// How long one attempt of a change may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(8);

/// IAM and STS of one account.
#[derive(Debug, Clone)]
pub struct Iam {
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
}

impl Iam {
    /// The account that the credentials in `sdk` belong to.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { iam: aws_sdk_iam::Client::new(sdk), sts: aws_sdk_sts::Client::new(sdk) }
    }

    /// All users with their tags, in a few calls.
    async fn users_with_tags(&self, end: Option<Instant>) -> (Users, Option<Denied>) {
        let mut users = Users::default();
        let call = self.iam.get_account_authorization_details().filter(EntityType::User).max_items(PAGE);
        let mut pages = call.into_paginator().send();
        loop {
            match before(end, pages.next()).await {
                Err(over) => {
                    users.error = Some(over);
                    return (users, None);
                }
                Ok(None) => return (users, None),
                Ok(Some(Ok(page))) => users.found.extend(
                    page.user_detail_list()
                        .iter()
                        .filter_map(|user| Some((UserName(user.user_name()?.to_owned()), Some(tags(user.tags()))))),
                ),
                Ok(Some(Err(error))) => {
                    let denied = is_denied(&error).then_some(Denied);
                    users.error = Some(read_error("GetAccountAuthorizationDetails", &error));
                    return (users, denied);
                }
            }
        }
    }

    /// All users, without tags.
    async fn users_only(&self, end: Option<Instant>) -> Users {
        let mut users = Users::default();
        let mut pages = self.iam.list_users().into_paginator().page_size(PAGE).items().send();
        loop {
            match before(end, pages.next()).await {
                Ok(Some(Ok(user))) => users.found.push((UserName(user.user_name), None)),
                Ok(None) => return users,
                Ok(Some(Err(error))) => users.error = Some(read_error("ListUsers", &error)),
                Err(over) => users.error = Some(over),
            }
            if users.error.is_some() {
                return users;
            }
        }
    }
}

/// The call is not allowed, which another call may be.
struct Denied;

impl ReadKeys for Iam {
    async fn account(&self) -> (Account, Vec<ReadError>) {
        let (identity, aliases) =
            futures::join!(self.sts.get_caller_identity().send(), self.iam.list_account_aliases().send());
        let mut errors = Vec::new();
        let id = identity.map_err(|error| errors.push(read_error("GetCallerIdentity", &error)));
        let alias = aliases.map_err(|error| errors.push(read_error("ListAccountAliases", &error)));
        let account = Account {
            id: id.ok().and_then(|identity| identity.account),
            // An account has at most one alias.
            alias: alias.ok().and_then(|aliases| aliases.account_aliases.into_iter().next()),
        };
        (account, errors)
    }

    async fn users(&self, end: Option<Instant>) -> Users {
        match self.users_with_tags(end).await {
            (_, Some(Denied)) => {
                tracing::warn!("GetAccountAuthorizationDetails is denied; asking for the tags of each user instead");
                self.users_only(end).await
            }
            (users, None) => users,
        }
    }

    async fn tags(&self, user: &UserName) -> Result<Tags, ReadError> {
        let mut all = Tags::new();
        let mut pages = self.iam.list_user_tags().user_name(&user.0).into_paginator().items().send();
        while let Some(tag) = pages.next().await {
            let tag = tag.map_err(|error| read_error("ListUserTags", &error))?;
            all.insert(tag.key, tag.value);
        }
        Ok(all)
    }

    async fn keys(&self, user: &UserName) -> Result<Vec<ListedKey>, ReadError> {
        let mut keys = Vec::new();
        let mut pages = self.iam.list_access_keys().user_name(&user.0).into_paginator().items().send();
        while let Some(key) = pages.next().await {
            let key = key.map_err(|error| read_error("ListAccessKeys", &error))?;
            let Some(id) = key.access_key_id else {
                return Err(strange("ListAccessKeys", "a key without an id"));
            };
            let status = key.status.as_ref().map_or("", StatusType::as_str).to_owned();
            keys.push(ListedKey {
                id: AccessKeyId(id),
                status: KeyStatus::from(status),
                created: key.create_date.as_ref().and_then(time),
            });
        }
        Ok(keys)
    }

    async fn last_use(&self, key: &AccessKeyId) -> Result<LastUse, ReadError> {
        let answer = self.iam.get_access_key_last_used().access_key_id(&key.0).send().await;
        let answer = answer.map_err(|error| read_error("GetAccessKeyLastUsed", &error))?;
        match answer.access_key_last_used {
            Some(used) => last_use(&used),
            None => Err(strange("GetAccessKeyLastUsed", "no last use")),
        }
    }
}

impl WriteKeys for Iam {
    async fn disable(&self, user: &UserName, key: &AccessKeyId) -> Result<(), WriteError> {
        // Without a user name IAM would look for the key among the caller's own.
        let call = self.iam.update_access_key().user_name(&user.0).access_key_id(&key.0).status(StatusType::Inactive);
        // Not for long: the second look at the key grows old.
        let soon = aws_sdk_iam::Config::builder()
            .retry_config(RetryConfig::standard().with_max_attempts(WRITE_ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(WRITE_TIMEOUT).build());
        let answer = call.customize().config_override(soon).send().await;
        answer.map(|_| ()).map_err(|error| WriteError(describe(&error)))
    }
}

fn tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

fn last_use(used: &AccessKeyLastUsed) -> Result<LastUse, ReadError> {
    let Some(date) = used.last_used_date.as_ref() else { return Ok(LastUse::Never) };
    let time = time(date).ok_or_else(|| strange("GetAccessKeyLastUsed", "a time that is none"))?;
    let named = |name: &str| (!matches!(name, "" | "N/A")).then(|| name.to_owned());
    Ok(LastUse::At { time, service: named(&used.service_name), region: named(&used.region) })
}

fn time(time: &AwsTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

fn read_error<E>(operation: &str, error: &SdkError<E>) -> ReadError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    ReadError { operation: operation.to_owned(), message: describe(error) }
}

fn strange(operation: &str, what: &str) -> ReadError {
    ReadError { operation: operation.to_owned(), message: format!("AWS answered with {what}") }
}

fn is_denied<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error.code() {
        Some(code) => code.starts_with("AccessDenied"),
        None => status(error) == Some(403),
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// An error as AWS names it, or else its innermost cause.
fn describe<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => {
            let cause = root_cause(error);
            match (error, status(error)) {
                (SdkError::TimeoutError(_), _) => format!("no answer in time: {cause}"),
                (_, Some(status)) => format!("HTTP {status}: {cause}"),
                _ => cause,
            }
        }
    }
}
