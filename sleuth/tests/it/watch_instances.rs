//! What the watch makes of instances: those that AWS does not show yet, those that are held, and the others.

use std::time::Duration;

use chrono::Utc;
use serde_json::json;

use crate::{
    cloud::{Protection, minutes_ago, record, tagged},
    lambda::BOTH,
    tags::{IRELAND, changes, count, finding, old, reason},
    watch::{LONG, Watch, carol, launch, launch_at, queued, tag_change},
};

#[tokio::test]
async fn instance_that_ec2_does_not_show_yet_is_unknown() {
    let watch = Watch::start(&[]).await;
    let absent = "i-0123456789abcdef0";
    let (doomed, _) = watch.untagged().await;
    let event = watch.logged(IRELAND, &[launch(&[absent, &doomed], &[])]).await;

    let error = watch.incomplete(&event).await;

    assert!(error.contains(absent) && error.contains("EC2 does not show it yet"), "{error}");
    let report = watch.report();
    assert_eq!(
        (&finding(&report, absent)["status"], &finding(&report, absent)["action"]),
        (&json!("unknown"), &json!("none"))
    );
    assert_eq!(changes(&watch.aws).await, [format!("{IRELAND} TerminateInstances {doomed}")], "the other is done");
}

#[tokio::test]
async fn instance_of_an_old_event_that_ec2_does_not_show_is_gone() {
    let watch = Watch::start(&[]).await;
    let event = watch.logged(IRELAND, &[launch_at(minutes_ago(20), &["i-0123456789abcdef0"], &[])]).await;
    let answer = watch.done(&event).await;
    assert_eq!((&answer["summary"]["instances"], &answer["summary"]["gone"]), (&json!(1), &json!(1)));
    assert_eq!((watch.messages().await.len(), watch.aws.writes().await), (0, vec![]));
}

#[tokio::test]
async fn instance_whose_tags_ec2_does_not_show_yet_is_not_terminated() {
    let watch = Watch::start(&[]).await;
    let id = old(&watch.aws, IRELAND, &[]).await;
    let mut unsaid = launch(&[&id], &[]);
    unsaid["requestParameters"] = json!({"omitted": true, "originalSize": 200_000, "reason": "too large"});
    for (record, said) in [
        (launch(&[&id], &[("Code", "c")]), "the tag `Code` was set, and EC2 does not show it yet"),
        (unsaid, "CloudTrail left out which tags it was launched with"),
        (tagged(&carol(), &id, &[("Code", "c")], Utc::now()), "the tag `Code` was set, and EC2 does not show it yet"),
    ] {
        let error = watch.incomplete(&watch.logged(IRELAND, &[record]).await).await;
        assert!(error.contains(&id) && error.contains(said), "{error}");
        assert_eq!(finding(&watch.report(), &id)["status"], "unknown");
    }
    assert_eq!(watch.aws.writes().await, []);
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn instance_is_judged_by_the_tags_that_ec2_shows_at_the_second_look() {
    let watch = Watch::start(&[("SETTLE_SECONDS", "8")]).await;
    let id = old(&watch.aws, IRELAND, &[]).await;
    let event = watch.logged(IRELAND, &[launch(&[&id], &[("Code", "c")])]).await;
    let tag = async {
        while count(&watch.aws, IRELAND, "DescribeInstances").await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let code = aws_sdk_ec2::types::Tag::builder().key("Code").value("c").build();
        watch.aws.ec2(IRELAND).create_tags().resources(&id).tags(code).send().await.unwrap();
    };
    let (answer, ()) = tokio::join!(watch.done(&event), tag);
    assert_eq!(answer["accounts"][0]["summary"]["compliant"], 1, "{answer}");
    assert_eq!(finding(&watch.function.reports()[0], &id)["status"], "compliant", "before anything was to be done");
    assert_eq!(watch.state(&id).await, "running");
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn instance_that_cannot_be_read_at_first_is_judged_at_the_second_look() {
    let watch = Watch::start(&[]).await;
    let (doomed, event) = watch.untagged().await;
    watch.aws.fault(json!({"operation": "DescribeInstances", "times": 1, "code": "UnauthorizedOperation"})).await;
    assert_eq!(watch.done(&event).await["accounts"][0]["done"]["terminated"], 1);
    assert!(watch.is_terminated(&doomed).await);
}

#[tokio::test]
async fn watch_that_may_only_notify_changes_nothing() {
    let watch = Watch::start(&[("TAG_ACTION", "notify")]).await;
    let (kept, event) = watch.untagged().await;
    let answer = watch.done(&event).await;
    assert_eq!(answer["accounts"][0]["done"]["terminated"], 0, "{answer}");
    assert_eq!(
        (finding(&watch.report(), &kept)["outcome"].clone(), reason(&watch.report(), &kept)),
        (json!("held"), "TAG_ACTION is notify")
    );
    assert_eq!(watch.aws.writes().await, []);
    let messages = watch.messages().await;
    assert!(
        messages.len() == 1 && messages[0].to_string().contains("would be terminated, but TAG_ACTION is notify"),
        "{messages:?}"
    );
}

#[tokio::test]
async fn brake_holds_all_instances_of_an_event() {
    let watch = Watch::start(&[("MAX_TERMINATE", "1")]).await;
    let ids = [old(&watch.aws, IRELAND, &[]).await, old(&watch.aws, IRELAND, &[]).await];
    let event = watch.logged(IRELAND, &[launch(&[&ids[0], &ids[1]], &[])]).await;
    let error = watch.incomplete(&event).await;
    assert!(error.contains("2 instances were to be terminated, MAX_TERMINATE is 1"), "{error}");
    assert_eq!(watch.aws.writes().await, []);
    for id in &ids {
        assert_eq!(finding(&watch.report(), id)["outcome"], "held");
    }
    // Nor is there a way around it, when the event comes again.
    watch.done(&event).await;
    assert_eq!(watch.aws.writes().await, []);
}

#[tokio::test]
async fn brake_counts_what_was_terminated_in_the_last_hour() {
    let watch = Watch::start(&[("MAX_TERMINATE", "1")]).await;
    let (first, event) = watch.untagged().await;
    watch.done(&event).await;
    assert!(watch.is_terminated(&first).await);
    let (second, event) = watch.untagged().await;
    let error = watch.incomplete(&event).await;
    let said = "1 instance was to be terminated, MAX_TERMINATE is 1, with 1 more in the last hour";
    assert!(error.contains(said), "{error}");
    assert!(!watch.is_terminated(&second).await);
}

#[tokio::test]
async fn missing_canary_and_protection_hold_what_the_watch_would_do() {
    let watch = Watch::start(&[("CANARY_TAGS", "true")]).await;
    let (kept, event) = watch.untagged().await;
    let error = watch.incomplete(&event).await;
    assert!(error.contains("eu-west-1: canary: "), "{error}");
    assert_eq!((finding(&watch.report(), &kept)["outcome"].as_str(), watch.aws.writes().await), (Some("held"), vec![]));

    let tags = [("created_by", "a"), ("project", "b"), ("department", "c"), ("Name", "api-canary-eu-west-1")];
    let canary = old(&watch.aws, IRELAND, &tags).await;
    watch.aws.change(IRELAND, &canary, json!({"state": "stopped"})).await;
    watch.aws.protect(IRELAND, &kept, Protection::Termination).await;
    watch.done(&event).await;
    let why = "termination protection is on (OVERRIDE_PROTECTION is not true)";
    assert_eq!(
        (finding(&watch.report(), &kept)["outcome"].as_str(), reason(&watch.report(), &kept)),
        (Some("held"), why)
    );
    assert!(!watch.is_terminated(&kept).await);
}

#[tokio::test]
async fn instance_that_never_shows_takes_no_time_from_others() {
    let watch = Watch::start(&[LONG]).await;
    let (doomed, good) = watch.untagged().await;
    let absent = watch.logged(IRELAND, &[launch(&["i-0123456789abcdef0"], &[])]).await;
    let answer = watch.invoke(&queued(&[("good", &good), ("absent", &absent)])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "absent"}]}), "{}", watch.function.log());
    assert!(watch.is_terminated(&doomed).await);
}

#[tokio::test]
async fn instance_in_its_grace_period_is_left_alone() {
    let watch = Watch::start(&[]).await;
    let young = watch.aws.launch(IRELAND, &[]).await;
    let answer = watch.done(&watch.logged(IRELAND, &[launch(&[&young], &[])]).await).await;
    assert_eq!((&answer["accounts"][0]["summary"]["grace"], watch.aws.writes().await), (&json!(1), vec![]));
    assert!(watch.messages().await.is_empty());
}

#[tokio::test]
async fn start_and_removed_tags_are_looked_at_as_launches_are() {
    let watch = Watch::start(&[]).await;
    let mut start = record("StartInstances", &carol(), Utc::now());
    let started = old(&watch.aws, IRELAND, &[]).await;
    start["responseElements"] = json!({"instancesSet": {"items": [{"instanceId": started}]}});
    let mut remove = record("DeleteTags", &carol(), Utc::now());
    let (removed, again) = (old(&watch.aws, IRELAND, &[]).await, old(&watch.aws, IRELAND, &[("Code", "c")]).await);
    let resources = [json!({"resourceId": removed}), json!({"resourceId": again}), json!({"resourceId": "vol-1"})];
    remove["requestParameters"] = json!({"resourcesSet": {"items": resources}, "tagSet": {"items": [{"key": "Code"}]}});

    let answer = watch.done(&watch.logged(IRELAND, &[start, remove]).await).await;

    assert_eq!((&answer["summary"]["events"], &answer["summary"]["instances"]), (&json!(2), &json!(3)));
    assert!(watch.is_terminated(&started).await && watch.is_terminated(&removed).await);
    assert_eq!(watch.state(&again).await, "running", "somebody has set the tag again");
}

#[tokio::test]
async fn who_launched_an_instance_is_known_from_the_event() {
    let text = "[[rule]]\ntag = 'created_by'\nrepair = { launch-user = true }\n";
    let watch = Watch::of(BOTH, text, &[("OWNER_LOOKUP_SECONDS", "60")]).await;
    let (id, event) = watch.untagged().await;
    assert_eq!(watch.done(&event).await["accounts"][0]["done"]["repaired"], 1);
    assert_eq!(watch.aws.tags(IRELAND, &id).await["created_by"], "carol");
    assert!(!watch.operations().await.contains(&"LookupEvents".to_owned()));

    // A change of tags does not tell it: CloudTrail is asked.
    let other = old(&watch.aws, IRELAND, &[("Name", "web")]).await;
    watch.aws.events(IRELAND, &[launch_at(minutes_ago((3 * 24 + 1) * 60), &[&other], &[])]).await;
    watch.done(&tag_change(&other, &json!({"Name": "web"}), "created_by")).await;
    assert_eq!(watch.aws.tags(IRELAND, &other).await["created_by"], "carol");
    assert!(watch.operations().await.contains(&"LookupEvents".to_owned()));
}
