//! Instances in memory that remember what was done to them, and that can change or fail at any call.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sleuth::{
    config::{TagFlags, TagsConfig},
    facts::{Account, ReadError, Tags},
    ports::{
        NoAnswer, Users, WriteError,
        tags::{Instances, ReadInstances, Trail, WriteInstances},
    },
    run::tags::Policy,
    tags::{Instance, InstanceId, Protection, RegionName, RuleSet, State, rules::file},
};
use tokio::time::Instant as Moment;

/// The time of all these tests.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

/// By these rules, with these settings.
pub(crate) fn policy(rules: &str, settings: &[(&str, &str)]) -> Policy {
    let settings = settings.iter().chain(&[("TAG_RULES_FILE", "rules.toml"), ("TAG_ACTION", "terminate")]);
    let settings: Vec<(String, String)> = settings.map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let rules: RuleSet = file::parse(rules, file::Format::Toml).unwrap();
    Policy::new(TagsConfig::new(&settings, TagFlags::default()).unwrap(), rules)
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) instances: BTreeMap<(String, String), Instance>,
    pub(crate) protections: BTreeMap<String, Protection>,
    /// Calls that fail: operation and instance.
    pub(crate) failing: Vec<(&'static str, String)>,
    /// Changes that are made and whose answer is lost: operation and instance.
    pub(crate) lost: Vec<(&'static str, String)>,
    /// An instance that stays where it is for so many looks after it was told to stop.
    pub(crate) slow: BTreeMap<String, u32>,
    /// Changes that are never answered: operation and instance.
    pub(crate) hanging: Vec<(&'static str, String)>,
    /// Instances that EC2 takes for protected for so many calls more.
    pub(crate) late: BTreeMap<String, u32>,
    /// What was called, reads and changes, in order.
    pub(crate) calls: Vec<String>,
    /// What every launch answers.
    pub(crate) trail: Option<Trail>,
}

/// An account that shows itself through the ports.
#[derive(Debug, Default)]
pub(crate) struct FakeCloud(Mutex<World>);

impl FakeCloud {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// A running instance, three hours old.
    pub(crate) fn with(self, region: &str, id: &str, tags: &[(&str, &str)]) -> Self {
        let instance = Instance {
            launched: Some(now() - TimeDelta::hours(3)),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..Instance::new(InstanceId(id.into()), State::Running)
        };
        self.world().instances.insert((region.into(), id.into()), instance);
        self
    }

    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Instance)) {
        let mut world = self.world();
        let instance = world.instances.iter_mut().find(|((_, other), _)| other == id);
        change(instance.unwrap().1);
    }

    /// The changes that were asked for.
    pub(crate) fn changes(&self) -> Vec<String> {
        let reads = ["instances", "instance", "protection", "launch"];
        self.world().calls.iter().filter(|call| !reads.contains(&call.split(' ').next().unwrap())).cloned().collect()
    }

    fn call(&self, operation: &'static str, id: &str) -> Result<MutexGuard<'_, World>, String> {
        let mut world = self.world();
        world.calls.push(format!("{operation} {id}"));
        let fails = world.failing.iter().any(|(call, of)| *call == operation && of == id);
        if fails { Err(format!("{operation} failed")) } else { Ok(world) }
    }

    async fn write(
        &self,
        operation: &'static str,
        id: &InstanceId,
        change: impl FnOnce(&mut World),
    ) -> Result<(), WriteError> {
        if self.world().hanging.iter().any(|(call, of)| *call == operation && *of == id.0) {
            tokio::time::sleep(Duration::from_secs(86_400)).await;
        }
        let mut world = self.call(operation, &id.0).map_err(WriteError::Refused)?;
        let late = operation != "protect" && world.late.get_mut(&id.0).filter(|n| **n > 0).map(|n| *n -= 1).is_some();
        if late {
            return Err(WriteError::Refused("OperationNotPermitted: it is protected".into()));
        }
        change(&mut world);
        let lost = world.lost.iter().any(|(call, of)| *call == operation && *of == id.0);
        if lost { Err(WriteError::Lost("the connection broke".into())) } else { Ok(()) }
    }
}

fn unread(operation: &str, message: String) -> ReadError {
    ReadError { operation: operation.to_owned(), message }
}

impl ReadInstances for FakeCloud {
    async fn account(&self) -> (Account, Vec<ReadError>) {
        (Account { id: Some("123456789012".into()), alias: Some("test".into()) }, Vec::new())
    }

    async fn users(&self, _: Option<Moment>) -> Users {
        Users::default()
    }

    async fn regions(&self) -> Result<Vec<RegionName>, ReadError> {
        Ok(self.world().instances.keys().map(|(region, _)| RegionName(region.clone())).collect())
    }

    async fn instances(&self, region: &RegionName, states: &[State], _: Option<Moment>) -> Instances {
        match self.call("instances", &region.0) {
            Ok(world) => {
                let here = world.instances.iter().filter(|((name, _), _)| *name == region.0).map(|(_, found)| found);
                let found = here.filter(|instance| states.contains(&instance.state)).cloned().collect();
                Instances { found, errors: Vec::new() }
            }
            Err(error) => Instances { found: Vec::new(), errors: vec![unread("DescribeInstances", error)] },
        }
    }

    async fn named(&self, region: &RegionName, ids: &[InstanceId], _: Option<Moment>) -> Instances {
        let mut listing = Instances::default();
        for id in ids {
            match self.call("named", &id.0) {
                Err(error) => listing.errors.push(unread("DescribeInstances", error)),
                Ok(world) => listing.found.extend(world.instances.get(&(region.0.clone(), id.0.clone())).cloned()),
            }
        }
        listing
    }

    async fn instance(&self, region: &RegionName, id: &InstanceId) -> Result<Instance, NoAnswer> {
        let mut world = self.call("instance", &id.0).map_err(|error| unread("DescribeInstances", error))?;
        let waits = world.slow.get_mut(&id.0).filter(|looks| **looks > 0).map(|looks| *looks -= 1).is_some();
        let place = (region.0.clone(), id.0.clone());
        let instance = world.instances.get_mut(&place).ok_or(NoAnswer::Gone)?;
        if instance.state == State::Stopping && !waits {
            instance.state = State::Stopped;
        }
        Ok(instance.clone())
    }

    async fn protection(&self, _: &RegionName, id: &InstanceId) -> Result<Protection, NoAnswer> {
        let world = self.call("protection", &id.0).map_err(|error| unread("DescribeInstanceAttribute", error))?;
        Ok(world.protections.get(&id.0).copied().unwrap_or_default())
    }

    async fn launch(
        &self,
        _: &RegionName,
        id: &InstanceId,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> Result<Trail, ReadError> {
        let world = self.call("launch", &id.0).map_err(|error| unread("LookupEvents", error))?;
        Ok(world.trail.clone().unwrap_or(Trail::Nobody))
    }
}

impl WriteInstances for FakeCloud {
    async fn tag(&self, region: &RegionName, id: &InstanceId, tags: &Tags) -> Result<(), WriteError> {
        self.write("tag", id, |world| {
            let place = (region.0.clone(), id.0.clone());
            world.instances.get_mut(&place).unwrap().tags.extend(tags.clone());
        })
        .await
    }

    async fn stop(&self, region: &RegionName, id: &InstanceId) -> Result<State, WriteError> {
        self.write("stop", id, |world| {
            world.instances.get_mut(&(region.0.clone(), id.0.clone())).unwrap().state = State::Stopping;
        })
        .await
        .map(|()| State::Stopping)
    }

    async fn terminate(&self, region: &RegionName, id: &InstanceId) -> Result<State, WriteError> {
        self.write("terminate", id, |world| {
            world.instances.get_mut(&(region.0.clone(), id.0.clone())).unwrap().state = State::ShuttingDown;
        })
        .await
        .map(|()| State::ShuttingDown)
    }

    async fn protect(&self, _: &RegionName, id: &InstanceId, _: Protection, to: Protection) -> Result<(), WriteError> {
        self.write("protect", id, |world| {
            world.protections.insert(id.0.clone(), to);
        })
        .await
    }
}
