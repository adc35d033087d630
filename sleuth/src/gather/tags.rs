//! Fills an inventory of instances.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use tokio::time::Instant as Moment;

use super::answer;
use crate::{
    deadline::before,
    facts::{Account, ReadError, Reading},
    ports::{
        Users,
        tags::{ReadInstances, Trail},
    },
    tags::{
        Action, CanaryTags, IamUser, Instance, InstanceId, Inventory, Launch, Limits, Protection, Region, RegionName,
        Standard, State, Verdict, audit, audit::wants_launch, plan::wanted,
    },
};

/// What is to be read, and how.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The time it is.
    pub taken_at: DateTime<Utc>,
    /// When to stop: what is not read by then is unread.
    pub end: Option<Moment>,
    /// How many regions, or instances, are read side by side.
    pub concurrency: NonZeroUsize,
    /// The regions; `None`: all that are enabled.
    pub regions: Option<&'a [RegionName]>,
    /// What instances will be judged by: of those that are in order no more is read.
    pub standard: Standard<'a>,
    /// How long CloudTrail may take in all; `None`: it is not asked.
    pub lookups: Option<Duration>,
    /// How far the run may go: what stands against changes that it may not make is not read.
    pub limits: Limits,
    /// What a canary is known by, if there are any. It is stopped, whether or not rules are about stopped instances.
    pub canary: Option<&'a CanaryTags>,
    /// Whether also what these rules and limits do not need is read, as others may: every state, and what protects every
    /// instance. CloudTrail is too slow for that.
    pub everything: bool,
}

/// What is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Regions.
    Regions,
    /// Who launched instances.
    Launches,
}

/// Reads instances through `reader`, as far as `scope` goes. `progress` hears how many of how many are done.
pub async fn gather(
    reader: &impl ReadInstances,
    scope: &Scope<'_>,
    progress: impl Fn(Phase, usize, usize) + Send + Sync,
) -> Inventory {
    let ((account, mut errors), users, regions) = futures::join!(
        Box::pin(account(reader, scope)),
        Box::pin(early_users(reader, scope)),
        Box::pin(read_regions(reader, scope, &progress))
    );
    let ((users, unread), (regions, unlisted)) = (users, regions);
    errors.extend(unread.into_iter().chain(unlisted));
    let mut inventory = Inventory { taken_at: scope.taken_at, account, regions, users, errors };
    let verdicts: Vec<Verdict> =
        audit(&inventory, &scope.standard).into_iter().filter(Verdict::concerns_somebody).collect();
    if verdicts.is_empty() && !scope.everything {
        return inventory;
    }
    let known = inventory.users.take();
    let (users, protections, launches) = futures::join!(
        Box::pin(late_users(reader, scope, known)),
        Box::pin(protections(reader, scope, &inventory.regions, &verdicts)),
        Box::pin(launches(reader, scope, &verdicts, &progress))
    );
    let (users, unread) = users;
    inventory.users = users;
    inventory.errors.extend(unread);
    for region in &mut inventory.regions {
        for instance in &mut region.instances {
            let place = (region.name.clone(), instance.id.clone());
            instance.protection = protections.get(&place).cloned();
            instance.launch = launches.get(&place).cloned();
        }
    }
    inventory
}

async fn account(reader: &impl ReadInstances, scope: &Scope<'_>) -> (Account, Vec<ReadError>) {
    before(scope.end, reader.account()).await.unwrap_or_else(|over| (Account::default(), vec![over]))
}

/// The IAM users, and what else could not be read of them.
type UsersRead = (Option<Reading<Vec<IamUser>>>, Vec<ReadError>);

/// The IAM users, if rules compare values with them.
async fn early_users(reader: &impl ReadInstances, scope: &Scope<'_>) -> UsersRead {
    if scope.standard.rules.needs_iam_users() { read_users(reader, scope).await } else { (None, Vec::new()) }
}

/// The IAM users once there are owners to be told, whose Slack tags they have.
async fn late_users(reader: &impl ReadInstances, scope: &Scope<'_>, known: Option<Reading<Vec<IamUser>>>) -> UsersRead {
    match known {
        Some(known) => (Some(known), Vec::new()),
        None => read_users(reader, scope).await,
    }
}

/// All users, or none: of a list that broke off nobody can say who is missing.
async fn read_users(reader: &impl ReadInstances, scope: &Scope<'_>) -> UsersRead {
    let Users { found, broke_off, errors } = reader.users(scope.end).await;
    if broke_off {
        let message = "the listing of users broke off".to_owned();
        let unknown = ReadError { operation: "ListUsers".to_owned(), message };
        return (Some(Reading::Unread(errors.into_iter().next().unwrap_or(unknown))), Vec::new());
    }
    let mut users: Vec<IamUser> = found.into_iter().map(|user| IamUser { name: user.name, tags: user.tags }).collect();
    users.sort_by(|a, b| a.name.cmp(&b.name));
    users.dedup_by(|a, b| a.name == b.name);
    (Some(Reading::Read(users)), errors)
}

async fn read_regions(
    reader: &impl ReadInstances,
    scope: &Scope<'_>,
    progress: &(impl Fn(Phase, usize, usize) + Send + Sync),
) -> (Vec<Region>, Option<ReadError>) {
    let mut names = match scope.regions {
        Some(names) => names.to_vec(),
        None => match before(scope.end, reader.regions()).await.and_then(|regions| regions) {
            Ok(names) => names,
            Err(error) => return (Vec::new(), Some(error)),
        },
    };
    names.sort();
    names.dedup();
    let total = names.len();
    progress(Phase::Regions, 0, total);
    let all = scope.everything || scope.canary.is_some();
    let states = if all { State::ALL.to_vec() } else { scope.standard.rules.states() };
    let mut readings = stream::iter(names)
        .map(|name| read_region(reader, name, &states, scope.end))
        .buffer_unordered(scope.concurrency.get());
    let mut regions = Vec::with_capacity(total);
    while let Some(region) = readings.next().await {
        regions.push(region);
        progress(Phase::Regions, regions.len(), total);
    }
    drop(readings);
    regions.sort_by(|a, b| a.name.cmp(&b.name));
    (regions, None)
}

async fn read_region(reader: &impl ReadInstances, name: RegionName, states: &[State], end: Option<Moment>) -> Region {
    let listing = reader.instances(&name, states, end).await;
    // Instances come and go while pages are turned, so that one can stand on two of them.
    let found: BTreeMap<InstanceId, Instance> =
        listing.found.into_iter().map(|instance| (instance.id.clone(), instance)).collect();
    Region { name, instances: found.into_values().collect(), errors: listing.errors }
}

type Place = (RegionName, InstanceId);

fn place(verdict: &Verdict) -> Place {
    (verdict.region.clone(), verdict.instance.id.clone())
}

/// What protects the instances that rules would stop or terminate, or all.
async fn protections(
    reader: &impl ReadInstances,
    scope: &Scope<'_>,
    regions: &[Region],
    verdicts: &[Verdict],
) -> BTreeMap<Place, Reading<Protection>> {
    let places = if scope.everything {
        let of = |region: &Region| -> Vec<Place> {
            region.instances.iter().map(|instance| (region.name.clone(), instance.id.clone())).collect()
        };
        regions.iter().flat_map(of).collect()
    } else {
        condemned(scope, verdicts)
    };
    let readings = stream::iter(places).map(|place| async move {
        let reading = answer(scope.end, reader.protection(&place.0, &place.1)).await?;
        Some((place, reading))
    });
    // Of an instance that is gone meanwhile nothing is known.
    readings.buffer_unordered(scope.concurrency.get()).filter_map(std::future::ready).collect().await
}

/// The instances that the run would stop or terminate, were they not protected. None, if there are so many that the brake
/// will stop them all.
fn condemned(scope: &Scope<'_>, verdicts: &[Verdict]) -> Vec<Place> {
    let is_canary =
        |verdict: &Verdict| scope.canary.is_some_and(|tags| tags.describe(&verdict.region, &verdict.instance));
    let condemned = verdicts.iter().filter(|verdict| {
        let action = wanted(verdict);
        matches!(action, Action::Stop | Action::Terminate) && action <= scope.limits.action && !is_canary(verdict)
    });
    let places: Vec<Place> = condemned.map(place).collect();
    let most = scope.limits.max_stop + scope.limits.max_terminate;
    if places.len() > most { Vec::new() } else { places }
}

/// Who launched the instances of which that matters. CloudTrail is slow: regions are asked side by side, each one question
/// at a time, and none any more once the time for all of them is over.
async fn launches(
    reader: &impl ReadInstances,
    scope: &Scope<'_>,
    verdicts: &[Verdict],
    progress: &(impl Fn(Phase, usize, usize) + Send + Sync),
) -> BTreeMap<Place, Reading<Option<Launch>>> {
    let Some(time) = scope.lookups else { return BTreeMap::new() };
    let end = Moment::now() + time;
    let end = scope.end.map_or(end, |whole| whole.min(end));
    let mut by_region: BTreeMap<&RegionName, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| wants_launch(verdict, scope.standard.rules)) {
        by_region.entry(&verdict.region).or_default().push(verdict);
    }
    let total = by_region.values().map(Vec::len).sum();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let tick = || {
        let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        progress(Phase::Launches, done, total);
    };
    let regions = by_region.into_values().map(|asked| region_launches(reader, scope, asked, end, &tick));
    let all: Vec<Vec<_>> = stream::iter(regions).buffer_unordered(scope.concurrency.get()).collect().await;
    all.into_iter().flatten().collect()
}

/// After so many failures in a row a region is not asked any more: it is denied, or down.
const FAILURES: usize = 2;

async fn region_launches(
    reader: &impl ReadInstances,
    scope: &Scope<'_>,
    asked: Vec<&Verdict>,
    end: Moment,
    tick: impl Fn(),
) -> Vec<(Place, Reading<Option<Launch>>)> {
    let mut launches = Vec::with_capacity(asked.len());
    let mut failures: Vec<ReadError> = Vec::new();
    for verdict in asked {
        let created = verdict.instance.created().unwrap_or(scope.taken_at);
        let place = place(verdict);
        let answer = match failures.last() {
            Some(last) if failures.len() >= FAILURES => Err(last.clone()),
            _ => {
                let call = reader.launch(&place.0, &place.1, created, scope.taken_at);
                before(Some(end), call).await.unwrap_or_else(|_| Err(too_late()))
            }
        };
        let reading = match answer {
            Ok(trail) => {
                failures.clear();
                known(trail)
            }
            Err(error) => {
                failures.push(error.clone());
                Some(Reading::Unread(error))
            }
        };
        launches.extend(reading.map(|reading| (place, reading)));
        tick();
    }
    launches
}

/// What is known by it. What CloudTrail cannot know yet counts as not asked.
fn known(trail: Trail) -> Option<Reading<Option<Launch>>> {
    match trail {
        Trail::Launched(launch) => Some(Reading::Read(Some(launch))),
        Trail::Nobody => Some(Reading::Read(None)),
        Trail::NotYet => None,
    }
}

fn too_late() -> ReadError {
    let message = "the time for asking who launched instances was over (OWNER_LOOKUP_SECONDS)".to_owned();
    ReadError { operation: "LookupEvents".to_owned(), message }
}
