//! The only room that knows the AWS SDK.

use std::{error::Error, time::Duration};

use aws_config::{
    AppName, BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_sns::config::ProvideCredentials as _;
use notifier::{Channel, Notifier, slack::SlackWebhook, sns::SnsTopic};
use tokio::time::Instant;

use crate::{config::Config, deadline::before};

#[cfg(feature = "keys")]
pub mod iam;

/// Region that is used where none is set. IAM is global, so any will do in the standard partition.
const FALLBACK_REGION: &str = "us-east-1";
/// How often a call is tried: IAM throttles without warning and recovers within seconds.
const ATTEMPTS: u32 = 6;
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// There is nothing to sign a call with.
#[derive(Debug, thiserror::Error)]
pub enum NoCredentials {
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
    let found = match sdk.credentials_provider() {
        Some(provider) => before(end, provider.provide_credentials()).await.map_err(|over| over.message),
        None => Err("there is no provider of credentials".to_owned()),
    };
    let found = found.and_then(|found| found.map_err(|error| root_cause(&error)));
    found.map(|_| sdk).map_err(|cause| {
        tracing::debug!(cause, "no credentials");
        profile.map_or(NoCredentials::Nowhere, |profile| NoCredentials::Profile(profile.to_owned(), cause))
    })
}

/// The innermost error, which says what happened rather than where, on one line.
fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The channels that `config` names. Fails if this machine's TLS set-up is broken.
pub fn notifier(sdk: &SdkConfig, config: &Config) -> Result<Notifier, reqwest::Error> {
    let mut channels = Vec::new();
    if let Some(url) = &config.slack {
        channels.push(Channel::Slack(SlackWebhook::new(url.clone(), config.retry)?));
    }
    if let Some(topic) = &config.topic {
        // The topic's own region, which need not be ours.
        let settings = aws_sdk_sns::config::Builder::from(sdk).region(Region::new(topic.region().to_owned())).build();
        let client = aws_sdk_sns::Client::from_conf(settings);
        channels.push(Channel::Sns(SnsTopic::new(topic.clone(), client, config.retry)));
    }
    Ok(Notifier::new(channels))
}
