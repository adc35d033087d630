//! Access keys, through IAM.

use std::error::Error;

use aws_sdk_iam::{
    error::{ProvideErrorMetadata, SdkError},
    types::{AccessKeyLastUsed, StatusType, SummaryKeyType},
};
use tokio::time::Instant;

use super::{Iam, users::Denied};
use crate::{
    aws::{
        error::{read_error, strange, write_error},
        patience, time,
    },
    facts::{ReadError, Tags, UserName},
    keys::{AccessKeyId, CredentialReport, KeyStatus, LastUse},
    ports::{
        NoAnswer, Users, WriteError,
        keys::{ListedKey, Overview, ReadKeys, WriteKeys},
    },
};

impl ReadKeys for Iam {
    async fn overview(&self) -> Overview {
        let ((account, mut errors), summary) = futures::join!(self.account(), self.iam.get_account_summary().send());
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
        Overview { account, user_count, root_keys, errors }
    }

    async fn credential_report(&self, end: Option<Instant>) -> Result<CredentialReport, ReadError> {
        self.fetch_report(end).await
    }

    async fn users(&self, end: Option<Instant>) -> Users {
        match self.users_with_details(end).await {
            (_, Some(Denied)) => {
                if self.details {
                    tracing::warn!(
                        "GetAccountAuthorizationDetails is denied; asking for the tags of each user instead"
                    );
                }
                let (mut users, partition) = self.users_only(end).await;
                // Of what could not be listed at all there is nothing more to ask.
                if let Some(partition) = partition {
                    self.mark_quarantined(&mut users, &partition, end).await;
                }
                users
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
        let (retries, timeout) = patience::soon();
        let soon = aws_sdk_iam::Config::builder().retry_config(retries).timeout_config(timeout);
        let answer = call.customize().config_override(soon).send().await;
        answer.map(|_| ()).map_err(|error| write_error(&error))
    }
}

fn last_use(used: &AccessKeyLastUsed) -> Result<LastUse, ReadError> {
    let Some(date) = used.last_used_date.as_ref() else { return Ok(LastUse::Never) };
    let time = time(date).ok_or_else(|| strange("GetAccessKeyLastUsed", "a time that is none"))?;
    let named = |name: &str| (!matches!(name, "" | "N/A")).then(|| name.to_owned());
    Ok(LastUse::At { time, service: named(&used.service_name), region: named(&used.region) })
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
