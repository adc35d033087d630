//! Looks at instances that something just happened to, until EC2 shows it.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::pauses::Pauses;
use crate::{
    facts::{Account, ReadError},
    gather::tags::{Scope, gather},
    ports::{
        NoAnswer, Users,
        tags::{Instances, ReadInstances, Trail},
    },
    tags::{
        CanaryTags, Instance, InstanceId, Inventory, Protection, RegionName, Standard, State,
        audit::is_in_grace,
        watch::evidence::{Evidence, Settled, Wanted},
    },
};

/// The state of an instance that EC2 does not show.
const NOT_FOUND: &str = "not-found";

/// Reads the instances that are `wanted`, of one account. `patience`: how long those are asked for again that EC2 does not
/// show yet as events say they are. What stays unclear is unknown.
pub async fn inventory(aws: &impl ReadInstances, scope: &Scope<'_>, wanted: &Wanted, patience: Duration) -> Inventory {
    let mut regions: Vec<RegionName> = wanted.keys().map(|(region, _)| region.clone()).collect();
    regions.dedup();
    let settling = Settling { aws, wanted, patience, standard: scope.standard, canary: scope.canary };
    gather(&settling, &Scope { regions: Some(&regions), ..*scope }, |_, _, _| ()).await
}

/// A reader that shows of each region the wanted instances and its canary only, and knows of their launches what the events
/// say.
#[derive(Debug)]
pub struct Settling<'a, Aws> {
    aws: &'a Aws,
    wanted: &'a Wanted,
    patience: Duration,
    standard: Standard<'a>,
    canary: Option<&'a CanaryTags>,
}

impl<Aws: ReadInstances> ReadInstances for Settling<'_, Aws> {
    async fn account(&self) -> (Account, Vec<ReadError>) {
        self.aws.account().await
    }

    async fn users(&self, end: Option<Instant>) -> Users {
        self.aws.users(end).await
    }

    async fn regions(&self) -> Result<Vec<RegionName>, ReadError> {
        self.aws.regions().await
    }

    async fn instances(&self, region: &RegionName, states: &[State], end: Option<Instant>) -> Instances {
        let (settled, mut listing) = futures::join!(self.settled(region, end), self.canaries(region, end));
        let known = |instance: &Instance| instance.unsettled.is_some() || states.contains(&instance.state);
        // A canary may be among the wanted.
        listing.found.retain(|canary| settled.iter().all(|instance| instance.id != canary.id));
        listing.found.extend(settled.into_iter().filter(known));
        listing
    }

    async fn named(&self, region: &RegionName, ids: &[InstanceId], end: Option<Instant>) -> Instances {
        self.aws.named(region, ids, end).await
    }

    async fn instance(&self, region: &RegionName, id: &InstanceId) -> Result<Instance, NoAnswer> {
        self.aws.instance(region, id).await
    }

    async fn protection(&self, region: &RegionName, id: &InstanceId) -> Result<Protection, NoAnswer> {
        self.aws.protection(region, id).await
    }

    async fn launch(
        &self,
        region: &RegionName,
        id: &InstanceId,
        created: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Trail, ReadError> {
        let known = self.wanted.get(&(region.clone(), id.clone())).and_then(Evidence::launch);
        match known {
            Some(launch) => Ok(Trail::Launched(launch)),
            None => self.aws.launch(region, id, created, now).await,
        }
    }
}

/// An instance that is looked at again, and why.
struct Open {
    shown: Option<Instance>,
    /// Why it cannot be judged; `None`: it can be, if it stays so.
    reason: Option<ReadError>,
}

impl<Aws: ReadInstances> Settling<'_, Aws> {
    /// The stopped instances of a region that look like its canary. If they cannot be read, the region is not acted on.
    async fn canaries(&self, region: &RegionName, end: Option<Instant>) -> Instances {
        let Some(tags) = self.canary else { return Instances::default() };
        let mut listing = self.aws.instances(region, &[State::Stopped], end).await;
        listing.found.retain(|instance| tags.describe(region, instance));
        listing
    }

    /// The wanted instances of a region. One that is gone is left out.
    async fn settled(&self, region: &RegionName, end: Option<Instant>) -> Vec<Instance> {
        let mut pauses = Pauses::within(self.patience, end);
        let of_region = self.wanted.iter().filter(|((place, _), _)| place == region);
        let mut left: BTreeMap<&InstanceId, &Evidence> = of_region.map(|((_, id), about)| (id, about)).collect();
        let mut done = Vec::new();
        loop {
            let ids: Vec<InstanceId> = left.keys().map(|id| (*id).clone()).collect();
            let Instances { found, errors } = self.aws.named(region, &ids, end).await;
            let mut found: BTreeMap<InstanceId, Instance> =
                found.into_iter().map(|instance| (instance.id.clone(), instance)).collect();
            let mut open = BTreeMap::new();
            for (id, evidence) in left {
                match self.look(evidence, found.remove(id), errors.first()) {
                    Look::Done(instance) => done.extend(instance.map(|shown| with_events(*shown, evidence))),
                    Look::Open(again) => {
                        open.insert(id, (evidence, again));
                    }
                }
            }
            if open.is_empty() || !pauses.wait().await {
                let given_up = open.into_iter().map(|(id, (evidence, open))| given_up(id, evidence, *open));
                done.extend(given_up);
                return done;
            }
            tracing::debug!(%region, instances = open.len(), "EC2 does not show yet what happened to instances");
            left = open.into_iter().map(|(id, (evidence, _))| (id, evidence)).collect();
        }
    }

    fn look(&self, evidence: &Evidence, shown: Option<Instance>, error: Option<&ReadError>) -> Look {
        let fresh = evidence.is_fresh(self.standard.now);
        let open = |shown, reason| Look::Open(Box::new(Open { shown, reason }));
        let Some(shown) = shown else {
            return match error {
                Some(error) => open(None, Some(error.clone())),
                None if fresh => open(None, Some(unsettled("EC2 does not show it yet"))),
                None => Look::Done(None),
            };
        };
        match evidence.settled(&shown) {
            // Nothing is done to it yet, so that there is nothing to wait for.
            Settled::No(_) | Settled::NotYet if is_in_grace(&shown, &self.standard) => {
                Look::Done(Some(Box::new(shown)))
            }
            Settled::No(reason) if fresh => open(Some(shown), Some(unsettled(&reason))),
            Settled::NotYet if fresh => open(Some(shown), None),
            Settled::Yes | Settled::NotYet | Settled::No(_) => Look::Done(Some(Box::new(shown))),
        }
    }
}

enum Look {
    /// It is known: shown like that, or gone.
    Done(Option<Box<Instance>>),
    /// It is not.
    Open(Box<Open>),
}

fn unsettled(reason: &str) -> ReadError {
    ReadError { operation: "DescribeInstances".to_owned(), message: reason.to_owned() }
}

fn with_events(instance: Instance, evidence: &Evidence) -> Instance {
    Instance { events: evidence.events.clone(), ..instance }
}

/// An instance that stayed unclear: as EC2 shows it, or as it was launched, or by its id only.
fn given_up(id: &InstanceId, evidence: &Evidence, Open { shown, reason }: Open) -> Instance {
    let unseen = || {
        let state = State::Other(NOT_FOUND.to_owned());
        let launched = evidence.launched.clone().unwrap_or_else(|| Instance::new(id.clone(), state.clone()));
        Instance { state, protection: None, ..launched }
    };
    with_events(Instance { unsettled: reason, ..shown.unwrap_or_else(unseen) }, evidence)
}
