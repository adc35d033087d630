//! Slack's Web API: one call, and how its answer is judged. A refusal has status 200 and says `"ok": false`.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    refusal,
    webhook::{InvalidUrl, check_url},
};
use crate::{http, retry::Failure};

/// Why the Web API cannot be called at all.
#[derive(Debug, thiserror::Error)]
pub enum InvalidApi {
    /// The address is refused.
    #[error("the API address {0}")]
    Address(InvalidUrl),
    /// This machine's TLS set-up is broken.
    #[error("no HTTPS client could be made")]
    Client(#[source] reqwest::Error),
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Slack knows the token, but not the person or channel that the call names, or keeps the token from them: the same
    /// call for somebody else may succeed. Slack's word for it.
    Addressee(String),
    /// Anything else.
    Failure(Failure),
}

impl Fault {
    /// What it means where there is only one to be addressed.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Addressee(word) => Failure::Closed(word),
            Self::Failure(failure) => failure,
        }
    }
}

/// An answer, and what its header says beside it.
pub(super) struct Answer<T> {
    pub(super) content: T,
    /// What the token may do, as far as Slack says it (`x-oauth-scopes`).
    pub(super) scopes: Vec<String>,
}

/// The Web API at one address, as one token sees it.
#[derive(Debug, Clone)]
pub(super) struct WebApi {
    token: SecretString,
    base: String,
    client: Client,
}

impl WebApi {
    /// `base` is normally `https://slack.com/api`; plain HTTP is accepted for this machine only.
    pub(super) fn new(token: SecretString, base: &str, timeout: Duration) -> Result<Self, InvalidApi> {
        let base = base.trim_end_matches('/').to_owned();
        check_url(&base).map_err(InvalidApi::Address)?;
        let client = http::client(timeout).map_err(InvalidApi::Client)?;
        Ok(Self { token, base, client })
    }

    /// Asks `method`.
    pub(super) async fn get<T: DeserializeOwned>(&self, method: &str, parameters: &[(&str, &str)]) -> Result<T, Fault> {
        let request = self.client.get(self.address(method)).query(parameters);
        self.call(request).await.map(|answer| answer.content)
    }

    /// Calls `method` with a JSON body.
    pub(super) async fn post<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize) -> Result<T, Fault> {
        // Without the charset, every answer has a warning (https://docs.slack.dev/apis/web-api/#posting_json).
        let json = (header::CONTENT_TYPE, "application/json; charset=utf-8");
        let request = self.client.post(self.address(method)).header(json.0, json.1).json(body);
        self.call(request).await.map(|answer| answer.content)
    }

    /// Calls `method` with a form.
    pub(super) async fn submit<T: DeserializeOwned>(
        &self,
        method: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer<T>, Fault> {
        // A query has the form of a form. This one is of no address.
        let form = Url::parse_with_params("https://form.invalid/", fields)
            .map_err(|_| Fault::Failure(Failure::Closed("the request cannot be made".to_owned())))?;
        let body = form.query().unwrap_or_default().to_owned();
        let kind = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.call(self.client.post(self.address(method)).header(kind.0, kind.1).body(body)).await
    }

    /// Sends bytes to an address that Slack gave for them, without the token.
    pub(super) async fn upload(&self, address: &str, content: Vec<u8>, timeout: Duration) -> Result<(), Failure> {
        // The address is a secret as long as nothing was sent there, and must not lead to anywhere in the clear.
        let address =
            check_url(address).map_err(|error| Failure::Refused(format!("the address for the upload {error}")))?;
        let kind = (header::CONTENT_TYPE, "application/octet-stream");
        let request = self.client.post(address).header(kind.0, kind.1).body(content).timeout(timeout);
        let response = request.send().await.map_err(http::no_answer)?;
        if response.status().is_success() { Ok(()) } else { Err(refusal::unsuccessful(response).await) }
    }

    fn address(&self, method: &str) -> String {
        format!("{}/{method}", self.base)
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Answer<T>, Fault> {
        let request = request.bearer_auth(self.token.expose_secret());
        let response = request.send().await.map_err(|error| Fault::Failure(http::no_answer(error)))?;
        if !response.status().is_success() {
            return Err(Fault::Failure(refusal::unsuccessful(response).await));
        }
        let retry_after = http::retry_after(response.headers());
        let scopes = scopes(&response);
        let body = response.bytes().await.map_err(|error| Fault::Failure(http::no_answer(error)))?;
        let envelope: Envelope = serde_json::from_slice(&body).map_err(|_| not_slack())?;
        if !envelope.ok {
            return Err(judge(&envelope, retry_after));
        }
        let content = serde_json::from_slice(&body).map_err(|_| not_slack())?;
        Ok(Answer { content, scopes })
    }
}

/// What every answer has.
#[derive(Debug, Deserialize)]
struct Envelope {
    ok: bool,
    error: Option<String>,
    needed: Option<String>,
}

/// The body is not quoted: who is not Slack may repeat the token in it.
fn not_slack() -> Fault {
    Fault::Failure(Failure::Closed("the answer is not Slack's: no JSON of the expected form".to_owned()))
}

/// Errors that pass (<https://docs.slack.dev/reference/methods/chat.postMessage/#errors>). The rate limit has two
/// names, and mostly comes with status 429.
const PASSING: [&str; 6] =
    ["ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"];

/// Errors about the person or channel that is named. chat.postMessage opens a direct message by itself, and then
/// answers with the words of <https://docs.slack.dev/reference/methods/conversations.open/#errors> too; `cannot_dm_bot`
/// is not documented (<https://github.com/HubSpot/slack-client/pull/90>).
const ABOUT_THE_ADDRESSEE: [&str; 17] = [
    "app_access_restricted",
    "cannot_dm_bot",
    "channel_not_found",
    "invalid_channel",
    "invalid_user_combination",
    "is_archived",
    "method_not_supported_for_channel_type",
    "not_in_channel",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "user_disabled",
    "user_not_found",
    "user_not_visible",
    "users_not_found",
];

/// Errors about the token, the app or the workspace: no other call of this method would fare better.
const ABOUT_THE_TOKEN: [&str; 22] = [
    "access_denied",
    "accesslimited",
    "account_inactive",
    "deprecated_endpoint",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "invalid_auth",
    "message_limit_exceeded",
    "messages_tab_disabled",
    "method_deprecated",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "team_added_to_org",
    "team_not_found",
    "token_expired",
    "token_revoked",
    "two_factor_setup_required",
    "unknown_method",
];

fn judge(envelope: &Envelope, retry_after: Option<Duration>) -> Fault {
    let word = envelope.error.as_deref().and_then(refusal::error_word).unwrap_or("unknown error");
    let reason = match envelope.needed.as_deref().filter(|needed| is_scope(needed)) {
        Some(needed) => format!("{word} (the token needs the scope {needed})"),
        None => word.to_owned(),
    };
    if PASSING.contains(&word) {
        Fault::Failure(Failure::Passing { reason, retry_after })
    } else if ABOUT_THE_ADDRESSEE.contains(&word) {
        Fault::Addressee(reason)
    } else if ABOUT_THE_TOKEN.contains(&word) {
        Fault::Failure(Failure::Closed(reason))
    } else {
        Fault::Failure(Failure::Refused(reason))
    }
}

/// One scope or several, and nothing that somebody else put there.
fn is_scope(needed: &str) -> bool {
    !needed.is_empty() && needed.len() <= 100 && needed.bytes().all(|b| b.is_ascii_lowercase() || b":._,-".contains(&b))
}

fn scopes(response: &reqwest::Response) -> Vec<String> {
    let header = response.headers().get("x-oauth-scopes").and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(json: &str) -> Fault {
        judge(&serde_json::from_str(json).unwrap(), Some(Duration::from_secs(3)))
    }

    #[test]
    fn errors_are_about_the_moment_the_addressee_the_token_or_the_message() {
        let retry_after = Some(Duration::from_secs(3));
        for word in PASSING {
            let failure = Failure::Passing { reason: word.into(), retry_after };
            assert_eq!(judged(&format!(r#"{{"ok": false, "error": "{word}"}}"#)), Fault::Failure(failure));
        }
        for word in ["channel_not_found", "users_not_found", "user_disabled", "cannot_dm_bot"] {
            assert_eq!(judged(&format!(r#"{{"ok": false, "error": "{word}"}}"#)), Fault::Addressee(word.into()));
        }
        for word in ["invalid_auth", "not_authed", "token_revoked", "account_inactive", "messages_tab_disabled"] {
            let failure = Failure::Closed(word.into());
            assert_eq!(judged(&format!(r#"{{"ok": false, "error": "{word}"}}"#)), Fault::Failure(failure));
        }
        for word in ["too_many_attachments", "a_word_of_tomorrow"] {
            let failure = Failure::Refused(word.into());
            assert_eq!(judged(&format!(r#"{{"ok": false, "error": "{word}"}}"#)), Fault::Failure(failure));
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let fault = judged(r#"{"ok": false, "error": "missing_scope", "needed": "users:read.email", "provided": "x"}"#);
        let reason = "missing_scope (the token needs the scope users:read.email)";
        assert_eq!(fault, Fault::Failure(Failure::Closed(reason.into())));
    }

    #[test]
    fn what_is_not_slacks_word_is_not_repeated() {
        for json in [
            r#"{"ok": false}"#,
            r#"{"ok": false, "error": "xoxb-HUSH"}"#,
            r#"{"ok": false, "error": "", "needed": "xoxb-HUSH"}"#,
        ] {
            assert_eq!(judged(json), Fault::Failure(Failure::Refused("unknown error".into())), "{json}");
        }
    }

    #[test]
    fn the_token_is_redacted() {
        let api = WebApi::new("xoxb-hush".to_owned().into(), "https://slack.com/api/", Duration::from_secs(1)).unwrap();
        assert!(!format!("{api:?}").contains("hush"));
        assert_eq!(api.address("auth.test"), "https://slack.com/api/auth.test");
    }
}
