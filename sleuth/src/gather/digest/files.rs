//! Reports in files that somebody saved or copied.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use crate::{
    facts::ReadError,
    ports::digest::{Kept, Listed, ReadReports},
};

/// Files with a report each.
#[derive(Debug, Clone)]
pub struct Files(Vec<PathBuf>);

/// A file or folder that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read", path.display())]
pub struct FilesError {
    path: PathBuf,
    source: io::Error,
}

impl Files {
    /// The files that names stand for: themselves, and of a folder all in it that end in `.json`, at any depth.
    pub fn of(names: &[PathBuf]) -> Result<Self, FilesError> {
        let mut found = Vec::new();
        for name in names {
            let failed = |source| FilesError { path: name.clone(), source };
            if name.is_dir() {
                let before = found.len();
                within(name, &mut found).map_err(failed)?;
                if found.len() == before {
                    return Err(failed(io::Error::other("there is no file in it that ends in .json")));
                }
            } else {
                File::open(name).map_err(failed)?;
                found.push(name.clone());
            }
        }
        Ok(Self(found))
    }
}

fn within(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match () {
            // A link may lead back to where it is.
            () if path.is_symlink() => {}
            // Of a copy of the archive: reports on many accounts, made of those on each, and files of runs in steps.
            () if path.is_dir() && path.file_name().is_some_and(|name| name == "organization" || name == "runs") => {}
            () if path.is_dir() => within(&path, found)?,
            () if path.extension().is_some_and(|extension| extension == "json") => found.push(path),
            () => {}
        }
    }
    Ok(())
}

impl ReadReports for Files {
    async fn list(&self, _: DateTime<Utc>, _: DateTime<Utc>) -> Listed {
        let names = self.0.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        Listed { names, errors: Vec::new() }
    }

    async fn read(&self, name: &str) -> Result<Kept, ReadError> {
        let failed = |message: String| ReadError { operation: "read".to_owned(), message };
        let path = self.0.iter().find(|path| path.to_string_lossy() == name).cloned();
        let path = path.ok_or_else(|| failed("there is no such file".to_owned()))?;
        let text = spawn_blocking(move || std::fs::read_to_string(path)).await;
        let text = text.map_err(|error| failed(error.to_string()))?;
        text.map(Kept::Report).map_err(|error| failed(error.to_string()))
    }
}
