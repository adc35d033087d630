//! Fills a digest from wherever reports are kept. A report that cannot be read is in the digest, as an error.

use std::num::NonZeroUsize;

use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::{
    deadline::before,
    digest::{Collection, Span},
    facts::ReadError,
    ports::digest::{Kept, ReadReports},
    report::saved::{self, SavedReportError},
};

mod files;

pub use files::{Files, FilesError};

/// How reports are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The time that is of interest.
    pub span: Span,
    /// How many are read side by side.
    pub concurrency: NonZeroUsize,
    /// When reading has to be over.
    pub end: Option<Instant>,
}

/// Takes all that a source has of the time into a collection, which may hold what other sources had. Each report is dropped
/// once it was looked at. `progress` hears how many of how many are done.
pub async fn gather(
    collection: &mut Collection,
    source: &impl ReadReports,
    reading: Reading,
    progress: impl Fn(usize, usize),
) {
    let Reading { span, concurrency, end } = reading;
    let listed = match before(end, source.list(span.from, span.to)).await {
        Ok(listed) => listed,
        Err(error) => return collection.fail("reports", &error),
    };
    for (subject, error) in &listed.errors {
        collection.fail(subject, error);
    }
    let total = listed.names.len();
    let mut readings = stream::iter(listed.names)
        .map(|name| async move {
            let kept = before(end, source.read(&name)).await.and_then(|kept| kept);
            (name, kept)
        })
        .buffer_unordered(concurrency.get());
    let mut done = 0;
    while let Some((name, kept)) = readings.next().await {
        take(collection, &name, kept);
        done += 1;
        progress(done, total);
    }
}

fn take(collection: &mut Collection, name: &str, kept: Result<Kept, ReadError>) {
    match kept {
        Ok(Kept::Report(text)) => match saved::parse(&text) {
            Ok(report) => collection.report(&report),
            Err(error) => collection.fail(name, &unreadable(&error)),
        },
        Ok(Kept::Documents(documents)) => {
            for (id, source) in &documents {
                collection.document(&format!("{name} {id}"), source);
            }
        }
        Err(error) => collection.fail(name, &error),
    }
}

fn unreadable(error: &SavedReportError) -> ReadError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    ReadError { operation: "read".to_owned(), message: format!("{error}{cause}") }
}

#[cfg(test)]
mod tests;
