//! What a digest needs: the reports of runs, wherever they are kept.

use std::future::Future;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::facts::ReadError;

/// What there is to be read of some time, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Names that [`ReadReports::read`] understands: of a file, an object, or a part of an index.
    pub names: Vec<String>,
    /// What could not be listed, by what it is about. Not empty if there may be more.
    pub errors: Vec<(String, ReadError)>,
}

/// What stands under a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// The JSON of a report.
    Report(String),
    /// Documents of the search index, each with its id.
    Documents(Vec<(String, Value)>),
}

/// Reads reports that runs left.
pub trait ReadReports: Sync {
    /// What may hold something of the time from `from` until before `to`. It may hold more, which is passed over.
    fn list(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Future<Output = Listed>;

    /// What stands under one of these names.
    fn read(&self, name: &str) -> impl Future<Output = Result<Kept, ReadError>>;
}
