use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::{
    facts::{ReadError, Tags},
    tags::{
        audit::{Standard, audit},
        inventory::Instance,
        rules::{Managed, Repair, Rule, RuleSet},
    },
};

const ALL: Limits = Limits {
    action: Action::Terminate,
    max_stop: 10,
    max_terminate: 5,
    used: Used { stop: 0, terminate: 0 },
    override_protection: false,
};

fn now() -> DateTime<Utc> {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

fn instance(id: &str, tags: &[(&str, &str)]) -> Instance {
    Instance {
        launched: Some(now() - TimeDelta::hours(3)),
        protection: Some(Reading::Read(Protection::default())),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..Instance::new(InstanceId(id.into()), State::Running)
    }
}

fn region(name: &str, instances: &[Instance]) -> Region {
    Region { name: RegionName(name.into()), instances: instances.to_vec(), errors: Vec::new() }
}

fn inventory(regions: &[Region]) -> Inventory {
    Inventory {
        taken_at: now(),
        account: crate::facts::Account::default(),
        regions: regions.to_vec(),
        users: None,
        errors: Vec::new(),
    }
}

fn planned(regions: &[Region], rules: &[Rule], limits: &Limits, canary: Option<&CanaryTags>) -> Plan {
    let inventory = inventory(regions);
    let set = RuleSet { rules: rules.to_vec() };
    let standard = Standard { rules: &set, grace_minutes: 5, owner_tags: &[], now: now() };
    plan(&inventory, audit(&inventory, &standard), limits, canary)
}

/// What is decided about one instance by one rule.
fn step(instance: Instance, rule: Rule, limits: &Limits) -> Step {
    planned(&[region("eu-west-1", &[instance])], &[rule], limits, None).steps.remove(0)
}

fn team(action: Response) -> Rule {
    Rule { action, ..Rule::requires("Team") }
}

fn held(reason: &str) -> Decision {
    Decision::Held(reason.to_owned())
}

#[test]
fn violator_gets_what_the_rule_calls_for() {
    for (response, action) in
        [(Response::Notify, Action::Notify), (Response::Stop, Action::Stop), (Response::Terminate, Action::Terminate)]
    {
        let step = step(instance("i-1", &[]), team(response), &ALL);
        assert_eq!((step.action, step.decision), (action, Decision::Proceed));
    }
    let fine = step(instance("i-1", &[("Team", "x")]), team(Response::Terminate), &ALL);
    assert_eq!((fine.action, fine.decision), (Action::None, Decision::Nothing(None)));
}

#[test]
fn what_goes_beyond_tag_action_is_held() {
    let repair = Rule { repair: Some(Repair::Default("x".into())), ..team(Response::Terminate) };
    for (rule, wanted) in
        [(repair, Action::Repair), (team(Response::Stop), Action::Stop), (team(Response::Terminate), Action::Terminate)]
    {
        for allowed in Action::LIMITS {
            let step = step(instance("i-1", &[]), rule.clone(), &Limits { action: allowed, ..ALL });
            let beyond = || held(&format!("TAG_ACTION is {}", allowed.as_str()));
            let expected = if wanted > allowed { beyond() } else { Decision::Proceed };
            assert_eq!((step.action, step.decision), (wanted, expected), "{allowed:?}");
        }
    }
}

#[test]
fn repair_goes_before_stopping_and_leaves_the_rest_to_the_next_run() {
    let rules = [Rule { repair: Some(Repair::Default("x".into())), ..Rule::requires("A") }, team(Response::Terminate)];
    let plan = planned(&[region("eu-west-1", &[instance("i-1", &[])])], &rules, &ALL, None);
    assert_eq!((plan.steps[0].action, &plan.steps[0].decision), (Action::Repair, &Decision::Proceed));
    assert_eq!(plan.steps[0].note.as_deref(), Some("what else is wrong is left to the next run"));
    assert_eq!(plan.to_string(), "repair i-1 in eu-west-1\n");
}

#[test]
fn exempt_instances_are_listed_and_left_alone() {
    let exempt = |value: &str| step(instance("i-1", &[("SleuthExempt", value)]), team(Response::Terminate), &ALL);
    let until = exempt("2026-12-31 a reason");
    let reason = Some("exempt until 2026-12-31: a reason".to_owned());
    assert_eq!((until.action, until.decision), (Action::None, Decision::Nothing(reason)));
    let over = exempt("2026-06-30");
    assert_eq!((over.action, over.decision), (Action::Terminate, Decision::Proceed));
    assert_eq!(over.note.as_deref(), Some("its exemption ended on 2026-06-30"));
    let unclear = exempt("please").note.unwrap();
    assert_eq!(
        unclear,
        "its tag SleuthExempt is `please`, which is no exemption: it must begin with a date as in 2026-12-31"
    );
}

#[test]
fn protection_stands_against_stop_and_termination_as_ec2_has_it() {
    let protected = |termination, stop, response, override_protection| {
        let protection = Some(Reading::Read(Protection { termination, stop }));
        let limits = Limits { override_protection, ..ALL };
        step(Instance { protection, ..instance("i-1", &[]) }, team(response), &limits).decision
    };
    let because = |on: &str| held(&format!("{on} is on (OVERRIDE_PROTECTION is not true)"));
    for (termination, stop, response, expected) in [
        (false, false, Response::Terminate, Decision::Proceed),
        (true, false, Response::Terminate, because("termination protection")),
        (false, true, Response::Terminate, because("stop protection")),
        (true, true, Response::Terminate, because("termination and stop protection")),
        (true, false, Response::Stop, Decision::Proceed),
        (true, true, Response::Stop, because("stop protection")),
        (true, true, Response::Notify, Decision::Proceed),
    ] {
        assert_eq!(protected(termination, stop, response, false), expected, "{termination} {stop} {response:?}");
        assert_eq!(protected(termination, stop, response, true), Decision::Proceed);
    }
    let error = ReadError { operation: "DescribeInstanceAttribute".into(), message: "denied".into() };
    let unread = Instance { protection: Some(Reading::Unread(error)), ..instance("i-1", &[]) };
    let reason = "whether it is protected could not be read: DescribeInstanceAttribute: denied";
    let limits = Limits { override_protection: true, ..ALL };
    assert_eq!(step(unread, team(Response::Terminate), &limits).decision, held(reason));
}

#[test]
fn states_that_ec2_refuses_are_not_tried() {
    let rule = |response| {
        let scope = crate::tags::rules::Scope { states: State::ALL.to_vec(), ..team(response).scope };
        Rule { scope, ..team(response) }
    };
    let decided = |state, response| {
        let step = step(Instance { state, ..instance("i-1", &[]) }, rule(response), &ALL);
        (step.action, step.decision, step.note)
    };
    assert_eq!(decided(State::Pending, Response::Stop), (Action::Stop, held("it is pending"), None));
    assert_eq!(decided(State::Pending, Response::Terminate), (Action::Terminate, Decision::Proceed, None));
    assert_eq!(decided(State::Stopped, Response::Terminate), (Action::Terminate, Decision::Proceed, None));
    for (state, note) in [(State::Stopped, "it is stopped already"), (State::Stopping, "it is stopping already")] {
        let told = (Action::Notify, Decision::Proceed, Some(note.to_owned()));
        assert_eq!(decided(state, Response::Stop), told);
    }
}

#[test]
fn managed_instances_are_only_reported() {
    let group = [("aws:autoscaling:groupName", "blue")];
    let left = step(instance("i-1", &group), team(Response::Terminate), &ALL);
    assert_eq!((left.action, left.decision), (Action::Notify, Decision::Proceed));
    assert_eq!(left.note.as_deref(), Some("only reported, as Auto Scaling group blue would replace it"));
    let act = Rule { managed: Managed::Act, ..team(Response::Terminate) };
    assert_eq!(step(instance("i-1", &group), act, &ALL).action, Action::Terminate);
}

#[test]
fn brake_stops_every_change_of_the_run_in_every_region() {
    let violators = |n: usize| (0..n).map(|i| instance(&format!("i-{i}"), &[])).collect::<Vec<_>>();
    let mend = Rule { repair: Some(Repair::Default("x".into())), ..Rule::requires("A") };
    let with_a = |n: usize| {
        let tagged = |instance: Instance| Instance { tags: Tags::from([("A".into(), "x".into())]), ..instance };
        violators(n).into_iter().map(tagged).collect::<Vec<_>>()
    };
    let rules = [mend, team(Response::Terminate)];
    let run = |n: usize| {
        let regions = [region("eu-west-1", &with_a(n)), region("us-east-1", &violators(1))];
        planned(&regions, &rules, &Limits { max_terminate: 2, ..ALL }, None)
    };
    assert_eq!((run(2).brake, run(2).targets().count()), (None, 3));
    let braked = run(3);
    assert_eq!(braked.brake.as_deref(), Some("3 instances were to be terminated, MAX_TERMINATE is 2"));
    assert!(braked.is_empty() && braked.to_string().is_empty());
    let stopped = held("the brake stopped all changes of this run");
    assert!(braked.steps.iter().all(|step| step.decision == stopped));

    let stop =
        planned(&[region("eu-west-1", &violators(2))], &[team(Response::Stop)], &Limits { max_stop: 1, ..ALL }, None);
    assert_eq!(stop.brake.as_deref(), Some("2 instances were to be stopped, MAX_STOP is 1"));
}

#[test]
fn what_could_not_be_read_counts_for_the_brake() {
    let error = || ReadError { operation: "DescribeInstances".into(), message: "denied".into() };
    let violators = |n: usize, protection: Option<Reading<Protection>>| -> Vec<Instance> {
        let one = |i| Instance { protection: protection.clone(), ..instance(&format!("i-{i}"), &[]) };
        (0..n).map(one).collect()
    };
    let known = || Some(Reading::Read(Protection::default()));
    let limits = Limits { max_terminate: 2, ..ALL };
    let brake = |unread: Region| {
        let regions = [region("eu-west-1", &violators(1, known())), unread];
        planned(&regions, &[team(Response::Terminate)], &limits, None).brake
    };
    let broken = Region { errors: vec![error()], ..region("us-east-1", &violators(2, known())) };
    for unread in [
        broken,
        region("us-east-1", &violators(2, None)),
        region("us-east-1", &violators(2, Some(Reading::Unread(error())))),
    ] {
        assert_eq!(brake(unread).as_deref(), Some("3 instances were to be terminated, MAX_TERMINATE is 2"));
    }
    let on = Some(Reading::Read(Protection { termination: true, stop: false }));
    assert_eq!(brake(region("us-east-1", &violators(2, on.clone()))), None, "protection that is known does not count");
    let broken = Region { errors: vec![error()], ..region("us-east-1", &violators(2, on)) };
    assert_eq!(brake(broken), None, "wherever it is");
}

#[test]
fn every_canary_is_spared() {
    let canary = CanaryTags::parse("Name").unwrap();
    let bird = |id| Instance { state: State::Stopped, ..instance(id, &[("Name", "x")]) };
    let regions = [region("eu-west-1", &[bird("i-2"), bird("i-1")])];
    let plan = planned(&regions, &[team(Response::Terminate)], &ALL, Some(&canary));
    assert!(plan.is_empty());
    assert_eq!(plan.canaries().map(|(_, id)| id.0.as_str()).collect::<Vec<_>>(), ["i-1"]);
}

#[test]
fn repair_that_is_not_known_is_said_to_spare() {
    let repair = Some(Repair::LaunchUser { fallback: None });
    let step = step(instance("i-1", &[]), Rule { repair, ..team(Response::Terminate) }, &ALL);
    assert_eq!((step.action, step.decision), (Action::Notify, Decision::Proceed));
    let note = "`Team` is not set: CloudTrail was not asked who launched it, or cannot know yet, so that nothing else is \
                done either";
    assert_eq!(step.note.as_deref(), Some(note));
}

#[test]
fn what_is_held_anyway_does_not_trip_the_brake() {
    let violators: Vec<Instance> = (0..9).map(|i| instance(&format!("i-{i}"), &[])).collect();
    let rules = [team(Response::Terminate)];
    let only_told = Limits { action: Action::Notify, ..ALL };
    assert_eq!(planned(&[region("eu-west-1", &violators)], &rules, &only_told, None).brake, None);
}

#[test]
fn region_without_its_canary_is_not_acted_on_and_the_others_are() {
    let canary = CanaryTags::parse("Name=api-canary-{region},team").unwrap();
    let bird = |region: &str, state| Instance {
        state,
        ..instance("i-canary", &[("name", &format!("api-canary-{region}")), ("TEAM", "ops")])
    };
    let regions = [
        region("eu-west-1", &[bird("eu-west-1", State::Stopped), instance("i-1", &[])]),
        region("us-east-1", &[bird("us-east-1", State::Running), instance("i-2", &[])]),
        region("us-west-2", &[bird("eu-west-1", State::Stopped), instance("i-3", &[])]),
    ];
    let plan = planned(&regions, &[team(Response::Terminate)], &ALL, Some(&canary));
    let targets: Vec<&str> = plan.targets().map(|target| target.id.0.as_str()).collect();
    assert_eq!(targets, ["i-1"]);
    let held_in = |name: &str| plan.regions[&RegionName(name.into())].held.clone().unwrap_or_default();
    assert_eq!(held_in("eu-west-1"), "");
    assert_eq!(held_in("us-east-1"), "the canary of us-east-1 was not seen (CANARY_TAGS)");
    let canaries: Vec<_> = plan.canaries().map(|(region, id)| (region.0.as_str(), id.0.as_str())).collect();
    assert_eq!(canaries, [("eu-west-1", "i-canary")]);
}

#[test]
fn brake_leaves_canaries_unmarked_too() {
    let canary = CanaryTags::parse("Name").unwrap();
    let bird = Instance { state: State::Stopped, ..instance("i-canary", &[("Name", "x")]) };
    let regions = [region("eu-west-1", &[bird, instance("i-1", &[])])];
    let run = |max_terminate| {
        let limits = Limits { max_terminate, ..ALL };
        planned(&regions, &[team(Response::Terminate)], &limits, Some(&canary)).canaries().count()
    };
    assert_eq!((run(1), run(0)), (1, 0));
}

#[test]
fn canary_itself_is_never_a_target() {
    let canary = CanaryTags::parse("Name").unwrap();
    let bird = Instance { state: State::Stopped, ..instance("i-canary", &[("Name", "x")]) };
    let plan = planned(&[region("eu-west-1", &[bird])], &[team(Response::Terminate)], &ALL, Some(&canary));
    let reason = Some("it is a canary of its region".to_owned());
    assert_eq!((plan.steps[0].action, &plan.steps[0].decision), (Action::None, &Decision::Nothing(reason)));
}

#[test]
fn region_that_was_not_read_whole_is_not_acted_on() {
    let error = ReadError { operation: "DescribeInstances".into(), message: "denied".into() };
    let half = Region { errors: vec![error], ..region("eu-west-1", &[instance("i-1", &[])]) };
    let plan = planned(&[half, region("us-east-1", &[instance("i-2", &[])])], &[team(Response::Terminate)], &ALL, None);
    assert_eq!(plan.to_string(), "terminate i-2 in us-east-1\n");
    assert_eq!(plan.steps[0].decision, held("not all of eu-west-1 could be read: DescribeInstances: denied"));
}

#[test]
fn canary_tags_are_read_or_refused() {
    assert_eq!(CanaryTags::parse("a, Name = api-{region}").unwrap().to_string(), "a,Name=api-{region}");
    for text in ["", ",", "=x", "a,,b", "a="] {
        assert!(CanaryTags::parse(text).is_none(), "{text}");
    }
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let key = prop::sample::select(vec!["Team", "SleuthExempt", "eks:cluster-name", "Other"]);
    let value = prop::sample::select(vec!["", "x", "2026-07-01 today", "2026-12-31", "2026-06-30"]);
    prop::collection::btree_map(key.prop_map(ToOwned::to_owned), value.prop_map(ToOwned::to_owned), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exempt_canary_young_and_unread_instances_are_never_targets(
        tags in any_tags(), minutes in 0..10_i64, repair: bool, read: bool, aged: bool, stop: bool,
    ) {
        let action = if stop { Response::Stop } else { Response::Terminate };
        let rule = Rule { repair: repair.then(|| Repair::Default("x".into())), ..team(action) };
        let launched = aged.then(|| now() - TimeDelta::minutes(minutes));
        let one = Instance { launched, tags: tags.clone(), ..instance("i-1", &[]) };
        let error = ReadError { operation: "DescribeInstances".into(), message: "denied".into() };
        let region = Region { errors: if read { Vec::new() } else { vec![error] }, ..region("eu-west-1", &[one]) };
        let plan = planned(&[region], &[rule], &ALL, None);
        let exempt = tags.get("SleuthExempt").is_some_and(|value| value.starts_with("2026-07-01") || value.starts_with("2026-12"));
        let managed = tags.contains_key("eks:cluster-name");
        let wrong = tags.get("Team").is_none_or(String::is_empty);
        let acts = wrong && !exempt && !managed && read && aged && minutes >= 5;
        prop_assert_eq!(plan.targets().count(), usize::from(acts));
    }
}
