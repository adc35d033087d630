use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::tags::watch::tests::{fixture, fixtures, told};

/// What comes of an event, a line for each thing in it.
fn comes(event: &Value) -> Vec<String> {
    let line = |leaf: &Leaf| {
        let message = leaf.message.as_ref().map(|id| format!("{}: ", &id[..8.min(id.len())])).unwrap_or_default();
        let content = match &leaf.content {
            Ok(Content::Log(LogObject { bucket, key, region })) => {
                let region = region.as_deref().unwrap_or("?");
                format!("{bucket} in {region}: {}", key.split("/2026/").next().unwrap())
            }
            Ok(Content::Record { json, account }) => {
                let record: Value = serde_json::from_str(json).unwrap();
                let name = record["eventName"].as_str().unwrap();
                format!("record {name} of {}", account.as_deref().unwrap_or("?"))
            }
            Ok(Content::Seen(sighting)) => told(sighting),
            Ok(Content::Skipped(skip)) => format!("skipped: {}", skip.as_str()),
            Err(error) => format!("error: {}", error.split(';').next().unwrap()),
        };
        format!("{message}{content}")
    };
    open(event).iter().map(line).collect()
}

/// What each event comes to.
const SHAPES: &[(&str, &[&str])] = &[
    ("cloudtrail-validation-message", &["skipped: trail_set_up"]),
    ("eventbridge-create-tags", &["record CreateTags of 123456789012"]),
    ("eventbridge-create-tags-no-recipient", &["record CreateTags of 123456789012"]),
    (
        "eventbridge-instance-state-change",
        &["error: an unknown event: an object with the fields `account, detail, detail-type, id, region, \
                resources, source, time` (`EC2 Instance State-change Notification`)"],
    ),
    ("eventbridge-run-instances", &["record RunInstances of 123456789012"]),
    (
        "eventbridge-s3-object-created",
        &["larkspur-trail in eu-west-1: audit logs/team=render+io/AWSLogs/123456789012/CloudTrail/eu-west-1"],
    ),
    (
        "eventbridge-scheduled",
        &["error: an unknown event: an object with the fields `account, detail, detail-type, id, region, \
                resources, source, time` (`Scheduled Event`)"],
    ),
    (
        "eventbridge-tag-change",
        &["Tag Change on Resource by nobody in 123456789012 eu-west-1: i-01313aefaee352234 retagged \
                CostCenter=0815 Name=render-worker, changed CostCenter Owner"],
    ),
    (
        "eventbridge-tag-change-emptied",
        &["Tag Change on Resource by nobody in 123456789012 eu-west-1: i-01313aefaee352234 retagged, changed \
                CostCenter Name"],
    ),
    ("eventbridge-tag-change-volume", &["skipped: other_resource"]),
    (
        "record-insight",
        &["error: an unknown event: an object with the fields `awsRegion, eventCategory, eventID, eventTime, \
                eventType, eventVersion, insightDe`…"],
    ),
    ("s3-digest-object", &["skipped: digest"]),
    ("s3-insight-object", &["skipped: insights"]),
    ("s3-object-created", &["larkspur-trail in eu-west-1: AWSLogs/123456789012/CloudTrail/eu-west-1"]),
    (
        "s3-object-created-encoded-key",
        &["larkspur-trail in eu-west-1: audit logs/team=render+io/AWSLogs/123456789012/CloudTrail/eu-west-1"],
    ),
    (
        "s3-object-created-organization",
        &["larkspur-trail in eu-west-1: AWSLogs/o-a1b2c3d4e5/210987654321/CloudTrail/us-east-1"],
    ),
    (
        "s3-object-created-two",
        &[
            "larkspur-trail in eu-west-1: AWSLogs/123456789012/CloudTrail/eu-west-1",
            "larkspur-trail in eu-west-1: AWSLogs/123456789012/CloudTrail/us-east-1",
        ],
    ),
    ("s3-object-removed", &["skipped: not_created"]),
    ("s3-other-object", &["skipped: other_object"]),
    ("s3-test-event", &["skipped: test_event"]),
    (
        "sns-cloudtrail-notification",
        &[
            "larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/eu-west-1",
            "larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/us-east-1",
        ],
    ),
    ("sns-s3-event", &["larkspur-trail in eu-west-1: AWSLogs/123456789012/CloudTrail/eu-west-1"]),
    ("sns-s3-test-event", &["skipped: test_event"]),
    ("sqs-eventbridge", &["554beae6: record RunInstances of 123456789012"]),
    (
        "sqs-mixed",
        &[
            "ec9e5dc0: larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/eu-west-1",
            "ec9e5dc0: larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/us-east-1",
            "5cfd70e6: error: an unknown event: an object with the fields `colour, order`",
            "c9ca8ae9: skipped: test_event",
        ],
    ),
    (
        "sqs-not-json",
        &["43853b14: error: a message that is no JSON: \
                `{\\\"s3Bucket\\\":\\\"larkspur-trail\\\",\\\"s3ObjectKey\\\":[`"],
    ),
    (
        "sqs-raw-cloudtrail",
        &[
            "bd4892ce: larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/eu-west-1",
            "bd4892ce: larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/us-east-1",
        ],
    ),
    ("sqs-raw-validation", &["4199d914: skipped: trail_set_up"]),
    ("sqs-s3-event", &["93f2a95e: larkspur-trail in eu-west-1: AWSLogs/123456789012/CloudTrail/eu-west-1"]),
    (
        "sqs-sns-cloudtrail",
        &[
            "e564f449: larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/eu-west-1",
            "e564f449: larkspur-trail in ?: AWSLogs/123456789012/CloudTrail/us-east-1",
        ],
    ),
    ("sqs-sns-s3-event", &["58282b38: larkspur-trail in eu-west-1: AWSLogs/123456789012/CloudTrail/eu-west-1"]),
    ("sqs-sns-validation", &["c54fc5c7: skipped: trail_set_up"]),
    (
        "sqs-subscription-confirmation",
        &["a7d7a3e8: error: an unknown event: an object with the fields `Message, MessageId, Signature, \
                SignatureVersion, SigningCertURL, SubscribeURL, T`… (`SubscriptionConfirmation`)"],
    ),
];

#[test]
fn every_recorded_shape_is_opened() {
    let mut wanted: BTreeMap<String, Vec<String>> = SHAPES
        .iter()
        .map(|(name, lines)| ((*name).to_owned(), lines.iter().map(|line| (*line).to_owned()).collect()))
        .collect();
    // A record by itself is one, whatever it is about.
    for (name, record) in fixtures("record-") {
        let call = record["eventName"].as_str().map(|call| vec![format!("record {call} of ?")]);
        wanted.extend(call.map(|call| (name, call)));
    }
    let found: BTreeMap<String, Vec<String>> =
        fixtures("").into_iter().map(|(name, event)| (name, comes(&event))).collect();
    assert_eq!(found, wanted);
}

/// An event as the body of an SQS message, and so on.
fn in_sqs(id: &str, inner: &Value) -> Value {
    json!({"Records": [{"eventSource": "aws:sqs", "messageId": id, "body": inner.to_string()}]})
}

fn in_sns(inner: &Value) -> Value {
    json!({"Type": "Notification", "Message": inner.to_string()})
}

#[test]
fn every_event_is_found_in_every_wrapping() {
    for (name, event) in fixtures("") {
        let outer = comes(&event);
        if outer.iter().any(|line| line.contains("error: a message") || line.contains("unknown event")) {
            continue;
        }
        let sns = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": event.to_string()}}]});
        let list = json!([event.clone()]);
        for wrapped in [sns, in_sns(&event), in_sns(&in_sns(&event)), list] {
            assert_eq!(comes(&wrapped), outer, "{name}");
        }
        // The innermost message is the one that is named, as the outer one is but a list of others.
        let own =
            |line: &String| if event["Records"][0]["body"].is_string() { line.clone() } else { format!("m-1: {line}") };
        let wanted: Vec<String> = outer.iter().map(own).collect();
        for wrapped in [in_sqs("m-1", &event), in_sqs("m-1", &in_sns(&event)), in_sqs("m-1", &in_sns(&in_sns(&event)))]
        {
            assert_eq!(comes(&wrapped), wanted, "{name}");
        }
    }
}

#[test]
fn messages_of_one_event_are_told_apart() {
    let mut event = in_sqs("m-1", &fixture("s3-object-removed"));
    for (id, inner) in [("m-2", fixture("record-start-instances")), ("m-3", json!({})), ("m-4", json!([]))] {
        let more = in_sqs(id, &inner)["Records"][0].take();
        event["Records"].as_array_mut().unwrap().push(more);
    }
    let nameless = json!({"eventSource": "aws:sqs", "body": "{\"Event\":\"s3:TestEvent\"}"});
    event["Records"].as_array_mut().unwrap().push(nameless);
    let wanted = [
        "m-1: skipped: not_created",
        "m-2: record StartInstances of ?",
        "m-3: error: an unknown event: an empty object",
        "m-4: error: an unknown event: an empty list",
        "skipped: test_event",
    ];
    assert_eq!(comes(&event), wanted);
}

#[test]
fn nesting_without_end_is_an_error() {
    let nested = |times: usize| (0..times).fold(fixture("s3-object-created"), |inner, _| in_sns(&inner));
    assert_eq!(comes(&nested(DEEPEST - 2)), comes(&nested(0)));
    assert_eq!(comes(&nested(DEEPEST - 1)), ["error: an event is nested too deeply"]);
    let lists = (0..100).fold(json!({}), |inner, _| json!([inner]));
    assert_eq!(comes(&lists), ["error: an event is nested too deeply"]);
}

#[test]
fn unknown_shapes_are_named() {
    let error = |event: Value| match open(&event).remove(0).content {
        Err(error) => error,
        Ok(content) => panic!("{content:?}"),
    };
    let known = "; events of S3, SNS, SQS and EventBridge about CloudTrail, and its records, are understood";
    for (event, seen) in [
        (json!({"b": 1, "a": 2}), "an object with the fields `a, b`"),
        (
            json!({"source": "aws.health", "detail-type": "AWS Health"}),
            "an object with the fields `detail-type, source` (`AWS Health`)",
        ),
        (json!({"Records": []}), "an object with the fields `Records`"),
        (json!({"Records": 7}), "an object with the fields `Records`"),
        (json!([]), "an empty list"),
        (json!(null), "`null`"),
        (json!("hello"), "`\\\"hello\\\"`"),
        (json!([7]), "`7`"),
        (json!({"eventSource": "aws:sqs", "messageId": "m"}), "an object with the fields `eventSource, messageId`"),
        (json!({"EventSource": "aws:sns", "Sns": {}}), "an object with the fields `EventSource, Sns`"),
        (json!({"eventSource": "aws:s3"}), "an object with the fields `eventSource`"),
        (
            json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}),
            "an object with the fields `eventName, eventSource`",
        ),
        (json!({"s3Bucket": "b", "s3ObjectKey": [7]}), "an object with the fields `s3Bucket, s3ObjectKey`"),
        (
            json!({"detail-type": "AWS API Call via CloudTrail", "detail": "x"}),
            "an object with the fields `detail, detail-type` (`AWS API Call via CloudTrail`)",
        ),
    ] {
        assert_eq!(error(event), format!("an unknown event: {seen}{known}"));
    }
    let long = error(json!({"Type": "Notification", "Message": format!("a\n{}", "é".repeat(300))}));
    assert_eq!(long, format!("a message that is no JSON: `a\\n{}`…", "é".repeat(78)));
    let deep = in_sqs("m-1", &json!({"x".repeat(1_000): 1}));
    assert!(error(deep).len() < 250);
}

#[test]
fn keys_of_s3_events_are_form_encoded_and_others_are_not() {
    let cases = [
        ("a+b", Some("a b")),
        ("a%2Bb%20c", Some("a+b c")),
        ("team%3Drender", Some("team=render")),
        ("%C3%A9%c3%a9", Some("éé")),
        ("plain", Some("plain")),
        ("", Some("")),
        ("%", None),
        ("a%2", None),
        ("%zz", None),
        ("%+1", None),
        ("%ff", None),
    ];
    for (key, wanted) in cases {
        assert_eq!(decoded(key).as_deref(), wanted, "{key}");
    }
    let mut event = fixture("s3-object-created");
    event["Records"][0]["s3"]["object"]["key"] = json!("AWSLogs/%zz");
    assert_eq!(comes(&event), ["error: the key `AWSLogs/%zz` cannot be decoded"]);
    let key = "AWSLogs/123456789012/CloudTrail/eu-west-1/a+b%2Bc.json.gz";
    let notified = json!({"s3Bucket": "b", "s3ObjectKey": [key]});
    assert_eq!(comes(&notified), [format!("b in ?: {key}")]);
}

#[test]
fn logs_are_told_from_other_objects_by_their_folder() {
    for (key, wanted) in [
        ("AWSLogs/123456789012/CloudTrail/eu-west-1/x.json.gz", None),
        ("p/AWSLogs/o-1/123456789012/CloudTrail/eu-west-1/x.json.gz", None),
        ("AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/x.json.gz", Some("digest")),
        ("AWSLogs/123456789012/CloudTrail-Insight/eu-west-1/x.json.gz", Some("insights")),
        ("AWSLogs/123456789012/CloudTrail/eu-west-1/", Some("other_object")),
        ("AWSLogs/123456789012/Config/eu-west-1/x.json.gz", Some("other_object")),
        ("CloudTrail/eu-west-1/x.json.gz", Some("other_object")),
        ("AWSLogs/12345678901x/CloudTrail/x.json.gz", Some("other_object")),
    ] {
        let wanted = wanted.map_or_else(|| format!("b in ?: {key}"), |skip| format!("skipped: {skip}"));
        assert_eq!(comes(&json!({"s3Bucket": "b", "s3ObjectKey": [key]})), [wanted]);
    }
}

#[test]
fn region_of_a_bucket_is_one_or_unknown() {
    let mut event = fixture("s3-object-created");
    event["Records"][0]["awsRegion"] = json!("evil.example.org/#-1");
    assert!(comes(&event)[0].starts_with("larkspur-trail in ?: "));
}

#[test]
fn changed_tags_that_do_not_say_of_what_are_errors() {
    for (pointer, value, wanted) in [
        ("/account", json!("1234"), "account is no account"),
        ("/region", json!("x"), "region is no region"),
        ("/time", json!(7), "time is no time"),
        ("/detail/tags", json!(null), "detail/tags is no map"),
        ("/resources", json!("x"), "resources is no list"),
        ("/resources", json!([]), "resources is no list of instances"),
        ("/resources/0", json!("arn:aws:ec2:eu-west-1:123456789012:instance/x"), "resources is no list of instances"),
    ] {
        let mut event = fixture("eventbridge-tag-change");
        *event.pointer_mut(pointer).unwrap() = value;
        assert_eq!(comes(&event), [format!("error: Tag Change on Resource: {wanted}")]);
    }
    let mut event = fixture("eventbridge-tag-change");
    event["detail"]["service"] = json!("rds");
    assert_eq!(comes(&event), ["skipped: other_resource"]);
    event["source"] = json!("me");
    assert!(comes(&event)[0].starts_with("error: an unknown event: "));
}

#[test]
fn schedules_and_what_people_type_are_no_deliveries() {
    for event in [json!({}), json!([]), json!(null), json!("x"), json!(7), fixture("eventbridge-scheduled")] {
        assert!(!is_delivery(&event), "{event}");
    }
    for (name, event) in fixtures("").into_iter().filter(|(name, _)| name != "eventbridge-scheduled") {
        assert!(is_delivery(&event), "{name}");
    }
    assert!(is_delivery(&json!({"key1": "value1"})), "a mistake that is to be named");
}

#[test]
fn event_is_of_cloudtrail_if_anything_in_it_is() {
    let strange = ["record-insight", "sqs-not-json", "sqs-subscription-confirmation"];
    for (name, event) in fixtures("") {
        let other = name.starts_with("eventbridge-instance-state") || name.starts_with("eventbridge-scheduled");
        assert_eq!(is_of_cloudtrail(&event), !other && !strange.contains(&name.as_str()), "{name}");
    }
    assert!(!is_of_cloudtrail(&json!({"key1": "value1"})));
}
