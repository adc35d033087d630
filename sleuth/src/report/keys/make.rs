//! A report out of an inventory and a plan.

use chrono::{DateTime, Utc};

use super::{Alert, AlertKind, Finding, KeyAudit, KeysReport, LastUseKnown, PolicyInForce, Summary};
use crate::{
    decision::Decision,
    facts::Reading,
    keys::{
        self, AccessKeyId, AutoExpire, Cause, Inventory, LastUse, Limits, Plan, Policy, Status, User, Verdict, alerts,
        audit::NOT_ASKED, plan::Step,
    },
    report::{Outcome, Report, ReportError},
};

impl KeysReport {
    /// The report on a plan that is not, or not yet, applied.
    pub fn new(inventory: &Inventory, plan: &Plan, ages: Policy, limits: &Limits, now: DateTime<Utc>) -> Self {
        let audit = KeyAudit {
            policy: PolicyInForce {
                ages,
                enable_auto_expire: limits.auto_expire,
                max_disable: limits.max_disable,
                max_disable_percent: limits.max_percent,
            },
            credential_report: inventory.credential_report,
            alerts: alerts(inventory).into_iter().map(alert).collect(),
            summary: Summary { users: inventory.users.len(), ..Summary::default() },
            keys: plan.steps.iter().map(finding).collect(),
        };
        let errors = read_errors(inventory, plan);
        let mut report = Report::planned("keys", inventory.account.clone(), now, plan.brake.clone(), audit, errors);
        report.audit.arrange();
        report
    }
}

impl KeyAudit {
    /// Sorts the findings and counts them. To be called whenever one has changed.
    pub(in crate::report) fn arrange(&mut self) {
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
            alerts: self.alerts.len(),
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

fn alert(found: keys::Alert) -> Alert {
    let (kind, user, name, slack, message) = match found {
        keys::Alert::RootKeys => {
            let message = "the root user has access keys, which no IAM policy restricts: delete them";
            (AlertKind::RootAccessKeys, None, None, None, message.to_owned())
        }
        keys::Alert::Quarantine { user, name, slack, policies } => {
            let message = format!(
                "{} is attached to this user, as AWS does when access keys leaked: let an administrator disable them, and \
                 follow AWS's support case",
                policies.join(", ")
            );
            (AlertKind::Quarantine, Some(user), Some(name), slack, message)
        }
    };
    Alert { kind, user, name, slack, message, outcome: Outcome::Planned, reason: None }
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
    let (last_use, used) = match &verdict.last_use {
        Some(Reading::Read(LastUse::At { time, service, region })) => {
            (LastUseKnown::Recorded, (Some(*time), service.clone(), region.clone()))
        }
        Some(Reading::Read(LastUse::Never)) => (LastUseKnown::Never, (None, None, None)),
        Some(Reading::Unread(_)) => (LastUseKnown::Unread, (None, None, None)),
        None => (LastUseKnown::NotAsked, (None, None, None)),
    };
    let (last_used, last_used_service, last_used_region) = used;
    Finding {
        user: verdict.user.clone(),
        name: verdict.name.clone(),
        slack: verdict.slack.clone(),
        email: verdict.email.clone(),
        key_id: verdict.key.clone(),
        status: verdict.status,
        cause: verdict.cause,
        exempt: verdict.is_exempt(),
        auto_expire: match verdict.auto_expire {
            Some(AutoExpire::Allowed) => Some(true),
            Some(AutoExpire::Exempt | AutoExpire::Protected(_)) => Some(false),
            Some(AutoExpire::Unclear(_)) | None => None,
        },
        created: verdict.created,
        last_use,
        last_used,
        last_used_service,
        last_used_region,
        age_days: verdict.age,
        idle_days: verdict.idle,
        days_left: verdict.days_left,
        action: keys::Action::None,
        outcome: Outcome::None,
        reason: None,
    }
}

fn read_errors(inventory: &Inventory, plan: &Plan) -> Vec<ReportError> {
    let account = inventory.errors.iter().map(|error| ReportError::read("account", error));
    let not_asked = plan.steps.iter().filter_map(|step| {
        let error = step.verdict.unread.as_ref().filter(|error| error.operation == NOT_ASKED)?;
        Some(ReportError::read(&subject(&step.verdict.user.0, step.verdict.key.as_ref()), error))
    });
    let mut errors: Vec<ReportError> =
        account.chain(inventory.users.iter().flat_map(user_errors)).chain(not_asked).collect();
    errors.dedup();
    errors
}

fn user_errors(user: &User) -> Vec<ReportError> {
    let name = user.name.0.as_str();
    let tags = user.tags.as_unread().map(|error| ReportError::read(name, error));
    let listing = user.keys.as_unread().map(|error| ReportError::read(name, error));
    let keys = user.keys.as_read().map_or(&[][..], Vec::as_slice);
    let keys = keys.iter().filter_map(|key| {
        // A key that does not work is not judged, but what could not be read is still said.
        let last_use = key.last_used.as_ref().and_then(Reading::as_unread);
        key.unread().as_ref().or(last_use).map(|error| ReportError::read(&subject(name, key.id.as_ref()), error))
    });
    tags.into_iter().chain(listing).chain(keys).collect()
}

fn subject(user: &str, key: Option<&AccessKeyId>) -> String {
    key.map_or_else(|| user.to_owned(), |key| format!("{user} {key}"))
}
