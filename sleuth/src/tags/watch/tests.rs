//! Whatever is missing from an event, no more is acted on than by the whole of it.

use std::{collections::BTreeSet, path::Path};

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    event::{Content, is_delivery, is_of_cloudtrail, open},
    evidence::{Settled, together},
    record::{Record, read},
    *,
};
use crate::{
    facts::{Account, ReadError, Reading},
    tags::{
        Action, Inventory, Limits, Protection, Region, Response, Rule, RuleSet, Standard, State, audit, launch::text,
        plan,
    },
};

/// The fixtures whose names begin so, by name.
pub(crate) fn fixtures(start: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = files.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap())
    });
    all.filter(|(name, _)| name.starts_with(start)).collect()
}

pub(crate) fn fixture(name: &str) -> Value {
    fixtures(name).remove(name).unwrap()
}

/// The sighting that a record is.
pub(crate) fn seen(record: &Value) -> Sighting {
    match read(&record.to_string(), None) {
        Ok(Record::Seen(sighting)) => *sighting,
        other => panic!("{other:?}"),
    }
}

/// A sighting in a line.
pub(crate) fn told(Sighting { account, region, event, instances }: &Sighting) -> String {
    let by = match &event.by {
        Some(Principal::User { name }) => format!("user {name}"),
        Some(Principal::Role { role, session }) => format!("{session} as {}", role.as_deref().unwrap_or("?")),
        Some(Principal::Root) => "root".to_owned(),
        Some(Principal::Service { name }) => format!("service {name}"),
        Some(Principal::Other { id }) => id.clone(),
        None => "nobody".to_owned(),
    };
    let pairs = |tags: &Tags| tags.iter().map(|(key, value)| format!(" {key}={value}")).collect::<Vec<_>>().concat();
    let instances: Vec<String> = instances
        .iter()
        .map(|(id, change)| {
            let change = match change {
                Change::Launched(launched) => {
                    let Launched { instance, tags_known } = &**launched;
                    format!("launched{}{}", pairs(&instance.tags), if *tags_known { "" } else { " …?" })
                }
                Change::Started => "started".to_owned(),
                Change::Tagged(tags) => format!("tagged{}", pairs(tags)),
                Change::Untagged(keys) => {
                    let key = |(key, value): &(String, Option<String>)| match value {
                        Some(value) => format!(" {key}={value}"),
                        None => format!(" {key}"),
                    };
                    format!("untagged{}", keys.iter().map(key).collect::<Vec<_>>().concat())
                }
                Change::Cleared => "cleared".to_owned(),
                Change::Retagged { tags, changed } => {
                    format!("retagged{}, changed {}", pairs(tags), changed.join(" "))
                }
            };
            format!("{id} {change}")
        })
        .collect();
    format!("{} by {by} in {account} {region}: {}", event.name, instances.join("; "))
}

/// What EC2 shows of every instance.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    tags: &'a [(&'a str, &'a str)],
    /// For how long after the last event.
    after: TimeDelta,
}

/// The instances that are terminated by a rule that wants any tag, if EC2 shows them so to the end.
fn terminated(sightings: &[Sighting], Shown { tags, after }: Shown<'_>) -> BTreeSet<(String, RegionName, InstanceId)> {
    let Some(last) = sightings.iter().map(|sighting| sighting.event.at).max() else { return BTreeSet::new() };
    let now = last + after;
    let mut terminated = BTreeSet::new();
    for account in sightings.iter().map(|sighting| &sighting.account).collect::<BTreeSet<_>>() {
        let of_account = sightings.iter().filter(|sighting| sighting.account == *account);
        let regions = together(of_account).into_iter().map(|((region, id), evidence)| {
            let mut instance = Instance {
                launched: Some(now - TimeDelta::hours(3)),
                tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
                protection: Some(Reading::Read(Protection::default())),
                ..Instance::new(id, State::Running)
            };
            instance.unsettled = match evidence.settled(&instance) {
                Settled::No(message) if evidence.is_fresh(now) => {
                    Some(ReadError { operation: "DescribeInstances".into(), message })
                }
                Settled::No(_) | Settled::NotYet | Settled::Yes => None,
            };
            Region { name: region, instances: vec![instance], errors: vec![] }
        });
        let (users, errors) = (None, vec![]);
        let inventory =
            Inventory { taken_at: now, account: Account::default(), regions: regions.collect(), users, errors };
        let rules = RuleSet { rules: vec![Rule { action: Response::Terminate, ..Rule::requires("*") }] };
        let standard = Standard { rules: &rules, grace_minutes: 0, owner_tags: &[], now };
        let (max_stop, max_terminate) = (usize::MAX, usize::MAX);
        let limits = Limits {
            action: Action::Terminate,
            max_stop,
            max_terminate,
            used: plan::Used::default(),
            override_protection: true,
        };
        let plan = plan(&inventory, audit(&inventory, &standard), &limits, None);
        let targets = plan.targets().filter(|target| target.action == Action::Terminate);
        terminated.extend(targets.map(|target| (account.clone(), target.region.clone(), target.id.clone())));
    }
    terminated
}

/// What an event comes to: files that are read, and what happened to instances.
fn held(event: &Value, account: Option<&str>) -> (BTreeSet<(String, String)>, Vec<Sighting>) {
    let (mut files, mut sightings) = (BTreeSet::new(), Vec::new());
    for leaf in open(event) {
        match leaf.content {
            Ok(Content::Record { json, account: own }) => match read(&json, own.as_deref().or(account)) {
                Ok(Record::Seen(sighting)) => sightings.push(*sighting),
                Ok(Record::Skipped(_)) | Err(_) => {}
            },
            Ok(Content::Seen(sighting)) => sightings.push(sighting),
            Ok(Content::Log(object)) => drop(files.insert((object.bucket, object.key))),
            Ok(Content::Skipped(_)) | Err(_) => {}
        }
    }
    (files, sightings)
}

/// Every value that comes of one change to one thing in a value, at any depth, also in JSON in texts. `change` says what a
/// thing is replaced by; `None`: it is removed.
fn variants(value: &Value, change: &dyn Fn(&Value) -> Vec<Option<Value>>) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let with = |new: Option<Value>| {
                    let mut fields = fields.clone();
                    match new {
                        Some(new) => fields.insert(key.clone(), new),
                        None => fields.remove(key),
                    };
                    Value::Object(fields)
                };
                all.extend(change(inner).into_iter().map(with));
                all.extend(variants(inner, change).into_iter().map(|new| with(Some(new))));
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                let with = |new: Option<Value>| {
                    let mut items = items.clone();
                    items.splice(place..=place, new);
                    Value::Array(items)
                };
                all.extend(change(inner).into_iter().map(with));
                all.extend(variants(inner, change).into_iter().map(|new| with(Some(new))));
            }
        }
        Value::String(inner) => {
            let inner = serde_json::from_str(inner).ok().filter(|inner: &Value| inner.is_object());
            let inner = inner.map(|inner| variants(&inner, change)).unwrap_or_default();
            all.extend(inner.into_iter().map(|new| Value::String(new.to_string())));
        }
        _ => {}
    }
    all
}

fn removed(_: &Value) -> Vec<Option<Value>> {
    vec![None]
}

fn replaced(value: &Value) -> Vec<Option<Value>> {
    let others = [json!(null), json!(7), json!("x"), json!([]), json!({}), json!({"x": 1})];
    let same = |other: &Value| std::mem::discriminant(other) == std::mem::discriminant(value);
    let empty = |other: &Value| matches!(other, Value::Array(list) if list.is_empty()) || *other == json!({});
    others.into_iter().filter(|other| (!same(other) || empty(other)) && other != value).map(Some).collect()
}

/// Claims that of whatever one change makes of an event, no more is acted on than of the event itself, however EC2 shows the
/// instances.
fn never_widens(name: &str, whole: &Value, change: &dyn Fn(&Value) -> Vec<Option<Value>>) {
    // A log is in the folder of the account that its records are of.
    let account = text(whole, "/recipientAccountId");
    let minute = TimeDelta::minutes(1);
    let views = [
        Shown { tags: &[], after: minute },
        Shown { tags: &[("Name", "render-worker"), ("Owner", "mira"), ("CostCenter", "1")], after: minute },
        Shown { tags: &[], after: TimeDelta::hours(1) },
    ];
    let (files, sightings) = held(whole, account);
    let most = views.map(|shown| terminated(&sightings, shown));
    for event in variants(whole, change) {
        let (read, seen) = held(&event, account);
        assert!(read.is_subset(&files), "{name}: {read:?} instead of {files:?}, by {event}");
        if seen == sightings {
            continue;
        }
        for (shown, most) in views.into_iter().zip(&most) {
            let acted = terminated(&seen, shown);
            assert!(acted.is_subset(most), "{name}, {shown:?}: {acted:?} instead of {most:?}, by {event}");
        }
    }
}

#[test]
fn untagged_launch_is_acted_on_and_a_tagged_one_that_looks_untagged_is_not() {
    let (minute, hour) = (TimeDelta::minutes(1), TimeDelta::hours(1));
    let count = |name: &str, after| terminated(&held(&fixture(name), None).1, Shown { tags: &[], after }).len();
    assert_eq!(count("record-run-instances-iam-user", minute), 1);
    assert_eq!(count("record-run-instances-assumed-role", minute), 0);
    assert_eq!(count("record-run-instances-assumed-role", hour), 2);
    assert_eq!(count("record-run-instances-omitted-both", minute), 0);
    assert_eq!(count("record-delete-all-tags", minute), 1);
    let shown = Shown { tags: &[("Any", "x")], after: hour };
    assert_eq!(terminated(&[seen(&fixture("record-run-instances-iam-user"))], shown), BTreeSet::new());
    assert_eq!(held(&fixture("s3-object-created-two"), None).0.len(), 2);
}

#[test]
fn field_that_is_missing_never_widens_what_is_acted_on() {
    for (name, event) in fixtures("") {
        never_widens(&name, &event, &removed);
    }
}

#[test]
fn field_of_another_type_never_widens_what_is_acted_on() {
    for (name, event) in fixtures("") {
        never_widens(&name, &event, &|value| match value {
            // No tags is what an instance of which all tags were removed has.
            Value::Object(_) if name.starts_with("eventbridge-tag-change") => {
                replaced(value).into_iter().filter(|new| *new != Some(json!({}))).collect()
            }
            _ => replaced(value),
        });
    }
}

#[test]
fn no_field_of_a_call_that_failed_makes_it_succeed() {
    for name in ["record-create-tags", "record-delete-tags", "record-start-instances"] {
        let mut record = fixture(name);
        record["errorCode"] = json!("Client.UnauthorizedOperation");
        record["errorMessage"] = json!("You are not authorized to perform this operation.");
        record["responseElements"] = json!(null);
        assert_eq!(read(&record.to_string(), None), Ok(Record::Skipped(Skip::FailedCall)));
        never_widens(name, &record, &removed);
        never_widens(name, &record, &|value| if value.is_null() { vec![] } else { vec![Some(json!(null))] });
    }
}

/// Launches of which only one place says the tags.
#[test]
fn tags_that_only_one_place_tells_of_are_not_taken_for_none() {
    let of = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut record = fixture(name);
        change(&mut record);
        record
    };
    let one = json!({"items": [{"key": "Name", "value": "x"}]});
    let answered = of("record-run-instances-omitted-request", &|record| {
        record["responseElements"]["instancesSet"]["items"][0]["tagSet"] = one.clone();
    });
    let asked = of("record-run-instances-omitted-both", &|record| {
        record["requestParameters"] = fixture("record-run-instances-assumed-role")["requestParameters"].take();
    });
    for (name, record) in [("answered", answered), ("asked", asked)] {
        assert_eq!(terminated(&[seen(&record)], Shown { tags: &[], after: TimeDelta::minutes(1) }), BTreeSet::new());
        never_widens(name, &record, &removed);
        never_widens(name, &record, &replaced);
    }
}

/// Any JSON, with the words that events are known by.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "Records",
        "eventSource",
        "EventSource",
        "aws:sqs",
        "aws:sns",
        "aws:s3",
        "body",
        "messageId",
        "Sns",
        "Message",
        "Type",
        "Notification",
        "s3Bucket",
        "s3ObjectKey",
        "s3",
        "bucket",
        "object",
        "name",
        "key",
        "detail-type",
        "AWS API Call via CloudTrail",
        "Tag Change on Resource",
        "aws.tag",
        "source",
        "detail",
        "resources",
        "eventName",
        "RunInstances",
        "CreateTags",
        "DeleteTags",
        "StartInstances",
        "ec2.amazonaws.com",
        "requestParameters",
        "responseElements",
        "instancesSet",
        "resourcesSet",
        "tagSet",
        "items",
        "instanceId",
        "resourceId",
        "omitted",
        "errorCode",
        "awsRegion",
        "eu-west-1",
        "recipientAccountId",
        "123456789012",
        "eventTime",
        "2026-03-02T09:08:44Z",
        "i-0722f23a4f14560c2",
        "ObjectCreated:Put",
        "a%2",
        "AWSLogs/123456789012/CloudTrail/eu-west-1/x.json.gz",
    ];
    let word =
        move || prop_oneof![8 => prop::sample::select(words.to_vec()).prop_map(ToOwned::to_owned), 1 => ".{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word(), inner.clone()), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            inner.prop_map(|inner| Value::String(inner.to_string())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_json_is_opened_and_read(value in any_json()) {
        is_delivery(&value);
        let leaves = open(&value);
        prop_assert!(!leaves.is_empty(), "an event about which nothing is said");
        prop_assert_eq!(is_of_cloudtrail(&value), leaves.iter().any(|leaf| leaf.content.is_ok()));
        let _ = read(&value.to_string(), Some("123456789012"));
    }

    /// What is left of a record of which a lot is missing.
    #[test]
    fn ruins_of_records_are_read(
        name in prop::sample::select(fixtures("record-").into_keys().collect::<Vec<_>>()),
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..40),
    ) {
        let mut record = fixture(&name);
        for (which, remove) in steps {
            let places = places(&record, "");
            if places.is_empty() {
                break;
            }
            let (parent, key) = which.get(&places).rsplit_once('/').unwrap();
            match record.pointer_mut(parent).unwrap() {
                Value::Object(fields) if remove => drop(fields.remove(key)),
                Value::Array(items) if remove => drop(items.remove(key.parse().unwrap())),
                parent => *parent.pointer_mut(&format!("/{key}")).unwrap() = Value::Null,
            }
        }
        if let Ok(Record::Seen(sighting)) = read(&record.to_string(), None) {
            prop_assert!(is_account(&sighting.account));
            prop_assert!(together([&*sighting]).values().all(|evidence| !evidence.events.is_empty()));
        }
    }
}

/// Where everything in a value is.
fn places(value: &Value, at: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, inner)| (format!("{at}/{key}"), inner)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(key, inner)| (format!("{at}/{key}"), inner)).collect(),
        _ => vec![],
    };
    inner.into_iter().flat_map(|(place, inner)| [places(inner, &place), vec![place]].concat()).collect()
}

#[test]
fn account_of_a_log_is_the_folder_above_the_logs() {
    let account = |key: &str| {
        let object = LogObject { bucket: "b".into(), key: key.into(), region: None };
        object.account().map(ToOwned::to_owned)
    };
    for key in [
        "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/03/02/x.json.gz",
        "AWSLogs/o-a1b2c3d4e5/123456789012/CloudTrail/eu-west-1/2026/03/02/x.json.gz",
        "a prefix/210987654321/CloudTrail/AWSLogs/123456789012/CloudTrail/eu-west-1/x.json.gz",
        "123456789012/CloudTrail/x.json.gz",
    ] {
        assert_eq!(account(key).as_deref(), Some("123456789012"), "{key}");
    }
    for key in
        ["", "x.json.gz", "CloudTrail/x.json.gz", "AWSLogs/12345678901/CloudTrail/x", "123456789012/cloudtrail/x"]
    {
        assert_eq!(account(key), None, "{key}");
    }
    let object = LogObject { bucket: "b".into(), key: "a/b".into(), region: None };
    assert_eq!(object.to_string(), "s3://b/a/b");
}

#[test]
fn every_word_for_what_is_skipped_is_its_own() {
    let all = [
        Skip::OtherService,
        Skip::OtherCall,
        Skip::FailedCall,
        Skip::OtherResource,
        Skip::OwnCall,
        Skip::Duplicate,
        Skip::OtherRegion,
        Skip::TestEvent,
        Skip::TrailSetUp,
        Skip::NotCreated,
        Skip::Digest,
        Skip::Insights,
        Skip::OtherObject,
    ];
    for skip in all {
        assert_eq!(serde_json::to_value(skip).unwrap(), json!(skip.as_str()));
    }
    assert_eq!(all.iter().map(|skip| skip.as_str()).collect::<BTreeSet<_>>().len(), all.len());
}
