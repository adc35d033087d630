//! What a run found, did and could not do. Every output is made of this.
//!
//! The serialised form is documented in `docs/report.md`; a change that is not an addition raises [`VERSION`].

use chrono::{DateTime, Utc};
use notifier::DeliveryReport;
use serde::Serialize;

use crate::{
    apply::{Outcome as Applied, Outcomes},
    keys::{
        AccessKeyId, Account, Action, AutoExpire, Cause, Days, Decision, Inventory, LastUse, Plan, Policy, Status,
        User, UserName, plan::Step,
    },
};

/// Version of the serialised form.
pub const VERSION: u32 = 1;

/// A report about access keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// `keys`.
    pub kind: &'static str,
    /// The account.
    pub account: Account,
    /// The time the ages are counted to.
    pub generated_at: DateTime<Utc>,
    /// Whether the run was told to act.
    pub applied: bool,
    /// The policy in force.
    pub policy: PolicyInForce,
    /// Counts.
    pub summary: Summary,
    /// One finding a key, worst first.
    pub keys: Vec<Finding>,
    /// What could not be read, done or delivered.
    pub errors: Vec<ReportError>,
    /// What was sent, part by part.
    pub deliveries: DeliveryReport,
}

/// The settings that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PolicyInForce {
    /// Ages, in days.
    #[serde(flatten)]
    pub ages: Policy,
    /// Whether keys may be disabled.
    pub enable_auto_expire: bool,
}

/// Counts of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Users seen.
    pub users: usize,
    /// Findings: the sum of all statuses below.
    pub keys: usize,
    /// Keys in order.
    pub good: usize,
    /// Keys close to expiring by age.
    pub old: usize,
    /// Keys close to expiring by inactivity.
    pub stagnant: usize,
    /// Keys past a limit.
    pub expired: usize,
    /// Keys that do not work.
    pub disabled: usize,
    /// Keys, or all keys of a user, that could not be judged.
    pub unknown: usize,
    /// Of all these, keys whose owner is exempt.
    pub exempt: usize,
}

/// What was found about one key, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// IAM user.
    pub user: UserName,
    /// The owner's display name.
    pub name: String,
    /// The `Slack` tag, as written.
    pub slack: Option<String>,
    /// Key id; `null` if the user's keys could not be listed.
    pub key_id: Option<AccessKeyId>,
    /// Verdict.
    pub status: Status,
    /// Why the key is expired or close to it.
    pub cause: Option<Cause>,
    /// Whether the owner is exempt.
    pub exempt: bool,
    /// Whether the key may be disabled; `null` if that could not be read or is unclear.
    pub auto_expire: Option<bool>,
    /// Creation time.
    pub created: Option<DateTime<Utc>>,
    /// Last use; `null` if it was never used or that is not known.
    pub last_used: Option<DateTime<Utc>>,
    /// Service of the last use.
    pub last_used_service: Option<String>,
    /// Region of the last use.
    pub last_used_region: Option<String>,
    /// Days since creation.
    pub age_days: Option<Days>,
    /// Days since the last use, or since creation if it was never used.
    pub idle_days: Option<Days>,
    /// Days until the key expires.
    pub days_left: Option<Days>,
    /// What the finding calls for.
    pub action: Action,
    /// What came of it.
    pub outcome: Outcome,
    /// Why nothing was done, why it failed, or what else there is to know.
    pub reason: Option<String>,
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There was nothing to do.
    None,
    /// It would be done, or is about to be.
    Planned,
    /// It was done.
    Done,
    /// It was tried and did not work.
    Failed,
    /// It was not tried; the reason says why.
    Held,
}

/// Something that could not be read, done or delivered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReportError {
    /// What it is about: `account`, a user, a key, a channel.
    pub subject: String,
    /// The call that failed, or `deliver`.
    pub operation: String,
    /// What went wrong.
    pub message: String,
}

impl Report {
    /// The report on a plan that is not, or not yet, applied.
    pub fn new(
        inventory: &Inventory,
        plan: &Plan,
        policy: Policy,
        enable_auto_expire: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let keys: Vec<Finding> = plan.steps.iter().map(finding).collect();
        Self {
            version: VERSION,
            kind: "keys",
            account: inventory.account.clone(),
            generated_at: now,
            applied: false,
            policy: PolicyInForce { ages: policy, enable_auto_expire },
            summary: summarise(inventory.users.len(), &keys),
            keys,
            errors: read_errors(inventory),
            deliveries: DeliveryReport::default(),
        }
    }

    /// Whether everything could be read, done and delivered.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty()
    }

    /// Takes in what came of the plan's changes.
    pub fn record_outcomes(&mut self, outcomes: &Outcomes) {
        self.applied = true;
        for finding in &mut self.keys {
            let Some(key) = &finding.key_id else { continue };
            let Some(applied) = outcomes.get(&(finding.user.clone(), key.clone())) else { continue };
            let error = |operation: &str, message: &str| ReportError {
                subject: format!("{} {key}", finding.user),
                operation: operation.to_owned(),
                message: message.to_owned(),
            };
            match applied {
                Applied::Done => finding.outcome = Outcome::Done,
                Applied::Held(reason) => (finding.outcome, finding.reason) = (Outcome::Held, Some(reason.clone())),
                Applied::Failed(reason) => {
                    self.errors.push(error("UpdateAccessKey", reason));
                    (finding.outcome, finding.reason) = (Outcome::Failed, Some(reason.clone()));
                }
                Applied::Unconfirmed(unread) => {
                    self.errors.push(error(&unread.operation, &unread.message));
                    let reason = format!("it could not be looked at again: {unread}");
                    (finding.outcome, finding.reason) = (Outcome::Held, Some(reason));
                }
            }
        }
    }

    /// Takes in what came of telling people.
    pub fn record_delivery(&mut self, deliveries: DeliveryReport) {
        for finding in self.keys.iter_mut().filter(|finding| finding.action == Action::Warn) {
            let (outcome, reason) = match deliveries.told(&finding.subject()) {
                Some(Ok(())) => (Outcome::Done, None),
                Some(Err(reason)) => (Outcome::Failed, Some(reason)),
                None => (Outcome::Held, Some("no channel is set: see SLACK_URL and SNS_TOPIC".to_owned())),
            };
            finding.outcome = outcome;
            finding.reason = reason.or(finding.reason.take());
        }
        self.errors.extend(deliveries.undelivered().map(|(part, reason)| ReportError {
            subject: format!("{}: {}, part {} of {}", part.channel, part.title, part.part, part.of),
            operation: "deliver".to_owned(),
            message: reason.to_owned(),
        }));
        self.deliveries = deliveries;
    }
}

impl Finding {
    /// A name for this finding that is unique in its report.
    pub fn subject(&self) -> String {
        let key = self.key_id.as_ref().map_or("", |key| key.0.as_str());
        format!("{}/{key}", self.user)
    }
}

fn finding(step: &Step) -> Finding {
    let verdict = &step.verdict;
    let (outcome, reason) = match &step.decision {
        Decision::Nothing(reason) => (Outcome::None, reason.clone()),
        Decision::Proceed => (Outcome::Planned, verdict.note.clone()),
        Decision::Held(reason) => (Outcome::Held, Some(reason.clone())),
    };
    let (last_used, service, region) = match &verdict.last_use {
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
        last_used_service: service,
        last_used_region: region,
        age_days: verdict.age,
        idle_days: verdict.idle,
        days_left: verdict.days_left,
        action: step.action,
        outcome,
        reason,
    }
}

fn summarise(users: usize, keys: &[Finding]) -> Summary {
    let count = |status| keys.iter().filter(|key| key.status == status).count();
    Summary {
        users,
        keys: keys.len(),
        good: count(Status::Good),
        old: count(Status::Old),
        stagnant: count(Status::Stagnant),
        expired: count(Status::Expired),
        disabled: count(Status::Disabled),
        unknown: count(Status::Unknown),
        exempt: keys.iter().filter(|key| key.exempt).count(),
    }
}

fn read_errors(inventory: &Inventory) -> Vec<ReportError> {
    let error = |subject: &str, error: &crate::keys::ReadError| ReportError {
        subject: subject.to_owned(),
        operation: error.operation.clone(),
        message: error.message.clone(),
    };
    let account = inventory.errors.iter().map(|e| error("account", e));
    account.chain(inventory.users.iter().flat_map(|user| user_errors(user, &error))).collect()
}

fn user_errors(user: &User, error: &impl Fn(&str, &crate::keys::ReadError) -> ReportError) -> Vec<ReportError> {
    let name = user.name.0.as_str();
    let tags = user.tags.as_unread().map(|e| error(name, e));
    let listing = user.keys.as_unread().map(|e| error(name, e));
    let keys = user.keys.as_read().map_or(&[][..], Vec::as_slice);
    let last_uses =
        keys.iter().filter_map(|key| key.last_used.as_unread().map(|e| error(&format!("{name} {}", key.id), e)));
    tags.into_iter().chain(listing).chain(last_uses).collect()
}
