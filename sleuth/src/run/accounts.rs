//! The whole way of a run over many accounts: all are read and planned, then the brake counts all plans together, and only
//! then anything is changed in any. People are told once.

use std::future::Future;

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use serde::de::DeserializeOwned;

use super::Stage;
use crate::{
    config::{AccountsConfig, MostInAll},
    deadline::Deadlines,
    facts::{AccountOwner, ReadError, Reading},
    organization::{
        Listing, Member,
        brake::{Load, Totals, brake},
    },
    outputs::{Deliverable, Outputs, accounts::hand_out_all},
    ports::accounts::{Accounts, Directory},
    report::{
        NO_CHANNEL, Report, ReportError,
        accounts::{AccountsReport, Audited, Failed, Parts},
    },
    snapshot::Saved,
};

pub mod keys;
pub mod steps;
pub mod tags;

/// When.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// The time it is.
    pub taken_at: DateTime<Utc>,
    /// The time ages are counted to.
    pub now: DateTime<Utc>,
    /// How the time is shared out.
    pub deadlines: Deadlines,
}

/// An audit, as a run over many accounts needs it: the way of a run on one, in parts.
pub trait Work: Sync {
    /// One account, to be read and changed.
    type Aws: Send + Sync;
    /// What is read of it.
    type Inventory: Saved + Send + Sync;
    /// What is reported of it.
    type Audit: Audited + DeserializeOwned + Send + Sync;

    /// Reads the account with this id.
    fn gather(&self, aws: &Self::Aws, id: &str, time: Time) -> impl Future<Output = Self::Inventory>;

    /// What a run would find and do.
    fn dry(&self, inventory: &Self::Inventory, now: DateTime<Utc>) -> Report<Self::Audit>;

    /// How much it would change.
    fn load(&self, inventory: &Self::Inventory, now: DateTime<Utc>) -> Load;

    /// Finds and does, and tells nobody.
    fn act(
        &self,
        aws: &Self::Aws,
        inventory: &Self::Inventory,
        now: DateTime<Utc>,
        deadlines: Deadlines,
    ) -> impl Future<Output = Report<Self::Audit>>;

    /// Most changes in all accounts: by default as many as in one.
    fn totals(&self, most: &MostInAll) -> Totals;

    /// What a worker left about an account: a report, or why there is none.
    fn parse(text: &str) -> Result<Reading<Report<Self::Audit>>, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Titles and instructions of messages.
    fn texts(&self) -> &<Report<Self::Audit> as Deliverable>::Texts
    where
        Report<Self::Audit>: Deliverable;
}

/// An account that was read.
pub struct Found<Job: Work> {
    /// It.
    pub aws: Job::Aws,
    /// What was read of it; `None` if nothing is to be changed.
    pub inventory: Option<Job::Inventory>,
    /// How much is to be changed.
    pub load: Load,
    /// What would be done.
    pub report: Report<Job::Audit>,
}

/// Reads an account and plans what is to be done in it.
pub async fn plan<Job: Work>(
    work: &Job,
    aws: &impl Accounts<Account = Job::Aws>,
    directory: &impl Directory,
    member: &Member,
    time: Time,
) -> Result<Found<Job>, ReadError>
where
    Report<Job::Audit>: Deliverable,
{
    let account = aws.account(&member.id).await?;
    let inventory = work.gather(&account, &member.id, time).await;
    let (mut report, load) = (work.dry(&inventory, time.now), work.load(&inventory, time.now));
    // Nobody's tags are of interest where there is nothing to tell.
    if !report.messages(work.texts(), None).everyone.is_empty() {
        match owner(directory, member).await {
            Ok(owner) => report.account_owner = owner,
            Err(error) => report.errors.push(ReportError::read("account", &error)),
        }
    }
    Ok(Found { aws: account, inventory: (load.changes > 0).then_some(inventory), load, report })
}

/// Whom the account belongs to, by what the list says or by its tags.
async fn owner(directory: &impl Directory, member: &Member) -> Result<Option<AccountOwner>, ReadError> {
    match &member.owner {
        Some(owner) => Ok(Some(owner.clone())),
        None => Ok(AccountOwner::of(&directory.tags(&member.id).await?)),
    }
}

/// What came of reading the accounts, each with its place among all.
type Read<Job> = Vec<(Member, Result<Found<Job>, ReadError>)>;

/// What a run over many accounts is about.
#[derive(Debug)]
pub struct Many<'a, Job, Aws, Organization> {
    /// What is done in each.
    pub work: &'a Job,
    /// How they are entered.
    pub aws: &'a Aws,
    /// Which there are.
    pub directory: &'a Organization,
    /// The settings.
    pub config: &'a AccountsConfig,
}

/// Reads all members, side by side.
async fn read<Job: Work>(
    many: &Many<'_, Job, impl Accounts<Account = Job::Aws>, impl Directory>,
    members: &[Member],
    time: Time,
    progress: impl Fn(usize, usize) + Sync,
) -> Read<Job>
where
    Report<Job::Audit>: Deliverable,
{
    let Many { work, aws, directory, config } = many;
    progress(0, members.len());
    let readings = stream::iter(members.iter().cloned()).map(async |member| {
        let found = Box::pin(plan(*work, *aws, *directory, &member, time)).await;
        (member, found)
    });
    let mut readings = Box::pin(readings.buffer_unordered(config.concurrency.get()));
    let mut read = Vec::with_capacity(members.len());
    while let Some(one) = readings.next().await {
        read.push(one);
        progress(read.len(), members.len());
    }
    read
}

/// What would be found and done. Changes and sends nothing.
pub async fn dry<Job: Work>(
    many: &Many<'_, Job, impl Accounts<Account = Job::Aws>, impl Directory>,
    listing: Listing,
    time: Time,
    progress: impl Fn(usize, usize) + Sync,
) -> AccountsReport<Job::Audit>
where
    Report<Job::Audit>: Deliverable,
{
    let read = read(many, &listing.members, time, progress).await;
    planned(many.work, read, listing, many.config, time.now).0
}

/// The accounts in which something is to be changed.
type ToDo<Job> = Vec<Found<Job>>;

/// The report on what is planned, the brake pulled if it is too much, and what is left to do.
fn planned<Job: Work>(
    work: &Job,
    read: Read<Job>,
    listing: Listing,
    config: &AccountsConfig,
    now: DateTime<Utc>,
) -> (AccountsReport<Job::Audit>, ToDo<Job>)
where
    Report<Job::Audit>: Deliverable,
{
    let (mut reports, mut failed, mut to_do) = (Vec::new(), Vec::new(), Vec::new());
    for (member, found) in read {
        match found {
            Ok(found) => {
                reports.push(found.report.clone());
                to_do.extend(Some(found).filter(|found| found.inventory.is_some()));
            }
            Err(error) => failed.push(Failed { member, error }),
        }
    }
    let Listing { members, skipped } = listing;
    let mut report = AccountsReport::new(Parts { reports, failed, members, skipped }, now);
    if let Some(reason) = brake(to_do.iter().map(|found| found.load), &work.totals(&config.totals)) {
        report.hold(&reason);
        to_do.clear();
    }
    (report, to_do)
}

/// Finds, does, and tells. `keep` is given the report before anything is changed and again before anybody is told.
pub async fn wet<Job: Work>(
    many: &Many<'_, Job, impl Accounts<Account = Job::Aws>, impl Directory>,
    listing: Listing,
    outputs: &Outputs,
    time: Time,
    progress: impl Fn(usize, usize) + Sync,
    mut keep: impl FnMut(Stage, &AccountsReport<Job::Audit>),
) -> AccountsReport<Job::Audit>
where
    Report<Job::Audit>: Deliverable,
{
    let Many { work, config, .. } = many;
    let read = read(many, &listing.members, time, progress).await;
    let (mut report, to_do) = planned(*work, read, listing, config, time.now);
    outputs.name(&mut report.run);
    report.accounts.iter_mut().for_each(|report| outputs.name(&mut report.run));
    keep(Stage::Planned, &report);
    if outputs.notifier.is_empty() && !to_do.is_empty() {
        tracing::warn!("accounts are changed and nobody is told: {NO_CHANNEL}");
    }
    let done = stream::iter(to_do).map(async |Found { aws, inventory, report, .. }| match inventory {
        Some(inventory) => {
            let done = work.act(&aws, &inventory, time.now, time.deadlines).await;
            like_planned(done, &report)
        }
        None => report,
    });
    let done: Vec<Report<Job::Audit>> = Box::pin(done.buffer_unordered(config.concurrency.get()).collect()).await;
    report.take(done);
    keep(Stage::Applied, &report);
    Box::pin(hand_out_all(&mut report, outputs, work.texts(), time.deadlines)).await;
    report
}

/// What was done, with what was known of the account before.
pub(super) fn like_planned<Audit>(done: Report<Audit>, planned: &Report<Audit>) -> Report<Audit> {
    let unread = planned.errors.iter().filter(|error| !done.errors.contains(error)).cloned();
    let errors = unread.chain(done.errors.iter().cloned()).collect();
    Report { run: planned.run.clone(), account_owner: planned.account_owner.clone(), errors, ..done }
}
