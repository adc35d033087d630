//! A report out of an inventory and a plan.

use chrono::{DateTime, Utc};
use notifier::DeliveryReport;

use super::{Finding, Outcome, PolicyInForce, Report, ReportError, Summary, VERSION};
use crate::keys::{
    AutoExpire, Cause, Decision, Inventory, LastUse, Limits, Plan, Policy, ReadError, Status, User, Verdict, plan::Step,
};

impl Report {
    /// The report on a plan that is not, or not yet, applied.
    pub fn new(inventory: &Inventory, plan: &Plan, ages: Policy, limits: Limits, now: DateTime<Utc>) -> Self {
        let mut report = Self {
            version: VERSION,
            kind: "keys",
            account: inventory.account.clone(),
            generated_at: now,
            applied: false,
            policy: PolicyInForce {
                ages,
                enable_auto_expire: limits.auto_expire,
                max_disable: limits.max_disable,
                max_disable_percent: limits.max_percent,
            },
            brake: plan.brake.clone(),
            summary: Summary { users: inventory.users.len(), ..Summary::default() },
            keys: plan.steps.iter().map(finding).collect(),
            errors: read_errors(inventory),
            deliveries: DeliveryReport::default(),
        };
        report.errors.extend(plan.brake.as_ref().map(|reason| ReportError {
            subject: "account".to_owned(),
            operation: "brake".to_owned(),
            message: reason.clone(),
        }));
        report.arrange();
        report
    }

    /// Sorts the findings and counts them. To be called whenever one has changed.
    pub(super) fn arrange(&mut self) {
        self.keys.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let count = |status| self.keys.iter().filter(|key| key.status == status).count();
        self.summary = Summary {
            users: self.summary.users,
            keys: self.keys.len(),
            good: count(Status::Good),
            old: count(Status::Old),
            stagnant: count(Status::Stagnant),
            expired: count(Status::Expired),
            disabled: count(Status::Disabled),
            unknown: count(Status::Unknown),
            exempt: self.keys.iter().filter(|key| key.exempt).count(),
        };
    }
}

/// Worst first: by status, those that count before those that are exempt, the most overdue first, then by name.
fn rank(finding: &Finding) -> impl Ord + use<'_> {
    let measure = match finding.cause {
        Some(Cause::Inactivity) => finding.idle_days,
        _ => finding.age_days,
    };
    let overdue = std::cmp::Reverse(measure);
    (finding.status, finding.exempt, finding.cause, overdue, &finding.user, &finding.key_id)
}

fn finding(step: &Step) -> Finding {
    let (outcome, reason) = match &step.decision {
        Decision::Nothing(reason) => (Outcome::None, reason.clone()),
        Decision::Proceed => (Outcome::Planned, step.verdict.note.clone()),
        Decision::Held(reason) => (Outcome::Held, Some(reason.clone())),
    };
    Finding { action: step.action, outcome, reason, ..judged(&step.verdict) }
}

/// The part of a finding that its verdict decides.
pub(super) fn judged(verdict: &Verdict) -> Finding {
    let (last_used, last_used_service, last_used_region) = match &verdict.last_use {
        Some(LastUse::At { time, service, region }) => (Some(*time), service.clone(), region.clone()),
        Some(LastUse::Never) | None => (None, None, None),
    };
    Finding {
        user: verdict.user.clone(),
        name: verdict.name.clone(),
        slack: verdict.slack.clone(),
        key_id: verdict.key.clone(),
        status: verdict.status,
        cause: verdict.cause,
        exempt: verdict.is_exempt(),
        auto_expire: match verdict.auto_expire {
            Some(AutoExpire::Allowed) => Some(true),
            Some(AutoExpire::Exempt) => Some(false),
            Some(AutoExpire::Unclear(_)) | None => None,
        },
        created: verdict.created,
        last_used,
        last_used_service,
        last_used_region,
        age_days: verdict.age,
        idle_days: verdict.idle,
        days_left: verdict.days_left,
        action: crate::keys::Action::None,
        outcome: Outcome::None,
        reason: None,
    }
}

fn read_errors(inventory: &Inventory) -> Vec<ReportError> {
    let account = inventory.errors.iter().map(|error| ReportError::read("account", error));
    let mut errors: Vec<ReportError> = account.chain(inventory.users.iter().flat_map(user_errors)).collect();
    errors.dedup();
    errors
}

fn user_errors(user: &User) -> Vec<ReportError> {
    let name = user.name.0.as_str();
    let tags = user.tags.as_unread().map(|error| ReportError::read(name, error));
    let listing = user.keys.as_unread().map(|error| ReportError::read(name, error));
    let keys = user.keys.as_read().map_or(&[][..], Vec::as_slice);
    let of_key = |id, error: &ReadError| ReportError::read(&format!("{name} {id}"), error);
    let keys = keys.iter().filter_map(|key| {
        // A key that does not work is not judged, but what could not be read is still said.
        key.unread().as_ref().or(key.last_used.as_unread()).map(|error| of_key(&key.id, error))
    });
    tags.into_iter().chain(listing).chain(keys).collect()
}

impl ReportError {
    /// A call that gave no answer.
    pub(super) fn read(subject: &str, error: &ReadError) -> Self {
        Self { subject: subject.to_owned(), operation: error.operation.clone(), message: error.message.clone() }
    }
}
