//! The steps of a run over many accounts, on accounts and files in memory: what one step leaves decides what the next does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use notifier::{Channel, Line, Notifier, memory::Memory};
use serde_json::{Value, json};
use sleuth::{
    config::MostInAll,
    deadline::Deadlines,
    facts::{Account, ReadError, Reading, Tags, UserName},
    keys::{AccessKeyId, CredentialReport, KeyStatus, LastUse},
    organization::{Listing, Member, Skipped},
    outputs::Outputs,
    ports::{
        NoAnswer, Users, WriteError,
        accounts::{Accounts, Directory, Store},
        keys::{ListedKey, Overview, ReadKeys, WriteKeys},
    },
    report::{accounts::AccountsReport, keys::KeyAudit},
    run::accounts::{
        Time, Work as _,
        keys::Keys,
        steps::{self, Consolidated, StepError},
    },
};
use tokio::time::Instant;

use crate::fakes::{FakeAccount, config, now};

const ONE: &str = "111111111111";
const TWO: &str = "222222222222";
const SHUT: &str = "333333333333";
const RUN: &str = "2026-07-01T12:00:00Z";
const EXECUTION: &str = "arn:aws:states:eu-west-1:123456789012:execution:sleuth:one";

/// One of several accounts, which are the same in each step.
#[derive(Debug, Clone)]
struct Shared(String, Arc<FakeAccount>);

impl ReadKeys for Shared {
    async fn overview(&self) -> Overview {
        let account = Account { id: Some(self.0.clone()), alias: None };
        Overview { account, ..self.1.overview().await }
    }

    async fn users(&self, end: Option<Instant>) -> Users {
        self.1.users(end).await
    }

    async fn credential_report(&self, end: Option<Instant>) -> Result<CredentialReport, ReadError> {
        self.1.credential_report(end).await
    }

    async fn tags(&self, user: &UserName) -> Result<Tags, NoAnswer> {
        self.1.tags(user).await
    }

    async fn keys(&self, user: &UserName) -> Result<Vec<ListedKey>, NoAnswer> {
        self.1.keys(user).await
    }

    async fn last_use(&self, key: &AccessKeyId) -> Result<LastUse, NoAnswer> {
        self.1.last_use(key).await
    }
}

impl WriteKeys for Shared {
    async fn disable(&self, user: &UserName, key: &AccessKeyId) -> Result<(), WriteError> {
        self.1.disable(user, key).await
    }
}

/// An organization of three accounts of which one cannot be entered, and the files of a run.
#[derive(Debug, Default)]
struct World {
    accounts: BTreeMap<String, Arc<FakeAccount>>,
    files: Mutex<BTreeMap<String, String>>,
    /// Accounts that cannot be entered any more, and files that cannot be read.
    shut: Mutex<Vec<String>>,
    told: Memory,
}

impl Accounts for World {
    type Account = Shared;

    async fn account(&self, id: &str) -> Result<Shared, ReadError> {
        let denied = || ReadError { operation: "AssumeRole".into(), message: "AccessDenied".into() };
        if self.shut.lock().unwrap().iter().any(|shut| shut == id) {
            return Err(denied());
        }
        Ok(Shared(id.to_owned(), Arc::clone(self.accounts.get(id).ok_or_else(denied)?)))
    }
}

impl Directory for World {
    async fn accounts(&self) -> Result<Listing, ReadError> {
        let members = [ONE, TWO, SHUT].map(Member::new).to_vec();
        let closed = Skipped { account: "999999999999".into(), name: None, reason: "suspended".into() };
        Ok(Listing { members, skipped: vec![closed] })
    }

    async fn tags(&self, _: &str) -> Result<Tags, ReadError> {
        Ok(Tags::new())
    }
}

impl Store for World {
    async fn put(&self, name: &str, text: &str) -> Result<(), ReadError> {
        self.files.lock().unwrap().insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    async fn claim(&self, name: &str, text: &str) -> Result<bool, ReadError> {
        let mut files = self.files.lock().unwrap();
        let new = !files.contains_key(name);
        files.entry(name.to_owned()).or_insert_with(|| text.to_owned());
        Ok(new)
    }

    async fn get(&self, name: &str) -> Result<Option<String>, ReadError> {
        if self.shut.lock().unwrap().iter().any(|shut| shut == name) {
            return Err(ReadError { operation: "GetObject".into(), message: "InternalError".into() });
        }
        Ok(self.files.lock().unwrap().get(name).cloned())
    }

    async fn names(&self, folder: &str) -> Result<Vec<String>, ReadError> {
        Ok(self.files.lock().unwrap().keys().filter(|name| name.starts_with(folder)).cloned().collect())
    }
}

type Job = Keys<Shared>;

fn work() -> Job {
    Keys::new(config(), false)
}

fn at(now: DateTime<Utc>) -> Time {
    Time { taken_at: now, now, deadlines: Deadlines::default() }
}

impl World {
    /// One expired key in the first account, two in the second.
    fn new() -> Self {
        let (one, two) = (FakeAccount::default(), FakeAccount::default());
        one.key("alice", "AKIA1", 200, 1);
        one.key("anna", "AKIA0", 5, 1);
        two.key("bob", "AKIA2", 200, 1);
        two.key("carol", "AKIA3", 200, 1);
        let accounts = [(ONE, one), (TWO, two)].map(|(id, account)| (id.to_owned(), Arc::new(account)));
        Self { accounts: accounts.into(), ..Self::default() }
    }

    async fn list(&self) -> Option<usize> {
        steps::list(self, self, EXECUTION, now()).await.unwrap()
    }

    async fn plan(&self, account: &str) -> Result<usize, StepError> {
        let worked = steps::plan_one(&work(), self, self, self, account, at(now())).await?;
        Ok(worked.load.disable)
    }

    async fn planned(&self) -> &Self {
        assert_eq!(self.list().await, Some(3));
        for account in [ONE, TWO, SHUT] {
            self.plan(account).await.unwrap();
        }
        self
    }

    async fn gate(&self, most: usize) -> Option<String> {
        let totals = work().totals(&MostInAll { disable: Some(most), ..MostInAll::default() });
        steps::gate(self, &totals).await.unwrap().brake
    }

    async fn apply(&self, account: &str, later: TimeDelta) -> Result<Vec<String>, StepError> {
        let worked = steps::apply(&work(), self, self, account, at(now() + later)).await?;
        let Reading::Read(report) = worked.report else { panic!("no report") };
        let told = |key: &sleuth::report::keys::Finding| format!("{:?} {:?}", key.outcome, key.reason);
        Ok(report.audit.keys.iter().filter(|key| key.action == sleuth::keys::Action::Disable).map(told).collect())
    }

    async fn consolidate(&self, execution: &str) -> Option<AccountsReport<KeyAudit>> {
        match self.try_consolidate(execution).await.unwrap() {
            Consolidated::Told(report) => Some(*report),
            Consolidated::Before(_) => None,
        }
    }

    async fn try_consolidate(&self, execution: &str) -> Result<Consolidated<KeyAudit>, StepError> {
        let outputs = Outputs::from(Notifier::new(vec![Channel::Memory(self.told.clone())]));
        let work = work();
        let told = steps::consolidate(&work, self, &outputs, (RUN, execution), now(), Deadlines::default());
        told.await
    }

    fn writes(&self) -> Vec<String> {
        self.accounts.values().flat_map(|account| account.state().writes.clone()).collect()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut String)) {
        change(self.files.lock().unwrap().get_mut(name).unwrap());
    }

    fn forget(&self, name: &str) {
        assert!(self.files.lock().unwrap().remove(name).is_some(), "{name}");
    }
}

fn subjects(report: &AccountsReport<KeyAudit>) -> Vec<String> {
    report.errors.iter().map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message)).collect()
}

#[tokio::test]
async fn whole_run_disables_what_all_plans_together_may() {
    let world = World::new();
    world.planned().await;
    assert!(world.writes().is_empty(), "planning changes nothing");
    assert_eq!(world.gate(3).await, None);
    for account in [ONE, TWO] {
        world.apply(account, TimeDelta::minutes(5)).await.unwrap();
    }
    let report = world.consolidate(EXECUTION).await.unwrap();
    assert_eq!(world.writes(), ["alice AKIA1", "bob AKIA2", "carol AKIA3"]);
    assert_eq!((report.run.as_str(), report.applied, report.generated_at), (RUN, true, now()));
    assert_eq!(report.summary.counts["disabled_now"], 3);
    assert_eq!(subjects(&report), [format!("account {SHUT}: AssumeRole: AccessDenied")]);
    assert_eq!((report.summary.accounts, report.summary.failed, report.summary.skipped), (3, 1, 1));
    assert!(report.accounts.iter().all(|report| report.is_complete() && report.applied));
}

#[tokio::test]
async fn plans_that_are_too_much_together_are_not_performed() {
    let world = World::new();
    let brake = world.planned().await.gate(2).await.unwrap();
    assert_eq!(brake, "3 keys were to be disabled in 2 accounts, MAX_DISABLE_TOTAL is 2");
    for account in [ONE, TWO] {
        let refused = world.apply(account, TimeDelta::zero()).await.unwrap_err().to_string();
        assert!(refused.contains("the brake did not let anything be changed"), "{refused}");
    }
    assert_eq!(world.gate(100).await.as_deref(), Some(brake.as_str()), "what was decided stays");
    let report = world.consolidate(EXECUTION).await.unwrap();
    assert!(world.writes().is_empty());
    assert_eq!(report.brake, Some(brake));
    let held = report
        .accounts
        .iter()
        .flat_map(|report| &report.audit.keys)
        .filter(|key| key.outcome == sleuth::report::Outcome::Held && key.action == sleuth::keys::Action::Disable);
    assert_eq!(held.count(), 3);
}

#[tokio::test]
async fn nothing_is_applied_before_the_gate_or_planned_after_it() {
    let world = World::new();
    world.planned().await;
    assert!(world.apply(ONE, TimeDelta::zero()).await.unwrap_err().to_string().contains("gate.json is not there"));
    world.gate(3).await;
    let late = world.plan(ONE).await.unwrap_err().to_string();
    assert_eq!(late, "the brake has counted the plans of this run already");
    let stranger = world.plan("444444444444").await.unwrap_err().to_string();
    assert_eq!(stranger, "account 444444444444 is not in the list of this run");
    assert!(world.apply("444444444444", TimeDelta::zero()).await.is_err());
    assert!(world.apply(SHUT, TimeDelta::zero()).await.is_err());
    assert!(world.writes().is_empty());
}

#[tokio::test]
async fn plan_that_the_brake_did_not_count_is_not_performed() {
    const INVENTORY: &str = "inventory/111111111111.json";
    const PLAN: &str = "plan/111111111111.json";
    let (young, old) = ("2026-06-26T12:00:00Z", "2025-01-01T00:00:00Z");
    for changes in [
        // One more key that would expire.
        &[(INVENTORY, young, old)][..],
        // Another key in the place of the one that was counted, alone and in the report, too.
        &[(INVENTORY, "AKIA1", "AKIA9")],
        &[(INVENTORY, "AKIA1", "AKIA9"), (PLAN, "AKIA1", "AKIA9")],
        // A time at which every key would be too old.
        &[(PLAN, "2026-07-01T12:00:00Z", "2099-07-01T12:00:00Z")],
    ] {
        let world = World::new();
        world.planned().await.gate(3).await;
        for (file, from, to) in changes {
            assert!(world.files.lock().unwrap()[*file].contains(from), "{file} lacks {from}");
            world.change(file, |text| *text = text.replace(from, to));
        }
        let told = world.apply(ONE, TimeDelta::zero()).await.unwrap();
        assert!(told.iter().all(|told| told.starts_with("Held")), "{changes:?}: {told:?}");
        let report = world.consolidate(EXECUTION).await.unwrap();
        let said = "the plan is not the one that the brake counted";
        assert_eq!(report.accounts[0].brake.as_deref(), Some(said), "{changes:?}");
        assert!(!report.is_complete() && world.writes().is_empty());
    }
}

#[tokio::test]
async fn counts_that_do_not_fit_the_plan_let_nothing_through() {
    let world = World::new();
    world.planned().await;
    world.change("load/111111111111.json", |text| *text = text.replace("\"disable\":1", "\"disable\":0"));
    let stray = world.files.lock().unwrap()["load/222222222222.json"].clone();
    world.files.lock().unwrap().insert("load/444444444444.json".into(), stray);
    assert_eq!(world.gate(2).await, None, "who is not in the list is not counted");
    assert!(world.apply("444444444444", TimeDelta::zero()).await.is_err());
    assert!(world.apply(ONE, TimeDelta::zero()).await.unwrap()[0].starts_with("Held"));
    assert!(world.writes().is_empty());
}

#[tokio::test]
async fn plan_whose_worker_ended_before_it_could_be_counted_is_held() {
    let world = World::new();
    world.planned().await;
    world.forget("load/111111111111.json");
    assert_eq!(world.gate(3).await, None);
    world.apply(TWO, TimeDelta::zero()).await.unwrap();
    let report = world.consolidate(EXECUTION).await.unwrap();
    let one = &report.accounts[0];
    assert_eq!(one.brake.as_deref(), Some("its plan was not counted with the others: its worker ended too early"));
    assert_eq!(one.audit.keys[0].outcome, sleuth::report::Outcome::Held);
}

#[tokio::test]
async fn what_an_attempt_did_that_was_broken_off_is_told_by_the_next() {
    let world = World::new();
    world.planned().await.gate(3).await;
    // It disabled one key of two, and died.
    world.files.lock().unwrap().insert("begun/222222222222.json".into(), "null".into());
    world.accounts[TWO].state().keys.get_mut("AKIA2").unwrap().status = KeyStatus::Inactive;
    let told = world.apply(TWO, TimeDelta::zero()).await.unwrap();
    assert!(told.iter().all(|told| told.starts_with("Done")), "{told:?}");
    assert!(told.iter().any(|told| told.contains("an earlier one was broken off")), "{told:?}");
    assert_eq!(world.writes(), ["carol AKIA3"]);
    world.apply(ONE, TimeDelta::zero()).await.unwrap();
    let report = world.consolidate(EXECUTION).await.unwrap();
    assert_eq!(report.summary.counts["disabled_now"], 3);
    let lines: Vec<String> =
        world.told.sent().iter().flat_map(|sent| &sent.groups).flat_map(|g| &g.lines).map(Line::plain).collect();
    assert!(lines.iter().any(|line| line.starts_with("bob: ") && line.contains("was disabled")), "{lines:?}");
}

#[tokio::test]
async fn key_that_somebody_disabled_before_any_attempt_is_not_claimed() {
    let world = World::new();
    world.planned().await.gate(3).await;
    world.accounts[ONE].state().keys.get_mut("AKIA1").unwrap().status = KeyStatus::Inactive;
    let told = world.apply(ONE, TimeDelta::zero()).await.unwrap();
    assert_eq!(told, ["Held Some(\"somebody else disabled the key in the meantime\")"]);
}

#[tokio::test]
async fn nobody_else_tells_and_nothing_is_applied_after_people_were_told() {
    let world = World::new();
    world.planned().await;
    assert!(world.try_consolidate("arn:of:somebody").await.is_err());
    world.gate(3).await;
    world.apply(ONE, TimeDelta::zero()).await.unwrap();
    world.files.lock().unwrap().insert("begun/222222222222.json".into(), "null".into());
    let report = world.consolidate(EXECUTION).await.unwrap();
    let late = world.apply(TWO, TimeDelta::zero()).await.unwrap_err().to_string();
    assert!(late.starts_with("people have been told of this run already"), "{late}");
    assert!(world.plan(TWO).await.is_err());
    assert_eq!(world.writes(), ["alice AKIA1"]);
    let words = report.accounts[1].audit.keys[0].reason.clone().unwrap();
    assert!(words.starts_with("whether it was done is not known"), "{words}");
    let lines: Vec<String> =
        world.told.sent().iter().flat_map(|sent| &sent.groups).flat_map(|g| &g.lines).map(Line::plain).collect();
    let bob = lines.iter().find(|line| line.starts_with("bob: ")).unwrap();
    assert!(bob.contains("whether it was done is not known") && !bob.contains("could not be"), "{bob}");
}

#[tokio::test]
async fn plan_of_yesterday_is_not_performed() {
    let world = World::new();
    world.planned().await.gate(3).await;
    let told = world.apply(ONE, TimeDelta::hours(25)).await.unwrap();
    assert!(told[0].starts_with("Held"), "{told:?}");
    assert!(world.apply(TWO, TimeDelta::hours(23)).await.unwrap()[0].starts_with("Done"));
}

#[tokio::test]
async fn what_changed_since_the_plan_is_seen() {
    let world = World::new();
    world.planned().await.gate(3).await;
    world.accounts[ONE].tag("alice", "KeyAutoExpire", "false");
    let told = world.apply(ONE, TimeDelta::zero()).await.unwrap();
    assert_eq!(told, ["Held Some(\"the owner became exempt in the meantime\")"]);
    world.shut.lock().unwrap().push(TWO.to_owned());
    let told = world.apply(TWO, TimeDelta::zero()).await.unwrap();
    assert!(told.iter().all(|told| told.starts_with("Held")), "{told:?}");
    let report = world.consolidate(EXECUTION).await.unwrap();
    assert!(report.accounts[1].errors[0].message.contains("could not be entered again"), "{report:?}");
    assert!(world.writes().is_empty());
}

#[tokio::test]
async fn second_attempt_or_execution_neither_acts_nor_tells_again() {
    let world = World::new();
    world.planned().await.gate(3).await;
    assert_eq!(world.list().await, Some(3), "an attempt of the same execution goes on");
    let other = "arn:aws:states:eu-west-1:123456789012:execution:sleuth:two";
    assert_eq!(steps::list(&world, &world, other, now()).await.unwrap(), None);
    for _ in 0..2 {
        for account in [ONE, TWO] {
            assert!(world.apply(account, TimeDelta::zero()).await.unwrap()[0].starts_with("Done"));
        }
    }
    assert_eq!(world.writes().len(), 3);
    assert!(world.consolidate(EXECUTION).await.is_some());
    let messages = world.told.sent().len();
    assert!(messages > 0);
    let Consolidated::Before(ended) = world.try_consolidate(EXECUTION).await.unwrap() else { panic!("told again") };
    assert_eq!(ended.errors[0].subject, format!("account {SHUT}"), "it ends as it ended before");
    let refused = world.try_consolidate(other).await.unwrap_err().to_string();
    assert_eq!(refused, "another execution does this run, and tells of it");
    assert_eq!(world.told.sent().len(), messages);
}

#[tokio::test]
async fn telling_that_was_broken_off_is_made_up_by_the_same_execution_only() {
    let world = World::new();
    world.planned().await.gate(3).await;
    let broken = json!({"execution": EXECUTION, "done": null}).to_string();
    world.files.lock().unwrap().insert("sent.json".into(), broken);
    assert!(world.try_consolidate("arn:of:another").await.is_err());
    assert!(world.consolidate(EXECUTION).await.is_some(), "told twice rather than never");
}

#[tokio::test]
async fn worker_that_left_nothing_or_rubbish_is_named_and_costs_nobody_else_anything() {
    let good = World::new();
    good.planned().await.gate(3).await;
    let expected = good.consolidate(EXECUTION).await.unwrap();
    let other = serde_json::to_string(&json!({"read": expected.accounts[1]})).unwrap();
    for (rubbish, said) in [
        (None, "its worker left no report: it died or was out of time"),
        (Some("{\"read\": {\"version\": 1"), "its worker left no report: plan/111111111111.json does not hold"),
        (Some("null"), "its worker left no report"),
        (Some(""), "its worker left no report"),
        (Some(other.as_str()), "its worker left a report on account 222222222222"),
    ] {
        let world = World::new();
        world.planned().await;
        match rubbish {
            None => world.forget("plan/111111111111.json"),
            Some(text) => world.change("plan/111111111111.json", |file| text.clone_into(file)),
        }
        world.gate(3).await;
        let report = world.consolidate(EXECUTION).await.unwrap();
        let error = &subjects(&report)[0];
        assert!(error.starts_with(&format!("account {ONE}: worker: {said}")), "{error}");
        assert_eq!(report.accounts.len(), 1);
        assert_eq!(report.accounts[0].audit, expected.accounts[1].audit);
    }
}

#[tokio::test]
async fn changes_of_a_worker_that_left_no_word_are_told_as_what_they_are() {
    for rubbish in [None, Some("{")] {
        let world = World::new();
        world.planned().await.gate(3).await;
        world.apply(TWO, TimeDelta::zero()).await.unwrap();
        world.files.lock().unwrap().insert("begun/111111111111.json".into(), "null".into());
        if let Some(rubbish) = rubbish {
            world.files.lock().unwrap().insert("done/111111111111.json".into(), rubbish.into());
        }
        let report = world.consolidate(EXECUTION).await.unwrap();
        let value: Value = serde_json::to_value(&report).unwrap();
        let key = &value["accounts"][0]["keys"][0];
        assert_eq!((&key["action"], &key["outcome"]), (&json!("disable"), &json!("failed")), "{key}");
        assert!(!report.accounts[0].is_complete());
        assert_eq!(value["accounts"][1]["keys"][0]["outcome"], "done");
        assert_eq!(report.summary.counts["disabled_now"], 2);
    }
}

#[tokio::test]
async fn changes_that_no_worker_began_are_not_told_as_doubtful() {
    let world = World::new();
    world.planned().await.gate(3).await;
    world.apply(ONE, TimeDelta::zero()).await.unwrap();
    let report = world.consolidate(EXECUTION).await.unwrap();
    let key = &report.accounts[1].audit.keys[0];
    assert_eq!(
        (key.outcome, key.reason.as_deref()),
        (sleuth::report::Outcome::Held, Some("it was not begun: see the execution"))
    );
    assert!(!report.is_complete());
}

#[tokio::test]
async fn files_that_s3_does_not_give_are_no_reason_to_tell_a_part() {
    let world = World::new();
    world.planned().await.gate(3).await;
    world.apply(ONE, TimeDelta::zero()).await.unwrap();
    world.shut.lock().unwrap().push("done/111111111111.json".into());
    let error = world.try_consolidate(EXECUTION).await.unwrap_err();
    assert!(matches!(error, StepError::Unread(_)), "{error}");
    assert!(world.told.sent().is_empty());
    world.shut.lock().unwrap().clear();
    assert!(world.consolidate(EXECUTION).await.is_some(), "another attempt tells it");
}

#[tokio::test]
async fn run_whose_plans_were_not_counted_changes_nothing_and_says_so() {
    let world = World::new();
    world.planned().await;
    let report = world.consolidate(EXECUTION).await.unwrap();
    assert!(report.brake.as_ref().unwrap().starts_with("the plans were not counted"), "{report:?}");
    assert!(!report.is_complete() && world.writes().is_empty());
}
