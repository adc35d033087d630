//! The whole way of a run that audits EC2 tags.

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::Stage;
use crate::{
    apply::tags::{Second, apply},
    config::{RuleSource, TagsConfig},
    deadline::Deadlines,
    gather::tags::Scope,
    organization::brake::Load,
    outputs::{Outputs, hand_out},
    ports::tags::{ReadInstances, WriteInstances},
    report::{
        NO_CHANNEL,
        tags::{InForce, PolicyInForce, TagsReport},
    },
    tags::{Inventory, Plan, RuleSet, Standard, audit, plan, plan::Used, rules::short::require_iam_user},
};

/// The tag that `CREATED_BY_VALIDATE` is about.
const CREATED_BY: &str = "created_by";

/// What a run goes by: the settings, and the rules from where they say.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The settings.
    pub config: TagsConfig,
    /// The rules.
    pub rules: RuleSet,
}

impl Policy {
    /// What `config` says, by these rules and what it adds to them.
    pub fn new(config: TagsConfig, mut rules: RuleSet) -> Self {
        if config.created_by_validate {
            let alone = rules.rules.is_empty();
            require_iam_user(&mut rules, CREATED_BY);
            for rule in rules.rules.iter_mut().filter(|_| alone) {
                rule.action = config.response;
            }
        }
        Self { config, rules }
    }

    fn standard(&self, now: DateTime<Utc>) -> Standard<'_> {
        let TagsConfig { grace_minutes, owner_tags, .. } = &self.config;
        Standard { rules: &self.rules, grace_minutes: *grace_minutes, owner_tags, now }
    }

    fn in_force(&self, now: DateTime<Utc>) -> InForce {
        let TagsConfig { rules: source, limits, grace_minutes, canary, owner_tags, .. } = &self.config;
        let policy = PolicyInForce {
            rules: self.rules.clone(),
            rules_from: match source {
                RuleSource::File(path) => format!("file {}", path.display()),
                RuleSource::Table(table) => format!("table {}", table.name),
                RuleSource::Short(_) => "required tags".to_owned(),
            },
            tag_action: limits.action,
            grace_minutes: *grace_minutes,
            max_stop: limits.max_stop,
            max_terminate: limits.max_terminate,
            override_protection: limits.override_protection,
            canary_tags: canary.as_ref().map(ToString::to_string),
            owner_tags: owner_tags.clone(),
        };
        InForce { policy, now }
    }

    /// What the audit needs to know of an account, at the time `taken_at`, counting ages to `now`.
    pub fn scope(&self, taken_at: DateTime<Utc>, now: DateTime<Utc>, end: Option<Instant>) -> Scope<'_> {
        Scope {
            taken_at,
            end,
            concurrency: self.config.common.concurrency,
            regions: self.config.regions.as_deref(),
            standard: self.standard(now),
            lookups: self.config.lookups,
            limits: self.config.limits,
            canary: self.config.canary.as_ref(),
            everything: false,
        }
    }
}

/// How many instances a run would stop and terminate, as far as the brake counts them.
pub fn load(inventory: &Inventory, policy: &Policy, now: DateTime<Utc>) -> Used {
    planned(inventory, policy, now).0.load()
}

/// How much a run would change, marks of canaries too.
pub fn whole_load(inventory: &Inventory, policy: &Policy, now: DateTime<Utc>) -> Load {
    let plan = planned(inventory, policy, now).0;
    if plan.brake.is_some() {
        return Load::default();
    }
    let Used { stop, terminate } = plan.load();
    Load { disable: 0, stop, terminate, changes: plan.targets().count() + plan.canaries().count() }
}

/// What a run would find and do. Changes and sends nothing.
pub fn dry(inventory: &Inventory, policy: &Policy, now: DateTime<Utc>) -> TagsReport {
    planned(inventory, policy, now).1
}

fn planned(inventory: &Inventory, policy: &Policy, now: DateTime<Utc>) -> (Plan, TagsReport) {
    let verdicts = audit(inventory, &policy.standard(now));
    let plan = plan(inventory, verdicts, &policy.config.limits, policy.config.canary.as_ref());
    let report = TagsReport::new(inventory, &plan, policy.in_force(now));
    (plan, report)
}

/// Finds, does, and tells. `keep` is given the report before anything is changed and again before anybody is told, so that
/// a run that is cut off has left word of what it did.
pub async fn wet(
    aws: &(impl ReadInstances + WriteInstances),
    inventory: &Inventory,
    policy: &Policy,
    outputs: &Outputs,
    now: DateTime<Utc>,
    deadlines: Deadlines,
    mut keep: impl FnMut(Stage, &TagsReport),
) -> TagsReport {
    let (plan, mut report) = planned(inventory, policy, now);
    outputs.name(&mut report.run);
    keep(Stage::Planned, &report);
    tracing::debug!(%plan, "about to act");
    if outputs.notifier.is_empty() && !plan.is_empty() {
        tracing::warn!("instances are changed and nobody is told: {NO_CHANNEL}");
    }

    perform(aws, &plan, &mut report, inventory, policy, now, deadlines).await;
    keep(Stage::Applied, &report);
    hand_out(&mut report, outputs, &policy.config.texts, deadlines).await;
    report
}

/// Finds and does, and tells nobody.
pub async fn act(
    aws: &(impl ReadInstances + WriteInstances),
    inventory: &Inventory,
    policy: &Policy,
    now: DateTime<Utc>,
    deadlines: Deadlines,
) -> TagsReport {
    let (plan, mut report) = planned(inventory, policy, now);
    perform(aws, &plan, &mut report, inventory, policy, now, deadlines).await;
    report
}

async fn perform(
    aws: &(impl ReadInstances + WriteInstances),
    plan: &Plan,
    report: &mut TagsReport,
    inventory: &Inventory,
    policy: &Policy,
    now: DateTime<Utc>,
    deadlines: Deadlines,
) {
    let second = Second {
        standard: policy.standard(now),
        users: inventory.users.as_ref(),
        override_protection: policy.config.limits.override_protection,
        canary: policy.config.canary.as_ref(),
    };
    let outcomes = apply(aws, plan, &second, deadlines).await;
    report.record_outcomes(&outcomes);
}
