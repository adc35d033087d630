//! Reports that were saved, read again: as much of them as comparing and digesting need.
//!
//! A field that this program does not know is passed over: a later version may have added it. One that is needed and
//! missing, or holds what nobody can make sense of, is an error, so that nothing is taken for in order by mistake.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{Outcome, VERSION, keys::AlertKind};
use crate::{
    facts::{Account, Tags, UserName},
    keys::{self, AccessKeyId},
    tags::{self, InstanceId, Owner, RegionName, State},
};

/// A report as it was printed or kept.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedReport {
    /// The account.
    pub account: Account,
    /// The time its ages are counted to.
    pub generated_at: DateTime<Utc>,
    /// Names the run; reports of before runs had names have none.
    pub run: Option<String>,
    /// Whether the run was told to act.
    pub applied: bool,
    /// Whether a brake stands because the account may not have been seen whole; reports of before it was said do not tell.
    pub doubt: Option<bool>,
    /// The settings that decided, as they stand there.
    pub policy: Map<String, Value>,
    /// What could not be read, done or delivered.
    pub errors: Vec<SavedError>,
    /// What was found.
    pub audit: SavedAudit,
}

/// The findings of one audit.
#[derive(Debug, Clone, PartialEq)]
pub enum SavedAudit {
    /// Of access keys.
    Keys(Keys),
    /// Of EC2 tags.
    Tags(Instances),
}

/// Findings about access keys.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Keys {
    /// What could not wait.
    pub alerts: Vec<Alert>,
    /// The keys.
    pub keys: Vec<Key>,
}

/// Findings about instances.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Instances {
    /// Every region that was asked.
    pub regions: Vec<Region>,
    /// The instances.
    pub instances: Vec<Instance>,
}

/// Something that could not be read, done or delivered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SavedError {
    /// What it is about.
    pub subject: String,
    /// The call that failed.
    pub operation: String,
    /// What went wrong.
    pub message: String,
}

/// Something that could not wait.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Alert {
    /// What it is.
    pub kind: AlertKind,
    /// The user it is about; none: the root user.
    pub user: Option<UserName>,
}

/// A finding about an access key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// IAM user.
    pub user: UserName,
    /// The owner's display name.
    pub name: String,
    /// Key id, if it is known.
    pub key_id: Option<AccessKeyId>,
    /// Verdict.
    pub status: keys::Status,
    /// Why the key is expired or close to it.
    pub cause: Option<keys::Cause>,
    /// Whether the owner is exempt.
    pub exempt: bool,
    /// Days since creation.
    pub age_days: Option<i64>,
    /// Days since the last use.
    pub idle_days: Option<i64>,
    /// What the finding calls for.
    pub action: keys::Action,
    /// What came of it.
    pub outcome: Outcome,
    /// Why nothing was done, why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// What was found about a region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Region {
    /// Its name.
    pub region: RegionName,
    /// Whether all of its instances were seen.
    pub complete: bool,
    /// Whether its canary was seen; none if nobody looked for it.
    pub canary: Option<bool>,
}

/// A finding about an instance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Instance {
    /// Region.
    pub region: RegionName,
    /// Id.
    pub instance_id: InstanceId,
    /// `Name` tag.
    pub name: Option<String>,
    /// The state it was last seen in.
    pub state: State,
    /// Minutes since its creation.
    pub age_minutes: Option<i64>,
    /// Tags as they were read.
    pub tags: Tags,
    /// What was seen to happen to it, if that is why it was looked at.
    #[serde(default)]
    pub events: Vec<Happened>,
    /// Verdict.
    pub status: tags::Status,
    /// What is wrong, by rule.
    pub violations: Vec<Violation>,
    /// Who is asked about it.
    pub owner: Owner,
    /// The last day of its exemption.
    pub exempt_until: Option<NaiveDate>,
    /// Whether it is a canary of its region.
    pub canary: bool,
    /// Tags to be set, or that were set.
    pub repairs: Tags,
    /// What the finding calls for.
    pub action: tags::Action,
    /// What came of it.
    pub outcome: Outcome,
    /// Why nothing was done, why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// An event. That there was one is all that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happened;

/// A rule and what is wrong by it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Violation {
    /// Id of the rule.
    pub rule: String,
    /// What is wrong: `missing`, `unknown` and so on.
    pub kind: String,
    /// The same in words.
    pub message: String,
    /// Minutes until the grace period is over; none if nobody knows.
    pub grace_left_minutes: Option<i64>,
}

/// Why a text cannot be used as a report.
#[derive(Debug, thiserror::Error)]
pub enum SavedReportError {
    /// It is not a report.
    #[error("not a report that `sleuth keys` or `sleuth tags` printed with `--output json`")]
    Form(#[source] serde_json::Error),
    /// It is something else, or another version.
    #[error("holds `{}` version {version}; `keys` or `tags` version {VERSION} is needed", kind.escape_debug())]
    Version {
        /// What it says it is.
        kind: String,
        /// Its version.
        version: u32,
    },
    /// It is one line of a log of several that together are a report.
    #[error("holds part {part} of {of} of a report, as a function logs a long one; a whole one is needed")]
    Part {
        /// Which line.
        part: u64,
        /// Of how many.
        of: u64,
    },
}

/// What any report, inventory or log line says of itself.
#[derive(Debug, Deserialize)]
pub struct Label {
    /// Version of its form.
    pub version: u32,
    /// What it is: `keys`, `tags-inventory` and so on.
    pub kind: String,
    #[serde(default)]
    log_part: Option<LogPart>,
}

#[derive(Debug, Deserialize)]
struct LogPart {
    part: u64,
    of: u64,
}

/// What both audits have in common.
#[derive(Deserialize)]
struct Envelope {
    #[serde(with = "AnyAccount")]
    account: Account,
    generated_at: DateTime<Utc>,
    run: Option<String>,
    applied: bool,
    doubt: Option<bool>,
    policy: Map<String, Value>,
    errors: Vec<SavedError>,
}

/// An account of which more may be said than is known here.
#[derive(Deserialize)]
#[serde(remote = "Account")]
struct AnyAccount {
    id: Option<String>,
    alias: Option<String>,
}

impl Label {
    /// What a text says it is; of several lines of a log, what the first one says.
    pub fn of(text: &str) -> Result<Self, SavedReportError> {
        let mut lines = serde_json::Deserializer::from_str(text);
        Self::deserialize(&mut lines).map_err(SavedReportError::Form)
    }
}

/// Reads a report from its JSON. Each part is read by itself, so that an error names the line it is in.
pub fn parse(text: &str) -> Result<SavedReport, SavedReportError> {
    let Label { version, kind, log_part } = Label::of(text)?;
    if version != VERSION || !["keys", "tags"].contains(&kind.as_str()) {
        return Err(SavedReportError::Version { kind, version });
    }
    if let Some(LogPart { part, of }) = log_part {
        return Err(SavedReportError::Part { part, of });
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(SavedReportError::Form)?;
    let Envelope { account, generated_at, run, applied, doubt, policy, errors } = envelope;
    let audit = match kind.as_str() {
        "keys" => serde_json::from_str(text).map(SavedAudit::Keys),
        _ => serde_json::from_str(text).map(SavedAudit::Tags),
    };
    let audit = audit.map_err(SavedReportError::Form)?;
    Ok(SavedReport { account, generated_at, run, applied, doubt, policy, errors, audit })
}

impl SavedAudit {
    /// The word used in all outputs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Keys(_) => "keys",
            Self::Tags(_) => "tags",
        }
    }
}

impl SavedReport {
    /// A name for the run. Where it has none, its time has to do: an account is not audited twice in a second.
    pub fn run(&self) -> String {
        self.run.clone().unwrap_or_else(|| self.generated_at.to_rfc3339())
    }
}

impl Key {
    /// The key's name in its report; of keys without an id, the user's.
    pub fn subject(&self) -> String {
        self.key_id.as_ref().map_or_else(|| self.user.to_string(), |key| format!("{} {key}", self.user))
    }
}

impl Instance {
    /// Whether rules ask nothing of the instance for now.
    pub fn is_exempt(&self) -> bool {
        self.canary || self.exempt_until.is_some()
    }

    /// The rules that are violated, and whether they are due; none: it could not be told whether they are.
    pub fn rules(&self) -> BTreeMap<&str, Option<bool>> {
        let due = |violation: &Violation| match violation.grace_left_minutes {
            Some(minutes) if violation.kind != "unknown" => Some(minutes <= 0),
            _ => None,
        };
        self.violations.iter().map(|violation| (violation.rule.as_str(), due(violation))).collect()
    }
}

impl<'de> Deserialize<'de> for Happened {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(test)]
mod tests;
