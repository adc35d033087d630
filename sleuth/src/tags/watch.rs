//! What CloudTrail says happened to instances: events in any wrapping in, instances to be looked at out.

pub mod event;
pub mod evidence;
pub mod identity;
pub mod recent;
pub mod record;
pub mod seen;

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    inventory::{Instance, InstanceId, RegionName},
    launch::Principal,
};
use crate::facts::{Tags, is_account};

/// Something that happened to instances, by one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The account, 12 digits.
    pub account: String,
    /// Where.
    pub region: RegionName,
    /// What it was.
    pub event: Event,
    /// The instances, and what became of each.
    pub instances: Vec<(InstanceId, Change)>,
}

/// One call, or change of tags, that an instance was seen in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// CloudTrail's `eventID`, or that of the event that `EventBridge` made.
    #[serde(default)]
    pub id: Option<String>,
    /// The call, such as `RunInstances`.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who called, as far as that is said.
    #[serde(default)]
    pub by: Option<Principal>,
    /// The ARN of who called.
    #[serde(default)]
    pub arn: Option<String>,
    /// From where: an IP address, or the name of a service.
    #[serde(default)]
    pub source_ip: Option<String>,
}

/// What became of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was launched.
    Launched(Box<Launched>),
    /// It was started.
    Started,
    /// Tags were set.
    Tagged(Tags),
    /// Tags of these keys were removed, where a value is given only if they had that.
    Untagged(Vec<(String, Option<String>)>),
    /// All of its tags were removed.
    Cleared,
    /// These are all of its tags now; tags of these keys were changed.
    Retagged {
        /// All tags.
        tags: Tags,
        /// The keys.
        changed: Vec<String>,
    },
}

/// An instance as it was launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// It, with the tags that it was launched with.
    pub instance: Instance,
    /// Whether all tags that it was launched with are known. CloudTrail leaves out what is too large.
    pub tags_known: bool,
}

/// Why something is no business of the watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// A record of another service than EC2.
    OtherService,
    /// A record of another call of EC2.
    OtherCall,
    /// A call that failed.
    FailedCall,
    /// Tags of something else than an instance.
    OtherResource,
    /// A call of Sleuth itself.
    OwnCall,
    /// An event that was seen before.
    Duplicate,
    /// In a region that is not to be looked at.
    OtherRegion,
    /// The notice that a bucket's events are switched on.
    TestEvent,
    /// The notice that a trail's topic is set up.
    TrailSetUp,
    /// An object that was removed, or something else than made.
    NotCreated,
    /// A digest file.
    Digest,
    /// A file of CloudTrail Insights.
    Insights,
    /// An object that is no log of CloudTrail.
    OtherObject,
}

impl Skip {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OtherService => "other_service",
            Self::OtherCall => "other_call",
            Self::FailedCall => "failed_call",
            Self::OtherResource => "other_resource",
            Self::OwnCall => "own_call",
            Self::Duplicate => "duplicate",
            Self::OtherRegion => "other_region",
            Self::TestEvent => "test_event",
            Self::TrailSetUp => "trail_set_up",
            Self::NotCreated => "not_created",
            Self::Digest => "digest",
            Self::Insights => "insights",
            Self::OtherObject => "other_object",
        }
    }
}

/// A file that CloudTrail wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogObject {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The region of the bucket, where that is said.
    pub region: Option<String>,
}

impl LogObject {
    /// The account whose log it is, by its key.
    pub fn account(&self) -> Option<&str> {
        let mut parts = self.key.rsplit('/').skip_while(|part| *part != LOG_FOLDER).skip(1);
        parts.next().filter(|part| is_account(part))
    }
}

impl fmt::Display for LogObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// The folder of logs, below that of the account
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>).
const LOG_FOLDER: &str = "CloudTrail";

/// How many of what was skipped.
pub type Skipped = BTreeMap<Skip, usize>;

#[cfg(test)]
pub(crate) mod tests;
