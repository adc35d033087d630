//! One request to OpenSearch, and its answer.

use std::{fmt, time::Duration};

use reqwest::{
    Client, Method, Request, StatusCode, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{
    address::SearchUrl,
    login::{Access, InvalidLogin, Login},
    sigv4,
};
use crate::retry::{Failure, root_cause};

/// The way to OpenSearch.
#[derive(Clone)]
pub(super) struct Http {
    url: SearchUrl,
    pub(super) access: Access,
    client: Client,
    timeout: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("url", &self.url.to_string()).finish_non_exhaustive()
    }
}

/// What is sent.
pub(super) enum Body {
    Empty,
    Json(serde_json::Value),
    /// Lines of JSON.
    Lines(String),
}

/// What comes back, whatever it says.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
}

impl Http {
    /// A client that follows no redirect: credentials and documents are for this address only.
    pub(super) fn new(url: SearchUrl, login: Login, timeout: Duration) -> Result<Self, InvalidLogin> {
        let access = Access::new(login, &url)?;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .user_agent(concat!("sleuth-notifier/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { url, access, client, timeout })
    }

    /// Sends a request to `path`, which begins with a slash. Fails only if there is no answer.
    pub(super) async fn send(&self, method: Method, path: &str, body: &Body) -> Result<Answer, Failure> {
        let request = self.request(method, self.url.join(path), body).await?;
        let response = self.client.execute(request).await.map_err(no_answer)?;
        let status = response.status();
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = response.text().await.map_err(no_answer)?;
        Ok(Answer { status, retry_after: retry_after.map(Duration::from_secs), body })
    }

    async fn request(&self, method: Method, url: Url, body: &Body) -> Result<Request, Failure> {
        let request = self.client.request(method, url);
        let request = match body {
            Body::Empty => request.body(String::new()),
            Body::Json(value) => request.header(CONTENT_TYPE, "application/json").body(value.to_string()),
            Body::Lines(lines) => request.header(CONTENT_TYPE, "application/x-ndjson").body(lines.clone()),
        };
        match &self.access {
            Access::Open => request.build().map_err(no_answer),
            Access::Basic { user, password } => {
                request.basic_auth(user, Some(password.expose_secret())).build().map_err(no_answer)
            }
            Access::Signed(signer) => {
                let mut request = request.build().map_err(no_answer)?;
                let late = || Failure::Passing { reason: "no AWS credentials in time".to_owned(), retry_after: None };
                let credentials = timeout(self.timeout, signer.credentials()).await.map_err(|_| late())??;
                sigv4::sign(&mut request, &signer.scope, credentials, signer.at())?;
                Ok(request)
            }
        }
    }
}

/// A request that got no answer.
fn no_answer(error: reqwest::Error) -> Failure {
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
