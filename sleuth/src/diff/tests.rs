use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    demo,
    keys::{Action, Inventory},
    report::{Outcome, saved::parse},
    run,
};

/// A report of 2 March, or of another time.
fn report(kind: &str, fields: &Value, errors: &[(&str, &str)]) -> SavedReport {
    let errors: Vec<Value> = errors
        .iter()
        .map(|(subject, operation)| json!({"subject": subject, "operation": operation, "message": "denied"}))
        .collect();
    let mut report = json!({
        "version": 1, "kind": kind, "account": {"id": "111122223333", "alias": null},
        "generated_at": "2026-03-02T09:00:00Z", "applied": false, "policy": {}, "errors": errors,
    });
    report.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    parse(&report.to_string()).unwrap()
}

/// Keys as `alice AKIA1 expired`, with `exempt` behind it if so and `-` for an id that is not known.
fn keys(lines: &[&str], errors: &[(&str, &str)]) -> SavedReport {
    let key = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        json!({
            "user": words[0], "name": words[0], "key_id": Some(words[1]).filter(|id| *id != "-"), "status": words[2],
            "cause": null, "exempt": words.get(3) == Some(&"exempt"), "age_days": 1, "idle_days": 1,
            "action": "none", "outcome": "none", "reason": if words[2] == "unknown" { json!("unread") } else { json!(null) },
        })
    };
    let keys: Vec<Value> = lines.iter().map(key).collect();
    report("keys", &json!({"alerts": [], "keys": keys}), errors)
}

/// What changed, as `new alice AKIA1`; of what cannot be told also why.
fn changes(old: &SavedReport, new: &SavedReport) -> Vec<String> {
    let said = |entry: &Entry| {
        let what = match &entry.subject {
            Subject::Alert { kind, user } => {
                format!("{} {}", kind.as_str(), user.as_ref().map_or("root", |user| user.0.as_str()))
            }
            Subject::Key { user, key_id } => format!("{user} {}", key_id.as_ref().map_or("-", |key| key.0.as_str())),
            Subject::Instance { region, instance_id, .. } => format!("{region} {instance_id}"),
        };
        let why = entry.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {what}{why}", entry.change.as_str())
    };
    diff(old, new).unwrap().changes.iter().map(said).collect()
}

#[test]
fn keys_are_compared_by_severity() {
    for (old, new, expected) in [
        ("good", "good", ""),
        ("good", "disabled", ""),
        ("expired", "expired", ""),
        ("good", "stagnant", "new"),
        ("disabled", "expired", "new"),
        ("expired", "disabled", "fixed"),
        ("stagnant", "good", "fixed"),
        ("stagnant", "old", "worse"),
        ("old", "expired", "worse"),
        ("expired", "stagnant", "better"),
        // What is exempt is not as bad as anything that is not, and still there.
        ("expired", "expired exempt", "better"),
        ("expired exempt", "stagnant", "worse"),
        ("good exempt", "expired exempt", "new"),
        ("expired exempt", "good exempt", "fixed"),
        ("old exempt", "expired exempt", "worse"),
    ] {
        let side = |status: &str| keys(&[&format!("alice AKIA1 {status}")], &[]);
        let expected: Vec<String> =
            Some(format!("{expected} alice AKIA1")).filter(|_| !expected.is_empty()).into_iter().collect();
        assert_eq!(changes(&side(old), &side(new)), expected, "{old} to {new}");
    }
}

#[test]
fn key_that_is_gone_is_fixed_only_if_it_would_have_been_seen() {
    let old = keys(&["alice AKIA1 expired", "alice AKIA2 good", "bob AKIA3 old"], &[]);
    for (new, errors, expected) in [
        (&["alice AKIA2 good"][..], &[][..], vec!["fixed alice AKIA1", "fixed bob AKIA3"]),
        // The user's keys could not be listed.
        (&["alice - unknown"], &[("alice", "ListAccessKeys")], vec!["unknown alice AKIA1: unread", "fixed bob AKIA3"]),
        // The listing of users broke off.
        (
            &["alice AKIA2 good"],
            &[("account", "ListUsers")],
            vec!["unknown alice AKIA1: ListUsers: denied", "unknown bob AKIA3: ListUsers: denied"],
        ),
        // What is not about users and keys plays no part.
        (
            &["alice AKIA2 good"],
            &[("account", "ListAccountAliases"), ("account", "GetAccountSummary"), ("slack: t", "deliver")],
            vec!["fixed alice AKIA1", "fixed bob AKIA3"],
        ),
        // Another key of the user could not be judged, but it was seen that there is only this one.
        (&["alice AKIA2 unknown"], &[], vec!["unknown alice AKIA2: unread", "fixed alice AKIA1", "fixed bob AKIA3"]),
        // The credential report, which has no ids, says that all keys of the user are in order.
        (&["alice - good", "alice - disabled"], &[], vec!["fixed alice AKIA1", "fixed bob AKIA3"]),
        // It does not if one of them is not known to be.
        (&["alice - good", "alice - unknown"], &[], vec!["unknown alice AKIA1: unread", "fixed bob AKIA3"]),
    ] {
        assert_eq!(changes(&old, &keys(new, errors)), expected, "{new:?} {errors:?}");
    }
}

#[test]
fn key_is_new_only_if_it_would_have_been_seen_before() {
    let new = keys(&["alice AKIA1 expired"], &[]);
    for (old, errors, expected) in [
        (&[][..], &[][..], "new alice AKIA1"),
        (&["alice - good"], &[], "new alice AKIA1"),
        (&["alice AKIA2 good"], &[], "new alice AKIA1"),
        (&["alice - unknown"], &[], "unknown alice AKIA1: unread"),
        (&[], &[("account", "ListUsers")], "unknown alice AKIA1: ListUsers: denied"),
        (&["alice AKIA1 unknown"], &[], "unknown alice AKIA1: unread"),
    ] {
        assert_eq!(changes(&keys(old, errors), &new), [expected], "{old:?} {errors:?}");
    }
}

#[test]
fn user_who_could_not_be_read_is_told_once() {
    let old = keys(&["alice AKIA1 good", "alice AKIA2 good"], &[]);
    let new = keys(&["alice - unknown"], &[("alice", "ListAccessKeys")]);
    assert_eq!(changes(&old, &new), ["unknown alice -: unread"]);
    assert_eq!(changes(&new, &new), ["unknown alice -: unread"]);
    let found = diff(&old, &new).unwrap();
    assert!(!found.new.complete && found.old.complete && !found.is_complete());
}

#[test]
fn alerts_are_new_and_fixed() {
    let with = |alerts: Value, errors: &[(&str, &str)]| report("keys", &json!({"alerts": alerts, "keys": []}), errors);
    let both = json!([{"kind": "root_access_keys", "user": null}, {"kind": "quarantine", "user": "alice"}]);
    let none = with(json!([]), &[]);
    let all = with(both, &[]);
    assert_eq!(changes(&none, &all), ["new root_access_keys root", "new quarantine alice"]);
    assert_eq!(changes(&all, &none), ["fixed root_access_keys root", "fixed quarantine alice"]);
    let unread = with(json!([]), &[("account", "GetAccountSummary")]);
    let untold = "GetAccountSummary: denied";
    let expected = [format!("unknown root_access_keys root: {untold}"), format!("unknown quarantine alice: {untold}")];
    assert_eq!(changes(&all, &unread), expected);
}

#[test]
fn nothing_is_fixed_that_an_account_in_doubt_does_not_show() {
    let alerts = json!([{"kind": "quarantine", "user": "alice"}]);
    let full = keys(&["alice AKIA1 expired", "bob AKIA2 old"], &[]);
    let with = |doubt: Value, operation| {
        let mut fields = json!({"alerts": [], "keys": []});
        if !doubt.is_null() {
            fields["doubt"] = doubt;
        }
        report("keys", &fields, &[("account", operation)])
    };
    let alerted = report("keys", &json!({"alerts": alerts, "keys": []}), &[]);
    // Whether the run doubted the account is not told by reports of before; then it may have.
    for (doubt, operation, why) in [
        (json!(true), "doubt", Some("doubt: denied")),
        (json!(null), "brake", Some("brake: denied")),
        (json!(false), "brake", None),
    ] {
        let new = with(doubt, operation);
        let change = |what: &str| match why {
            Some(why) => format!("unknown {what}: {why}"),
            None => format!("fixed {what}"),
        };
        assert_eq!(changes(&full, &new), [change("alice AKIA1"), change("bob AKIA2")]);
        assert_eq!(changes(&alerted, &new), [change("quarantine alice")]);
        assert_eq!(diff(&full, &new).unwrap().is_complete(), why.is_none());
    }
}

#[test]
fn inventory_that_shows_one_of_thirty_users_fixes_nothing() {
    let whole = demo::keys::inventory().unwrap();
    let config = demo::keys::config().unwrap();
    let saved = |inventory: &Inventory| {
        let report = run::keys::dry(inventory, &config, demo::keys::now(&whole));
        parse(&crate::render::json::pretty(&report).unwrap()).unwrap()
    };
    let mut partial = Inventory { user_count: Some(30), ..whole.clone() };
    partial.users.truncate(1);
    partial.errors.clear();
    let found = diff(&saved(&whole), &saved(&partial)).unwrap();
    assert!(found.summary.fixed == 0 && found.summary.unknown > 0 && !found.new.complete, "{:?}", found.summary);
    let gone = Inventory { user_count: Some(1), ..partial };
    assert!(diff(&saved(&whole), &saved(&gone)).unwrap().summary.fixed > 0);
}

/// Instances of one region as `i-1 violation project+ team?`: `+` for a rule that is due, `~` in grace, `?` unknown.
fn instances(lines: &[&str], region: &Value) -> SavedReport {
    let violation = |word: &str| {
        let (rule, sign) = word.split_at(word.len() - 1);
        let (kind, left) = match sign {
            "+" => ("missing", json!(0)),
            "~" => ("missing", json!(3)),
            _ => ("unknown", json!(0)),
        };
        json!({"rule": rule, "tag": rule, "kind": kind, "message": rule, "response": "notify", "grace_left_minutes": left})
    };
    let instance = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let violations: Vec<Value> =
            words[2..].iter().filter(|word| **word != "exempt").map(|word| violation(word)).collect();
        json!({
            "region": "eu-west-1", "instance_id": words[0], "name": null, "state": "running", "age_minutes": 9, "tags": {},
            "status": words[1], "violations": violations,
            "owner": {"name": null, "found_by": "unknown", "detail": null, "slack": null},
            "exempt_until": if words.contains(&"exempt") { json!("2026-12-31") } else { json!(null) },
            "canary": false, "repairs": {}, "action": "notify", "outcome": "planned", "reason": null,
        })
    };
    let found: Vec<Value> = lines.iter().map(instance).collect();
    report("tags", &json!({"regions": [region], "instances": found}), &[])
}

fn whole() -> Value {
    json!({"region": "eu-west-1", "complete": true, "canary": null})
}

#[test]
fn instances_are_compared_by_status_and_rules() {
    for (old, new, expected) in [
        ("compliant", "compliant", ""),
        ("violation a+", "violation a+", ""),
        ("compliant", "grace a~", "new"),
        ("grace a~", "violation a+", "worse"),
        ("violation a+", "compliant", "fixed"),
        ("violation a+", "violation a+ b+", "worse"),
        ("violation a+ b+", "violation b+", "better"),
        ("violation a+ b~", "violation a+ b+", "worse"),
        ("violation a+", "violation b+", "changed"),
        ("violation a+", "violation a+ exempt", "better"),
        ("violation a+ exempt", "violation a+", "worse"),
        // A rule that could not be judged is neither kept nor violated.
        ("violation a+ b+", "violation a+ b?", "unknown"),
        ("violation a+ b?", "violation a+ b?", ""),
        ("violation a+ b?", "violation a+ b? c+", "worse"),
        ("unknown a?", "violation a+", "unknown"),
        ("violation a+", "unknown a?", "unknown"),
        ("compliant", "unknown a?", "unknown"),
    ] {
        let side = |line: &str| instances(&[&format!("i-1 {line}")], &whole());
        let found = diff(&side(old), &side(new)).unwrap();
        let words: Vec<&str> = found.changes.iter().map(|entry| entry.change.as_str()).collect();
        assert_eq!(words.join(""), expected, "{old} to {new}");
    }
}

#[test]
fn instance_that_is_gone_is_fixed_only_if_its_region_was_seen() {
    let old = instances(&["i-1 violation a+", "i-2 compliant"], &whole());
    let missing = |region: &Value| changes(&old, &instances(&[], region));
    assert_eq!(missing(&whole()), ["fixed eu-west-1 i-1"]);
    for (region, why) in [
        (json!({"region": "eu-west-1", "complete": false, "canary": null}), "not all instances of eu-west-1 were seen"),
        (json!({"region": "eu-west-1", "complete": true, "canary": false}), "the canary of eu-west-1 was not seen"),
        (json!({"region": "us-east-1", "complete": true, "canary": null}), "eu-west-1 was not asked"),
    ] {
        assert_eq!(missing(&region), [format!("unknown eu-west-1 i-1: {why}")]);
    }
}

#[test]
fn report_of_the_watch_says_nothing_of_other_instances() {
    let old = instances(&["i-1 violation a+"], &whole());
    let mut new = instances(&["i-2 violation a+"], &whole());
    let SavedAudit::Tags(audit) = &mut new.audit else { panic!() };
    audit.instances[0].events.push(crate::report::saved::Happened);
    let untold = "unknown eu-west-1 i-1: the report is about the instances of an event only";
    assert_eq!(changes(&old, &new), ["new eu-west-1 i-2", untold]);
}

#[test]
fn only_what_is_not_exempt_fails() {
    let fine = keys(&["alice AKIA1 good"], &[]);
    let with = |status: &str| diff(&fine, &keys(&[&format!("alice AKIA1 {status}")], &[])).unwrap();
    assert!(with("expired").has(&[Change::New]));
    assert!(!with("expired").has(&[Change::Worse]));
    assert!(!with("expired exempt").has(&[Change::New]));
}

#[test]
fn what_else_differs_is_noted() {
    let old = instances(&[], &whole());
    let mut new = instances(&[], &json!({"region": "us-east-1", "complete": true, "canary": null}));
    new.account.id = Some("444455556666".to_owned());
    new.generated_at = "2026-03-01T09:00:00Z".parse().unwrap();
    new.policy.insert("grace_minutes".to_owned(), json!(9));
    new.policy.insert("rules_from".to_owned(), json!("file b"));
    assert_eq!(
        diff(&old, &new).unwrap().notes,
        [
            "these are two accounts, 111122223333 and 444455556666: what is in one of them only counts as fixed or new",
            "the second report is older than the first: 2026-03-01 09:00 UTC, 2026-03-02 09:00 UTC",
            "the reports are by different settings (grace_minutes), which may be what changed",
            "the second report is not about eu-west-1",
            "the first report is not about us-east-1",
        ]
    );
    assert!(diff(&old, &old).unwrap().notes.is_empty());
    new.account.id = None;
    assert!(diff(&old, &new).unwrap().notes[0].starts_with("it is not known whether"));
}

#[test]
fn reports_of_two_audits_are_not_compared() {
    assert_eq!(diff(&keys(&[], &[]), &instances(&[], &whole())), Err(KindsDiffer));
}

#[test]
fn what_runs_did_is_told_with_the_run() {
    let acted = |action, outcome| {
        let mut report = keys(&["alice AKIA1 expired"], &[]);
        let SavedAudit::Keys(audit) = &mut report.audit else { panic!() };
        (audit.keys[0].action, audit.keys[0].outcome) = (action, outcome);
        report
    };
    let did = acted(Action::Disable, Outcome::Done);
    let gone = keys(&["alice AKIA1 disabled"], &[]);
    let found = diff(&did, &gone).unwrap();
    assert_eq!(found.actions.iter().map(|done| (done.by, done.action)).collect::<Vec<_>>(), [(Run::Old, "disable")]);
    assert_eq!(found.summary.fixed, 1);
    assert_eq!(diff(&gone, &did).unwrap().actions[0].by, Run::New);
    for (action, outcome) in [(Action::Disable, Outcome::Failed), (Action::Warn, Outcome::Done)] {
        assert!(diff(&acted(action, outcome), &gone).unwrap().actions.is_empty(), "{action:?} {outcome:?}");
    }
}

fn any_keys(statuses: &'static [&'static str]) -> impl Strategy<Value = SavedReport> {
    let key = (0..3, 0..3, prop::sample::select(statuses), any::<bool>());
    prop::collection::vec(key, 0..8).prop_map(|found| {
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(user, id, ..)| (*user, *id));
        found.dedup_by_key(|(user, id, ..)| (*user, *id));
        let line = |(user, id, status, exempt): (i32, i32, &str, bool)| {
            format!("u{user} AKIA{user}{id} {status}{}", if exempt { " exempt" } else { "" })
        };
        let lines: Vec<String> = found.into_iter().map(line).collect();
        keys(&lines.iter().map(String::as_str).collect::<Vec<_>>(), &[])
    })
}

fn any_instances(kinds: &'static [&'static str]) -> impl Strategy<Value = SavedReport> {
    prop::collection::btree_map(0..4, prop::sample::select(kinds), 0..4).prop_map(|found| {
        let lines: Vec<String> = found.into_iter().map(|(id, kind)| format!("i-{id} {kind}")).collect();
        instances(&lines.iter().map(String::as_str).collect::<Vec<_>>(), &whole())
    })
}

const KEYS: &[&str] = &["good", "disabled", "stagnant", "old", "expired"];
const ALL_KEYS: &[&str] = &["good", "disabled", "stagnant", "old", "expired", "unknown"];
const INSTANCES: &[&str] =
    &["compliant", "grace a~", "grace b~", "violation a+", "violation a+ b+", "violation b+ a~", "violation a+ exempt"];
const ALL_INSTANCES: &[&str] = &["compliant", "grace a~", "violation a+ b?", "violation a+ b+", "unknown a?"];

fn pair<S: Strategy<Value = SavedReport>>(one: impl Fn() -> S) -> impl Strategy<Value = (SavedReport, SavedReport)> {
    (one(), one())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn report_is_like_itself(report in prop_oneof![any_keys(ALL_KEYS), any_instances(ALL_INSTANCES)]) {
        let found = diff(&report, &report).unwrap();
        prop_assert!(found.changes.iter().all(|entry| entry.change == Change::Unknown), "{:?}", found.changes);
        prop_assert!(found.changes.iter().all(|entry| entry.was == entry.is && entry.is.status == "unknown"));
    }

    #[test]
    fn way_back_is_the_way_turned_round(
        (old, new) in prop_oneof![pair(|| any_keys(KEYS)), pair(|| any_instances(INSTANCES))]
    ) {
        let Summary { new: came, worse, changed, unknown, better, fixed, unchanged } = diff(&old, &new).unwrap().summary;
        let turned = Summary { new: fixed, worse: better, changed, unknown, better: worse, fixed: came, unchanged };
        prop_assert_eq!(unknown, 0);
        prop_assert_eq!(diff(&new, &old).unwrap().summary, turned);
    }

    #[test]
    fn what_is_unknown_is_never_called_new_or_fixed(
        (old, new) in prop_oneof![pair(|| any_keys(ALL_KEYS)), pair(|| any_instances(ALL_INSTANCES))], broken: bool
    ) {
        let mut new = new;
        if broken {
            new.errors.push(crate::report::saved::SavedError {
                subject: "account".to_owned(), operation: "ListUsers".to_owned(), message: "denied".to_owned(),
            });
        }
        for entry in diff(&old, &new).unwrap().changes {
            let untold = entry.was.status == "unknown" || entry.is.status == "unknown";
            prop_assert!(!untold || entry.change == Change::Unknown, "{entry:?}");
            let gone = matches!(entry.subject, Subject::Key { .. }) && entry.is.status == "absent";
            prop_assert!(!(broken && gone), "{entry:?}");
        }
    }
}
