//! The adapter to IAM against answers made by hand: faults and oddities that an emulator does not have. The XML is that of
//! the IAM API reference.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::support::{Ended, ago, finding, sleuth};

/// Answers one call, given its parameters and how often it was made before. `None`: as usual.
type Fault = Box<dyn Fn(&str, &HashMap<String, String>, usize) -> Option<ResponseTemplate> + Send + Sync>;

struct Iam {
    fault: Fault,
    calls: Arc<Mutex<Vec<HashMap<String, String>>>>,
}

fn xml(action: &str, result: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_string(format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no luck</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>"
    ))
}

/// `alice`, `bob` and `carol`, one user a page, with three keys each, one key a page.
const USERS: [&str; 3] = ["alice", "bob", "carol"];

impl Respond for Iam {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let parameters: HashMap<String, String> =
            reqwest::Url::parse(&format!("http://x/?{}", String::from_utf8_lossy(&request.body)))
                .unwrap()
                .query_pairs()
                .into_owned()
                .collect();
        let action = parameters["Action"].clone();
        let mut calls = self.calls.lock().unwrap();
        let before = calls.iter().filter(|call| **call == parameters).count();
        calls.push(parameters.clone());
        (self.fault)(&action, &parameters, before).unwrap_or_else(|| usual(&action, &parameters))
    }
}

fn usual(action: &str, parameters: &HashMap<String, String>) -> ResponseTemplate {
    let user = parameters.get("UserName").map_or("", String::as_str);
    let page: usize = parameters.get("Marker").map_or(0, |marker| marker.parse().unwrap());
    let position = if page < 2 {
        format!("<IsTruncated>true</IsTruncated><Marker>{}</Marker>", page + 1)
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    match action {
        "GetCallerIdentity" => xml(action, "<Account>123456789012</Account>"),
        "ListAccountAliases" => xml(action, "<AccountAliases/><IsTruncated>false</IsTruncated>"),
        "GetAccountAuthorizationDetails" => {
            let member = format!("<member><UserName>{}</UserName></member>", USERS[page]);
            xml(action, &format!("<UserDetailList>{member}</UserDetailList>{position}"))
        }
        "ListUserTags" => xml(action, "<Tags/><IsTruncated>false</IsTruncated>"),
        "ListAccessKeys" => {
            let status = ["Active", "Expired", "Active"][page];
            let created = ago([100, 500, 10][page]).format("%Y-%m-%dT00:00:00Z");
            let member = format!(
                "<member><UserName>{user}</UserName><AccessKeyId>AKIA-{user}-{page}</AccessKeyId><Status>{status}</Status>\
                 <CreateDate>{created}</CreateDate></member>"
            );
            xml(action, &format!("<AccessKeyMetadata>{member}</AccessKeyMetadata>{position}"))
        }
        "GetAccessKeyLastUsed" => {
            xml(action, "<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>")
        }
        "GetAccountSummary" => xml(action, "<SummaryMap/>"),
        "UpdateAccessKey" => ResponseTemplate::new(200).set_body_string("<UpdateAccessKeyResponse/>"),
        _ => panic!("an unexpected call: {action}"),
    }
}

struct Run {
    ended: Ended,
    report: Value,
    calls: Vec<HashMap<String, String>>,
}

async fn run(
    arguments: &[&str],
    fault: impl Fn(&str, &HashMap<String, String>, usize) -> Option<ResponseTemplate> + Send + Sync + 'static,
) -> Run {
    let server = MockServer::start().await;
    let calls = Arc::default();
    let iam = Iam { fault: Box::new(fault), calls: Arc::clone(&calls) };
    Mock::given(any()).respond_with(iam).mount(&server).await;
    let ended =
        sleuth(&[&["keys", "--output", "json"], arguments].concat(), &server.uri(), &[("ENABLE_AUTO_EXPIRE", "true")])
            .await;
    let calls = calls.lock().unwrap().clone();
    Run { report: ended.report(), ended, calls }
}

fn is(call: &HashMap<String, String>, action: &str) -> bool {
    call["Action"] == action
}

#[tokio::test]
async fn all_pages_are_read_and_three_keys_are_three_findings() {
    let run = run(&[], |_, _, _| None).await;
    assert_eq!(run.ended.code, 0, "{:?}", run.ended);
    let summary = json!({"users": 3, "keys": 9, "good": 3, "old": 0, "stagnant": 0, "expired": 3, "disabled": 3,
        "unknown": 0, "exempt": 0, "alerts": 0});
    assert_eq!(run.report["summary"], summary);
    let never = finding(&run.report, "AKIA-alice-0");
    assert_eq!((&never["last_used"], &never["idle_days"]), (&json!(null), &json!(100)));
    assert_eq!((&never["last_used_service"], &never["last_used_region"]), (&json!(null), &json!(null)));
    assert_eq!(finding(&run.report, "AKIA-bob-1")["reason"], "AWS says the key has expired");
    let details = run.calls.iter().find(|call| is(call, "GetAccountAuthorizationDetails")).unwrap();
    assert_eq!((details["Filter.member.1"].as_str(), details["MaxItems"].as_str()), ("User", "1000"));
}

#[tokio::test]
async fn denied_or_vanished_user_is_unknown_and_the_others_are_served() {
    for (status, code) in [(403, "AccessDenied"), (404, "NoSuchEntity")] {
        let run = run(&[], move |action, parameters, _| {
            let bob = parameters.get("UserName").is_some_and(|user| user == "bob");
            (action == "ListAccessKeys" && bob).then(|| error(status, code))
        })
        .await;
        assert_eq!(run.ended.code, 4, "{:?}", run.ended);
        assert_eq!((&run.report["summary"]["keys"], &run.report["summary"]["unknown"]), (&json!(7), &json!(1)));
        let message = format!("{code}: no luck");
        assert_eq!(
            run.report["errors"],
            json!([{"subject": "bob", "operation": "ListAccessKeys", "message": message}])
        );
        let bob = run.report["keys"].as_array().unwrap().iter().find(|key| key["user"] == "bob").unwrap();
        assert_eq!((&bob["status"], &bob["key_id"], &bob["age_days"]), (&json!("unknown"), &json!(null), &json!(null)));
    }
}

#[tokio::test]
async fn throttled_calls_are_tried_again() {
    let run =
        run(&[], |action, _, before| (action == "ListAccessKeys" && before == 0).then(|| error(400, "Throttling")))
            .await;
    assert_eq!((run.ended.code, &run.report["summary"]["keys"]), (0, &json!(9)), "{:?}", run.ended);
}

#[tokio::test]
async fn listing_that_breaks_off_is_incomplete() {
    let run = run(&[], |action, parameters, _| {
        let second = parameters.get("Marker").is_some_and(|marker| marker == "1");
        (action == "GetAccountAuthorizationDetails" && second).then(|| error(400, "ValidationError"))
    })
    .await;
    assert_eq!((run.ended.code, &run.report["summary"]["users"]), (4, &json!(1)));
    assert_eq!(run.report["errors"][0]["operation"], "GetAccountAuthorizationDetails");
}

#[tokio::test]
async fn answer_without_a_last_use_is_unknown() {
    let run = run(&[], |action, _, _| (action == "GetAccessKeyLastUsed").then(|| xml(action, ""))).await;
    assert_eq!((run.ended.code, &run.report["summary"]["unknown"]), (4, &json!(6)), "{}", run.report);
}

#[tokio::test]
async fn disabling_names_user_and_key_and_a_refusal_is_told() {
    let run = run(&["--apply"], |action, parameters, _| {
        let bob = parameters.get("UserName").is_some_and(|user| user == "bob");
        (action == "UpdateAccessKey" && bob).then(|| error(403, "AccessDenied"))
    })
    .await;
    let mut updates: Vec<_> = run.calls.iter().filter(|call| is(call, "UpdateAccessKey")).collect();
    updates.sort_by_key(|call| &call["UserName"]);
    assert_eq!(updates.len(), 3);
    for (call, user) in updates.iter().zip(USERS) {
        assert_eq!(
            (&call["UserName"], &call["AccessKeyId"], &call["Status"]),
            (&user.to_owned(), &format!("AKIA-{user}-0"), &"Inactive".to_owned())
        );
    }
    assert_eq!(run.ended.code, 4);
    assert_eq!(finding(&run.report, "AKIA-alice-0")["outcome"], "done");
    let bob = finding(&run.report, "AKIA-bob-0");
    assert_eq!((&bob["outcome"], &bob["reason"]), (&json!("failed"), &json!("AccessDenied: no luck")));
}

#[tokio::test]
async fn key_of_a_status_nobody_knows_is_unknown_and_reported() {
    let run = run(&[], |action, parameters, _| {
        let bob = parameters.get("UserName").is_some_and(|user| user == "bob");
        let key = "<AccessKeyMetadata><member><AccessKeyId>AKIA-x</AccessKeyId><Status>Paused</Status></member></AccessKeyMetadata>";
        (action == "ListAccessKeys" && bob).then(|| xml(action, &format!("{key}<IsTruncated>false</IsTruncated>")))
    })
    .await;
    assert_eq!((run.ended.code, &run.report["summary"]["unknown"]), (4, &json!(1)), "{}", run.report);
    let message = "AWS answered with the unknown status `Paused`";
    assert_eq!(run.report["errors"][0]["message"], message);
}

#[tokio::test]
async fn user_on_two_pages_is_one_user() {
    let run = run(&[], |action, parameters, _| {
        let second = parameters.get("Marker").is_some_and(|marker| marker == "1");
        (action == "GetAccountAuthorizationDetails" && second).then(|| {
            let member = "<UserDetailList><member><UserName>alice</UserName></member></UserDetailList>";
            xml(action, &format!("{member}<IsTruncated>true</IsTruncated><Marker>2</Marker>"))
        })
    })
    .await;
    assert_eq!((run.ended.code, &run.report["summary"]["users"]), (0, &json!(2)), "{}", run.report);
}

#[tokio::test]
async fn expired_token_is_not_taken_for_a_denied_call() {
    let run =
        run(&[], |action, _, _| (action == "GetAccountAuthorizationDetails").then(|| error(403, "ExpiredToken"))).await;
    assert!(run.calls.iter().all(|call| !is(call, "ListUsers")));
    assert_eq!(run.report["errors"][0]["message"], "ExpiredToken: no luck");
}

#[tokio::test]
async fn run_out_of_time_ends_with_what_it_has() {
    let run = run(&["--timeout", "4"], |action, parameters, _| {
        let carol = parameters.get("UserName").is_some_and(|user| user == "carol");
        (action == "ListAccessKeys" && carol)
            .then(|| usual(action, parameters).set_delay(std::time::Duration::from_secs(60)))
    })
    .await;
    assert_eq!(run.ended.code, 4, "{:?}", run.ended);
    assert_eq!((&run.report["summary"]["keys"], &run.report["summary"]["unknown"]), (&json!(7), &json!(1)));
    let message = "the time of the run was over";
    assert_eq!(run.report["errors"], json!([{"subject": "carol", "operation": "deadline", "message": message}]));
}
