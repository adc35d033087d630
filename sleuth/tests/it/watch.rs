//! The watch: a function that is given events, under the Runtime Interface Emulator. What it understands, and answers.

use std::{collections::BTreeMap, ffi::OsStr};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::{MockServer, ResponseTemplate};

use crate::{
    channels::{bodies, receiver},
    cloud::{IMAGE, assumed_role, record},
    lambda::{BOTH, Function},
    support::Emulator,
    tags::{CODE, IRELAND, TERMINATE, old, reason, rules},
    trail::{cloudtrail_notification, s3_event, sns_event, sqs_event},
};

pub(crate) const BUCKET: &str = "acme-trail";
pub(crate) const ADDRESS: &str = "203.0.113.24";
pub(crate) const ELSEWHERE: &str = "210987654321";
/// Longer than the function may run.
pub(crate) const LONG: (&str, &str) = ("SETTLE_SECONDS", "600");

/// A function that watches an AWS, and a receiver of its messages.
pub(crate) struct Watch {
    pub(crate) aws: Emulator,
    pub(crate) slack: MockServer,
    pub(crate) function: Function,
    rules: NamedTempFile,
}

/// Settings by which instances without the tag `Code` are terminated. The last of one name counts.
fn settings<'a>(rules: &'a NamedTempFile, slack: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let rules = ("TAG_RULES_FILE", rules.path().to_str().unwrap());
    let some = [("AUDITS", "watch"), rules, TERMINATE, ("SLACK_URL", slack), ("SETTLE_SECONDS", "1")];
    [&some[..], &[("OWNER_LOOKUP_SECONDS", "0")], more].concat()
}

impl Watch {
    pub(crate) async fn start(more: &[(&str, &str)]) -> Self {
        Self::of(BOTH, CODE, more).await
    }

    /// A function of this program, by these rules.
    pub(crate) async fn of(program: impl AsRef<OsStr>, text: &str, more: &[(&str, &str)]) -> Self {
        let aws = Emulator::start();
        aws.bucket(BUCKET).await;
        let (slack, rules) = (receiver(vec![ResponseTemplate::new(200)]).await, rules(text));
        let function = Function::start_with(program, &aws.url, &settings(&rules, &slack.uri(), more)).await;
        Self { aws, slack, function, rules }
    }

    /// Another instance of the function, which knows nothing of what was done before.
    pub(crate) async fn again(&mut self, more: &[(&str, &str)]) {
        let uri = self.slack.uri();
        self.function = Function::start_with(BOTH, &self.aws.url, &settings(&self.rules, &uri, more)).await;
    }

    pub(crate) async fn invoke(&self, event: &Value) -> Value {
        self.function.invoke(event.to_string()).await
    }

    /// The answer to an event that is dealt with.
    pub(crate) async fn done(&self, event: &Value) -> Value {
        let answer = self.invoke(event).await;
        assert!(answer["audits"][0]["kind"] == "watch", "{answer}\n{}", self.function.log());
        answer["audits"][0].clone()
    }

    /// The error of an event of which something cannot be dealt with.
    pub(crate) async fn incomplete(&self, event: &Value) -> String {
        let answer = self.invoke(event).await;
        assert_eq!(answer["errorType"], "Sleuth.Incomplete", "{answer}\n{}", self.function.log());
        answer["errorMessage"].as_str().unwrap().to_owned()
    }

    /// What S3 tells of a log file with these records.
    pub(crate) async fn logged(&self, region: &str, records: &[Value]) -> Value {
        s3_event(BUCKET, &self.aws.log_file(BUCKET, region, records).await)
    }

    /// The same of a file with this in it.
    pub(crate) async fn file(&self, content: impl Into<Vec<u8>>) -> Value {
        let key = self.aws.log_key(IRELAND);
        self.aws.object(BUCKET, &key, content).await;
        s3_event(BUCKET, &key)
    }

    /// Launches an instance without tags. Returns its id, and what S3 tells of the log file that says so.
    pub(crate) async fn untagged(&self) -> (String, Value) {
        let id = old(&self.aws, IRELAND, &[]).await;
        let event = self.logged(IRELAND, &[launch(&[&id], &[])]).await;
        (id, event)
    }

    pub(crate) async fn state(&self, id: &str) -> String {
        self.aws.states(IRELAND).await[id].clone()
    }

    pub(crate) async fn is_terminated(&self, id: &str) -> bool {
        self.state(id).await == "terminated"
    }

    /// All messages so far.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        bodies(&self.slack).await
    }

    /// What the log says last of an event.
    pub(crate) fn last(&self) -> Value {
        let log = self.function.log();
        let lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut of_events = lines.filter(|line| line["kind"] == "watch");
        of_events.next().unwrap_or_else(|| panic!("no line about an event: {log}"))
    }

    /// What the log says last of the instances of an account.
    pub(crate) fn report(&self) -> Value {
        self.function.reports().pop().unwrap_or_else(|| panic!("no report: {}", self.function.log()))
    }

    /// The calls so far, each by its name.
    pub(crate) async fn operations(&self) -> Vec<String> {
        self.aws.calls().await.into_iter().map(|call| call.operation).collect()
    }
}

/// Who launches instances here.
pub(crate) fn carol() -> Value {
    assumed_role("Dev", "carol")
}

/// The record of a launch just now, as CloudTrail writes it, with the tags that were asked for.
pub(crate) fn launch(ids: &[&str], tags: &[(&str, &str)]) -> Value {
    launch_at(Utc::now(), ids, tags)
}

pub(crate) fn launch_at(at: DateTime<Utc>, ids: &[&str], tags: &[(&str, &str)]) -> Value {
    let mut record = record("RunInstances", &carol(), at);
    let pairs: Vec<Value> = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let set = if pairs.is_empty() { json!({}) } else { json!({ "items": pairs }) };
    let item = |id| {
        json!({"instanceId": id, "imageId": IMAGE, "instanceType": "t3.micro", "tagSet": set,
        "launchTime": at.timestamp_millis(), "instanceState": {"code": 0, "name": "pending"}})
    };
    let items: Vec<Value> = ids.iter().map(item).collect();
    record["sourceIPAddress"] = json!(ADDRESS);
    record["requestParameters"] = json!({"instanceType": "t3.micro", "disableApiTermination": false});
    if !pairs.is_empty() {
        record["requestParameters"]["tagSpecificationSet"] =
            json!({"items": [{"resourceType": "instance", "tags": pairs}]});
    }
    record["responseElements"] = json!({"reservationId": "r-080958e604250d7b3", "instancesSet": {"items": items}});
    record
}

/// A record as `EventBridge` passes it on.
pub(crate) fn bridged(record: &Value) -> Value {
    json!({
        "version": "0",
        "id": "ebffdc3c-ab11-4192-bd3f-7fa222a6704a",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    })
}

/// What `EventBridge` tells of an instance in Ireland of which these are all tags, and the tag `changed` is another or gone.
pub(crate) fn tag_change(id: &str, tags: &Value, changed: &str) -> Value {
    json!({
        "version": "0",
        "id": format!("11f844c8-c23a-4d39-864a-{}", &id[2..14]),
        "detail-type": "Tag Change on Resource",
        "source": "aws.tag",
        "account": "123456789012",
        "time": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": IRELAND,
        "resources": [format!("arn:aws:ec2:eu-west-1:123456789012:instance/{id}")],
        "detail": {"changed-tag-keys": [changed], "service": "ec2", "resource-type": "instance", "version": 3.0,
            "tags": tags},
    })
}

/// A recorded event: sleuth/tests/fixtures/events has them.
pub(crate) fn recorded(name: &str) -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Messages of a queue: names and what is in them.
pub(crate) fn queued(messages: &[(&str, &Value)]) -> Value {
    let messages: Vec<_> = messages.iter().map(|(id, body)| ((*id).to_owned(), body.to_string())).collect();
    sqs_event(&messages)
}

pub(crate) fn skipped(report: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(report["summary"]["skipped"].clone()).unwrap()
}

/// How often something was skipped for one reason, and for no other.
pub(crate) fn only(reason: &str, count: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([(reason.to_owned(), count)])
}

pub(crate) fn packed(text: &str) -> Vec<u8> {
    use std::io::Write as _;

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

#[tokio::test]
async fn of_a_batch_only_the_messages_that_failed_are_delivered_again() {
    let watch = Watch::start(&[]).await;
    let (doomed, good) = watch.untagged().await;
    let missing = s3_event(BUCKET, &watch.aws.log_key(IRELAND));
    let odd = json!({"order": "8841"});

    let answer = watch.invoke(&queued(&[("good", &good), ("odd", &odd), ("missing", &missing)])).await;
    let failed = json!({"batchItemFailures": [{"itemIdentifier": "missing"}, {"itemIdentifier": "odd"}]});
    assert_eq!(answer, failed, "{}", watch.function.log());
    assert!(watch.is_terminated(&doomed).await);
    let said = watch.last()["errors"].to_string();
    assert!(said.contains("NoSuchKey") && said.contains("order"), "{said}");

    let error = watch.incomplete(&queued(&[("odd", &odd), ("missing", &missing)])).await;
    assert!(error.contains("order") && error.contains("NoSuchKey"), "{error}");
    let test = recorded("s3-test-event");
    let answer = watch.invoke(&queued(&[("good", &good), ("test", &test)])).await;
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(watch.messages().await.len(), 1);
}

#[tokio::test]
async fn message_whose_instance_cannot_be_changed_is_delivered_again_and_the_others_are_not() {
    let watch = Watch::start(&[]).await;
    let (kept, first) = watch.untagged().await;
    let (doomed, second) = watch.untagged().await;
    let refused = json!({"operation": "TerminateInstances", "contains": kept, "code": "UnauthorizedOperation"});
    watch.aws.fault(refused).await;
    let answer = watch.invoke(&queued(&[("first", &first), ("second", &second)])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "first"}]}), "{}", watch.function.log());
    assert!(watch.is_terminated(&doomed).await && !watch.is_terminated(&kept).await);
}

#[tokio::test]
async fn what_is_no_business_of_the_watch_is_counted_and_calls_nothing() {
    let watch = Watch::start(&[]).await;
    for (name, why) in [
        ("s3-test-event", "test_event"),
        ("sns-s3-test-event", "test_event"),
        ("s3-digest-object", "digest"),
        ("s3-insight-object", "insights"),
        ("s3-other-object", "other_object"),
        ("s3-object-removed", "not_created"),
        ("cloudtrail-validation-message", "trail_set_up"),
        ("record-s3-put-object", "other_service"),
        ("record-sts-assume-role", "other_service"),
        ("record-run-instances-denied", "failed_call"),
        ("record-run-instances-dry-run", "failed_call"),
        ("record-efs-create-tags", "other_service"),
        ("eventbridge-tag-change-volume", "other_resource"),
    ] {
        let answer = watch.done(&recorded(name)).await;
        assert_eq!(skipped(&answer), only(why, 1), "{name}: {answer}");
        assert_eq!(skipped(&watch.last()), only(why, 1), "{name}");
    }
    for name in ["sqs-sns-validation", "sqs-raw-validation"] {
        assert_eq!(watch.invoke(&recorded(name)).await, json!({"batchItemFailures": []}), "{name}");
    }
    assert_eq!(watch.aws.calls().await, []);

    let names = ["record-insight", "record-s3-put-object", "record-run-instances-failed"];
    let event = watch.logged(IRELAND, &names.map(recorded)).await;
    let answer = watch.done(&event).await;
    let expected = BTreeMap::from(["insights", "other_service", "failed_call"].map(|why| (why.to_owned(), 1)));
    assert_eq!((skipped(&answer), &answer["summary"]["records"]), (expected, &json!(3)));
    assert_eq!(watch.operations().await, ["GetObject"]);
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn event_of_unknown_shape_is_an_error_that_says_what_was_seen() {
    let watch = Watch::start(&[]).await;
    for (event, seen) in [
        (recorded("eventbridge-instance-state-change"), "EC2 Instance State-change Notification"),
        (recorded("eventbridge-scheduled"), "Scheduled Event"),
        (recorded("sqs-subscription-confirmation"), "SubscriptionConfirmation"),
        (recorded("sqs-not-json"), "a message that is no JSON: `{\\\"s3Bucket"),
        (json!({"order": "8841", "colour": "teal"}), "colour, order"),
        (json!({}), "an empty object"),
        (Value::Null, "null"),
        (json!("hello"), "hello"),
        (json!([]), "an empty list"),
        (json!({"Records": []}), "Records"),
        (json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]}), "eventName, eventSource"),
    ] {
        let error = watch.incomplete(&event).await;
        assert!(error.starts_with("watch: incomplete: the event: parse: ") && error.contains(seen), "{event}: {error}");
    }
    assert_eq!(watch.aws.calls().await, []);
}

#[tokio::test]
async fn one_function_audits_on_a_schedule_and_watches_otherwise() {
    let watch = Watch::start(&[("AUDITS", "tags,watch"), ("REGIONS", IRELAND)]).await;
    let (seen, event) = watch.untagged().await;
    let unseen = old(&watch.aws, IRELAND, &[]).await;

    let answer = watch.done(&event).await;
    assert_eq!((&answer["summary"]["instances"], &answer["accounts"][0]["done"]["terminated"]), (&json!(1), &json!(1)));
    assert!(watch.is_terminated(&seen).await && !watch.is_terminated(&unseen).await);
    watch.incomplete(&json!({"order": "8841"})).await;
    assert!(!watch.is_terminated(&unseen).await);
    for event in ["{}", "null", &recorded("eventbridge-scheduled").to_string()] {
        let answer = watch.function.invoke(event.to_owned()).await;
        assert_eq!(answer["audits"][0]["kind"], "tags", "{event}: {answer}");
    }
    assert!(watch.is_terminated(&unseen).await);
}

#[tokio::test]
async fn audit_refuses_what_is_for_the_watch_and_calls_nothing() {
    for audits in ["tags", "keys,tags"] {
        let watch = Watch::start(&[("AUDITS", audits)]).await;
        let key = watch.aws.log_key(IRELAND);
        let notification = cloudtrail_notification(BUCKET, &[&key]);
        for event in [
            s3_event(BUCKET, &key),
            sns_event(&notification.to_string()),
            queued(&[("m", &notification)]),
            recorded("eventbridge-run-instances"),
            recorded("eventbridge-tag-change"),
            recorded("s3-test-event"),
        ] {
            let answer = watch.invoke(&event).await;
            assert_eq!(answer["errorType"], "Sleuth.Configuration", "{event}");
            let message = "this event is one for the watch, which AUDITS does not name: nothing was audited";
            assert_eq!(answer["errorMessage"], message, "{event}");
        }
        assert_eq!(watch.aws.calls().await, []);
    }
}

#[tokio::test]
async fn bad_settings_of_the_watch_are_all_told_before_the_first_call() {
    let role = "arn:aws:iam::210987654321:role/sleuth";
    let bad =
        [("SETTLE_SECONDS", "x"), ("ASSUME_ROLE_NAME", role), ("TAG_ACTION", "destroy"), ("AUDITS", "tags,watch")];
    let watch = Watch::start(&bad).await;
    let (_, event) = watch.untagged().await;
    for event in [event, json!({})] {
        let answer = watch.invoke(&event).await;
        assert_eq!(answer["errorType"], "Sleuth.Configuration");
        let message = answer["errorMessage"].as_str().unwrap();
        for (name, value) in &bad[..3] {
            assert_eq!(message.matches(&format!("{name} is `{value}`")).count(), 1, "{name}: {message}");
        }
    }
    assert_eq!(watch.aws.calls().await, []);
}

#[tokio::test]
async fn missing_rules_stop_the_watch_before_anything_is_read() {
    let watch = Watch::start(&[("TAG_RULES_FILE", "/nonexistent/rules.toml")]).await;
    let (_, event) = watch.untagged().await;
    let answer = watch.invoke(&event).await;
    assert_eq!(answer["errorType"], "Sleuth.Configuration");
    assert!(answer["errorMessage"].as_str().unwrap().contains("/nonexistent/rules.toml"), "{answer}");
    assert_eq!(watch.aws.calls().await, []);
}

#[tokio::test]
async fn notice_that_nobody_got_fails_the_invocation() {
    let refusing = receiver(vec![ResponseTemplate::new(404).set_body_string("no_service")]).await;
    let watch = Watch::start(&[("SLACK_URL", &refusing.uri())]).await;
    let (doomed, event) = watch.untagged().await;
    let test = recorded("s3-test-event");
    // When it comes again the instance is gone, and there is nobody to be told any more.
    let error = watch.incomplete(&queued(&[("launch", &event), ("test", &test)])).await;
    assert!(error.contains("deliver: HTTP 404, `no_service`"), "{error}");
    assert!(watch.is_terminated(&doomed).await);
    let report = watch.report();
    assert_eq!(reason(&report, &doomed), "nobody was told: slack: HTTP 404, `no_service`");
    assert!(report["deliveries"].to_string().contains("was terminated"), "{report}");
}

#[tokio::test]
async fn rules_of_a_table_that_is_missing_fail_only_what_needs_them() {
    let watch = Watch::start(&[("TAG_RULES_FILE", ""), ("TAG_RULES_TABLE", "absent")]).await;
    assert_eq!(skipped(&watch.done(&recorded("s3-test-event")).await), only("test_event", 1));
    let (kept, event) = watch.untagged().await;
    let answer = watch.invoke(&event).await;
    assert!(answer["errorMessage"].as_str().unwrap().contains("TAG_RULES_TABLE is `absent`"), "{answer}");
    assert!(!watch.is_terminated(&kept).await);
}
