//! An account with instances in it, and a trail of who launched them: what the tests of the tag audit stand on.
//!
//! What a test sets up or looks back at through these functions is neither listed among the calls nor made to fail, and
//! no policy forbids it. The clients of `ec2` and `cloudtrail` are as those of any program.

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    config::{Builder, Region},
    types::{AttributeBooleanValue, Filter, InstanceType, Placement, ResourceType, Tag, TagSpecification},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::Emulator;

/// One that moto has in every region.
pub(crate) const IMAGE: &str = "ami-03cf127a";

/// What keeps an instance from being stopped or terminated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Protection {
    Termination,
    Stop,
}

/// A call of AWS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Call {
    /// Whose credentials it was made with.
    pub(crate) account: String,
    pub(crate) service: String,
    pub(crate) region: String,
    pub(crate) operation: String,
    /// The form, decoded, or the JSON; of S3 `bucket/key`.
    pub(crate) body: String,
}

impl Call {
    /// Whether it changes something. A call that only asks whether it may does not.
    pub(crate) fn writes(&self) -> bool {
        let reads =
            ["AssumeRole", "BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Scan", "Simulate"];
        !reads.iter().any(|read| self.operation.starts_with(read)) && !self.body.contains("DryRun=true")
    }
}

impl Emulator {
    pub(crate) fn ec2(&self, region: &str) -> aws_sdk_ec2::Client {
        let config = Builder::from(&self.sdk()).region(Region::new(region.to_owned()));
        aws_sdk_ec2::Client::from_conf(config.build())
    }

    pub(crate) fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.sdk()).region(Region::new(region.to_owned()));
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// A client whose calls are the test's own.
    fn bench(&self, region: &str) -> aws_sdk_ec2::Client {
        let config = Builder::from(&self.sdk())
            .region(Region::new(region.to_owned()))
            .credentials_provider(self.credentials("bench"));
        aws_sdk_ec2::Client::from_conf(config.build())
    }

    /// Launches an instance in the first zone of a region. Tags of `aws:` are possible here. Returns its id.
    pub(crate) async fn launch(&self, region: &str, tags: &[(&str, &str)]) -> String {
        self.launch_in(&format!("{region}a"), tags).await
    }

    /// Launches an instance in a zone such as `eu-west-1b`.
    pub(crate) async fn launch_in(&self, zone: &str, tags: &[(&str, &str)]) -> String {
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let launch = self.bench(region).run_instances().image_id(IMAGE).instance_type(InstanceType::T3Micro);
        let launch = launch.min_count(1).max_count(1).placement(Placement::builder().availability_zone(zone).build());
        let tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
        let tagged = TagSpecification::builder().resource_type(ResourceType::Instance).set_tags(Some(tags.clone()));
        // EC2 refuses an empty list.
        let specifications = (!tags.is_empty()).then(|| vec![tagged.build()]);
        let launched = launch.set_tag_specifications(specifications).send().await.unwrap();
        launched.instances.unwrap().remove(0).instance_id.unwrap()
    }

    /// Makes an instance and its volumes so many minutes old.
    pub(crate) async fn back_date(&self, region: &str, id: &str, minutes: i64) {
        let time = minutes_ago(minutes);
        self.change(region, id, json!({"launched": time, "attached": time})).await;
    }

    /// Changes what no call can: `launched`, `attached`, `lifecycle`, `state`.
    pub(crate) async fn change(&self, region: &str, id: &str, mut change: Value) {
        change["account"] = json!(self.account);
        change["region"] = json!(region);
        change["id"] = json!(id);
        self.tell("instance", &change).await;
    }

    /// The tags of an instance.
    pub(crate) async fn tags(&self, region: &str, id: &str) -> BTreeMap<String, String> {
        let filter = Filter::builder().name("resource-id").values(id).build();
        let tags = self.bench(region).describe_tags().filters(filter).send().await.unwrap().tags.unwrap_or_default();
        tags.into_iter().map(|tag| (tag.key.unwrap(), tag.value.unwrap())).collect()
    }

    /// The state of every instance of a region.
    pub(crate) async fn states(&self, region: &str) -> BTreeMap<String, String> {
        let mut states = BTreeMap::new();
        let mut pages = self.bench(region).describe_instances().into_paginator().send();
        while let Some(page) = pages.next().await {
            for instance in
                page.unwrap().reservations.unwrap_or_default().into_iter().flat_map(|r| r.instances.unwrap())
            {
                let state = instance.state.unwrap().name.unwrap().as_str().to_owned();
                states.insert(instance.instance_id.unwrap(), state);
            }
        }
        states
    }

    pub(crate) async fn protect(&self, region: &str, id: &str, protection: Protection) {
        let on = AttributeBooleanValue::builder().value(true).build();
        let modify = self.bench(region).modify_instance_attribute().instance_id(id);
        let modify = match protection {
            Protection::Termination => modify.disable_api_termination(on),
            Protection::Stop => modify.disable_api_stop(on),
        };
        modify.send().await.unwrap();
    }

    /// Puts records into the trail of a region.
    pub(crate) async fn events(&self, region: &str, records: &[Value]) {
        self.tell("events", &json!({"account": self.account, "region": region, "events": records})).await;
    }

    /// Makes calls fail. sleuth/tests/emulator/faults.py says which.
    pub(crate) async fn fault(&self, fault: Value) {
        self.tell("fault", &fault).await;
    }

    /// All calls so far.
    pub(crate) async fn calls(&self) -> Vec<Call> {
        reqwest::get(format!("{}/test/calls", self.url)).await.unwrap().json().await.unwrap()
    }

    /// The calls so far that change something.
    pub(crate) async fn writes(&self) -> Vec<Call> {
        self.calls().await.into_iter().filter(Call::writes).collect()
    }
}

pub(crate) fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::minutes(minutes)
}

/// The identity of an IAM user in a record.
pub(crate) fn iam_user(name: &str) -> Value {
    let arn = format!("arn:aws:iam::123456789012:user/{name}");
    json!({"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": arn, "accountId": "123456789012", "userName": name})
}

/// The identity of a role that somebody works under.
pub(crate) fn assumed_role(role: &str, session: &str) -> Value {
    role_session(role, role, session)
}

pub(crate) fn root() -> Value {
    let arn = "arn:aws:iam::123456789012:root";
    json!({"type": "Root", "principalId": "123456789012", "arn": arn, "accountId": "123456789012"})
}

/// The identity of a service that works under its own role, as Auto Scaling does.
pub(crate) fn service(name: &str) -> Value {
    let host = format!("{}.amazonaws.com", name.to_lowercase());
    let role = format!("AWSServiceRoleFor{name}");
    let mut identity = role_session(&format!("aws-service-role/{host}/{role}"), &role, name);
    identity["invokedBy"] = json!(host);
    identity
}

/// The identity of a session: its own ARN has the role's name, that of the role also the path.
fn role_session(path: &str, role: &str, session: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLE:{session}"),
        "arn": format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}"),
        "accountId": "123456789012",
        "sessionContext": {"sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLE",
            "arn": format!("arn:aws:iam::123456789012:role/{path}"),
            "accountId": "123456789012",
            "userName": role,
        }},
    })
}

/// The record of a launch.
pub(crate) fn launched(by: &Value, id: &str, at: DateTime<Utc>) -> Value {
    let mut record = record("RunInstances", by, at);
    record["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": id, "instanceType": "t3.micro"}]}});
    record
}

/// The record of tags being set.
pub(crate) fn tagged(by: &Value, id: &str, tags: &[(&str, &str)], at: DateTime<Utc>) -> Value {
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let mut record = record("CreateTags", by, at);
    record["requestParameters"] = json!({"resourcesSet": {"items": [{"resourceId": id}]}, "tagSet": {"items": tags}});
    record["responseElements"] = json!({"_return": true});
    record
}

pub(crate) fn record(name: &str, by: &Value, at: DateTime<Utc>) -> Value {
    json!({
        "eventVersion": "1.08",
        "eventTime": at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "userIdentity": by,
        "requestParameters": null,
        "responseElements": null,
    })
}
