//! What happens to instances between the reading and the change, and to changes that fail.

use std::time::Duration;

use notifier::{Channel, Notifier, memory::Memory};
use sleuth::{
    deadline::Deadlines,
    gather::tags::gather,
    outputs::Outputs,
    ports::tags::Trail,
    report::{Outcome, tags::Finding, tags::TagsReport},
    run::{self, tags::Policy},
    tags::{Inventory, Launch, Protection, State, Status, launch::Principal, owner::FoundBy},
};
use tokio::time::Instant;

use crate::fake_cloud::{FakeCloud, now, policy};

/// Everything without the tag `Team` is terminated, everything without `Name` stopped, and `Cost` is set.
const RULES: &str = r#"
[[rule]]
tag = "Team"
action = "terminate"
[[rule]]
tag = "Name"
action = "stop"
[[rule]]
tag = "Cost"
repair = { default = "none" }
"#;

/// Instances that are terminated, stopped and repaired.
fn cloud() -> FakeCloud {
    FakeCloud::default()
        .with("eu-west-1", "i-terminate", &[("Name", "a"), ("Cost", "1")])
        .with("eu-west-1", "i-stop", &[("Team", "a"), ("Cost", "1")])
        .with("us-east-1", "i-repair", &[("Team", "a"), ("Name", "a")])
}

async fn run_with(cloud: &FakeCloud, policy: &Policy, meanwhile: impl FnOnce(&FakeCloud)) -> TagsReport {
    let inventory = gather(cloud, &policy.scope(now(), now(), None), |_, _, _| ()).await;
    meanwhile(cloud);
    wet(cloud, &inventory, policy, Deadlines::default()).await
}

async fn wet(cloud: &FakeCloud, inventory: &Inventory, policy: &Policy, deadlines: Deadlines) -> TagsReport {
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(Memory::default())]));
    run::tags::wet(cloud, inventory, policy, &outputs, now(), deadlines, |_, _| ()).await
}

async fn run(cloud: &FakeCloud, meanwhile: impl FnOnce(&FakeCloud)) -> TagsReport {
    run_with(cloud, &policy(RULES, &[]), meanwhile).await
}

fn finding<'a>(report: &'a TagsReport, id: &str) -> &'a Finding {
    report.audit.instances.iter().find(|finding| finding.instance_id.0 == id).unwrap()
}

fn outcome(report: &TagsReport, id: &str) -> (Outcome, String) {
    let finding = finding(report, id);
    (finding.outcome, finding.reason.clone().unwrap_or_default())
}

/// Why the instance was not changed, when this happened after the reading.
async fn held(id: &str, meanwhile: impl FnOnce(&FakeCloud)) -> String {
    let cloud = cloud();
    let report = run(&cloud, meanwhile).await;
    let (outcome, reason) = outcome(&report, id);
    assert_eq!(outcome, Outcome::Held, "{reason}");
    assert!(cloud.changes().iter().all(|change| !change.ends_with(id)), "{:?}", cloud.changes());
    assert_eq!(cloud.changes().len(), 2, "the others are served: {:?}", cloud.changes());
    reason
}

#[tokio::test(start_paused = true)]
async fn each_instance_gets_what_is_planned_and_the_final_state_is_told() {
    let cloud = cloud();
    let report = run(&cloud, |_| ()).await;
    let mut changes = cloud.changes();
    changes.sort();
    assert_eq!(changes, ["stop i-stop", "tag i-repair", "terminate i-terminate"]);
    for (id, state) in [("i-terminate", State::ShuttingDown), ("i-stop", State::Stopped), ("i-repair", State::Running)]
    {
        assert_eq!((finding(&report, id).outcome, &finding(&report, id).state), (Outcome::Done, &state), "{id}");
    }
    assert!(report.is_complete(), "{:?}", report.errors);
    let again = run(&cloud, |_| ()).await;
    assert_eq!((cloud.changes().len(), again.audit.summary.violation), (3, 1), "the stopped one is still wrong");
}

#[tokio::test(start_paused = true)]
async fn instance_that_changed_in_the_meantime_is_left_alone() {
    let tag = |key: &'static str, value: &'static str| {
        move |cloud: &FakeCloud| {
            cloud.change("i-terminate", |instance| {
                instance.tags.insert(key.into(), value.into());
            });
        }
    };
    let id = "i-terminate";
    assert_eq!(held(id, tag("Team", "late")).await, "it was changed in the meantime: it violates no rule any more");
    assert_eq!(held(id, tag("SleuthExempt", "2026-12-31")).await, "it became exempt in the meantime, until 2026-12-31");
    assert_eq!(
        held(id, tag("eks:cluster-name", "prod")).await,
        "it was changed in the meantime: it calls for something else now"
    );
    let untag = |cloud: &FakeCloud| {
        cloud.change(id, |instance| {
            instance.tags.remove("Name");
        });
    };
    assert_eq!(held(id, untag).await, "it was changed in the meantime: what is wrong with it is not the same any more");
}

#[tokio::test(start_paused = true)]
async fn instance_in_another_state_is_left_alone() {
    let state = |id: &'static str, state| move |cloud: &FakeCloud| cloud.change(id, |instance| instance.state = state);
    assert_eq!(held("i-terminate", state("i-terminate", State::Terminated)).await, "it was terminated in the meantime");
    assert_eq!(held("i-stop", state("i-stop", State::ShuttingDown)).await, "it was terminated in the meantime");
    assert_eq!(held("i-stop", state("i-stop", State::Stopped)).await, "it is stopped now");
    let pending = held("i-stop", state("i-stop", State::Pending)).await;
    assert_eq!(pending, "it is pending now");
}

#[tokio::test(start_paused = true)]
async fn instance_that_is_gone_is_told_as_gone() {
    let gone = |cloud: &FakeCloud| {
        cloud.world().instances.remove(&("eu-west-1".into(), "i-terminate".into()));
    };
    assert_eq!(held("i-terminate", gone).await, "EC2 does not know the instance any more");
    let cloud = cloud();
    let report = run(&cloud, gone).await;
    let finding = finding(&report, "i-terminate");
    assert_eq!((&finding.state, finding.status), (&State::Running, Status::Unknown));
    assert!(report.is_complete());
}

#[tokio::test(start_paused = true)]
async fn instance_that_cannot_be_looked_at_again_is_left_alone_and_reported() {
    for operation in ["instance", "protection"] {
        let fails = |cloud: &FakeCloud| cloud.world().failing.push((operation, "i-terminate".into()));
        let reason = held("i-terminate", fails).await;
        assert!(reason.starts_with("it could not be looked at again: Describe"), "{reason}");
        let report = run(&cloud(), fails).await;
        assert_eq!(report.errors[0].subject, "eu-west-1 i-terminate");
    }
}

#[tokio::test(start_paused = true)]
async fn protection_switched_on_in_the_meantime_holds() {
    let protect = |cloud: &FakeCloud| {
        let on = Protection { termination: true, stop: false };
        cloud.world().protections.insert("i-terminate".into(), on);
    };
    assert_eq!(held("i-terminate", protect).await, "termination protection is on (OVERRIDE_PROTECTION is not true)");
}

/// A run that may override protection, on an instance that is protected in both ways.
async fn overridden(meanwhile: impl FnOnce(&FakeCloud)) -> (FakeCloud, Outcome, String) {
    let cloud = cloud();
    let both = Protection { termination: true, stop: true };
    cloud.world().protections.extend([("i-terminate".to_owned(), both), ("i-stop".to_owned(), both)]);
    let report = run_with(&cloud, &policy(RULES, &[("OVERRIDE_PROTECTION", "true")]), meanwhile).await;
    let (outcome, reason) = outcome(&report, "i-terminate");
    (cloud, outcome, reason)
}

#[tokio::test(start_paused = true)]
async fn protection_is_lifted_as_far_as_it_is_in_the_way() {
    let (cloud, outcome, _) = overridden(|_| ()).await;
    assert_eq!(outcome, Outcome::Done);
    let protections = cloud.world().protections.clone();
    assert_eq!(protections["i-terminate"], Protection::default());
    assert_eq!(protections["i-stop"], Protection { termination: true, stop: true }, "on again");
}

#[tokio::test(start_paused = true)]
async fn protection_is_on_again_after_a_termination_that_failed() {
    let fails = |cloud: &FakeCloud| cloud.world().failing.push(("terminate", "i-terminate".into()));
    let (cloud, outcome, reason) = overridden(fails).await;
    assert_eq!(
        (outcome, reason.as_str()),
        (Outcome::Failed, "terminate failed; termination and stop protection is on as before")
    );
    assert_eq!(cloud.world().protections["i-terminate"], Protection { termination: true, stop: true });

    let (_, outcome, reason) = overridden(|cloud| cloud.world().failing.push(("protect", "i-terminate".into()))).await;
    assert_eq!(outcome, Outcome::Failed);
    let as_before = "termination and stop protection could not be switched off: protect failed; termination and stop \
                     protection is on as before";
    assert_eq!(reason, as_before);
}

#[tokio::test(start_paused = true)]
async fn what_was_switched_off_is_told() {
    let cloud = cloud();
    let both = Protection { termination: true, stop: true };
    cloud.world().protections.extend([("i-terminate".to_owned(), both), ("i-stop".to_owned(), both)]);
    let policy = policy(RULES, &[("OVERRIDE_PROTECTION", "true")]);
    let report = run_with(&cloud, &policy, |_| ()).await;
    assert_eq!(outcome(&report, "i-terminate").1, "termination and stop protection was switched off");
    assert_eq!(outcome(&report, "i-stop").1, "stop protection was switched off, and on again");
    assert!(report.is_complete(), "{:?}", report.errors);
}

#[tokio::test(start_paused = true)]
async fn protection_that_ec2_sees_a_moment_longer_is_waited_for() {
    let (cloud, outcome, _) = overridden(|cloud| {
        cloud.world().late.insert("i-terminate".into(), 2);
    })
    .await;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(cloud.changes().iter().filter(|change| *change == "terminate i-terminate").count(), 3);
    let (cloud, outcome, reason) = overridden(|cloud| {
        cloud.world().late.insert("i-terminate".into(), 9);
    })
    .await;
    assert_eq!(outcome, Outcome::Failed, "{reason}");
    assert_eq!(cloud.world().protections["i-terminate"], Protection { termination: true, stop: true });
}

#[tokio::test(start_paused = true)]
async fn protection_is_on_again_when_the_time_is_over_in_mid_change() {
    let cloud = cloud();
    let both = Protection { termination: true, stop: true };
    cloud.world().protections.insert("i-terminate".into(), both);
    cloud.world().hanging.push(("terminate", "i-terminate".into()));
    let policy = policy(RULES, &[("OVERRIDE_PROTECTION", "true")]);
    let inventory = gather(&cloud, &policy.scope(now(), now(), None), |_, _, _| ()).await;
    let settle =
        |seconds| Deadlines { settle: Some(Instant::now() + Duration::from_secs(seconds)), ..Deadlines::default() };
    let report = wet(&cloud, &inventory, &policy, settle(60)).await;
    let (ended, reason) = outcome(&report, "i-terminate");
    assert_eq!(ended, Outcome::Failed);
    assert!(
        reason.contains("not to be seen, but may still come; termination and stop protection is on as before"),
        "{reason}"
    );
    assert_eq!(cloud.world().protections["i-terminate"], both);

    // Too little time for both: it is not begun.
    let before = cloud.changes().len();
    let report = wet(&cloud, &inventory, &policy, settle(5)).await;
    let (ended, reason) = outcome(&report, "i-terminate");
    assert_eq!(ended, Outcome::Held);
    assert!(reason.contains("there was no time to switch termination and stop protection off"), "{reason}");
    assert!(cloud.changes()[before..].iter().all(|change| !change.ends_with("i-terminate")));
}

#[tokio::test(start_paused = true)]
async fn change_whose_answer_was_lost_is_told_as_done() {
    let cloud = cloud();
    let lose = [("terminate", "i-terminate".to_owned()), ("stop", "i-stop".to_owned()), ("tag", "i-repair".to_owned())];
    cloud.world().lost.extend(lose);
    let report = run(&cloud, |_| ()).await;
    for id in ["i-terminate", "i-stop", "i-repair"] {
        assert_eq!(outcome(&report, id).0, Outcome::Done, "{id}: {:?}", report.errors);
    }
}

#[tokio::test(start_paused = true)]
async fn change_that_failed_is_told_as_failed() {
    let cloud = cloud();
    let fail = [("terminate", "i-terminate".to_owned()), ("stop", "i-stop".to_owned()), ("tag", "i-repair".to_owned())];
    cloud.world().failing.extend(fail);
    let report = run(&cloud, |_| ()).await;
    for (id, operation) in
        [("i-terminate", "TerminateInstances"), ("i-stop", "StopInstances"), ("i-repair", "CreateTags")]
    {
        assert_eq!(outcome(&report, id).0, Outcome::Failed);
        assert!(report.errors.iter().any(|error| error.operation == operation && error.subject.ends_with(id)));
    }
}

#[tokio::test(start_paused = true)]
async fn instance_that_stops_slowly_is_watched() {
    let cloud = cloud();
    cloud.world().slow.insert("i-stop".into(), 5);
    let report = run(&cloud, |_| ()).await;
    assert_eq!((outcome(&report, "i-stop").0, &finding(&report, "i-stop").state), (Outcome::Done, &State::Stopped));
    let cloud = self::cloud();
    cloud.world().slow.insert("i-stop".into(), u32::MAX);
    let report = run(&cloud, |_| ()).await;
    assert_eq!((outcome(&report, "i-stop").0, &finding(&report, "i-stop").state), (Outcome::Done, &State::Stopping));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_once_the_time_is_over() {
    let cloud = cloud();
    let policy = policy(RULES, &[]);
    let inventory = gather(&cloud, &policy.scope(now(), now(), None), |_, _, _| ()).await;
    let deadlines = Deadlines { act: Some(Instant::now()), ..Deadlines::default() };
    let report = wet(&cloud, &inventory, &policy, deadlines).await;
    assert_eq!(cloud.changes(), Vec::<String>::new());
    assert_eq!(report.errors.len(), 3, "{:?}", report.errors);
}

#[tokio::test(start_paused = true)]
async fn time_over_while_an_instance_stops_leaves_time_for_the_answer() {
    let cloud = cloud();
    cloud.world().slow.insert("i-stop".into(), u32::MAX);
    let policy = policy(RULES, &[]);
    let inventory = gather(&cloud, &policy.scope(now(), now(), None), |_, _, _| ()).await;
    let deadlines = Deadlines { settle: Some(Instant::now() + Duration::from_secs(20)), ..Deadlines::default() };
    let report = wet(&cloud, &inventory, &policy, deadlines).await;
    assert_eq!((outcome(&report, "i-stop").0, &finding(&report, "i-stop").state), (Outcome::Done, &State::Stopping));
}

#[tokio::test(start_paused = true)]
async fn repair_that_turns_out_impossible_does_not_protect_and_one_that_is_not_known_does() {
    let rules = "[[rule]]\ntag = \"Team\"\nrepair = { launch-user = true }\naction = \"stop\"\n\
                 [[rule]]\ntag = \"*\"\naction = \"terminate\"";
    let policy = policy(rules, &[]);
    let run = async |trail| {
        let cloud = FakeCloud::default().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[("Name", "a")]);
        cloud.world().trail = trail;
        let report = run_with(&cloud, &policy, |_| ()).await;
        let mut changes = cloud.changes();
        changes.sort();
        (changes, finding(&report, "i-1").reason.clone().unwrap_or_default())
    };
    assert_eq!(run(Some(Trail::Nobody)).await.0, ["stop i-2", "terminate i-1"]);
    let (changes, reason) = run(Some(Trail::NotYet)).await;
    assert_eq!(changes, Vec::<String>::new());
    assert!(reason.contains("a tag is not set: another tag may yet be set, so that nothing else is done"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn protected_instances_do_not_trip_the_brake_however_many() {
    let mut cloud = FakeCloud::default().with("eu-west-1", "i-free", &[]);
    for i in 0..30 {
        cloud = cloud.with("eu-west-1", &format!("i-{i}"), &[]);
        cloud.world().protections.insert(format!("i-{i}"), Protection { termination: true, stop: false });
    }
    let policy = policy("[[rule]]\ntag = \"Team\"\naction = \"terminate\"", &[]);
    let report = run_with(&cloud, &policy, |_| ()).await;
    assert_eq!((cloud.changes(), report.brake), (vec!["terminate i-free".to_owned()], None));
}

#[tokio::test(start_paused = true)]
async fn brake_that_is_sure_to_trip_asks_no_more_questions() {
    let mut cloud = FakeCloud::default();
    for i in 0..500 {
        cloud = cloud.with("eu-west-1", &format!("i-{i}"), &[]);
    }
    let policy = policy("[[rule]]\ntag = \"Team\"\naction = \"terminate\"", &[("OWNER_LOOKUP_SECONDS", "0")]);
    let report = run_with(&cloud, &policy, |_| ()).await;
    assert_eq!(cloud.changes(), Vec::<String>::new());
    assert_eq!(report.brake.as_deref(), Some("500 instances were to be terminated, MAX_TERMINATE is 5"));
    let asked = cloud.world().calls.iter().filter(|call| call.starts_with("protection")).count();
    assert!(asked < 30, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn instance_that_becomes_a_canary_is_left_alone() {
    let canary = ("CANARY_TAGS", "Name=canary-{region}");
    let policy = policy("[[rule]]\ntag = \"Team\"\naction = \"terminate\"", &[canary]);
    let cloud = FakeCloud::default()
        .with("eu-west-1", "i-canary", &[("Name", "canary-eu-west-1")])
        .with("eu-west-1", "i-running-canary", &[("Name", "canary-eu-west-1")])
        .with("eu-west-1", "i-late", &[])
        .with("eu-west-1", "i-bad", &[]);
    cloud.change("i-canary", |instance| instance.state = State::Stopped);
    let tag = |cloud: &FakeCloud| {
        cloud.change("i-late", |instance| {
            instance.tags.insert("Name".into(), "canary-eu-west-1".into());
        });
    };
    let report = run_with(&cloud, &policy, tag).await;
    assert_eq!(cloud.changes(), ["terminate i-bad", "tag i-canary"]);
    assert_eq!(outcome(&report, "i-late"), (Outcome::Held, "it is a canary of its region".to_owned()));
    let bystander = finding(&report, "i-running-canary");
    assert_eq!((bystander.canary, bystander.outcome), (true, Outcome::None));
}

#[tokio::test(start_paused = true)]
async fn only_what_matters_is_asked_of_cloudtrail_and_attributes() {
    let cloud = cloud()
        .with("eu-west-1", "i-fine", &[("Team", "a"), ("Name", "a"), ("Cost", "1")])
        .with("eu-west-1", "i-owned", &[("Team", "a"), ("Name", "a"), ("owner", "bob")])
        .with("eu-west-1", "i-exempt", &[("SleuthExempt", "2026-12-31")]);
    let policy = policy(RULES, &[]);
    gather(&cloud, &policy.scope(now(), now(), None), |_, _, _| ()).await;
    let calls = cloud.world().calls.clone();
    let asked = |operation: &str| -> Vec<String> {
        let of = |call: &String| call.strip_prefix(&format!("{operation} ")).map(ToOwned::to_owned);
        let mut ids: Vec<String> = calls.iter().filter_map(of).collect();
        ids.sort();
        ids
    };
    assert_eq!(asked("protection"), ["i-stop", "i-terminate"]);
    assert_eq!(asked("launch"), ["i-repair", "i-stop", "i-terminate"]);
}

#[tokio::test(start_paused = true)]
async fn cloudtrail_that_fails_is_not_asked_for_ever() {
    let mut cloud = FakeCloud::default();
    for i in 0..6 {
        cloud = cloud.with("eu-west-1", &format!("i-{i}"), &[]);
        cloud.world().failing.push(("launch", format!("i-{i}")));
    }
    let policy = policy("[[rule]]\ntag = \"Team\"\nrepair = { launch-user = true }", &[]);
    let inventory = gather(&cloud, &policy.scope(now(), now(), None), |_, _, _| ()).await;
    assert_eq!(cloud.world().calls.iter().filter(|call| call.starts_with("launch")).count(), 2);
    let report = run::tags::dry(&inventory, &policy, now());
    assert_eq!(report.errors.len(), 1, "one error for the region: {:?}", report.errors);
    assert!(report.audit.instances.iter().all(|finding| finding.owner.found_by == FoundBy::Unknown));
}

#[tokio::test(start_paused = true)]
async fn launch_that_cannot_be_recorded_yet_is_no_error_and_sets_nothing() {
    let rules = "[[rule]]\ntag = \"Team\"\nrepair = { launch-user = true, fallback = \"Undefined\" }";
    let policy = policy(rules, &[]);
    let run = async |trail| {
        let cloud = FakeCloud::default().with("eu-west-1", "i-1", &[]);
        cloud.world().trail = Some(trail);
        let report = run_with(&cloud, &policy, |_| ()).await;
        (cloud.changes(), finding(&report, "i-1").clone(), report.is_complete())
    };
    let (changes, finding, complete) = run(Trail::NotYet).await;
    assert_eq!((changes.len(), complete), (0, true), "{finding:?}");
    assert!(finding.reason.unwrap().contains("cannot know yet"));
    let (changes, finding, _) = run(Trail::Nobody).await;
    assert_eq!((changes.len(), &finding.repairs["Team"]), (1, &"Undefined".to_owned()));
    let by = Principal::Role { role: Some("Dev".into()), session: "bob".into() };
    let (changes, finding, _) = run(Trail::Launched(Launch { at: now(), by })).await;
    assert_eq!((changes.len(), &finding.repairs["Team"]), (1, &"bob".to_owned()));
    assert_eq!((finding.owner.found_by, finding.owner.detail.as_deref()), (FoundBy::RoleSession, Some("role Dev")));
}
