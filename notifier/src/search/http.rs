//! One request to OpenSearch, and its answer.

use std::{fmt, time::Duration};

use reqwest::{Client, Method, Request, StatusCode, Url, header::CONTENT_TYPE};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{
    address::SearchUrl,
    login::{Access, InvalidLogin, Login},
    sigv4,
};
use crate::{
    http::{client, no_answer, retry_after},
    retry::Failure,
};

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
    /// The OpenSearch at `url`. Nothing is sent yet.
    pub(super) fn new(url: SearchUrl, login: Login, timeout: Duration) -> Result<Self, InvalidLogin> {
        let access = Access::new(login, &url)?;
        let client = client(timeout)?;
        Ok(Self { url, access, client, timeout })
    }

    /// Sends a request to `path`, which begins with a slash and may have a query. Fails only if there is no answer.
    pub(super) async fn send(&self, method: Method, path: &str, body: &Body) -> Result<Answer, Failure> {
        let request = self.request(method, self.url.join(path), body).await?;
        let response = self.client.execute(request).await.map_err(no_answer)?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let body = response.text().await.map_err(no_answer)?;
        Ok(Answer { status, retry_after, body })
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
