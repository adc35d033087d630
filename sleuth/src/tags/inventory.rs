//! What was read of an account's instances. What could not be read stands where it belongs, as an error.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{launch::Launch, watch::Event};
use crate::facts::{self, Account, ReadError, Reading, Tags, UserName, name};

name! {
    /// Id of an EC2 instance, such as `i-0123456789abcdef0`. Unique in a region, and never used again.
    InstanceId
}

name! {
    /// Name of a region, such as `eu-west-1`.
    RegionName
}

impl RegionName {
    /// A name of the form of a region's. It becomes a part of the address that is called.
    pub fn parse(name: &str) -> Option<Self> {
        let like = name.len() <= 32
            && name.split('-').count() >= 3
            && name.split('-').all(|part| !part.is_empty())
            && name.ends_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        like.then(|| Self(name.to_owned()))
    }
}

/// An account's instances, as they were at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// When it was read.
    pub taken_at: DateTime<Utc>,
    /// Whose instances these are.
    pub account: Account,
    /// Every region that was asked, by name.
    pub regions: Vec<Region>,
    /// The IAM users of the account; `None` if nobody asked.
    #[serde(default)]
    pub users: Option<Reading<Vec<IamUser>>>,
    /// What could not be read of the account as a whole.
    #[serde(default)]
    pub errors: Vec<ReadError>,
}

impl Inventory {
    /// Leaves out all but these regions. One that was not read is an error.
    pub fn narrow(&mut self, wanted: &[RegionName]) {
        self.regions.retain(|region| wanted.contains(&region.name));
        for name in wanted.iter().filter(|name| self.regions.iter().all(|region| region.name != **name)) {
            let message = format!("{name} is not in the inventory");
            self.errors.push(ReadError { operation: "inventory".to_owned(), message });
        }
    }
}

/// The instances of one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Name.
    pub name: RegionName,
    /// Its instances, by id, as far as they could be listed.
    pub instances: Vec<Instance>,
    /// What could not be read of the region as a whole. Not empty if instances may be missing.
    #[serde(default)]
    pub errors: Vec<ReadError>,
}

/// An IAM user, as far as tags name users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IamUser {
    /// Name.
    pub name: UserName,
    /// Tags; `None` if the listing did not have them.
    #[serde(default)]
    pub tags: Option<Tags>,
}

impl IamUser {
    /// The `Slack` tag, as written.
    pub fn slack(&self) -> Option<&str> {
        self.tags.as_ref().and_then(facts::slack)
    }

    /// The `Email` tag, as written.
    pub fn email(&self) -> Option<&str> {
        self.tags.as_ref().and_then(facts::email)
    }

    /// Whether this is the user of that name. IAM does not tell upper from lower case in user names
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>).
    pub fn is_named(&self, name: &str) -> bool {
        self.name.0.eq_ignore_ascii_case(name.trim())
    }
}

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Id.
    pub id: InstanceId,
    /// State.
    pub state: State,
    /// When it was started last; `None` if AWS did not say.
    pub launched: Option<DateTime<Utc>>,
    /// When its oldest volume was attached. Of an instance that was stopped and started this is closer to its creation.
    #[serde(default)]
    pub attached: Option<DateTime<Utc>>,
    /// Tags. EC2 tells upper from lower case in keys.
    pub tags: Tags,
    /// Type, such as `m5.large`.
    #[serde(default)]
    pub instance_type: Option<String>,
    /// Id of the image it was launched from.
    #[serde(default)]
    pub image: Option<String>,
    /// Id of its VPC.
    #[serde(default)]
    pub vpc: Option<String>,
    /// Whether it is a spot instance.
    #[serde(default)]
    pub spot: bool,
    /// The service that operates it on the customer's behalf, as EC2 says.
    #[serde(default)]
    pub operator: Option<String>,
    /// What protects it from being stopped or terminated; `None` if nobody asked.
    #[serde(default)]
    pub protection: Option<Reading<Protection>>,
    /// Who launched it, by CloudTrail: `Read(None)` if CloudTrail does not know, `None` if nobody asked.
    #[serde(default)]
    pub launch: Option<Reading<Option<Launch>>>,
    /// What was seen to happen to it, if it was that why it was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Why it is not to be judged by what EC2 shows of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<ReadError>,
}

/// What protects an instance from changes through the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Termination protection: `disableApiTermination`.
    pub termination: bool,
    /// Stop protection: `disableApiStop`.
    pub stop: bool,
}

impl Instance {
    /// An instance of which nothing else is known.
    pub fn new(id: InstanceId, state: State) -> Self {
        Self {
            id,
            state,
            launched: None,
            attached: None,
            tags: Tags::new(),
            instance_type: None,
            image: None,
            vpc: None,
            spot: false,
            operator: None,
            protection: None,
            launch: None,
            events: Vec::new(),
            unsettled: None,
        }
    }

    /// When it was created, as far as that can be told: its last start or the oldest attachment of a volume, whichever is
    /// older.
    pub fn created(&self) -> Option<DateTime<Utc>> {
        match (self.launched, self.attached) {
            (Some(launched), Some(attached)) => Some(launched.min(attached)),
            (one, other) => one.or(other),
        }
    }

    /// The `Name` tag.
    pub fn name(&self) -> Option<&str> {
        self.tags.get("Name").map(|name| name.trim()).filter(|name| !name.is_empty())
    }

    /// Who would replace the instance if it were stopped or terminated, if somebody would.
    ///
    /// By what EC2 says of its operator, by the tags that Auto Scaling, EKS, Kubernetes, Karpenter, EMR and EC2 Fleet set, or because it is a spot instance.
    pub fn manager(&self) -> Option<String> {
        let named = |key: &str, what: &str| self.tags.get(key).map(|value| format!("{what} {value}"));
        let prefixed = |prefix: &str, what: &str| {
            let mut keys = self.tags.keys().filter_map(|key| key.strip_prefix(prefix));
            keys.next().map(|rest| format!("{what} {rest}").trim_end().to_owned())
        };
        let operator = self.operator.as_ref().map(|operator| format!("the service {operator}"));
        operator
            .or_else(|| named("aws:autoscaling:groupName", "Auto Scaling group"))
            .or_else(|| named("karpenter.sh/nodepool", "Karpenter node pool"))
            .or_else(|| prefixed("karpenter.sh/", "Karpenter,"))
            .or_else(|| named("eks:cluster-name", "EKS cluster"))
            .or_else(|| named("aws:eks:cluster-name", "EKS cluster"))
            .or_else(|| prefixed("kubernetes.io/cluster/", "Kubernetes cluster"))
            .or_else(|| named("aws:elasticmapreduce:job-flow-id", "EMR cluster"))
            .or_else(|| named("aws:ec2:fleet-id", "EC2 Fleet"))
            .or_else(|| named("aws:ec2spot:fleet-request-id", "Spot Fleet"))
            .or_else(|| self.spot.then(|| "a spot request".to_owned()))
    }
}

/// State of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum State {
    /// Being launched or started.
    Pending,
    /// Running.
    Running,
    /// Being stopped.
    Stopping,
    /// Stopped.
    Stopped,
    /// Being terminated.
    ShuttingDown,
    /// Terminated: gone, and shown for a while.
    Terminated,
    /// Something this program does not know.
    Other(String),
}

impl State {
    /// Those that rules can be about: of the others nothing is left to be done.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Running, Self::Stopping, Self::Stopped];
    /// Those that rules are about if they do not say.
    pub const AUDITED: [Self; 2] = [Self::Running, Self::Stopped];

    /// Whether this program knows what it means.
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// The word EC2 uses.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Other(state) => state,
        }
    }
}

impl From<String> for State {
    fn from(state: String) -> Self {
        match state.as_str() {
            "pending" => Self::Pending,
            "running" => Self::Running,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "shutting-down" => Self::ShuttingDown,
            "terminated" => Self::Terminated,
            _ => Self::Other(state),
        }
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.as_str().to_owned()
    }
}
