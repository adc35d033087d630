//! A report takes in what was done and what was sent.

use notifier::DeliveryReport;

use super::{Finding, TagsReport, make::judged};
use crate::{
    apply::tags::{After, Outcome as Applied, Outcomes, Switched},
    decision::both,
    ports::WriteError,
    report::{Outcome, ReportError, told_of},
    tags::{Action, RuleSet, Status},
};

impl TagsReport {
    /// Takes in what came of the plan's changes.
    pub fn record_outcomes(&mut self, outcomes: &Outcomes) {
        self.applied = true;
        let rules = &self.audit.policy.rules;
        for finding in &mut self.audit.instances {
            let place = (finding.region.clone(), finding.instance_id.clone());
            let Some(applied) = outcomes.instances.get(&place) else { continue };
            self.errors.extend(record(finding, applied, rules));
        }
        self.errors.extend(outcomes.canaries.iter().map(|(region, error)| ReportError {
            subject: region.0.clone(),
            operation: "CreateTags".to_owned(),
            message: format!("the canary could not be marked as seen: {error}"),
        }));
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
        for finding in &mut self.audit.instances {
            let told = told_of(&mut told, &finding.subject(), untried);
            match (finding.action, finding.outcome) {
                (Action::Notify, _) => {
                    finding.outcome = Outcome::of_telling(&told, untried);
                    finding.reason = both(told.err(), finding.reason.take());
                }
                // Of what is gone or in order now there is nothing to tell.
                (action, _) if action.changes() && finding.status == Status::Violation => {
                    let untold = told.err().map(|reason| format!("nobody was told: {reason}"));
                    finding.reason = both(finding.reason.take(), untold);
                }
                _ => {}
            }
        }
    }
}

/// What came of one change, and the error it was, if it was one.
fn record(finding: &mut Finding, applied: &Applied, rules: &RuleSet) -> Option<ReportError> {
    let subject = format!("{} {}", finding.region, finding.instance_id);
    let action = finding.action;
    match applied {
        Applied::Done(After { state, protection }) => {
            finding.outcome = Outcome::Done;
            finding.state = state.clone();
            let (note, error) = switched(protection);
            finding.reason = both(note, finding.reason.take());
            let message = format!("{} could not be switched on again: {}", error?.0, error?.1);
            Some(ReportError { subject, operation: "ModifyInstanceAttribute".to_owned(), message })
        }
        Applied::Held { reason, verdict } => {
            let judged = verdict.as_deref().map_or_else(|| gone(finding), |verdict| judged(verdict, rules));
            // What was to be set is told, even if nothing is to be set any more.
            let repairs = finding.repairs.clone();
            *finding = Finding { action, outcome: Outcome::Held, reason: Some(reason.clone()), repairs, ..judged };
            None
        }
        Applied::Failed(reason) => {
            (finding.outcome, finding.reason) = (Outcome::Failed, Some(reason.clone()));
            let operation = match action {
                Action::Stop => "StopInstances",
                Action::Terminate => "TerminateInstances",
                _ => "CreateTags",
            };
            Some(ReportError { subject, operation: operation.to_owned(), message: reason.clone() })
        }
        Applied::Unconfirmed(unread) => {
            let reason = match unread.operation.as_str() {
                "deadline" => format!("it was not begun: {}", unread.message),
                _ => format!("it could not be looked at again: {unread}"),
            };
            (finding.outcome, finding.reason) = (Outcome::Held, Some(reason));
            Some(ReportError::read(&subject, unread))
        }
    }
}

/// What became of protection in words, and the error if it is off that should be on.
fn switched(protection: &Switched) -> (Option<String>, Option<(&'static str, &WriteError)>) {
    match protection {
        Switched::Not => (None, None),
        Switched::Off(on) => (Some(format!("{on} was switched off")), None),
        Switched::OffAndOn(on) => (Some(format!("{on} was switched off, and on again")), None),
        Switched::LeftOff(on, error) => {
            (Some(format!("{on} was switched off, and could not be switched on again: {error}")), Some((on, error)))
        }
    }
}

/// What EC2 does not know any more may be gone, and is not judged.
fn gone(finding: &Finding) -> Finding {
    Finding { status: Status::Unknown, ..finding.clone() }
}
