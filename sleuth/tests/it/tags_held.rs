//! What stands against a change of an instance: protection, controllers, a missing canary, regions that cannot be read,
//! instances that go away, and answers that do.

use aws_sdk_ec2::types::{AttributeBooleanValue, InstanceAttributeName};
use serde_json::{Value, json};

use crate::{
    cloud::Protection,
    support::Emulator,
    tags::{CODE, IRELAND, TERMINATE, VIRGINIA, audit, aws, changes, count, end, errors, finding, old, reason, rules},
};

/// Whether an instance is protected from termination and from being stopped.
async fn protection(aws: &Emulator, id: &str) -> (bool, bool) {
    let read = async |attribute| {
        aws.ec2(IRELAND).describe_instance_attribute().instance_id(id).attribute(attribute).send().await.unwrap()
    };
    let on = |value: Option<&AttributeBooleanValue>| value.and_then(AttributeBooleanValue::value).unwrap();
    let termination = read(InstanceAttributeName::DisableApiTermination).await;
    let stop = read(InstanceAttributeName::DisableApiStop).await;
    (on(termination.disable_api_termination()), on(stop.disable_api_stop()))
}

#[tokio::test]
async fn protected_instances_are_held_until_that_is_overridden() {
    let aws = aws(&[]);
    let rules = rules(&format!("{CODE}[[rule]]\ntag = 'Project'\naction = 'stop'\n"));
    let (to_terminate, to_stop) = ([("Project", "p")], [("Code", "c")]);
    let kept = old(&aws, IRELAND, &to_terminate).await;
    let unstoppable = old(&aws, IRELAND, &to_terminate).await;
    let both = old(&aws, IRELAND, &to_terminate).await;
    let running = old(&aws, IRELAND, &to_stop).await;
    let stopped = old(&aws, IRELAND, &to_stop).await;
    for id in [&kept, &both, &running, &stopped] {
        aws.protect(IRELAND, id, Protection::Termination).await;
    }
    for id in [&unstoppable, &both, &running] {
        aws.protect(IRELAND, id, Protection::Stop).await;
    }

    let ended = audit(&aws, &rules, &["--apply"], &[TERMINATE]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    for (id, action, on) in [
        (&kept, "terminate", "termination protection"),
        (&unstoppable, "terminate", "stop protection"),
        (&both, "terminate", "termination and stop protection"),
        (&running, "stop", "stop protection"),
    ] {
        assert_eq!(end(&report, id), [action, "held", "running"]);
        assert_eq!(reason(&report, id), format!("{on} is on (OVERRIDE_PROTECTION is not true)"));
    }
    assert_eq!(end(&report, &stopped), ["stop", "done", "stopped"], "only termination is protected from");
    assert_eq!(changes(&aws).await, [format!("{IRELAND} StopInstances {stopped}")]);

    // One of them cannot be terminated though its protection is off: it is switched on again.
    let refusal =
        json!({"operation": "TerminateInstances", "contains": both, "times": 1, "code": "UnauthorizedOperation"});
    aws.fault(refusal).await;
    let ended = audit(&aws, &rules, &["--apply", "--override-protection"], &[TERMINATE]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    let report = ended.report();
    assert_eq!(end(&report, &kept), ["terminate", "done", "terminated"]);
    assert_eq!(end(&report, &unstoppable), ["terminate", "done", "terminated"]);
    assert_eq!(end(&report, &running), ["stop", "done", "stopped"]);
    assert_eq!(protection(&aws, &running).await, (true, true), "on again");
    assert_eq!(end(&report, &both), ["terminate", "failed", "running"]);
    assert_eq!(
        reason(&report, &both),
        "UnauthorizedOperation: this is a test; termination and stop protection is on as before"
    );
    assert_eq!(errors(&report), [format!("{IRELAND} {both}: TerminateInstances")]);
    assert_eq!(protection(&aws, &both).await, (true, true));
    let calls = changes(&aws).await;
    let modified = format!("{IRELAND} ModifyInstanceAttribute {both}");
    assert_eq!(calls.iter().filter(|call| **call == modified).count(), 4, "{calls:?}");

    let ended = audit(&aws, &rules, &["--apply"], &[TERMINATE, ("OVERRIDE_PROTECTION", "true")]).await;
    assert_eq!((ended.code, end(&ended.report(), &both)), (0, ["terminate", "done", "terminated"]));
    assert_eq!(aws.states(IRELAND).await[&both], "terminated");
}

#[tokio::test]
async fn managed_instances_are_only_reported_unless_a_rule_says_act() {
    let aws = aws(&[]);
    let group = old(&aws, IRELAND, &[("aws:autoscaling:groupName", "web")]).await;
    let spot = old(&aws, IRELAND, &[]).await;
    aws.change(IRELAND, &spot, json!({"lifecycle": "spot"})).await;

    let report = audit(&aws, &rules(CODE), &["--apply"], &[TERMINATE]).await.report();
    for (id, manager) in [(&group, "Auto Scaling group web"), (&spot, "a spot request")] {
        let found = finding(&report, id);
        assert_eq!((&found["action"], &found["managed_by"]), (&json!("notify"), &json!(manager)));
        assert!(reason(&report, id).ends_with(&format!("only reported, as {manager} would replace it")), "{found}");
    }
    assert_eq!(report["summary"]["managed"], 2);
    assert_eq!(aws.writes().await, []);

    let ended = audit(&aws, &rules(&format!("{CODE}managed = 'act'")), &["--apply"], &[TERMINATE]).await;
    for id in [&group, &spot] {
        assert_eq!(end(&ended.report(), id), ["terminate", "done", "terminated"]);
        assert_eq!(aws.states(IRELAND).await[id], "terminated");
    }
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[tokio::test]
async fn missing_canary_stops_its_region_only() {
    let aws = aws(&[]);
    let rules = rules(CODE);
    let mut canaries = Vec::new();
    let mut doomed = Vec::new();
    for region in [IRELAND, VIRGINIA] {
        let name = format!("api-canary-{region}");
        let tags = [("created_by", "a"), ("project", "b"), ("department", "c"), ("Name", name.as_str())];
        canaries.push(old(&aws, region, &tags).await);
        doomed.push(old(&aws, region, &[]).await);
    }
    // That of Virginia runs, so it is none.
    aws.change(IRELAND, &canaries[0], json!({"state": "stopped"})).await;
    let settings = [TERMINATE, ("CANARY_TAGS", "true")];

    let dry = audit(&aws, &rules, &[], &settings).await;
    assert_eq!((dry.code, errors(&dry.report())), (4, vec![format!("{VIRGINIA}: canary")]), "{dry:?}");
    assert_eq!(aws.writes().await, []);

    let ended = audit(&aws, &rules, &["--apply"], &settings).await;
    let report = ended.report();
    assert_eq!((ended.code, errors(&report)), (4, vec![format!("{VIRGINIA}: canary")]));
    let unseen = "the canary of us-east-1 was not seen (CANARY_TAGS)";
    let region = |name, canary, held: Value| json!({"region": name, "instances": 2, "complete": true, "canary": canary, "held": held});
    assert_eq!(report["regions"], json!([region(IRELAND, true, Value::Null), region(VIRGINIA, false, json!(unseen))]));
    assert_eq!(end(&report, &doomed[0]), ["terminate", "done", "terminated"]);
    assert_eq!(reason(&report, &canaries[0]), "it is a canary of its region");
    assert_eq!(end(&report, &doomed[1]), ["terminate", "held", "running"]);
    assert_eq!(reason(&report, &doomed[1]), unseen);
    let done = [format!("{IRELAND} CreateTags {}", canaries[0]), format!("{IRELAND} TerminateInstances {}", doomed[0])];
    assert_eq!(changes(&aws).await, done);
    let seen = report["generated_at"].as_str().unwrap();
    assert_eq!(aws.tags(IRELAND, &canaries[0]).await["canary_timestamp"], seen);
    assert!(!aws.tags(VIRGINIA, &canaries[1]).await.contains_key("canary_timestamp"));
}

#[tokio::test]
async fn instances_that_vanish_are_held_as_gone_and_the_others_are_done() {
    let aws = aws(&[]);
    let before = old(&aws, IRELAND, &[]).await;
    let between = old(&aws, IRELAND, &[]).await;
    let last = old(&aws, IRELAND, &[]).await;
    let there = old(&aws, IRELAND, &[]).await;
    let gone = async |operation: &str, id: &String, after: usize| {
        let code = "InvalidInstanceID.NotFound";
        aws.fault(json!({"operation": operation, "contains": id, "code": code, "after": after})).await;
    };
    // The listing names no ids: these are the looks right before and right after the change.
    gone("DescribeInstances", &before, 0).await;
    gone("DescribeInstanceAttribute", &between, 0).await;
    gone("TerminateInstances", &last, 0).await;
    gone("DescribeInstances", &last, 1).await;

    let ended = audit(&aws, &rules(CODE), &["--apply"], &[TERMINATE]).await;

    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    for (id, status, why) in [
        (&before, "unknown", "EC2 does not know the instance any more"),
        (&last, "unknown", "EC2 does not know the instance any more"),
    ] {
        assert_eq!(end(&report, id), ["terminate", "held", "running"]);
        assert_eq!((reason(&report, id), &finding(&report, id)["status"]), (why, &json!(status)));
    }
    let gone = report["instances"].as_array().unwrap().iter().all(|finding| finding["instance_id"] != between.as_str());
    assert!(gone && ended.stderr.contains("not found any more, so left out"), "{ended:?}");
    assert_eq!(end(&report, &there), ["terminate", "done", "terminated"]);
    assert_eq!(report["summary"]["by_rule"], json!({"Code": 1}));
    let mut done = [&last, &there].map(|id| format!("{IRELAND} TerminateInstances {id}"));
    done.sort();
    assert_eq!(changes(&aws).await, done);
}

#[tokio::test]
async fn region_that_cannot_be_read_whole_is_not_acted_on_and_the_others_are() {
    let aws = Emulator::with(&[("REGIONS", "eu-west-1,eu-west-2,us-east-1"), ("PAGE_SIZE", "5")]);
    let london = "eu-west-2";
    let mut virginia = Vec::new();
    for _ in 0..6 {
        virginia.push(old(&aws, VIRGINIA, &[]).await);
    }
    let ireland = old(&aws, IRELAND, &[]).await;
    old(&aws, london, &[]).await;
    for (region, contains) in [(london, ""), (VIRGINIA, "NextToken")] {
        let denied = json!({"operation": "DescribeInstances", "region": region, "contains": contains, "code": "UnauthorizedOperation"});
        aws.fault(denied).await;
    }

    let ended = audit(&aws, &rules(CODE), &["--apply"], &[TERMINATE, ("MAX_TERMINATE", "6")]).await;

    let report = ended.report();
    let unread = [format!("{london}: DescribeInstances"), format!("{VIRGINIA}: DescribeInstances")];
    assert_eq!((ended.code, errors(&report)), (4, unread.to_vec()), "{report}");
    let seen = |at: usize| (&report["regions"][at]["instances"], &report["regions"][at]["complete"]);
    assert_eq!(
        [seen(0), seen(1), seen(2)],
        [(&json!(1), &json!(true)), (&json!(0), &json!(false)), (&json!(5), &json!(false))]
    );
    let held = "not all of us-east-1 could be read: DescribeInstances: UnauthorizedOperation: this is a test";
    assert_eq!(report["regions"][2]["held"], held);
    let found =
        virginia.iter().filter(|id| report["instances"].as_array().unwrap().iter().any(|f| f["instance_id"] == **id));
    for id in found {
        assert_eq!((end(&report, id), reason(&report, id)), (["terminate", "held", "running"], held));
    }
    assert_eq!(end(&report, &ireland), ["terminate", "done", "terminated"]);
    assert_eq!(changes(&aws).await, [format!("{IRELAND} TerminateInstances {ireland}")]);
}

#[tokio::test]
async fn lost_answer_is_not_a_lost_request_and_throttling_passes() {
    let aws = aws(&[]);
    let rules = rules(&format!("{CODE}[[rule]]\ntag = 'Team'\nrepair = {{ default = 'Ops' }}\n"));
    let lost = old(&aws, IRELAND, &[("Team", "Web")]).await;
    let throttled = old(&aws, IRELAND, &[("Team", "Web")]).await;
    let tagged = old(&aws, VIRGINIA, &[("Code", "c")]).await;
    let kept = old(&aws, VIRGINIA, &[("Code", "c")]).await;
    for (operation, id, done) in
        [("TerminateInstances", &lost, true), ("CreateTags", &tagged, true), ("CreateTags", &kept, false)]
    {
        aws.fault(
            json!({"operation": operation, "contains": id, "status": 500, "code": "InternalError", "done": done}),
        )
        .await;
    }
    aws.fault(json!({"operation": "TerminateInstances", "contains": throttled, "times": 2, "status": 503,
        "code": "RequestLimitExceeded"}))
        .await;

    let ended = audit(&aws, &rules, &["--apply"], &[TERMINATE]).await;

    let report = ended.report();
    assert_eq!(end(&report, &lost), ["terminate", "done", "terminated"]);
    assert_eq!(end(&report, &throttled), ["terminate", "done", "terminated"]);
    assert_eq!(end(&report, &tagged), ["repair", "done", "running"]);
    assert_eq!(aws.tags(VIRGINIA, &tagged).await["Team"], "Ops");
    assert_eq!(end(&report, &kept), ["repair", "failed", "running"], "an answer that was no answer was believed");
    assert_eq!((ended.code, errors(&report)), (4, vec![format!("{VIRGINIA} {kept}: CreateTags")]));
    assert_eq!(count(&aws, IRELAND, "TerminateInstances").await, 5 + 3, "five attempts of one, three of the other");
}
