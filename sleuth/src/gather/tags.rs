//! Fills an inventory of instances.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    time::Duration,
};

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
        Standard, State, Verdict, audit,
        audit::wants_launch,
        plan::{in_the_way, wanted},
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
    let ((users, unread), launches) = futures::join!(
        Box::pin(late_users(reader, scope, known)),
        Box::pin(launches(reader, scope, &verdicts, &progress))
    );
    inventory.users = users;
    inventory.errors.extend(unread);
    for_each_instance(&mut inventory, |place, instance| instance.launch = launches.get(place).cloned());
    // What is to be done may depend on who launched an instance.
    let protections = Box::pin(protections(reader, scope, &inventory)).await;
    for_each_instance(&mut inventory, |place, instance| instance.protection = protections.read.get(place).cloned());
    for region in &mut inventory.regions {
        region.instances.retain(|instance| !protections.gone.contains(&(region.name.clone(), instance.id.clone())));
    }
    inventory
}

fn for_each_instance(inventory: &mut Inventory, mut change: impl FnMut(&Place, &mut Instance)) {
    for region in &mut inventory.regions {
        for instance in &mut region.instances {
            change(&(region.name.clone(), instance.id.clone()), instance);
        }
    }
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
    // Errors of a listing that has no tags are those of the one that was denied and would have had them.
    let whole = !broke_off && (errors.is_empty() || found.iter().all(|user| user.tags.is_none()));
    if !whole {
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

/// What protects instances, and which EC2 does not know any more.
#[derive(Debug, Default)]
struct Protections {
    read: BTreeMap<Place, Reading<Protection>>,
    gone: BTreeSet<Place>,
}

/// What protects the instances that are to be stopped or terminated, or all. Once more are unprotected than the brake lets
/// through, nobody needs to know about the others.
async fn protections(reader: &impl ReadInstances, scope: &Scope<'_>, inventory: &Inventory) -> Protections {
    let asked = if scope.everything { all(inventory) } else { condemned(scope, inventory) };
    let mut readings = stream::iter(asked)
        .map(|(place, action)| async move {
            let reading = answer(scope.end, reader.protection(&place.0, &place.1)).await;
            (place, action, reading)
        })
        .buffer_unordered(scope.concurrency.get());
    let mut found = Protections::default();
    let (mut stops, mut terminations) = (0, 0);
    while let Some((place, action, reading)) = readings.next().await {
        match &reading {
            Some(Reading::Read(protection)) if in_the_way(*protection, action).is_none() => match action {
                Action::Stop => stops += 1,
                Action::Terminate => terminations += 1,
                _ => {}
            },
            _ => {}
        }
        match reading {
            Some(reading) => {
                found.read.insert(place, reading);
            }
            None => {
                tracing::warn!(region = %place.0, instance = %place.1, "not found any more, so left out: terminated meanwhile");
                found.gone.insert(place);
            }
        }
        let braked = stops > scope.limits.max_stop || terminations > scope.limits.max_terminate;
        if braked && !scope.everything {
            break;
        }
    }
    found
}

fn all(inventory: &Inventory) -> Vec<(Place, Action)> {
    let of = |region: &Region| -> Vec<(Place, Action)> {
        let place = |instance: &Instance| ((region.name.clone(), instance.id.clone()), Action::None);
        region.instances.iter().map(place).collect()
    };
    inventory.regions.iter().flat_map(of).collect()
}

/// The instances that the run would stop or terminate, were they not protected.
fn condemned(scope: &Scope<'_>, inventory: &Inventory) -> Vec<(Place, Action)> {
    let shows_canary =
        |region: &&Region| scope.canary.is_none_or(|tags| tags.find(&region.name, &region.instances).is_some());
    let acted_on: BTreeSet<&RegionName> =
        inventory.regions.iter().filter(shows_canary).map(|region| &region.name).collect();
    let is_canary =
        |verdict: &Verdict| scope.canary.is_some_and(|tags| tags.describe(&verdict.region, &verdict.instance));
    let verdicts = audit(inventory, &scope.standard).into_iter().filter(Verdict::concerns_somebody);
    let condemned = verdicts.filter(|verdict| acted_on.contains(&verdict.region) && !is_canary(verdict));
    let condemned = condemned.map(|verdict| (place(&verdict), wanted(&verdict)));
    let severe = |action| matches!(action, Action::Stop | Action::Terminate) && action <= scope.limits.action;
    condemned.filter(|(_, action)| severe(*action)).collect()
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
