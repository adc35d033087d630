//! One HTTP client for all that is told over HTTPS, and what its answers have in common.

use std::time::Duration;

use reqwest::{
    Client, Error,
    header::{HeaderMap, RETRY_AFTER},
    redirect,
};

use crate::retry::{Failure, root_cause};

/// A client that follows no redirect: what was meant for one address, and the credentials for it, must not go anywhere
/// else. Slack answers a redirect for an address that is wrong.
pub(crate) fn client(timeout: Duration) -> Result<Client, Error> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("sleuth-notifier/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A request that got no answer. The error's own text is used without the address, which may be a secret.
pub(crate) fn no_answer(error: Error) -> Failure {
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

/// The wait that an answer asks for, if in whole seconds: neither Slack nor OpenSearch sends a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn only_whole_seconds_are_waited_for() {
        for (value, seconds) in
            [("30", Some(30)), (" 0 ", Some(0)), ("1.5", None), ("-1", None), ("Thu, 01 Jan 2026 00:00:00 GMT", None)]
        {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
