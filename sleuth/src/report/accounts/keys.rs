//! Reports on the access keys of many accounts.

use notifier::DeliveryReport;

use super::{Audited, RESUMED, Unplanned};
use crate::{
    apply::keys::ALREADY,
    decision::both,
    keys::Action,
    report::{
        Outcome,
        keys::{Finding, KeyAudit, KeysReport, Summary},
    },
};

impl Audited for KeyAudit {
    const KIND: &str = "keys-accounts";
    const ONE: &str = "keys";
    const LOUD: &[&str] = &["expired", "unknown", "old", "stagnant", "disabled_now", "alerts"];
    const ALL: &str = "keys";
    const THING: &str = "key";
    const METRICS: &[(&str, &str)] =
        &[("expired", "KeysExpired"), ("unknown", "KeysUnknown"), ("disabled_now", "Disabled"), ("alerts", "Alerts")];
    const TITLE: &str = "AWS IAM Key Report";

    fn counts(&self) -> Vec<(&'static str, usize)> {
        let Summary { users, keys, good, old, stagnant, expired, disabled, unknown, exempt, alerts } = self.summary;
        let done = |key: &&Finding| key.action == Action::Disable && key.outcome == Outcome::Done;
        let disabled_now = self.keys.iter().filter(done).count();
        vec![
            ("users", users),
            ("keys", keys),
            ("good", good),
            ("old", old),
            ("stagnant", stagnant),
            ("expired", expired),
            ("disabled", disabled),
            ("unknown", unknown),
            ("exempt", exempt),
            ("alerts", alerts),
            ("disabled_now", disabled_now),
        ]
    }

    fn unplan(&mut self, unplanned: Unplanned, reason: &str) -> usize {
        let planned =
            self.keys.iter_mut().filter(|key| key.action == Action::Disable && key.outcome == Outcome::Planned);
        planned
            .map(|key| {
                key.outcome = unplanned.into();
                key.reason = both(Some(reason.to_owned()), key.reason.take());
            })
            .count()
    }

    fn resume(&mut self, planned: &Self) {
        let made = |key: &&mut Finding| key.outcome == Outcome::Held && key.reason.as_deref() == Some(ALREADY);
        for key in self.keys.iter_mut().filter(made) {
            let was = planned.keys.iter().find(|was| was.subject() == key.subject() && was.outcome == Outcome::Planned);
            if let Some(was) = was {
                *key = Finding { outcome: Outcome::Done, reason: Some(RESUMED.to_owned()), ..was.clone() };
            }
        }
        self.arrange();
    }

    fn told(report: &mut KeysReport, told: &DeliveryReport, untried: bool) {
        report.record_told(told, untried);
    }
}

impl From<Unplanned> for Outcome {
    fn from(unplanned: Unplanned) -> Self {
        match unplanned {
            Unplanned::Held => Self::Held,
            Unplanned::Lost => Self::Failed,
        }
    }
}
