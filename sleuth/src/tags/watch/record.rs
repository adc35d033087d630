//! One record of CloudTrail: which instances it is about, and what became of them.
//!
//! Any field may be missing, or left out as it was too large. What a record does not say about which instances it is about is
//! an error, so that the record acts on nothing; what it does not say about tags leaves them doubtful
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{Change, Event, Launched, Sighting, Skip, event::shown};
use crate::{
    facts::{Tags, is_account},
    tags::{
        inventory::{Instance, InstanceId, Protection, RegionName, State},
        launch::{Principal, is_instance_id, text},
    },
};

const EC2: &str = "ec2.amazonaws.com";

/// What a record is to the watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Something happened to instances.
    Seen(Box<Sighting>),
    /// Nothing that concerns it.
    Skipped(Skip),
}

/// What decides whether a record is of interest at all. Most are not, and are not read any further.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "eventSource")]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "eventName")]
    name: Cow<'a, str>,
}

/// The same of a record of CloudTrail Insights, which names no call.
#[derive(Deserialize)]
struct Insight<'a> {
    #[serde(borrow, rename = "eventCategory")]
    category: Cow<'a, str>,
}

/// Reads one record, as JSON. `account`: whose it is, if the record does not say. The error says what cannot be understood.
pub fn read(record: &str, account: Option<&str>) -> Result<Record, String> {
    if is_elsewhere(record) {
        return Ok(Record::Skipped(Skip::OtherService));
    }
    let wrong = |error: serde_json::Error| format!("a record: {error}");
    let head: Head<'_> = match serde_json::from_str(record) {
        Ok(head) => head,
        Err(error) => {
            let insight = serde_json::from_str(record).is_ok_and(|Insight { category }| category == "Insight");
            return if insight { Ok(Record::Skipped(Skip::Insights)) } else { Err(wrong(error)) };
        }
    };
    if head.source != EC2 {
        return Ok(Record::Skipped(Skip::OtherService));
    }
    let kind = match head.name.as_ref() {
        "RunInstances" => launches as fn(&Value, DateTime<Utc>) -> Result<Changes, String>,
        "StartInstances" => starts,
        "CreateTags" => tagged,
        "DeleteTags" => untagged,
        _ => return Ok(Record::Skipped(Skip::OtherCall)),
    };
    let value: Value = serde_json::from_str(record).map_err(wrong)?;
    let id =
        text(&value, "/eventID").map_or_else(|| "without an eventID".to_owned(), |id| id.chars().take(64).collect());
    let of = |what: String| format!("{} {id}: {what}", head.name);
    // A call that failed changed nothing. Its code is text; anything else is not to be mistaken for success.
    if ["errorCode", "errorMessage"].iter().any(|said| value.get(said).is_some_and(|said| !said.is_null())) {
        return Ok(Record::Skipped(Skip::FailedCall));
    }
    let event = event(&value, head.name.as_ref()).map_err(of)?;
    let instances = kind(&value, event.at).map_err(of)?;
    if instances.is_empty() {
        return Ok(Record::Skipped(Skip::OtherResource));
    }
    let region = text(&value, "/awsRegion").and_then(RegionName::parse);
    let region = region.ok_or_else(|| of("awsRegion is no region".to_owned()))?;
    let account = match value.get("recipientAccountId") {
        None | Some(Value::Null) => account,
        Some(account) => account.as_str(),
    };
    let account = account.filter(|account| is_account(account));
    let account = account.ok_or_else(|| of("recipientAccountId is no account".to_owned()))?.to_owned();
    Ok(Record::Seen(Box::new(Sighting { account, region, event, instances })))
}

/// Whether a record, which says where it is from, is surely not from EC2: most are not, which is seen much faster than
/// read. Letters may be written as `\u0065`, so that those with such an escape are read.
fn is_elsewhere(record: &str) -> bool {
    record.contains("\"eventSource\"") && !record.contains(EC2) && !record.contains("\\u")
}

/// Most characters of what a record says about who called. ARNs are no longer.
const MOST_CHARACTERS: usize = 2_048;

fn event(record: &Value, name: &str) -> Result<Event, String> {
    // It is repeated to people, and whoever writes records could write much.
    let owned = |pointer| text(record, pointer).map(|text| text.chars().take(MOST_CHARACTERS).collect());
    let at = text(record, "/eventTime").and_then(|time| time.parse().ok());
    Ok(Event {
        id: owned("/eventID"),
        name: name.to_owned(),
        at: at.ok_or("eventTime is no time")?,
        by: record.get("userIdentity").and_then(Principal::of_identity),
        arn: owned("/userIdentity/arn"),
        source_ip: owned("/sourceIPAddress"),
    })
}

type Changes = Vec<(InstanceId, Change)>;

/// Most resources of a call that is looked at. EC2 tags 1,000 at most
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>).
const MOST_ITEMS: usize = 1_000;
/// Most tags of a call that is looked at: some times the 50 that an instance can have, as those of AWS do not count
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
pub(super) const MOST_TAGS: usize = 200;

/// The items of a list, each of which must name something by `field`.
fn items<'a>(record: &'a Value, list: (&str, &str), field: &str) -> Result<Vec<(&'a str, &'a Value)>, String> {
    let (parent, set) = list;
    let wrong = || {
        let why = if is_left_out(record, parent) { "was left out by CloudTrail" } else { "is no list" };
        format!("{parent}/{set} {why}")
    };
    let list = record.get(parent).and_then(|parent| parent.get(set)?.get("items")?.as_array()).ok_or_else(wrong)?;
    let named = |item: &'a Value| item.get(field).and_then(Value::as_str).map(|name| (name, item));
    if list.len() > MOST_ITEMS {
        return Err(format!("{parent}/{set} has {} items, more than EC2 takes", list.len()));
    }
    list.iter().map(named).collect::<Option<Vec<_>>>().ok_or_else(|| format!("an item has no {field}"))
}

fn instance_id(id: &str) -> Result<InstanceId, String> {
    if is_instance_id(id) { Ok(InstanceId(id.to_owned())) } else { Err(format!("{} is no instance", shown(id))) }
}

/// The instances that a call answered with.
fn answered(record: &Value) -> Result<Vec<(InstanceId, &Value)>, String> {
    let items = items(record, ("responseElements", "instancesSet"), "instanceId")?;
    if items.is_empty() {
        return Err("responseElements/instancesSet is empty".to_owned());
    }
    items.into_iter().map(|(id, item)| instance_id(id).map(|id| (id, item))).collect()
}

fn starts(record: &Value, _: DateTime<Utc>) -> Result<Changes, String> {
    Ok(answered(record)?.into_iter().map(|(id, _)| (id, Change::Started)).collect())
}

fn launches(record: &Value, at: DateTime<Utc>) -> Result<Changes, String> {
    let asked = asked_tags(record);
    let launched = match answered(record) {
        // Of a launch of many instances CloudTrail leaves out the answer; it may name them all the same.
        Err(_) if is_left_out(record, "responseElements") => named(record)?,
        launched => launched?,
    };
    let launched = launched.into_iter().map(|(id, item)| {
        let answered = tag_set(item.get("tagSet"));
        let tags_known = match &answered {
            Ok(Some(_)) => true,
            // Without an answer there may be those of a launch template, too.
            Ok(None) => asked.is_some() && !item.is_null(),
            Err(_) => false,
        };
        let tags = [asked.clone(), answered.ok().flatten()].into_iter().flatten().flatten().collect();
        let instance = instance(record, id.clone(), item, at, tags);
        (id, Change::Launched(Box::new(Launched { instance, tags_known })))
    });
    Ok(launched.collect())
}

/// The tags that a launch asked for; `None` if that cannot be told.
fn asked_tags(record: &Value) -> Option<Tags> {
    let asked = record.get("requestParameters")?.as_object()?;
    // No launch asks for nothing.
    if asked.is_empty() || is_left_out(record, "requestParameters") {
        return None;
    }
    let Some(specifications) = asked.get("tagSpecificationSet").filter(|set| !set.is_null()) else {
        return Some(Tags::new());
    };
    let mut tags = Tags::new();
    for specification in specifications.get("items")?.as_array()? {
        if specification.get("resourceType")?.as_str()? == "instance" {
            let list = specification.get("tags")?.as_array().filter(|list| list.len() <= MOST_TAGS)?;
            tags.extend(list.iter().map(pair).collect::<Option<Vec<_>>>()?);
        }
    }
    Some(tags)
}

/// Whether CloudTrail left a field out because it was too large. It says so, and how large it was.
fn is_left_out(record: &Value, field: &str) -> bool {
    let marks = ["omitted", "originalSize"];
    record.get(field).is_some_and(|field| marks.iter().any(|mark| field.get(mark).is_some()))
}

/// The instances that a record names beside what is asked and answered.
fn named(record: &Value) -> Result<Vec<(InstanceId, &Value)>, String> {
    let resources = record.get("resources").and_then(Value::as_array).into_iter().flatten();
    let id = |resource| text(resource, "/ARN")?.split_once(":instance/").map(|(_, id)| id);
    let ids = resources.filter_map(id).map(|id| instance_id(id).map(|id| (id, &Value::Null)));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    if ids.is_empty() { Err("which instances it launched was left out by CloudTrail".to_owned()) } else { Ok(ids) }
}

/// The tags in a `tagSet`, if there are any.
fn tag_set(set: Option<&Value>) -> Result<Option<Tags>, &'static str> {
    let empty = |set: &Value| set.is_null() || set.as_object().is_some_and(serde_json::Map::is_empty);
    let Some(set) = set.filter(|set| !empty(set)) else { return Ok(None) };
    let list = set.get("items").and_then(Value::as_array).ok_or("tagSet is no list")?;
    if list.len() > MOST_TAGS {
        return Err("tagSet has more tags than EC2 takes");
    }
    let tags = list.iter().map(pair).collect::<Option<Tags>>().ok_or("an item of tagSet has no key")?;
    Ok(Some(tags).filter(|tags| !tags.is_empty()))
}

/// A tag. One without a value is one with an empty value.
fn pair(tag: &Value) -> Option<(String, String)> {
    let key = tag.get("key")?.as_str()?.to_owned();
    let value = tag.get("value").and_then(Value::as_str).unwrap_or("").to_owned();
    Some((key, value))
}

/// An instance as a launch answered.
fn instance(record: &Value, id: InstanceId, item: &Value, at: DateTime<Utc>, tags: Tags) -> Instance {
    let owned = |pointer| text(item, pointer).map(ToOwned::to_owned);
    let launched = item.get("launchTime").and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis);
    let on = |name: &str| record.pointer(&format!("/requestParameters/{name}")).and_then(Value::as_bool) == Some(true);
    Instance {
        launched: Some(launched.unwrap_or(at)),
        tags,
        instance_type: owned("/instanceType"),
        image: owned("/imageId"),
        vpc: owned("/vpcId"),
        spot: text(item, "/instanceLifecycle") == Some("spot"),
        protection: Some(crate::facts::Reading::Read(Protection {
            termination: on("disableApiTermination"),
            stop: on("disableApiStop"),
        })),
        ..Instance::new(id, State::Running)
    }
}

/// The instances among the resources that a call named.
fn resources(record: &Value) -> Result<Vec<InstanceId>, String> {
    let named = items(record, ("requestParameters", "resourcesSet"), "resourceId")?;
    let instances = named.into_iter().filter(|(id, _)| is_instance_id(id));
    Ok(instances.map(|(id, _)| InstanceId(id.to_owned())).collect())
}

fn tagged(record: &Value, _: DateTime<Utc>) -> Result<Changes, String> {
    let ids = resources(record)?;
    let tags = tag_set(record.pointer("/requestParameters/tagSet"))?.ok_or("there are no tags in it")?;
    Ok(ids.into_iter().map(|id| (id, Change::Tagged(tags.clone()))).collect())
}

fn untagged(record: &Value, _: DateTime<Utc>) -> Result<Changes, String> {
    let ids = resources(record)?;
    let set = record.pointer("/requestParameters/tagSet");
    let removed = |tag: &Value| {
        let value = tag.get("value").and_then(Value::as_str).map(ToOwned::to_owned);
        Some((tag.get("key")?.as_str()?.to_owned(), value))
    };
    // Without tags, all are removed; with a value, a tag only if it has that
    // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>).
    let change = match set.and_then(|set| set.get("items")).map(Value::as_array) {
        None if tag_set(set)?.is_none() => Change::Cleared,
        Some(Some(list)) if list.is_empty() => Change::Cleared,
        Some(Some(list)) if list.len() > MOST_TAGS => return Err("tagSet has more tags than EC2 takes".to_owned()),
        Some(Some(list)) => {
            let removed = list.iter().map(removed).collect::<Option<Vec<_>>>();
            Change::Untagged(removed.ok_or("an item of tagSet has no key")?)
        }
        _ => return Err("tagSet is no list".to_owned()),
    };
    Ok(ids.into_iter().map(|id| (id, change.clone())).collect())
}

#[cfg(test)]
mod tests;
