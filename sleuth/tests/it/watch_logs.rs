//! Log files that the watch reads: broken ones, late ones, many, and the same twice.

use std::{collections::BTreeMap, slice};

use chrono::Utc;
use serde_json::{Value, json};

use crate::{
    cloud::{iam_user, tagged},
    tags::{IRELAND, VIRGINIA, changes, count, finding, old},
    trail::{cloudtrail_notification, s3_event, sns_event},
    watch::{BUCKET, LONG, Watch, launch, only, packed, queued, recorded, skipped},
};

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
async fn log_that_never_comes_takes_no_time_from_the_instances_of_others() {
    let watch = Watch::start(&[LONG]).await;
    let (doomed, good) = watch.untagged().await;
    let missing = s3_event(BUCKET, &watch.aws.log_key(IRELAND));
    let answer = watch.invoke(&queued(&[("good", &good), ("missing", &missing)])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "missing"}]}), "{}", watch.function.log());
    assert!(watch.is_terminated(&doomed).await);
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
