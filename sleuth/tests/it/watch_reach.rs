//! The watch in other accounts and regions, and what Sleuth itself does there.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::{Value, json};

use crate::{
    cloud::tagged,
    tags::{IRELAND, changes, count, old},
    trail::{cloudtrail_notification, sns_event},
    watch::{BUCKET, ELSEWHERE, Watch, launch, only, skipped},
};

#[tokio::test]
async fn own_changes_are_not_answered() {
    let watch = Watch::start(&[("ASSUME_ROLE_NAME", "tools/sleuth")]).await;
    let me = watch.aws.sts().get_caller_identity().send().await.unwrap().arn.unwrap();
    let id = old(&watch.aws, IRELAND, &[]).await;
    let by = |arn: &str| tagged(&json!({"type": "AssumedRole", "arn": arn}), &id, &[("Name", "x")], Utc::now());
    let mut there = by(&format!("arn:aws:sts::{ELSEWHERE}:assumed-role/sleuth/sleuth"));
    there["recipientAccountId"] = json!(ELSEWHERE);
    let asked = watch.aws.calls().await.len();

    let event = watch.logged(IRELAND, &[by(&me), there.clone()]).await;
    assert_eq!(skipped(&watch.done(&event).await), only("own_call", 2));
    assert_eq!(watch.operations().await[asked..], ["GetObject", "GetCallerIdentity"]);
    assert!(watch.messages().await.is_empty());

    // The role of somebody else, which has the same name in this account.
    there["recipientAccountId"] = json!("123456789012");
    there["userIdentity"]["arn"] = json!("arn:aws:sts::123456789012:assumed-role/sleuth/sleuth");
    let tag = [("Name", "x")];
    let tag = tag.map(|(key, value)| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build());
    watch.aws.ec2(IRELAND).create_tags().resources(&id).set_tags(Some(tag.to_vec())).send().await.unwrap();
    let answer = watch.done(&watch.logged(IRELAND, &[there]).await).await;
    assert_eq!((skipped(&answer), &answer["summary"]["instances"]), (BTreeMap::new(), &json!(1)));
    assert!(watch.is_terminated(&id).await);
}

/// An instance without tags in this account and one in another, and an event about both.
async fn in_two_accounts(watch: &Watch) -> (String, String, Value) {
    let there = watch.aws.elsewhere(ELSEWHERE);
    let (mine, theirs) = (old(&watch.aws, IRELAND, &[]).await, old(&there, IRELAND, &[]).await);
    let keys = [
        watch.aws.log_file(BUCKET, IRELAND, &[launch(&[&mine], &[])]).await,
        there.log_file(BUCKET, IRELAND, &[launch(&[&theirs], &[])]).await,
    ];
    let notification = cloudtrail_notification(BUCKET, &keys.each_ref().map(String::as_str));
    (mine, theirs, sns_event(&notification.to_string()))
}

#[tokio::test]
async fn other_account_is_out_of_reach_without_a_role() {
    let watch = Watch::start(&[]).await;
    let (mine, theirs, event) = in_two_accounts(&watch).await;
    let error = watch.incomplete(&event).await;
    let said = "account 210987654321: AssumeRole: this is account 123456789012; ASSUME_ROLE_NAME names no role to look \
                at others with";
    assert!(error.contains(said), "{error}");
    assert!(watch.is_terminated(&mine).await);
    assert_eq!(watch.aws.elsewhere(ELSEWHERE).states(IRELAND).await[&theirs], "running");
    assert!(!watch.operations().await.contains(&"AssumeRole".to_owned()));
}

#[tokio::test]
async fn other_account_is_dealt_with_by_a_role_in_it() {
    let watch = Watch::start(&[("ASSUME_ROLE_NAME", "sleuth")]).await;
    let (mine, theirs, event) = in_two_accounts(&watch).await;

    watch.aws.fault(json!({"operation": "AssumeRole", "times": 1, "code": "AccessDenied", "status": 403})).await;
    let error = watch.incomplete(&event).await;
    let role = "arn:aws:iam::210987654321:role/sleuth";
    assert!(
        error.contains(&format!("account 210987654321: AssumeRole: {role}: ")) && error.contains("AccessDenied"),
        "{error}"
    );
    assert!(watch.is_terminated(&mine).await);
    assert_eq!(watch.aws.elsewhere(ELSEWHERE).states(IRELAND).await[&theirs], "running");

    let answer = watch.done(&event).await;
    assert_eq!(skipped(&answer), only("duplicate", 1), "of this account all was done");
    assert_eq!(watch.aws.elsewhere(ELSEWHERE).states(IRELAND).await[&theirs], "terminated");
    let calls = watch.aws.writes().await.into_iter();
    let terminated: Vec<_> =
        calls.filter(|call| call.operation == "TerminateInstances").map(|call| call.account).collect();
    assert_eq!(terminated, ["123456789012", ELSEWHERE]);
    let messages = watch.messages().await;
    assert!(messages[1].to_string().contains(ELSEWHERE) && messages[1].to_string().contains(&theirs), "{messages:?}");
}

#[tokio::test]
async fn events_of_other_regions_are_dealt_with_there_unless_regions_are_named() {
    let tokyo = "ap-northeast-1";
    let mut watch = Watch::start(&[]).await;
    let both = async |watch: &Watch| {
        let (one, other) = (old(&watch.aws, IRELAND, &[]).await, old(&watch.aws, tokyo, &[]).await);
        let mut records = [launch(&[&one], &[]), launch(&[&other], &[])];
        records[1]["awsRegion"] = json!(tokyo);
        (one, other, watch.logged(IRELAND, &records).await)
    };
    let (one, other, event) = both(&watch).await;
    assert_eq!(watch.done(&event).await["accounts"][0]["done"]["terminated"], 2);
    let mut done = [format!("{IRELAND} TerminateInstances {one}"), format!("{tokyo} TerminateInstances {other}")];
    done.sort();
    assert_eq!(changes(&watch.aws).await, done);

    watch.again(&[("REGIONS", IRELAND)]).await;
    let (one, other, event) = both(&watch).await;
    let before = count(&watch.aws, tokyo, "DescribeInstances").await;
    assert_eq!(skipped(&watch.done(&event).await), only("other_region", 1));
    assert!(watch.is_terminated(&one).await);
    assert_eq!(watch.aws.states(tokyo).await[&other], "running");
    assert_eq!(count(&watch.aws, tokyo, "DescribeInstances").await, before);
}
