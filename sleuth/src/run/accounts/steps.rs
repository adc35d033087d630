//! A run over many accounts in steps, each an invocation of its own: the accounts are listed, each is planned, the brake
//! counts all plans, those with something to change are applied, and people are told once.
//!
//! What the steps know of each other stands in files of the run. Nothing of weight is taken from an event: an account is
//! changed only if the brake's own file names it, with the very counts that the brake saw.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Found, Time, Work, like_planned, plan};
use crate::{
    facts::{ReadError, Reading},
    organization::{
        Listing, Member,
        brake::{Load, Totals, brake},
    },
    outputs::Deliverable,
    ports::accounts::{Accounts, Directory, Store},
    report::Report,
    snapshot,
};

mod consolidate;

pub use consolidate::{Consolidated, consolidate};

/// How old a plan may be that is still performed, in hours. Whoever takes a run up again after days is to make a new one.
const OLDEST_PLAN: i64 = 24;

/// What a step did not do, and why.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A file could not be read or written, or the accounts not be listed.
    #[error("{0}")]
    Unread(ReadError),
    /// It is not to be done.
    #[error("{0}")]
    Refused(String),
}

impl From<ReadError> for StepError {
    fn from(error: ReadError) -> Self {
        Self::Unread(error)
    }
}

/// Who works on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The execution of the state machine.
    pub execution: String,
    /// When it began.
    pub started: DateTime<Utc>,
}

/// What the brake said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Why nothing is to be changed anywhere.
    pub brake: Option<String>,
    /// The accounts in which something is to be changed, and how much; none, if the brake is pulled.
    pub accounts: BTreeMap<String, Load>,
}

/// An account, as the state machine hands it to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Item<'a> {
    account: &'a str,
}

const CLAIM: &str = "claim.json";
const LISTING: &str = "listing.json";
/// The accounts that are to be planned.
pub const ACCOUNTS: &str = "accounts.json";
const GATE: &str = "gate.json";
/// The accounts in which something is to be changed.
pub const APPLY: &str = "apply.json";
const LOADS: &str = "load/";

fn plan_of(account: &str) -> String {
    format!("plan/{account}.json")
}

fn inventory_of(account: &str) -> String {
    format!("inventory/{account}.json")
}

fn load_of(account: &str) -> String {
    format!("{LOADS}{account}.json")
}

fn done_of(account: &str) -> String {
    format!("done/{account}.json")
}

fn json(value: &impl Serialize) -> Result<String, StepError> {
    serde_json::to_string(value).map_err(|error| StepError::Refused(error.to_string()))
}

/// What a file holds; `None` if there is none.
async fn parsed<T: DeserializeOwned>(store: &impl Store, name: &str) -> Result<Option<T>, StepError> {
    let text = store.get(name).await?;
    let parse = |text: String| serde_json::from_str(&text).map_err(|error| rubbish(name, &error));
    text.map(parse).transpose()
}

/// What a file holds that a step before this one wrote.
async fn written<T: DeserializeOwned>(store: &impl Store, name: &str) -> Result<T, StepError> {
    let missing = || StepError::Refused(format!("{name} is not there: a step before this one did not end well"));
    parsed(store, name).await?.ok_or_else(missing)
}

fn rubbish(name: &str, error: &serde_json::Error) -> StepError {
    StepError::Refused(format!("{name} does not hold what it should: {error}"))
}

/// What a worker left about an account; `None`: nothing.
async fn left<Job: Work>(store: &impl Store, name: &str) -> Result<Option<Reading<Report<Job::Audit>>>, StepError> {
    let text = store.get(name).await?;
    text.map(|text| Job::parse(&text).map_err(|error| rubbish(name, &error))).transpose()
}

/// How many accounts there are; `None` if another execution works on this run, or did.
pub async fn list(
    store: &impl Store,
    directory: &impl Directory,
    execution: &str,
    now: DateTime<Utc>,
) -> Result<Option<usize>, StepError> {
    let claim = Claim { execution: execution.to_owned(), started: now };
    if !store.claim(CLAIM, &json(&claim)?).await? {
        let known: Claim = written(store, CLAIM).await?;
        if known.execution != execution {
            return Ok(None);
        }
    }
    let listing = directory.accounts().await?;
    store.put(LISTING, &json(&listing)?).await?;
    let items: Vec<Item<'_>> = listing.members.iter().map(|member| Item { account: &member.id }).collect();
    store.put(ACCOUNTS, &json(&items)?).await?;
    Ok(Some(items.len()))
}

/// What a worker found or did in an account.
#[derive(Debug, Clone)]
pub struct Worked<Audit> {
    /// How much is to be changed.
    pub load: Load,
    /// The report, or why the account could not be entered.
    pub report: Reading<Report<Audit>>,
}

/// Reads an account and plans what is to be done in it. An account that cannot be entered is no failure of the step.
pub async fn plan_one<Job: Work>(
    work: &Job,
    store: &impl Store,
    aws: &impl Accounts<Account = Job::Aws>,
    directory: &impl Directory,
    account: &str,
    time: Time,
) -> Result<Worked<Job::Audit>, StepError>
where
    Report<Job::Audit>: Deliverable,
{
    let member = member(store, account).await?;
    if store.get(GATE).await?.is_some() {
        // What the brake counted is not to be changed behind its back.
        return Err(StepError::Refused("the brake has counted the plans of this run already".to_owned()));
    }
    let worked = match Box::pin(plan(work, aws, directory, &member, time)).await {
        Err(error) => Worked { load: Load::default(), report: Reading::Unread(error) },
        Ok(Found { inventory, load, report, .. }) => {
            if let Some(inventory) = inventory {
                let text = snapshot::format(&inventory).map_err(|error| StepError::Refused(error.to_string()))?;
                store.put(&inventory_of(account), &text).await?;
            }
            Worked { load, report: Reading::Read(report) }
        }
    };
    store.put(&plan_of(account), &json(&worked.report)?).await?;
    // Last, so that the brake counts only plans that are whole; zeros take the place of what an earlier attempt found.
    if worked.load.changes > 0 || store.get(&load_of(account)).await?.is_some() {
        store.put(&load_of(account), &json(&worked.load)?).await?;
    }
    Ok(worked)
}

/// The account, if the run is about it.
async fn member(store: &impl Store, account: &str) -> Result<Member, StepError> {
    let listing: Listing = written(store, LISTING).await?;
    let found = listing.members.into_iter().find(|member| member.id == account);
    found
        .ok_or_else(|| StepError::Refused(format!("account {} is not in the list of this run", account.escape_debug())))
}

/// Counts all plans, and says in which accounts something is to be changed.
pub async fn gate(store: &impl Store, totals: &Totals) -> Result<Gate, StepError> {
    // What was decided stays, also for a second attempt.
    if let Some(gate) = parsed::<Gate>(store, GATE).await? {
        return Ok(gate);
    }
    let mut loads = BTreeMap::new();
    for name in store.names(LOADS).await? {
        let load: Load = written(store, &name).await?;
        let account = name.strip_prefix(LOADS).and_then(|name| name.strip_suffix(".json"));
        if load.changes > 0 {
            loads.insert(account.unwrap_or(&name).to_owned(), load);
        }
    }
    let gate = match brake(loads.values().copied(), totals) {
        Some(reason) => Gate { brake: Some(reason), accounts: BTreeMap::new() },
        None => Gate { brake: None, accounts: loads },
    };
    let items: Vec<Item<'_>> = gate.accounts.keys().map(|account| Item { account }).collect();
    store.put(APPLY, &json(&items)?).await?;
    if !store.claim(GATE, &json(&gate)?).await? {
        return written(store, GATE).await;
    }
    Ok(gate)
}

/// Performs the plan of an account, once. A plan that is not the one that the brake counted is not performed.
pub async fn apply<Job: Work>(
    work: &Job,
    store: &impl Store,
    aws: &impl Accounts<Account = Job::Aws>,
    account: &str,
    time: Time,
) -> Result<Worked<Job::Audit>, StepError>
where
    Report<Job::Audit>: Deliverable,
{
    let gate: Gate = written(store, GATE).await?;
    let Some(counted) = gate.accounts.get(account) else {
        let account = account.escape_debug();
        return Err(StepError::Refused(format!("the brake did not let anything be changed in account {account}")));
    };
    if let Some(report) = left::<Job>(store, &done_of(account)).await? {
        return Ok(Worked { load: *counted, report });
    }
    let Some(Reading::Read(planned)) = left::<Job>(store, &plan_of(account)).await? else {
        return Err(StepError::Refused(format!("there is no plan for account {account}")));
    };
    let text = store.get(&inventory_of(account)).await?;
    let missing = || StepError::Refused(format!("{} is not there", inventory_of(account)));
    let inventory: Job::Inventory = snapshot::parse(&text.ok_or_else(missing)?)
        .map_err(|error| StepError::Refused(format!("{}: {error}", inventory_of(account))))?;
    let now = planned.generated_at;
    let report = match held(work, &inventory, &planned, *counted, time.now) {
        Some(reason) => with(planned, |report| report.hold(&reason)),
        None => match aws.account(account).await {
            Err(error) => {
                with(planned, |report| report.hold(&format!("the account could not be entered again: {error}")))
            }
            Ok(aws) => like_planned(work.act(&aws, &inventory, now, time.deadlines).await, &planned),
        },
    };
    let report = Reading::Read(report);
    store.put(&done_of(account), &json(&report)?).await?;
    Ok(Worked { load: *counted, report })
}

fn with<Audit>(mut report: Report<Audit>, change: impl FnOnce(&mut Report<Audit>)) -> Report<Audit> {
    change(&mut report);
    report
}

/// Why a plan is not performed, if it is not the one that the brake counted, or too old.
fn held<Job: Work>(
    work: &Job,
    inventory: &Job::Inventory,
    planned: &Report<Job::Audit>,
    counted: Load,
    now: DateTime<Utc>,
) -> Option<String> {
    if now - planned.generated_at > TimeDelta::hours(OLDEST_PLAN) {
        return Some(format!("the plan is more than {OLDEST_PLAN} hours old: start a new run"));
    }
    let (load, again) = (work.load(inventory, planned.generated_at), work.dry(inventory, planned.generated_at));
    (load != counted || again.run != planned.run).then(|| "the plan is not the one that the brake counted".to_owned())
}
