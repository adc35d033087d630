//! A report takes in what was done and what was sent.

use notifier::DeliveryReport;

use super::{Finding, TagsReport, make::judged};
use crate::{
    apply::tags::{Outcome as Applied, Outcomes},
    decision::both,
    report::{NO_CHANNEL, Outcome, ReportError},
    tags::{Action, RuleSet, State, Status},
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
        let untried = deliveries.parts.is_empty();
        let mut told = deliveries.told();
        for finding in &mut self.audit.instances {
            let told = told.remove(finding.subject().as_str()).unwrap_or_else(|| Err(NO_CHANNEL.to_owned()));
            match (finding.action, finding.outcome) {
                (Action::Notify, _) => {
                    finding.outcome = Outcome::of_telling(&told, untried);
                    finding.reason = both(told.err(), finding.reason.take());
                }
                (action, Outcome::Done) if action.changes() => {
                    let untold = told.err().map(|reason| format!("nobody was told: {reason}"));
                    finding.reason = both(untold, finding.reason.take());
                }
                _ => {}
            }
        }
        self.take_in(deliveries);
    }
}

/// What came of one change, and the error it was, if it was one.
fn record(finding: &mut Finding, applied: &Applied, rules: &RuleSet) -> Option<ReportError> {
    let subject = format!("{} {}", finding.region, finding.instance_id);
    let action = finding.action;
    match applied {
        Applied::Done(state) => {
            finding.outcome = Outcome::Done;
            finding.state = state.clone();
            None
        }
        Applied::Held { reason, verdict } => {
            let judged = verdict.as_deref().map_or_else(|| gone(finding), |verdict| judged(verdict, rules));
            *finding = Finding { action, outcome: Outcome::Held, reason: Some(reason.clone()), ..judged };
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
            let reason = format!("it could not be looked at again: {unread}");
            (finding.outcome, finding.reason) = (Outcome::Held, Some(reason));
            Some(ReportError::read(&subject, unread))
        }
    }
}

/// What does not exist any more violates nothing.
fn gone(finding: &Finding) -> Finding {
    Finding { state: State::Terminated, status: Status::Compliant, violations: Vec::new(), ..finding.clone() }
}
