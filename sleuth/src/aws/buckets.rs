//! Buckets of S3, wherever they are.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::{Client, config::Builder, error::SdkError};

use super::tally::Tally;

/// The header by which S3 names the region of a bucket that is elsewhere
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
const REGION: &str = "x-amz-bucket-region";

/// One client a region.
#[derive(Debug)]
pub(super) struct Buckets {
    sdk: SdkConfig,
    clients: Mutex<BTreeMap<Option<String>, Client>>,
    /// Buckets that are not where they were looked for, and the region they are in.
    moved: Mutex<BTreeMap<String, String>>,
}

impl Buckets {
    /// The buckets that the credentials in `sdk` may use.
    pub(super) fn new(sdk: &SdkConfig) -> Self {
        Self { sdk: sdk.clone(), clients: Mutex::default(), moved: Mutex::default() }
    }

    /// Calls S3 about a bucket that is in `region`, `None` for that of the run; and once more where S3 says that it is.
    pub(super) async fn call<T, E, Answer>(
        &self,
        bucket: &str,
        region: Option<&str>,
        call: impl Fn(Client) -> Answer,
    ) -> Result<T, SdkError<E>>
    where
        Answer: Future<Output = Result<T, SdkError<E>>>,
    {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned();
        match Box::pin(call(self.client(moved.as_deref().or(region)))).await {
            Err(error) => match elsewhere(&error).map(ToOwned::to_owned) {
                Some(region) => {
                    let answer = Box::pin(call(self.client(Some(&region)))).await;
                    self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned(), region);
                    answer
                }
                None => Err(error),
            },
            answer => answer,
        }
    }

    fn client(&self, region: Option<&str>) -> Client {
        let region = region.map(ToOwned::to_owned);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients.entry(region.clone()).or_insert_with(|| {
            let settings = Builder::from(&self.sdk).interceptor(Tally);
            let settings = match region {
                Some(region) => settings.region(Region::new(region)),
                None => settings,
            };
            Client::from_conf(settings.build())
        });
        client.clone()
    }
}

/// The region that a bucket is in, if S3 says that it is in another one.
fn elsewhere<E>(error: &SdkError<E>) -> Option<&str> {
    let answer = error.raw_response()?;
    matches!(answer.status().as_u16(), 301 | 307 | 400).then(|| answer.headers().get(REGION)).flatten()
}
