//! What came of an event: what was read of it, and a report on the instances of each account.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    Outcome, Report, ReportError, VERSION,
    tags::{Finding, TagsReport},
};
use crate::{
    facts::ReadError,
    gather::watch::{Failure, Harvest},
    tags::{Action, InstanceId, RegionName},
};

/// A report on an event, or on several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WatchReport {
    /// [`VERSION`].
    pub version: u32,
    /// `watch`.
    pub kind: &'static str,
    /// The time the ages are counted to.
    pub generated_at: DateTime<Utc>,
    /// Counts.
    pub summary: Summary,
    /// What could not be read or understood of the events, and which accounts could not be looked at.
    pub errors: Vec<ReportError>,
    /// A report an account, as the audit makes it.
    pub accounts: Vec<TagsReport>,
}

/// Counts of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Log files read.
    pub files: usize,
    /// Records read, in files or not.
    pub records: usize,
    /// Records that say that something happened to instances which are to be looked at.
    pub events: usize,
    /// Instances in them.
    pub instances: usize,
    /// Of those, instances that are gone or in a state that no rule is about.
    pub gone: usize,
    /// Instances that a replay without AWS left out, as their launch is not in its files.
    pub not_launched: usize,
    /// What did not concern the watch, by why.
    pub skipped: BTreeMap<&'static str, usize>,
}

impl WatchReport {
    /// The report on what was read, and nothing done yet.
    pub fn new(harvest: &Harvest, now: DateTime<Utc>) -> Self {
        let skipped = harvest.skipped.iter().map(|(skip, count)| (skip.as_str(), *count)).collect();
        let summary = Summary {
            files: harvest.files,
            records: harvest.records,
            events: harvest.sightings.len(),
            skipped,
            ..Summary::default()
        };
        let error = |Failure { subject, error, .. }: &Failure| ReportError::read(subject, error);
        let errors = harvest.failures.iter().map(error).collect();
        Self { version: VERSION, kind: "watch", generated_at: now, summary, errors, accounts: Vec::new() }
    }

    /// Takes in a report on the instances of an account, of which `wanted` were to be looked at.
    pub fn add(&mut self, wanted: usize, report: TagsReport) {
        let looked_at = report.audit.instances.iter().filter(|instance| !instance.events.is_empty()).count();
        self.summary.instances += wanted;
        self.summary.gone += wanted.saturating_sub(looked_at);
        self.accounts.push(report);
    }

    /// Takes in an account that could not be looked at.
    pub fn fail(&mut self, wanted: usize, account: &str, error: &ReadError) {
        self.summary.instances += wanted;
        self.errors.push(ReportError::read(&format!("account {account}"), error));
    }

    /// Whether everything could be read, done and delivered.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.accounts.iter().all(Report::is_complete)
    }
}

/// Instances, by place.
pub type Instances = BTreeSet<(RegionName, InstanceId)>;

impl TagsReport {
    /// The instances that were stopped and terminated. A change that failed may have been made all the same.
    pub fn tried(&self) -> impl Iterator<Item = (RegionName, InstanceId, Action)> {
        let severe = |instance: &&Finding| matches!(instance.action, Action::Stop | Action::Terminate);
        let tried = |instance: &&Finding| matches!(instance.outcome, Outcome::Done | Outcome::Failed);
        let instances = self.audit.instances.iter().filter(severe).filter(tried);
        instances.map(|instance| (instance.region.clone(), instance.instance_id.clone(), instance.action))
    }

    /// The instances of which something could not be read, done or told, so that it is to be tried again. What keeps the whole
    /// run from acting, or is of no weight for what is done, is reported and not tried again: the brake counts what comes
    /// at once, and may let through what comes again in parts.
    pub fn failed(&self) -> Instances {
        let told = self.deliveries.told();
        let subjects: BTreeSet<&str> = self.errors.iter().map(|error| error.subject.as_str()).collect();
        // Who launched an instance, and when a canary was seen, is of no weight for what is done.
        let weighs = |error: &&ReportError| !["LookupEvents", "CreateTags"].contains(&error.operation.as_str());
        let regions: BTreeSet<&str> = self.errors.iter().filter(weighs).map(|error| error.subject.as_str()).collect();
        let failed = |instance: &&Finding| {
            let untold = told.get(instance.subject().as_str()).is_some_and(Result::is_err);
            let place = format!("{} {}", instance.region, instance.instance_id);
            untold || subjects.contains(place.as_str()) || regions.contains(instance.region.0.as_str())
        };
        let failed = self.audit.instances.iter().filter(failed);
        failed.map(|instance| (instance.region.clone(), instance.instance_id.clone())).collect()
    }
}
