//! Settings that point to secrets, against the emulator's Secrets Manager and Parameter Store.

use aws_sdk_ssm::types::ParameterType;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{Emulator, Ended, finding, sleuth};

/// An account with one key to warn about.
async fn account() -> (Emulator, String) {
    let aws = Emulator::start();
    aws.user("alice", &[]).await;
    let key = aws.key("alice", 85, Some(1)).await;
    (aws, key)
}

async fn slack() -> MockServer {
    let slack = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&slack).await;
    slack
}

async fn secret(aws: &Emulator, text: &str) -> String {
    let client = aws_sdk_secretsmanager::Client::new(&aws.sdk());
    client.create_secret().name("slack").secret_string(text).send().await.unwrap().arn.unwrap()
}

async fn apply(aws: &Emulator, arn: &str) -> Ended {
    sleuth(&["keys", "--output", "json", "--apply"], &aws.url, &[("SLACK_URL", arn)]).await
}

#[tokio::test]
async fn webhook_is_read_from_secrets_manager() {
    let (aws, key) = account().await;
    let slack = slack().await;
    let address = format!("{}/services/hush-hush", slack.uri());
    let arn = secret(&aws, &json!({"SLACK_URL": address}).to_string()).await;
    let ended = apply(&aws, &arn).await;
    assert_eq!((ended.code, &finding(&ended.report(), &key)["outcome"]), (0, &json!("done")), "{ended:?}");
    let requests = slack.received_requests().await.unwrap();
    assert_eq!((requests.len(), requests[0].url.path()), (1, "/services/hush-hush"));
    assert!(!format!("{ended:?}").contains("hush-hush"));
}

#[tokio::test]
async fn webhook_is_read_from_parameter_store() {
    let (aws, key) = account().await;
    let slack = slack().await;
    let parameters = aws_sdk_ssm::Client::new(&aws.sdk());
    let put = parameters.put_parameter().name("/team/slack").value(slack.uri()).r#type(ParameterType::SecureString);
    put.send().await.unwrap();
    let ended = apply(&aws, "arn:aws:ssm:us-east-1:123456789012:parameter/team/slack").await;
    assert_eq!((ended.code, &finding(&ended.report(), &key)["outcome"]), (0, &json!("done")), "{ended:?}");
    assert_eq!(slack.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn secret_that_is_not_to_be_had_stops_the_run_before_it_begins() {
    let (aws, _) = account().await;
    let useless = secret(&aws, "hush-hush").await;
    for (arn, said) in [
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:gone-AbCdEf", "ResourceNotFoundException"),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/gone", "ParameterNotFound"),
        (useless.as_str(), "what it holds is not a URL"),
    ] {
        let ended = apply(&aws, arn).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.stderr.starts_with(&format!("sleuth: SLACK_URL is `{arn}`: ")), "{ended:?}");
        assert!(ended.stderr.contains(said) && !ended.stderr.contains("hush-hush"), "{ended:?}");
    }
    // A plain run tells nobody, and needs no secret.
    let gone = [("SLACK_URL", "arn:aws:ssm:us-east-1:123456789012:parameter/gone")];
    assert_eq!(sleuth(&["keys"], &aws.url, &gone).await.code, 0);
}

#[tokio::test]
async fn secret_that_is_not_to_be_had_now_is_no_wrong_setting() {
    let error = |code: &str| json!({"__type": code, "message": "no luck"}).to_string();
    for (status, body, code, said) in [
        (400, error("ThrottlingException"), 4, "ThrottlingException: no luck"),
        (400, error("ExpiredTokenException"), 4, "ExpiredTokenException: no luck"),
        (503, error("ServiceUnavailable"), 4, "ServiceUnavailable: no luck"),
        (200, "<html>".to_owned(), 4, "HTTP 200"),
        (400, error("AccessDeniedException"), 2, "AccessDeniedException: no luck"),
    ] {
        let aws = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_string(body)).mount(&aws).await;
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf";
        let settings = [("SLACK_URL", arn), ("SNS_TOPIC", "arn:aws:sns:us-east-1:123456789012:keys")];
        let ended = sleuth(&["keys", "--apply"], &aws.uri(), &settings).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{ended:?}");
        assert!(ended.stderr.starts_with(&format!("sleuth: SLACK_URL is `{arn}`: {said}")), "{ended:?}");
    }
}

#[tokio::test]
async fn other_arns_are_refused_before_the_first_call() {
    let ended = sleuth(&["keys"], "http://127.0.0.1:9", &[("SLACK_URL", "arn:aws:s3:::bucket")]).await;
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("SLACK_URL is `arn:aws:s3:::bucket`: must be the ARN of a secret"), "{ended:?}");
}
