//! Accounts and users, through IAM and STS.

use aws_config::SdkConfig;
use aws_sdk_iam::types::Tag;

use super::{error::read_error, patience, sts, tally::Tally};
use crate::{
    config::Calls,
    facts::{Account, ReadError, Tags},
};

#[cfg(feature = "keys")]
mod credential_report;
#[cfg(feature = "keys")]
mod keys;
#[cfg(feature = "keys")]
mod quarantine;
mod users;

#[cfg(feature = "tags")]
pub(super) use users::Denied;

/// Items a page: the most IAM gives. It may give fewer, so pages are followed until IAM says they end.
const PAGE: i32 = 1_000;

/// IAM and STS of one account.
#[derive(Debug, Clone)]
pub struct Iam {
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    /// Whether `GetAccountAuthorizationDetails` may be asked.
    details: bool,
}

impl Iam {
    /// The account that the credentials in `sdk` belong to.
    pub fn new(sdk: &SdkConfig, calls: Calls) -> Self {
        let patient = aws_sdk_iam::config::Builder::from(sdk)
            .interceptor(Tally)
            .retry_config(patience::retries(calls.retry))
            .retry_partition(patience::partition("iam"))
            .build();
        Self { iam: aws_sdk_iam::Client::from_conf(patient), sts: sts(sdk), details: calls.details }
    }

    /// Whose account this is, and what of that could not be read.
    pub(super) async fn account(&self) -> (Account, Vec<ReadError>) {
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
}

fn tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}
