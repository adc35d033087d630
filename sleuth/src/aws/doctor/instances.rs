//! The calls of EC2, CloudTrail and DynamoDB, in their smallest form.

use aws_config::{Region, SdkConfig};
use aws_sdk_ec2::types::{AttributeBooleanValue, InstanceAttributeName, Reservation};

use super::{trial, trouble};
use crate::{
    aws::cloud::seen,
    config::TableName,
    ports::doctor::{Answer, Call, Trouble},
    tags::{InstanceId, Protection, RegionName},
};

/// Instances a page: the fewest that EC2 lets ask for
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>).
const FEWEST: i32 = 5;

/// Tries a call.
pub(super) async fn ask(sdk: &SdkConfig, call: &Call) -> Result<Answer, Trouble> {
    match call {
        Call::Regions => {
            let answer = aws_sdk_ec2::Client::new(sdk).describe_regions().send().await;
            let answer = answer.map_err(|error| trouble(&error))?;
            let names = answer.regions().iter().filter_map(|region| region.region_name.clone());
            Ok(Answer::Names(names.collect()))
        }
        Call::Instances(region) => {
            let answer = ec2(sdk, region).describe_instances().max_results(FEWEST).send().await;
            let answer = answer.map_err(|error| trouble(&error))?;
            let found = answer.reservations().iter().flat_map(Reservation::instances).filter_map(seen);
            Ok(Answer::Instances(found.collect()))
        }
        Call::Protection(region, id) => protection(&ec2(sdk, region), id).await.map(Answer::Protection),
        Call::Events(region) => {
            let settings = aws_sdk_cloudtrail::config::Builder::from(sdk).region(Region::new(region.0.clone()));
            let client = aws_sdk_cloudtrail::Client::from_conf(settings.build());
            let answer = client.lookup_events().max_results(1).send().await;
            answer.map(|_| Answer::Allowed).map_err(|error| trouble(&error))
        }
        Call::Rules(table) => scan(sdk, table).await,
        Call::Trial(region, trial) => trial::attempt(sdk, region, trial).await.map(|()| Answer::Allowed),
        _ => Err(Trouble::Unclear("this is no call of EC2, CloudTrail or DynamoDB".to_owned())),
    }
}

fn ec2(sdk: &SdkConfig, region: &RegionName) -> aws_sdk_ec2::Client {
    let settings = aws_sdk_ec2::config::Builder::from(sdk).region(Region::new(region.0.clone()));
    aws_sdk_ec2::Client::from_conf(settings.build())
}

async fn protection(ec2: &aws_sdk_ec2::Client, id: &InstanceId) -> Result<Protection, Trouble> {
    let ask = |attribute| ec2.describe_instance_attribute().instance_id(&id.0).attribute(attribute).send();
    let termination = ask(InstanceAttributeName::DisableApiTermination).await.map_err(|error| trouble(&error))?;
    let stop = ask(InstanceAttributeName::DisableApiStop).await.map_err(|error| trouble(&error))?;
    let value = |attribute: Option<AttributeBooleanValue>| attribute.and_then(|attribute| attribute.value);
    match (value(termination.disable_api_termination), value(stop.disable_api_stop)) {
        (Some(termination), Some(stop)) => Ok(Protection { termination, stop }),
        _ => Err(Trouble::Unclear("AWS answered with no value".to_owned())),
    }
}

async fn scan(sdk: &SdkConfig, table: &TableName) -> Result<Answer, Trouble> {
    let settings = aws_sdk_dynamodb::config::Builder::from(sdk);
    let settings = match &table.region {
        Some(region) => settings.region(Region::new(region.clone())),
        None => settings,
    };
    let client = aws_sdk_dynamodb::Client::from_conf(settings.build());
    let answer = client.scan().table_name(&table.name).limit(1).send().await;
    answer.map(|_| Answer::Allowed).map_err(|error| trouble(&error))
}
