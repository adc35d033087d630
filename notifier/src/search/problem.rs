//! What OpenSearch complains of, and whether that passes.

use std::fmt;

use reqwest::StatusCode;
use serde_json::Value;

use super::{http::Answer, login::Access};
use crate::retry::Failure;

/// An error, of a whole request or of one document of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    /// OpenSearch's word for it, such as `mapper_parsing_exception`; empty if it is not OpenSearch that answered.
    kind: String,
    reason: String,
}

/// The word for an index or cluster that takes nothing, whoever asks.
const BLOCKED: &str = "cluster_block_exception";
/// How much of a reason is repeated, in characters. Some quote a whole document.
const LONGEST_REASON: usize = 300;

impl Problem {
    /// What an answer complains of: in OpenSearch's form, or in that of AWS in front of it.
    pub(super) fn of_answer(answer: &Answer) -> Self {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let error = body.get("error").unwrap_or(&body);
        Self::of_error(answer.status.as_u16(), error)
    }

    /// What is said in the place where an error belongs.
    pub(super) fn of_error(status: u16, error: &Value) -> Self {
        let text = |name| error.get(name).and_then(Value::as_str);
        let reason = text("reason").or(text("message")).or(text("Message")).or(error.as_str()).unwrap_or_default();
        // AWS says on further lines what it had expected to be signed: tokens, too.
        let reason = reason.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control());
        Self {
            status,
            kind: text("type").unwrap_or_default().to_owned(),
            reason: reason.take(LONGEST_REASON).collect(),
        }
    }

    /// Whether there is no such index, and OpenSearch makes none by itself.
    pub(super) fn is_missing_index(&self) -> bool {
        self.kind == "index_not_found_exception"
    }

    /// Whether it is OpenSearch that has no such thing.
    pub(super) fn is_missing(&self) -> bool {
        self.status == 404 && !self.kind.is_empty()
    }

    /// Whether this is not allowed, and something else may be.
    pub(super) fn is_denied(&self) -> bool {
        self.status == 403 && self.kind != BLOCKED
    }

    /// Whether the index, or whatever it is, is there already.
    pub(super) fn is_existing_index(&self) -> bool {
        self.kind == "resource_already_exists_exception"
    }

    /// Whether it passes, concerns this document or request alone, or all others too.
    pub(super) fn failure(&self, access: &Access) -> Failure {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
        if busy || status.is_server_error() || self.kind.ends_with("rejected_execution_exception") {
            return Failure::Passing { reason: self.to_string(), retry_after: None };
        }
        let advice = if self.is_missing_index() {
            "run `sleuth search setup`, which makes the index"
        } else if self.reason.contains("Document ID is not supported") {
            // https://docs.aws.amazon.com/solutions/latest/migration-assistant-for-amazon-opensearch-service/mts-collection-types.html
            "a Serverless collection for time series or vectors takes no ids, without which a repeated request would \
             write everything twice: use a collection of the type search"
        } else if self.kind == BLOCKED {
            "the index or cluster takes nothing; is its disk full?"
        } else if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            access.advice()
        } else if status.is_redirection() {
            "a redirect is not followed; is the address that of OpenSearch?"
        } else if status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED {
            "is the address that of OpenSearch?"
        } else {
            return Failure::Refused(self.to_string());
        };
        Failure::Closed(format!("{self}; {advice}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if !self.kind.is_empty() {
            write!(f, ", `{}`", self.kind)?;
        }
        if !self.reason.is_empty() {
            write!(f, ": {}", self.reason)?;
        }
        Ok(())
    }
}

/// What an answer that is no success means for the request.
pub(super) fn judge(answer: &Answer, access: &Access) -> Failure {
    match Problem::of_answer(answer).failure(access) {
        Failure::Passing { reason, .. } => Failure::Passing { reason, retry_after: answer.retry_after },
        failure => failure,
    }
}
