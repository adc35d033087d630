//! Settings of the archive of reports.

use super::{super::check::Check, Environment};

/// Longest prefix of an archive, in bytes: a key of S3 has 1,024, and the rest of it takes some 100
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
const MOST_PREFIX: usize = 800;

/// A place for reports in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveConfig {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with: empty, or with a slash at its end.
    pub prefix: String,
    /// The KMS key to encrypt with; `None`: as the bucket does by itself.
    pub kms_key: Option<String>,
}

impl ArchiveConfig {
    pub(super) fn new(env: &Environment, check: &mut Check) -> Option<Self> {
        let Some(url) = env.archive.as_deref() else {
            check.only_with("ARCHIVE", [("ARCHIVE_KMS_KEY", env.archive_kms_key.as_ref())]);
            return None;
        };
        let kms_key = env.archive_kms_key.as_deref();
        let url = url.trim();
        let place = url.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        let place = place.filter(|(bucket, prefix)| is_bucket(bucket) && is_prefix(prefix));
        let Some((bucket, prefix)) = place else {
            let rule = "must be a place in S3, s3://BUCKET or s3://BUCKET/PREFIX".to_owned();
            return check.fail("ARCHIVE", Some(url), rule);
        };
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Some(Self { bucket: bucket.to_owned(), prefix, kms_key: kms_key.map(|key| key.trim().to_owned()) })
    }
}

/// The rules of AWS (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>), as far as they keep
/// anything else out.
fn is_bucket(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    (3..=63).contains(&name.len()) && name.bytes().all(allowed) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= MOST_PREFIX
        && !prefix.starts_with('/')
        && !prefix.contains("//")
        && !prefix.contains(char::is_control)
}
