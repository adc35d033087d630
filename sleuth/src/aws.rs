//! The only room that knows the AWS SDK.

use std::time::Duration;

use aws_config::{
    AppName, BehaviorVersion, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::{ProvideCredentials as _, error::CredentialsError};
use tokio::time::Instant;

use crate::deadline::before;
use error::{all_causes, root_cause};

#[cfg(feature = "audit")]
pub mod accounts;
#[cfg(feature = "audit")]
pub mod archive;
#[cfg(feature = "audit")]
mod buckets;
#[cfg(feature = "tags")]
pub mod cloud;
#[cfg(all(feature = "audit", feature = "cli"))]
pub mod doctor;
mod error;
#[cfg(feature = "audit")]
pub mod iam;
#[cfg(feature = "tags")]
pub mod logs;
#[cfg(feature = "audit")]
pub mod organization;
mod outputs;
#[cfg(feature = "audit")]
mod patience;
#[cfg(feature = "audit")]
mod reports;
pub mod secrets;
#[cfg(feature = "tags")]
mod tag_policy;
mod tally;

pub use outputs::{OutputsError, outputs, search_index};
#[cfg(feature = "audit")]
pub use reports::{Stored, stored};
#[cfg(feature = "tags")]
pub use tag_policy::tag_policy;
pub use tally::Calls;

/// Region that is used where none is set. IAM is global, so any will do in the standard partition.
const FALLBACK_REGION: &str = "us-east-1";
/// How often a call is tried: IAM throttles without warning and recovers within seconds.
const ATTEMPTS: u32 = 6;
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Credentials, region and behaviour for all clients of a run.
pub type Sdk = SdkConfig;

/// There is nothing to sign a call with.
#[derive(Debug, thiserror::Error)]
pub enum NoCredentials {
    /// There are some, and they are not to be had, or not now.
    #[error("no AWS credentials: {0}")]
    Failed(String),
    /// Nothing was named, and nothing was found.
    #[error(
        "no AWS credentials: set AWS_PROFILE, sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    Nowhere,
    /// A profile was named that gives none.
    #[error(
        "no AWS credentials from the profile `{0}` (AWS_PROFILE): is it in ~/.aws/config, and are you signed in? ({1})"
    )]
    Profile(String, String),
}

/// Credentials, region and behaviour for all clients of a run, from the default chain. Without credentials, which every
/// call would miss in its own way, no call is made.
///
/// `profile`: the one that is named, for the error. `end`: when to stop waiting for credentials.
pub async fn connect(profile: Option<&str>, end: Option<Instant>) -> Result<SdkConfig, NoCredentials> {
    // The default chain without the instance metadata service, which elsewhere means seconds of waiting and a warning.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(FALLBACK_REGION);
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build());
    let loader = match AppName::new("sleuth") {
        Ok(name) => loader.app_name(name),
        Err(_) => loader,
    };
    let sdk = loader.load().await;
    let Some(provider) = sdk.credentials_provider() else { return Err(NoCredentials::Nowhere) };
    match before(end, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(sdk),
        Ok(Err(error)) => Err(no_credentials(profile, &error)),
        Err(over) => Err(NoCredentials::Failed(over.message)),
    }
}

/// Nobody: for what is called without credentials of AWS.
pub fn nobody() -> SdkConfig {
    SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build()
}

fn no_credentials(profile: Option<&str>, error: &CredentialsError) -> NoCredentials {
    match (profile, error) {
        (Some(profile), _) => NoCredentials::Profile(profile.to_owned(), root_cause(error)),
        (None, CredentialsError::CredentialsNotLoaded(_)) => NoCredentials::Nowhere,
        (None, _) => NoCredentials::Failed(all_causes(error)),
    }
}

impl NoCredentials {
    /// Whether the user has to set or do something, rather than repeat the run.
    pub fn is_setting(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }
}

/// Who calls.
#[cfg(feature = "audit")]
fn sts(sdk: &SdkConfig) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::from_conf(aws_sdk_sts::config::Builder::from(sdk).interceptor(tally::Tally).build())
}

#[cfg(feature = "audit")]
fn time(time: &aws_sdk_sns::primitives::DateTime) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}
