//! Many accounts in one run of the command line.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    support::{Emulator, Ended, finding, sleuth},
    tags::{IRELAND, old},
};

/// The account of the run.
pub(crate) const PAYER: &str = "123456789012";
/// It cannot be entered.
pub(crate) const DENIED: &str = "222222222222";
const SUSPENDED: &str = "333333333333";
pub(crate) const EMPTY: &str = "444444444444";
/// It has more expired keys than may be disabled in one account.
pub(crate) const BRAKED: &str = "555555555555";
const ROLE: (&str, &str) = ("ASSUME_ROLE_NAME", "tools/sleuth");
pub(crate) const EXTERNAL_ID: &str = "only-between-us-4711";
/// A time that makes two runs of the same moment.
const NOW: [&str; 2] = ["--now", "2030-01-01T00:00:00Z"];

/// An organization: one account with an expired key, one denied, one suspended, one empty, one at the brake.
pub(crate) async fn five() -> Emulator {
    let aws = Emulator::with(&[("PAGE_SIZE", "2")]);
    aws.tell("organization", &json!({"accounts": [
        {"id": PAYER, "name": "payer"},
        {"id": DENIED, "name": "denied"},
        {"id": SUSPENDED, "name": "closed shop", "unit": "Sandbox", "state": "SUSPENDED"},
        {"id": EMPTY, "name": "empty", "unit": "Sandbox/Dev"},
        {"id": BRAKED, "name": "busy", "unit": "Sandbox", "tags": {"Slack": "U0BUSY123", "Email": "busy@example.com"}},
    ]}))
    .await;
    aws.tell(
        "fault",
        &json!({"operation": "AssumeRole", "contains": DENIED, "code": "AccessDenied", "status": 403,
        "message": format!("not allowed with the external id {EXTERNAL_ID}")}),
    )
    .await;
    expired(&aws, PAYER, "alice", 1).await;
    expired(&aws, BRAKED, "bob", 3).await;
    aws
}

/// Users of an account, each with an expired key. Returns the keys.
async fn expired(aws: &Emulator, account: &str, user: &str, count: usize) -> Vec<String> {
    let there = aws.elsewhere(account);
    let mut keys = Vec::new();
    for number in 0..count {
        let user = format!("{user}-{number}");
        there.user(&user, &[]).await;
        keys.push(there.key(&user, 200, Some(1)).await);
    }
    keys
}

async fn run(aws: &Emulator, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let settings = [&[ROLE][..], settings].concat();
    sleuth(&[&["keys", "--accounts", "org"], arguments].concat(), &aws.url, &settings).await
}

fn ids(report: &Value) -> Vec<&str> {
    report["accounts"].as_array().unwrap().iter().map(|one| one["account"]["id"].as_str().unwrap()).collect()
}

fn account<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["accounts"].as_array().unwrap().iter().find(|one| one["account"]["id"] == id).unwrap()
}

#[tokio::test]
async fn report_on_many_accounts_is_those_on_each_together() {
    let aws = five().await;
    let made = aws.writes().await.len();
    let ended = run(&aws, &[&["--output", "json"], &NOW[..]].concat(), &[]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    let all = ended.report();
    assert_eq!((&all["kind"], &all["applied"], &all["brake"]), (&json!("keys-accounts"), &json!(false), &json!(null)));
    assert_eq!(ids(&all), [PAYER, EMPTY, BRAKED]);
    for id in ids(&all) {
        let own = format!("root-{id}");
        let arguments = [&["keys", "--output", "json"], &NOW[..]].concat();
        let single = sleuth(&arguments, &aws.url, &[("AWS_ACCESS_KEY_ID", &own)]).await;
        let mut one = account(&all, id).clone();
        let owner = one.as_object_mut().unwrap().remove("account_owner");
        assert_eq!(
            owner.is_some(),
            id == BRAKED,
            "nobody asks for tags where there is nothing to tell, or there are none"
        );
        assert_eq!(one, single.report(), "{id}");
    }
    let summary = &all["summary"];
    let counts = ["accounts", "audited", "failed", "skipped", "incomplete", "keys", "expired", "users"];
    assert_eq!(counts.map(|name| summary[name].as_u64().unwrap()), [4, 3, 1, 1, 0, 4, 4, 4]);
    let error = all["errors"][0].clone();
    assert_eq!(error["subject"], format!("account {DENIED} (denied)"));
    assert_eq!(error["operation"], "AssumeRole");
    assert_eq!(all["skipped"], json!([{"account": SUSPENDED, "name": "closed shop", "reason": "suspended"}]));
    assert_eq!(all["names"][BRAKED], "busy");
    assert_eq!(aws.writes().await.len(), made, "a plain run changes nothing");
}

#[tokio::test]
async fn brake_of_one_account_holds_that_account_only() {
    let aws = five().await;
    let slack = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("ok")).mount(&slack).await;
    let url = format!("{}/services/T/B/x", slack.uri());
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("MAX_DISABLE", "2"), ("SLACK_URL", &url)];
    let ended = run(&aws, &["--apply", "--output", "json"], &settings).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    let report = ended.report();
    assert_eq!(report["brake"], json!(null), "all together are not too many");
    assert_eq!(account(&report, BRAKED)["brake"], "3 keys were to be disabled, MAX_DISABLE is 2");
    assert_eq!((aws.inactive().await.len(), aws.elsewhere(BRAKED).inactive().await.len()), (1, 0));
    assert_eq!((&report["applied"], &report["summary"]["disabled_now"]), (&json!(true), &json!(1)));
    assert_eq!(account(&report, PAYER)["keys"][0]["outcome"], "done");

    // One message of each kind to the one channel, and in the first what could not be done.
    let messages = slack.received_requests().await.unwrap();
    assert_eq!(messages.len(), 2, "{messages:?}");
    let texts: Vec<String> =
        messages.iter().map(|message| String::from_utf8_lossy(&message.body).into_owned()).collect();
    let said =
        |text: &str, words: &[&str]| words.iter().for_each(|words| assert!(text.contains(words), "{words}: {text}"));
    said(
        &texts[0],
        &["AWS IAM Key Report", "4 accounts", "account 222222222222 (denied)", "555555555555 (busy): 3 expired"],
    );
    said(
        &texts[1],
        &["123456789012 (payer): Expired", "555555555555 (busy): Expired", "alice-0", "bob-2", "<@U0BUSY123>"],
    );
    assert!(texts[1].contains("No key was disabled: 3 keys"), "{}", texts[1]);
}

#[tokio::test]
async fn brake_over_all_accounts_holds_all() {
    let aws = five().await;
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("MAX_DISABLE", "3"), ("MAX_DISABLE_TOTAL", "3")];
    let ended = run(&aws, &["--apply", "--output", "json"], &settings).await;
    let report = ended.report();
    let said = "4 keys were to be disabled in 2 accounts, MAX_DISABLE_TOTAL is 3";
    assert_eq!((ended.code, &report["brake"]), (4, &json!(said)));
    for id in [PAYER, BRAKED] {
        assert!(aws.elsewhere(id).inactive().await.is_empty());
        let one = account(&report, id);
        assert_eq!((&one["brake"], &one["keys"][0]["outcome"]), (&json!(said), &json!("held")), "{id}");
        assert_eq!(one["keys"][0]["reason"], "the brake stopped all changes of this run");
    }
    assert_eq!(account(&report, EMPTY)["brake"], json!(null));
    // By default all accounts together may have as many as one.
    let ended = run(&aws, &["--apply", "--output", "json"], &settings[..2]).await;
    assert!(ended.report()["brake"].as_str().unwrap().ends_with("MAX_DISABLE_TOTAL is 3"), "{ended:?}");
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("MAX_DISABLE", "3"), ("MAX_DISABLE_TOTAL", "4")];
    let ended = run(&aws, &["--apply", "--output", "json"], &settings).await;
    assert_eq!(ended.report()["summary"]["disabled_now"], 4, "{ended:?}");
    assert_eq!((aws.inactive().await.len(), aws.elsewhere(BRAKED).inactive().await.len()), (1, 3));
}

#[tokio::test]
async fn sessions_say_who_they_are_and_external_ids_stay_between_two() {
    let aws = five().await;
    let settings = [("ASSUME_ROLE_EXTERNAL_ID", EXTERNAL_ID), ("DEBUG", "1")];
    for form in ["table", "json", "csv", "markdown", "html", "ocsf"] {
        let ended = run(&aws, &["--output", form], &settings).await;
        assert!(!ended.stdout.contains(EXTERNAL_ID) && !ended.stderr.contains(EXTERNAL_ID), "{ended:?}");
    }
    let calls = aws.calls().await;
    let assumed: Vec<_> = calls.iter().filter(|call| call.operation == "AssumeRole").collect();
    // Once an account and run: two that can be entered, and one that is denied.
    assert_eq!(assumed.len(), 6 * 3);
    for call in assumed {
        assert!(call.body.contains("RoleSessionName=sleuth"), "{call:?}");
        assert!(call.body.contains(&format!("ExternalId={EXTERNAL_ID}")), "{call:?}");
        assert!(call.body.contains(":role/tools/sleuth&"), "{call:?}");
    }
}

#[tokio::test]
async fn every_form_shows_all_accounts() {
    let aws = five().await;
    for (form, words) in [
        (
            "table",
            &["4 accounts: 3 audited, 1 could not be, 1 more left out", "account 222222222222 (denied)", "closed shop"]
                [..],
        ),
        ("csv", &["\"kind\",\"account.id\"", "\"123456789012\"", "\"555555555555\""]),
        ("markdown", &["# AWS IAM Key Report", "## Access keys", "222222222222"]),
        ("html", &["Content-Security-Policy", "555555555555 (busy)", "closed shop", "alice-0", "222222222222"]),
        ("ocsf", &["\"uid\":\"123456789012\"", "\"uid\":\"555555555555\""]),
    ] {
        let ended = run(&aws, &["--output", form], &[]).await;
        assert_eq!(ended.code, 4, "{form}: {ended:?}");
        for words in words {
            assert!(ended.stdout.contains(words), "{form}: {words}: {}", ended.stdout);
        }
    }
    let table = run(&aws, &[], &[]).await.stdout;
    let place = |words: &str| table.find(words).unwrap_or_else(|| panic!("{words}: {table}"));
    assert!(place("account 222222222222") < place("Account 123456789012"), "what failed is listed first: {table}");
    let csv = run(&aws, &["--output", "csv"], &[]).await.stdout;
    assert_eq!((csv.matches("\"kind\"").count(), csv.lines().count()), (1, 5), "{csv}");
}

#[tokio::test]
async fn parts_of_the_organization_and_lists_are_audited_alone() {
    let aws = five().await;
    // What is there already is told again.
    let known = json!({"accounts": [{"id": EMPTY, "name": "empty", "unit": "Sandbox/Dev"}]});
    let organization = aws.tell("organization", &known).await;
    let unit = |path: &str| organization["units"][path].as_str().unwrap().to_owned();
    let audited = async |arguments: &[&str]| {
        let ended = sleuth(&[&["keys", "--output", "json"], arguments].concat(), &aws.url, &[ROLE]).await;
        let report = ended.report();
        ids(&report).into_iter().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let org = ["--accounts", "org"];
    assert_eq!(audited(&[&org[..], &["--org-units", &unit("Sandbox")]].concat()).await, [EMPTY, BRAKED]);
    assert_eq!(audited(&[&org[..], &["--org-units", &unit("Sandbox/Dev")]].concat()).await, [EMPTY]);
    assert_eq!(audited(&[&org[..], &["--exclude-accounts", &unit("Sandbox")]].concat()).await, [PAYER]);
    assert_eq!(audited(&[&org[..], &["--exclude-accounts", BRAKED]].concat()).await, [PAYER, EMPTY]);
    assert_eq!(audited(&["--accounts", &format!("{EMPTY},{BRAKED}")]).await, [EMPTY, BRAKED]);
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&list, format!("# two\n{BRAKED},busy\n{PAYER}\n")).unwrap();
    assert_eq!(audited(&["--accounts", list.path().to_str().unwrap()]).await, [PAYER, BRAKED]);

    // A unit that is misspelt would let in what was to be left out.
    let before = aws.calls().await.len();
    let wrong = run(&aws, &["--exclude-accounts", "ou-zzzz-zzzzzzzz"], &[]).await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (4, ""), "{wrong:?}");
    assert!(wrong.stderr.contains("EXCLUDE_ACCOUNTS names ou-zzzz-zzzzzzzz"), "{wrong:?}");
    assert!(aws.calls().await[before..].iter().all(|call| call.service != "iam"));
}

#[tokio::test]
async fn listing_that_breaks_off_starts_nothing() {
    let aws = five().await;
    aws.tell(
        "fault",
        &json!({"operation": "ListAccounts", "after": 1, "code": "AccessDeniedException", "status": 400}),
    )
    .await;
    let before = aws.calls().await.len();
    let ended = run(&aws, &["--apply"], &[("ENABLE_AUTO_EXPIRE", "true")]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""), "{ended:?}");
    assert!(ended.stderr.contains("ListAccounts: AccessDeniedException"), "{ended:?}");
    assert!(aws.calls().await[before..].iter().all(|call| call.service != "iam"));
}

#[tokio::test]
async fn wrong_settings_are_told_together_before_any_call() {
    let nowhere = "http://127.0.0.1:9";
    let arguments = ["keys", "--accounts", "123456789012,12", "--org-units", "x", "--expiration-age", "soon"];
    let settings =
        [("ASSUME_ROLE_NAME", "arn:aws:iam::1:role/x"), ("ASSUME_ROLE_EXTERNAL_ID", "ü"), ("ACCOUNT_CONCURRENCY", "0")];
    let ended = sleuth(&arguments, nowhere, &settings).await;
    assert_eq!(ended.code, 2, "{ended:?}");
    for words in [
        "ACCOUNTS is `12`: must be `org`, a file, or ids of accounts",
        "ORG_UNITS is `x`",
        "EXPIRATION_AGE is `soon`",
        "ASSUME_ROLE_NAME",
        "ASSUME_ROLE_EXTERNAL_ID (not shown",
        "ACCOUNT_CONCURRENCY is `0`",
    ] {
        assert!(
            ended.stderr.contains(words) || ended.stderr.contains(&words.replace("EXPIRATION_AGE", "--expiration-age")),
            "{words}: {ended:?}"
        );
    }
    let missing = sleuth(&["keys", "--accounts", "no/such/file"], nowhere, &[]).await;
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.stderr.contains("names the file no/such/file, which cannot be read"), "{missing:?}");
    let saved = sleuth(&["keys", "--save", "x"], nowhere, &[("ACCOUNTS", "org")]).await;
    assert!(saved.code == 2 && saved.stderr.contains("--save keeps the inventory of one account"), "{saved:?}");
}

#[tokio::test]
async fn owner_of_an_account_is_told_what_its_users_cannot_be() {
    let aws = five().await;
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&list, format!("{PAYER},payer,U0PAYER99\n{BRAKED},busy\n")).unwrap();
    let settings = [("DEBUG", "1")];
    let arguments = ["keys", "--accounts", list.path().to_str().unwrap(), "--output", "json"];
    let ended = sleuth(&arguments, &aws.url, &[&[ROLE][..], &settings].concat()).await;
    assert_eq!(account(&ended.report(), PAYER)["account_owner"], json!({"slack": "U0PAYER99", "email": null}));
    assert!(ended.stderr.contains("Message to owner of the account of alice-0"), "{ended:?}");
    assert!(!ended.stderr.contains("Message to owner of the account of bob-0"), "a list has no tags: {ended:?}");
    let from_tags = run(&aws, &["--output", "json"], &settings).await;
    let owner = json!({"slack": "U0BUSY123", "email": "busy@example.com"});
    assert_eq!(account(&from_tags.report(), BRAKED)["account_owner"], owner);
    let told: Vec<_> = from_tags.stderr.match_indices("Message to owner of the account of bob").collect();
    assert_eq!(told.len(), 1, "one message for all three: {from_tags:?}");
}

#[tokio::test]
async fn instances_of_many_accounts_are_stopped_within_one_brake() {
    let aws = five().await;
    let mut ids = Vec::new();
    for account in [PAYER, EMPTY, BRAKED] {
        ids.push((account, old(&aws.elsewhere(account), IRELAND, &[]).await));
    }
    let settings =
        [ROLE, ("TAG_ACTION", "terminate"), ("REGIONS", IRELAND), ("MAX_TERMINATE", "2"), ("MAX_TERMINATE_TOTAL", "2")];
    let arguments = ["tags", "--accounts", "org", "--tags", "owner", "--apply", "--output", "json"];
    let ended = sleuth(&arguments, &aws.url, &settings).await;
    let report = ended.report();
    let said = "3 instances were to be terminated in 3 accounts, MAX_TERMINATE_TOTAL is 2";
    assert_eq!(
        (ended.code, &report["brake"], &report["kind"]),
        (4, &json!(said), &json!("tags-accounts")),
        "{ended:?}"
    );
    for (account, id) in &ids {
        assert_eq!(aws.elsewhere(account).states(IRELAND).await[id], "running");
    }
    let mut settings = settings;
    settings[4].1 = "3";
    let ended = sleuth(&arguments, &aws.url, &settings).await;
    let report = ended.report();
    assert_eq!(report["summary"]["terminated"], 3, "{ended:?}");
    for (id, instance) in &ids {
        assert_eq!(aws.elsewhere(id).states(IRELAND).await[instance], "terminated");
        assert_eq!(account(&report, id)["instances"][0]["instance_id"], **instance);
    }
    let own = sleuth(&["keys", "--output", "json"], &aws.url, &[]).await.report();
    assert!(finding(&own, own["keys"][0]["key_id"].as_str().unwrap())["status"].is_string());
}
