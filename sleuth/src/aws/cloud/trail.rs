//! The calls of CloudTrail.

use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_cloudtrail::{
    Client,
    primitives::DateTime as AwsTime,
    types::{LookupAttribute, LookupAttributeKey},
};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

use crate::{
    aws::{error::read_error, patience, tally::Tally},
    config::RetryMode,
    facts::ReadError,
    ports::tags::Trail,
    tags::{InstanceId, Launch},
};

/// How long CloudTrail remembers events
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const REACH: TimeDelta = TimeDelta::days(90);
/// Within this time two calls may be made in a region: two a second are the most (same source); a little more, as clocks
/// differ.
const WINDOW: Duration = Duration::from_millis(1_100);
/// Events a page: the most there are.
const PAGE: i32 = 50;
/// How long after a launch it may still not be recorded. AWS names 15 minutes for a trail
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
const DELAY: TimeDelta = TimeDelta::minutes(20);
/// How much later than the launch an instance may say that it was created.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// CloudTrail of one region.
#[derive(Debug)]
pub(super) struct CloudTrail {
    client: Client,
    /// When the next call may be made, and the one after it.
    turns: Mutex<[Instant; 2]>,
}

impl CloudTrail {
    pub(super) fn new(sdk: &SdkConfig, region: Region, mode: RetryMode) -> Self {
        let settings = aws_sdk_cloudtrail::config::Builder::from(sdk)
            .interceptor(Tally)
            .region(region)
            .retry_config(patience::retries(mode))
            .retry_partition(patience::partition("cloudtrail"));
        Self { client: Client::from_conf(settings.build()), turns: Mutex::new([Instant::now(); 2]) }
    }

    /// Who launched an instance. What happened to it after `created` is of no interest, and is not asked for.
    pub(super) async fn launch(
        &self,
        id: &InstanceId,
        created: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Trail, ReadError> {
        if created < now - REACH {
            return Ok(Trail::Nobody);
        }
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::ResourceName)
            .attribute_value(&id.0)
            .build()
            .map_err(|error| ReadError { operation: "LookupEvents".to_owned(), message: error.to_string() })?;
        let call = self.client.lookup_events().lookup_attributes(attribute);
        let call =
            call.start_time(aws_time(now - REACH)).end_time(aws_time(now.min(created + SLACK))).max_results(PAGE);
        let mut pages = call.into_paginator().send();
        loop {
            let Some(page) = self.in_turn(pages.next()).await else { break };
            let page = page.map_err(|error| read_error("LookupEvents", &error))?;
            let mut records = page.events().iter().filter_map(|event| event.cloud_trail_event());
            if let Some(launch) = records.find_map(|record| Launch::of_record(record, id)) {
                return Ok(Trail::Launched(launch));
            }
            if page.next_token().is_none() {
                break;
            }
        }
        Ok(if now - created < DELAY { Trail::NotYet } else { Trail::Nobody })
    }

    /// Makes a call once it may be made. A turn ends some time after the answer, not after the request: nobody knows when in
    /// between CloudTrail counts it.
    async fn in_turn<T>(&self, call: impl Future<Output = T>) -> T {
        let mut turns = self.turns.lock().await;
        let [first, second] = *turns;
        sleep_until(first).await;
        // A call that is given up counts too.
        *turns = [second, Instant::now() + WINDOW];
        let answer = call.await;
        *turns = [second, Instant::now() + WINDOW];
        answer
    }
}

fn aws_time(time: DateTime<Utc>) -> AwsTime {
    AwsTime::from_secs(time.timestamp())
}
