//! What AWS delivers to a function, in any nesting, down to records and the files that hold them. Each shape is known by
//! what is in it, not by where it came from.

use serde_json::Value;

use super::{Change, Event, LogObject, Sighting, Skip, record::MOST_TAGS};
use crate::facts::is_account;
use crate::tags::{
    canary::TIMESTAMP_TAG,
    inventory::{InstanceId, RegionName},
    launch::{is_instance_id, text},
};

/// One thing that an event holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The SQS message that it came in, by its id.
    pub message: Option<String>,
    /// It, or what cannot be understood about it.
    pub content: Result<Content, String>,
}

/// What an event can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A log file.
    Log(LogObject),
    /// A record.
    Record {
        /// As JSON.
        json: String,
        /// Whose it is, if the record does not say.
        account: Option<String>,
    },
    /// Changed tags, as `EventBridge` tells of them.
    Seen(Sighting),
    /// Nothing that concerns the watch.
    Skipped(Skip),
}

/// Deepest nesting that is followed. Notices in S3, SNS, SQS and `EventBridge` together need less.
const DEEPEST: usize = 12;

/// Whether an event is one for the watch, or was made to be understood as one. A schedule is not, and neither is one that
/// has nothing in it.
pub fn is_delivery(event: &Value) -> bool {
    match event {
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(fields) => !fields.is_empty() && text(event, "/detail-type") != Some("Scheduled Event"),
        _ => false,
    }
}

/// Whether there is anything in an event that the watch knows.
pub fn is_of_cloudtrail(event: &Value) -> bool {
    open(event).iter().any(|leaf| leaf.content.is_ok())
}

/// Everything that an event holds, in its order.
pub fn open(event: &Value) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    opened(event, None, DEEPEST, &mut leaves);
    leaves
}

fn opened(value: &Value, message: Option<&str>, depth: usize, leaves: &mut Vec<Leaf>) {
    let mut leaf = |content| leaves.push(Leaf { message: message.map(ToOwned::to_owned), content });
    let Some(depth) = depth.checked_sub(1) else {
        return leaf(Err("an event is nested too deeply".to_owned()));
    };
    if let Some(list) = list(value) {
        if list.is_empty() {
            return leaf(Err(unknown(value)));
        }
        for entry in list {
            let own = sqs_message(entry);
            opened(entry, own.or(message), depth, leaves);
        }
        return;
    }
    match shape(value) {
        Shape::Text(inner) => match serde_json::from_str::<Value>(inner) {
            Ok(inner) if inner.is_object() || inner.is_array() => opened(&inner, message, depth, leaves),
            _ if inner.trim() == TRAIL_SET_UP => leaf(Ok(Content::Skipped(Skip::TrailSetUp))),
            _ => leaf(Err(format!("a message that is no JSON: {}", shown(inner)))),
        },
        Shape::Keys(bucket, keys) => keys.iter().for_each(|key| {
            leaf(key.as_str().map(|key| object(bucket, key.to_owned(), None)).ok_or_else(|| unknown(value)));
        }),
        Shape::Leaf(content) => leaf(content),
    }
}

/// What CloudTrail publishes when a trail is given a topic.
const TRAIL_SET_UP: &str = "CloudTrail validation message.";

/// The entries of what is but a list of others.
fn list(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().or_else(|| value.get("Records")?.as_array())
}

/// The id of an SQS message, if this is one.
fn sqs_message(entry: &Value) -> Option<&str> {
    (text(entry, "/eventSource") == Some("aws:sqs")).then(|| text(entry, "/messageId")).flatten()
}

/// What stands in an event at one place.
enum Shape<'a> {
    /// A text with something in it.
    Text(&'a str),
    /// Files in a bucket.
    Keys(&'a str, &'a [Value]),
    /// Something that holds nothing else.
    Leaf(Result<Content, String>),
}

fn shape(value: &Value) -> Shape<'_> {
    let field = |pointer| value.pointer(pointer).and_then(Value::as_str);
    let source = field("/eventSource").or_else(|| field("/EventSource"));
    let inner = match source {
        Some("aws:sqs") => Some(field("/body")),
        Some("aws:sns") => Some(field("/Sns/Message")),
        _ if field("/Type") == Some("Notification") => Some(field("/Message")),
        _ => None,
    };
    match inner {
        Some(Some(inner)) => return Shape::Text(inner),
        Some(None) => return Shape::Leaf(Err(unknown(value))),
        None => {}
    }
    if let (Some(bucket), Some(keys)) = (field("/s3Bucket"), value.get("s3ObjectKey").and_then(Value::as_array)) {
        return Shape::Keys(bucket, keys);
    }
    let content = match (source, field("/detail-type")) {
        (Some("aws:s3"), _) => s3(value),
        (_, Some(kind)) => bridged(value, kind),
        _ if field("/Event") == Some("s3:TestEvent") => Ok(Content::Skipped(Skip::TestEvent)),
        // A record says both, and so does nothing else.
        (Some(_), None) if field("/eventName").is_some() => {
            Ok(Content::Record { json: value.to_string(), account: None })
        }
        _ => Err(unknown(value)),
    };
    Shape::Leaf(content)
}

/// An entry of an S3 event.
fn s3(entry: &Value) -> Result<Content, String> {
    let name = text(entry, "/eventName").ok_or_else(|| unknown(entry))?;
    if !name.trim_start_matches("s3:").starts_with("ObjectCreated") {
        return Ok(Content::Skipped(Skip::NotCreated));
    }
    let (bucket, key) = (text(entry, "/s3/bucket/name"), text(entry, "/s3/object/key"));
    let (bucket, key) = bucket.zip(key).ok_or_else(|| unknown(entry))?;
    let key = decoded(key).ok_or_else(|| format!("the key {} cannot be decoded", shown(key)))?;
    Ok(object(bucket, key, text(entry, "/awsRegion")))
}

/// Something that `EventBridge` made.
fn bridged(event: &Value, kind: &str) -> Result<Content, String> {
    match (kind, text(event, "/source")) {
        (kind, _) if kind.ends_with("via CloudTrail") => {
            let record = event.get("detail").filter(|detail| detail.is_object()).ok_or_else(|| unknown(event))?;
            let account = text(event, "/account").map(ToOwned::to_owned);
            Ok(Content::Record { json: record.to_string(), account })
        }
        ("Tag Change on Resource", Some("aws.tag")) => tag_change(event),
        ("Object Created", Some("aws.s3")) => {
            let (bucket, key) = (text(event, "/detail/bucket/name"), text(event, "/detail/object/key"));
            let (bucket, key) = bucket.zip(key).ok_or_else(|| unknown(event))?;
            Ok(object(bucket, key.to_owned(), text(event, "/region")))
        }
        _ => Err(unknown(event)),
    }
}

/// Changed tags (<https://docs.aws.amazon.com/tag-editor/latest/userguide/monitor-tag-changes.html>).
fn tag_change(event: &Value) -> Result<Content, String> {
    let of_instance =
        text(event, "/detail/service") == Some("ec2") && text(event, "/detail/resource-type") == Some("instance");
    if !of_instance {
        return Ok(Content::Skipped(Skip::OtherResource));
    }
    let changed = event.pointer("/detail/changed-tag-keys").and_then(Value::as_array);
    let changed: Vec<String> = changed.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    // These events do not say who it was. That a canary was seen is noted by nobody else, and each look notes it anew.
    if changed == [TIMESTAMP_TAG] {
        return Ok(Content::Skipped(Skip::OwnCall));
    }
    let wrong = |what: &str| format!("Tag Change on Resource: {what}");
    let account = text(event, "/account").filter(|account| is_account(account));
    let account = account.ok_or_else(|| wrong("account is no account"))?.to_owned();
    let region = text(event, "/region").and_then(RegionName::parse).ok_or_else(|| wrong("region is no region"))?;
    let at = text(event, "/time").and_then(|time| time.parse().ok()).ok_or_else(|| wrong("time is no time"))?;
    let tags =
        event.pointer("/detail/tags").and_then(Value::as_object).ok_or_else(|| wrong("detail/tags is no map"))?;
    let resources =
        event.pointer("/resources").and_then(Value::as_array).ok_or_else(|| wrong("resources is no list"))?;
    if tags.len().max(changed.len()).max(resources.len()) > MOST_TAGS {
        return Err(wrong("it has more tags or resources than such an event has"));
    }
    let tags = tags.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap_or("").to_owned())).collect();
    let change = Change::Retagged { tags, changed };
    let id = |arn: &Value| -> Option<InstanceId> {
        let (_, id) = arn.as_str()?.split_once(":instance/")?;
        is_instance_id(id).then(|| InstanceId(id.to_owned()))
    };
    let ids: Option<Vec<InstanceId>> = resources.iter().map(id).collect();
    let ids = ids.filter(|ids| !ids.is_empty()).ok_or_else(|| wrong("resources is no list of instances"))?;
    Ok(Content::Seen(Sighting {
        account,
        region,
        event: Event {
            id: text(event, "/id").map(ToOwned::to_owned),
            name: "Tag Change on Resource".to_owned(),
            at,
            by: None,
            arn: None,
            source_ip: None,
        },
        instances: ids.into_iter().map(|id| (id, change.clone())).collect(),
    }))
}

/// What an object in a bucket is, by its key: logs are in `…/ACCOUNT/CloudTrail/REGION/…`
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
fn object(bucket: &str, key: String, region: Option<&str>) -> Content {
    let parts: Vec<&str> = key.split('/').collect();
    let below_account = |folder: &str| {
        parts.windows(2).any(|pair| matches!(pair, [account, name] if is_account(account) && *name == folder))
    };
    if below_account("CloudTrail-Digest") {
        return Content::Skipped(Skip::Digest);
    }
    if below_account("CloudTrail-Insight") {
        return Content::Skipped(Skip::Insights);
    }
    if !below_account(super::LOG_FOLDER) || key.ends_with('/') {
        return Content::Skipped(Skip::OtherObject);
    }
    let region = region.and_then(RegionName::parse).map(|region| region.0);
    Content::Log(LogObject { bucket: bucket.to_owned(), key, region })
}

/// A key as S3 events write it: form-encoded
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
fn decoded(key: &str) -> Option<String> {
    let mut bytes = key.bytes();
    let mut plain = Vec::with_capacity(key.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(bytes.next()?)? * 16 + digit(bytes.next()?)?
            }
            byte => byte,
        });
    }
    String::from_utf8(plain).ok()
}

/// Most characters of what was seen that an error repeats.
const SHOWN: usize = 80;

/// The beginning of a text, for an error.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    format!("`{}`{}", start.escape_debug(), if start.len() < text.len() { "…" } else { "" })
}

/// An event of which nobody knows what it is, by what it is made of.
fn unknown(value: &Value) -> String {
    let known = "events of S3, SNS, SQS and EventBridge about CloudTrail, and its records, are understood";
    let seen = match value {
        Value::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Value::Object(fields) => {
            let kind = text(value, "/detail-type").or_else(|| text(value, "/Type"));
            let kind = kind.map(|kind| format!(" ({})", shown(kind))).unwrap_or_default();
            let names: Vec<&str> = fields.keys().map(String::as_str).take(8).collect();
            format!("an object with the fields {}{kind}", shown(&names.join(", ")))
        }
        Value::Array(_) => "an empty list".to_owned(),
        other => shown(&other.to_string()),
    };
    format!("an unknown event: {seen}; {known}")
}

#[cfg(test)]
mod tests;
