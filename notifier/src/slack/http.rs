//! One HTTP client for Slack, and how its answers are judged.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::RETRY_AFTER, redirect};

use crate::{layout, retry::Failure};

/// How much of an error's body is quoted, in characters.
const QUOTED: usize = 100;

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
    let what = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "no answer".to_owned()
    };
    let error = error.without_url();
    let cause = root_cause(&error);
    Failure::Passing { reason: format!("{what}: {cause}"), retry_after: None }
}

/// An answer that is not a success.
pub(super) async fn unsuccessful(response: Response) -> Failure {
    let status = response.status();
    let retry_after = retry_after(&response);
    let body = response.text().await.unwrap_or_default();
    let quoted: String = body.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let quoted = layout::clip(quoted.trim(), QUOTED);
    let said = if quoted.is_empty() { String::new() } else { format!(", `{quoted}`") };
    let reason = format!("HTTP {}{said}", status.as_u16());
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Failure::Passing { reason, retry_after },
        _ if status.is_server_error() => Failure::Passing { reason, retry_after },
        _ if status.is_redirection() => {
            Failure::Closed(format!("{reason}: a redirect is not followed; is the address a Slack webhook?"))
        }
        // Only this message is at fault; the next one may be taken.
        StatusCode::BAD_REQUEST if body.contains("invalid_payload") => Failure::Refused(reason),
        StatusCode::PAYLOAD_TOO_LARGE => Failure::Refused(reason),
        _ => Failure::Closed(reason),
    }
}

/// The wait that the answer asks for, in seconds. Slack sends whole seconds only.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// The innermost error, which says what happened (`connection refused`) rather than where.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
