//! Users and access keys, through IAM.

use std::{error::Error, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_iam::{
    config::{
        retry::{RetryConfig, RetryPartition, TokenBucket},
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime as AwsTime,
    types::{AccessKeyLastUsed, StatusType, SummaryKeyType, Tag},
};
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::error::describe;
use crate::{
    config::RetryMode,
    facts::{Account, ReadError, Tags, UserName},
    keys::{AccessKeyId, CredentialReport, KeyStatus, LastUse},
    ports::{
        NoAnswer, Users, WriteError,
        keys::{ListedKey, Overview, ReadKeys, WriteKeys},
    },
};
use users::Denied;

mod credential_report;
mod users;

/// Items a page: the most IAM gives. It may give fewer, so pages are followed until IAM says they end.
const PAGE: i32 = 1_000;

/// How often a call is tried. Throttling may last for minutes where others call IAM too.
const ATTEMPTS: u32 = 10;
/// Longest pause between two attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// How often a change is tried: less often than a call that reads, as the second look at the key grows old meanwhile.
const WRITE_ATTEMPTS: u32 = 5;
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
    pub fn new(sdk: &SdkConfig, mode: RetryMode) -> Self {
        let retries = match mode {
            RetryMode::Adaptive => RetryConfig::adaptive(),
            RetryMode::Standard => RetryConfig::standard(),
        };
        // How many retries there are in all is bounded by the run's deadline, not by a quota that some throttled users
        // could use up for all others.
        let patient = aws_sdk_iam::config::Builder::from(sdk)
            .retry_config(retries.with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_BACKOFF))
            .retry_partition(RetryPartition::custom("iam").token_bucket(TokenBucket::unlimited()).build())
            .build();
        Self { iam: aws_sdk_iam::Client::from_conf(patient), sts: aws_sdk_sts::Client::new(sdk) }
    }
}

impl ReadKeys for Iam {
    async fn overview(&self) -> Overview {
        let (identity, aliases, summary) = futures::join!(
            self.sts.get_caller_identity().send(),
            self.iam.list_account_aliases().send(),
            self.iam.get_account_summary().send(),
        );
        let mut errors = Vec::new();
        let id = identity.map_err(|error| errors.push(read_error("GetCallerIdentity", &error)));
        let alias = aliases.map_err(|error| errors.push(read_error("ListAccountAliases", &error)));
        let summary = summary.map_err(|error| errors.push(read_error("GetAccountSummary", &error)));
        let summary = summary.ok().map(|answer| answer.summary_map.unwrap_or_default());
        let mut entry = |key: SummaryKeyType| {
            let value = summary.as_ref()?.get(&key).copied();
            if value.is_none() {
                errors.push(strange("GetAccountSummary", &format!("no {key}")));
            }
            value
        };
        let user_count = entry(SummaryKeyType::Users).and_then(|count| usize::try_from(count).ok());
        let root_keys = entry(SummaryKeyType::AccountAccessKeysPresent).map(|present| present > 0);
        let account = Account {
            id: id.ok().and_then(|identity| identity.account),
            // An account has at most one alias.
            alias: alias.ok().and_then(|aliases| aliases.account_aliases.into_iter().next()),
        };
        Overview { account, user_count, root_keys, errors }
    }

    async fn credential_report(&self, end: Option<Instant>) -> Result<CredentialReport, ReadError> {
        self.fetch_report(end).await
    }

    async fn users(&self, end: Option<Instant>) -> Users {
        match self.users_with_details(end).await {
            (_, Some(Denied)) => {
                tracing::warn!("GetAccountAuthorizationDetails is denied; asking for the tags of each user instead");
                self.users_only(end).await
            }
            (users, None) => users,
        }
    }

    async fn tags(&self, user: &UserName) -> Result<Tags, NoAnswer> {
        let mut all = Tags::new();
        let mut pages = self.iam.list_user_tags().user_name(&user.0).into_paginator().items().send();
        while let Some(tag) = pages.next().await {
            let tag = tag.map_err(|error| no_answer("ListUserTags", &error))?;
            all.insert(tag.key, tag.value);
        }
        Ok(all)
    }

    async fn keys(&self, user: &UserName) -> Result<Vec<ListedKey>, NoAnswer> {
        let mut keys = Vec::new();
        let mut pages = self.iam.list_access_keys().user_name(&user.0).into_paginator().items().send();
        while let Some(key) = pages.next().await {
            let key = key.map_err(|error| no_answer("ListAccessKeys", &error))?;
            let Some(id) = key.access_key_id else {
                return Err(strange("ListAccessKeys", "a key without an id").into());
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

    async fn last_use(&self, key: &AccessKeyId) -> Result<LastUse, NoAnswer> {
        let answer = self.iam.get_access_key_last_used().access_key_id(&key.0).send().await;
        let answer = answer.map_err(|error| no_answer("GetAccessKeyLastUsed", &error))?;
        match answer.access_key_last_used {
            Some(used) => Ok(last_use(&used)?),
            None => Err(strange("GetAccessKeyLastUsed", "no last use").into()),
        }
    }
}

impl WriteKeys for Iam {
    async fn disable(&self, user: &UserName, key: &AccessKeyId) -> Result<(), WriteError> {
        // Without a user name IAM would look for the key among the caller's own.
        let call = self.iam.update_access_key().user_name(&user.0).access_key_id(&key.0).status(StatusType::Inactive);
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

fn no_answer<E>(operation: &str, error: &SdkError<E>) -> NoAnswer
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error.code() {
        Some("NoSuchEntity") => NoAnswer::Gone,
        _ => NoAnswer::Unread(read_error(operation, error)),
    }
}

fn strange(operation: &str, what: &str) -> ReadError {
    ReadError { operation: operation.to_owned(), message: format!("AWS answered with {what}") }
}
