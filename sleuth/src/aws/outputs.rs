//! Where messages and reports go, with the secrets that it takes.

use aws_config::{Region, SdkConfig};
use notifier::{
    Channel, Notifier,
    slack::{SlackWebhook, WebhookUrl},
    sns::SnsTopic,
};
use tokio::time::Instant;

#[cfg(feature = "audit")]
use super::archive::Archive;
use super::{
    error::Problem,
    secrets::{self, SecretError},
    tally::Tally,
};
use crate::{
    config::{self, SlackUrl, secret_value},
    deadline::before,
    outputs::Outputs,
};

/// Why people could not be told anything, so that the run must not begin.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// This machine's TLS set-up is broken.
    #[error("no HTTPS client could be made")]
    Client(#[from] reqwest::Error),
    /// A setting points to a secret that is not to be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl OutputsError {
    /// Whether a setting has to be mended, rather than the run repeated.
    pub fn is_setting(&self) -> bool {
        matches!(self, Self::Secret(SecretError { problem: Problem::Wrong(_), .. }))
    }
}

/// What `config` names, with the secrets it points to, waited for until `end`.
pub async fn outputs(sdk: &SdkConfig, config: &config::Outputs, end: Option<Instant>) -> Result<Outputs, OutputsError> {
    Ok(Outputs {
        notifier: notifier(sdk, config, end).await?,
        #[cfg(feature = "audit")]
        archive: config.archive.clone().map(|config| Archive::new(sdk, config)),
        only_noteworthy: false,
    })
}

async fn notifier(sdk: &SdkConfig, config: &config::Outputs, end: Option<Instant>) -> Result<Notifier, OutputsError> {
    let mut channels = Vec::new();
    if let Some(url) = &config.slack {
        let url = webhook(sdk, url, end).await?;
        channels.push(Channel::Slack(SlackWebhook::new(url, config.retry)?));
    }
    if let Some(topic) = &config.topic {
        // The topic's own region, which need not be ours.
        let settings = aws_sdk_sns::config::Builder::from(sdk)
            .interceptor(Tally)
            .region(Region::new(topic.region().to_owned()))
            .build();
        let client = aws_sdk_sns::Client::from_conf(settings);
        channels.push(Channel::Sns(SnsTopic::new(topic.clone(), client, config.retry)));
    }
    Ok(Notifier::new(channels))
}

/// The webhook's address, which may be kept elsewhere.
async fn webhook(sdk: &SdkConfig, url: &SlackUrl, end: Option<Instant>) -> Result<WebhookUrl, SecretError> {
    const NAME: &str = "SLACK_URL";
    let arn = match url {
        SlackUrl::Plain(url) => return Ok(url.clone()),
        SlackUrl::Kept(arn) => arn,
    };
    let failed = |problem| SecretError { name: NAME, arn: arn.to_string(), problem };
    let wrong = |words| failed(Problem::Wrong(words));
    let secret = before(end, secrets::read(sdk, arn)).await.map_err(|over| Problem::Unavailable(over.message));
    let secret = secret.and_then(|secret| secret).map_err(failed)?;
    let address = secret_value(&secret, NAME)
        .ok_or_else(|| wrong(format!("must hold the address, or a JSON object with the entry `{NAME}`")))?;
    WebhookUrl::parse(&address).map_err(|error| wrong(format!("what it holds {error}")))
}
