//! Finding what was done in a span of time.

use std::ops::Range;

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    http::Body,
    index::{Reply, SearchError, SearchIndex, read},
    template::UID,
};

/// Documents a page. An index gives at most 10,000 at once
/// (<https://docs.opensearch.org/latest/search-plugins/searching-data/paginate/>).
const PAGE: usize = 1_000;

#[derive(Deserialize)]
struct Page {
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    hits: Hits,
}

#[derive(Deserialize)]
struct Shards {
    total: u64,
    failed: u64,
}

#[derive(Deserialize)]
struct Hits {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_source")]
    source: Map<String, Value>,
    /// By what it was sorted: where the next page begins.
    sort: Vec<Value>,
}

impl SearchIndex {
    /// Searches for nothing: whether OpenSearch is there and lets us in, by the method that documents are written with,
    /// too (POST, of AWS `es:ESHttpPost`). The index need not be there. Changes nothing.
    pub async fn reach(&self, until: Option<Instant>) -> Result<(), SearchError> {
        let path = format!("/{}/_search", self.index);
        match self.ask(&mut self.patience(until), Method::POST, &path, Body::Json(json!({ "size": 0 }))).await? {
            Reply::Success(answer) => whole(read(&answer)?).map(|_| ()),
            Reply::NoIndex => Ok(()),
            Reply::Nothing | Reply::Exists => Err(SearchError::Unreadable("to a search".to_owned())),
        }
    }

    /// All documents of these kinds that are about something done (`applied`), with a `@timestamp` within `time`, the
    /// oldest first. The time counts in milliseconds.
    ///
    /// Never fewer than there are: if a part of the index did not answer, that is an error. What others wrote a moment ago
    /// may not be found yet: an index is refreshed every second, on Serverless less often, where that is true of what
    /// [`write`](SearchIndex::write) wrote, too.
    ///
    /// The documents come without their `violators`, each of which has a document of its own.
    pub async fn find_applied(
        &self,
        kinds: &[&str],
        time: Range<DateTime<Utc>>,
        until: Option<Instant>,
    ) -> Result<Vec<Map<String, Value>>, SearchError> {
        let mut patience = self.patience(until);
        let path = format!("/{}/_search", self.index);
        let (mut query, mut found) = (query(kinds, &time), Vec::new());
        loop {
            let body = Body::Json(query.clone());
            let page = match self.ask(&mut patience, Method::POST, &path, body).await? {
                Reply::Success(answer) => whole(read(&answer)?)?,
                Reply::NoIndex => return Err(SearchError::NoIndex(self.index.clone())),
                Reply::Nothing | Reply::Exists => return Err(SearchError::Unreadable("to a search".to_owned())),
            };
            let full = page.len() >= PAGE;
            let last = page.last().map(|hit| Value::from(hit.sort.clone()));
            found.extend(page.into_iter().map(|hit| hit.source));
            match (last, query.as_object_mut()) {
                (Some(last), Some(query)) if full => query.insert("search_after".to_owned(), last),
                _ => return Ok(found),
            };
        }
    }
}

/// The hits of a page, if it is one that everybody had a part in.
fn whole(page: Page) -> Result<Vec<Hit>, SearchError> {
    if page.timed_out {
        return Err(SearchError::Incomplete("the search ran out of time".to_owned()));
    }
    if page.shards.failed > 0 {
        let Shards { total, failed } = page.shards;
        return Err(SearchError::Incomplete(format!("{failed} of {total} shards failed")));
    }
    Ok(page.hits.hits)
}

/// Documents of the same moment are sorted by their ids, so that no page repeats or leaves out one. An index that has
/// never seen such fields has no such documents either.
fn query(kinds: &[&str], time: &Range<DateTime<Utc>>) -> Value {
    let moment = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "size": PAGE,
        "_source": { "excludes": ["violators"] },
        "query": { "bool": { "filter": [
            { "terms": { "kind": kinds } },
            { "term": { "applied": true } },
            { "range": { "@timestamp": { "gte": moment(&time.start), "lt": moment(&time.end) } } },
        ] } },
        "sort": [
            { "@timestamp": { "order": "asc", "unmapped_type": "date" } },
            { (UID): { "order": "asc", "unmapped_type": "keyword" } },
        ],
    })
}
