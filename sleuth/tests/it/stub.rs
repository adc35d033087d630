//! The adapter to IAM against a stub of it: faults and oddities that an emulator does not have.

use std::{collections::BTreeMap, time::Duration};

use iam_stub::{Account, Answer, Call, Faults, Key, Stub, User};
use serde_json::{Value, json};

use crate::support::{Ended, ago, finding, sleuth};

/// `alice`, `bob` and `carol` with three keys each, which with pages of one item are three pages of three.
const USERS: [&str; 3] = ["alice", "bob", "carol"];

fn account() -> Account {
    USERS.into_iter().fold(Account::default(), |account, name| {
        let key = |index: usize, age| Key::new(&format!("AKIA-{name}-{index}"), ago(age));
        let user = User::new(ago(1_000)).with(key(0, 100)).with(key(1, 500).status("Expired")).with(key(2, 10));
        account.with(name, user)
    })
}

struct Run {
    ended: Ended,
    report: Value,
    calls: Vec<BTreeMap<String, String>>,
}

async fn run(arguments: &[&str], fault: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> Run {
    let stub = Stub::start(account(), Faults { page: Some(1), ..Faults::hook(move |call, _| fault(call)) });
    let arguments = [&["keys", "--output", "json"], arguments].concat();
    let ended = sleuth(&arguments, &stub.url(), &[("ENABLE_AUTO_EXPIRE", "true")]).await;
    Run { report: ended.report(), ended, calls: stub.requests() }
}

fn is(call: &BTreeMap<String, String>, action: &str) -> bool {
    call["Action"] == action
}

#[tokio::test]
async fn all_pages_are_read_and_three_keys_are_three_findings() {
    let run = run(&["--all"], |_| None).await;
    assert_eq!(run.ended.code, 0, "{:?}", run.ended);
    let summary = json!({"users": 3, "keys": 9, "good": 3, "old": 0, "stagnant": 0, "expired": 3, "disabled": 3,
        "unknown": 0, "exempt": 0, "alerts": 0});
    assert_eq!(run.report["summary"], summary);
    let never = finding(&run.report, "AKIA-alice-0");
    assert_eq!(
        (&never["last_use"], &never["last_used"], &never["idle_days"]),
        (&json!("never"), &json!(null), &json!(100))
    );
    assert_eq!((&never["last_used_service"], &never["last_used_region"]), (&json!(null), &json!(null)));
    assert_eq!(finding(&run.report, "AKIA-bob-1")["reason"], "AWS says the key has expired");
    let details = run.calls.iter().find(|call| is(call, "GetAccountAuthorizationDetails")).unwrap();
    assert_eq!((details["Filter.member.1"].as_str(), details["MaxItems"].as_str()), ("User", "1000"));
}

#[tokio::test]
async fn credential_report_that_names_further_keys_rules_nobody_out() {
    let stub = Stub::start(account(), Faults::default());
    let ended = sleuth(&["keys", "--output", "json"], &stub.url(), &[("INVENTORY", "report")]).await;
    assert_eq!((ended.code, &ended.report()["summary"]["expired"]), (0, &json!(3)), "{ended:?}");
    assert_eq!((stub.calls()["GetCredentialReport"], stub.calls()["ListAccessKeys"]), (1, 3));
}

#[tokio::test]
async fn denied_user_is_unknown_and_the_others_are_served() {
    let run = run(&[], |call| call.is("ListAccessKeys", "bob").then(|| Answer::error(403, "AccessDenied"))).await;
    assert_eq!(run.ended.code, 4, "{:?}", run.ended);
    assert_eq!((&run.report["summary"]["keys"], &run.report["summary"]["unknown"]), (&json!(7), &json!(1)));
    let error = json!({"subject": "bob", "operation": "ListAccessKeys", "message": "AccessDenied: no luck"});
    assert_eq!(run.report["errors"], json!([error]));
    let bob = run.report["keys"].as_array().unwrap().iter().find(|key| key["user"] == "bob").unwrap();
    assert_eq!((&bob["status"], &bob["key_id"], &bob["age_days"]), (&json!("unknown"), &json!(null), &json!(null)));
}

#[tokio::test]
async fn listing_that_breaks_off_is_incomplete() {
    let run = run(&[], |call| {
        let later = call.action == "GetAccountAuthorizationDetails" && !call.get("Marker").is_empty();
        later.then(|| Answer::error(400, "ValidationError"))
    })
    .await;
    assert_eq!((run.ended.code, &run.report["summary"]["users"]), (4, &json!(1)));
    assert_eq!(run.report["errors"][0]["operation"], "GetAccountAuthorizationDetails");
}

#[tokio::test]
async fn answer_without_a_last_use_is_unknown() {
    let nothing = |call: &Call| (call.action == "GetAccessKeyLastUsed").then(|| Answer::xml(&call.action, ""));
    let run = run(&["--all"], nothing).await;
    assert_eq!((run.ended.code, &run.report["summary"]["unknown"]), (4, &json!(6)), "{}", run.report);
}

#[tokio::test]
async fn disabling_names_user_and_key_and_a_refusal_is_told() {
    let refused = |call: &Call| call.is("UpdateAccessKey", "bob").then(|| Answer::error(403, "AccessDenied"));
    let run = run(&["--apply"], refused).await;
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
    let key = "<AccessKeyMetadata><member><AccessKeyId>AKIA-x</AccessKeyId><Status>Paused</Status></member></AccessKeyMetadata>";
    let run = run(&[], move |call| {
        let page = format!("{key}<IsTruncated>false</IsTruncated>");
        call.is("ListAccessKeys", "bob").then(|| Answer::xml(&call.action, &page))
    })
    .await;
    assert_eq!((run.ended.code, &run.report["summary"]["unknown"]), (4, &json!(1)), "{}", run.report);
    let message = "AWS answered with the unknown status `Paused`";
    assert_eq!(run.report["errors"][0]["message"], message);
}

#[tokio::test]
async fn user_on_two_pages_is_one_user() {
    let page = |names: [&str; 2]| {
        let members = names.map(|name| format!("<member><UserName>{name}</UserName></member>")).concat();
        format!("<UserDetailList>{members}</UserDetailList>")
    };
    let (first, second) = (page(["alice", "bob"]), page(["bob", "carol"]));
    let run = run(&[], move |call| {
        let page = match call.get("Marker") {
            "" => format!("{first}<IsTruncated>true</IsTruncated><Marker>more</Marker>"),
            _ => format!("{second}<IsTruncated>false</IsTruncated>"),
        };
        (call.action == "GetAccountAuthorizationDetails").then(|| Answer::xml(&call.action, &page))
    })
    .await;
    assert_eq!((run.ended.code, &run.report["summary"]["users"]), (0, &json!(3)), "{}", run.report);
}

#[tokio::test]
async fn expired_token_is_not_taken_for_a_denied_call() {
    let expired =
        |call: &Call| (call.action == "GetAccountAuthorizationDetails").then(|| Answer::error(403, "ExpiredToken"));
    let run = run(&[], expired).await;
    assert!(run.calls.iter().all(|call| !is(call, "ListUsers")));
    assert_eq!(run.report["errors"][0]["message"], "ExpiredToken: no luck");
}

#[tokio::test]
async fn run_out_of_time_ends_with_what_it_has() {
    let run = run(&["--timeout", "4"], |call| {
        call.is("ListAccessKeys", "carol").then(|| Answer::Drop.after(Duration::from_secs(60)))
    })
    .await;
    assert_eq!(run.ended.code, 4, "{:?}", run.ended);
    assert_eq!((&run.report["summary"]["keys"], &run.report["summary"]["unknown"]), (&json!(7), &json!(1)));
    let message = "the time of the run was over";
    assert_eq!(run.report["errors"], json!([{"subject": "carol", "operation": "deadline", "message": message}]));
}
