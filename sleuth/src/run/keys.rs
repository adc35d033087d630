//! The whole way of a run that audits access keys.

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::Stage;
use crate::{
    apply::keys::apply,
    config::KeysConfig,
    deadline::Deadlines,
    gather::keys::{Scope, Want},
    keys::{Inventory, Plan, audit, plan},
    organization::brake::Load,
    outputs::{Outputs, hand_out},
    ports::keys::{ReadKeys, WriteKeys},
    render::notification::keys::uncallable,
    report::{NO_CHANNEL, keys::KeysReport},
};

/// What `config`'s audit needs to know of an account, at the time `taken_at`, counting ages to `now`.
pub fn scope(config: &KeysConfig, taken_at: DateTime<Utc>, now: DateTime<Utc>, end: Option<Instant>) -> Scope {
    let want = Want::Verdicts { policy: config.policy, now, by_report: config.by_report };
    Scope { taken_at, end, concurrency: config.common.concurrency, want }
}

/// What a run would find and do. Changes and sends nothing.
pub fn dry(inventory: &Inventory, config: &KeysConfig, now: DateTime<Utc>) -> KeysReport {
    planned(inventory, config, now).1
}

/// How much a run would change.
pub fn load(inventory: &Inventory, config: &KeysConfig, now: DateTime<Utc>) -> Load {
    let disable = planned(inventory, config, now).0.targets().count();
    Load { disable, changes: disable, ..Load::default() }
}

fn planned(inventory: &Inventory, config: &KeysConfig, now: DateTime<Utc>) -> (Plan, KeysReport) {
    let doubt = inventory.doubt(config.canary.as_deref());
    let plan = plan(audit(inventory, &config.policy, now), &config.limits, doubt);
    let report = KeysReport::new(inventory, &plan, config.policy, &config.limits, now);
    (plan, report)
}

/// Finds, does, and tells. `keep` is given the report before anything is changed and again before anybody is told, so that
/// a run that is cut off has left word of what it did.
pub async fn wet(
    aws: &(impl ReadKeys + WriteKeys),
    inventory: &Inventory,
    config: &KeysConfig,
    outputs: &Outputs,
    now: DateTime<Utc>,
    deadlines: Deadlines,
    mut keep: impl FnMut(Stage, &KeysReport),
) -> KeysReport {
    let (plan, mut report) = planned(inventory, config, now);
    outputs.name(&mut report.run);
    keep(Stage::Planned, &report);
    tracing::debug!(%plan, "about to act");
    if config.common.outputs.calls_people() {
        warn_of_uncallable(&report, config.common.outputs.bot.is_some());
    }
    if outputs.notifier.is_empty() && !plan.is_empty() {
        tracing::warn!("keys are disabled and nobody is told: {NO_CHANNEL}");
    }

    perform(aws, &plan, &mut report, config, now, deadlines).await;
    keep(Stage::Applied, &report);
    hand_out(&mut report, outputs, &config.texts, deadlines).await;
    report
}

/// Finds and does, and tells nobody.
pub async fn act(
    aws: &(impl ReadKeys + WriteKeys),
    inventory: &Inventory,
    config: &KeysConfig,
    now: DateTime<Utc>,
    deadlines: Deadlines,
) -> KeysReport {
    let (plan, mut report) = planned(inventory, config, now);
    perform(aws, &plan, &mut report, config, now, deadlines).await;
    report
}

async fn perform(
    aws: &(impl ReadKeys + WriteKeys),
    plan: &Plan,
    report: &mut KeysReport,
    config: &KeysConfig,
    now: DateTime<Utc>,
    deadlines: Deadlines,
) {
    let outcomes = apply(aws, plan, &config.policy, now, deadlines).await;
    report.record_outcomes(&outcomes);
}

fn warn_of_uncallable(report: &KeysReport, by_address: bool) {
    for (user, slack) in uncallable(report, by_address) {
        match slack {
            None => tracing::warn!(%user, "no Slack tag: the owner is named, not called"),
            Some(tag) => tracing::warn!(%user, tag, "the Slack tag is not a Slack id: the owner is named, not called"),
        }
    }
}
