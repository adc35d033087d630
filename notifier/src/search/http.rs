//! One request to OpenSearch, and its answer.

use std::{collections::BTreeMap, fmt, time::Duration};

use reqwest::{
    Client, Method, Request, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    redirect,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{
    address::SearchUrl,
    login::{Access, InvalidLogin, Login, Signer},
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
        let (content_type, body) = match body {
            Body::Empty => (None, String::new()),
            Body::Json(value) => (Some("application/json"), value.to_string()),
            Body::Lines(lines) => (Some("application/x-ndjson"), lines.clone()),
        };
        let mut headers = BTreeMap::new();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE.as_str().to_owned(), content_type.to_owned());
        }
        if let Access::Signed(signer) = &self.access {
            headers.extend(self.signature(signer, &method, &url, content_type, &body).await?);
        }
        let mut request = self.client.request(method, url);
        if let Access::Basic { user, password } = &self.access {
            request = request.basic_auth(user, Some(password.expose_secret()));
        }
        for (name, value) in headers {
            let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
            let (Ok(name), Ok(mut value)) = header else {
                return Err(Failure::Closed("the AWS credentials hold characters that cannot be sent".to_owned()));
            };
            value.set_sensitive(name != CONTENT_TYPE);
            request = request.header(name, value);
        }
        request.body(body).build().map_err(no_answer)
    }

    async fn signature(
        &self,
        signer: &Signer,
        method: &Method,
        url: &Url,
        content_type: Option<&str>,
        body: &str,
    ) -> Result<impl Iterator<Item = (String, String)>, Failure> {
        let late = || Failure::Passing { reason: "no AWS credentials in time".to_owned(), retry_after: None };
        let credentials = timeout(self.timeout, signer.credentials()).await.map_err(|_| late())??;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = BTreeMap::from([("host", host)]);
        headers.extend(content_type.map(|value| ("content-type", value.to_owned())));
        let request = sigv4::Request { method: method.as_str(), path: url.path(), headers, body: body.as_bytes() };
        let headers = sigv4::sign(request, &signer.scope, &credentials, signer.at());
        Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value)))
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
