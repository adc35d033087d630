//! An instance that is known to exist in every region: a region that does not show it is not to be believed.

use super::inventory::{Instance, InstanceId, RegionName, State};
use crate::facts::values;

/// The tag of a canary that holds when it was last seen by a run that was told to act.
pub const TIMESTAMP_TAG: &str = "canary_timestamp";
/// Stands for the region's name in values.
const REGION: &str = "{region}";

/// How to know a canary: a stopped instance with these tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryTags(pub Vec<CanaryTag>);

/// One tag of a canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryTag {
    /// Its key, without case.
    pub key: String,
    /// Its value, in which `{region}` stands for the region; `None`: any that is not empty.
    pub value: Option<String>,
}

/// Whether a region showed its canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canary {
    /// Nobody asked for one.
    NotAsked,
    /// It did.
    Found(InstanceId),
    /// It did not.
    Missing,
}

impl CanaryTags {
    /// Reads `key,key=value,…`. `{region}` in a value stands for the name of the region.
    pub fn parse(text: &str) -> Option<Self> {
        let tag = |entry: &str| {
            let (key, value) = entry.split_once('=').map_or((entry, None), |(key, value)| (key, Some(value)));
            let (key, value) = (key.trim(), value.map(str::trim));
            (!key.is_empty() && value != Some(""))
                .then(|| CanaryTag { key: key.to_owned(), value: value.map(ToOwned::to_owned) })
        };
        text.split(',').map(tag).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The canary of a region, if it is among these instances. Of several the first by id.
    pub fn find<'a>(&self, region: &RegionName, instances: &'a [Instance]) -> Option<&'a Instance> {
        let stopped = instances.iter().filter(|instance| instance.state == State::Stopped);
        stopped.filter(|instance| self.describe(region, instance)).min_by_key(|instance| &instance.id)
    }

    /// Whether an instance has the tags of a canary of its region, in whatever state: one that is being launched anew runs
    /// before it is stopped.
    pub fn describe(&self, region: &RegionName, instance: &Instance) -> bool {
        let has = |tag: &CanaryTag| {
            let wanted = tag.value.as_ref().map(|value| value.replace(REGION, &region.0));
            values(&instance.tags, &tag.key)
                .any(|value| wanted.as_ref().map_or(!value.is_empty(), |wanted| value == wanted))
        };
        self.0.iter().all(has)
    }
}

impl std::fmt::Display for CanaryTags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tags = self.0.iter().map(|CanaryTag { key, value }| match value {
            Some(value) => format!("{key}={value}"),
            None => key.clone(),
        });
        f.write_str(&tags.collect::<Vec<_>>().join(","))
    }
}
