//! A report takes in what was done and what was sent.

use notifier::DeliveryReport;

use super::{Finding, KeysReport, make::judged};
use crate::{
    apply::keys::{Outcome as Applied, Outcomes},
    decision::both,
    keys::{Action, Status},
    report::{Outcome, ReportError, told_of},
};

impl KeysReport {
    /// Takes in what came of the plan's changes.
    pub fn record_outcomes(&mut self, outcomes: &Outcomes) {
        self.applied = true;
        for finding in &mut self.audit.keys {
            let Some(key) = &finding.key_id else { continue };
            let Some(applied) = outcomes.get(&(finding.user.clone(), key.clone())) else { continue };
            self.errors.extend(record(finding, applied));
        }
        self.audit.arrange();
    }

    /// Takes in what came of telling people.
    pub fn record_delivery(&mut self, deliveries: DeliveryReport) {
        self.record_told(&deliveries, deliveries.parts.is_empty());
        self.add(deliveries.parts);
    }

    /// Takes in who was told of what. `untried`: no message was sent at all, to anybody.
    pub(in crate::report) fn record_told(&mut self, deliveries: &DeliveryReport, untried: bool) {
        let mut told = deliveries.told();
        for alert in &mut self.audit.alerts {
            let told = told_of(&mut told, &alert.subject(), untried);
            (alert.outcome, alert.reason) = (Outcome::of_telling(&told, untried), told.err());
        }
        for finding in &mut self.audit.keys {
            let told = told_of(&mut told, &finding.subject(), untried);
            match (finding.action, finding.outcome) {
                (Action::Warn, _) => warned(finding, told, untried),
                (Action::Disable, Outcome::Done) => {
                    let untold = told.err().map(|reason| format!("nobody was told: {reason}"));
                    finding.reason = both(finding.reason.take(), untold);
                }
                _ => {}
            }
        }
    }
}

/// What came of one change, and the error it was, if it was one.
fn record(finding: &mut Finding, applied: &Applied) -> Option<ReportError> {
    let key = finding.key_id.as_ref().map_or("", |key| key.0.as_str());
    let subject = format!("{} {key}", finding.user);
    match applied {
        Applied::Done(()) => {
            finding.outcome = Outcome::Done;
            None
        }
        Applied::Held { reason, verdict } => {
            *finding = Finding {
                action: Action::Disable,
                outcome: Outcome::Held,
                reason: Some(reason.clone()),
                ..verdict.as_deref().map_or_else(|| gone(finding), judged)
            };
            None
        }
        Applied::Failed(reason) => {
            (finding.outcome, finding.reason) = (Outcome::Failed, Some(reason.clone()));
            Some(ReportError { subject, operation: "UpdateAccessKey".to_owned(), message: reason.clone() })
        }
        Applied::Unconfirmed(unread) => {
            let reason = format!("it could not be looked at again: {unread}");
            (finding.outcome, finding.reason) = (Outcome::Held, Some(reason));
            Some(ReportError::read(&subject, unread))
        }
    }
}

/// A key that does not exist any more does not work any more.
fn gone(finding: &Finding) -> Finding {
    Finding { status: Status::Disabled, cause: None, days_left: None, ..finding.clone() }
}

/// What came of a warning. Without a channel it was not even tried.
fn warned(finding: &mut Finding, told: Result<(), String>, untried: bool) {
    finding.outcome = Outcome::of_telling(&told, untried);
    // What was said before still holds.
    finding.reason = both(told.err(), finding.reason.take());
}
