//! The watch as it is shipped: with every wrapping in which AWS brings an event.

use serde_json::{Value, json};

use super::{TAGS, bootstrap};
use crate::{
    cloud::{IMAGE, iam_user, tagged},
    tags::{CODE, IRELAND, changes, old},
    trail::{cloudtrail_notification, s3_event, sns_event, sqs_event},
    watch::{ADDRESS, BUCKET, Watch, bridged, launch, tag_change},
};

/// The event that brings records in one of the ways there are.
async fn brought(watch: &Watch, way: &str, records: &[Value]) -> Value {
    let aws = &watch.aws;
    if way == "EventBridge" {
        return bridged(&aws.logged(IRELAND, &records[0]));
    }
    let key = aws.log_file(BUCKET, IRELAND, records).await;
    let notification = cloudtrail_notification(BUCKET, &[&key]);
    match way {
        "S3" => s3_event(BUCKET, &key),
        "SNS" => sns_event(&notification.to_string()),
        "SNS of S3" => sns_event(&s3_event(BUCKET, &key).to_string()),
        "SQS" => sqs_event(&aws.by_queue(&notification).await),
        other => panic!("no way: {other}"),
    }
}

/// The text of the last message.
async fn said(watch: &Watch) -> String {
    let message = watch.messages().await.pop().unwrap();
    let attachments = message["attachments"].as_array().unwrap().iter();
    attachments.map(|attachment| attachment["text"].as_str().unwrap().to_owned() + "\n").collect()
}

#[tokio::test]
async fn untagged_instance_of_a_role_is_terminated_its_sibling_is_not_and_the_message_says_who() {
    let watch = Watch::of(bootstrap(TAGS), CODE, &[]).await;
    for (turn, way) in ["S3", "SNS", "SNS of S3", "SQS", "EventBridge"].into_iter().enumerate() {
        let doomed = old(&watch.aws, IRELAND, &[]).await;
        let sibling = old(&watch.aws, IRELAND, &[("Code", "c")]).await;
        let run = launch(&[&doomed, &sibling], &[]);
        let at = run["eventTime"].as_str().unwrap().replace('T', " ").replace('Z', " UTC");
        let tag = tagged(&iam_user("bob"), &sibling, &[("Code", "c")], chrono::Utc::now());

        let event = brought(&watch, way, &[run, tag]).await;
        let answer = watch.invoke(&event).await;

        let log = watch.function.log();
        match way {
            "SQS" => assert_eq!(answer, json!({"batchItemFailures": []}), "{log}"),
            _ => assert_eq!(answer["audits"][0]["accounts"][0]["done"]["terminated"], 1, "{way}: {answer}\n{log}"),
        }
        let states = watch.aws.states(IRELAND).await;
        assert_eq!((states[&doomed].as_str(), states[&sibling].as_str()), ("terminated", "running"), "{way}: {log}");
        assert_eq!(watch.messages().await.len(), turn + 1, "{way}");
        let line = format!(
            ": {doomed} in {IRELAND}, t3.micro, {IMAGE}, 3 days old, no tags: RunInstances by carol (session of the role \
             Dev) from {ADDRESS} at {at}: `Code` is missing: was terminated"
        );
        let said = said(&watch).await;
        assert!(said.contains(&line) && !said.contains(&sibling), "{way}: {line}\n{said}");
    }
}

#[tokio::test]
async fn instance_that_lost_a_tag_is_stopped_or_terminated() {
    let rules = format!("{CODE}[[rule]]\ntag = 'Project'\naction = 'stop'\n");
    let watch = Watch::of(bootstrap(TAGS), &rules, &[]).await;
    for (gone, left, operation, state) in [
        ("Code", ("Project", "p"), "TerminateInstances", "terminated"),
        ("Project", ("Code", "c"), "StopInstances", "stopped"),
    ] {
        let id = old(&watch.aws, IRELAND, &[left]).await;
        let answer = watch.invoke(&tag_change(&id, &json!({left.0: left.1}), gone)).await;
        assert_eq!(answer["audits"][0]["summary"]["instances"], 1, "{answer}\n{}", watch.function.log());
        assert_eq!(watch.aws.states(IRELAND).await[&id], state);
        assert!(changes(&watch.aws).await.contains(&format!("{IRELAND} {operation} {id}")));
        let said = said(&watch).await;
        let (key, value) = left;
        let line = format!(
            ": {id} in {IRELAND}, t3.micro, {IMAGE}, 3 days old, tags {key}={value}: Tag Change on Resource at "
        );
        assert!(said.contains(&line) && said.contains(&format!(": `{gone}` is missing: was {state}")), "{said}");
    }
}
