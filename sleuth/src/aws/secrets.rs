//! Secrets that are kept in AWS, read when they are needed.

use aws_config::{Region, SdkConfig};

use super::error::describe;
use crate::config::{SecretArn, Store};

/// Why a secret is not to be had. Never says what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{arn}`: {problem}")]
pub struct SecretError {
    /// The setting.
    pub name: &'static str,
    /// Where the secret is kept.
    pub arn: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The text of a secret, or what AWS said instead.
pub(super) async fn read(sdk: &SdkConfig, arn: &SecretArn) -> Result<String, String> {
    let region = Region::new(arn.region().to_owned());
    let secret = match arn.store() {
        Store::SecretsManager => {
            let settings = aws_sdk_secretsmanager::config::Builder::from(sdk).region(region).build();
            let client = aws_sdk_secretsmanager::Client::from_conf(settings);
            let answer = client.get_secret_value().secret_id(arn.to_string()).send().await;
            answer.map_err(|error| describe(&error))?.secret_string
        }
        Store::ParameterStore => {
            let settings = aws_sdk_ssm::config::Builder::from(sdk).region(region).build();
            let client = aws_sdk_ssm::Client::from_conf(settings);
            let answer = client.get_parameter().name(arn.to_string()).with_decryption(true).send().await;
            answer.map_err(|error| describe(&error))?.parameter.and_then(|parameter| parameter.value)
        }
    };
    secret.ok_or_else(|| "it holds no text".to_owned())
}
