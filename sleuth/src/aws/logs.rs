//! Log files in S3.

use std::io::{self, Cursor, Read};

use aws_config::SdkConfig;
use aws_sdk_s3::{Client, primitives::ByteStream};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use super::{
    buckets::Buckets,
    error::{read_error, strange},
};
use crate::{facts::ReadError, logfile::MOST_BYTES, ports::watch::ReadLogs, tags::watch::LogObject};

const CALL: &str = "GetObject";
/// Log files, by S3.
#[derive(Debug)]
pub struct Logs {
    buckets: Buckets,
    end: Option<Instant>,
}

impl Logs {
    /// What the credentials in `sdk` may read, until `end`.
    pub fn new(sdk: &SdkConfig, end: Option<Instant>) -> Self {
        Self { buckets: Buckets::new(sdk), end }
    }
}

impl ReadLogs for Logs {
    type Bytes = Download;

    async fn open(&self, object: &LogObject) -> Result<Download, ReadError> {
        let get = |client: Client| client.get_object().bucket(&object.bucket).key(&object.key).send();
        let answer = self.buckets.call(&object.bucket, object.region.as_deref(), get).await;
        let answer = answer.map_err(|error| read_error(CALL, &error))?;
        if answer.content_length().is_some_and(|length| length.unsigned_abs() > MOST_BYTES) {
            return Err(strange(CALL, "more bytes than any log has"));
        }
        Ok(Download { stream: answer.body, chunk: Cursor::default(), end: self.end, runtime: Handle::current() })
    }
}

/// The bytes of an object, as they come. To be read where blocking is allowed.
#[derive(Debug)]
pub struct Download {
    stream: ByteStream,
    chunk: Cursor<Vec<u8>>,
    end: Option<Instant>,
    runtime: Handle,
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let taken = self.chunk.read(buffer)?;
            if taken > 0 || buffer.is_empty() {
                return Ok(taken);
            }
            let over = || io::Error::new(io::ErrorKind::TimedOut, "the time of the run was over");
            // A stream that always has something to give would never be waited for.
            if self.end.is_some_and(|end| Instant::now() >= end) {
                return Err(over());
            }
            let next = self.stream.try_next();
            let next = self.runtime.block_on(async {
                match self.end {
                    None => next.await.map_err(io::Error::from),
                    Some(end) => timeout_at(end, next).await.map_err(|_| over())?.map_err(io::Error::from),
                }
            });
            match next? {
                Some(chunk) => self.chunk = Cursor::new(chunk.into()),
                None => return Ok(0),
            }
        }
    }
}
