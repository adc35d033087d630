//! The watch: what a function does about the instances that events name, under the Runtime Interface Emulator.

use std::{collections::BTreeMap, ffi::OsStr, slice, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::{MockServer, ResponseTemplate};

use crate::{
    channels::{bodies, receiver},
    cloud::{IMAGE, Protection, assumed_role, iam_user, minutes_ago, record, tagged},
    lambda::{BOTH, Function},
    support::Emulator,
    tags::{CODE, IRELAND, TERMINATE, VIRGINIA, changes, count, finding, old, reason, rules},
    trail::{cloudtrail_notification, s3_event, sns_event, sqs_event},
};

pub(crate) const BUCKET: &str = "acme-trail";
pub(crate) const ADDRESS: &str = "203.0.113.24";
const ELSEWHERE: &str = "210987654321";

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
    async fn again(&mut self, more: &[(&str, &str)]) {
        let uri = self.slack.uri();
        self.function = Function::start_with(BOTH, &self.aws.url, &settings(&self.rules, &uri, more)).await;
    }

    pub(crate) async fn invoke(&self, event: &Value) -> Value {
        self.function.invoke(event.to_string()).await
    }

    /// The answer to an event that is dealt with.
    async fn done(&self, event: &Value) -> Value {
        let answer = self.invoke(event).await;
        assert!(answer["audits"][0]["kind"] == "watch", "{answer}\n{}", self.function.log());
        answer["audits"][0].clone()
    }

    /// The error of an event of which something cannot be dealt with.
    async fn incomplete(&self, event: &Value) -> String {
        let answer = self.invoke(event).await;
        assert_eq!(answer["errorType"], "Sleuth.Incomplete", "{answer}\n{}", self.function.log());
        answer["errorMessage"].as_str().unwrap().to_owned()
    }

    /// What S3 tells of a log file with these records.
    pub(crate) async fn logged(&self, region: &str, records: &[Value]) -> Value {
        s3_event(BUCKET, &self.aws.log_file(BUCKET, region, records).await)
    }

    /// The same of a file with this in it.
    async fn file(&self, content: impl Into<Vec<u8>>) -> Value {
        let key = self.aws.log_key(IRELAND);
        self.aws.object(BUCKET, &key, content).await;
        s3_event(BUCKET, &key)
    }

    /// Launches an instance without tags. Returns its id, and what S3 tells of the log file that says so.
    async fn untagged(&self) -> (String, Value) {
        let id = old(&self.aws, IRELAND, &[]).await;
        let event = self.logged(IRELAND, &[launch(&[&id], &[])]).await;
        (id, event)
    }

    async fn state(&self, id: &str) -> String {
        self.aws.states(IRELAND).await[id].clone()
    }

    async fn is_terminated(&self, id: &str) -> bool {
        self.state(id).await == "terminated"
    }

    /// All messages so far.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        bodies(&self.slack).await
    }

    /// What the log says last of an event.
    fn last(&self) -> Value {
        let log = self.function.log();
        let lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut of_events = lines.filter(|line| line["kind"] == "watch");
        of_events.next().unwrap_or_else(|| panic!("no line about an event: {log}"))
    }

    /// What the log says last of the instances of an account.
    fn report(&self) -> Value {
        self.function.reports().pop().unwrap_or_else(|| panic!("no report: {}", self.function.log()))
    }

    /// The calls so far, each by its name.
    async fn operations(&self) -> Vec<String> {
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
fn queued(messages: &[(&str, &Value)]) -> Value {
    let messages: Vec<_> = messages.iter().map(|(id, body)| ((*id).to_owned(), body.to_string())).collect();
    sqs_event(&messages)
}

fn skipped(report: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(report["summary"]["skipped"].clone()).unwrap()
}

/// How often something was skipped for one reason, and for no other.
fn only(reason: &str, count: u64) -> BTreeMap<String, u64> {
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
        (json!({}), "an object with the fields ``"),
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
async fn of_a_log_with_a_record_that_cannot_be_understood_the_others_are_acted_on() {
    let watch = Watch::start(&[]).await;
    let doomed = old(&watch.aws, IRELAND, &[]).await;
    let odd = json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "eventTime": "yesterday"});
    let broken = json!({"Records": [odd, 42, "text", null, watch.aws.logged(IRELAND, &launch(&[&doomed], &[]))]});
    let event = watch.file(packed(&broken.to_string())).await;

    let error = watch.incomplete(&event).await;

    assert!(error.contains(".json.gz: parse: RunInstances without an eventID: eventTime is no time"), "{error}");
    assert_eq!(watch.last()["errors"].as_array().unwrap().len(), 4, "{}", watch.last());
    assert!(watch.is_terminated(&doomed).await);
}

#[tokio::test]
async fn of_a_log_that_is_cut_short_what_is_left_is_acted_on() {
    let watch = Watch::start(&[]).await;
    for (what, said) in [("json", "it is not JSON"), ("gzip", "it could not be read to its end")] {
        let doomed = old(&watch.aws, IRELAND, &[]).await;
        let first = watch.aws.logged(IRELAND, &launch(&[&doomed], &[]));
        let text = json!({"Records": [first, recorded("record-run-instances-iam-user")]}).to_string();
        let content = match what {
            "json" => packed(&text[..text.len() - 100]),
            _ => {
                let whole = packed(&text);
                whole[..whole.len() - 100].to_vec()
            }
        };
        let error = watch.incomplete(&watch.file(content).await).await;
        assert!(error.contains(".json.gz: GetObject: ") && error.contains(said), "{what}: {error}");
        assert!(watch.is_terminated(&doomed).await, "{what}: {}", watch.function.log());
    }
}

#[tokio::test]
async fn log_that_comes_late_or_broken_off_is_read_again() {
    let watch = Watch::start(&[]).await;
    for fault in [
        json!({"operation": "GetObject", "times": 1, "code": "NoSuchKey", "status": 404}),
        json!({"operation": "GetObject", "times": 1, "code": "AccessDenied", "status": 403}),
        json!({"operation": "GetObject", "times": 1, "cut": 60}),
    ] {
        let (doomed, event) = watch.untagged().await;
        let before = watch.operations().await.iter().filter(|call| *call == "GetObject").count();
        watch.aws.fault(fault.clone()).await;
        watch.done(&event).await;
        let after = watch.operations().await.iter().filter(|call| *call == "GetObject").count();
        assert_eq!(after - before, 2, "{fault}");
        assert!(watch.is_terminated(&doomed).await, "{fault}");
        assert_eq!(watch.last()["summary"]["records"], 1, "what was read twice counts once");
    }
}

#[tokio::test]
async fn log_that_stays_out_of_reach_is_reported_after_a_while() {
    let watch = Watch::start(&[]).await;
    let (kept, event) = watch.untagged().await;
    for (code, status) in [("AccessDenied", 403), ("NoSuchBucket", 404)] {
        let before = count(&watch.aws, VIRGINIA, "GetObject").await;
        watch.aws.fault(json!({"operation": "GetObject", "times": 3, "code": code, "status": status})).await;
        let error = watch.incomplete(&event).await;
        assert!(error.contains(&format!("s3://{BUCKET}/AWSLogs/")) && error.contains(code), "{error}");
        assert_eq!(count(&watch.aws, VIRGINIA, "GetObject").await - before, 3, "now, after half a second, after one");
    }
    assert!(!watch.is_terminated(&kept).await);
    watch.done(&event).await;
    assert!(watch.is_terminated(&kept).await, "delivered again, it is read");
}

#[tokio::test]
async fn log_in_a_bucket_of_another_region_is_read_there() {
    let watch = Watch::start(&[]).await;
    let (doomed, event) = watch.untagged().await;
    let elsewhere = json!({"operation": "GetObject", "region": VIRGINIA, "code": "PermanentRedirect", "status": 301,
        "headers": {"x-amz-bucket-region": "eu-central-1"}});
    watch.aws.fault(elsewhere).await;
    watch.done(&event).await;
    assert!(watch.is_terminated(&doomed).await);
    assert_eq!(count(&watch.aws, "eu-central-1", "GetObject").await, 1);
}

#[tokio::test]
async fn what_was_dealt_with_is_not_dealt_with_again() {
    let watch = Watch::start(&[]).await;
    let (doomed, event) = watch.untagged().await;
    assert_eq!(skipped(&watch.done(&event).await), BTreeMap::new());
    assert!(watch.is_terminated(&doomed).await);
    let answer = watch.done(&event).await;
    assert_eq!((skipped(&answer), &answer["summary"]["events"]), (only("duplicate", 1), &json!(0)));
    assert_eq!(watch.messages().await.len(), 1);
    assert_eq!(count(&watch.aws, IRELAND, "TerminateInstances").await, 1);
    assert_eq!(watch.operations().await.last().unwrap(), "GetObject", "EC2 was not asked again");
}

#[tokio::test]
async fn instance_in_several_records_is_one_finding() {
    let watch = Watch::start(&[("TAG_ACTION", "notify")]).await;
    let id = old(&watch.aws, IRELAND, &[("Name", "web")]).await;
    let run = watch.aws.logged(IRELAND, &launch(&[&id, &id], &[]));
    let tag = tagged(&iam_user("bob"), &id, &[("Name", "web")], Utc::now());
    let once = watch.logged(IRELAND, &[run.clone(), tag, run.clone()]).await;
    let twice = watch.logged(IRELAND, slice::from_ref(&run)).await;

    let answer = watch.invoke(&queued(&[("one", &once), ("other", &twice), ("same", &once)])).await;

    assert_eq!(answer, json!({"batchItemFailures": []}), "{}", watch.function.log());
    let last = watch.last();
    assert_eq!((&last["summary"]["instances"], &last["summary"]["events"]), (&json!(1), &json!(2)), "{last}");
    assert_eq!((skipped(&last), &last["summary"]["files"]), (only("duplicate", 2), &json!(2)));
    let report = watch.report();
    assert_eq!(report["instances"].as_array().unwrap().len(), 1, "{report}");
    let names: Vec<&Value> =
        finding(&report, &id)["events"].as_array().unwrap().iter().map(|event| &event["name"]).collect();
    assert_eq!(names, ["RunInstances", "CreateTags"]);
    let messages = watch.messages().await;
    assert_eq!((messages.len(), messages[0].to_string().matches(&id).count()), (1, 1), "{messages:?}");
}

#[tokio::test]
async fn instance_that_ec2_does_not_show_yet_is_unknown() {
    let watch = Watch::start(&[]).await;
    let absent = "i-0123456789abcdef0";
    let (doomed, _) = watch.untagged().await;
    let event = watch.logged(IRELAND, &[launch(&[absent, &doomed], &[])]).await;

    let error = watch.incomplete(&event).await;

    assert!(error.contains(absent) && error.contains("EC2 does not show it yet"), "{error}");
    let report = watch.report();
    assert_eq!(
        (&finding(&report, absent)["status"], &finding(&report, absent)["action"]),
        (&json!("unknown"), &json!("none"))
    );
    assert_eq!(changes(&watch.aws).await, [format!("{IRELAND} TerminateInstances {doomed}")], "the other is done");
}

#[tokio::test]
async fn instance_of_an_old_event_that_ec2_does_not_show_is_gone() {
    let watch = Watch::start(&[]).await;
    let event = watch.logged(IRELAND, &[launch_at(minutes_ago(20), &["i-0123456789abcdef0"], &[])]).await;
    let answer = watch.done(&event).await;
    assert_eq!((&answer["summary"]["instances"], &answer["summary"]["gone"]), (&json!(1), &json!(1)));
    assert_eq!((watch.messages().await.len(), watch.aws.writes().await), (0, vec![]));
}

#[tokio::test]
async fn instance_whose_tags_ec2_does_not_show_yet_is_not_terminated() {
    let watch = Watch::start(&[]).await;
    let id = old(&watch.aws, IRELAND, &[]).await;
    let mut unsaid = launch(&[&id], &[]);
    unsaid["requestParameters"] = json!({"omitted": true, "originalSize": 200_000, "reason": "too large"});
    for (record, said) in [
        (launch(&[&id], &[("Code", "c")]), "the tag `Code` was set, and EC2 does not show it yet"),
        (unsaid, "CloudTrail left out which tags it was launched with"),
        (tagged(&carol(), &id, &[("Code", "c")], Utc::now()), "the tag `Code` was set, and EC2 does not show it yet"),
    ] {
        let error = watch.incomplete(&watch.logged(IRELAND, &[record]).await).await;
        assert!(error.contains(&id) && error.contains(said), "{error}");
        assert_eq!(finding(&watch.report(), &id)["status"], "unknown");
    }
    assert_eq!(watch.aws.writes().await, []);
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn instance_is_judged_by_the_tags_that_ec2_shows_at_the_second_look() {
    let watch = Watch::start(&[("SETTLE_SECONDS", "8")]).await;
    let id = old(&watch.aws, IRELAND, &[]).await;
    let event = watch.logged(IRELAND, &[launch(&[&id], &[("Code", "c")])]).await;
    let tag = async {
        while count(&watch.aws, IRELAND, "DescribeInstances").await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let code = aws_sdk_ec2::types::Tag::builder().key("Code").value("c").build();
        watch.aws.ec2(IRELAND).create_tags().resources(&id).tags(code).send().await.unwrap();
    };
    let (answer, ()) = tokio::join!(watch.done(&event), tag);
    assert_eq!(answer["accounts"][0]["summary"]["compliant"], 1, "{answer}");
    assert_eq!(watch.state(&id).await, "running");
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn instance_that_cannot_be_read_at_first_is_judged_at_the_second_look() {
    let watch = Watch::start(&[]).await;
    let (doomed, event) = watch.untagged().await;
    watch.aws.fault(json!({"operation": "DescribeInstances", "times": 1, "code": "UnauthorizedOperation"})).await;
    assert_eq!(watch.done(&event).await["accounts"][0]["done"]["terminated"], 1);
    assert!(watch.is_terminated(&doomed).await);
}

#[tokio::test]
async fn own_changes_are_not_answered() {
    let watch = Watch::start(&[("ASSUME_ROLE_NAME", "tools/sleuth")]).await;
    let me = watch.aws.sts().get_caller_identity().send().await.unwrap().arn.unwrap();
    let id = old(&watch.aws, IRELAND, &[]).await;
    let by = |arn: &str| tagged(&json!({"type": "AssumedRole", "arn": arn}), &id, &[("Name", "x")], Utc::now());
    let mut there = by(&format!("arn:aws:sts::{ELSEWHERE}:assumed-role/sleuth/sleuth"));
    there["recipientAccountId"] = json!(ELSEWHERE);
    let asked = watch.aws.calls().await.len();

    let event = watch.logged(IRELAND, &[by(&me), there.clone()]).await;
    assert_eq!(skipped(&watch.done(&event).await), only("own_call", 2));
    assert_eq!(watch.operations().await[asked..], ["GetObject", "GetCallerIdentity"]);
    assert!(watch.messages().await.is_empty());

    // The role of somebody else, which has the same name in this account.
    there["recipientAccountId"] = json!("123456789012");
    there["userIdentity"]["arn"] = json!("arn:aws:sts::123456789012:assumed-role/sleuth/sleuth");
    let tag = [("Name", "x")];
    let tag = tag.map(|(key, value)| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build());
    watch.aws.ec2(IRELAND).create_tags().resources(&id).set_tags(Some(tag.to_vec())).send().await.unwrap();
    let answer = watch.done(&watch.logged(IRELAND, &[there]).await).await;
    assert_eq!((skipped(&answer), &answer["summary"]["instances"]), (BTreeMap::new(), &json!(1)));
    assert!(watch.is_terminated(&id).await);
}

/// An instance without tags in this account and one in another, and an event about both.
async fn in_two_accounts(watch: &Watch) -> (String, String, Value) {
    let there = watch.aws.elsewhere(ELSEWHERE);
    let (mine, theirs) = (old(&watch.aws, IRELAND, &[]).await, old(&there, IRELAND, &[]).await);
    let keys = [
        watch.aws.log_file(BUCKET, IRELAND, &[launch(&[&mine], &[])]).await,
        there.log_file(BUCKET, IRELAND, &[launch(&[&theirs], &[])]).await,
    ];
    let notification = cloudtrail_notification(BUCKET, &keys.each_ref().map(String::as_str));
    (mine, theirs, sns_event(&notification.to_string()))
}

#[tokio::test]
async fn other_account_is_out_of_reach_without_a_role() {
    let watch = Watch::start(&[]).await;
    let (mine, theirs, event) = in_two_accounts(&watch).await;
    let error = watch.incomplete(&event).await;
    let said = "account 210987654321: AssumeRole: this is account 123456789012; ASSUME_ROLE_NAME names no role to look \
                at others with";
    assert!(error.contains(said), "{error}");
    assert!(watch.is_terminated(&mine).await);
    assert_eq!(watch.aws.elsewhere(ELSEWHERE).states(IRELAND).await[&theirs], "running");
    assert!(!watch.operations().await.contains(&"AssumeRole".to_owned()));
}

#[tokio::test]
async fn other_account_is_dealt_with_by_a_role_in_it() {
    let watch = Watch::start(&[("ASSUME_ROLE_NAME", "sleuth")]).await;
    let (mine, theirs, event) = in_two_accounts(&watch).await;

    watch.aws.fault(json!({"operation": "AssumeRole", "times": 1, "code": "AccessDenied", "status": 403})).await;
    let error = watch.incomplete(&event).await;
    let role = "arn:aws:iam::210987654321:role/sleuth";
    assert!(
        error.contains(&format!("account 210987654321: AssumeRole: {role}: ")) && error.contains("AccessDenied"),
        "{error}"
    );
    assert!(watch.is_terminated(&mine).await);
    assert_eq!(watch.aws.elsewhere(ELSEWHERE).states(IRELAND).await[&theirs], "running");

    let answer = watch.done(&event).await;
    assert_eq!(skipped(&answer), only("duplicate", 1), "of this account all was done");
    assert_eq!(watch.aws.elsewhere(ELSEWHERE).states(IRELAND).await[&theirs], "terminated");
    let calls = watch.aws.writes().await.into_iter();
    let terminated: Vec<_> =
        calls.filter(|call| call.operation == "TerminateInstances").map(|call| call.account).collect();
    assert_eq!(terminated, ["123456789012", ELSEWHERE]);
    let messages = watch.messages().await;
    assert!(messages[1].to_string().contains(ELSEWHERE) && messages[1].to_string().contains(&theirs), "{messages:?}");
}

#[tokio::test]
async fn events_of_other_regions_are_dealt_with_there_unless_regions_are_named() {
    let tokyo = "ap-northeast-1";
    let mut watch = Watch::start(&[]).await;
    let both = async |watch: &Watch| {
        let (one, other) = (old(&watch.aws, IRELAND, &[]).await, old(&watch.aws, tokyo, &[]).await);
        let mut records = [launch(&[&one], &[]), launch(&[&other], &[])];
        records[1]["awsRegion"] = json!(tokyo);
        (one, other, watch.logged(IRELAND, &records).await)
    };
    let (one, other, event) = both(&watch).await;
    assert_eq!(watch.done(&event).await["accounts"][0]["done"]["terminated"], 2);
    let mut done = [format!("{IRELAND} TerminateInstances {one}"), format!("{tokyo} TerminateInstances {other}")];
    done.sort();
    assert_eq!(changes(&watch.aws).await, done);

    watch.again(&[("REGIONS", IRELAND)]).await;
    let (one, other, event) = both(&watch).await;
    let before = count(&watch.aws, tokyo, "DescribeInstances").await;
    assert_eq!(skipped(&watch.done(&event).await), only("other_region", 1));
    assert!(watch.is_terminated(&one).await);
    assert_eq!(watch.aws.states(tokyo).await[&other], "running");
    assert_eq!(count(&watch.aws, tokyo, "DescribeInstances").await, before);
}

#[tokio::test]
async fn watch_that_may_only_notify_changes_nothing() {
    let watch = Watch::start(&[("TAG_ACTION", "notify")]).await;
    let (kept, event) = watch.untagged().await;
    let answer = watch.done(&event).await;
    assert_eq!(answer["accounts"][0]["done"]["terminated"], 0, "{answer}");
    assert_eq!(
        (finding(&watch.report(), &kept)["outcome"].clone(), reason(&watch.report(), &kept)),
        (json!("held"), "TAG_ACTION is notify")
    );
    assert_eq!(watch.aws.writes().await, []);
    let messages = watch.messages().await;
    assert!(
        messages.len() == 1 && messages[0].to_string().contains("would be terminated, but TAG_ACTION is notify"),
        "{messages:?}"
    );
}

#[tokio::test]
async fn brake_holds_all_instances_of_an_event() {
    let watch = Watch::start(&[("MAX_TERMINATE", "1")]).await;
    let ids = [old(&watch.aws, IRELAND, &[]).await, old(&watch.aws, IRELAND, &[]).await];
    let event = watch.logged(IRELAND, &[launch(&[&ids[0], &ids[1]], &[])]).await;
    let error = watch.incomplete(&event).await;
    assert!(error.contains("2 instances were to be terminated, MAX_TERMINATE is 1"), "{error}");
    assert_eq!(watch.aws.writes().await, []);
    for id in &ids {
        assert_eq!(finding(&watch.report(), id)["outcome"], "held");
    }
    // What is left of them is terminated when the event comes again.
    watch.aws.ec2(IRELAND).terminate_instances().instance_ids(&ids[0]).send().await.unwrap();
    watch.done(&event).await;
    assert!(watch.is_terminated(&ids[1]).await);
}

#[tokio::test]
async fn missing_canary_and_protection_hold_what_the_watch_would_do() {
    let watch = Watch::start(&[("CANARY_TAGS", "true")]).await;
    let (kept, event) = watch.untagged().await;
    let error = watch.incomplete(&event).await;
    assert!(error.contains("eu-west-1: canary: "), "{error}");
    assert_eq!((finding(&watch.report(), &kept)["outcome"].as_str(), watch.aws.writes().await), (Some("held"), vec![]));

    let tags = [("created_by", "a"), ("project", "b"), ("department", "c"), ("Name", "api-canary-eu-west-1")];
    let canary = old(&watch.aws, IRELAND, &tags).await;
    watch.aws.change(IRELAND, &canary, json!({"state": "stopped"})).await;
    watch.aws.protect(IRELAND, &kept, Protection::Termination).await;
    watch.done(&event).await;
    let why = "termination protection is on (OVERRIDE_PROTECTION is not true)";
    assert_eq!(
        (finding(&watch.report(), &kept)["outcome"].as_str(), reason(&watch.report(), &kept)),
        (Some("held"), why)
    );
    assert!(!watch.is_terminated(&kept).await);
}

#[tokio::test]
async fn event_that_comes_again_after_the_termination_changes_nothing() {
    let mut watch = Watch::start(&[]).await;
    let (doomed, event) = watch.untagged().await;
    watch.done(&event).await;
    watch.again(&[]).await;
    let answer = watch.done(&event).await;
    assert_eq!((&answer["summary"]["instances"], &answer["summary"]["gone"]), (&json!(1), &json!(1)), "{answer}");
    assert_eq!(changes(&watch.aws).await, [format!("{IRELAND} TerminateInstances {doomed}")]);
    assert_eq!(watch.messages().await.len(), 1);
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

/// Longer than the function may run.
const LONG: (&str, &str) = ("SETTLE_SECONDS", "600");

#[tokio::test]
async fn log_that_never_comes_takes_no_time_from_the_instances_of_others() {
    let watch = Watch::start(&[LONG]).await;
    let (doomed, good) = watch.untagged().await;
    let missing = s3_event(BUCKET, &watch.aws.log_key(IRELAND));
    let answer = watch.invoke(&queued(&[("good", &good), ("missing", &missing)])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "missing"}]}), "{}", watch.function.log());
    assert!(watch.is_terminated(&doomed).await);
}

#[tokio::test]
async fn instance_that_never_shows_takes_no_time_from_others() {
    let watch = Watch::start(&[LONG]).await;
    let (doomed, good) = watch.untagged().await;
    let absent = watch.logged(IRELAND, &[launch(&["i-0123456789abcdef0"], &[])]).await;
    let answer = watch.invoke(&queued(&[("good", &good), ("absent", &absent)])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "absent"}]}), "{}", watch.function.log());
    assert!(watch.is_terminated(&doomed).await);
}

#[tokio::test]
async fn instance_in_its_grace_period_is_left_alone() {
    let watch = Watch::start(&[]).await;
    let young = watch.aws.launch(IRELAND, &[]).await;
    let answer = watch.done(&watch.logged(IRELAND, &[launch(&[&young], &[])]).await).await;
    assert_eq!((&answer["accounts"][0]["summary"]["grace"], watch.aws.writes().await), (&json!(1), vec![]));
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn start_and_removed_tags_are_looked_at_as_launches_are() {
    let watch = Watch::start(&[]).await;
    let mut start = record("StartInstances", &carol(), Utc::now());
    let started = old(&watch.aws, IRELAND, &[]).await;
    start["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": started}]}});
    let mut remove = record("DeleteTags", &carol(), Utc::now());
    let (removed, again) = (old(&watch.aws, IRELAND, &[]).await, old(&watch.aws, IRELAND, &[("Code", "c")]).await);
    let resources = [json!({"resourceId": removed}), json!({"resourceId": again}), json!({"resourceId": "vol-1"})];
    remove["requestParameters"] = json!({"resourcesSet": {"items": resources}, "tagSet": {"items": [{"key": "Code"}]}});

    let answer = watch.done(&watch.logged(IRELAND, &[start, remove]).await).await;

    assert_eq!((&answer["summary"]["events"], &answer["summary"]["instances"]), (&json!(2), &json!(3)));
    assert!(watch.is_terminated(&started).await && watch.is_terminated(&removed).await);
    assert_eq!(watch.state(&again).await, "running", "somebody has set the tag again");
}

#[tokio::test]
async fn who_launched_an_instance_is_known_from_the_event() {
    let text = "[[rule]]\ntag = 'created_by'\nrepair = { launch-user = true }\n";
    let watch = Watch::of(BOTH, text, &[("OWNER_LOOKUP_SECONDS", "60")]).await;
    let (id, event) = watch.untagged().await;
    assert_eq!(watch.done(&event).await["accounts"][0]["done"]["repaired"], 1);
    assert_eq!(watch.aws.tags(IRELAND, &id).await["created_by"], "carol");
    assert!(!watch.operations().await.contains(&"LookupEvents".to_owned()));

    // A change of tags does not tell it: CloudTrail is asked.
    let other = old(&watch.aws, IRELAND, &[("Name", "web")]).await;
    watch.aws.events(IRELAND, &[launch_at(minutes_ago((3 * 24 + 1) * 60), &[&other], &[])]).await;
    watch.done(&tag_change(&other, &json!({"Name": "web"}), "created_by")).await;
    assert_eq!(watch.aws.tags(IRELAND, &other).await["created_by"], "carol");
    assert!(watch.operations().await.contains(&"LookupEvents".to_owned()));
}

#[tokio::test]
async fn message_of_which_nobody_could_be_told_is_delivered_again() {
    let refusing = receiver(vec![ResponseTemplate::new(404).set_body_string("no_service")]).await;
    let watch = Watch::start(&[("SLACK_URL", &refusing.uri())]).await;
    let (doomed, event) = watch.untagged().await;
    let test = recorded("s3-test-event");
    let answer = watch.invoke(&queued(&[("launch", &event), ("test", &test)])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "launch"}]}), "{}", watch.function.log());
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

#[tokio::test]
async fn many_logs_of_one_event_are_all_read_once() {
    let watch = Watch::start(&[("TAG_ACTION", "notify")]).await;
    let mut keys = Vec::new();
    for _ in 0..40 {
        let record = tagged(&iam_user("bob"), "vol-0123456789abcdef0", &[("Name", "x")], Utc::now());
        keys.push(watch.aws.log_file(BUCKET, IRELAND, &[record]).await);
    }
    let (id, _) = watch.untagged().await;
    keys.push(watch.aws.log_file(BUCKET, IRELAND, &[launch(&[&id], &[])]).await);
    keys.push(keys[0].clone());
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let answer = watch.done(&sns_event(&cloudtrail_notification(BUCKET, &keys).to_string())).await;
    assert_eq!((&answer["summary"]["files"], &answer["summary"]["records"]), (&json!(41), &json!(41)));
    assert_eq!((skipped(&answer), &answer["summary"]["instances"]), (only("other_resource", 40), &json!(1)));
    assert_eq!(count(&watch.aws, VIRGINIA, "GetObject").await, 41);
}
