//! The user list against a Web API on this machine.

use std::time::Duration;

use notifier::{RetryPolicy, slack::Directory};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, path, query_param},
};

fn directory(server: &MockServer) -> Directory {
    let policy = RetryPolicy { first_wait: Duration::from_millis(10), ..RetryPolicy::default() };
    Directory::new("xoxb-hush".to_owned().into(), &format!("{}/api/", server.uri()), policy).unwrap()
}

async fn page(server: &MockServer, cursor: &str, answer: Value) {
    Mock::given(path("/api/users.list"))
        .and(query_param("cursor", cursor))
        .and(header("authorization", "Bearer xoxb-hush"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(server)
        .await;
}

#[tokio::test]
async fn all_pages_are_read_and_a_rate_limit_is_waited_for() {
    let server = MockServer::start().await;
    let limited = ResponseTemplate::new(429).insert_header("Retry-After", "1");
    Mock::given(query_param("cursor", "next")).respond_with(limited).up_to_n_times(1).mount(&server).await;
    let first = json!({"ok": true, "response_metadata": {"next_cursor": "next"}, "members": [
        {"id": "U1", "name": "alice", "real_name": "Alice A."},
        {"id": "U2", "name": "old", "deleted": true, "profile": {"real_name": "Old"}},
    ]});
    page(&server, "", first).await;
    let second = json!({"ok": true, "response_metadata": {"next_cursor": ""}, "members": [
        {"id": "USLACKBOT", "name": "slackbot", "is_bot": false}, {"id": "U4", "name": "ci", "is_bot": true},
    ]});
    page(&server, "next", second).await;

    let users = directory(&server).users(|_| ()).await.unwrap();
    let lines: Vec<_> =
        users.iter().map(|u| format!("{} {} {} {}", u.id, u.name, u.real_name, u.kind.as_str())).collect();
    assert_eq!(lines, ["U1 alice Alice A. person", "U2 old Old deactivated", "USLACKBOT slackbot  bot", "U4 ci  bot"]);
}

#[tokio::test]
async fn a_page_given_twice_is_an_error_and_no_cursor_is_the_end() {
    let server = MockServer::start().await;
    page(&server, "", json!({"ok": true, "response_metadata": {"next_cursor": "x"}})).await;
    page(&server, "x", json!({"ok": true, "response_metadata": {"next_cursor": "x"}})).await;
    assert!(directory(&server).users(|_| ()).await.unwrap_err().to_string().contains("same page twice"));

    let server = MockServer::start().await;
    page(&server, "", json!({"ok": true, "response_metadata": {"next_cursor": null}})).await;
    assert_eq!(directory(&server).users(|_| ()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn slacks_own_error_is_an_error() {
    let server = MockServer::start().await;
    page(&server, "", json!({"ok": false, "error": "missing_scope"})).await;
    let error = directory(&server).users(|_| ()).await.unwrap_err().to_string();
    assert_eq!(error, "users.list failed: missing_scope");
}

#[tokio::test]
async fn an_answer_of_something_else_is_an_error() {
    let server = MockServer::start().await;
    Mock::given(path("/api/users.list"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .mount(&server)
        .await;
    let error = directory(&server).users(|_| ()).await.unwrap_err().to_string();
    assert!(error.contains("the answer is not Slack's") && !error.contains("hush"), "{error}");
}
