//! What a run found, did and could not do about access keys.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Outcome, Report};
use crate::{
    facts::UserName,
    keys::{AccessKeyId, Action, Cause, Days, Policy, Status},
};

mod make;
mod record;

/// A report about access keys.
pub type KeysReport = Report<KeyAudit>;

/// What is reported of access keys only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyAudit {
    /// The policy in force.
    pub policy: PolicyInForce,
    /// When the credential report was made that could rule users out; `null` if there was none.
    pub credential_report: Option<DateTime<Utc>>,
    /// What cannot wait for a key to grow old.
    pub alerts: Vec<Alert>,
    /// Counts.
    pub summary: Summary,
    /// One finding a key, worst first.
    pub keys: Vec<Finding>,
}

/// The settings that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// Ages, in days.
    #[serde(flatten)]
    pub ages: Policy,
    /// Whether keys may be disabled.
    pub enable_auto_expire: bool,
    /// Most keys one run may disable.
    pub max_disable: usize,
    /// The same, in percent of the working keys.
    pub max_disable_percent: Option<usize>,
}

/// Counts of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Users seen.
    pub users: usize,
    /// Findings: the sum of all statuses below.
    pub keys: usize,
    /// Keys in order.
    pub good: usize,
    /// Keys close to expiring by age.
    pub old: usize,
    /// Keys close to expiring by inactivity.
    pub stagnant: usize,
    /// Keys past a limit.
    pub expired: usize,
    /// Keys that do not work.
    pub disabled: usize,
    /// Keys, or all keys of a user, that could not be judged.
    pub unknown: usize,
    /// Of all these, keys whose owner is exempt.
    pub exempt: usize,
    /// Alerts.
    pub alerts: usize,
}

/// Something that somebody should look at now, and whether somebody was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is.
    pub kind: AlertKind,
    /// The user it is about; `null`: the root user.
    pub user: Option<UserName>,
    /// The owner's display name.
    pub name: Option<String>,
    /// The `Slack` tag, as written.
    pub slack: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
    /// What came of telling people.
    pub outcome: Outcome,
    /// Why that failed or was not tried.
    pub reason: Option<String>,
}

/// Kinds of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The root user has access keys.
    RootAccessKeys,
    /// A policy is attached by which AWS quarantines users whose access keys leaked.
    Quarantine,
}

impl AlertKind {
    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RootAccessKeys => "root_access_keys",
            Self::Quarantine => "quarantine",
        }
    }
}

/// What was found about one key, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// IAM user.
    pub user: UserName,
    /// The owner's display name.
    pub name: String,
    /// The `Slack` tag, as written.
    pub slack: Option<String>,
    /// The `Email` tag, as written.
    pub email: Option<String>,
    /// Key id; `null` if the user's keys could not be listed, or are known from the credential report only.
    pub key_id: Option<AccessKeyId>,
    /// Verdict.
    pub status: Status,
    /// Why the key is expired or close to it.
    pub cause: Option<Cause>,
    /// Whether the owner is exempt.
    pub exempt: bool,
    /// Whether the key may be disabled; `null` if that could not be read or is unclear.
    pub auto_expire: Option<bool>,
    /// Creation time.
    pub created: Option<DateTime<Utc>>,
    /// What is known of the last use.
    pub last_use: LastUseKnown,
    /// Last use; `null` if it was never used or that is not known.
    pub last_used: Option<DateTime<Utc>>,
    /// Service of the last use.
    pub last_used_service: Option<String>,
    /// Region of the last use.
    pub last_used_region: Option<String>,
    /// Days since creation.
    pub age_days: Option<Days>,
    /// Days since the last use, or since creation if it was never used.
    pub idle_days: Option<Days>,
    /// Days until the key expires if it is not used.
    pub days_left: Option<Days>,
    /// What the finding calls for.
    pub action: Action,
    /// What came of it.
    pub outcome: Outcome,
    /// Why nothing was done, why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// What is known of a key's last use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastUseKnown {
    /// When it was.
    Recorded,
    /// That there was none.
    Never,
    /// Nothing: nobody asked.
    NotAsked,
    /// Nothing: it could not be read.
    Unread,
}

impl Alert {
    /// A name for this alert that is unique in its report, and no finding's.
    pub fn subject(&self) -> String {
        format!("alert/{}/{}", self.kind.as_str(), self.user.as_ref().map_or("", |user| user.0.as_str()))
    }
}

impl Finding {
    /// A name for this finding that is unique among those of its report that call for something.
    pub fn subject(&self) -> String {
        let key = self.key_id.as_ref().map_or("", |key| key.0.as_str());
        format!("{}/{key}", self.user)
    }
}
