//! What came of an event: what was read of it, and a report on the instances of each account.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Report, ReportError, VERSION, tags::TagsReport};
use crate::{
    gather::watch::{Failure, Harvest},
    tags::{InstanceId, RegionName},
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
    pub fn fail(&mut self, wanted: usize, failure: &Failure) {
        self.summary.instances += wanted;
        self.errors.push(error(failure));
    }

    /// Whether everything could be read, done and delivered.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.accounts.iter().all(Report::is_complete)
    }
}

fn error(Failure { subject, error, .. }: &Failure) -> ReportError {
    ReportError::read(subject, error)
}

/// Of which instances a report is not complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// Of these.
    Instances(BTreeSet<(RegionName, InstanceId)>),
    /// Of all, as it is incomplete as a whole.
    All,
}

impl TagsReport {
    /// Of which instances something could not be read, done or told.
    pub fn failed(&self) -> Failed {
        let told = self.deliveries.told();
        let subjects: BTreeSet<String> = self
            .audit
            .instances
            .iter()
            .map(|instance| format!("{} {}", instance.region, instance.instance_id))
            .collect();
        let about_instances = |error: &&ReportError| error.operation == "deliver" || subjects.contains(&error.subject);
        if self.errors.iter().any(|error| !about_instances(&error)) {
            return Failed::All;
        }
        let errors: BTreeSet<&str> = self.errors.iter().map(|error| error.subject.as_str()).collect();
        let failed = self.audit.instances.iter().filter(|instance| {
            let untold = told.get(instance.subject().as_str()).is_some_and(Result::is_err);
            untold || errors.contains(format!("{} {}", instance.region, instance.instance_id).as_str())
        });
        Failed::Instances(failed.map(|instance| (instance.region.clone(), instance.instance_id.clone())).collect())
    }
}
