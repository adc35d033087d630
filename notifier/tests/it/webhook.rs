//! The Slack channel against a receiver on this machine that answers in every way Slack is known to.

use std::time::Duration;

use notifier::{
    Channel, DeliveryReport, Messages, Notifier, PartResult,
    memory::Memory,
    slack::{SlackWebhook, WebhookUrl},
};
use wiremock::{MockServer, ResponseTemplate};

use crate::{answering, impatient, line, notification};

const HUSH: &str = "/services/T000/B000/hush-hush";

fn channel(address: &str) -> Channel {
    let url = WebhookUrl::parse(&format!("{address}{HUSH}")).unwrap();
    Channel::Slack(SlackWebhook::new(url, impatient()).unwrap())
}

async fn send(channel: Channel) -> DeliveryReport {
    let lines = vec![line("AKIA1", Some("U024BE7LH"), "alice", " key AKIA…AAAA was disabled")];
    Notifier::new(vec![channel]).send(&Messages::to_all(vec![notification(lines)]), None).await
}

fn reason(report: &DeliveryReport) -> String {
    match &report.parts[0].result {
        PartResult::Delivered | PartResult::Redirected { .. } => panic!("was delivered: {report:?}"),
        PartResult::Undelivered { reason, text } => {
            assert!(text.contains("AKIA…AAAA was disabled"), "the text is kept: {text}");
            assert!(!format!("{report:?}").contains("hush-hush"), "the address is a secret: {report:?}");
            reason.clone()
        }
    }
}

async fn calls(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn ok_is_delivered_at_once() {
    let server = answering(vec![ResponseTemplate::new(200).set_body_string("ok")]).await;
    let report = send(channel(&server.uri())).await;
    assert_eq!(report.parts[0].result, PartResult::Delivered);
    assert_eq!(report.told()["AKIA1"], Ok(()));
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["content-type"], "application/json");
    let body: serde_json::Value = request.body_json().unwrap();
    assert_eq!(body["attachments"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn rate_limit_and_server_error_are_tried_again() {
    let server = answering(vec![
        ResponseTemplate::new(429).insert_header("Retry-After", "1"),
        ResponseTemplate::new(500).set_body_string("rollup_error"),
        ResponseTemplate::new(200),
    ])
    .await;
    let report = send(channel(&server.uri())).await;
    assert_eq!((&report.parts[0].result, report.parts[0].attempts), (&PartResult::Delivered, 3));
}

#[tokio::test]
async fn endless_server_error_is_given_up_and_named() {
    let server = answering(vec![ResponseTemplate::new(500).set_body_string("rollup_error")]).await;
    let reason = reason(&send(channel(&server.uri())).await);
    assert!(reason.contains("HTTP 500, `rollup_error`") && reason.contains("gave up"), "{reason}");
    assert!(calls(&server).await > 3);
}

#[tokio::test]
async fn permanent_errors_are_named_and_not_repeated() {
    for (status, body) in [
        (400, "invalid_payload"),
        (400, "invalid_token"),
        (403, "action_prohibited"),
        (404, "no_service"),
        (410, "channel_is_archived"),
    ] {
        let server = answering(vec![ResponseTemplate::new(status).set_body_string(body)]).await;
        let reason = reason(&send(channel(&server.uri())).await);
        assert!(reason.contains(body) && reason.contains(&status.to_string()), "{reason}");
        assert_eq!(calls(&server).await, 1, "{body}");
    }
}

#[tokio::test]
async fn answer_without_wait_is_given_up() {
    let server = answering(vec![ResponseTemplate::new(429).insert_header("Retry-After", "0")]).await;
    let reason = reason(&send(channel(&server.uri())).await);
    assert!(reason.contains("HTTP 429") && reason.contains("gave up"), "{reason}");
}

#[tokio::test]
async fn web_page_is_not_slack() {
    let server = answering(vec![ResponseTemplate::new(200).set_body_string("<html>Log in</html>")]).await;
    assert!(reason(&send(channel(&server.uri())).await).contains("a web page"));
}

#[tokio::test]
async fn body_that_repeats_the_address_is_not_quoted() {
    let server = answering(vec![ResponseTemplate::new(404).set_body_string(format!("Cannot POST {HUSH}"))]).await;
    assert_eq!(reason(&send(channel(&server.uri())).await), "HTTP 404");
}

#[tokio::test]
async fn a_message_that_is_refused_does_not_close_the_channel() {
    let refusal = ResponseTemplate::new(400).set_body_string("too_many_attachments");
    let server = answering(vec![refusal, ResponseTemplate::new(200)]).await;
    let one = notification(vec![line("AKIA1", None, "alice", " was disabled")]);
    let report =
        Notifier::new(vec![channel(&server.uri())]).send(&Messages::to_all(vec![one.clone(), one]), None).await;
    assert_eq!(report.undelivered().count(), 1);
    assert_eq!(report.parts[1].result, PartResult::Delivered);
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let elsewhere = answering(vec![ResponseTemplate::new(200)]).await;
    let server = answering(vec![ResponseTemplate::new(302).insert_header("Location", elsewhere.uri().as_str())]).await;
    let reason = reason(&send(channel(&server.uri())).await);
    assert!(reason.contains("302") && reason.contains("redirect"), "{reason}");
    assert_eq!(calls(&elsewhere).await, 0);
}

#[tokio::test]
async fn silence_is_given_up() {
    let server = answering(vec![ResponseTemplate::new(200).set_delay(Duration::from_secs(30))]).await;
    let reason = reason(&send(channel(&server.uri())).await);
    assert!(reason.contains("no answer in time"), "{reason}");
}

#[tokio::test]
async fn nobody_listening_is_given_up_without_showing_the_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let reason = reason(&send(channel(&format!("http://127.0.0.1:{port}"))).await);
    assert!(reason.contains("no connection"), "{reason}");
}

#[tokio::test]
async fn a_failing_channel_does_not_stop_the_other() {
    let server = answering(vec![ResponseTemplate::new(404).set_body_string("no_service")]).await;
    let memory = Memory::default();
    let sent = notification(vec![line("AKIA1", None, "alice", " was disabled")]);
    let notifier = Notifier::new(vec![
        channel(&server.uri()),
        Channel::Memory(Memory::refusing("broken")),
        Channel::Memory(memory.clone()),
    ]);
    let report = notifier.send(&Messages::to_all(vec![sent.clone()]), None).await;
    assert_eq!(memory.sent(), [sent]);
    assert_eq!(report.undelivered().count(), 2);
}
