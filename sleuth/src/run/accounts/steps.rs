//! A run over many accounts in steps, each an invocation of its own: the accounts are listed, each is planned, the brake
//! counts all plans, those with something to change are applied, and people are told once.
//!
//! What the steps know of each other stands in files of the run. Nothing of weight is taken from an event: an account is
//! changed only if the brake's own file names it, with the very counts that the brake saw.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::{Found, Time, Work, plan};
use crate::{
    facts::{ReadError, Reading},
    organization::{
        Listing, Member,
        brake::{Load, Totals, brake},
    },
    outputs::Deliverable,
    ports::accounts::{Accounts, Directory, NOBODY, REFUSED, Store},
    report::{Report, hex},
    snapshot,
};

mod apply;
mod consolidate;

pub use apply::apply;
pub use consolidate::{Consolidated, consolidate};

/// How many files are read side by side.
const CONCURRENCY: usize = 32;

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

/// A plan as the brake counts it: how much it would change, and what tells it from any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// How much is to be changed.
    pub load: Load,
    /// The name of the run of its report, which is made of what was found.
    run: String,
    /// The time its ages are counted to.
    at: DateTime<Utc>,
    /// SHA-256 of the saved inventory, in hex.
    inventory: String,
}

/// What the brake said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Why nothing is to be changed anywhere.
    pub brake: Option<String>,
    /// The accounts in which something is to be changed, and by which plan; none, if the brake is pulled.
    pub accounts: BTreeMap<String, Counted>,
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
/// Who tells people, and whether it did.
const SENT: &str = "sent.json";

fn plan_of(account: &str) -> String {
    format!("plan/{account}.json")
}

fn inventory_of(account: &str) -> String {
    format!("inventory/{account}.json")
}

fn load_of(account: &str) -> String {
    format!("{LOADS}{account}.json")
}

/// That somebody began to change the account.
fn begun_of(account: &str) -> String {
    format!("begun/{account}.json")
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
    if listing.members.is_empty() {
        return Err(StepError::Refused(NOBODY.to_owned()));
    }
    // What workers go by is not changed under them: a second attempt takes the list of the first.
    store.claim(LISTING, &json(&listing)?).await?;
    let listing: Listing = written(store, LISTING).await?;
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
    untold(store).await?;
    if store.get(GATE).await?.is_some() {
        // What the brake counted is not to be changed behind its back.
        return Err(StepError::Refused("the brake has counted the plans of this run already".to_owned()));
    }
    let found = match Box::pin(plan(work, aws, directory, &member, time)).await {
        // What was not refused may be had in another attempt.
        Err(error) if error.operation != REFUSED => return Err(error.into()),
        found => found,
    };
    let (mut counted, report) = (None, found.as_ref().map(|found| found.report.clone()));
    if let Ok(Found { inventory: Some(inventory), load, report, .. }) = &found {
        let text = snapshot::format(inventory).map_err(|error| StepError::Refused(error.to_string()))?;
        store.put(&inventory_of(account), &text).await?;
        let (run, at) = (report.run.clone(), report.generated_at);
        counted = Some(Counted { load: *load, run, at, inventory: digest(&text) });
    }
    let report: Reading<Report<Job::Audit>> = report.map_err(Clone::clone).into();
    store.put(&plan_of(account), &json(&report)?).await?;
    // Last, so that the brake counts only plans that are whole; nothing takes the place of what an earlier attempt found.
    if counted.is_some() || store.get(&load_of(account)).await?.is_some() {
        store.put(&load_of(account), &json(&counted)?).await?;
    }
    let load = counted.map_or(Load::default(), |counted| counted.load);
    Ok(Worked { load, report })
}

fn digest(text: &str) -> String {
    hex(Sha256::digest(text).iter())
}

/// The account, if the run is about it.
async fn member(store: &impl Store, account: &str) -> Result<Member, StepError> {
    let listing: Listing = written(store, LISTING).await?;
    let found = listing.members.into_iter().find(|member| member.id == account);
    found
        .ok_or_else(|| StepError::Refused(format!("account {} is not in the list of this run", account.escape_debug())))
}

/// That nobody has been told of the run yet: what is done later nobody would hear of.
async fn untold(store: &impl Store) -> Result<(), StepError> {
    match store.get(SENT).await? {
        None => Ok(()),
        Some(_) => Err(StepError::Refused("people have been told of this run already: start a new one".to_owned())),
    }
}

/// Counts all plans, and says in which accounts something is to be changed.
pub async fn gate(store: &impl Store, totals: &Totals) -> Result<Gate, StepError> {
    untold(store).await?;
    let (listing, left): (Listing, _) = (written(store, LISTING).await?, store.names(LOADS).await?);
    let left: BTreeSet<String> = left.into_iter().collect();
    let members = listing.members.into_iter().map(|member| member.id).filter(|id| left.contains(&load_of(id)));
    let readings = stream::iter(members).map(async |id| {
        let plan: Option<Counted> = written(store, &load_of(&id)).await?;
        Ok(plan.map(|plan| (id, plan)))
    });
    let read: Vec<Result<Option<(String, Counted)>, StepError>> =
        Box::pin(readings.buffer_unordered(CONCURRENCY).collect()).await;
    let counted = read.into_iter().filter_map(Result::transpose).collect::<Result<BTreeMap<_, _>, _>>()?;
    let gate = match brake(counted.values().map(|plan| plan.load), totals) {
        Some(reason) => Gate { brake: Some(reason), accounts: BTreeMap::new() },
        None => Gate { brake: None, accounts: counted },
    };
    // What was decided stays, also for a second attempt.
    store.claim(GATE, &json(&gate)?).await?;
    let gate: Gate = written(store, GATE).await?;
    let items: Vec<Item<'_>> = gate.accounts.keys().map(|account| Item { account }).collect();
    store.put(APPLY, &json(&items)?).await?;
    Ok(gate)
}
