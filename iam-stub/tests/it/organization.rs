//! Accounts of an organization, and files.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::{
    Client,
    config::{Credentials, SharedCredentialsProvider, retry::RetryConfig},
    types::StatusType,
};
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_s3::{operation::list_objects_v2::ListObjectsV2Output, types::Object};
use iam_stub::{Faults, Stub, organization};

use super::{at, refused};

const OTHER: &str = "200000000001";

fn started(accounts: usize, faults: Faults) -> Stub {
    Stub::start_all(organization(accounts, 0, at("2026-03-02")), faults)
}

fn settings(stub: &Stub, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new("us-east-1"))
        .endpoint_url(stub.url())
        .retry_config(RetryConfig::disabled())
        .build()
}

fn root(stub: &Stub) -> SdkConfig {
    settings(stub, Credentials::new("root", "root", None, None, "invented"))
}

/// The settings of who has entered that account.
async fn entered(stub: &Stub, account: &str) -> SdkConfig {
    let sts = aws_sdk_sts::Client::new(&root(stub));
    let role = format!("arn:aws:iam::{account}:role/tools/sleuth");
    let session = sts.assume_role().role_arn(role).role_session_name("s").send().await.unwrap().credentials.unwrap();
    let credentials = Credentials::new(
        session.access_key_id,
        session.secret_access_key,
        Some(session.session_token),
        None,
        "the stub",
    );
    settings(stub, credentials)
}

#[tokio::test]
async fn accounts_are_listed_in_pages_of_twenty() {
    let stub = started(45, Faults::default());
    let client = aws_sdk_organizations::Client::new(&root(&stub));
    let pages: Vec<_> = client.list_accounts().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    let accounts: Vec<_> = pages.iter().flat_map(ListAccountsOutput::accounts).collect();
    assert_eq!((accounts.len(), stub.calls()["ListAccounts"]), (45, 3));
    assert_eq!(accounts[0].id(), Some("123456789012"));
    assert_eq!((accounts[1].id(), accounts[1].name()), (Some(OTHER), Some("larkspur-0001")));
    let tags = client.list_tags_for_resource().resource_id(OTHER).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), "larkspur-0001@larkspur.example");
    let unknown = client.list_tags_for_resource().resource_id("999999999999").send().await;
    assert_eq!(refused(unknown), (400, "TargetNotFoundException".to_owned()));
    let wrong = client.list_accounts().next_token("x").send().await;
    assert_eq!(refused(wrong), (400, "InvalidInputException".to_owned()));
}

#[tokio::test]
async fn role_leads_into_its_account_and_nowhere_else() {
    let stub = started(5, Faults::default());
    let other = entered(&stub, OTHER).await;
    let caller = aws_sdk_sts::Client::new(&other).get_caller_identity().send().await.unwrap();
    assert_eq!(caller.arn(), Some("arn:aws:sts::200000000001:assumed-role/sleuth/s"));
    let home = aws_sdk_sts::Client::new(&root(&stub)).get_caller_identity().send().await.unwrap();
    assert_eq!((home.account(), home.arn()), (Some("123456789012"), Some("arn:aws:iam::123456789012:user/auditor")));
    let iam = Client::new(&other);
    let user = iam.list_users().max_items(1).send().await.unwrap().users.remove(0);
    assert_eq!(user.arn(), "arn:aws:iam::200000000001:user/person-00000");
    let key = iam.list_access_keys().user_name(user.user_name()).send().await.unwrap().access_key_metadata.remove(0);
    let id = key.access_key_id().unwrap();
    let update = iam.update_access_key().user_name(user.user_name()).access_key_id(id);
    update.status(StatusType::Inactive).send().await.unwrap();
    assert_eq!(stub.account_of(OTHER).unwrap().key(id).unwrap().1.status, "Inactive");
    assert!(stub.account().key(id).is_none());
    let sts = aws_sdk_sts::Client::new(&root(&stub));
    let nobody =
        sts.assume_role().role_arn("arn:aws:iam::999999999999:role/sleuth").role_session_name("s").send().await;
    assert_eq!(refused(nobody), (403, "AccessDenied".to_owned()));
}

#[tokio::test]
async fn each_account_has_a_limit_of_its_own() {
    // The bucket fills too slowly for this test to see it.
    let stub = started(3, Faults { rate: Some(0.000_1), burst: 2.0, ..Faults::default() });
    let [one, two] = [Client::new(&entered(&stub, OTHER).await), Client::new(&entered(&stub, "200000000002").await)];
    for client in [&one, &two] {
        client.list_users().send().await.unwrap();
        client.list_users().send().await.unwrap();
        assert_eq!(refused(client.list_users().send().await), (400, "Throttling".to_owned()));
    }
    assert_eq!((stub.calls()["ListUsers"], stub.calls()["AssumeRole"]), (6, 2));
}

#[tokio::test]
async fn files_are_kept_found_and_claimed_once() {
    let stub = started(1, Faults::default());
    let s3 = aws_sdk_s3::Client::new(&root(&stub));
    let put = |key: &str, text: &'static [u8]| s3.put_object().bucket("reports").key(key).body(text.to_vec().into());
    put("runs/a:b/claim.json", b"first").if_none_match("*").send().await.unwrap();
    let second = put("runs/a:b/claim.json", b"second").if_none_match("*").send().await;
    assert_eq!(refused(second), (412, "PreconditionFailed".to_owned()));
    let get = async |key: &str| s3.get_object().bucket("reports").key(key).send().await;
    let read = async |key: &str| get(key).await.unwrap().body.collect().await.unwrap().to_vec();
    assert_eq!(read("runs/a:b/claim.json").await, b"first");
    put("runs/a:b/claim.json", b"third").send().await.unwrap();
    assert_eq!(read("runs/a:b/claim.json").await, b"third");
    assert_eq!(refused(get("runs/a").await), (404, "NoSuchKey".to_owned()));
    for number in 0..1_001 {
        put(&format!("runs/a:b/load/{number:04}.json"), b"{}").send().await.unwrap();
    }
    put("runs/a:b/plan/1.json", b"{}").send().await.unwrap();
    let pages = s3.list_objects_v2().bucket("reports").prefix("runs/a:b/load/").into_paginator().send();
    let pages: Vec<_> = pages.collect::<Result<_, _>>().await.unwrap();
    let keys: Vec<_> = pages.iter().flat_map(ListObjectsV2Output::contents).filter_map(Object::key).collect();
    assert_eq!((pages.len(), keys.len()), (2, 1_001));
    assert_eq!((keys[0], keys[1_000]), ("runs/a:b/load/0000.json", "runs/a:b/load/1000.json"));
}
