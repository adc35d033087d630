//! Files that somebody saved: logs of CloudTrail, or events as a function gets them.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use futures::{StreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::harvest::{Admission, Harvest, Leaves};
use crate::{
    logfile::{self, LogError},
    tags::watch::event::{Leaf, open},
};

/// Largest file that is read as an event, in bytes: more than a function is ever given
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MOST_EVENT_BYTES: u64 = 8 * 1024 * 1024;

/// What a saved file holds.
#[derive(Debug, Default)]
struct Saved {
    found: Leaves,
    /// What an event in it names.
    leaves: Vec<Leaf>,
    error: Option<String>,
}

/// Reads saved files. What is in logs is taken into the harvest; what events hold or name is left. `progress` hears how many
/// files are done.
pub async fn saved(files: &[PathBuf], admission: Admission<'_>, progress: impl Fn(usize)) -> (Harvest, Vec<Leaf>) {
    let (mut harvest, mut left) = (Harvest::default(), Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut readings = stream::iter(files)
        .map(|path| async move {
            let file = path.clone();
            let saved = spawn_blocking(move || Saved::read(&file)).await;
            (path, saved.unwrap_or_else(|error| Saved { error: Some(error.to_string()), ..Saved::default() }))
        })
        .buffered(cores);
    let mut done = 0;
    while let Some((path, Saved { found, leaves, error })) = readings.next().await {
        harvest.files += usize::from(error.is_none() || found.records > 0);
        harvest.take(found, &path.display(), &BTreeSet::new(), admission);
        left.extend(leaves);
        if let Some(message) = error {
            harvest.fail(&path.display(), "read", message, &BTreeSet::new());
        }
        done += 1;
        progress(done);
    }
    (harvest, left)
}

/// The files that names stand for: themselves, and of a folder the logs in it, at any depth. The error names what cannot be
/// opened.
pub fn files(names: &[PathBuf]) -> Result<Vec<PathBuf>, SavedError> {
    let mut found = Vec::new();
    for name in names {
        let failed = |source| SavedError { path: name.clone(), source };
        if name.is_dir() {
            logs_in(name, &mut found).map_err(failed)?;
        } else {
            File::open(name).map_err(failed)?;
            found.push(name.clone());
        }
    }
    Ok(found)
}

/// A file that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be opened", path.display())]
pub struct SavedError {
    /// Which file.
    path: PathBuf,
    /// Why.
    source: io::Error,
}

/// Logs are named `….json.gz`. Digest files, which are named so too, are in a folder of their own.
fn logs_in(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match () {
            // A link may lead back to where it is.
            () if path.is_symlink() => {}
            () if path.is_dir() && !matches!(&*name, "CloudTrail-Digest" | "CloudTrail-Insight") => {
                logs_in(&path, found)?;
            }
            () if name.ends_with(".json.gz") || name.ends_with(".json") => found.push(path),
            () => {}
        }
    }
    Ok(())
}

/// What tells an entry of an event from a record of a log: services send the one as `aws:s3`, write the other as
/// `s3.amazonaws.com`.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "eventSource", alias = "EventSource")]
    source: std::borrow::Cow<'a, str>,
}

impl Saved {
    fn read(path: &Path) -> Self {
        let mut saved = Self::default();
        saved.error = saved.fill(path).err().map(|error| error.to_string());
        saved
    }

    fn fill(&mut self, path: &Path) -> Result<(), LogError> {
        let mut file = File::open(path)?;
        let Self { found, leaves, .. } = self;
        let ended = logfile::read(&mut file, |record| {
            let entry = serde_json::from_str::<Entry<'_>>(record).is_ok_and(|entry| entry.source.starts_with("aws:"));
            match serde_json::from_str::<Value>(record) {
                Ok(value) if entry => leaves.extend(open(&value)),
                _ => found.record(record, None),
            }
        });
        match ended {
            Err(LogError::NoLog(_)) => {
                leaves.extend(open(&event(file)?));
                Ok(())
            }
            ended => ended,
        }
    }
}

/// A whole file as an event.
fn event(mut file: File) -> Result<Value, LogError> {
    file.rewind()?;
    let mut text = String::new();
    file.take(MOST_EVENT_BYTES).read_to_string(&mut text)?;
    serde_json::from_str(&text).map_err(|error| LogError::Read(io::Error::other(error)))
}
