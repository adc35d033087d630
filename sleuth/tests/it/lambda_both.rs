//! A Lambda function with both audits.

use serde_json::{Value, json};
use wiremock::MockServer;

use crate::{
    lambda::{BOTH, Function, rules},
    support::Emulator,
};

#[tokio::test]
async fn one_function_runs_both_audits_and_one_that_fails_does_not_stop_the_other() {
    let aws = Emulator::start();
    aws.user("alice", &[]).await;
    aws.key("alice", 95, Some(1)).await;
    let bad = aws.launch("eu-west-1", &[("created_by", "bob")]).await;
    aws.back_date("eu-west-1", &bad, 60).await;
    let file = rules();
    let settings = [
        ("AUDITS", "tags, Keys"),
        ("ENABLE_AUTO_EXPIRE", "true"),
        ("TAG_RULES_FILE", file.path().to_str().unwrap()),
        ("TAG_ACTION", "terminate"),
        ("REGIONS", "eu-west-1"),
    ];
    let function = Function::start_with(BOTH, &aws.url, &settings).await;
    aws.fault(json!({"operation": "ListAccessKeys", "code": "AccessDenied", "status": 403, "times": 1})).await;
    let answer = function.invoke("{}").await;
    let message = answer["errorMessage"].as_str().unwrap_or_default();
    assert!(message.starts_with("keys: incomplete: alice: ListAccessKeys: AccessDenied"), "{answer}");
    assert_eq!(aws.states("eu-west-1").await[&bad], "terminated");

    let answer = function.invoke("{}").await;
    let kinds: Vec<&Value> = answer["audits"].as_array().unwrap().iter().map(|audit| &audit["kind"]).collect();
    assert_eq!((kinds, aws.inactive().await.len()), (vec![&json!("keys"), &json!("tags")], 1), "{answer}");
}

#[tokio::test]
async fn mistakes_in_the_settings_of_all_audits_are_told_together_and_shared_ones_once() {
    let aws = MockServer::start().await;
    let settings = [("AUDITS", "keys,tags"), ("WARNING_AGE", "91"), ("TAG_ACTION", "destroy"), ("SNS_TOPIC", "topic")];
    let function = Function::start_with(BOTH, &aws.uri(), &settings).await;
    let answer = function.invoke("{}").await;
    let message = answer["errorMessage"].as_str().unwrap();
    for name in ["WARNING_AGE is `91`", "TAG_ACTION is `destroy`", "SNS_TOPIC is `topic`", "no rules are set"] {
        assert_eq!(message.matches(name).count(), 1, "{name}: {message}");
    }
    assert_eq!(aws.received_requests().await.unwrap().len(), 0);
}
