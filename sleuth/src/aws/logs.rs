//! Log files in S3.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read},
    sync::{Mutex, PoisonError},
};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::{
    Client,
    config::Builder,
    error::SdkError,
    operation::get_object::{GetObjectError, GetObjectOutput},
    primitives::ByteStream,
};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use super::error::{read_error, strange};
use crate::{facts::ReadError, logfile::MOST_BYTES, ports::watch::ReadLogs, tags::watch::LogObject};

const CALL: &str = "GetObject";
/// The header by which S3 names the region of a bucket that is elsewhere
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
const REGION: &str = "x-amz-bucket-region";

/// Log files, by S3. One client a region.
#[derive(Debug)]
pub struct Logs {
    sdk: SdkConfig,
    end: Option<Instant>,
    clients: Mutex<BTreeMap<Option<String>, Client>>,
}

impl Logs {
    /// What the credentials in `sdk` may read, until `end`.
    pub fn new(sdk: &SdkConfig, end: Option<Instant>) -> Self {
        Self { sdk: sdk.clone(), end, clients: Mutex::default() }
    }

    /// The client of a region; `None`: that of the run.
    fn client(&self, region: Option<&str>) -> Client {
        let region = region.map(ToOwned::to_owned);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients.entry(region.clone()).or_insert_with(|| {
            let settings = Builder::from(&self.sdk);
            let settings = match region {
                Some(region) => settings.region(Region::new(region)),
                None => settings,
            };
            Client::from_conf(settings.build())
        });
        client.clone()
    }

    async fn get(&self, object: &LogObject, region: Option<&str>) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
        self.client(region).get_object().bucket(&object.bucket).key(&object.key).send().await
    }
}

impl ReadLogs for Logs {
    type Bytes = Download;

    async fn open(&self, object: &LogObject) -> Result<Download, ReadError> {
        let answer = match self.get(object, object.region.as_deref()).await {
            Err(error) => match elsewhere(&error).map(ToOwned::to_owned) {
                Some(region) => self.get(object, Some(&region)).await,
                None => Err(error),
            },
            answer => answer,
        };
        let answer = answer.map_err(|error| read_error(CALL, &error))?;
        if answer.content_length().is_some_and(|length| length.unsigned_abs() > MOST_BYTES) {
            return Err(strange(CALL, "more bytes than any log has"));
        }
        Ok(Download { stream: answer.body, chunk: Cursor::default(), end: self.end, runtime: Handle::current() })
    }
}

/// The region that a bucket is in, if S3 says that it is in another one.
fn elsewhere(error: &SdkError<GetObjectError>) -> Option<&str> {
    let answer = error.raw_response()?;
    matches!(answer.status().as_u16(), 301 | 307 | 400).then(|| answer.headers().get(REGION)).flatten()
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
