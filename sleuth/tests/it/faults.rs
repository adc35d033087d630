//! Accounts that are slow, throttled, denied and half gone: each run ends with the right report and exit code.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use iam_stub::{Account, Answer, Faults, Key, ReportState, Stub, User};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{Ended, ago, finding, sleuth};

/// With these, the last use of every key of 50 to 89 days is asked for.
const AGES: [(&str, &str); 2] = [("INACTIVITY_AGE", "60"), ("INACTIVITY_WARNING_AGE", "50")];
const REPORT: (&str, &str) = ("INVENTORY", "report");
const ON: (&str, &str) = ("ENABLE_AUTO_EXPIRE", "true");

/// So many users with one key each: good, to be asked about, expired, in turn.
fn account(users: usize) -> Account {
    (0..users).fold(Account::default(), |account, index| {
        let age = [10, 70, 100][index % 3];
        let key = Key::new(&format!("AKIA{index:05}"), ago(age)).used(ago(1));
        account.with(&name(index), User::new(ago(1_000)).tag("Slack", &format!("U{index:08}")).with(key))
    })
}

fn name(index: usize) -> String {
    format!("user-{index:05}")
}

async fn keys(stub: &Stub, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let arguments = [&["keys", "--output", "json"], arguments].concat();
    sleuth(&arguments, &stub.url(), &[&AGES, settings].concat()).await
}

/// Runs against an account with `faults`, and makes sure that every key was judged.
async fn complete(users: usize, faults: Faults, settings: &[(&str, &str)]) -> (Stub, Ended) {
    let stub = Stub::start(account(users), faults);
    let ended = keys(&stub, &[], settings).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let summary = &ended.report()["summary"];
    let third = |rest| json!((users + 2 - rest) / 3);
    assert_eq!(
        (&summary["users"], &summary["good"], &summary["expired"]),
        (&json!(users), &json!(third(0).as_u64().unwrap() + third(1).as_u64().unwrap()), &third(2)),
        "{summary}"
    );
    (stub, ended)
}

fn throttled_at(rate: f64) -> Faults {
    Faults { rate: Some(rate), burst: rate, ..Faults::default() }
}

#[tokio::test]
async fn account_throttled_at_twenty_calls_a_second_is_read_whole() {
    complete(60, throttled_at(20.0), &[]).await;
}

#[tokio::test]
async fn account_throttled_at_five_calls_a_second_is_read_whole() {
    complete(12, throttled_at(5.0), &[]).await;
}

#[tokio::test]
async fn throttles_at_random_do_not_break_a_run() {
    let (some, many) = (0.05, 0.2);
    let faults = |throttled| Faults { throttled, seed: 1, ..Faults::default() };
    tokio::join!(complete(20, faults(some), &[]), complete(10, faults(many), &[]));
}

#[tokio::test]
async fn standard_retries_can_be_chosen() {
    let faults = || Faults { throttled: 0.2, seed: 1, ..Faults::default() };
    complete(40, faults(), &[("AWS_RETRY_MODE", "standard")]).await;
    // Who is not slowed down is throttled more often.
    let calls =
        async |mode| complete(30, throttled_at(10.0), &[("AWS_RETRY_MODE", mode)]).await.0.calls()["ListAccessKeys"];
    let (adaptive, standard) = tokio::join!(calls("adaptive"), calls("standard"));
    assert!(adaptive < standard, "{adaptive} and {standard} calls");
    // Changes get through as well.
    let stub = Stub::start(account(30), faults());
    let ended = keys(&stub, &["--apply"], &[ON, ("AWS_RETRY_MODE", "standard")]).await;
    assert_eq!((ended.code, of_outcome(&ended.report(), "done").len()), (0, 10), "{ended:?}");
    let stub = Stub::start(account(1), faults());
    let ended = keys(&stub, &[], &[("AWS_RETRY_MODE", "legacy")]).await;
    assert_eq!((ended.code, stub.calls().len()), (2, 0));
    assert!(ended.stderr.contains("AWS_RETRY_MODE is `legacy`: must be `adaptive` or `standard`"), "{ended:?}");
}

#[tokio::test]
async fn server_errors_at_random_do_not_break_a_run() {
    complete(100, Faults { failing: 0.05, seed: 2, ..Faults::default() }, &[]).await;
}

#[tokio::test]
async fn dropped_connections_do_not_break_a_run() {
    complete(100, Faults { dropped: 0.05, seed: 3, ..Faults::default() }, &[]).await;
}

#[tokio::test]
async fn pages_of_one_item_are_followed() {
    complete(30, Faults { page: Some(1), ..Faults::default() }, &[]).await;
}

#[tokio::test]
async fn users_who_vanish_before_a_call_are_no_error_and_nothing_is_done_to_them() {
    // The second user's key is asked about, the third one's is expired.
    for (action, settings, index) in [
        ("ListUserTags", &[ON][..], 1),
        ("ListAccessKeys", &[ON][..], 1),
        ("GetAccessKeyLastUsed", &[ON][..], 1),
        ("UpdateAccessKey", &[ON][..], 2),
    ] {
        let faults = Faults::hook(move |call, account| {
            let concerned = call.is(action, &name(index)) || call.get("AccessKeyId") == format!("AKIA{index:05}");
            if call.action == action && concerned {
                account.users.remove(&name(index));
            }
            None
        });
        // Tags are asked for one by one only where they do not come with the listing.
        let deny = BTreeSet::from(["GetAccountAuthorizationDetails".to_owned()]);
        let stub = Stub::start(account(3), Faults { deny, ..faults });
        let ended = keys(&stub, &["--apply"], settings).await;
        assert_eq!(ended.code, 0, "{action}: {ended:?}");
        let report = ended.report();
        if action == "UpdateAccessKey" {
            let gone = finding(&report, "AKIA00002");
            assert_eq!(
                (&gone["outcome"], &gone["reason"]),
                (&json!("held"), &json!("its user was not found any more: deleted or renamed"))
            );
        } else {
            assert_eq!(finding(&report, "AKIA00002")["outcome"], "done", "{action}: the others are served");
            let left = if action == "GetAccessKeyLastUsed" { 3 } else { 2 };
            assert_eq!(
                (&report["summary"]["users"], &report["summary"]["keys"]),
                (&json!(left), &json!(2)),
                "{action}"
            );
        }
    }
}

#[tokio::test]
async fn each_call_that_is_denied_is_named_and_the_rest_is_done() {
    let expired_is_done = |report: &Value| finding(report, "AKIA00002")["outcome"] == "done";
    for (action, code, unknown, done) in [
        ("GetCallerIdentity", 4, 0, true),
        ("ListAccountAliases", 4, 0, true),
        ("GetAccountSummary", 4, 0, true),
        ("GetAccountAuthorizationDetails", 0, 0, true),
        ("ListAccessKeys", 4, 3, false),
        // Of the key that it decides about, and of no other.
        ("GetAccessKeyLastUsed", 4, 1, true),
        ("ListUserTags", 4, 0, false),
        ("UpdateAccessKey", 4, 0, false),
        ("GenerateCredentialReport", 0, 0, true),
        ("GetCredentialReport", 0, 0, true),
    ] {
        let deny = BTreeSet::from([action.to_owned()]);
        let stub = Stub::start(account(3), Faults { deny, ..Faults::default() });
        let settings = if action.contains("CredentialReport") { &[ON, REPORT][..] } else { &[ON] };
        let ended = keys(&stub, &["--apply"], settings).await;
        assert_eq!(ended.code, code, "{action}: {ended:?}");
        let report = ended.report();
        assert_eq!(report["summary"]["unknown"], unknown, "{action}: {report}");
        assert!(!done || expired_is_done(&report), "{action}: {report}");
        let errors = report["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["operation"] == action), "{errors:?}");
        assert_eq!(errors.is_empty(), code == 0);
        if !done {
            assert_eq!(stub.account().key("AKIA00002").unwrap().1.status, "Active", "{action}");
        }
        if action.contains("CredentialReport") {
            assert!(ended.stderr.contains("there is no credential report; reading every user"), "{ended:?}");
        }
    }
}

#[tokio::test]
async fn without_details_users_are_listed_and_each_is_asked_for_tags() {
    let policy = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2";
    let deny = |actions: &[&str]| actions.iter().map(|action| (*action).to_owned()).collect::<BTreeSet<_>>();
    let run = async |denied: &[&str]| {
        let mut account = account(3);
        account.users.get_mut(&name(1)).unwrap().policies.push(policy.to_owned());
        let stub = Stub::start(account, Faults { deny: deny(denied), page: Some(1), ..Faults::default() });
        (keys(&stub, &[], &[]).await, stub.calls())
    };
    let (fast, _) = run(&[]).await;
    let (slow, calls) = run(&["GetAccountAuthorizationDetails"]).await;
    assert_eq!((fast.code, slow.code), (0, 0), "{slow:?}");
    assert_eq!(fast.report()["alerts"], slow.report()["alerts"]);
    assert_eq!((fast.report()["alerts"][0]["user"].clone(), calls["ListUserTags"]), (json!("user-00001"), 3));
    // Without either, nobody knows who is quarantined, and that is said.
    let (blind, _) = run(&["GetAccountAuthorizationDetails", "ListEntitiesForPolicy"]).await;
    assert_eq!((blind.code, &blind.report()["errors"][0]["operation"]), (4, &json!("ListEntitiesForPolicy")));
}

#[tokio::test]
async fn credential_report_saves_calls_and_finds_the_same() {
    let (live, ended) = complete(60, Faults::default(), &[]).await;
    let report = ReportState { polls: 2, age: Duration::from_secs(3 * 3_600), ..ReportState::default() };
    let (fast, reported) = complete(60, Faults { report, ..Faults::default() }, &[REPORT]).await;
    assert_eq!(ended.report()["summary"], reported.report()["summary"]);
    assert_eq!(live.calls()["ListAccessKeys"], 60);
    // A third of the users are good by the report, and another by their last use, which is in it too.
    assert_eq!(fast.calls()["ListAccessKeys"], 20, "{:?}", fast.calls());
    assert!(reported.report()["credential_report"].is_string());
}

#[tokio::test]
async fn credential_report_that_never_comes_is_not_waited_for_long() {
    let report = ReportState { polls: usize::MAX, ..ReportState::default() };
    let stub = Stub::start(account(9), Faults { report, ..Faults::default() });
    let ended = keys(&stub, &["--timeout", "9"], &[REPORT]).await;
    assert_eq!((ended.code, &ended.report()["credential_report"]), (0, &Value::Null), "{ended:?}");
    assert!(ended.stderr.contains("the report was not ready within"), "{ended:?}");
    assert_eq!(stub.calls()["ListAccessKeys"], 9);
}

#[tokio::test]
async fn credential_report_that_is_gone_again_is_asked_for_again() {
    for (status, code) in [(410, "ReportExpired"), (410, "ReportNotPresent"), (404, "ReportInProgress")] {
        let faults = Faults::hook(move |call, _| {
            (call.action == "GetCredentialReport" && call.nth == 0).then(|| Answer::error(status, code))
        });
        let (stub, ended) = complete(3, faults, &[REPORT]).await;
        assert_eq!((stub.calls()["GetCredentialReport"], stub.calls()["ListAccessKeys"]), (2, 1), "{code}");
        assert_eq!(ended.stderr, "", "{code}");
    }
}

#[tokio::test]
async fn saving_reads_every_user_whatever_the_setting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inventory.json");
    let stub = Stub::start(account(6), Faults::default());
    let ended = keys(&stub, &["--save", file.to_str().unwrap()], &[REPORT]).await;
    assert_eq!((ended.code, stub.calls()["ListAccessKeys"], stub.calls()["GetAccessKeyLastUsed"]), (0, 6, 6));
    assert!(!stub.calls().contains_key("GenerateCredentialReport"));
}

#[tokio::test]
async fn quarantined_users_are_read_whatever_the_report_says() {
    let mut quarantined = account(3);
    let policy = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3";
    quarantined.users.get_mut(&name(0)).unwrap().policies.push(policy.to_owned());
    let stub = Stub::start(quarantined, Faults::default());
    let ended = keys(&stub, &[], &[REPORT]).await;
    assert_eq!((ended.code, &finding(&ended.report(), "AKIA00000")["status"]), (0, &json!("good")), "{ended:?}");
    assert_eq!(stub.calls()["ListAccessKeys"], 2);
}

#[tokio::test]
async fn summary_that_says_nothing_is_an_error() {
    let faults = Faults::hook(|call, _| {
        (call.action == "GetAccountSummary").then(|| Answer::xml(&call.action, "<SummaryMap/>"))
    });
    let stub = Stub::start(account(3), faults);
    let ended = keys(&stub, &[], &[]).await;
    let said: Vec<_> = ended.report()["errors"].as_array().unwrap().iter().map(|e| e["message"].clone()).collect();
    assert_eq!(said, ["AWS answered with no Users", "AWS answered with no AccountAccessKeysPresent"]);
    assert_eq!(ended.code, 4);
}

#[tokio::test]
async fn old_report_and_users_it_does_not_know_are_not_believed() {
    let old = ReportState { age: Duration::from_secs(6 * 3_600), ..ReportState::default() };
    let (stub, ended) = complete(6, Faults { report: old, ..Faults::default() }, &[REPORT]).await;
    assert_eq!(stub.calls()["ListAccessKeys"], 6);
    assert!(ended.stderr.contains("the credential report is of no use, it is too old"), "{ended:?}");

    // Made when three of six users were there, and one who is gone.
    let earlier = account(3).with("somebody", User::new(ago(900)));
    let earlier = ReportState { snapshot: Some(earlier), ..ReportState::default() };
    let (stub, _) = complete(6, Faults { report: earlier, ..Faults::default() }, &[REPORT]).await;
    assert_eq!(stub.calls()["ListAccessKeys"], 3 + 1);
}

#[tokio::test]
async fn account_that_suddenly_shows_few_of_its_users_stops_the_run() {
    // The one with the expired key, or nobody.
    for (shown, brake) in [
        ("<member><UserName>user-00002</UserName></member>", "only 1 of 3 users were seen"),
        ("", "only 0 of 3 users were seen"),
    ] {
        let faults = Faults::hook(move |call, _| {
            let page = format!("<UserDetailList>{shown}</UserDetailList><IsTruncated>false</IsTruncated>");
            (call.action == "GetAccountAuthorizationDetails").then(|| Answer::xml(&call.action, &page))
        });
        let stub = Stub::start(account(3), faults);
        let ended = keys(&stub, &["--apply"], &[ON]).await;
        assert_eq!((ended.code, &ended.report()["brake"]), (4, &json!(brake)), "{ended:?}");
        assert!(!stub.calls().contains_key("UpdateAccessKey"));
    }
}

#[tokio::test]
async fn listing_that_breaks_off_stops_the_run_where_nobody_knows_how_many_users_there_are() {
    for (summary, code) in [(false, 4), (true, 4)] {
        let faults = Faults::hook(move |call, _| match call.action.as_str() {
            "GetAccountAuthorizationDetails" if !call.get("Marker").is_empty() => {
                Some(Answer::error(400, "ValidationError"))
            }
            "GetAccountSummary" if !summary => Some(Answer::error(403, "AccessDenied")),
            _ => None,
        });
        // Two of three users are on the first page, the expired key among them.
        let some = account(4).users.into_iter().skip(2).chain([("zoe".to_owned(), User::new(ago(1)))]);
        let some = some.fold(Account::default(), |account, (name, user)| account.with(&name, user));
        let stub = Stub::start(some, Faults { page: Some(2), ..faults });
        let ended = keys(&stub, &["--apply"], &[ON]).await;
        assert_eq!(ended.code, code, "{ended:?}");
        assert_eq!(stub.calls().contains_key("UpdateAccessKey"), summary, "{ended:?}");
        let brake = "the listing of users broke off, and how many there are is not known";
        assert_eq!(ended.report()["brake"].as_str().is_some_and(|said| said.starts_with(brake)), !summary);
    }
}

#[tokio::test]
async fn deadline_that_strikes_in_the_middle_leaves_the_rest_unknown_and_undone() {
    let stub = Stub::start(account(300), Faults { latency: Duration::from_millis(50), ..Faults::default() });
    let settings = [ON, ("MAX_DISABLE", "1000"), ("CONCURRENCY", "2")];
    let ended = keys(&stub, &["--apply", "--timeout", "6"], &settings).await;
    let report = ended.report();
    let count = |status: &str| report["summary"][status].as_u64().unwrap();
    assert_eq!((ended.code, count("keys")), (4, 300), "{}", ended.stderr);
    assert!(count("unknown") > 0 && count("good") > 0, "{}", report["summary"]);
    // What was done is what is told to be done.
    let done: BTreeSet<String> = of_outcome(&report, "done");
    assert_eq!(done, inactive(&stub));
    assert!(!done.is_empty(), "nothing was disabled at all");
}

/// The keys of the account that do not work.
fn inactive(stub: &Stub) -> BTreeSet<String> {
    let account = stub.account();
    let keys = account.users.values().flat_map(|user| &user.keys);
    keys.filter(|key| key.status == "Inactive").map(|key| key.id.clone()).collect()
}

fn of_outcome(report: &Value, outcome: &str) -> BTreeSet<String> {
    let keys = report["keys"].as_array().unwrap().iter();
    let ids = keys.filter(|key| key["outcome"] == outcome && key["action"] == "disable");
    ids.map(|key| key["key_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whatever_the_channels_answer_what_was_done_and_not_told_is_kept() {
    for (slack_status, slack_body, topic_status, topic_code) in [
        (400, "invalid_payload", 400, "InvalidParameter"),
        (400, "invalid_token", 400, "ParameterValueInvalid"),
        (400, "user_not_found", 403, "AuthorizationError"),
        (403, "action_prohibited", 403, "InvalidSecurity"),
        (404, "channel_not_found", 404, "NotFound"),
        (404, "no_service", 400, "EndpointDisabled"),
        (410, "channel_is_archived", 400, "KMSAccessDenied"),
        (429, "rate_limited", 400, "Throttled"),
        (500, "rollup_error", 500, "InternalError"),
        (503, "", 503, "ServiceUnavailable"),
        (302, "", 400, "KMSThrottling"),
        (200, "<!DOCTYPE html>", 400, "ExpiredToken"),
    ] {
        let faults =
            Faults::hook(move |call, _| (call.action == "Publish").then(|| Answer::error(topic_status, topic_code)));
        let stub = Stub::start(account(3), faults);
        let slack = MockServer::start().await;
        let answer = ResponseTemplate::new(slack_status).set_body_string(slack_body).insert_header("Location", "/");
        Mock::given(any()).respond_with(answer).mount(&slack).await;
        let url = slack.uri();
        let topic = ("SNS_TOPIC", "arn:aws:sns:us-east-1:123456789012:keys");
        let settings = [ON, ("SLACK_URL", url.as_str()), topic, ("NOTIFY_RETRY_SECONDS", "0")];
        let ended = keys(&stub, &["--apply"], &settings).await;
        assert_eq!(ended.code, 4, "{slack_body}: {ended:?}");
        let report = ended.report();
        let key = finding(&report, "AKIA00002");
        let reason = key["reason"].as_str().unwrap();
        assert_eq!(key["outcome"], "done", "{key}");
        assert!(
            reason.starts_with("nobody was told: ") && reason.contains("slack: ") && reason.contains(topic_code),
            "{key}"
        );
        assert_eq!(report["errors"].as_array().unwrap().len(), 2, "one a channel: {}", report["errors"]);
        for delivery in report["deliveries"].as_array().unwrap() {
            assert!(delivery["text"].as_str().unwrap().contains("was disabled"), "{delivery}");
        }
    }
}

#[tokio::test]
async fn two_runs_at_once_disable_what_is_expired_and_nothing_else() {
    let stub = Stub::start(account(30), Faults { latency: Duration::from_millis(5), ..Faults::default() });
    let (one, other) = tokio::join!(keys(&stub, &["--apply"], &[ON]), keys(&stub, &["--apply"], &[ON]));
    assert_eq!((one.code, other.code), (0, 0), "{one:?} {other:?}");
    let expired: BTreeSet<String> = (2..30).step_by(3).map(|index| format!("AKIA{index:05}")).collect();
    assert_eq!(expired, inactive(&stub));
    // Each key was disabled by one run at least, and no run claims another.
    let (one, other) = (of_outcome(&one.report(), "done"), of_outcome(&other.report(), "done"));
    assert_eq!(expired, one.union(&other).cloned().collect());
}

#[tokio::test]
async fn five_thousand_owners_are_each_named_once_on_both_channels() {
    const USERS: usize = 5_000;
    let account = (0..USERS).fold(Account::default(), |account, index| {
        let user = User::new(ago(1_000)).tag("Slack", &format!("U{index:08}"));
        account.with(&name(index), user.with(Key::new(&format!("AKIA{index:05}"), ago(100))))
    });
    let stub = Stub::start(account, Faults::default());
    let slack = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&slack).await;
    let url = slack.uri();
    let settings = [("SLACK_URL", url.as_str()), ("SNS_TOPIC", "arn:aws:sns:us-east-1:123456789012:keys")];

    let ended = keys(&stub, &["--apply"], &settings).await;

    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.report()["summary"]["expired"], USERS);
    let requests = slack.received_requests().await.unwrap();
    let posted: String = requests.iter().map(|request| String::from_utf8(request.body.clone()).unwrap()).collect();
    let published = stub.published();
    assert!(requests.len() > 1 && published.len() > 1, "they do not fit into one message");
    for (index, times) in mentions(&posted, "<@U", 8) {
        assert_eq!(times, 1, "U{index} in Slack");
    }
    assert_eq!(mentions(&posted, "<@U", 8).len(), USERS);
    let named = mentions(&published.join("\n"), "- user-", 5);
    assert_eq!((named.len(), named.values().copied().max()), (USERS, Some(1)), "by SNS");
}

/// How often each number of so many digits stands behind `sign`.
fn mentions(text: &str, sign: &str, digits: usize) -> BTreeMap<String, usize> {
    text.split(sign).skip(1).fold(BTreeMap::new(), |mut found, rest| {
        *found.entry(rest.chars().take(digits).collect()).or_default() += 1;
        found
    })
}
