//! The incoming webhook: one message a request, in order.

use std::fmt;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{
    payload::{self, Message},
    refusal,
};
use crate::{
    delivery::PartDelivery,
    http,
    notification::Messages,
    retry::{self, Failure, Patience, RetryPolicy},
};

/// The address of an incoming webhook. Whoever knows it can post, so it never prints.
#[derive(Clone)]
pub struct WebhookUrl(SecretString);

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl([redacted])")
    }
}

/// Why an address is refused. The address itself is not repeated: it is, or may be, a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Not a URL.
    #[error("is not a URL")]
    NotAUrl,
    /// Would be sent in the clear.
    #[error("must start with https:// (http:// is accepted for 127.0.0.1 and localhost only)")]
    NotHttps,
}

impl WebhookUrl {
    /// Checks the address. Plain HTTP is accepted for this machine only.
    pub fn parse(value: &str) -> Result<Self, InvalidUrl> {
        check_url(value)?;
        Ok(Self(value.to_owned().into()))
    }
}

pub(super) fn check_url(value: &str) -> Result<Url, InvalidUrl> {
    let url = Url::parse(value).map_err(|_| InvalidUrl::NotAUrl)?;
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        _ => Err(InvalidUrl::NotHttps),
    }
}

/// A Slack incoming webhook.
#[derive(Debug, Clone)]
pub struct SlackWebhook {
    url: WebhookUrl,
    client: Client,
    policy: RetryPolicy,
}

impl SlackWebhook {
    /// A channel that posts to `url`. Fails if this machine's TLS set-up is broken.
    pub fn new(url: WebhookUrl, policy: RetryPolicy) -> Result<Self, reqwest::Error> {
        Ok(Self { url, client: http::client(policy.timeout)?, policy })
    }

    /// Sends all parts of all notifications, in order.
    pub(crate) async fn send(&self, messages: &Messages, until: Option<Instant>) -> Vec<PartDelivery> {
        let parts: Vec<_> = messages.everyone.iter().flat_map(payload::parts).collect();
        let mut patience = Patience::new(&self.policy, until);
        retry::deliver("slack", &parts, &mut patience, |message| self.post(message)).await
    }

    async fn post(&self, message: &Message) -> Result<(), Failure> {
        let request = self.client.post(self.url.0.expose_secret()).json(message);
        let response = request.send().await.map_err(http::no_answer)?;
        if !response.status().is_success() {
            return Err(refusal::unsuccessful(response).await);
        }
        // Slack says `ok`, others that take its messages say less or more. A web page says that this is something else.
        let answer = response.text().await.map_err(http::no_answer)?;
        if answer.trim_start().starts_with('<') {
            return Err(Failure::Closed("answered with a web page: is the address a Slack webhook?".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_this_machine() {
        for url in ["https://hooks.slack.com/services/T0/B0/x", "http://127.0.0.1:8080/x", "http://localhost/x"] {
            assert!(WebhookUrl::parse(url).is_ok(), "{url}");
        }
        for (url, error) in [
            ("hooks.slack.com/services", InvalidUrl::NotAUrl),
            ("", InvalidUrl::NotAUrl),
            ("http://hooks.slack.com/services/T0/B0/x", InvalidUrl::NotHttps),
            ("http://127.0.0.1.example.com/x", InvalidUrl::NotHttps),
            ("ftp://127.0.0.1/x", InvalidUrl::NotHttps),
        ] {
            assert_eq!(WebhookUrl::parse(url).unwrap_err(), error, "{url}");
        }
    }

    #[test]
    fn address_is_redacted() {
        let url = WebhookUrl::parse("https://hooks.slack.com/services/T0/B0/hush").unwrap();
        let channel = SlackWebhook::new(url.clone(), RetryPolicy::default()).unwrap();
        assert!(!format!("{url:?} {channel:?}").contains("hush"));
    }
}
