//! What is asked of an account, and that asking less finds the same.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use chrono::TimeDelta;
use notifier::{Channel, Notifier, memory::Memory};
use proptest::prelude::*;
use sleuth::{
    deadline::Deadlines,
    gather::keys::{Scope, Want, gather},
    keys::{Days, Inventory, KeyStatus, LastUse, Limits, Plan, Policy, Status, Verdict, audit, plan},
    outputs::Outputs,
    render::notification::keys::notifications,
    report::{
        Outcome,
        keys::{AlertKind, LastUseKnown},
    },
    run,
};

use crate::fakes::{FakeAccount, FakeKey, State, ago, config, now};

/// With limits of their own for inactivity, so that last uses matter.
fn policy() -> Policy {
    Policy::new(Days(90), Days(80), Days(60), Days(50)).unwrap()
}

async fn read(account: &FakeAccount, want: Want) -> Inventory {
    gather(account, &Scope { taken_at: now(), end: None, concurrency: NonZeroUsize::new(4).unwrap(), want }, |_, _| ())
        .await
}

fn verdicts(policy: Policy, by_report: bool) -> Want {
    Want::Verdicts { policy, now: now(), by_report }
}

fn by_report() -> Want {
    verdicts(policy(), true)
}

#[tokio::test]
async fn last_use_is_asked_only_where_it_can_change_the_verdict() {
    let account = FakeAccount::default();
    for (id, age) in [("AKIA-young", 49), ("AKIA-middle", 50), ("AKIA-late", 89), ("AKIA-expired", 90)] {
        account.key("alice", id, age, 1);
    }
    account.key("alice", "AKIA-off", 70, 1);
    account.state().keys.get_mut("AKIA-off").unwrap().status = KeyStatus::Inactive;
    read(&account, verdicts(policy(), false)).await;
    assert_eq!(account.asked("GetAccessKeyLastUsed"), ["AKIA-late", "AKIA-middle"]);

    let everything = read(&account, Want::Everything).await;
    assert_eq!(account.asked("GetAccessKeyLastUsed").len(), 2 + 5);
    assert!(everything.users[0].keys.as_read().unwrap().iter().all(|key| key.last_used.is_some()));
}

#[tokio::test]
async fn report_says_what_was_not_asked_and_messages_do_without_it() {
    let account = FakeAccount::default();
    account.key("alice", "AKIA-expired", 90, 1);
    let inventory = read(&account, verdicts(policy(), false)).await;
    let report = run::keys::dry(&inventory, &config(), now());
    let key = &report.audit.keys[0];
    assert_eq!(
        (key.status, key.last_use, key.last_used, key.idle_days),
        (Status::Expired, LastUseKnown::NotAsked, None, None)
    );
    assert!(report.is_complete());
    let sent = notifications(&report, &config().texts);
    assert_eq!(sent[0].groups[0].lines[0].plain(), "alice: key AKIA…ired, 90 days old, would be disabled");
}

#[tokio::test]
async fn inventory_for_one_policy_is_unknown_by_another_that_needs_more() {
    let account = FakeAccount::default();
    account.key("alice", "AKIA0001", 70, 1);
    let by_age = Policy::new(Days(90), Days(80), Days(90), Days(80)).unwrap();
    let inventory = read(&account, verdicts(by_age, false)).await;
    let report = run::keys::dry(&inventory, &config(), now());
    assert_eq!((report.audit.keys[0].status, report.is_complete()), (Status::Unknown, false));
    assert_eq!(report.errors[0].message, "nobody asked for the last use, and these thresholds need it");
}

#[tokio::test]
async fn users_whom_the_credential_report_rules_out_are_not_asked_for() {
    let account = FakeAccount::default();
    account.key("alice", "AKIA-good", 10, 1);
    account.key("bob", "AKIA-old", 85, 1);
    account.key("carol", "AKIA-off", 500, 1);
    account.state().keys.get_mut("AKIA-off").unwrap().status = KeyStatus::Inactive;
    account.tag("dan", "Slack", "U0DAN");
    let inventory = read(&account, by_report()).await;
    assert_eq!(account.asked("ListAccessKeys"), ["bob"]);
    let report = run::keys::dry(&inventory, &config(), now());
    let seen: Vec<_> =
        report.audit.keys.iter().map(|key| (key.user.0.as_str(), key.key_id.is_some(), key.status)).collect();
    let expected = [("bob", true, Status::Old), ("alice", false, Status::Good), ("carol", false, Status::Disabled)];
    assert_eq!(seen, expected);
    assert_eq!(
        (report.audit.summary.users, report.audit.credential_report, report.is_complete()),
        (4, Some(now()), true)
    );
}

#[tokio::test]
async fn without_a_report_every_user_is_asked_for() {
    let account = FakeAccount::default();
    account.key("alice", "AKIA-good", 10, 1);
    account.fail("GetCredentialReport", "");
    let inventory = read(&account, by_report()).await;
    assert_eq!((account.asked("ListAccessKeys"), inventory.credential_report), (vec!["alice".to_owned()], None));
    assert!(run::keys::dry(&inventory, &config(), now()).is_complete());
}

#[tokio::test]
async fn alerts_are_told_first_and_what_came_of_it_is_reported() {
    let account = FakeAccount::default();
    account.key("alice", "AKIA-expired", 90, 1);
    account.key("svc", "AKIA-leaked", 1, 1);
    account.tag("svc", "KeyAutoExpire", "false");
    account.tag("svc", "Slack", "U024BE7LH");
    account.state().root_keys = true;
    account.state().quarantined = vec!["svc".into()];
    let inventory = read(&account, verdicts(policy(), false)).await;
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let report =
        run::keys::wet(&account, &inventory, &config(), &outputs, now(), Deadlines::default(), |_, _| ()).await;
    let kinds: Vec<_> = report.audit.alerts.iter().map(|alert| (alert.kind, alert.outcome)).collect();
    assert_eq!(kinds, [(AlertKind::RootAccessKeys, Outcome::Done), (AlertKind::Quarantine, Outcome::Done)]);
    let sent = memory.sent();
    assert_eq!(sent[0].title, "AWS IAM Key Alert");
    let lines: Vec<String> = sent[0].groups.iter().flat_map(|group| &group.lines).map(notifier::Line::plain).collect();
    assert_eq!(lines[0], "the root user has access keys, which no IAM policy restricts: delete them");
    assert!(
        lines[1].starts_with("svc: Quarantine is attached to this user, as AWS does when access keys leaked"),
        "{lines:?}"
    );
    // An exempt user is left alone with ages, not with a leak. Its key is not touched.
    assert_eq!(account.state().writes, ["alice AKIA-expired"]);
}

#[tokio::test]
async fn alert_without_a_channel_is_held() {
    let account = FakeAccount::default();
    account.state().root_keys = true;
    let inventory = read(&account, verdicts(policy(), false)).await;
    let dry = run::keys::dry(&inventory, &config(), now());
    assert_eq!((dry.audit.alerts[0].outcome, dry.audit.summary.alerts), (Outcome::Planned, 1));
    let outputs = Outputs::from(Notifier::default());
    let report =
        run::keys::wet(&account, &inventory, &config(), &outputs, now(), Deadlines::default(), |_, _| ()).await;
    assert_eq!(report.audit.alerts[0].outcome, Outcome::Held);
    assert!(report.audit.alerts[0].reason.as_ref().unwrap().starts_with("no channel is set"));
}

#[tokio::test]
async fn stopped_run_is_told_even_if_there_is_nothing_else_to_tell() {
    let account = FakeAccount::default();
    account.key("alice", "AKIA-good", 10, 1);
    let inventory = Inventory { users: Vec::new(), ..read(&account, verdicts(policy(), false)).await };
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let report =
        run::keys::wet(&account, &inventory, &config(), &outputs, now(), Deadlines::default(), |_, _| ()).await;
    assert!(!report.is_complete());
    let said = memory.sent()[0].groups[0].lines[0].plain();
    assert_eq!(said, "No key was disabled: only 0 of 1 users were seen");
}

/// A random account: keys of up to five users, up to three each, of every status.
fn any_account() -> impl Strategy<Value = BTreeMap<String, FakeKey>> {
    let key = (0i64..5, 0i64..120, prop::option::of(0i64..120), 0u8..8);
    prop::collection::vec(key, 0..10).prop_map(|keys| {
        let mut accounted: BTreeMap<String, FakeKey> = BTreeMap::new();
        for (index, (user, age, idle, status)) in keys.into_iter().enumerate() {
            let user = format!("user-{user}");
            let status = match status {
                0 => KeyStatus::Inactive,
                1 => KeyStatus::Expired,
                _ => KeyStatus::Active,
            };
            let days_ago = |idle| LastUse::At { time: ago(idle), service: None, region: None };
            let key = FakeKey { user, status, created: ago(age), last_use: idle.map_or(LastUse::Never, days_ago) };
            accounted.insert(format!("AKIA{index:04}"), key);
        }
        accounted
    })
}

fn any_policy() -> impl Strategy<Value = Policy> {
    (1i64..120, 1i64..120, 0i64..120, 0i64..120).prop_map(|(expiration, inactivity, warning, idle_warning)| {
        let inactivity = inactivity.min(expiration);
        Policy::new(Days(expiration), Days(warning % expiration), Days(inactivity), Days(idle_warning % inactivity))
            .unwrap()
    })
}

fn account_of(keys: &BTreeMap<String, FakeKey>) -> FakeAccount {
    let account = FakeAccount::default();
    for (id, key) in keys {
        account.state().users.entry(key.user.clone()).or_default();
        account.state().keys.insert(id.clone(), key.clone());
    }
    account.tag("user-0", "KeyAutoExpire", "false");
    account.tag("user-1", "KeyAutoExpire", "perhaps");
    account
}

async fn judged(account: &FakeAccount, want: Want, policy: &Policy) -> Vec<Verdict> {
    audit(&read(account, want).await, policy, now())
}

/// What counts of a verdict.
fn essence(verdict: &Verdict) -> impl Ord + std::fmt::Debug + use<> {
    let told = matches!(verdict.status, Status::Old | Status::Stagnant | Status::Expired);
    // Only the credential report calls `Expired` keys, which do not work, disabled like any other.
    (
        verdict.user.clone(),
        verdict.status,
        verdict.cause,
        verdict.age,
        told.then_some((verdict.key.clone(), verdict.days_left)),
    )
}

fn essences(verdicts: &[Verdict]) -> Vec<impl Ord + std::fmt::Debug + use<>> {
    let mut all: Vec<_> = verdicts.iter().map(essence).collect();
    all.sort();
    all
}

fn targets(verdicts: Vec<Verdict>) -> Vec<String> {
    let plan: Plan = plan(
        verdicts,
        &Limits { auto_expire: true, max_disable: 1_000, max_percent: None, protected_paths: Vec::new() },
        None,
    );
    plan.targets().map(|target| format!("{} {}", target.user, target.key)).collect()
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Asking less, and asking the credential report first, finds the same of every key.
    #[test]
    fn all_ways_of_reading_agree_where_nothing_changes(keys in any_account(), policy in any_policy()) {
        let account = account_of(&keys);
        let (all, live, report) = block(async {
            (
                judged(&account, Want::Everything, &policy).await,
                judged(&account, verdicts(policy, false), &policy).await,
                judged(&account, verdicts(policy, true), &policy).await,
            )
        });
        prop_assert_eq!(essences(&all), essences(&live));
        prop_assert_eq!(essences(&live), essences(&report));
        prop_assert_eq!(targets(live), targets(report));
    }

    /// Whatever the credential report says, true or not, no key is condemned by it that would not be without it.
    #[test]
    fn no_report_condemns_a_key(
        keys in any_account(),
        reported in any_account(),
        policy in any_policy(),
        hours in 0u64..7,
    ) {
        let account = account_of(&keys);
        let stale = account_of(&reported);
        account.state().report = Some(State::credential_report(&stale.state()));
        account.state().report_age = Duration::from_secs(hours * 3_600);
        let (live, report) = block(async {
            (judged(&account, verdicts(policy, false), &policy).await, judged(&account, verdicts(policy, true), &policy).await)
        });
        for verdict in report.iter().filter(|verdict| verdict.key.is_none()) {
            prop_assert!(matches!(verdict.status, Status::Good | Status::Disabled), "{verdict:?}");
        }
        let live = targets(live);
        for target in targets(report) {
            prop_assert!(live.contains(&target), "{target} is condemned by the report only");
        }
    }

    /// What the report of some hours ago hides is noticed by the next one: a key it calls good was good by its own times.
    #[test]
    fn report_of_an_earlier_account_hides_only_what_changed(
        keys in any_account(),
        policy in any_policy(),
        hours in 0u64..7,
    ) {
        let account = account_of(&keys);
        let then = account_of(&keys);
        // Uses since then are all that it does not know: ages are counted to now, whenever it was made.
        for key in account.state().keys.values_mut() {
            key.last_use = LastUse::At { time: now() - TimeDelta::minutes(30), service: None, region: None };
        }
        account.state().report = Some(State::credential_report(&then.state()));
        account.state().report_age = Duration::from_secs(hours * 3_600);
        let (live, report) = block(async {
            (judged(&account, verdicts(policy, false), &policy).await, judged(&account, verdicts(policy, true), &policy).await)
        });
        prop_assert_eq!(essences(&live), essences(&report));
    }
}
