use serde_json::json;

use super::*;
use crate::tags::watch::tests::{fixture, fixtures, seen, told};

/// What comes of a record, in a line.
fn comes(record: &Value) -> String {
    match read(&record.to_string(), None) {
        Ok(Record::Seen(sighting)) => told(&sighting),
        Ok(Record::Skipped(skip)) => format!("skipped: {}", skip.as_str()),
        Err(error) => format!("error: {error}"),
    }
}

fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut record = fixture(name);
    change(&mut record);
    record
}

const LAUNCH: &str = "record-run-instances-assumed-role";

#[test]
fn every_recorded_shape_is_understood() {
    let wanted = [
        (
            "record-create-tags",
            "CreateTags by user oleg.brandt in 123456789012 eu-west-1: i-0246adb36420e01d6 tagged CostCenter=0815 \
            Note=",
        ),
        (
            "record-delete-all-tags",
            "DeleteTags by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0e9cb30e1d44458c6 cleared",
        ),
        (
            "record-delete-all-tags-no-set",
            "DeleteTags by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0e9cb30e1d44458c6 cleared",
        ),
        (
            "record-delete-tags",
            "DeleteTags by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0e4e6e9ec6e81c321 untagged Owner \
            CostCenter=4711",
        ),
        ("record-efs-create-tags", "skipped: other_service"),
        ("record-insight", "skipped: insights"),
        (
            "record-own-role-create-tags",
            "CreateTags by sleuth-tags as sleuth-tags in 123456789012 eu-west-1: i-04ce49f74855287cf tagged \
            sleuth:stopped-at=2026-03-02T09:06:57Z",
        ),
        (
            "record-run-instances-assumed-role",
            "RunInstances by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0722f23a4f14560c2 launched \
            CostCenter=4711 Name=render-worker Owner=mira.holt@example.org; i-0c3ccb28f041200bb launched \
            CostCenter=4711 Name=render-worker Owner=mira.holt@example.org",
        ),
        ("record-run-instances-denied", "skipped: failed_call"),
        ("record-run-instances-dry-run", "skipped: failed_call"),
        ("record-run-instances-failed", "skipped: failed_call"),
        (
            "record-run-instances-iam-user",
            "RunInstances by user oleg.brandt in 123456789012 eu-west-1: i-052fb605699b30a69 launched",
        ),
        (
            "record-run-instances-omitted-both",
            "RunInstances by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0efaaf35db8b10732 launched …?",
        ),
        (
            "record-run-instances-omitted-request",
            "RunInstances by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0103459dadedbdc99 launched \
            CostCenter=4711 Name=render-worker Owner=mira.holt@example.org",
        ),
        (
            "record-run-instances-omitted-response",
            "error: RunInstances d3977fa9-d048-40b9-af58-b98843e931ca: which instances it launched was left out by \
            CloudTrail",
        ),
        (
            "record-run-instances-other-account",
            "RunInstances by ci-runner as build-farm in 210987654321 us-east-1: i-0d9f05d355c00842a launched",
        ),
        (
            "record-run-instances-root",
            "RunInstances by root in 123456789012 eu-west-1: i-0adba2889dcbcf58f launched Name=",
        ),
        (
            "record-run-instances-service",
            "RunInstances by service autoscaling.amazonaws.com in 123456789012 eu-west-1: i-00925ed2ad43fbfe2 \
            launched CostCenter=4711 aws:autoscaling:groupName=render-queue \
            aws:ec2launchtemplate:id=lt-05b1e7c3a9d2f4e68 aws:ec2launchtemplate:version=4",
        ),
        (
            "record-run-instances-spot",
            "RunInstances by mira.holt as larkspur-dev in 123456789012 eu-west-1: i-0a9e9065da13c339a launched",
        ),
        ("record-s3-put-object", "skipped: other_service"),
        (
            "record-start-instances",
            "StartInstances by user oleg.brandt in 123456789012 eu-west-1: i-00d5ecafea613360c started",
        ),
        ("record-sts-assume-role", "skipped: other_service"),
    ];
    let found: Vec<(String, String)> =
        fixtures("record-").into_iter().map(|(name, record)| (name, comes(&record))).collect();
    let wanted = wanted.map(|(name, line)| (name.to_owned(), line.to_owned()));
    assert_eq!(found, wanted);
}

#[test]
fn event_says_who_did_what_when_and_from_where() {
    let Sighting { event, .. } = seen(&fixture(LAUNCH));
    let by = Principal::Role { role: Some("larkspur-dev".into()), session: "mira.holt".into() };
    let whole = Event {
        id: fixture(LAUNCH)["eventID"].as_str().map(ToOwned::to_owned),
        name: "RunInstances".into(),
        at: "2026-03-02T09:01:33Z".parse().unwrap(),
        by: Some(by),
        arn: Some("arn:aws:sts::123456789012:assumed-role/larkspur-dev/mira.holt".into()),
        source_ip: Some("203.0.113.24".into()),
    };
    assert_eq!(event, whole);
    let bare = changed(LAUNCH, |record| {
        for field in ["eventID", "userIdentity", "sourceIPAddress"] {
            record.as_object_mut().unwrap().remove(field);
        }
    });
    assert_eq!(seen(&bare).event, Event { id: None, by: None, arn: None, source_ip: None, ..whole });
}

#[test]
fn launch_tells_what_the_instance_is_like() {
    let launched = |name: &str| match seen(&fixture(name)).instances.remove(0).1 {
        Change::Launched(launched) => launched.instance,
        other => panic!("{other:?}"),
    };
    let instance = launched("record-run-instances-iam-user");
    assert_eq!(instance.launched, DateTime::from_timestamp_millis(1_772_442_127_000));
    assert_eq!(instance.instance_type.as_deref(), Some("t3.xlarge"));
    assert_eq!(instance.image.as_deref(), Some("ami-04d1357fbcff0262c"));
    assert_eq!(instance.vpc.as_deref(), Some("vpc-00080e242d1d87a6e"));
    let protected = Protection { termination: true, stop: true };
    assert_eq!(instance.protection, Some(crate::facts::Reading::Read(protected)));
    assert!(!instance.spot && launched("record-run-instances-spot").spot);
    // Without an answer, the time of the call will do.
    let omitted = launched("record-run-instances-omitted-both");
    assert_eq!(omitted.launched, Some("2026-03-02T09:04:40Z".parse().unwrap()));
}

#[test]
fn tags_of_a_launch_are_those_asked_for_and_those_answered() {
    let tags = |change: &dyn Fn(&mut Value)| {
        let record = changed(LAUNCH, change);
        match &seen(&record).instances[0].1 {
            Change::Launched(launched) => (launched.instance.tags.len(), launched.tags_known),
            other => panic!("{other:?}"),
        }
    };
    let answer = |record: &mut Value, set: Value| {
        record["responseElements"]["instancesSet"]["items"][0]["tagSet"] = set;
    };
    let one = || json!({"items": [{"key": "More", "value": "x"}]});
    let left_out = || json!({"omitted": true, "originalSize": 104_118, "reason": "requestParameters too large"});
    assert_eq!(tags(&|_| ()), (3, true));
    assert_eq!(tags(&|record| answer(record, one())), (4, true));
    for none in [json!(null), json!({}), json!({"items": []})] {
        assert_eq!(tags(&|record| answer(record, none.clone())), (3, true));
        let asked = |record: &mut Value, asked| {
            answer(record, none.clone());
            record["requestParameters"] = asked;
        };
        for doubtful in [json!(null), json!({}), left_out(), json!({"originalSize": 1}), json!("x")] {
            assert_eq!(tags(&|record| asked(record, doubtful.clone())), (0, false), "{doubtful}");
        }
        assert_eq!(tags(&|record| asked(record, json!({"instancesSet": {}}))), (0, true), "launched without tags");
    }
    for wrong in [json!(7), json!([]), json!({"items": {}}), json!({"items": [{"value": "x"}]})] {
        assert_eq!(tags(&|record| answer(record, wrong.clone())), (3, false), "{wrong}");
    }
    assert_eq!(tags(&|record| record["requestParameters"] = left_out()), (3, true));
    let asked = |set: Value| {
        tags(&|record| {
            answer(record, json!(null));
            record["requestParameters"]["tagSpecificationSet"] = set.clone();
        })
    };
    let of =
        |kind: &str| json!({"items": [{"resourceType": kind, "tags": [{"key": "A"}, {"key": "B", "value": "x"}]}]});
    assert_eq!((asked(of("instance")), asked(of("volume")), asked(json!(null))), ((2, true), (0, true), (0, true)));
    let wrong = [json!({}), json!({"items": [{}]}), json!({"items": [{"resourceType": "instance", "tags": [{}]}]})];
    assert!(wrong.into_iter().all(|set| asked(set) == (0, false)));
}

#[test]
fn launch_whose_answer_was_left_out_is_that_of_the_resources_and_its_tags_are_doubtful() {
    let record = changed("record-run-instances-omitted-response", |record| {
        record["resources"] = json!([
            {"ARN": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-02a65292e2a0868fa"},
            {"ARN": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0efaaf35db8b10732"},
            {"type": "AWS::EC2::Instance"},
        ]);
    });
    let tags = "launched CostCenter=4711 Name=render-worker Owner=mira.holt@example.org …?";
    assert!(comes(&record).ends_with(&format!(": i-0efaaf35db8b10732 {tags}")), "{}", comes(&record));
    let record = changed("record-run-instances-omitted-both", |record| {
        record["resources"] = json!([{"ARN": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1/.."}]);
    });
    assert!(comes(&record).ends_with(": `i-1/..` is no instance"), "{}", comes(&record));
}

type Damage = Box<dyn Fn(&mut Value)>;

#[test]
fn what_a_record_does_not_say_is_named() {
    let path = |pointer: &'static str, value: Value| {
        move |record: &mut Value| *record.pointer_mut(pointer).unwrap() = value.clone()
    };
    let items = "/responseElements/instancesSet/items";
    let resources = "/requestParameters/resourcesSet/items";
    let cases: [(&str, Damage, &str); 13] = [
        (LAUNCH, Box::new(path("/eventTime", json!("today"))), "eventTime is no time"),
        (LAUNCH, Box::new(path("/awsRegion", json!("evil.example.org/"))), "awsRegion is no region"),
        (LAUNCH, Box::new(path("/recipientAccountId", json!(123_456_789_012_u64))), "recipientAccountId is no account"),
        (LAUNCH, Box::new(path("/recipientAccountId", json!("12345678901"))), "recipientAccountId is no account"),
        (LAUNCH, Box::new(path("/recipientAccountId", json!(null))), "recipientAccountId is no account"),
        (LAUNCH, Box::new(path("/responseElements", json!(null))), "responseElements/instancesSet is no list"),
        (LAUNCH, Box::new(path(items, json!([]))), "responseElements/instancesSet is empty"),
        (LAUNCH, Box::new(path(items, json!([{"imageId": "ami-1"}]))), "an item has no instanceId"),
        (LAUNCH, Box::new(path(items, json!([{"instanceId": "vol-1"}]))), "`vol-1` is no instance"),
        ("record-create-tags", Box::new(path("/requestParameters/tagSet", json!({}))), "there are no tags in it"),
        (
            "record-create-tags",
            Box::new(path("/requestParameters", json!({"omitted": true}))),
            "requestParameters/resourcesSet was left out by CloudTrail",
        ),
        ("record-create-tags", Box::new(path(resources, json!([{}]))), "an item has no resourceId"),
        ("record-delete-tags", Box::new(path("/requestParameters/tagSet", json!([]))), "tagSet is no list"),
    ];
    for (name, change, error) in cases {
        let record = changed(name, change);
        let of = format!("{} {}", record["eventName"].as_str().unwrap(), record["eventID"].as_str().unwrap());
        assert_eq!(comes(&record), format!("error: {of}: {error}"));
    }
    let nameless = changed("record-create-tags", |record| {
        record["eventID"] = json!(null);
        record["eventTime"] = json!(7);
    });
    assert_eq!(comes(&nameless), "error: CreateTags without an eventID: eventTime is no time");
    for text in ["", "null", "7", "[]", "{}", "{\"eventName\":\"RunInstances\"}", "{\"eventCategory\":\"Data\"}"] {
        assert!(read(text, None).unwrap_err().starts_with("a record: "), "{text}");
    }
}

/// A record of some kilobytes could otherwise take gigabytes: every instance has every tag.
#[test]
fn more_than_ec2_takes_is_no_record() {
    let list = |count: usize, item: &dyn Fn(usize) -> Value| (0..count).map(item).collect::<Vec<_>>();
    let ids = |count| list(count, &|n| json!({"resourceId": format!("i-{n:017x}")}));
    let keys = |count| list(count, &|n| json!({"key": format!("k{n}"), "value": ""}));
    let with = |of: usize, tags: usize| {
        let record = changed("record-create-tags", |record| {
            record["requestParameters"]["resourcesSet"]["items"] = json!(ids(of));
            record["requestParameters"]["tagSet"]["items"] = json!(keys(tags));
        });
        read(&record.to_string(), None).map(|_| ())
    };
    assert_eq!(with(1_000, 200), Ok(()));
    assert!(with(1_001, 1).unwrap_err().contains("requestParameters/resourcesSet has 1001 items, more than EC2 takes"));
    assert!(with(1, 201).unwrap_err().contains("tagSet has more tags than EC2 takes"));
}

#[test]
fn account_is_that_of_the_record_and_else_of_where_it_was() {
    let account = |record: &Value, account: Option<&str>| match read(&record.to_string(), account) {
        Ok(Record::Seen(sighting)) => Some(sighting.account),
        _ => None,
    };
    let with = |value: Value| changed(LAUNCH, |record| record["recipientAccountId"] = value);
    let other = Some("210987654321");
    assert_eq!(account(&fixture(LAUNCH), other).as_deref(), Some("123456789012"));
    assert_eq!(account(&with(json!(null)), other).as_deref(), other);
    assert_eq!(account(&with(json!(null)), Some("o-a1b2c3d4e5")), None);
    // What is wrong is not mended.
    assert_eq!((account(&with(json!(7)), other), account(&with(json!("x")), other)), (None, None));
}

#[test]
fn call_that_failed_is_skipped_whatever_its_code_is() {
    for (field, value, skipped) in [
        ("errorCode", json!("Client.UnauthorizedOperation"), true),
        ("errorCode", json!(""), true),
        ("errorCode", json!(7), true),
        ("errorCode", json!({}), true),
        ("errorMessage", json!("denied"), true),
        ("errorCode", json!(null), false),
    ] {
        let record = changed(LAUNCH, |record| record[field] = value.clone());
        assert_eq!(comes(&record) == "skipped: failed_call", skipped, "{field} {value}");
    }
}

#[test]
fn only_calls_about_instances_of_ec2_count() {
    let with = |field: &str, value: &str| comes(&changed("record-create-tags", |record| record[field] = json!(value)));
    assert_eq!(with("eventSource", "elasticfilesystem.amazonaws.com"), "skipped: other_service");
    assert_eq!(with("eventSource", "ec2.amazonaws.com.example.org"), "skipped: other_service");
    assert_eq!(with("eventName", "StopInstances"), "skipped: other_call");
    assert_eq!(with("eventName", "runinstances"), "skipped: other_call");
    let of = |ids: &[&str]| {
        let items: Vec<Value> = ids.iter().map(|id| json!({"resourceId": id})).collect();
        comes(&changed("record-create-tags", |record| {
            record["requestParameters"]["resourcesSet"]["items"] = json!(items);
        }))
    };
    assert_eq!(of(&["vol-02a65292e2a0868fa", "i-12", "ami-04d1357fbcff0262c"]), "skipped: other_resource");
    assert_eq!(of(&[]), "skipped: other_resource");
    assert!(
        of(&["i-0246adb3", "vol-1", "i-0246adb36420e01d6"]).contains(": i-0246adb3 tagged CostCenter=0815 Note=; i-")
    );
}

#[test]
fn removed_tags_are_some_or_all() {
    let with = |set: Value| {
        let record = changed("record-delete-tags", |record| record["requestParameters"]["tagSet"] = set);
        comes(&record).split_once(": i-0e4e6e9ec6e81c321 ").map(|(_, change)| change.to_owned())
    };
    for all in [json!(null), json!({}), json!({"items": []})] {
        assert_eq!(with(all.clone()).as_deref(), Some("cleared"), "{all}");
    }
    let some = json!({"items": [{"key": "A"}, {"key": "B", "value": ""}, {"key": "C", "value": "x"}]});
    assert_eq!(with(some).as_deref(), Some("untagged A B= C=x"));
    for wrong in [json!(7), json!([]), json!({"items": {}}), json!({"item": []}), json!({"items": [{"value": "x"}]})] {
        assert_eq!(with(wrong.clone()), None, "{wrong}");
    }
}
