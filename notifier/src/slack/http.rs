//! One HTTP client for Slack, and how its answers are judged.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::RETRY_AFTER, redirect};

use crate::retry::{Failure, root_cause};

/// A client that follows no redirect: Slack answers one for an address that is wrong, and what was meant for Slack must not
/// go anywhere else.
pub(super) fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("sleuth-notifier/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A request that got no answer. The error's own text is used without the address, which is a secret.
pub(super) fn no_answer(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let cause = root_cause(&error);
    if error.is_builder() {
        return Failure::Closed(format!("the request cannot be made: {cause}"));
    }
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "no answer"
    };
    Failure::Passing { reason: format!("{what}: {cause}"), retry_after: None }
}

/// An answer that is not a success.
pub(super) async fn unsuccessful(response: Response) -> Failure {
    let status = response.status();
    let retry_after = retry_after(&response);
    let body = response.text().await.unwrap_or_default();
    let word = error_word(&body);
    let reason =
        word.map_or_else(|| format!("HTTP {}", status.as_u16()), |word| format!("HTTP {}, `{word}`", status.as_u16()));
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Failure::Passing { reason, retry_after },
        _ if status.is_server_error() => Failure::Passing { reason, retry_after },
        _ if status.is_redirection() => {
            Failure::Closed(format!("{reason}: a redirect is not followed; is the address Slack's?"))
        }
        StatusCode::BAD_REQUEST if !word.is_some_and(|word| ABOUT_THE_CHANNEL.contains(&word)) => {
            Failure::Refused(reason)
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::Refused(reason),
        _ => Failure::Closed(reason),
    }
}

/// Errors with status 400 that no other message would escape
/// (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling-errors>). The others are about one
/// message, and the next one may be taken.
const ABOUT_THE_CHANNEL: [&str; 4] = ["invalid_token", "no_active_hooks", "no_team", "user_not_found"];

/// Slack's word for an error. Any other body is not quoted: a server that is not Slack may repeat the address in it.
pub(super) fn error_word(body: &str) -> Option<&str> {
    let word = body.trim();
    let is_word = !word.is_empty() && word.len() <= 50 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_word.then_some(word)
}

/// The wait that the answer asks for, in seconds. Slack sends whole seconds only.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
