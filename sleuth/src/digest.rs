//! What was done in some time, by account and owner, out of many reports. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use notifier::DeliveryReport;
use serde::Serialize;

use crate::{
    facts::{Account, UserName},
    keys::AccessKeyId,
    report::{Outcome, ReportError, VERSION, undelivered},
    tags::{InstanceId, RegionName, State, owner::FoundBy},
};

mod collection;
mod documents;
mod reports;

pub use collection::Collection;

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// [`VERSION`].
    pub version: u32,
    /// `digest`.
    pub kind: &'static str,
    /// The time.
    #[serde(flatten)]
    pub span: Span,
    /// Counts of all accounts.
    pub summary: Counts,
    /// What was done, by account.
    pub accounts: Vec<OfAccount>,
    /// Runs that did not read, do or tell everything.
    pub incomplete: Vec<Incomplete>,
    /// Reports that could not be read, of which nobody knows what they say; and, once it was sent, what was not delivered.
    pub errors: Vec<ReportError>,
    /// What was sent, part by part.
    pub deliveries: DeliveryReport,
}

/// A time, of which the start belongs to it and the end does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its start.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

/// Counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Runs that were told to act.
    pub runs: usize,
    /// Keys that were disabled.
    pub disabled: usize,
    /// Instances whose tags were set.
    pub repaired: usize,
    /// Instances that were stopped.
    pub stopped: usize,
    /// Instances that were terminated.
    pub terminated: usize,
    /// Changes that were tried and failed.
    pub failed: usize,
    /// Changes that were called for and not tried.
    pub held: usize,
    /// Owners' notices that were sent.
    pub notices: usize,
}

/// What was done in one account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfAccount {
    /// Which one.
    pub account: Account,
    /// Counts.
    pub summary: Counts,
    /// What was done, by owner.
    pub owners: Vec<OfOwner>,
    /// How many changes were called for and not tried, by why.
    pub held: BTreeMap<String, usize>,
}

/// What was done to what one owner has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfOwner {
    /// The name; `null` if nobody is known.
    pub owner: Option<String>,
    /// What was done or tried, in the order of time.
    pub deeds: Vec<Deed>,
}

/// Something that was done, or was tried and failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Deed {
    /// When: the time of its run.
    pub at: DateTime<Utc>,
    /// Its run.
    pub run: String,
    /// What it was done to.
    #[serde(flatten)]
    pub target: Target,
    /// How the owner was found.
    pub found_by: Option<FoundBy>,
    /// What else is known of that: the tag's key, the role.
    pub detail: Option<String>,
    /// What was to be done.
    pub action: Action,
    /// What came of it: `done` or `failed`.
    pub outcome: Outcome,
    /// Why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "about", rename_all = "lowercase")]
pub enum Target {
    /// An access key.
    Key {
        /// Its user.
        user: UserName,
        /// Its id.
        key_id: Option<AccessKeyId>,
        /// Days since its creation.
        age_days: Option<i64>,
        /// Days since its last use.
        idle_days: Option<i64>,
    },
    /// An instance.
    Instance {
        /// Its region.
        region: RegionName,
        /// Its id.
        instance_id: InstanceId,
        /// Its `Name` tag.
        name: Option<String>,
        /// The state it was last seen in.
        state: State,
        /// Minutes since its creation.
        age_minutes: Option<i64>,
        /// Its tags before, each as `key=value`.
        tags: Vec<String>,
        /// Tags that were to be set, in the same way.
        repairs: Vec<String>,
        /// What was wrong with it.
        wrong: Vec<String>,
    },
}

/// Changes that runs make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A key is disabled.
    Disable,
    /// Tags are set.
    Repair,
    /// An instance is stopped.
    Stop,
    /// An instance is terminated.
    Terminate,
}

/// A run that did not read, do or tell everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Incomplete {
    /// Its account.
    pub account: Account,
    /// The audit: `keys` or `tags`.
    pub audit: &'static str,
    /// When it was.
    pub at: DateTime<Utc>,
    /// The run.
    pub run: String,
    /// How many things could not be read, done or delivered.
    pub count: usize,
    /// The first of them, in words.
    pub first: String,
}

impl Digest {
    /// Keeps what was sent, and tells what was not.
    pub fn record_delivery(&mut self, deliveries: DeliveryReport) {
        self.errors.extend(undelivered(&deliveries));
        self.deliveries = deliveries;
    }

    /// Whether all reports could be read, and the digest delivered.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether there is nothing that anybody has to be told: nothing was called for, done or tried, and all
    /// runs and reports are whole.
    pub fn is_empty(&self) -> bool {
        self.summary.held == 0
            && self.accounts.iter().all(|account| account.owners.is_empty())
            && self.incomplete.is_empty()
            && self.errors.is_empty()
    }
}

impl Span {
    /// Whether a time is in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }
}

impl Counts {
    /// Counts a deed.
    fn add(&mut self, deed: &Deed) {
        let count = match (deed.outcome, deed.action) {
            (Outcome::Done, Action::Disable) => &mut self.disabled,
            (Outcome::Done, Action::Repair) => &mut self.repaired,
            (Outcome::Done, Action::Stop) => &mut self.stopped,
            (Outcome::Done, Action::Terminate) => &mut self.terminated,
            _ => &mut self.failed,
        };
        *count += 1;
    }

    /// Adds those of another.
    fn join(&mut self, other: &Self) {
        let Self { runs, disabled, repaired, stopped, terminated, failed, held, notices } = other;
        self.runs += runs;
        self.disabled += disabled;
        self.repaired += repaired;
        self.stopped += stopped;
        self.terminated += terminated;
        self.failed += failed;
        self.held += held;
        self.notices += notices;
    }
}

#[cfg(test)]
pub(crate) mod tests;
