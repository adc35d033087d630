//! What the function tells CloudWatch, and the digest that it makes.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Function, KEYS};
use crate::{
    channels::{bodies, receiver},
    support::Emulator,
};

impl Function {
    /// The metrics in the log, by their dimensions: read as CloudWatch reads them.
    fn metrics(&self) -> Vec<(Value, Value)> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let lines = lines.filter(|line| line["_aws"].is_object());
        lines
            .map(|line| {
                assert!(line["_aws"]["Timestamp"].as_i64().unwrap() > 1_700_000_000_000, "milliseconds: {line}");
                let [directive] = line["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else {
                    panic!("{line}")
                };
                assert_eq!(directive["Namespace"], "Sleuth");
                let [names] = directive["Dimensions"].as_array().unwrap().as_slice() else { panic!("{line}") };
                let dimensions = names.as_array().unwrap().iter().map(|name| {
                    let value = &line[name.as_str().unwrap()];
                    assert!(value.is_string(), "{name}: {line}");
                    value.clone()
                });
                let metrics = directive["Metrics"].as_array().unwrap().iter().map(|metric| {
                    let name = metric["Name"].as_str().unwrap();
                    assert!(line[name].is_u64() && metric["Unit"].is_string(), "{name}: {line}");
                    (name.to_owned(), line[name].clone())
                });
                (dimensions.collect(), Value::Object(metrics.collect()))
            })
            .collect()
    }
}

#[tokio::test]
async fn metrics_are_in_the_log_with_zeros_too() {
    let aws = Emulator::start();
    aws.user("alice", &[]).await;
    aws.key("alice", 100, Some(1)).await;
    aws.key("alice", 10, Some(1)).await;
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("AWS_RETRY_MODE", "standard")];
    let function = Function::start(KEYS, &aws.url, &settings).await;
    aws.fault(json!({"operation": "ListAccessKeys", "code": "Throttling", "status": 400, "times": 2})).await;
    let calls = aws.calls().await.len();
    function.invoke("{}").await;

    let made = aws.calls().await.len() - calls;
    let metrics = function.metrics();
    let [(of_audit, audit), (of_invocation, invocation)] = metrics.as_slice() else { panic!("{metrics:?}") };
    assert_eq!((of_audit, of_invocation), (&json!(["123456789012", "keys"]), &json!(["keys"])));
    let counts = [
        ("Users", 1),
        ("Keys", 2),
        ("KeysGood", 1),
        ("KeysExpired", 1),
        ("KeysDisabled", 0),
        ("KeysUnknown", 0),
        ("Disabled", 1),
        ("Failed", 0),
        ("Held", 0),
        ("Undelivered", 0),
        ("Errors", 0),
        ("Brake", 0),
    ];
    for (name, count) in counts {
        assert_eq!(audit[name], count, "{name}: {audit}");
    }
    assert_eq!((&invocation["Throttles"], &invocation["Incomplete"]), (&json!(2), &json!(0)), "{invocation}");
    assert_eq!(invocation["ApiCalls"], made, "as many as AWS got, every attempt counted: {invocation}");
    assert!(invocation["Duration"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn failures_are_counted_and_metrics_can_be_switched_off() {
    let aws = Emulator::start();
    aws.user("alice", &[]).await;
    aws.key("alice", 100, Some(1)).await;
    let slack = receiver(vec![ResponseTemplate::new(404).set_body_string("no_service")]).await;
    let uri = slack.uri();
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("SLACK_URL", uri.as_str())];
    let function = Function::start(KEYS, &aws.url, &settings).await;
    function.invoke("{}").await;
    let metrics = function.metrics();
    assert_eq!((&metrics[0].1["Undelivered"], &metrics[0].1["Errors"]), (&json!(1), &json!(1)), "{metrics:?}");
    assert_eq!(metrics[1].1["Incomplete"], 1, "{metrics:?}");

    let quiet = Function::start(KEYS, &aws.url, &[("METRICS", "false")]).await;
    quiet.invoke("{}").await;
    assert_eq!(quiet.metrics(), [], "{}", quiet.log());
}

#[tokio::test]
async fn digest_is_about_the_day_that_its_schedule_ends() {
    let aws = Emulator::start();
    aws.bucket("larkspur-reports").await;
    aws.user("alice", &[]).await;
    aws.key("alice", 100, Some(1)).await;
    let archive = ("ARCHIVE", "s3://larkspur-reports");
    let audit = Function::start(KEYS, &aws.url, &[archive, ("ENABLE_AUTO_EXPIRE", "true")]).await;
    assert_eq!(audit.invoke("{}").await["audits"][0]["done"]["disabled"], 1);

    let slack = receiver(vec![ResponseTemplate::new(200).set_body_string("ok")]).await;
    let uri = slack.uri();
    let all = [("AUDITS", "digest"), archive, ("SLACK_URL", uri.as_str()), ("DIGEST_TITLE", "What was done")];
    let function = Function::start(KEYS, &aws.url, &all).await;
    // A quarter of an hour before the schedule's time the audit had not begun, or it had.
    // An event of last year is one of somebody who tries the function.
    for (minutes, disabled) in [(0, 0), (-500_000, 0), (16, 1)] {
        let time = Utc::now() + TimeDelta::minutes(minutes);
        let answer = function.invoke(json!({"detail-type": "Scheduled Event", "time": time}).to_string()).await;
        let digest = &answer["audits"][0];
        assert_eq!((&digest["kind"], &digest["summary"]["disabled"]), (&json!("digest"), &json!(disabled)), "{answer}");
        assert_eq!(bodies(&slack).await.len(), disabled, "nothing is sent of nothing");
    }
    assert!(bodies(&slack).await[0].to_string().contains("What was done"));
    assert_eq!(function.metrics().last().unwrap().0, json!(["digest"]));
}

#[tokio::test]
async fn digest_needs_a_store_a_channel_and_a_function_of_its_own() {
    let aws = Emulator::start();
    for (settings, said) in [
        (&[("AUDITS", "digest")][..], "ARCHIVE is not set"),
        (&[("AUDITS", "digest"), ("ARCHIVE", "s3://larkspur-reports")], "needs a channel"),
        (&[("AUDITS", "keys,digest")], "must name `digest` alone"),
    ] {
        let function = Function::start(KEYS, &aws.url, settings).await;
        let answer = function.invoke("{}").await;
        assert!(answer["errorMessage"].as_str().unwrap().contains(said), "{said}: {answer}");
    }
    assert!(aws.calls().await.is_empty());
}
