//! What events say about an instance, all of them together: what has to be seen of it before it can be judged.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Change, Event, Sighting};
use crate::{
    facts::Tags,
    tags::{
        inventory::{Instance, InstanceId, RegionName, State},
        launch::Launch,
        rules::RESERVED,
    },
};

/// For how long after an event EC2 may not show yet what it was about. AWS names no limit, and recommends to wait for up to
/// minutes (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>). After that what EC2 shows is true.
const FRESH: TimeDelta = TimeDelta::minutes(15);

/// Instances of one account to be looked at, by place.
pub type Wanted = BTreeMap<(RegionName, InstanceId), Evidence>;

/// What events say about one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The launch, if it is among the events, and the last event.
    pub events: Vec<Event>,
    /// The instance as it was launched, with its tags as the events left them, if its launch is among them.
    pub launched: Option<Instance>,
    /// Tags that must be there, with the value that they were given, or must not (`None`), by key.
    expected: BTreeMap<String, Option<String>>,
    /// Whether it was launched with tags that nobody knows.
    doubtful: bool,
    /// Whether it was started.
    started: bool,
    /// When something happened to it.
    times: BTreeSet<DateTime<Utc>>,
}

/// Takes together what sightings, of one account and in any order, say.
pub fn together<'a>(sightings: impl IntoIterator<Item = &'a Sighting>) -> Wanted {
    let mut sightings: Vec<&Sighting> = sightings.into_iter().collect();
    // Of the same second: what must come first does.
    sightings.sort_by_key(|sighting| {
        let rank = sighting.instances.iter().map(|(_, change)| rank(change)).min();
        (sighting.event.at, rank, &sighting.event.id)
    });
    let mut wanted = Wanted::new();
    for Sighting { region, event, instances, .. } in sightings {
        for (id, change) in instances {
            let new = || Evidence {
                events: Vec::new(),
                launched: None,
                expected: BTreeMap::new(),
                doubtful: false,
                started: false,
                times: BTreeSet::new(),
            };
            wanted.entry((region.clone(), id.clone())).or_insert_with(new).add(event, change);
        }
    }
    wanted
}

/// What comes first of a second, of which nobody knows what did: a launch does; and of a tag that was removed and set, it
/// is taken to be there, so that it is waited for.
const fn rank(change: &Change) -> u8 {
    match change {
        Change::Launched(_) => 0,
        Change::Started | Change::Untagged(_) | Change::Cleared => 1,
        Change::Tagged(_) | Change::Retagged { .. } => 2,
    }
}

impl Evidence {
    fn add(&mut self, event: &Event, change: &Change) {
        self.times.insert(event.at);
        let launch = matches!(change, Change::Launched(_));
        self.events.truncate(if launch { 0 } else { usize::from(self.launched.is_some()) });
        if self.events.last() != Some(event) {
            self.events.push(event.clone());
        }
        match change {
            Change::Launched(launched) => {
                self.expect(&launched.instance.tags);
                self.doubtful = !launched.tags_known;
                self.launched = Some(launched.instance.clone());
            }
            Change::Started => self.started = true,
            Change::Tagged(tags) => {
                self.expect(tags);
                self.launched.iter_mut().for_each(|launched| launched.tags.extend(tags.clone()));
            }
            Change::Untagged(keys) => {
                let removed = |key: &String, value: &String| {
                    keys.iter().any(|(k, v)| k == key && v.as_ref().is_none_or(|v| v == value))
                };
                // A tag that had another value than was to be removed is still there.
                let kept = |key: &String, expected: &Option<String>| {
                    expected.as_ref().is_some_and(|value| !removed(key, value))
                };
                let gone = keys.iter().map(|(key, _)| key);
                let gone = gone.filter(|key| !self.expected.get(*key).is_some_and(|expected| kept(key, expected)));
                let gone: Vec<_> = gone.map(|key| (key.clone(), None)).collect();
                self.expected.extend(gone);
                self.launched.iter_mut().for_each(|launched| launched.tags.retain(|key, value| !removed(key, value)));
            }
            Change::Cleared => {
                // EC2 keeps those that AWS itself set.
                let own = self.expected.iter_mut().filter(|(key, _)| !key.starts_with(RESERVED));
                own.for_each(|(_, value)| *value = None);
                self.doubtful = false;
                self.launched.iter_mut().for_each(|launched| launched.tags.retain(|key, _| key.starts_with(RESERVED)));
            }
            Change::Retagged { tags, changed } => self.retagged(tags, changed),
        }
    }

    fn retagged(&mut self, tags: &Tags, changed: &[String]) {
        let gone = changed.iter().filter(|key| !tags.contains_key(*key));
        self.expected.extend(gone.map(|key| (key.clone(), None)));
        self.expect(tags);
        self.doubtful = false;
        self.launched.iter_mut().for_each(|launched| launched.tags.clone_from(tags));
    }

    fn expect(&mut self, tags: &Tags) {
        self.expected.extend(tags.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
    }

    /// Whether EC2 may not show yet, at the time `now`, what happened.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        // An event that is dated long after now is no newer than one of long ago: clocks differ by less.
        self.times.iter().any(|at| (now - *at).abs() < FRESH)
    }

    /// Whether the instance as EC2 shows it is what the events say, or at least may be.
    pub fn settled(&self, instance: &Instance) -> Settled {
        if matches!(instance.state, State::ShuttingDown | State::Terminated) {
            return Settled::Yes;
        }
        let missing = self.expected.iter().find(|(key, value)| value.is_some() && !instance.tags.contains_key(*key));
        if let Some((key, _)) = missing {
            return Settled::No(format!("the tag `{key}` was set, and EC2 does not show it yet"));
        }
        if self.doubtful {
            return Settled::No("CloudTrail left out which tags it was launched with".to_owned());
        }
        if instance.state == State::Pending {
            return Settled::No("it is still pending".to_owned());
        }
        if self.started && matches!(instance.state, State::Stopped | State::Stopping) {
            return Settled::No("it was started, and EC2 does not show it yet".to_owned());
        }
        let other =
            self.expected.iter().find(|(key, value)| value.is_some() && instance.tags.get(*key) != value.as_ref());
        if let Some((key, _)) = other {
            return Settled::No(format!("the tag `{key}` was set, and EC2 shows another value"));
        }
        if self.expected.iter().any(|(key, value)| value.is_none() && instance.tags.contains_key(key)) {
            return Settled::NotYet;
        }
        Settled::Yes
    }

    /// Whether it was launched with tags that nobody knows.
    pub const fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Who launched the instance, if the launch is among the events and names a person. That nobody did is not to be taken
    /// from an event: rules that would name the launcher do worse then.
    pub fn launch(&self) -> Option<Launch> {
        self.launched.as_ref()?;
        let event = self.events.first()?;
        Some(Launch { at: event.at, by: event.by.clone().filter(|by| by.person().is_some())? })
    }
}

/// Whether an instance can be judged by what EC2 shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It can.
    Yes,
    /// A tag that was removed is still there. If it stays, somebody set it again: it can be judged then.
    NotYet,
    /// It cannot, for this reason.
    No(String),
}

#[cfg(test)]
mod tests;
