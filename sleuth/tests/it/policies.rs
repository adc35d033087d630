//! Least privilege: each function, run end to end with exactly the policy that Terraform gives it, can do its work, and
//! cannot do all of it any more if any one action is taken from it.

use aws_config::SdkConfig;
use aws_sdk_ec2::types::{AttributeBooleanValue, Tag};
use aws_sdk_iam::{
    config::{Credentials, Region, SharedCredentialsProvider},
    error::ProvideErrorMetadata,
};
use futures::{StreamExt as _, stream};

use crate::{
    policies_rendered::{Configuration, values},
    policies_trial::Bench,
    tags::{IRELAND, VIRGINIA, old},
};

/// Needs no permission.
const FREE: &str = "sts:GetCallerIdentity";

/// Actions that no run here tells of, and why.
pub(crate) const UNTOLD: &[(&str, &str)] = &[
    ("logs:CreateLogStream", "Lambda writes the log"),
    ("logs:PutLogEvents", "Lambda writes the log"),
    ("sqs:SendMessage", "Lambda keeps events of runs that failed"),
    ("sqs:DeleteMessage", "Lambda reads the queue of the watch"),
    ("sqs:GetQueueAttributes", "Lambda reads the queue of the watch"),
    ("sqs:ReceiveMessage", "Lambda reads the queue of the watch"),
    ("xray:PutTelemetryRecords", "Lambda traces runs"),
    ("xray:PutTraceSegments", "Lambda traces runs"),
    ("ec2:AssignPrivateIpAddresses", "Lambda joins the VPC"),
    ("ec2:CreateNetworkInterface", "Lambda joins the VPC"),
    ("ec2:DeleteNetworkInterface", "Lambda joins the VPC"),
    ("ec2:DescribeNetworkInterfaces", "Lambda joins the VPC"),
    ("ec2:DescribeSubnets", "Lambda joins the VPC"),
    ("ec2:UnassignPrivateIpAddresses", "Lambda joins the VPC"),
    ("aoss:APIAccessAll", "requests are signed for it only at its own address"),
    ("kms:Decrypt", "S3, SQS and the stores of secrets decrypt for the caller, which moto does not check"),
    ("kms:GenerateDataKey", "S3, SNS and SQS encrypt for the caller, which moto does not check"),
];

pub(crate) fn is_untold(action: &str) -> bool {
    UNTOLD.iter().any(|(own, _)| *own == action)
}

/// What is wrong with a policy: too little, too much.
async fn complaints(configuration: Configuration) -> Vec<String> {
    let (bench, granted) = (Bench::start().await, configuration.permissions());
    let mut complaints = Vec::new();
    let whole = bench.run(&configuration).await;
    if !whole.flaws.is_empty() {
        complaints.push(format!("with all of it: {:?}", whole.flaws));
    }
    let tried = |(_, action): &&(String, String)| action != FREE;
    for (account, action) in whole.calls.difference(&granted).filter(tried) {
        complaints.push(format!("it does not allow {action} in {account}, which is called"));
    }
    for permission in granted.iter().filter(|(_, action)| !is_untold(action)) {
        let (account, action) = permission;
        let less = bench.run(&configuration.without(account, action)).await;
        if !less.calls.contains(permission) {
            complaints.push(format!("{action} in {account} is never called"));
        } else if (&less.flaws, &less.warnings) == (&whole.flaws, &whole.warnings) {
            complaints.push(format!("without {action} in {account} all is done as with it"));
        }
    }
    complaints.into_iter().map(|complaint| format!("{}: {complaint}", configuration.name)).collect()
}

#[tokio::test]
async fn policies_are_enough_and_every_action_is_needed() {
    let all = Configuration::all();
    assert!(!all.is_empty());
    let complaints: Vec<Vec<String>> = stream::iter(all).map(complaints).buffer_unordered(4).collect().await;
    assert!(complaints.concat().is_empty(), "{:#?}", complaints.concat());
}

/// AWS as the role of a function sees it, and nothing is forbidden to anybody but it.
async fn as_role_of(bench: &Bench, configuration: &Configuration) -> SdkConfig {
    let session = bench.role(&configuration.function(), &configuration.policy).await;
    let [key, secret, token] =
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(|name| session[name].clone());
    let credentials = SharedCredentialsProvider::new(Credentials::new(key, secret, Some(token), None, "test"));
    bench.aws.check_policies(true).await;
    bench.aws.sdk().into_builder().credentials_provider(credentials).region(Region::new(IRELAND)).build()
}

/// Whether AWS did something, or refused it to who has no permission.
fn allowed<T, E: ProvideErrorMetadata + std::fmt::Debug>(answer: Result<T, E>) -> bool {
    match answer {
        Ok(_) => true,
        Err(error) if matches!(error.code(), Some("AccessDenied" | "UnauthorizedOperation")) => false,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn who_may_disable_keys_sees_no_instance_and_who_may_terminate_instances_disables_no_key() {
    let bench = Bench::start().await;
    bench.aws.user("alice", &[]).await;
    let key = bench.aws.key("alice", 1, None).await;
    for (name, iam, ec2) in [("keys-everything", true, false), ("tags-everything", false, true)] {
        let sdk = as_role_of(&bench, &Configuration::named(name)).await;
        let disable = aws_sdk_iam::Client::new(&sdk).update_access_key().user_name("alice").access_key_id(&key);
        assert_eq!(allowed(disable.status("Inactive".into()).send().await), iam, "{name}");
        let ec2_client = aws_sdk_ec2::Client::new(&sdk);
        assert_eq!(allowed(ec2_client.describe_instances().send().await), ec2, "{name}");
        // Lambda joins a VPC with the second one's role. The function itself may not.
        assert!(!allowed(ec2_client.describe_subnets().send().await), "{name}");
        bench.aws.check_policies(false).await;
    }
}

#[tokio::test]
async fn only_named_tags_are_set_only_protection_is_switched_and_no_exempt_instance_is_stopped() {
    let bench = Bench::start().await;
    let plain = old(&bench.aws, IRELAND, &[]).await;
    let exempt = old(&bench.aws, IRELAND, &[("SleuthExempt", "2999-12-31 payroll")]).await;
    let afar = old(&bench.aws, VIRGINIA, &[]).await;
    let tag = |key: &str| Tag::builder().key(key).value("x").build();

    let sdk = as_role_of(&bench, &Configuration::named("tags-everything")).await;
    let ec2 = aws_sdk_ec2::Client::new(&sdk);
    for (keys, may) in [(&["OWNER"][..], true), (&["canary_timestamp"], true), (&["Owner", "Team"], false)] {
        let set = ec2.create_tags().resources(&plain).set_tags(Some(keys.iter().map(|key| tag(key)).collect()));
        assert_eq!(allowed(set.send().await), may, "{keys:?}");
    }
    let on = AttributeBooleanValue::builder().value(true).build();
    let change = || ec2.modify_instance_attribute().instance_id(&plain);
    assert!(allowed(change().disable_api_termination(on.clone()).send().await));
    assert!(!allowed(change().ebs_optimized(on).send().await));
    assert!(!allowed(ec2.stop_instances().instance_ids(&exempt).send().await));
    assert!(!allowed(ec2.stop_instances().instance_ids(&plain).instance_ids(&exempt).send().await));
    assert!(allowed(ec2.stop_instances().instance_ids(&plain).send().await));

    bench.aws.check_policies(false).await;
    let sdk = as_role_of(&bench, &Configuration::named("tags-listed")).await;
    for (region, id, may) in [(IRELAND, &plain, true), (VIRGINIA, &afar, false)] {
        let config = aws_sdk_ec2::config::Builder::from(&sdk).region(Region::new(region));
        let set = aws_sdk_ec2::Client::from_conf(config.build()).create_tags().resources(id).tags(tag("Owner"));
        assert_eq!(allowed(set.send().await), may, "{region}");
    }
}

#[tokio::test]
async fn users_under_a_protected_path_keep_their_keys_whatever_the_program_thinks() {
    let configuration = Configuration::named("keys-everything");
    let denied = values(&configuration.policy, "Deny", "Resource");
    let path = denied.iter().find_map(|arn| arn.strip_prefix("arn:aws:iam::123456789012:user")?.strip_suffix('*'));
    let path = path.unwrap_or_else(|| panic!("no path is protected: {denied:?}"));
    let bench = Bench::start().await;
    let create = bench.aws.iam().create_user().user_name("deploy").path(path);
    create.send().await.unwrap();
    bench.aws.user("alice", &[]).await;
    let [kept, disabled] = [bench.aws.key("deploy", 100, None).await, bench.aws.key("alice", 100, None).await];
    let sdk = as_role_of(&bench, &configuration).await;
    for (user, key, may) in [("deploy", &kept, false), ("alice", &disabled, true)] {
        let disable = aws_sdk_iam::Client::new(&sdk).update_access_key().user_name(user).access_key_id(key);
        assert_eq!(allowed(disable.status("Inactive".into()).send().await), may, "{user}");
    }
    bench.aws.check_policies(false).await;
    assert_eq!(bench.aws.inactive().await, [disabled]);
}
