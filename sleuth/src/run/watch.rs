//! The whole way of an event: what it holds, the instances that it names, what is done about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};

use super::{
    Stage,
    tags::{self, Policy},
};
use crate::{
    deadline::Deadlines,
    facts::ReadError,
    gather::watch::{Harvest, Recorded, inventory},
    outputs::Outputs,
    ports::{
        accounts::Accounts,
        tags::{ReadInstances, WriteInstances},
    },
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
type OfAccount<'a> = Vec<(&'a Sighting, &'a BTreeSet<String>)>;

fn by_account(harvest: &Harvest) -> BTreeMap<&str, OfAccount<'_>> {
    let mut accounts: BTreeMap<&str, OfAccount<'_>> = BTreeMap::new();
    for (sighting, messages) in &harvest.sightings {
        accounts.entry(&sighting.account).or_default().push((sighting, messages));
    }
    accounts
}

fn wanted(of_account: &OfAccount<'_>) -> Wanted {
    together(of_account.iter().map(|(sighting, _)| *sighting))
}

/// An account, as far as events are about it.
struct Read<'a, Cloud> {
    id: &'a str,
    sightings: OfAccount<'a>,
    /// How many instances were to be looked at.
    wanted: usize,
    /// It and what was found, or why it is out of reach.
    found: Result<(Cloud, Inventory), ReadError>,
}

/// Looks at the instances of all accounts.
async fn read<'a, Aws: Accounts<Account: ReadInstances>>(
    aws: &Aws,
    harvest: &'a Harvest,
    policy: &Policy,
    Time { now, deadlines, patience }: Time,
) -> Vec<Read<'a, Aws::Account>> {
    let readings = by_account(harvest).into_iter().map(async |(id, sightings)| {
        let wanted = wanted(&sightings);
        let found = async {
            let cloud = aws.account(id).await?;
            let mut inventory = inventory(&cloud, &policy.scope(now, now, deadlines.read), &wanted, patience).await;
            // It is known from the events, too.
            inventory.account.id.get_or_insert_with(|| id.to_owned());
            Ok((cloud, inventory))
        };
        Read { id, sightings, wanted: wanted.len(), found: found.await }
    });
    Box::pin(stream::iter(readings).buffered(policy.config.common.concurrency.get()).collect()).await
}

/// What would be found and done. Changes and sends nothing.
pub async fn dry(
    aws: &impl Accounts<Account: ReadInstances>,
    harvest: &Harvest,
    policy: &Policy,
    time: Time,
) -> WatchReport {
    let mut report = WatchReport::new(harvest, time.now);
    for Read { id, wanted, found, .. } in read(aws, harvest, policy, time).await {
        match found {
            Ok((_, inventory)) => report.add(wanted, tags::dry(&inventory, policy, time.now)),
            Err(error) => report.fail(wanted, id, &error),
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
            wanted(&of_account).into_iter().partition(|(_, evidence)| evidence.launched.is_some());
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
pub async fn wet<Aws: Accounts<Account: ReadInstances + WriteInstances>>(
    aws: &Aws,
    harvest: &Harvest,
    policy: &Policy,
    outputs: &Outputs,
    time: Time,
    mut keep: impl FnMut(Stage, &TagsReport),
) -> Ended {
    let Time { now, deadlines, .. } = time;
    let mut ended = Ended::without_instances(harvest, now);
    let accounts = read(aws, harvest, policy, time).await;
    let load = |read: &Read<'_, _>| {
        let found = read.found.as_ref();
        found.map_or(Used::default(), |(_, inventory)| tags::load(inventory, policy, now))
    };
    let loads: Vec<Used> = accounts.iter().map(load).collect();
    for (place, Read { id, sightings, wanted, found }) in accounts.into_iter().enumerate() {
        match found {
            Err(error) => {
                ended.report.fail(wanted, id, &error);
                ended.take(&sightings, None);
            }
            Ok((cloud, inventory)) => {
                // The brake is one for all accounts.
                let others = loads.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, load)| *load);
                let mut policy = policy.clone();
                policy.config.limits.used = others.fold(policy.config.limits.used, Used::and);
                let run = tags::wet(&cloud, &inventory, &policy, outputs, now, deadlines, &mut keep);
                let report = Box::pin(run).await;
                ended.take(&sightings, Some(&report.failed()));
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
        for (Sighting { region, event, instances, .. }, messages) in of_account {
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
