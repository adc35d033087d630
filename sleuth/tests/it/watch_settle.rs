//! Instances that something just happened to, and an EC2 that does not show it yet: nothing is judged by what may be stale,
//! and whatever could not be dealt with is to be delivered again.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, Ready, ready},
    sync::Mutex,
    time::Duration,
};

use chrono::TimeDelta;
use notifier::{Channel, Notifier, memory::Memory};
use sleuth::{
    deadline::Deadlines,
    facts::{ReadError, Tags},
    gather::watch::{Failure, Harvest, inventory},
    outputs::Outputs,
    ports::accounts::Accounts,
    report::{Outcome, tags::TagsReport},
    run::{
        self,
        tags::Policy,
        watch::{Ended, Time},
    },
    tags::{
        Instance, InstanceId, Inventory, RegionName, State, Status,
        launch::Principal,
        watch::{
            Change, Event, Launched, Sighting,
            evidence::{Wanted, together},
        },
    },
};
use tokio::time::Instant;

use crate::fake_cloud::{FakeCloud, now, policy};

/// Whatever has no tag at all is terminated.
const RULES: &str = "[[rule]]\ntag = \"*\"\naction = \"terminate\"\n";
const ACCOUNT: &str = "123456789012";
const MINUTE: Duration = Duration::from_secs(60);

fn tags(of: &[(&str, &str)]) -> Tags {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Something that happened to an instance so many minutes ago.
fn sighting(region: &str, id: &str, minutes: i64, change: Change) -> Sighting {
    Sighting {
        account: ACCOUNT.into(),
        region: RegionName(region.into()),
        event: Event {
            id: Some(format!("of {id}, {minutes} minutes ago")),
            name: "Call".into(),
            at: now() - TimeDelta::minutes(minutes),
            by: Some(Principal::User { name: "mira".into() }),
            arn: None,
            source_ip: None,
        },
        instances: vec![(InstanceId(id.into()), change)],
    }
}

fn launch(id: &str, minutes: i64, of: &[(&str, &str)]) -> Sighting {
    launch_of(id, minutes, of, true)
}

fn launch_of(id: &str, minutes: i64, of: &[(&str, &str)], tags_known: bool) -> Sighting {
    let instance = Instance { tags: tags(of), ..Instance::new(InstanceId(id.into()), State::Running) };
    sighting("eu-west-1", id, minutes, Change::Launched(Box::new(Launched { instance, tags_known })))
}

fn untagged(id: &str, key: &str) -> Sighting {
    sighting("eu-west-1", id, 1, Change::Untagged(vec![(key.into(), None)]))
}

fn started(id: &str) -> Sighting {
    sighting("eu-west-1", id, 1, Change::Started)
}

fn wanted(sightings: &[Sighting]) -> Wanted {
    together(sightings)
}

async fn look(cloud: &FakeCloud, sightings: &[Sighting], policy: &Policy, end: Option<Instant>) -> Inventory {
    inventory(cloud, &policy.scope(now(), now(), end), &wanted(sightings), MINUTE).await
}

/// What is found if meanwhile something happens, and after how many seconds.
async fn found(
    cloud: &FakeCloud,
    sightings: &[Sighting],
    meanwhile: impl Future<Output = ()>,
) -> (u64, Vec<(String, State, Option<String>)>) {
    let (policy, begun) = (policy(RULES, &[]), Instant::now());
    let look = async { (look(cloud, sightings, &policy, None).await, begun.elapsed().as_secs()) };
    let ((inventory, seconds), ()) = tokio::join!(look, meanwhile);
    let instances = inventory.regions.into_iter().flat_map(|region| {
        assert_eq!(region.errors, []);
        region.instances
    });
    let line = |instance: Instance| {
        let unsettled = instance.unsettled.map(|error| error.message);
        (instance.id.0, instance.state, unsettled)
    };
    (seconds, instances.map(line).collect())
}

fn nothing() -> Ready<()> {
    ready(())
}

async fn after(seconds: u64, change: impl FnOnce()) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    change();
}

fn cloud() -> FakeCloud {
    FakeCloud::default()
}

fn looks(cloud: &FakeCloud, id: &str) -> usize {
    cloud.world().calls.iter().filter(|call| **call == format!("named {id}")).count()
}

#[tokio::test(start_paused = true)]
async fn instance_that_shows_what_happened_is_looked_at_once() {
    let cloud = cloud().with("eu-west-1", "i-1", &[("Team", "a")]).with("eu-west-1", "i-other", &[]);
    let of = [launch("i-1", 1, &[("Team", "a")])];
    assert_eq!(found(&cloud, &of, nothing()).await, (0, vec![("i-1".into(), State::Running, None)]));
    assert_eq!(looks(&cloud, "i-1"), 1);
}

#[tokio::test(start_paused = true)]
async fn instance_that_shows_up_late_is_judged_then() {
    let cloud = cloud();
    let arrives = after(3, || {
        let late = FakeCloud::default().with("eu-west-1", "i-1", &[]);
        cloud.world().instances.append(&mut late.world().instances);
    });
    let (seconds, instances) = found(&cloud, &[launch("i-1", 1, &[])], arrives).await;
    assert_eq!(instances, [("i-1".into(), State::Running, None)]);
    assert!((3..8).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn tags_that_show_up_late_are_waited_for() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]);
    let of = [launch("i-1", 1, &[("Team", "a")]), started("i-2")];
    let shows = after(10, || cloud.change("i-1", |instance| instance.tags = tags(&[("Team", "a")])));
    let (seconds, instances) = found(&cloud, &of, shows).await;
    let running = |id: &str| (id.to_owned(), State::Running, None);
    assert_eq!(instances, [running("i-1"), running("i-2")]);
    assert!((10..20).contains(&seconds), "{seconds}");
    assert_eq!(looks(&cloud, "i-2"), 1, "what is known is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn what_stays_unclear_is_unknown_after_the_patience_is_over() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]).with("eu-west-1", "i-3", &[]);
    cloud.change("i-3", |instance| instance.state = State::Pending);
    let of =
        [launch("i-1", 1, &[("Team", "a")]), launch_of("i-2", 1, &[], false), started("i-3"), launch("i-4", 1, &[])];
    let (seconds, instances) = found(&cloud, &of, nothing()).await;
    assert_eq!(seconds, 60);
    let unclear = |id: &str, state, reason: &str| (id.to_owned(), state, Some(reason.to_owned()));
    let wanted = [
        unclear("i-1", State::Running, "the tag `Team` was set, and EC2 does not show it yet"),
        unclear("i-2", State::Running, "CloudTrail left out which tags it was launched with"),
        unclear("i-3", State::Pending, "it is still pending"),
        unclear("i-4", State::Other("not-found".into()), "EC2 does not show it yet"),
    ];
    assert_eq!(instances, wanted);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_fresh_any_more_is_as_it_is_shown() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]);
    let of = [launch("i-1", 20, &[("Team", "a")]), launch("i-gone", 20, &[])];
    assert_eq!(found(&cloud, &of, nothing()).await, (0, vec![("i-1".into(), State::Running, None)]));
}

#[tokio::test(start_paused = true)]
async fn tag_that_was_removed_and_stays_is_judged_as_shown_at_the_end() {
    let cloud = cloud().with("eu-west-1", "i-1", &[("Team", "a")]).with("eu-west-1", "i-2", &[("Team", "a")]);
    let goes = after(5, || cloud.change("i-2", |instance| instance.tags.clear()));
    let (seconds, instances) = found(&cloud, &[untagged("i-1", "Team"), untagged("i-2", "Team")], goes).await;
    let running = |id: &str| (id.to_owned(), State::Running, None);
    assert_eq!((seconds, instances), (60, vec![running("i-1"), running("i-2")]));
    assert!(looks(&cloud, "i-2") < looks(&cloud, "i-1"));
}

#[tokio::test(start_paused = true)]
async fn terminated_instance_is_left_out_at_once() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]);
    cloud.change("i-1", |instance| instance.state = State::Terminated);
    assert_eq!(found(&cloud, &[launch("i-1", 1, &[("Team", "a")])], nothing()).await, (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn listing_that_fails_makes_those_unknown_that_it_does_not_show_and_no_others() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]).with("us-east-1", "i-3", &[]);
    cloud.world().failing.push(("named", "i-1".into()));
    // However old what happened is: what could not be read is not known.
    let of = [launch("i-1", 60, &[]), started("i-2"), sighting("us-east-1", "i-3", 1, Change::Started)];
    let (_, instances) = found(&cloud, &of, nothing()).await;
    let running = |id: &str| (id.to_owned(), State::Running, None);
    let failed = ("i-1".to_owned(), State::Other("not-found".into()), Some("named failed".to_owned()));
    assert_eq!(instances, [failed, running("i-2"), running("i-3")]);
}

#[tokio::test(start_paused = true)]
async fn half_of_the_time_for_reading_is_waited_for_at_the_most() {
    let (cloud, begun) = (cloud(), Instant::now());
    let end = Some(begun + Duration::from_secs(7));
    let inventory = look(&cloud, &[launch("i-1", 1, &[])], &policy(RULES, &[]), end).await;
    assert_eq!(begun.elapsed().as_millis(), 3_500);
    assert!(inventory.regions[0].instances[0].unsettled.is_some());
}

#[tokio::test(start_paused = true)]
async fn instance_has_its_events_and_its_launch_is_known_by_them() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]);
    let of = [launch("i-1", 2, &[]), started("i-1"), started("i-2")];
    let inventory = look(&cloud, &of, &policy(RULES, &[]), None).await;
    let [first, second] = &inventory.regions[0].instances[..] else { panic!("{inventory:?}") };
    assert_eq!((first.events.len(), second.events.len()), (2, 1));
    let by = first.launch.as_ref().unwrap().as_read().unwrap().as_ref().map(|launch| launch.by.clone());
    assert_eq!(by, Some(Principal::User { name: "mira".into() }));
    let asked: Vec<String> = cloud.world().calls.iter().filter(|call| call.starts_with("launch")).cloned().collect();
    assert_eq!(asked, ["launch i-2"]);
}

#[tokio::test(start_paused = true)]
async fn canary_of_the_region_is_read_too_and_kept_apart() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-canary", &[("Name", "canary")]);
    cloud.change("i-canary", |instance| instance.state = State::Stopped);
    let policy = policy(RULES, &[("CANARY_TAGS", "Name=canary")]);
    let ids = |inventory: Inventory| -> Vec<String> {
        inventory.regions.into_iter().flat_map(|region| region.instances).map(|instance| instance.id.0).collect()
    };
    assert_eq!(ids(look(&cloud, &[started("i-1")], &policy, None).await), ["i-1", "i-canary"]);
    assert_eq!(ids(look(&cloud, &[started("i-canary")], &policy, None).await), ["i-canary"]);
}

/// Accounts, each of which can be looked at once.
#[derive(Debug, Default)]
struct FakeAccounts(Mutex<BTreeMap<String, FakeCloud>>);

impl FakeAccounts {
    fn with(self, account: &str, cloud: FakeCloud) -> Self {
        self.0.lock().unwrap().insert(account.to_owned(), cloud);
        self
    }
}

impl Accounts for FakeAccounts {
    type Account = FakeCloud;

    async fn account(&self, id: &str) -> Result<FakeCloud, ReadError> {
        let cloud = self.0.lock().unwrap().remove(id);
        cloud.ok_or_else(|| ReadError { operation: "AssumeRole".into(), message: "denied".into() })
    }
}

/// What messages brought.
fn harvest(sightings: &[(&str, Sighting)]) -> Harvest {
    let mut harvest = Harvest::default();
    let one = |(message, sighting): &(&str, Sighting)| (sighting.clone(), BTreeSet::from([(*message).to_owned()]));
    harvest.sightings = sightings.iter().map(one).collect();
    harvest
}

async fn wet(accounts: &FakeAccounts, harvest: &Harvest, outputs: Outputs) -> Ended {
    let time = Time { now: now(), deadlines: Deadlines::default(), patience: MINUTE };
    run::watch::wet(accounts, harvest, &policy(RULES, &[]), &outputs, time, |_, _| ()).await
}

fn memory() -> Outputs {
    Notifier::new(vec![Channel::Memory(Memory::default())]).into()
}

fn outcomes(report: &TagsReport) -> Vec<(&str, Status, Outcome)> {
    let line = |finding: &sleuth::report::tags::Finding| finding.outcome;
    report.audit.instances.iter().map(|found| (found.instance_id.0.as_str(), found.status, line(found))).collect()
}

fn set(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn unsettled_instance_is_unknown_never_acted_on_and_delivered_again() {
    let cloud = cloud()
        .with("eu-west-1", "i-bare", &[])
        .with("eu-west-1", "i-doubtful", &[])
        .with("eu-west-1", "i-late", &[])
        .with("eu-west-1", "i-tagged", &[("Team", "a")]);
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud);
    let harvest = harvest(&[
        ("m-1", launch("i-bare", 1, &[])),
        ("m-1", launch("i-tagged", 1, &[("Team", "a")])),
        ("m-2", launch("i-late", 1, &[("Team", "a")])),
        ("m-3", launch_of("i-doubtful", 1, &[], false)),
        ("m-4", launch("i-unseen", 1, &[])),
        ("m-5", launch("i-gone", 60, &[])),
    ]);
    let ended = wet(&accounts, &harvest, memory()).await;
    let [report] = &ended.report.accounts[..] else { panic!("{ended:?}") };
    let wanted = [
        ("i-bare", Status::Violation, Outcome::Done),
        ("i-doubtful", Status::Unknown, Outcome::None),
        ("i-late", Status::Unknown, Outcome::None),
        ("i-tagged", Status::Compliant, Outcome::None),
        ("i-unseen", Status::Unknown, Outcome::None),
    ];
    let mut found = outcomes(report);
    found.sort_by_key(|(id, _, _)| *id);
    assert_eq!(found, wanted);
    assert_eq!(ended.failed, set(&["m-2", "m-3", "m-4"]));
    let done = ["of i-bare, 1 minutes ago", "of i-tagged, 1 minutes ago", "of i-gone, 60 minutes ago"];
    assert_eq!(ended.done, set(&done));
    assert_eq!((ended.report.summary.instances, ended.report.summary.gone), (6, 1));
    assert!(!ended.report.is_complete());
}

#[tokio::test(start_paused = true)]
async fn account_out_of_reach_fails_its_own_messages_only() {
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud().with("eu-west-1", "i-1", &[("Team", "a")]));
    let mut other = started("i-2");
    other.account = "210987654321".into();
    let harvest = harvest(&[("m-1", started("i-1")), ("m-2", other)]);
    let ended = wet(&accounts, &harvest, memory()).await;
    assert_eq!((ended.failed, ended.done), (set(&["m-2"]), set(&["of i-1, 1 minutes ago"])));
    let errors: Vec<String> = ended.report.errors.iter().map(|error| error.subject.clone()).collect();
    assert_eq!((errors, ended.report.summary.instances), (vec!["account 210987654321".to_owned()], 2));
}

#[tokio::test(start_paused = true)]
async fn file_that_could_not_be_read_fails_its_messages_and_nothing_else() {
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud().with("eu-west-1", "i-1", &[]));
    let mut harvest = harvest(&[("m-1", started("i-1"))]);
    harvest.failures.push(Failure {
        subject: "s3://b/k".into(),
        error: ReadError { operation: "GetObject".into(), message: "AccessDenied".into() },
        messages: set(&["m-2", "m-3"]),
    });
    let ended = wet(&accounts, &harvest, memory()).await;
    assert_eq!((&ended.failed, &ended.done), (&set(&["m-2", "m-3"]), &set(&["of i-1, 1 minutes ago"])));
    assert_eq!(outcomes(&ended.report.accounts[0]), [("i-1", Status::Violation, Outcome::Done)]);
    let nobody = Ended::without_instances(&harvest, now());
    assert_eq!((nobody.failed, nobody.done), (set(&["m-2", "m-3"]), set(&[])));
}

#[tokio::test(start_paused = true)]
async fn change_that_failed_is_delivered_again() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]);
    cloud.world().failing.push(("terminate", "i-1".into()));
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud);
    let ended = wet(&accounts, &harvest(&[("m-1", started("i-1")), ("m-2", started("i-2"))]), memory()).await;
    assert_eq!((ended.failed, ended.done), (set(&["m-1"]), set(&["of i-2, 1 minutes ago"])));
}

#[tokio::test(start_paused = true)]
async fn event_about_two_instances_is_done_when_both_are() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]);
    cloud.world().failing.push(("terminate", "i-1".into()));
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud);
    let mut both = started("i-2");
    both.instances.push((InstanceId("i-1".into()), Change::Started));
    let ended = wet(&accounts, &harvest(&[("m-1", both)]), memory()).await;
    assert_eq!((ended.failed, ended.done), (set(&["m-1"]), set(&[])));
}

/// Nobody knows what could not be read, so nothing of it counts as done.
#[tokio::test(start_paused = true)]
async fn region_that_is_not_read_whole_fails_all_of_it() {
    let cloud = cloud().with("eu-west-1", "i-1", &[("Team", "a")]);
    cloud.world().failing.push(("instances", "eu-west-1".into()));
    let settings = policy(RULES, &[("CANARY_TAGS", "Name=canary")]);
    let inventory = look(&cloud, &[started("i-1")], &settings, None).await;
    let report = run::tags::dry(&inventory, &settings, now());
    assert_eq!(report.failed(), BTreeSet::from([(RegionName("eu-west-1".into()), InstanceId("i-1".into()))]));
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud);
    let time = Time { now: now(), deadlines: Deadlines::default(), patience: MINUTE };
    let harvest = harvest(&[("m-1", started("i-1"))]);
    let ended = run::watch::wet(&accounts, &harvest, &settings, &memory(), time, |_, _| ()).await;
    assert_eq!((ended.failed, ended.done), (set(&["m-1"]), set(&[])));
}

#[tokio::test(start_paused = true)]
async fn instance_is_failed_by_what_is_said_of_it_and_no_other() {
    let place = |region: &str, id: &str| (RegionName(region.into()), InstanceId(id.into()));
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("us-east-1", "i-1", &[("Team", "a")]);
    let of = [launch("i-1", 1, &[("Team", "a")]), sighting("us-east-1", "i-1", 1, Change::Started)];
    let settings = policy(RULES, &[]);
    let report = run::tags::dry(&look(&cloud, &of, &settings, None).await, &settings, now());
    assert_eq!(report.failed(), BTreeSet::from([place("eu-west-1", "i-1")]));
    cloud.change("i-1", |instance| instance.tags = tags(&[("Team", "a")]));
    let report = run::tags::dry(&look(&cloud, &of, &settings, None).await, &settings, now());
    assert_eq!(report.failed(), BTreeSet::new());
}

/// It might be let through in parts.
#[tokio::test(start_paused = true)]
async fn what_the_brake_held_is_not_delivered_again() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]).with("eu-west-1", "i-2", &[]);
    let settings = policy(RULES, &[("MAX_TERMINATE", "1")]);
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud);
    let time = Time { now: now(), deadlines: Deadlines::default(), patience: MINUTE };
    let harvest = harvest(&[("m-1", started("i-1")), ("m-2", started("i-2"))]);
    let ended = run::watch::wet(&accounts, &harvest, &settings, &memory(), time, |_, _| ()).await;
    assert!(ended.report.accounts[0].brake.is_some() && !ended.report.is_complete());
    assert_eq!((ended.failed.len(), ended.done.len()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn brake_is_one_for_all_accounts_and_nothing_is_changed_in_any() {
    let mut other = started("i-2");
    other.account = "210987654321".into();
    let harvest = harvest(&[("m-1", started("i-1")), ("m-2", other)]);
    let time = Time { now: now(), deadlines: Deadlines::default(), patience: MINUTE };
    for (most, outcome) in [("1", Outcome::Held), ("2", Outcome::Done)] {
        let ours = cloud().with("eu-west-1", "i-1", &[]);
        let theirs = cloud().with("eu-west-1", "i-2", &[]);
        let accounts = FakeAccounts::default().with(ACCOUNT, ours).with("210987654321", theirs);
        let settings = policy(RULES, &[("MAX_TERMINATE", most)]);
        let ended = run::watch::wet(&accounts, &harvest, &settings, &memory(), time, |_, _| ()).await;
        let found: Vec<_> = ended.report.accounts.iter().flat_map(outcomes).collect();
        assert_eq!(found, [("i-1", Status::Violation, outcome), ("i-2", Status::Violation, outcome)], "{most}");
    }
}

#[tokio::test(start_paused = true)]
async fn launcher_that_nobody_knows_is_no_reason_to_deliver_again() {
    let cloud = cloud().with("eu-west-1", "i-1", &[]);
    cloud.world().failing.push(("launch", "i-1".into()));
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud);
    let ended = wet(&accounts, &harvest(&[("m-1", started("i-1"))]), memory()).await;
    assert!(ended.report.accounts[0].errors.iter().any(|error| error.operation == "LookupEvents"));
    assert_eq!((ended.failed, ended.done.len()), (set(&[]), 1));
}

#[tokio::test(start_paused = true)]
async fn dry_run_finds_the_same_and_changes_nothing() {
    let accounts = FakeAccounts::default().with(ACCOUNT, cloud().with("eu-west-1", "i-1", &[]));
    let mut other = started("i-2");
    other.account = "210987654321".into();
    let harvest = harvest(&[("m-1", started("i-1")), ("m-2", other)]);
    let time = Time { now: now(), deadlines: Deadlines::default(), patience: MINUTE };
    let report = run::watch::dry(&accounts, &harvest, &policy(RULES, &[]), time).await;
    assert_eq!(outcomes(&report.accounts[0]), [("i-1", Status::Violation, Outcome::Planned)]);
    assert_eq!(report.errors.len(), 1);
}
