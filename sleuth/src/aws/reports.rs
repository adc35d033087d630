//! Where runs leave their reports: the archive, or the search index.

use aws_config::SdkConfig;
use chrono::{DateTime, Utc};
use notifier::{SearchIndex, search::SearchError};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    archive::Archive,
    outputs::{OutputsError, search_index},
};
use crate::{
    config,
    digest::Span,
    facts::ReadError,
    ports::digest::{Kept, Listed, ReadReports},
    report::documents::{KEY_AUDIT, KEY_FINDING, TAG_AUDIT, TAG_VIOLATOR},
};

/// A store that can be read.
#[derive(Debug)]
pub enum Stored {
    /// Objects in a bucket.
    Archive(Box<Archive>, Option<Instant>),
    /// Documents about a span of time.
    Search(Box<SearchIndex>, Span, Option<Instant>),
}

/// The store that `config` names: the archive, which has the whole of each report, or else the index, or that rather if it is
/// preferred. What is asked of it is waited for until `end`.
pub async fn stored(
    sdk: &SdkConfig,
    config: &config::Outputs,
    search_first: bool,
    span: Span,
    end: Option<Instant>,
) -> Result<Option<Stored>, OutputsError> {
    if let Some(archive) = config.archive.as_ref().filter(|_| !search_first) {
        return Ok(Some(Stored::Archive(Box::new(Archive::new(sdk, archive.clone())), end)));
    }
    match &config.search {
        Some(search) => {
            let index = search_index(sdk, search, config, end).await?;
            Ok(Some(Stored::Search(Box::new(index), span, end)))
        }
        None => Ok(None),
    }
}

/// The name of what an index holds: it is asked for all at once.
const ALL: &str = "the search index";

impl ReadReports for Stored {
    async fn list(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Listed {
        match self {
            Self::Archive(archive, end) => archive.list(from, to, *end).await,
            Self::Search(..) => Listed { names: vec![ALL.to_owned()], errors: Vec::new() },
        }
    }

    async fn read(&self, name: &str) -> Result<Kept, ReadError> {
        match self {
            Self::Archive(archive, end) => archive.get(name, *end).await.map(Kept::Report),
            Self::Search(index, Span { from, to }, end) => {
                let kinds = [KEY_AUDIT, KEY_FINDING, TAG_AUDIT, TAG_VIOLATOR];
                let found = index.find_applied(&kinds, *from..*to, *end).await.map_err(|error| unread(&error))?;
                let named = |document: serde_json::Map<String, Value>| {
                    let id = document.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned();
                    (id, Value::Object(document))
                };
                Ok(Kept::Documents(found.into_iter().map(named).collect()))
            }
        }
    }
}

fn unread(error: &SearchError) -> ReadError {
    ReadError { operation: "_search".to_owned(), message: error.to_string() }
}
