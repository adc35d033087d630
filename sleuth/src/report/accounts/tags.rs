//! Reports on the EC2 tags of many accounts.

use notifier::DeliveryReport;

use super::{Audited, Unplanned};
use crate::{
    decision::both,
    report::{
        Outcome,
        tags::{Finding, TagAudit, TagsReport},
    },
    tags::Action,
};

impl Audited for TagAudit {
    const KIND: &str = "tags-accounts";
    const ONE: &str = "tags";
    const LOUD: &[&str] = &["violation", "unknown", "grace", "repaired", "stopped", "terminated"];
    const ALL: &str = "instances";
    const THING: &str = "instance";
    const METRICS: &[(&str, &str)] = &[
        ("violation", "InstancesInViolation"),
        ("unknown", "InstancesUnknown"),
        ("repaired", "Repaired"),
        ("stopped", "Stopped"),
        ("terminated", "Terminated"),
    ];
    const TITLE: &str = "AWS EC2 Tag Report";

    fn counts(&self) -> Vec<(&'static str, usize)> {
        let summary = &self.summary;
        let done = |action| {
            let done = |found: &&Finding| found.action == action && found.outcome == Outcome::Done;
            self.instances.iter().filter(done).count()
        };
        vec![
            ("regions", summary.regions),
            ("instances", summary.instances),
            ("violation", summary.violation),
            ("unknown", summary.unknown),
            ("grace", summary.grace),
            ("compliant", summary.compliant),
            ("exempt", summary.exempt),
            ("managed", summary.managed),
            ("repaired", done(Action::Repair)),
            ("stopped", done(Action::Stop)),
            ("terminated", done(Action::Terminate)),
        ]
    }

    fn unplan(&mut self, unplanned: Unplanned, reason: &str) -> usize {
        let planned =
            self.instances.iter_mut().filter(|found| found.action.changes() && found.outcome == Outcome::Planned);
        planned
            .map(|found| {
                found.outcome = unplanned.into();
                found.reason = both(Some(reason.to_owned()), found.reason.take());
            })
            .count()
    }

    fn told(report: &mut TagsReport, told: &DeliveryReport, untried: bool) {
        report.record_told(told, untried);
    }
}
