//! The account changes while it is audited. Nothing is done to what is not what it was, and nobody is told otherwise.

use std::time::Duration;

use notifier::{Channel, Notifier, memory::Memory};
use proptest::prelude::*;
use sleuth::{
    config::KeysConfig,
    deadline::Deadlines,
    gather::keys::gather,
    keys::{Action, Days, Inventory, KeyStatus, LastUse, Status, audit, plan},
    outputs::Outputs,
    report::{Outcome, keys::KeysReport},
    run,
};
use tokio::time::Instant;

use crate::fakes::{FakeAccount, ago, config, now};

async fn read(account: &FakeAccount) -> Inventory {
    read_until(account, None).await
}

async fn read_until(account: &FakeAccount, end: Option<Instant>) -> Inventory {
    gather(account, &run::keys::scope(&config(), now(), now(), end), |_, _| ()).await
}

/// Audits, lets `meanwhile` happen, applies.
async fn run_with(account: &FakeAccount, meanwhile: impl FnOnce(&FakeAccount)) -> (KeysReport, String) {
    let inventory = read(account).await;
    meanwhile(account);
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let report = run::keys::wet(account, &inventory, &config(), &outputs, now(), Deadlines::default(), |_, _| ()).await;
    let groups = memory.sent().into_iter().flat_map(|notification| notification.groups);
    let said = groups.flat_map(|group| group.lines).map(|line| line.plain() + "\n").collect();
    (report, said)
}

/// One expired key of one user, by inactivity.
fn idle() -> FakeAccount {
    let account = FakeAccount::default();
    account.key("alice", "AKIA0001", 70, 65);
    account
}

/// What is found when something happens between the audit and the change: nothing is done, and the reason is said. Returns
/// the report, the reason, and what owners were told.
async fn held(meanwhile: impl FnOnce(&FakeAccount)) -> (KeysReport, String, String) {
    let account = idle();
    let (report, said) = run_with(&account, meanwhile).await;
    assert_eq!(account.state().writes, Vec::<String>::new(), "something was changed");
    assert_eq!((report.audit.keys[0].action, report.audit.keys[0].outcome), (Action::Disable, Outcome::Held));
    assert!(!said.contains("was disabled"), "{said}");
    let reason = report.audit.keys[0].reason.clone().unwrap();
    (report, reason, said)
}

#[tokio::test]
async fn nothing_happens_and_it_is_disabled() {
    let account = idle();
    let (report, said) = run_with(&account, |_| ()).await;
    assert_eq!(account.state().writes, ["alice AKIA0001"]);
    assert_eq!(report.audit.keys[0].outcome, Outcome::Done);
    assert!(report.is_complete() && said.contains("was disabled"), "{said}");
}

#[tokio::test]
async fn key_used_meanwhile_is_held_and_is_good() {
    let used = |account: &FakeAccount| {
        let mut state = account.state();
        state.keys.get_mut("AKIA0001").unwrap().last_use = LastUse::At { time: ago(0), service: None, region: None };
    };
    let (report, reason, said) = held(used).await;
    assert_eq!((reason.as_str(), said.as_str()), ("the key is not expired any more, but good", ""));
    assert_eq!(
        (report.audit.keys[0].status, report.audit.keys[0].idle_days, report.audit.summary.good),
        (Status::Good, Some(Days(0)), 1)
    );
    assert!(report.is_complete());
}

#[tokio::test]
async fn key_disabled_meanwhile_is_held_and_nobody_is_told() {
    let (report, reason, said) =
        held(|a| a.state().keys.get_mut("AKIA0001").unwrap().status = KeyStatus::Inactive).await;
    assert_eq!((reason.as_str(), said.as_str()), ("somebody else disabled the key in the meantime", ""));
    assert_eq!(report.audit.summary.disabled, 1);
}

#[tokio::test]
async fn key_deleted_meanwhile_is_held_and_nobody_is_told() {
    let (_, reason, said) = held(|account| drop(account.state().keys.remove("AKIA0001"))).await;
    assert_eq!((reason.as_str(), said.as_str()), ("the key does not exist any more", ""));
}

#[tokio::test]
async fn key_of_another_time_is_held() {
    let (_, reason, _) = held(|account| account.state().keys.get_mut("AKIA0001").unwrap().created = ago(69)).await;
    assert_eq!(reason, "the key's creation time changed");
}

#[tokio::test]
async fn owner_exempted_meanwhile_is_left_alone_and_not_told() {
    let (report, reason, said) = held(|account| account.tag("alice", "keyAutoExpire", "False")).await;
    assert_eq!((reason.as_str(), said.as_str()), ("the owner became exempt in the meantime", ""));
    assert!(report.audit.keys[0].exempt && report.audit.summary.exempt == 1);
}

#[tokio::test]
async fn tag_that_became_unclear_holds_and_is_told() {
    let (_, reason, said) = held(|account| account.tag("alice", "KeyAutoExpire", "please not")).await;
    assert_eq!(reason, "its user's tag KeyAutoExpire became `please not`: set it to true or false");
    assert!(said.contains(&format!("would be disabled, but {reason}")), "{said}");
}

#[tokio::test]
async fn user_not_found_any_more_may_have_another_name_and_its_key_is_still_expired() {
    let (report, reason, said) = held(|account| drop(account.state().users.remove("alice"))).await;
    assert_eq!(reason, "its user was not found any more: deleted or renamed");
    assert!(report.is_complete() && report.audit.keys[0].status == Status::Expired);
    assert!(said.contains(&format!("would be disabled, but {reason}")), "{said}");
}

#[tokio::test]
async fn what_cannot_be_looked_at_again_is_held_and_reported() {
    for (operation, subject) in
        [("ListUserTags", "alice"), ("ListAccessKeys", "alice"), ("GetAccessKeyLastUsed", "AKIA0001")]
    {
        let (report, reason, said) = held(|account| account.fail(operation, subject)).await;
        assert_eq!(reason, format!("it could not be looked at again: {operation}: Throttling"));
        assert_eq!(report.errors[0].operation, operation);
        assert!(said.contains("would be disabled, but it could not be looked at again"), "{said}");
    }
}

#[tokio::test]
async fn change_whose_answer_was_lost_is_told_as_done() {
    let account = idle();
    account.fail("UpdateAccessKey answer", "AKIA0001");
    let (report, said) = run_with(&account, |_| ()).await;
    assert_eq!(report.audit.keys[0].outcome, Outcome::Done);
    assert!(report.is_complete() && said.contains("was disabled"), "{said}");
}

#[tokio::test]
async fn failed_change_is_told_as_failed_and_others_go_on() {
    let account = idle();
    account.key("bob", "AKIA0002", 200, 1);
    account.fail("UpdateAccessKey", "AKIA0001");
    let (report, said) = run_with(&account, |_| ()).await;
    let outcomes: Vec<_> = report.audit.keys.iter().map(|key| (key.user.0.as_str(), key.outcome)).collect();
    assert_eq!(outcomes, [("bob", Outcome::Done), ("alice", Outcome::Failed)]);
    assert!(
        said.contains("bob: key AKIA0002, 200 days old") && said.contains("could not be disabled: Throttling"),
        "{said}"
    );
    assert_eq!((report.errors.len(), report.errors[0].operation.as_str()), (1, "UpdateAccessKey"));
}

#[tokio::test]
async fn user_who_vanishes_while_reading_is_unknown() {
    let account = idle();
    account.key("bob", "AKIA0002", 70, 1);
    account.fail("ListAccessKeys", "alice");
    account.fail("GetAccessKeyLastUsed", "AKIA0002");
    let (report, said) = run_with(&account, |_| ()).await;
    assert_eq!((report.audit.summary.unknown, report.errors.len(), said.as_str()), (2, 2, ""));
    assert_eq!(account.state().writes, Vec::<String>::new());
}

#[tokio::test]
async fn listing_that_breaks_off_is_reported_and_the_rest_is_served() {
    let account = idle();
    account.fail("ListUsers", "");
    let (report, _) = run_with(&account, |_| ()).await;
    assert_eq!((report.audit.summary.users, report.errors.len(), report.errors[0].subject.as_str()), (1, 1, "account"));
    assert_eq!(report.audit.keys[0].outcome, Outcome::Done);
}

#[tokio::test]
async fn nothing_is_begun_after_the_deadline() {
    let account = idle();
    let past = Some(Instant::now());
    let late = run::keys::dry(&read_until(&account, past).await, &config(), now());
    assert_eq!((late.audit.summary.unknown, late.errors.len()), (1, 2), "{late:?}");

    let inventory = read(&account).await;
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let deadlines = Deadlines { act: past, ..Deadlines::default() };
    let report = run::keys::wet(&account, &inventory, &config(), &outputs, now(), deadlines, |_, _| ()).await;
    assert_eq!(account.state().writes, Vec::<String>::new());
    assert_eq!((report.audit.keys[0].outcome, report.errors[0].operation.as_str()), (Outcome::Held, "deadline"));
    let said = memory.sent()[0].groups[0].lines[0].plain();
    assert!(said.contains("would be disabled, but it could not be looked at again: deadline: the time"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn change_without_an_answer_ends_in_time_and_people_are_told() {
    let account = idle();
    account.key("bob", "AKIA0002", 200, 1);
    account.state().hanging = Some("AKIA0001".into());
    let inventory = read(&account).await;
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let deadlines = Deadlines::within(Instant::now(), Duration::from_secs(101));
    let report = run::keys::wet(&account, &inventory, &config(), &outputs, now(), deadlines, |_, _| ()).await;
    assert_eq!(Some(Instant::now()), deadlines.settle);
    let outcomes: Vec<_> = report.audit.keys.iter().map(|key| (key.user.0.as_str(), key.outcome)).collect();
    assert_eq!(outcomes, [("bob", Outcome::Done), ("alice", Outcome::Failed)]);
    let said: String =
        memory.sent().iter().flat_map(|n| &n.groups).flat_map(|g| &g.lines).map(|l| l.plain() + "\n").collect();
    assert!(said.contains("was disabled\n"), "{said}");
    assert!(said.contains(", whether it is disabled is not known") && !said.contains("could not be"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn deadline_in_the_middle_leaves_the_rest_unknown() {
    let account = FakeAccount::default();
    for i in 0..100 {
        account.key(&format!("user-{i:02}"), &format!("AKIA{i:04}"), 100, 1);
    }
    account.state().latency = Duration::from_secs(1);
    // The listing, then sixteen users at a time, a call of a second each: half of them can be read.
    let end = Instant::now() + Duration::from_millis(4_500);
    let inventory = read_until(&account, Some(end)).await;
    assert_eq!(Instant::now(), end);
    let report = run::keys::dry(&inventory, &config(), now());
    let (expired, unknown) = (report.audit.summary.expired, report.audit.summary.unknown);
    assert!(expired >= 40 && unknown >= 40 && expired + unknown == 100, "{:?}", report.audit.summary);
    assert!(report.errors.iter().any(|error| error.operation == "deadline"), "{:?}", report.errors);
}

#[tokio::test]
async fn brake_holds_everything_and_is_said_first() {
    let account = FakeAccount::default();
    for i in 0..26 {
        account.key(&format!("user-{i:02}"), &format!("AKIA{i:04}"), 100, 1);
    }
    account.key("zoe", "AKIA9999", 85, 1);
    let inventory = read(&account).await;
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let report =
        run::keys::wet(&account, &inventory, &config(), &outputs, now(), Deadlines::default(), |_, _| ()).await;
    assert_eq!(account.state().writes, Vec::<String>::new());
    assert_eq!(report.audit.keys.iter().filter(|key| key.outcome == Outcome::Held).count(), 26);
    let (error, sent) = (&report.errors[0], &memory.sent()[0]);
    assert_eq!((error.operation.as_str(), report.errors.len()), ("brake", 1));
    assert_eq!(sent.alert, "No key was disabled: 26 keys were to be disabled, MAX_DISABLE is 25");
    assert_eq!(sent.groups[1].lines.len(), 1, "who is warned is warned all the same");
}

#[tokio::test]
async fn account_without_its_canary_is_not_acted_on() {
    let account = idle();
    let inventory = read(&account).await;
    let config = KeysConfig { canary: Some("zoe".into()), ..config() };
    let report =
        run::keys::wet(&account, &inventory, &config, &Outputs::default(), now(), Deadlines::default(), |_, _| ())
            .await;
    assert_eq!(account.state().writes, Vec::<String>::new());
    assert_eq!(report.brake.as_deref(), Some("the user `zoe` (CANARY_USER) was not seen"));
    assert!(!report.is_complete());
}

#[tokio::test]
async fn two_runs_at_once_do_no_harm() {
    let account = idle();
    account.key("alice", "AKIA0002", 1, 0);
    let inventory = read(&account).await;
    let (config, outputs) = (config(), Outputs::default());
    let run = || run::keys::wet(&account, &inventory, &config, &outputs, now(), Deadlines::default(), |_, _| ());
    let (one, other) = tokio::join!(run(), run());
    for report in [&one, &other] {
        assert!(report.is_complete(), "{report:?}");
    }
    let state = account.state();
    // Both looked before either acted, and both asked for the same thing.
    assert_eq!(state.writes, ["alice AKIA0001", "alice AKIA0001"]);
    let outcomes =
        [one, other].map(|report| report.audit.keys.iter().find(|key| key.action == Action::Disable).unwrap().outcome);
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done]);
    assert_eq!(state.keys["AKIA0001"].status, KeyStatus::Inactive);
    assert_eq!(state.keys["AKIA0002"].status, KeyStatus::Active);
}

#[tokio::test]
async fn report_is_kept_before_the_change_and_before_the_message() {
    let account = idle();
    let inventory = read(&account).await;
    let memory = Memory::default();
    let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(memory.clone())]));
    let mut kept = Vec::new();
    let keep = |stage, report: &KeysReport| {
        kept.push((stage, report.audit.keys[0].outcome, account.state().writes.len(), memory.sent().len()));
    };
    run::keys::wet(&account, &inventory, &config(), &outputs, now(), Deadlines::default(), keep).await;
    assert_eq!(kept, [(run::Stage::Planned, Outcome::Planned, 0, 0), (run::Stage::Applied, Outcome::Done, 1, 0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the account is: exactly the keys a plan names are changed, and the next plan names none.
    #[test]
    fn planning_after_applying_is_empty(
        keys in prop::collection::vec((0i64..120, 0i64..120, 0usize..4, any::<bool>()), 0..20),
    ) {
        let account = FakeAccount::default();
        for (index, (age, idle, user, active)) in keys.iter().enumerate() {
            let id = format!("AKIA{index:04}");
            account.key(&format!("user-{user}"), &id, *age, *idle);
            if !active {
                account.state().keys.get_mut(&id).unwrap().status = KeyStatus::Inactive;
            }
        }
        account.tag("user-0", "KeyAutoExpire", "false");
        account.tag("user-1", "KeyAutoExpire", "perhaps");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let config = config();
            let inventory = read(&account).await;
            let mut expected: Vec<String> = plan(audit(&inventory, &config.policy, now()), &config.limits, None)
                .targets()
                .map(|target| format!("{} {}", target.user, target.key))
                .collect();
            expected.sort();
            run::keys::wet(&account, &inventory, &config, &Outputs::default(), now(), Deadlines::default(), |_, _| ()).await;
            let mut writes = account.state().writes.clone();
            writes.sort();
            assert_eq!(writes, expected);
            assert!(writes.iter().all(|write| !write.starts_with("user-0 ") && !write.starts_with("user-1 ")));
            let after = read(&account).await;
            assert!(plan(audit(&after, &config.policy, now()), &config.limits, None).is_empty());
        });
    }
}
