//! What the watch needs besides what the audit of EC2 tags does.

use std::{future::Future, io::Read};

use super::tags::{ReadInstances, WriteInstances};
use crate::{facts::ReadError, tags::watch::LogObject};

/// Reads log files.
pub trait ReadLogs: Sync {
    /// What a file holds. Reading it may block, and fails once the time of the run is over.
    type Bytes: Read + Send + 'static;

    /// Opens a file.
    fn open(&self, object: &LogObject) -> impl Future<Output = Result<Self::Bytes, ReadError>> + Send;
}

/// The accounts in which instances can be looked at and changed.
pub trait Accounts: Sync {
    /// One of them.
    type Cloud: ReadInstances + WriteInstances + Send;

    /// The account with this id.
    fn account(&self, id: &str) -> impl Future<Output = Result<Self::Cloud, ReadError>> + Send;
}
