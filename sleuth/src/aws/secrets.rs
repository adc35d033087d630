//! Secrets that are kept in AWS, read when they are needed.

use aws_config::{Region, SdkConfig, retry::RetryConfig};

use super::{
    error::{Problem, problem},
    tally::Tally,
};
use crate::config::{SecretArn, Store};

/// How often a secret is asked for: nothing else is done meanwhile.
const ATTEMPTS: u32 = 4;

/// Why a secret is not to be had. Never says what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{arn}`: {problem}")]
pub struct SecretError {
    /// The setting.
    pub name: &'static str,
    /// Where the secret is kept.
    pub arn: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The text of a secret, or why it is not to be had.
pub(super) async fn read(sdk: &SdkConfig, arn: &SecretArn) -> Result<String, Problem> {
    let region = Region::new(arn.region().to_owned());
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let secret = match arn.store() {
        Store::SecretsManager => {
            let settings = aws_sdk_secretsmanager::config::Builder::from(sdk)
                .interceptor(Tally)
                .region(region)
                .retry_config(retries)
                .build();
            let client = aws_sdk_secretsmanager::Client::from_conf(settings);
            let answer = client.get_secret_value().secret_id(arn.to_string()).send().await;
            answer.map_err(|error| problem(&error))?.secret_string
        }
        Store::ParameterStore => {
            let settings =
                aws_sdk_ssm::config::Builder::from(sdk).interceptor(Tally).region(region).retry_config(retries).build();
            let client = aws_sdk_ssm::Client::from_conf(settings);
            let answer = client.get_parameter().name(arn.to_string()).with_decryption(true).send().await;
            answer.map_err(|error| problem(&error))?.parameter.and_then(|parameter| parameter.value)
        }
    };
    secret.ok_or_else(|| Problem::Wrong("it holds no text".to_owned()))
}
