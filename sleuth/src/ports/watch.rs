//! What the watch needs besides what the audit of EC2 tags does.

use std::{future::Future, io::Read};

use crate::{facts::ReadError, tags::watch::LogObject};

/// Reads log files.
pub trait ReadLogs: Sync {
    /// What a file holds. Reading it may block, and fails once the time of the run is over.
    type Bytes: Read + Send + 'static;

    /// Opens a file.
    fn open(&self, object: &LogObject) -> impl Future<Output = Result<Self::Bytes, ReadError>> + Send;
}
