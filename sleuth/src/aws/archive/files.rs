//! Files of a run whose work is shared out among many invocations: beside the reports, where none is looked for.

use aws_sdk_s3::{error::ProvideErrorMetadata as _, primitives::ByteStream, types::ServerSideEncryption};
use tokio::time::Instant;

use super::{Archive, MOST_BYTES, collected, listing::Stretch};
use crate::{
    aws::error::{is_denied, read_error, status, strange},
    deadline::before,
    facts::ReadError,
    ports::accounts::Store,
};

/// The folder of all such files, below the prefix.
const RUNS: &str = "runs";

/// How often a file that must be new is tried to be written while others write it, too.
const CLAIMS: usize = 5;

/// What came of writing a file.
enum Written {
    Yes,
    /// It had to be new and was not.
    No,
    /// Somebody else was writing it.
    Conflict,
}

/// The files of one run.
#[derive(Debug)]
pub struct Files<'a> {
    archive: &'a Archive,
    /// What all keys begin with.
    folder: String,
    /// When to stop waiting for S3.
    end: Option<Instant>,
}

impl Archive {
    /// The files of a run of one kind of audit; answers are waited for until `end`.
    pub fn files(&self, kind: &str, run: &str, end: Option<Instant>) -> Files<'_> {
        Files { archive: self, folder: format!("{}{RUNS}/{kind}/{run}/", self.config.prefix), end }
    }
}

impl Files<'_> {
    /// The bucket, and the key of a file in it.
    pub fn place(&self, name: &str) -> (&str, String) {
        (&self.archive.config.bucket, self.key(name))
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.folder)
    }

    /// Whether the file was written: not if it had to be new and was not.
    async fn write(&self, name: &str, text: &str, new: bool) -> Result<bool, ReadError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.write_once(name, text, new).await? {
                Written::Conflict if attempts < CLAIMS => {}
                Written::Conflict => {
                    return Err(of(name, strange("PutObject", "nothing but conflicts with other writers")));
                }
                Written::Yes => return Ok(true),
                Written::No => return Ok(false),
            }
        }
    }

    async fn write_once(&self, name: &str, text: &str, new: bool) -> Result<Written, ReadError> {
        let config = &self.archive.config;
        let put = self.archive.buckets.call(&config.bucket, None, |client| {
            client
                .put_object()
                .bucket(&config.bucket)
                .key(self.key(name))
                .content_type("application/json")
                .body(ByteStream::from(text.as_bytes().to_vec()))
                .set_if_none_match(new.then(|| "*".to_owned()))
                .set_server_side_encryption(config.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms))
                .set_ssekms_key_id(config.kms_key.clone())
                .send()
        });
        match before(self.end, put).await? {
            Ok(_) => Ok(Written::Yes),
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            Err(error) if new && status(&error) == Some(412) => Ok(Written::No),
            // Another writer was at it, and may have failed.
            Err(error) if new && status(&error) == Some(409) => Ok(Written::Conflict),
            Err(error) => Err(of(name, read_error("PutObject", &error))),
        }
    }
}

/// The error with the file that it is about.
fn of(name: &str, error: ReadError) -> ReadError {
    ReadError { message: format!("{name}: {}", error.message), ..error }
}

impl Files<'_> {
    /// Whether there is a file of this name.
    async fn is_there(&self, name: &str) -> Result<bool, ReadError> {
        let stretch = Stretch { prefix: self.key(name), after: None };
        let keys = Box::pin(self.archive.objects(&stretch, self.end)).await?;
        Ok(keys.contains(&self.key(name)))
    }
}

impl Store for Files<'_> {
    async fn put(&self, name: &str, text: &str) -> Result<(), ReadError> {
        self.write(name, text, false).await.map(|_| ())
    }

    async fn claim(&self, name: &str, text: &str) -> Result<bool, ReadError> {
        self.write(name, text, true).await
    }

    async fn get(&self, name: &str) -> Result<Option<String>, ReadError> {
        let bucket = &self.archive.config.bucket;
        let read = async {
            let call = self
                .archive
                .buckets
                .call(bucket, None, |client| client.get_object().bucket(bucket).key(self.key(name)).send());
            let object = match call.await {
                Ok(object) => object,
                Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
                // So S3 says of what is not there to who may list only a part of the bucket
                // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
                Err(error) if is_denied(&error) && !self.is_there(name).await? => return Ok(None),
                Err(error) => return Err(of(name, read_error("GetObject", &error))),
            };
            let bytes = collected(object.body, MOST_BYTES).await.map_err(|error| of(name, error))?;
            String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| ReadError { operation: "GetObject".to_owned(), message: format!("{name}: it is no text") })
        };
        before(self.end, read).await?
    }

    async fn names(&self, folder: &str) -> Result<Vec<String>, ReadError> {
        let stretch = Stretch { prefix: self.key(folder), after: None };
        let keys = self.archive.objects(&stretch, self.end).await?;
        Ok(keys.into_iter().filter_map(|key| key.strip_prefix(&self.folder).map(ToOwned::to_owned)).collect())
    }
}
