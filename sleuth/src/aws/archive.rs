//! The archive of reports: objects in a bucket.

use aws_config::SdkConfig;
use aws_sdk_s3::{primitives::ByteStream, types::ServerSideEncryption};
use chrono::{DateTime, Utc};
use notifier::{PartDelivery, PartResult};
use tokio::time::Instant;

use super::{
    buckets::Buckets,
    error::{Problem, problem, read_error, strange},
};
use crate::{config::ArchiveConfig, deadline::before, facts::ReadError};

pub mod files;
mod listing;

use listing::Stretch;

/// How the names of reports for programs end.
const JSON: &str = ".json";
/// Largest report that is read again, in bytes: 64 MiB. One on an account at IAM's limits has some 10 MB.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The folder of runs that could not tell their account.
const UNKNOWN: &str = "unknown";

/// Reports in a bucket, under `prefix/ACCOUNT/KIND/YYYY-MM-DD/RUN.{json,html}`.
#[derive(Debug)]
pub struct Archive {
    buckets: Buckets,
    config: ArchiveConfig,
    /// The region of the run, which says whose console people use.
    region: String,
}

/// Where a report is kept, below the prefix and without its extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `ACCOUNT/KIND/YYYY-MM-DD/RUN`.
    path: String,
}

impl Place {
    /// The place of the report of a run.
    pub fn new(account: Option<&str>, kind: &str, at: DateTime<Utc>, run: &str) -> Self {
        Self { path: format!("{}/{kind}/{}/{run}", account.unwrap_or(UNKNOWN), at.format("%Y-%m-%d")) }
    }

    /// A place of something else: above all accounts, where no report is looked for.
    #[cfg(feature = "cli")]
    pub(super) fn beside_reports(name: &str) -> Self {
        Self { path: name.to_owned() }
    }
}

/// A form in which a report is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For programs.
    Json,
    /// For people.
    Html,
}

impl Form {
    const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

impl Archive {
    /// The archive that `config` names, with the credentials in `sdk`.
    pub fn new(sdk: &SdkConfig, config: ArchiveConfig) -> Self {
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        Self { buckets: Buckets::new(sdk), config, region }
    }

    fn key(&self, place: &Place, form: Form) -> String {
        format!("{}{}.{}", self.config.prefix, place.path, form.extension())
    }

    /// The address of an object for people.
    pub fn uri(&self, place: &Place, form: Form) -> String {
        format!("s3://{}/{}", self.config.bucket, self.key(place, form))
    }

    /// The page of AWS's console about the report for people. Only who is signed in and may read it gets to see it: an address
    /// that is signed would let in everybody who comes across it.
    pub fn link(&self, place: &Place) -> String {
        let key: String = self.key(place, Form::Html).bytes().map(encoded).collect();
        let console = match self.region.get(..3) {
            Some("cn-") => "console.amazonaws.cn",
            Some("us-") if self.region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
            _ => "s3.console.aws.amazon.com",
        };
        format!("https://{console}/s3/object/{}?prefix={key}", self.config.bucket)
    }

    /// Keeps a report in a form, replacing what stands at its place, until `end`. Says why it could not.
    ///
    /// Without a key of one's own the bucket's default decides how it is encrypted, which may be stricter than what could be
    /// asked for here. S3 has encrypted everything since 2023 and says so
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html>); a store that does not is asked to.
    pub async fn put(&self, place: &Place, form: Form, content: &str, end: Option<Instant>) -> Result<(), String> {
        self.try_put(place, form, content, end).await.map_err(|problem| problem.to_string())
    }

    /// The same, with whether what is wrong has to be mended.
    pub(super) async fn try_put(
        &self,
        place: &Place,
        form: Form,
        content: &str,
        end: Option<Instant>,
    ) -> Result<(), Problem> {
        let own = self.config.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms);
        let asked = own.is_some();
        let mut encrypted = self.put_once(place, form, content, own, end).await?;
        if !encrypted && !asked {
            encrypted = self.put_once(place, form, content, Some(ServerSideEncryption::Aes256), end).await?;
        }
        let why = "the object is kept, but the store does not say that it is encrypted: check the bucket";
        if encrypted { Ok(()) } else { Err(Problem::Wrong(why.to_owned())) }
    }

    /// Whether the object that was put is encrypted.
    async fn put_once(
        &self,
        place: &Place,
        form: Form,
        content: &str,
        encryption: Option<ServerSideEncryption>,
        end: Option<Instant>,
    ) -> Result<bool, Problem> {
        let key = self.config.kms_key.as_ref().filter(|_| encryption == Some(ServerSideEncryption::AwsKms));
        let put = self.buckets.call(&self.config.bucket, None, |client| {
            // No ACL: the bucket's owner owns the object, and nobody else sees it but by the bucket's policy.
            client
                .put_object()
                .bucket(&self.config.bucket)
                .key(self.key(place, form))
                .content_type(form.content_type())
                .body(ByteStream::from(content.as_bytes().to_vec()))
                .set_server_side_encryption(encryption.clone())
                .set_ssekms_key_id(key.cloned())
                .send()
        });
        let answer = before(end, put).await.map_err(|over| Problem::Unavailable(over.message))?;
        let kept = answer.map_err(|error| problem(&error))?;
        Ok(kept.server_side_encryption.is_some())
    }

    /// What came of keeping a report, for the report on deliveries.
    pub fn delivery(&self, place: &Place, form: Form, result: Result<(), String>) -> PartDelivery {
        let text = || "the whole report is in the log of this run".to_owned();
        PartDelivery {
            channel: "archive",
            title: self.uri(place, form),
            part: 1,
            of: 1,
            attempts: 1,
            result: result
                .map_or_else(|reason| PartResult::Undelivered { reason, text: text() }, |()| PartResult::Delivered),
            subjects: Vec::new(),
        }
    }
}

/// A byte of a key as it stands in an address.
fn encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}

impl Archive {
    /// What stands below a prefix, up to the next slash.
    async fn folders(&self, prefix: &str, end: Option<Instant>) -> Result<Vec<String>, ReadError> {
        let stretch = Stretch { prefix: prefix.to_owned(), after: None };
        let pages = self.pages(&stretch, Some("/"), end).await?;
        let folders = pages.into_iter().flat_map(|page| page.common_prefixes.unwrap_or_default());
        Ok(folders.filter_map(|folder| folder.prefix).collect())
    }

    async fn objects(&self, stretch: &Stretch, end: Option<Instant>) -> Result<Vec<String>, ReadError> {
        let pages = self.pages(stretch, None, end).await?;
        Ok(pages
            .into_iter()
            .flat_map(|page| page.contents.unwrap_or_default())
            .filter_map(|object| object.key)
            .collect())
    }

    async fn pages(
        &self,
        stretch: &Stretch,
        delimiter: Option<&str>,
        end: Option<Instant>,
    ) -> Result<Vec<aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output>, ReadError> {
        const CALL: &str = "ListObjectsV2";
        let mut pages = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let call = self.buckets.call(&self.config.bucket, None, |client| {
                client
                    .list_objects_v2()
                    .bucket(&self.config.bucket)
                    .prefix(&stretch.prefix)
                    .set_start_after(stretch.after.clone())
                    .set_delimiter(delimiter.map(ToOwned::to_owned))
                    .set_continuation_token(token.clone())
                    .send()
            });
            let page = before(end, call).await?.map_err(|error| read_error(CALL, &error))?;
            let next = page.next_continuation_token.clone().filter(|_| page.is_truncated == Some(true));
            if next.is_some() && next == token {
                return Err(strange(CALL, "the same page twice"));
            }
            pages.push(page);
            token = next;
            if token.is_none() {
                return Ok(pages);
            }
        }
    }

    /// The text of a report.
    pub async fn get(&self, key: &str, end: Option<Instant>) -> Result<String, ReadError> {
        let read = async {
            let call = self.buckets.call(&self.config.bucket, None, |client| {
                client.get_object().bucket(&self.config.bucket).key(key).send()
            });
            let object = call.await.map_err(|error| read_error(GET, &error))?;
            let bytes = collected(object.body, MOST_BYTES).await?;
            String::from_utf8(bytes).map_err(|_| strange(GET, "something that is no text"))
        };
        before(end, read).await?
    }
}

/// The call that reads an object.
const GET: &str = "GetObject";

/// All bytes of an object, unless there are more than `most`. They are counted as they come: a length that is announced may
/// be missing or wrong.
async fn collected(mut body: ByteStream, most: usize) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| ReadError { operation: GET.to_owned(), message: error.to_string() })?;
        if bytes.len() + chunk.len() > most {
            return Err(strange(GET, "more bytes than any report has"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_are_counted_as_they_come() {
        let body = || ByteStream::from(vec![b'x'; 10]);
        assert_eq!(collected(body(), 10).await.unwrap().len(), 10);
        let refused = collected(body(), 9).await.unwrap_err();
        assert!(refused.to_string().contains("more bytes than any report has"), "{refused}");
    }

    #[test]
    fn addresses_hold_keys_that_are_encoded() {
        let config = ArchiveConfig { bucket: "reports".into(), prefix: "a b/".into(), kms_key: None };
        let sdk = SdkConfig::builder().build();
        let archive = Archive::new(&sdk, config);
        let place =
            Place::new(Some("123456789012"), "keys", "2026-03-01T09:00:00Z".parse().unwrap(), "20260301T090000Z-0a");
        assert_eq!(
            archive.uri(&place, Form::Json),
            "s3://reports/a b/123456789012/keys/2026-03-01/20260301T090000Z-0a.json"
        );
        assert_eq!(
            archive.link(&place),
            "https://s3.console.aws.amazon.com/s3/object/reports?prefix=a%20b/123456789012/keys/2026-03-01/20260301T090000Z-0a.html"
        );
    }
}
