use proptest::prelude::*;

use super::*;
use crate::{
    facts::{Tags, UserName},
    tags::{
        inventory::{InstanceId, State},
        launch::{Launch, Principal},
        rules::{Empty, Pattern, Repair, Scope, TagKey},
    },
};

fn now() -> DateTime<Utc> {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

fn region() -> RegionName {
    RegionName("eu-west-1".into())
}

fn tags(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn instance(of: &[(&str, &str)]) -> Instance {
    Instance {
        launched: Some(now() - chrono::TimeDelta::hours(3)),
        tags: tags(of),
        vpc: Some("vpc-1".into()),
        ..Instance::new(InstanceId("i-1".into()), State::Running)
    }
}

fn rules(rules: &[Rule]) -> RuleSet {
    RuleSet { rules: rules.to_vec() }
}

fn verdict_of(instance: &Instance, set: &RuleSet, users: Option<&Reading<Vec<IamUser>>>) -> Verdict {
    let owner_tags = ["owner".to_owned()];
    let standard = Standard { rules: set, grace_minutes: 5, owner_tags: &owner_tags, now: now() };
    judge(&region(), instance, users, &standard)
}

fn verdict(of: &[(&str, &str)], rule: Rule) -> Verdict {
    verdict_of(&instance(of), &rules(&[rule]), None)
}

fn fault(of: &[(&str, &str)], rule: Rule) -> Option<Fault> {
    verdict(of, rule).violations.into_iter().next().map(|violation| violation.fault)
}

fn team() -> Rule {
    Rule::requires("Team")
}

fn empty(key: &str) -> Fault {
    Fault::Empty { key: key.into() }
}

fn not_allowed(key: &str, value: &str) -> Fault {
    Fault::NotAllowed { key: key.into(), value: value.into() }
}

#[test]
fn required_tag_is_there_or_missing() {
    assert_eq!(fault(&[("Team", "x")], team()), None);
    assert_eq!(fault(&[], team()), Some(Fault::Missing));
    assert_eq!(fault(&[("Teams", "x")], team()), Some(Fault::Missing));
    assert_eq!(fault(&[], Rule { required: false, ..team() }), None);
}

#[test]
fn case_and_aliases_of_keys_count_unless_the_rule_says_so() {
    assert_eq!(fault(&[("TEAM", "x")], team()), None);
    let key = |aliases: &[&str], case_sensitive| TagKey::Named {
        key: "Team".into(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        case_sensitive,
    };
    let rule = |aliases: &[&str], case_sensitive| Rule { tag: key(aliases, case_sensitive), ..team() };
    assert_eq!(fault(&[("TEAM", "x")], rule(&[], true)), Some(Fault::Missing));
    assert_eq!(fault(&[("squad", "x")], rule(&["Squad"], false)), None);
    assert_eq!(fault(&[("squad", "x")], rule(&["Squad"], true)), Some(Fault::Missing));
    assert_eq!(fault(&[("Squad", "x")], rule(&["Squad"], true)), None);
}

#[test]
fn empty_value_counts_as_the_rule_says() {
    let rule = |required, empty| Rule { required, empty, ..team() };
    for (required, counts_as, expected) in [
        (true, Empty::Missing, Some(empty("Team"))),
        (true, Empty::Wrong, Some(empty("Team"))),
        (true, Empty::Value, None),
        (false, Empty::Missing, None),
        (false, Empty::Wrong, Some(empty("Team"))),
        (false, Empty::Value, None),
    ] {
        for value in ["", "  "] {
            assert_eq!(fault(&[("Team", value)], rule(required, counts_as)), expected, "{required} {counts_as:?}");
        }
    }
    let valued = Rule { values: Some(vec!["x".into()]), ..rule(true, Empty::Value) };
    assert_eq!(fault(&[("Team", "")], valued), Some(not_allowed("Team", "")));
}

#[test]
fn values_patterns_and_users_are_held_up_to_the_value() {
    let allowed = Rule { values: Some(vec!["LOL".into(), "GGG".into()]), ..team() };
    assert_eq!(fault(&[("team", "GGG")], allowed.clone()), None);
    assert_eq!(fault(&[("team", "ggg")], allowed), Some(not_allowed("team", "ggg")));
    let pattern = Rule { pattern: Some(Pattern::parse("[a-z]+").unwrap()), ..team() };
    assert_eq!(fault(&[("Team", "abc")], pattern.clone()), None);
    assert_eq!(fault(&[("Team", "abc1")], pattern), Some(Fault::NoMatch { key: "Team".into(), value: "abc1".into() }));
    let users = Reading::Read(vec![IamUser { name: UserName("bob".into()), tags: None }]);
    let rule = rules(&[Rule { iam_user: true, ..team() }]);
    let by_user = |value: &str| verdict_of(&instance(&[("Team", value)]), &rule, Some(&users));
    assert_eq!(by_user("Bob").status, Status::Compliant);
    let nobody = Fault::NotAUser { key: "Team".into(), value: "eve".into() };
    assert_eq!(by_user("eve").violations[0].fault, nobody);
}

#[test]
fn one_right_tag_among_several_will_do() {
    let rule = || Rule { values: Some(vec!["x".into()]), ..team() };
    assert_eq!(fault(&[("TEAM", "y"), ("Team", "z"), ("team", "x")], rule()), None);
    // Of several wrong ones the key as written is named.
    assert_eq!(fault(&[("TEAM", "y"), ("Team", "z")], rule()), Some(not_allowed("Team", "z")));
    assert_eq!(fault(&[("TEAM", ""), ("Team", "z")], rule()), Some(not_allowed("Team", "z")));
    assert_eq!(fault(&[("TEAM", "x"), ("Team", "")], rule()), None);
}

#[test]
fn users_that_could_not_be_read_make_unknown_and_nothing_is_called_for() {
    let error = ReadError { operation: "ListUsers".into(), message: "denied".into() };
    let rule = rules(&[Rule { iam_user: true, action: Response::Terminate, ..team() }]);
    for users in [Some(Reading::Unread(error)), None] {
        let verdict = verdict_of(&instance(&[("Team", "bob")]), &rule, users.as_ref());
        assert_eq!((verdict.status, verdict.response), (Status::Unknown, None));
        assert_eq!(verdict.unread.len(), 1);
        // What is missing is missing, whoever the users are.
        assert_eq!(verdict_of(&instance(&[]), &rule, users.as_ref()).status, Status::Violation);
    }
}

#[test]
fn what_may_be_right_goes_before_what_is_wrong() {
    let rule = rules(&[Rule { iam_user: true, values: Some(vec!["bob".into()]), ..team() }]);
    let verdict = verdict_of(&instance(&[("Team", "eve"), ("team", "bob")]), &rule, None);
    assert_eq!(verdict.status, Status::Unknown, "`team` may name a user");
    assert_eq!(verdict_of(&instance(&[("Team", "eve")]), &rule, None).status, Status::Violation);
}

#[test]
fn any_tag_at_all_is_asked_for_by_a_star_and_those_of_aws_do_not_count() {
    let any = || Rule { action: Response::Terminate, ..Rule::requires("*") };
    assert_eq!(fault(&[], any()), Some(Fault::Untagged));
    assert_eq!(fault(&[("aws:ec2launchtemplate:id", "lt-1")], any()), Some(Fault::Untagged));
    assert_eq!(fault(&[("x", "")], any()), None);
    assert_eq!(verdict(&[], any()).response, Some(Response::Terminate));
}

#[test]
fn scope_narrows_a_rule_to_some_instances() {
    let all = Rule::requires("Team").scope;
    let in_scope = |scope: Scope, of: &[(&str, &str)]| fault(of, Rule { scope, ..team() }).is_some();
    assert!(in_scope(all.clone(), &[]));
    for (yes, no) in [
        (
            Scope { regions: vec![region()], ..all.clone() },
            Scope { regions: vec![RegionName("us-east-1".into())], ..all.clone() },
        ),
        (Scope { vpcs: vec!["vpc-1".into()], ..all.clone() }, Scope { vpcs: vec!["vpc-2".into()], ..all.clone() }),
        (Scope { states: vec![State::Running], ..all.clone() }, Scope { states: vec![State::Stopped], ..all.clone() }),
        (
            Scope { name: Pattern::parse("web-.*").ok(), ..all.clone() },
            Scope { name: Pattern::parse("web").ok(), ..all.clone() },
        ),
        (
            Scope { tags: tags(&[("env", "prod")]), ..all.clone() },
            Scope { tags: tags(&[("env", "PROD")]), ..all.clone() },
        ),
        (Scope { tagged: Some(true), ..all.clone() }, Scope { tagged: Some(false), ..all.clone() }),
    ] {
        let of = [("Name", "web-1"), ("Env", "prod")];
        assert!(in_scope(yes.clone(), &of), "{yes:?}");
        assert!(!in_scope(no.clone(), &of), "{no:?}");
    }
}

#[test]
fn age_counts_from_the_older_of_last_start_and_oldest_volume() {
    let minutes = |minutes| Some(now() - chrono::TimeDelta::minutes(minutes));
    for (launched, attached, age) in [
        (minutes(10), None, Some(10)),
        (minutes(10), minutes(500), Some(500)),
        (minutes(500), minutes(10), Some(500)),
        (None, minutes(7), Some(7)),
        (None, None, None),
        // A clock that is behind makes nothing younger than 0.
        (minutes(-3), None, Some(0)),
    ] {
        let verdict = verdict_of(&Instance { launched, attached, ..instance(&[]) }, &rules(&[team()]), None);
        assert_eq!(verdict.age_minutes, age);
        assert_eq!(
            verdict.status,
            if age.is_none() {
                Status::Unknown
            } else if age < Some(5) {
                Status::Grace
            } else {
                Status::Violation
            }
        );
    }
}

#[test]
fn instance_is_left_alone_until_its_grace_period_is_over() {
    let young = |minutes, grace| {
        let launched = Some(now() - chrono::TimeDelta::minutes(minutes));
        let rule =
            Rule { grace_minutes: grace, action: Response::Stop, repair: Some(Repair::Default("x".into())), ..team() };
        verdict_of(&Instance { launched, ..instance(&[]) }, &rules(&[rule]), None)
    };
    for (minutes, grace, status) in [
        (4, None, Status::Grace),
        (5, None, Status::Violation),
        (5, Some(6), Status::Grace),
        (6, Some(6), Status::Violation),
        (1, Some(0), Status::Grace),
        (2, Some(0), Status::Violation),
    ] {
        let verdict = young(minutes, grace);
        assert_eq!(verdict.status, status, "{minutes} {grace:?}");
        assert_eq!((verdict.repairs.is_empty(), verdict.response), (status == Status::Grace, None));
    }
    assert_eq!(young(4, None).violations[0].due, Due::In(1));
}

#[test]
fn worst_response_of_what_is_not_mended_counts() {
    let rule = |key: &str, action| Rule { action, ..Rule::requires(key) };
    let set = [rule("A", Response::Notify), rule("B", Response::Stop), rule("C", Response::Terminate)];
    let response = |of: &[(&str, &str)]| verdict_of(&instance(of), &rules(&set), None).response;
    assert_eq!(response(&[]), Some(Response::Terminate));
    assert_eq!(response(&[("C", "x")]), Some(Response::Stop));
    assert_eq!(response(&[("C", "x"), ("B", "x")]), Some(Response::Notify));
    assert_eq!(response(&[("A", "x"), ("C", "x"), ("B", "x")]), None);
}

#[test]
fn managed_instances_are_only_told_about_unless_the_rule_says_act() {
    let manager = ("aws:autoscaling:groupName", "blue");
    let rule = |managed| Rule { managed, action: Response::Terminate, ..team() };
    let left = verdict(&[manager], rule(Managed::Notify));
    assert_eq!((left.response, left.manager.as_deref()), (Some(Response::Notify), Some("Auto Scaling group blue")));
    assert_eq!(verdict(&[manager], rule(Managed::Act)).response, Some(Response::Terminate));
    let repair = Rule { repair: Some(Repair::Default("x".into())), ..rule(Managed::Notify) };
    assert!(verdict(&[manager], repair.clone()).repairs.is_empty());
    assert!(!verdict(&[manager], Rule { managed: Managed::Act, ..repair }).repairs.is_empty());
}

#[test]
fn every_known_controller_is_recognised() {
    for (key, value, manager) in [
        ("aws:autoscaling:groupName", "blue", "Auto Scaling group blue"),
        ("eks:cluster-name", "prod", "EKS cluster prod"),
        ("kubernetes.io/cluster/prod", "owned", "Kubernetes cluster prod"),
        ("karpenter.sh/nodepool", "default", "Karpenter node pool default"),
        ("karpenter.sh/provisioner-name", "x", "Karpenter, provisioner-name"),
        ("aws:elasticmapreduce:job-flow-id", "j-1", "EMR cluster j-1"),
        ("aws:ec2:fleet-id", "fleet-1", "EC2 Fleet fleet-1"),
    ] {
        assert_eq!(instance(&[(key, value)]).manager().as_deref(), Some(manager));
    }
    let operated = Instance { operator: Some("eks.amazonaws.com".into()), ..instance(&[]) };
    assert_eq!(operated.manager().as_deref(), Some("the service eks.amazonaws.com"));
    assert_eq!(Instance { spot: true, ..instance(&[]) }.manager().as_deref(), Some("a spot request"));
    assert_eq!(instance(&[("Name", "karpenter")]).manager(), None);
}

fn repaired(of: &[(&str, &str)], rule: Rule, launch: Option<Reading<Option<Launch>>>) -> Result<Tags, String> {
    let verdict = verdict_of(&Instance { launch, ..instance(of) }, &rules(&[rule]), None);
    match &verdict.violations[0].mending {
        Mending::Planned => Ok(verdict.repairs.into_iter().map(|(key, repair)| (key, repair.value)).collect()),
        Mending::Impossible(reason) | Mending::Unknown(reason) => Err(reason.clone()),
        Mending::None => Err("none".into()),
    }
}

#[test]
fn repairs_set_what_is_missing_or_empty_and_nothing_else() {
    let rule = || Rule { repair: Some(Repair::Default("x".into())), ..team() };
    assert_eq!(repaired(&[], rule(), None), Ok(tags(&[("Team", "x")])));
    assert_eq!(repaired(&[("tEAM", " ")], rule(), None), Ok(tags(&[("tEAM", "x")])), "the key that is there");
    let valued = Rule { values: Some(vec!["x".into()]), ..rule() };
    assert_eq!(repaired(&[("Team", "wrong")], valued, None), Err("none".into()));
    let today = |plus_days| Rule { repair: Some(Repair::Today { plus_days }), ..team() };
    assert_eq!(repaired(&[], today(0), None), Ok(tags(&[("Team", "2026-07-01")])));
    assert_eq!(repaired(&[], today(30), None), Ok(tags(&[("Team", "2026-07-31")])));
    let copy = || Rule { repair: Some(Repair::CopyOf("squad".into())), ..team() };
    assert_eq!(repaired(&[("Squad", "x")], copy(), None), Ok(tags(&[("Team", "x")])));
    assert_eq!(repaired(&[("Squad", "")], copy(), None), Err("there is no value of `squad` to copy".into()));
}

#[test]
fn launch_user_is_set_only_if_cloudtrail_answered() {
    let rule = |fallback: Option<&str>| Rule {
        repair: Some(Repair::LaunchUser { fallback: fallback.map(ToOwned::to_owned) }),
        ..team()
    };
    let by = |by| Some(Reading::Read(Some(Launch { at: now(), by })));
    let bob = || by(Principal::Role { role: None, session: "bob".into() });
    let service = || by(Principal::Service { name: "autoscaling.amazonaws.com".into() });
    let denied = || Some(Reading::Unread(ReadError { operation: "LookupEvents".into(), message: "denied".into() }));
    let fallback = Some("Undefined");
    assert_eq!(repaired(&[], rule(None), bob()), Ok(tags(&[("Team", "bob")])));
    assert_eq!(repaired(&[], rule(fallback), Some(Reading::Read(None))), Ok(tags(&[("Team", "Undefined")])));
    assert_eq!(repaired(&[], rule(fallback), service()), Ok(tags(&[("Team", "Undefined")])));
    for (launch, fallback, why) in [
        (Some(Reading::Read(None)), None, "CloudTrail has no record of its launch"),
        (service(), None, "no person launched it"),
        (denied(), fallback, "who launched it could not be read: LookupEvents: denied"),
        (None, fallback, "CloudTrail was not asked who launched it, or cannot know yet"),
    ] {
        assert_eq!(repaired(&[], rule(fallback), launch), Err(why.into()));
    }
}

#[test]
fn what_cloudtrail_did_not_tell_condemns_nobody() {
    let error = ReadError { operation: "LookupEvents".into(), message: "denied".into() };
    let unread = || Some(Reading::Unread(error.clone()));
    let rule = |repair| Rule { repair: Some(repair), action: Response::Terminate, ..team() };
    let by_user = || rule(Repair::LaunchUser { fallback: Some("Undefined".into()) });
    let copy = || Rule { id: "copy".into(), tag: TagKey::named("Copy"), ..rule(Repair::CopyOf("team".into())) };
    let judged = |launch, set: &[Rule]| verdict_of(&Instance { launch, ..instance(&[]) }, &rules(set), None);
    for launch in [None, unread()] {
        let verdict = judged(launch.clone(), &[by_user()]);
        assert_eq!((verdict.status, verdict.response), (Status::Violation, Some(Response::Notify)), "{launch:?}");
        // What would be copied from it is not known either.
        assert_eq!(judged(launch, &[copy(), by_user()]).response, Some(Response::Notify));
    }
    // What is known not to be there is.
    assert_eq!(judged(None, &[copy()]).response, Some(Response::Terminate));
    let nobody = || Rule { repair: Some(Repair::LaunchUser { fallback: None }), ..by_user() };
    assert_eq!(judged(Some(Reading::Read(None)), &[nobody()]).response, Some(Response::Terminate));
    // Nor does it protect from another rule.
    let other = Rule { action: Response::Stop, ..Rule::requires("Other") };
    assert_eq!(judged(unread(), &[by_user(), other]).response, Some(Response::Stop));
}

#[test]
fn account_without_users_condemns_nobody() {
    let rule = rules(&[Rule { iam_user: true, action: Response::Terminate, ..team() }]);
    let verdict = verdict_of(&instance(&[("Team", "bob")]), &rule, Some(&Reading::Read(Vec::new())));
    assert_eq!((verdict.status, verdict.response), (Status::Unknown, None));
}

#[test]
fn repair_that_would_not_satisfy_its_rule_is_not_made() {
    let rule = Rule {
        repair: Some(Repair::CopyOf("Squad".into())),
        pattern: Some(Pattern::parse("[a-z]+").unwrap()),
        action: Response::Stop,
        ..team()
    };
    assert_eq!(repaired(&[("Squad", "X1")], rule.clone(), None), Err("`X1` would not satisfy the rule".into()));
    assert_eq!(verdict(&[("Squad", "X1")], rule).response, Some(Response::Stop));
}

#[test]
fn rules_that_disagree_about_a_tag_repair_nothing() {
    let rule = |id: &str, value: &str| Rule { id: id.into(), repair: Some(Repair::Default(value.into())), ..team() };
    let verdict = |a: &str, b: &str| verdict_of(&instance(&[]), &rules(&[rule("a", a), rule("b", b)]), None);
    assert!(verdict("x", "y").repairs.is_empty());
    let reason = "the rules `a`, `b` would set `Team` to different values".to_owned();
    assert_eq!(verdict("x", "y").violations[1].mending, Mending::Impossible(reason));
    assert_eq!(verdict("x", "x").repairs.len(), 1);
}

#[test]
fn repairs_go_on_while_one_makes_room_for_the_next() {
    let scope = |tagged| Scope { tagged, ..team().scope };
    let first = Rule { repair: Some(Repair::Default("x".into())), scope: scope(Some(false)), ..Rule::requires("A") };
    let second = Rule { repair: Some(Repair::CopyOf("A".into())), scope: scope(Some(true)), ..Rule::requires("B") };
    let third = Rule { repair: Some(Repair::CopyOf("B".into())), ..Rule::requires("C") };
    let verdict = verdict_of(&instance(&[]), &rules(&[third, second, first]), None);
    let set: Tags = verdict.repairs.into_iter().map(|(key, repair)| (key, repair.value)).collect();
    assert_eq!(set, tags(&[("A", "x"), ("B", "x"), ("C", "x")]));
}

#[test]
fn more_tags_than_ec2_takes_are_not_set() {
    let rule = Rule { repair: Some(Repair::Default("x".into())), ..team() };
    let with = |count: usize| {
        let mut tags: Tags = (0..count).map(|i| (format!("k{i}"), "v".to_owned())).collect();
        tags.insert("aws:x".into(), "does not count".into());
        verdict_of(&Instance { tags, ..instance(&[]) }, &rules(std::slice::from_ref(&rule)), None)
    };
    assert_eq!(with(49).repairs.len(), 1);
    let reason = "the instance would have 51 tags, 50 are the most there can be".to_owned();
    assert_eq!((with(50).repairs.len(), &with(50).violations[0].mending), (0, &Mending::Impossible(reason)));
}

/// Keys that differ in case, and values that are empty, right or wrong.
fn any_tags() -> impl Strategy<Value = Tags> {
    let key = prop::sample::select(vec![
        "A",
        "a",
        "B",
        "b",
        "C",
        "SleuthExempt",
        "aws:autoscaling:groupName",
        "karpenter.sh/x",
    ]);
    let value = prop::sample::select(vec!["", " ", "x", "y", "2026-12-31 a reason", "2025-01-01"]);
    prop::collection::btree_map(key.prop_map(ToOwned::to_owned), value.prop_map(ToOwned::to_owned), 0..5)
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let key = prop::sample::select(vec!["A", "B", "C", "*"]);
    let repair = prop::option::of(prop::sample::select(vec![
        Repair::Default("x".into()),
        Repair::Default("y".into()),
        Repair::Today { plus_days: 1 },
        Repair::CopyOf("B".into()),
        Repair::LaunchUser { fallback: None },
    ]));
    let empty = prop::sample::select(Empty::ALL.to_vec());
    let action = prop::sample::select(Response::ALL.to_vec());
    let managed = prop::sample::select(Managed::ALL.to_vec());
    let tagged = prop::option::of(any::<bool>());
    let grace = prop::option::of(prop::sample::select(vec![0_u32, 60, 600]));
    let values = prop::option::of(Just(vec!["x".to_owned()]));
    (key, any::<bool>(), repair, empty, action, managed, tagged, grace, values).prop_map(
        |(key, required, repair, empty, action, managed, tagged, grace_minutes, values)| {
            let scope = Scope { tagged, ..Rule::requires(key).scope };
            let rule = Rule { required, scope, grace_minutes, action, managed, ..Rule::requires(key) };
            if key == "*" { rule } else { Rule { empty, values, repair, ..rule } }
        },
    )
}

fn any_rules() -> impl Strategy<Value = RuleSet> {
    prop::collection::vec(any_rule(), 1..6).prop_map(|rules| RuleSet {
        rules: rules.into_iter().enumerate().map(|(i, rule)| Rule { id: format!("r{i}"), ..rule }).collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_of_rules_changes_no_verdict(of in any_tags(), set in any_rules()) {
        let instance = Instance { tags: of, ..instance(&[]) };
        let backwards = RuleSet { rules: set.rules.iter().rev().cloned().collect() };
        prop_assert_eq!(verdict_of(&instance, &set, None), verdict_of(&instance, &backwards, None));
    }

    #[test]
    fn repairs_mend_what_they_say_and_are_made_once(of in any_tags(), set in any_rules()) {
        let before = Instance { tags: of, ..instance(&[]) };
        let first = verdict_of(&before, &set, None);
        let mut tags = before.tags.clone();
        for (key, repair) in &first.repairs {
            prop_assert!(tags.insert(key.clone(), repair.value.clone()).is_none_or(|old| old.trim().is_empty()));
        }
        let second = verdict_of(&Instance { tags, ..before }, &set, None);
        prop_assert!(second.repairs.is_empty(), "{:?}", second.repairs);
        for mended in first.violations.iter().filter(|violation| violation.mending == Mending::Planned) {
            prop_assert!(second.violations.iter().all(|violation| violation.rule != mended.rule));
        }
    }

    #[test]
    fn instance_is_compliant_once_every_gap_is_repaired(of in any_tags(), keys in prop::collection::btree_set("[a-f]", 1..5)) {
        let rule = |key: &String| Rule { repair: Some(Repair::Default("x".into())), ..Rule::requires(key) };
        let set = RuleSet { rules: keys.iter().map(rule).collect() };
        let tags: Tags = of.into_iter().filter(|(key, _)| !key.starts_with("aws:") && !key.contains('/')).collect();
        let before = Instance { tags, ..instance(&[]) };
        let mut after = before.clone();
        for (key, repair) in verdict_of(&before, &set, None).repairs {
            after.tags.insert(key, repair.value);
        }
        prop_assert_eq!(verdict_of(&after, &set, None).status, Status::Compliant);
    }

    #[test]
    fn young_managed_and_unknown_instances_are_not_condemned(of in any_tags(), set in any_rules()) {
        let instance = Instance { tags: of, ..instance(&[]) };
        let verdict = verdict_of(&instance, &set, None);
        let severe = verdict.response.is_some_and(|response| response > Response::Notify);
        let may = |violation: &Violation| {
            violation.due == Due::Now
                && !matches!(violation.fault, Fault::Unknown(_))
                && (violation.managed == Managed::Act || verdict.manager.is_none())
        };
        prop_assert!(!severe || verdict.violations.iter().any(may));
        let ageless = verdict_of(&Instance { launched: None, ..instance }, &set, None);
        prop_assert_eq!((ageless.response, ageless.repairs.len()), (None, 0));
    }
}
