//! Reports on the EC2 tags of many accounts.

use notifier::DeliveryReport;

use super::{Audited, RESUMED, Unplanned};
use crate::{
    decision::both,
    report::{
        Outcome,
        tags::{Finding, TagAudit, TagsReport},
    },
    tags::{Action, State},
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

    fn resume(&mut self, planned: &Self) {
        for found in self.instances.iter_mut().filter(|found| found.outcome == Outcome::Held) {
            let was = planned.instances.iter().find(|was| was.subject() == found.subject());
            let was = was.filter(|was| was.outcome == Outcome::Planned && is_made(was, found));
            if let Some(was) = was {
                let (state, tags) = (found.state.clone(), found.tags.clone());
                let reason = Some(RESUMED.to_owned());
                *found = Finding { outcome: Outcome::Done, reason, state, tags, ..was.clone() };
            }
        }
        self.arrange();
    }

    fn told(report: &mut TagsReport, told: &DeliveryReport, untried: bool) {
        report.record_told(told, untried);
    }
}

/// Whether what was planned for an instance is so by now.
fn is_made(planned: &Finding, now: &Finding) -> bool {
    match planned.action {
        Action::Stop => matches!(now.state, State::Stopping | State::Stopped),
        Action::Terminate => matches!(now.state, State::ShuttingDown | State::Terminated),
        Action::Repair => planned.repairs.iter().all(|(key, value)| now.tags.get(key) == Some(value)),
        Action::None | Action::Notify => false,
    }
}
