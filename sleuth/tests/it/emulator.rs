//! Whether the emulator does as AWS does where the tests of the tag audit and of the doctor rely on it.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::{
    operation::lookup_events::builders::LookupEventsFluentBuilder,
    primitives::DateTime as Moment,
    types::{LookupAttribute, LookupAttributeKey},
};
use aws_sdk_ec2::{
    config::retry::RetryConfig,
    error::{DisplayErrorContext, ProvideErrorMetadata},
    types::{AttributeBooleanValue, Filter, InstanceAttributeName, InstanceLifecycleType, Tag},
};
use serde_json::{Value, json};

use crate::{
    cloud::{Protection, assumed_role, iam_user, launched, minutes_ago, root, service, tagged},
    support::Emulator,
};

const REGION: &str = "eu-west-1";

fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::error::Error>(answer: Result<T, E>) -> String {
    let error = answer.unwrap_err();
    error.code().unwrap_or_else(|| panic!("{}", DisplayErrorContext(&error))).to_owned()
}

fn lookup(aws: &Emulator, id: &str) -> LookupEventsFluentBuilder {
    let name = LookupAttribute::builder().attribute_key(LookupAttributeKey::ResourceName).attribute_value(id);
    aws.cloudtrail(REGION).lookup_events().lookup_attributes(name.build().unwrap())
}

#[tokio::test]
async fn events_are_looked_up_newest_first_and_in_pages() {
    let aws = Emulator::with(&[("PAGE_SIZE", "2")]);
    let (id, other) = ("i-0123456789abcdef0", "i-0123456789abcdef1");
    let records = [
        launched(&iam_user("alice"), id, minutes_ago(50)),
        launched(&assumed_role("Dev", "bob"), id, minutes_ago(30)),
        launched(&root(), id, minutes_ago(40)),
        launched(&service("AutoScaling"), id, minutes_ago(20)),
        tagged(&iam_user("carol"), id, &[("Owner", "carol")], minutes_ago(10)),
        launched(&iam_user("dave"), other, minutes_ago(5)),
        launched(&iam_user("erin"), id, minutes_ago(91 * 24 * 60)),
    ];
    aws.events(REGION, &records).await;

    let mut pages = lookup(&aws, id).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.unwrap().events.unwrap());
    }
    let names: Vec<_> = found.iter().map(|event| event.username.as_deref().unwrap()).collect();
    assert_eq!(names, ["carol", "AutoScaling", "bob", "root", "alice"]);
    assert_eq!(found[0].resources()[0].resource_name(), Some(id));
    let record: Value = serde_json::from_str(found[0].cloud_trail_event().unwrap()).unwrap();
    assert_eq!((&record["eventName"], &record["eventID"]), (&json!("CreateTags"), &json!(found[0].event_id())));

    let calls = aws.calls().await;
    assert!(calls.iter().all(|call| call.service == "cloudtrail" && call.region == REGION), "{calls:?}");
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert_eq!(aws.writes().await, []);

    let between = lookup(&aws, id)
        .start_time(Moment::from_secs(minutes_ago(35).timestamp()))
        .end_time(Moment::from_secs(minutes_ago(15).timestamp()));
    let events = between.clone().send().await.unwrap().events.unwrap();
    assert_eq!(events.len(), 2);
    let elsewhere = aws.cloudtrail("us-east-1").lookup_events().send().await.unwrap();
    assert_eq!(elsewhere.events(), []);
    let token = lookup(&aws, id).send().await.unwrap().next_token.unwrap();
    assert_eq!(code(between.next_token(token).send().await), "InvalidNextTokenException");
}

#[tokio::test]
async fn lookups_are_throttled_by_region() {
    let aws = Emulator::with(&[("LOOKUP_RATE", "2")]);
    let mut codes = Vec::new();
    for region in [REGION, REGION, REGION, "us-east-1"] {
        let client = aws.cloudtrail(region);
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        let answer = aws_sdk_cloudtrail::Client::from_conf(config).lookup_events().send().await;
        codes.push(answer.err().map(|error| code::<(), _>(Err(error))));
    }
    assert_eq!(codes, [None, None, Some("ThrottlingException".to_owned()), None]);
}

#[tokio::test]
async fn instances_are_read_in_pages_and_are_as_old_as_they_were_made() {
    let aws = Emulator::with(&[("PAGE_SIZE", "2"), ("REGIONS", "eu-west-1,us-east-1")]);
    let ec2 = aws.ec2(REGION);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(aws.launch(REGION, &[("Owner", "alice"), ("aws:autoscaling:groupName", "web")]).await);
    }
    aws.back_date(REGION, &ids[0], 90).await;
    aws.change(REGION, &ids[1], json!({"lifecycle": "spot"})).await;
    aws.change(REGION, &ids[2], json!({"state": "pending"})).await;

    let running = Filter::builder().name("instance-state-name").values("running").values("stopped").build();
    let mut pages = ec2.describe_instances().filters(running).max_results(5).into_paginator().send();
    let mut found = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap().reservations.unwrap();
        assert!(page.len() <= 2);
        let instances = page.into_iter().flat_map(|reservation| reservation.instances.unwrap());
        found.extend(instances.map(|instance| (instance.instance_id.clone().unwrap(), instance)));
    }
    assert_eq!(found.len(), 4);
    let old = &found[&ids[0]];
    let attached = old.block_device_mappings()[0].ebs().unwrap().attach_time().unwrap();
    let expected = minutes_ago(90).timestamp();
    assert!((attached.secs() - expected).abs() < 60 && (old.launch_time().unwrap().secs() - expected).abs() < 60);
    assert_eq!(found[&ids[1]].instance_lifecycle(), Some(&InstanceLifecycleType::Spot));
    assert_eq!(aws.states(REGION).await[&ids[2]], "pending");
    assert_eq!(code(ec2.stop_instances().instance_ids(&ids[2]).send().await), "IncorrectInstanceState");

    let regions = ec2.describe_regions().send().await.unwrap().regions.unwrap();
    assert_eq!(regions.iter().map(|region| region.region_name().unwrap()).collect::<Vec<_>>(), [REGION, "us-east-1"]);

    let owner = Tag::builder().key("Owner").value("Jane Doe").build();
    ec2.create_tags().resources(&ids[3]).tags(owner.clone()).send().await.unwrap();
    assert_eq!(aws.tags(REGION, &ids[3]).await["Owner"], "Jane Doe");
    let nobody = ec2.create_tags().resources("i-0123456789abcdef0").tags(owner);
    assert_eq!(code(nobody.send().await), "InvalidInstanceID.NotFound");
    let reserved = Tag::builder().key("aws:mine").value("1").build();
    assert_eq!(code(ec2.create_tags().resources(&ids[3]).tags(reserved).send().await), "InvalidParameterValue");
    let writes: Vec<_> = aws.writes().await.into_iter().map(|call| (call.operation, call.body)).collect();
    assert_eq!(writes[1].0, "CreateTags");
    assert!(writes[1].1.contains("Jane Doe"), "{writes:?}");
}

#[tokio::test]
async fn protected_instance_is_refused_and_spares_its_zone() {
    let aws = Emulator::start();
    let ec2 = aws.ec2(REGION);
    let protected = aws.launch(REGION, &[]).await;
    let neighbour = aws.launch(REGION, &[]).await;
    let elsewhere = aws.launch_in("eu-west-1b", &[]).await;
    aws.protect(REGION, &protected, Protection::Termination).await;
    let all = [&protected, &neighbour, &elsewhere].map(Clone::clone).to_vec();
    let refused = ec2.terminate_instances().set_instance_ids(Some(all)).send().await;
    assert_eq!(code(refused), "OperationNotPermitted");
    let states = aws.states(REGION).await;
    let states = [&states[&protected], &states[&neighbour], &states[&elsewhere]];
    assert_eq!(states, ["running", "running", "terminated"]);

    // Stop protection protects from both.
    aws.protect(REGION, &neighbour, Protection::Stop).await;
    let stop = InstanceAttributeName::DisableApiStop;
    let read = ec2.describe_instance_attribute().instance_id(&neighbour).attribute(stop).send().await.unwrap();
    assert_eq!(read.disable_api_stop().and_then(AttributeBooleanValue::value), Some(true));
    let both = vec![protected.clone(), neighbour.clone()];
    assert_eq!(code(ec2.stop_instances().set_instance_ids(Some(both)).send().await), "OperationNotPermitted");
    assert_eq!(aws.states(REGION).await[&protected], "running");
    assert_eq!(code(ec2.terminate_instances().instance_ids(&neighbour).send().await), "OperationNotPermitted");
    let off = AttributeBooleanValue::builder().value(false).build();
    ec2.modify_instance_attribute().instance_id(&neighbour).disable_api_stop(off.clone()).send().await.unwrap();
    ec2.terminate_instances().instance_ids(&neighbour).send().await.unwrap();
    ec2.stop_instances().instance_ids(&protected).send().await.unwrap();
    let states = aws.states(REGION).await;
    assert_eq!([&states[&protected], &states[&neighbour]], ["stopped", "terminated"]);

    // Spot instances have no protection, and cannot be stopped.
    let spot = aws.launch(REGION, &[]).await;
    aws.change(REGION, &spot, json!({"lifecycle": "spot"})).await;
    let modified = ec2.modify_instance_attribute().instance_id(&spot).disable_api_termination(off).send().await;
    assert_eq!(code(modified), "UnsupportedOperation");
    assert_eq!(code(ec2.stop_instances().instance_ids(&spot).send().await), "UnsupportedOperation");
}

#[tokio::test]
async fn calls_fail_as_they_are_told_to() {
    let aws = Emulator::start();
    let id = aws.launch(REGION, &[]).await;
    let ec2 = aws.ec2(REGION);
    // An instance that vanishes after the first look.
    aws.fault(json!({"service": "ec2", "region": REGION, "operation": "DescribeInstances", "contains": id, "after": 1,
        "code": "InvalidInstanceID.NotFound", "message": format!("The instance ID '{id}' does not exist")}))
        .await;
    let look = || ec2.describe_instances().instance_ids(&id).send();
    look().await.unwrap();
    assert_eq!(code(look().await), "InvalidInstanceID.NotFound");
    assert_eq!(code(look().await), "InvalidInstanceID.NotFound");
    ec2.describe_instances().send().await.unwrap();
    assert_eq!(aws.states(REGION).await[&id], "running");

    // A call whose answer is lost, once: the client repeats it.
    aws.fault(json!({"operation": "StopInstances", "times": 1, "status": 503, "code": "Unavailable", "done": true}))
        .await;
    ec2.stop_instances().instance_ids(&id).send().await.unwrap();
    let stops: Vec<_> = aws.writes().await.into_iter().map(|call| call.operation).collect();
    assert_eq!(stops, ["StopInstances", "StopInstances"]);

    // Each protocol has its form.
    for (service, operation) in [("iam", "ListUsers"), ("cloudtrail", "LookupEvents")] {
        aws.fault(json!({"service": service, "operation": operation, "code": "AccessDenied", "status": 403})).await;
    }
    assert_eq!(code(aws.iam().list_users().send().await), "AccessDenied");
    assert_eq!(code(aws.cloudtrail(REGION).lookup_events().send().await), "AccessDenied");
}

#[tokio::test]
async fn policies_bind_programs_but_not_the_bench() {
    let aws = Emulator::with(&[("INITIAL_NO_AUTH_ACTION_COUNT", "0")]);
    let id = aws.launch(REGION, &[]).await;
    assert_eq!(aws.states(REGION).await[&id], "running");
    assert_eq!(code(aws.ec2(REGION).describe_instances().send().await), "AuthFailure");
}

#[tokio::test]
async fn policies_are_simulated_as_far_as_they_are_understood() {
    let aws = Emulator::start();
    aws.user("auditor", &[]).await;
    let instances = "arn:aws:ec2:*:123456789012:instance/*";
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:ListRoles"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["ec2:StopInstances"], "Resource": instances},
        {"Effect": "Allow", "Action": ["ec2:CreateTags"], "Resource": instances,
         "Condition": {"Null": {"aws:TagKeys": "false"}}},
    ]});
    let put = aws.iam().put_user_policy().user_name("auditor").policy_name("audit").policy_document(policy.to_string());
    put.send().await.unwrap();
    let instance = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
    for (action, resource, decision, missing) in [
        ("iam:ListUsers", "*", "allowed", &[][..]),
        ("iam:ListRoles", "*", "explicitDeny", &[]),
        ("iam:UpdateAccessKey", "*", "implicitDeny", &[]),
        ("ec2:StopInstances", instance, "allowed", &[]),
        ("ec2:StopInstances", "arn:aws:ec2:eu-west-1:210987654321:instance/i-0", "implicitDeny", &[]),
        ("ec2:CreateTags", instance, "implicitDeny", &["aws:TagKeys"]),
    ] {
        let call = aws.iam().simulate_principal_policy().policy_source_arn("arn:aws:iam::123456789012:user/auditor");
        let answer = call.action_names(action).resource_arns(resource).send().await.unwrap();
        let [result] = answer.evaluation_results() else { panic!("{answer:?}") };
        assert_eq!(result.eval_decision().as_str(), decision, "{action} on {resource}");
        assert_eq!(result.missing_context_values(), missing, "{action} on {resource}");
    }
    let nobody = aws.iam().simulate_principal_policy().policy_source_arn("arn:aws:iam::123456789012:user/nobody");
    assert_eq!(code(nobody.action_names("iam:ListUsers").send().await), "NoSuchEntity");
}
