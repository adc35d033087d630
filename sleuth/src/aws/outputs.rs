//! Where messages and reports go, with the secrets that it takes.

use aws_config::{Region, SdkConfig};
use notifier::{
    Channel, Email, EmailSettings, Login, Notifier, SearchIndex, SmtpLogin,
    email::TlsSetup,
    search::InvalidLogin,
    slack::{InvalidApi, SlackBot, SlackWebhook, WebhookUrl},
    sns::SnsTopic,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

#[cfg(feature = "audit")]
use super::archive::Archive;
use super::{
    error::Problem,
    secrets::{self, SecretError},
    tally::Tally,
};
use crate::{
    config::{self, EmailConfig, SearchConfig, SearchLogin, Secret, SecretArn, SlackUrl, secret_value},
    deadline::before,
    outputs::Outputs,
};

/// Why people could not be told anything, so that the run must not begin.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// This machine's TLS set-up is broken.
    #[error("no HTTPS client could be made")]
    Client(#[from] reqwest::Error),
    /// Slack's Web API cannot be asked.
    #[error("SLACK_API_URL cannot be used: {0}")]
    Api(#[from] InvalidApi),
    /// The mail server cannot be recognised.
    #[error("SMTP_URL: {0}")]
    Mail(#[from] TlsSetup),
    /// There is nothing to log in to OpenSearch with.
    #[error("SEARCH_AUTH: {0}")]
    Search(#[from] InvalidLogin),
    /// A setting points to a secret that is not to be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl OutputsError {
    /// Whether a setting has to be mended, rather than the run repeated.
    pub fn is_setting(&self) -> bool {
        match self {
            Self::Client(_) => false,
            Self::Secret(error) => matches!(error.problem, Problem::Wrong(_)),
            Self::Api(_) | Self::Mail(_) | Self::Search(_) => true,
        }
    }
}

/// What `config` names, with the secrets it points to, waited for until `end`.
pub async fn outputs(sdk: &SdkConfig, config: &config::Outputs, end: Option<Instant>) -> Result<Outputs, OutputsError> {
    Ok(Outputs {
        notifier: notifier(sdk, config, end).await?,
        search: match &config.search {
            Some(search) => Some(search_index(sdk, search, config, end).await?),
            None => None,
        },
        #[cfg(feature = "audit")]
        archive: config.archive.clone().map(|config| Archive::new(sdk, config)),
        only_noteworthy: false,
        invocation: None,
    })
}

async fn notifier(sdk: &SdkConfig, config: &config::Outputs, end: Option<Instant>) -> Result<Notifier, OutputsError> {
    let mut channels = Vec::new();
    if let Some(url) = &config.slack {
        let url = webhook(sdk, url, end).await?;
        channels.push(Channel::Slack(SlackWebhook::new(url, config.retry)?));
    }
    if let Some(bot) = &config.bot {
        let token = secret(sdk, "SLACK_BOT_TOKEN", &bot.token, end).await?;
        channels.push(Channel::SlackBot(SlackBot::new(token, bot.channel.clone(), &bot.api, config.retry)?));
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
    if let Some(email) = &config.email {
        channels.push(Channel::Email(Email::new(mail(sdk, email, end).await?, config.retry)?));
    }
    Ok(Notifier::new(channels))
}

async fn mail(sdk: &SdkConfig, config: &EmailConfig, end: Option<Instant>) -> Result<EmailSettings, OutputsError> {
    let EmailConfig { server, login, from, to, owners } = config.clone();
    let login = match login {
        Some((user, password)) => Some(SmtpLogin {
            user: secret(sdk, "SMTP_USER", &user, end).await?,
            password: secret(sdk, "SMTP_PASSWORD", &password, end).await?,
        }),
        None => None,
    };
    Ok(EmailSettings { server, login, from, to, owners })
}

/// The index that `search` names.
pub async fn search_index(
    sdk: &SdkConfig,
    search: &SearchConfig,
    config: &config::Outputs,
    end: Option<Instant>,
) -> Result<SearchIndex, OutputsError> {
    let login = match &search.login {
        SearchLogin::None => Login::None,
        SearchLogin::Basic(user, password) => {
            Login::Basic { user: user.clone(), password: secret(sdk, "SEARCH_PASSWORD", password, end).await? }
        }
        SearchLogin::SigV4 => Login::SigV4 { sdk: Box::new(sdk.clone()), service: None },
    };
    Ok(SearchIndex::new(search.url.clone(), login, search.index.clone(), config.retry)?)
}

/// The webhook's address, which may be kept elsewhere.
async fn webhook(sdk: &SdkConfig, url: &SlackUrl, end: Option<Instant>) -> Result<WebhookUrl, SecretError> {
    const NAME: &str = "SLACK_URL";
    let arn = match url {
        SlackUrl::Plain(url) => return Ok(url.clone()),
        SlackUrl::Kept(arn) => arn,
    };
    let address = kept(sdk, NAME, arn, end).await?;
    let wrong = |words| SecretError { name: NAME, arn: arn.to_string(), problem: Problem::Wrong(words) };
    WebhookUrl::parse(address.expose_secret()).map_err(|error| wrong(format!("what it holds {error}")))
}

pub(super) async fn secret(
    sdk: &SdkConfig,
    name: &'static str,
    secret: &Secret,
    end: Option<Instant>,
) -> Result<SecretString, SecretError> {
    match secret {
        Secret::Plain(secret) => Ok(secret.clone()),
        Secret::Kept(arn) => kept(sdk, name, arn, end).await,
    }
}

/// What a secret holds.
async fn kept(
    sdk: &SdkConfig,
    name: &'static str,
    arn: &SecretArn,
    end: Option<Instant>,
) -> Result<SecretString, SecretError> {
    let failed = |problem| SecretError { name, arn: arn.to_string(), problem };
    let text = before(end, secrets::read(sdk, arn)).await.map_err(|over| Problem::Unavailable(over.message));
    let text = text.and_then(|text| text).map_err(failed)?;
    let wrong = format!("must hold it as it is, or a JSON object with the entry `{name}`");
    let value = secret_value(&text, name).filter(|value| !value.is_empty());
    value.map(SecretString::from).ok_or_else(|| failed(Problem::Wrong(wrong)))
}
