//! The SNS channel against an endpoint on this machine. The answers have the form of the SNS API reference.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use notifier::{
    Channel, DeliveryReport, Messages, Notifier, PartResult,
    sns::{SnsTopic, TopicArn},
};
use wiremock::{MockServer, ResponseTemplate};

use crate::{answering, impatient, line, notification};

async fn send(server: &MockServer, topic: &str) -> DeliveryReport {
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(server.uri())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("x", "x", None, None, "test"))
        .build();
    let topic = TopicArn::parse(&format!("arn:aws:sns:us-east-1:123456789012:{topic}")).unwrap();
    let channel = Channel::Sns(SnsTopic::new(topic, aws_sdk_sns::Client::from_conf(config), impatient()));
    let lines = vec![line("AKIA1", Some("U024BE7LH"), "alice", " key AKIA…AAAA was disabled")];
    Notifier::new(vec![channel]).send(&Messages::to_all(vec![notification(lines)]), None).await
}

fn accepted() -> ResponseTemplate {
    let body = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
    ResponseTemplate::new(200).set_body_string(body)
}

fn refused(status: u16, code: &str) -> ResponseTemplate {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no luck</Message></Error>");
    ResponseTemplate::new(status).set_body_string(format!("<ErrorResponse>{error}</ErrorResponse>"))
}

/// The parameters of every request.
async fn requests(server: &MockServer) -> Vec<HashMap<String, String>> {
    let requests = server.received_requests().await.unwrap();
    let parameters = requests.iter().map(|request| {
        let url = format!("http://x/?{}", String::from_utf8_lossy(&request.body));
        reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect()
    });
    parameters.collect()
}

#[tokio::test]
async fn text_and_subject_are_published() {
    let server = answering(vec![accepted()]).await;
    assert_eq!(send(&server, "keys").await.parts[0].result, PartResult::Delivered);
    let request = &requests(&server).await[0];
    assert_eq!(request["Subject"], "AWS IAM Key Expiration Report");
    assert!(request["Message"].contains("- alice key AKIA…AAAA was disabled\n"), "{request:?}");
    assert!(!request.contains_key("MessageGroupId"));
}

#[tokio::test]
async fn fifo_topic_gets_group_and_fingerprint() {
    let server = answering(vec![accepted()]).await;
    send(&server, "keys.fifo").await;
    send(&server, "keys.fifo").await;
    let requests = requests(&server).await;
    assert_eq!(requests[0]["MessageGroupId"], "reports");
    assert_eq!(requests[0]["MessageDeduplicationId"].len(), 64);
    assert_eq!(requests[0]["MessageDeduplicationId"], requests[1]["MessageDeduplicationId"]);
}

#[tokio::test]
async fn passing_failures_are_tried_again() {
    let server = answering(vec![
        refused(400, "Throttling"),
        refused(500, "InternalError"),
        refused(400, "KMSThrottling"),
        accepted(),
    ])
    .await;
    let report = send(&server, "keys").await;
    assert_eq!((&report.parts[0].result, report.parts[0].attempts), (&PartResult::Delivered, 4));
}

#[tokio::test]
async fn permanent_failures_are_named_and_not_repeated() {
    for (status, code) in [(404, "NotFound"), (403, "AuthorizationError"), (400, "InvalidParameter")] {
        let server = answering(vec![refused(status, code)]).await;
        let report = send(&server, "keys").await;
        assert_eq!(report.undelivered().next().unwrap().1, format!("{code}: no luck"));
        assert_eq!(requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn silence_is_given_up() {
    let server = answering(vec![accepted().set_delay(Duration::from_secs(30))]).await;
    let report = send(&server, "keys").await;
    assert!(report.undelivered().next().unwrap().1.contains("no answer in time"), "{report:?}");
}
