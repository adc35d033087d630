//! The stub as the SDK sees it.
#![expect(clippy::disallowed_methods, reason = "the stub has the real time, and so has its test")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod organization;

use std::{fmt::Debug, time::Duration};

use aws_sdk_iam::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    types::{self, AccessKeyMetadata, EntityType, ReportStateType, StatusType},
};
use chrono::{DateTime, Utc};
use iam_stub::{Account, Answer, Faults, Key, ReportState, Stub, User};

const POLICY: &str = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3";

fn at(day: &str) -> DateTime<Utc> {
    format!("{day}T09:00:00Z").parse().unwrap()
}

/// `alice` with three keys, `bob` with two tags, `carol` with nothing.
fn account() -> Account {
    let alice = User::new(at("2024-01-01"))
        .policy(POLICY)
        .with(Key::new("AKIA-alice-1", at("2025-01-01")).used(at("2026-01-01")))
        .with(Key::new("AKIA-alice-2", at("2025-02-01")).status("Expired"))
        .with(Key::new("AKIA-alice-3", at("2025-03-01")).status("Inactive"));
    let bob = User::new(at("2024-02-01")).tag("Name", "Bob <b> & Co").tag("Slack", "U1").policy(POLICY);
    let account = Account { alias: Some("larkspur".to_owned()), ..Account::default() };
    account.with("alice", alice).with("bob", bob).with("carol", User::new(at("2024-03-01")))
}

/// A client that tries so often.
fn client(stub: &Stub, attempts: u32) -> Client {
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
    let settings = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("root", "root", None, None, "invented"))
        .region(Region::new("us-east-1"))
        .endpoint_url(stub.url())
        .retry_config(retries);
    Client::from_conf(settings.build())
}

fn started(faults: Faults) -> (Stub, Client) {
    let stub = Stub::start(account(), faults);
    let client = client(&stub, 1);
    (stub, client)
}

/// Status and code of an error answer.
fn refused<T, E: ProvideErrorMetadata + Debug>(answer: Result<T, SdkError<E>>) -> (u16, String) {
    match answer {
        Err(SdkError::ServiceError(error)) => {
            (error.raw().status().as_u16(), error.err().code().unwrap_or_default().to_owned())
        }
        Err(error) => panic!("not a service error: {error:?}"),
        Ok(_) => panic!("not an error"),
    }
}

async fn keys(client: &Client, user: &str) -> Vec<AccessKeyMetadata> {
    client.list_access_keys().user_name(user).into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}

async fn all_is_read(client: &Client) {
    let users: Vec<_> = client.list_users().into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(users.iter().map(types::User::user_name).collect::<Vec<_>>(), ["alice", "bob", "carol"]);
    let tags = client.list_user_tags().user_name("bob").into_paginator().items().send();
    let tags: Vec<_> = tags.collect::<Result<_, _>>().await.unwrap();
    assert_eq!(tags.iter().map(types::Tag::value).collect::<Vec<_>>(), ["Bob <b> & Co", "U1"]);
    let keys = keys(client, "alice").await;
    let seen: Vec<_> = keys.iter().map(|key| (key.access_key_id().unwrap(), key.status().unwrap().as_str())).collect();
    assert_eq!(seen, [("AKIA-alice-1", "Active"), ("AKIA-alice-2", "Expired"), ("AKIA-alice-3", "Inactive")]);
    assert_eq!(keys[0].create_date().unwrap().secs(), at("2025-01-01").timestamp());
    let having = client.list_entities_for_policy().policy_arn(POLICY).entity_filter(EntityType::User);
    let mut pages = having.into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page.unwrap().policy_users().iter().map(|user| user.user_name().unwrap().to_owned()));
    }
    assert_eq!(names, ["alice", "bob"]);
}

#[tokio::test]
async fn everything_is_read_page_by_page_down_to_one_item() {
    for (page, calls) in [(None, 1), (Some(2), 2), (Some(1), 3)] {
        let (stub, client) = started(Faults { page, ..Faults::default() });
        all_is_read(&client).await;
        assert_eq!((stub.calls()["ListUsers"], stub.calls()["ListAccessKeys"]), (calls, calls));
    }
}

#[tokio::test]
async fn details_of_users_have_tags_and_policies_and_no_keys() {
    let (stub, client) = started(Faults::default());
    let page = client.get_account_authorization_details().filter(EntityType::User).max_items(2).send().await.unwrap();
    assert!(page.is_truncated());
    let [alice, bob] = page.user_detail_list() else { panic!("{page:?}") };
    assert_eq!((alice.arn(), alice.path()), (Some("arn:aws:iam::123456789012:user/alice"), Some("/")));
    assert_eq!(alice.attached_managed_policies()[0].policy_name(), Some("AWSCompromisedKeyQuarantineV3"));
    assert_eq!((bob.tags()[0].key(), bob.tags()[0].value()), ("Name", "Bob <b> & Co"));
    assert_eq!(bob.create_date().unwrap().secs(), at("2024-02-01").timestamp());
    stub.account().users.remove("bob");
    let next = client.get_account_authorization_details().set_marker(page.marker).send().await.unwrap();
    assert_eq!(next.user_detail_list()[0].user_name(), Some("carol"));
    let roles = client.get_account_authorization_details().filter(EntityType::Role).send().await.unwrap();
    assert!(roles.user_detail_list().is_empty() && !roles.is_truncated());
}

#[tokio::test]
async fn account_as_a_whole_is_described() {
    let (stub, client) = started(Faults::default());
    assert_eq!(client.list_account_aliases().send().await.unwrap().account_aliases(), ["larkspur"]);
    let summary = async || client.get_account_summary().send().await.unwrap().summary_map.unwrap();
    let (users, quota) = ("Users".into(), "UsersQuota".into());
    assert_eq!((summary().await[&users], summary().await[&quota]), (3, 5_000));
    assert_eq!(summary().await[&"AccountAccessKeysPresent".into()], 0);
    stub.account().root_keys = true;
    assert_eq!(summary().await[&"AccountAccessKeysPresent".into()], 1);
}

#[tokio::test]
async fn last_use_is_told_and_a_key_never_used_has_no_date() {
    let (stub, client) = started(Faults::default());
    let used = async |id: &str| client.get_access_key_last_used().access_key_id(id).send().await;
    let first = used("AKIA-alice-1").await.unwrap();
    assert_eq!(first.user_name(), Some("alice"));
    let first = first.access_key_last_used.unwrap();
    assert_eq!(first.last_used_date.unwrap().secs(), at("2026-01-01").timestamp());
    assert_eq!((first.service_name.as_str(), first.region.as_str()), ("s3", "eu-west-1"));
    let second = used("AKIA-alice-2").await.unwrap().access_key_last_used.unwrap();
    assert_eq!((second.last_used_date, second.service_name.as_str(), second.region.as_str()), (None, "N/A", "N/A"));
    let key = stub.account().users.get_mut("alice").unwrap().keys.remove(1);
    assert_eq!(refused(used("AKIA-alice-2").await), (404, "NoSuchEntity".to_owned()));
    stub.account().users.get_mut("carol").unwrap().keys.push(key);
    assert_eq!(used("AKIA-alice-2").await.unwrap().user_name(), Some("carol"));
}

#[tokio::test]
async fn update_changes_the_account_and_needs_the_right_user() {
    let (stub, client) = started(Faults::default());
    let update = |user: Option<&str>, id: &str| {
        let call = client.update_access_key().access_key_id(id).status(StatusType::Inactive);
        call.set_user_name(user.map(str::to_owned)).send()
    };
    assert_eq!(refused(update(None, "AKIA-alice-1").await), (400, "ValidationError".to_owned()));
    assert_eq!(refused(update(Some("bob"), "AKIA-alice-1").await), (404, "NoSuchEntity".to_owned()));
    assert_eq!(stub.account().key("AKIA-alice-1").unwrap().1.status, "Active");
    update(Some("alice"), "AKIA-alice-1").await.unwrap();
    let account = stub.account();
    let (user, key) = account.key("AKIA-alice-1").unwrap();
    assert_eq!((user, key.status.as_str(), key.created), ("alice", "Inactive", at("2025-01-01")));
    assert!(key.changed > key.created);
}

#[tokio::test]
async fn what_is_wrong_or_unknown_is_refused() {
    let (_stub, client) = started(Faults::default());
    let wrong = (400, "ValidationError".to_owned());
    assert_eq!(refused(client.list_access_keys().send().await), wrong);
    assert_eq!(refused(client.list_users().max_items(1_001).send().await), wrong);
    assert_eq!(refused(client.list_users().marker("?").send().await), wrong);
    let unknown = (404, "NoSuchEntity".to_owned());
    assert_eq!(refused(client.list_access_keys().user_name("dave").send().await), unknown);
    assert_eq!(refused(client.list_roles().send().await), (400, "InvalidAction".to_owned()));
    let nobody = client.list_entities_for_policy().policy_arn("arn:aws:iam::aws:policy/Other").send().await.unwrap();
    assert!(nobody.policy_users().is_empty());
}

async fn report(client: &Client) -> String {
    let report = client.get_credential_report().send().await.unwrap();
    String::from_utf8(report.content.unwrap().into_inner()).unwrap()
}

#[tokio::test]
async fn report_comes_after_as_many_polls_as_are_said() {
    let (stub, client) =
        started(Faults { report: ReportState { polls: 2, ..ReportState::default() }, ..Faults::default() });
    let generate = async || client.generate_credential_report().send().await.unwrap().state.unwrap();
    assert_eq!(refused(client.get_credential_report().send().await), (410, "ReportNotPresent".to_owned()));
    assert_eq!(generate().await, ReportStateType::Started);
    assert_eq!(refused(client.get_credential_report().send().await), (404, "ReportInProgress".to_owned()));
    assert_eq!(generate().await, ReportStateType::Inprogress);
    assert_eq!(refused(client.get_credential_report().send().await), (404, "ReportInProgress".to_owned()));
    assert_eq!(generate().await, ReportStateType::Complete);
    assert_eq!(report(&client).await.lines().count(), 5);
    stub.reset();
    assert_eq!(generate().await, ReportStateType::Started);
}

#[tokio::test]
async fn report_can_be_of_another_time_and_another_account() {
    let snapshot = Some(Account::default().with("gone", User::new(at("2023-01-01"))));
    let state = ReportState { polls: 0, age: Duration::from_secs(3 * 3_600), snapshot };
    let (_stub, client) = started(Faults { report: state, ..Faults::default() });
    assert!(report(&client).await.lines().nth(2).unwrap().starts_with("gone,"));
    let answer = client.get_credential_report().send().await.unwrap();
    assert_eq!(answer.report_format.unwrap().as_str(), "text/csv");
    let made_at = answer.generated_time.unwrap().secs();
    let age = Utc::now().timestamp() - made_at;
    assert!((3 * 3_600..4 * 3_600).contains(&age), "{age} seconds old");
    let later = client.get_credential_report().send().await.unwrap().generated_time.unwrap();
    assert!(later >= answer.generated_time.unwrap());
}

#[tokio::test]
async fn report_that_never_comes_stays_in_progress() {
    let (_stub, client) =
        started(Faults { report: ReportState { polls: usize::MAX, ..ReportState::default() }, ..Faults::default() });
    for state in [ReportStateType::Started, ReportStateType::Inprogress, ReportStateType::Inprogress] {
        assert_eq!(client.generate_credential_report().send().await.unwrap().state, Some(state));
    }
}

#[tokio::test]
async fn faults_are_what_they_say() {
    let only = |change: fn(&mut Faults)| {
        let mut faults = Faults::default();
        change(&mut faults);
        started(faults)
    };
    let (_stub, client) = only(|faults| faults.throttled = 1.0);
    assert_eq!(refused(client.list_users().send().await), (400, "Throttling".to_owned()));
    let (_stub, client) = only(|faults| faults.failing = 1.0);
    assert_eq!(refused(client.list_users().send().await).0, 500);
    let (_stub, client) = only(|faults| faults.deny = ["ListUsers".to_owned()].into());
    assert_eq!(refused(client.list_users().send().await), (403, "AccessDenied".to_owned()));
    client.list_account_aliases().send().await.unwrap();
    let (stub, client) = only(|faults| faults.dropped = 1.0);
    assert!(matches!(client.list_users().send().await, Err(SdkError::DispatchFailure(_))));
    assert_eq!(stub.calls()["ListUsers"], 1);
    // The bucket fills too slowly for this test to see it.
    let (_stub, client) = only(|faults| (faults.rate, faults.burst) = (Some(0.000_1), 2.0));
    client.list_users().send().await.unwrap();
    client.list_users().send().await.unwrap();
    assert_eq!(refused(client.list_users().send().await), (400, "Throttling".to_owned()));
}

#[tokio::test]
async fn some_of_everything_goes_wrong_and_the_same_seed_gives_the_same_calls() {
    let run = async || {
        let faults = Faults { throttled: 0.2, failing: 0.2, dropped: 0.2, page: Some(1), seed: 7, ..Faults::default() };
        let stub = Stub::start(account(), faults);
        all_is_read(&client(&stub, 20)).await;
        stub.calls()
    };
    let calls = run().await;
    assert!(calls.values().sum::<u64>() > 10, "{calls:?}");
    assert_eq!(calls, run().await);
}

#[tokio::test]
async fn hook_answers_counts_and_changes_the_account() {
    let stub = Stub::start(
        account(),
        Faults::hook(|call, account| match (call.action.as_str(), call.nth) {
            ("ListUserTags", _) => Some(Answer::error(418, "Teapot").after(Duration::from_millis(1))),
            ("ListAccountAliases", _) => Some(Answer::Drop),
            ("GetAccountSummary", _) => Some(Answer::raw(200, "no XML")),
            ("ListUsers", 0) => Some(Answer::xml("ListUsers", "<Users/><IsTruncated>false</IsTruncated>")),
            ("ListUsers", 2) => {
                account.users.remove("bob");
                None
            }
            _ => None,
        }),
    );
    let client = client(&stub, 1);
    assert_eq!(refused(client.list_user_tags().user_name("bob").send().await), (418, "Teapot".to_owned()));
    assert!(matches!(client.list_account_aliases().send().await, Err(SdkError::DispatchFailure(_))));
    assert!(client.get_account_summary().send().await.is_err());
    for users in [0, 3, 2] {
        assert_eq!(client.list_users().send().await.unwrap().users().len(), users);
    }
    let requests = stub.requests();
    assert_eq!((requests[0]["Action"].as_str(), requests[0]["UserName"].as_str()), ("ListUserTags", "bob"));
    assert_eq!((requests.len(), stub.calls()["ListUsers"]), (6, 3));
    stub.reset();
    assert!(stub.requests().is_empty() && stub.calls().is_empty());
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered_and_requests_need_not_be_kept() {
    let (stub, client) = started(Faults { latency: Duration::from_millis(20), recording: false, ..Faults::default() });
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(client.list_users().send())).collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().users().len(), 3);
    }
    assert_eq!((stub.calls()["ListUsers"], stub.requests().len()), (100, 0));
}

#[tokio::test]
async fn stub_that_is_gone_answers_no_more() {
    let (stub, client) = started(Faults::default());
    client.list_users().send().await.unwrap();
    drop(stub);
    assert!(matches!(client.list_users().send().await, Err(SdkError::DispatchFailure(_))));
}
