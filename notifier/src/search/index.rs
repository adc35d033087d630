//! An index of OpenSearch, and why it cannot be used.

use reqwest::Method;
use tokio::time::Instant;

use super::{
    address::{IndexName, SearchUrl},
    http::{Answer, Body, Http},
    login::{InvalidLogin, Login},
    problem::{Problem, judge},
};
use crate::retry::{Failure, Patience, RetryPolicy};

/// An index of OpenSearch or Elasticsearch that documents are written to and read from.
///
/// That it is there is not asked before the first write: OpenSearch Serverless has nothing to ask.
#[derive(Debug, Clone)]
pub struct SearchIndex {
    pub(super) http: Http,
    pub(super) index: IndexName,
    pub(super) policy: RetryPolicy,
}

/// Why an index cannot be set up or read.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// OpenSearch refused.
    #[error("{0}")]
    Failed(String),
    /// OpenSearch knows us, or needs not to, and does not allow this: something else it may (HTTP 403).
    #[error("{0}")]
    Denied(String),
    /// OpenSearch did not answer, or not now.
    #[error("{0}")]
    Unavailable(String),
    /// There is no such index.
    #[error("there is no index {0}; run `sleuth search setup`, which makes it")]
    NoIndex(IndexName),
    /// The index is there, with fields of other types.
    #[error(
        "the index {index} has fields of other types than Sleuth writes ({}); use another index, or reindex it",
        fields.join(", ")
    )]
    OtherTypes {
        /// The index, which may be behind an alias.
        index: String,
        /// Each field, with the type it has and the one it should have.
        fields: Vec<String>,
    },
    /// Not all that was asked for is in the answer.
    #[error("the answer is not complete: {0}")]
    Incomplete(String),
    /// The answer is not what OpenSearch answers.
    #[error("the answer cannot be understood: {0}")]
    Unreadable(String),
}

impl SearchIndex {
    /// The index `index` of the OpenSearch at `url`. Nothing is sent yet.
    pub fn new(url: SearchUrl, login: Login, index: IndexName, policy: RetryPolicy) -> Result<Self, InvalidLogin> {
        Ok(Self { http: Http::new(url, login, policy.timeout)?, index, policy })
    }

    /// The time for requests of which nothing is retried but what passes.
    pub(super) fn patience(&self, until: Option<Instant>) -> Patience<'_> {
        Patience::new(&self.policy, until)
    }

    /// Asks until there is an answer that is a success, or says that something is not there or is there already.
    pub(super) async fn ask(
        &self,
        patience: &mut Patience<'_>,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<Reply, SearchError> {
        let (_, reply) = patience.persist(|| self.ask_once(&method, path, &body)).await;
        reply.unwrap_or_else(|failure| {
            Err(match failure {
                Failure::Passing { reason, .. } => SearchError::Unavailable(reason),
                Failure::Refused(reason) | Failure::Closed(reason) => SearchError::Failed(reason),
            })
        })
    }

    /// A denial is an answer, too: it does not pass.
    async fn ask_once(&self, method: &Method, path: &str, body: &Body) -> Result<Result<Reply, SearchError>, Failure> {
        let answer = self.http.send(method.clone(), path, body).await?;
        if answer.status.is_success() {
            return Ok(Ok(Reply::Success(answer)));
        }
        let problem = Problem::of_answer(&answer);
        if problem.is_missing_index() {
            return Ok(Ok(Reply::NoIndex));
        }
        if problem.is_existing_index() {
            return Ok(Ok(Reply::Exists));
        }
        if problem.is_missing() {
            return Ok(Ok(Reply::Nothing));
        }
        match judge(&answer, &self.http.access) {
            Failure::Closed(reason) if problem.is_denied() => Ok(Err(SearchError::Denied(reason))),
            failure => Err(failure),
        }
    }
}

/// What may come of a question.
pub(super) enum Reply {
    Success(Answer),
    /// There is no such index.
    NoIndex,
    /// There is no such thing, though OpenSearch is there.
    Nothing,
    /// It is there already.
    Exists,
}

/// An answer in the form of `T`.
pub(super) fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, SearchError> {
    serde_json::from_str(&answer.body).map_err(|error| SearchError::Unreadable(error.to_string()))
}
