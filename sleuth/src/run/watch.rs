//! The whole way of an event: what it holds, the instances that it names, what is done about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use notifier::Notifier;

use super::{
    Stage,
    tags::{self, Policy},
};
use crate::{
    deadline::Deadlines,
    facts::ReadError,
    gather::watch::{Failure, Harvest, Recorded, inventory},
    ports::watch::Accounts,
    report::{
        tags::TagsReport,
        watch::{Instances, WatchReport},
    },
    tags::{
        Inventory,
        plan::Used,
        watch::{
            Sighting,
            evidence::{Wanted, together},
        },
    },
};

/// What came of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The report.
    pub report: WatchReport,
    /// The messages of which not all could be dealt with: to be delivered again.
    pub failed: BTreeSet<String>,
    /// Whether something failed that no message is to be blamed for.
    pub unattributed: bool,
    /// The events that are dealt with, by id.
    pub done: BTreeSet<String>,
}

/// When, and how long AWS is asked again that does not show yet what happened.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// The time it is.
    pub now: DateTime<Utc>,
    /// How the time is shared out.
    pub deadlines: Deadlines,
    /// How long AWS is asked again.
    pub patience: Duration,
}

/// What events say of one account, and the messages that brought it.
#[derive(Debug, Default)]
struct OfAccount<'a> {
    sightings: Vec<(&'a Sighting, &'a BTreeSet<String>)>,
}

impl OfAccount<'_> {
    fn wanted(&self) -> Wanted {
        together(self.sightings.iter().map(|(sighting, _)| *sighting))
    }
}

fn by_account(harvest: &Harvest) -> BTreeMap<&str, OfAccount<'_>> {
    let mut accounts: BTreeMap<&str, OfAccount<'_>> = BTreeMap::new();
    for (sighting, messages) in &harvest.sightings {
        accounts.entry(&sighting.account).or_default().sightings.push((sighting, messages));
    }
    accounts
}

/// What would be found and done. Changes and sends nothing.
pub async fn dry(
    aws: &impl Accounts,
    harvest: &Harvest,
    policy: &Policy,
    Time { now, deadlines, patience }: Time,
) -> WatchReport {
    let mut report = WatchReport::new(harvest, now);
    for (id, of_account) in by_account(harvest) {
        let wanted = of_account.wanted();
        match aws.account(id).await {
            Ok(cloud) => {
                let scope = policy.scope(now, now, deadlines.read);
                let inventory = inventory(&cloud, &scope, &wanted, patience).await;
                report.add(wanted.len(), tags::dry(&named(inventory, id), policy, now));
            }
            Err(error) => report.fail(wanted.len(), &out_of_reach(id, error)),
        }
    }
    report
}

/// The same by what the events themselves tell, without AWS. Instances that were not launched in them are left out.
pub async fn replay(harvest: &Harvest, policy: &Policy, now: DateTime<Utc>) -> WatchReport {
    let mut report = WatchReport::new(harvest, now);
    let users_matter = policy.rules.needs_iam_users();
    for (id, of_account) in by_account(harvest) {
        let (launched, others): (Wanted, Wanted) =
            of_account.wanted().into_iter().partition(|(_, evidence)| evidence.launched.is_some());
        report.summary.not_launched += others.len();
        if launched.is_empty() {
            continue;
        }
        let recorded = Recorded::new(id, &launched, users_matter);
        let inventory = inventory(&recorded, &policy.scope(now, now, None), &launched, Duration::ZERO).await;
        report.add(launched.len(), tags::dry(&inventory, policy, now));
    }
    report
}

/// Finds, does, and tells: account by account, each after all have been read.
pub async fn wet<Aws: Accounts>(
    aws: &Aws,
    harvest: &Harvest,
    policy: &Policy,
    notifier: &Notifier,
    time: Time,
    mut keep: impl FnMut(Stage, &TagsReport),
) -> Ended {
    let Time { now, deadlines, patience } = time;
    let mut ended = Ended::without_instances(harvest, now);
    let readings = by_account(harvest).into_iter().map(async |(id, of_account)| {
        let wanted = of_account.wanted();
        let read = async {
            let cloud = aws.account(id).await?;
            let inventory = inventory(&cloud, &policy.scope(now, now, deadlines.read), &wanted, patience).await;
            Ok((cloud, named(inventory, id)))
        };
        (id, of_account, wanted.len(), read.await)
    });
    let at_once = policy.config.common.concurrency.get();
    let read: Vec<_> = Box::pin(stream::iter(readings).buffered(at_once).collect()).await;
    let loads = read.iter().map(|(id, _, _, read)| {
        (*id, read.as_ref().map_or(Used::default(), |(_, inventory)| tags::load(inventory, policy, now)))
    });
    let loads: BTreeMap<&str, Used> = loads.collect();
    for (id, of_account, wanted, read) in read {
        match read {
            Err(error) => {
                ended.report.fail(wanted, &out_of_reach(id, error));
                ended.take(&of_account, None);
            }
            Ok((cloud, inventory)) => {
                // The brake is one for all accounts.
                let others = loads.iter().filter(|(other, _)| **other != id).map(|(_, load)| *load);
                let mut policy = policy.clone();
                policy.config.limits.used = others.fold(policy.config.limits.used, Used::and);
                let run = tags::wet(&cloud, &inventory, &policy, notifier, now, deadlines, &mut keep);
                let report = Box::pin(run).await;
                ended.take(&of_account, Some(&report.failed()));
                ended.report.add(wanted, report);
            }
        }
    }
    ended
}

impl Ended {
    /// What came of an event that is about no instances.
    pub fn without_instances(harvest: &Harvest, now: DateTime<Utc>) -> Self {
        Self {
            report: WatchReport::new(harvest, now),
            unattributed: harvest.failures.iter().any(|failure| failure.messages.is_empty()),
            failed: harvest.failures.iter().flat_map(|failure| failure.messages.iter().cloned()).collect(),
            done: BTreeSet::new(),
        }
    }

    /// Takes in of which instances of an account not all could be done; `None`: of all.
    fn take(&mut self, of_account: &OfAccount<'_>, failed: Option<&Instances>) {
        for (Sighting { region, event, instances, .. }, messages) in &of_account.sightings {
            let of_these =
                |failed: &Instances| instances.iter().any(|(id, _)| failed.contains(&(region.clone(), id.clone())));
            let failed = failed.is_none_or(of_these);
            if failed {
                self.failed.extend(messages.iter().cloned());
            } else {
                self.done.extend(event.id.clone());
            }
        }
    }
}

/// The account's id is known from the events.
fn named(mut inventory: Inventory, id: &str) -> Inventory {
    inventory.account.id.get_or_insert_with(|| id.to_owned());
    inventory
}

fn out_of_reach(account: &str, error: ReadError) -> Failure {
    Failure { subject: format!("account {account}"), error, messages: BTreeSet::new() }
}
