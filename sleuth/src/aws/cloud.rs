//! Instances, through EC2; who launched them, through CloudTrail. One client a region.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::{Region as AwsRegion, SdkConfig};
use chrono::{DateTime, Utc};
use tokio::time::Instant as Moment;

use super::{
    error::{read_error, strange},
    iam::Iam,
    patience,
    tally::Tally,
};
use crate::{
    config::Calls,
    facts::{Account, ReadError, Tags},
    ports::{
        NoAnswer, Users, WriteError,
        tags::{Instances, ReadInstances, Trail, WriteInstances},
    },
    tags::{Instance, InstanceId, Protection, RegionName, State},
};
use trail::CloudTrail;

mod ec2;
mod trail;

#[cfg(feature = "cli")]
pub(super) use ec2::seen;

/// EC2, CloudTrail and IAM of one account.
#[derive(Debug)]
pub struct Cloud {
    sdk: SdkConfig,
    calls: Calls,
    iam: Iam,
    regions: Mutex<BTreeMap<RegionName, Arc<Regional>>>,
}

/// The clients of one region.
#[derive(Debug)]
struct Regional {
    ec2: aws_sdk_ec2::Client,
    trail: CloudTrail,
}

impl Cloud {
    /// The account that the credentials in `sdk` belong to.
    pub fn new(sdk: &SdkConfig, calls: Calls) -> Self {
        Self { sdk: sdk.clone(), calls, iam: Iam::new(sdk, calls), regions: Mutex::default() }
    }

    fn region(&self, name: &RegionName) -> Arc<Regional> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let regional = regions.entry(name.clone()).or_insert_with(|| Arc::new(self.regional(name)));
        Arc::clone(regional)
    }

    fn regional(&self, name: &RegionName) -> Regional {
        let region = AwsRegion::new(name.0.clone());
        let ec2 = aws_sdk_ec2::config::Builder::from(&self.sdk)
            .interceptor(Tally)
            .region(region.clone())
            .retry_config(patience::retries(self.calls.retry))
            .retry_partition(patience::partition("ec2"));
        Regional {
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            trail: CloudTrail::new(&self.sdk, region, self.calls.retry),
        }
    }
}

impl ReadInstances for Cloud {
    async fn account(&self) -> (Account, Vec<ReadError>) {
        self.iam.account().await
    }

    async fn users(&self, end: Option<Moment>) -> Users {
        match self.iam.users_with_details(end).await {
            (denied, Some(super::iam::Denied)) => {
                // Without tags nobody can be called in Slack, which is said unless it was chosen.
                let (mut users, _) = self.iam.users_only(end).await;
                users.errors.extend(denied.errors);
                users
            }
            (users, None) => users,
        }
    }

    async fn regions(&self) -> Result<Vec<RegionName>, ReadError> {
        let client =
            aws_sdk_ec2::Client::from_conf(aws_sdk_ec2::config::Builder::from(&self.sdk).interceptor(Tally).build());
        // Without `AllRegions` only those that are enabled are listed.
        let answer = client.describe_regions().send().await.map_err(|error| read_error("DescribeRegions", &error))?;
        if answer.regions().is_empty() {
            return Err(strange("DescribeRegions", "no regions"));
        }
        Ok(answer
            .regions()
            .iter()
            .filter_map(|region| region.region_name())
            .map(|name| RegionName(name.into()))
            .collect())
    }

    async fn instances(&self, region: &RegionName, states: &[State], end: Option<Moment>) -> Instances {
        ec2::instances(&self.region(region).ec2, states, end).await
    }

    async fn named(&self, region: &RegionName, ids: &[InstanceId], end: Option<Moment>) -> Instances {
        ec2::named(&self.region(region).ec2, ids, end).await
    }

    async fn instance(&self, region: &RegionName, id: &InstanceId) -> Result<Instance, NoAnswer> {
        ec2::instance(&self.region(region).ec2, id).await
    }

    async fn protection(&self, region: &RegionName, id: &InstanceId) -> Result<Protection, NoAnswer> {
        ec2::protection(&self.region(region).ec2, id).await
    }

    async fn launch(
        &self,
        region: &RegionName,
        id: &InstanceId,
        created: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Trail, ReadError> {
        self.region(region).trail.launch(id, created, now).await
    }
}

impl WriteInstances for Cloud {
    async fn tag(&self, region: &RegionName, id: &InstanceId, tags: &Tags) -> Result<(), WriteError> {
        ec2::tag(&self.region(region).ec2, id, tags).await
    }

    async fn stop(&self, region: &RegionName, id: &InstanceId) -> Result<State, WriteError> {
        ec2::stop(&self.region(region).ec2, id).await
    }

    async fn terminate(&self, region: &RegionName, id: &InstanceId) -> Result<State, WriteError> {
        ec2::terminate(&self.region(region).ec2, id).await
    }

    async fn protect(
        &self,
        region: &RegionName,
        id: &InstanceId,
        from: Protection,
        to: Protection,
    ) -> Result<(), WriteError> {
        ec2::protect(&self.region(region).ec2, id, from, to).await
    }
}
