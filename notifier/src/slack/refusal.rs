//! What Slack means by an answer that is not a success, whatever it answers.

use reqwest::{Response, StatusCode};

use crate::{http::retry_after, retry::Failure};

/// An answer that is not a success.
pub(super) async fn unsuccessful(response: Response) -> Failure {
    let status = response.status();
    let retry_after = retry_after(response.headers());
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
