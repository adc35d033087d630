//! Counts as metrics: lines of the embedded metric format, which CloudWatch makes metrics of when they stand in a log
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! Zeros are written, too: an alarm can tell "nothing to do" from "nothing was done".

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::{
    keys,
    report::{
        Outcome, Report,
        accounts::{self, AccountsReport, Audited},
        keys::{KeysReport, Summary},
        tags::{Finding, TagsReport},
    },
    tags,
};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Sleuth";

/// A metric: its name, its unit as CloudWatch names it, its value.
type Metric = (&'static str, &'static str, u64);

fn count(name: &'static str, count: usize) -> Metric {
    (name, "Count", u64::try_from(count).unwrap_or(u64::MAX))
}

/// A line with `metrics`, told apart by `dimensions`.
fn line(at: DateTime<Utc>, dimensions: &[(&str, &str)], metrics: &[Metric]) -> Value {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let defined: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": [names], "Metrics": defined});
    let mut root = Map::new();
    root.insert("_aws".to_owned(), json!({"Timestamp": at.timestamp_millis(), "CloudWatchMetrics": [directive]}));
    root.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    root.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
    Value::Object(root)
}

/// A line about an audit of an account.
fn of_report<Audit>(report: &Report<Audit>, audit: &str, counts: Vec<Metric>) -> Value {
    let account = report.account.id.as_deref().unwrap_or("unknown");
    let common = [
        count("Errors", report.errors.len()),
        count("Undelivered", report.deliveries.undelivered().count()),
        count("Brake", usize::from(report.brake.is_some())),
    ];
    let metrics: Vec<Metric> = counts.into_iter().chain(common).collect();
    line(report.generated_at, &[("Account", account), ("Audit", audit)], &metrics)
}

/// Access keys by status, and what was done about them.
pub fn of_keys(report: &KeysReport) -> Value {
    let Summary { users, keys, good, old, stagnant, expired, disabled, unknown, exempt, alerts } = report.audit.summary;
    let outcomes =
        |action, outcome| report.audit.keys.iter().filter(|key| key.action == action && key.outcome == outcome).count();
    let counts = vec![
        count("Users", users),
        count("Keys", keys),
        count("KeysGood", good),
        count("KeysOld", old),
        count("KeysStagnant", stagnant),
        count("KeysExpired", expired),
        count("KeysDisabled", disabled),
        count("KeysUnknown", unknown),
        count("KeysExempt", exempt),
        count("Alerts", alerts),
        count("Warned", outcomes(keys::Action::Warn, Outcome::Done)),
        count("Disabled", outcomes(keys::Action::Disable, Outcome::Done)),
        count("Failed", outcomes(keys::Action::Disable, Outcome::Failed)),
        count("Held", outcomes(keys::Action::Disable, Outcome::Held)),
    ];
    of_report(report, report.kind, counts)
}

/// Instances by status, and what was done about them. `audit`: `tags`, or `watch`, which looks at few of them many times.
pub fn of_tags(report: &TagsReport, audit: &str) -> Value {
    let summary = &report.audit.summary;
    let of_outcome = |outcome: Outcome, actions: &[tags::Action]| {
        let counted = |finding: &&Finding| finding.outcome == outcome && actions.contains(&finding.action);
        report.audit.instances.iter().filter(counted).count()
    };
    let changes = [tags::Action::Repair, tags::Action::Stop, tags::Action::Terminate];
    let counts = vec![
        count("Instances", summary.instances),
        count("InstancesInViolation", summary.violation),
        count("InstancesUnknown", summary.unknown),
        count("InstancesInGrace", summary.grace),
        count("InstancesCompliant", summary.compliant),
        count("InstancesExempt", summary.exempt),
        count("Notified", of_outcome(Outcome::Done, &[tags::Action::Notify])),
        count("Repaired", of_outcome(Outcome::Done, &[tags::Action::Repair])),
        count("Stopped", of_outcome(Outcome::Done, &[tags::Action::Stop])),
        count("Terminated", of_outcome(Outcome::Done, &[tags::Action::Terminate])),
        count("Failed", of_outcome(Outcome::Failed, &changes)),
        count("Held", of_outcome(Outcome::Held, &changes)),
    ];
    of_report(report, audit, counts)
}

/// Counts of all accounts of a run together. There are none of each account: CloudWatch charges for every metric.
pub fn of_accounts<Audit: Audited>(report: &AccountsReport<Audit>) -> Value {
    let accounts::Summary { accounts, audited, incomplete, failed, skipped, counts } = &report.summary;
    let mut metrics = vec![
        count("Accounts", *accounts),
        count("AccountsAudited", *audited),
        count("AccountsIncomplete", *incomplete),
        count("AccountsFailed", *failed),
        count("AccountsSkipped", *skipped),
        count("AccountsBraked", report.accounts.iter().filter(|report| report.brake.is_some()).count()),
        count("Errors", report.errors.len() + report.accounts.iter().map(|report| report.errors.len()).sum::<usize>()),
        count("Undelivered", report.deliveries.undelivered().count()),
        count("Brake", usize::from(report.brake.is_some())),
    ];
    let all = counts.get(Audit::ALL).copied().unwrap_or_default();
    metrics.push(count("Findings", all));
    for (name, metric) in Audit::METRICS {
        metrics.push(count(metric, counts.get(*name).copied().unwrap_or_default()));
    }
    line(report.generated_at, &[("Audit", report.kind)], &metrics)
}

/// What an invocation of the function was like.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// When it began.
    pub at: DateTime<Utc>,
    /// What it was to do, as `AUDITS` says.
    pub audits: &'a str,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Requests sent to AWS, every attempt counted.
    pub calls: u64,
    /// Of those, the ones that AWS throttled.
    pub throttles: u64,
    /// Whether everything could be read, done and delivered.
    pub complete: bool,
}

/// A line about an invocation.
pub fn of_invocation(invocation: &Invocation<'_>) -> Value {
    let Invocation { at, audits, milliseconds, calls, throttles, complete } = *invocation;
    let metrics = [
        ("Duration", "Milliseconds", milliseconds),
        ("ApiCalls", "Count", calls),
        ("Throttles", "Count", throttles),
        count("Incomplete", usize::from(!complete)),
    ];
    line(at, &[("Audits", audits)], &metrics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;

    #[test]
    fn metrics_of_the_demo_are_all_counts() {
        let lines = [of_keys(&demo::reports::of_keys()), of_tags(&demo::reports::of_tags(), "tags")];
        insta::assert_json_snapshot!(lines);
    }

    #[test]
    fn every_metric_is_defined_and_has_a_value() {
        let at = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let invocation =
            Invocation { at, audits: "keys,tags", milliseconds: 1_234, calls: 56, throttles: 0, complete: true };
        let line = of_invocation(&invocation);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 1_780_000_000_000_i64);
        assert_eq!(directive["Dimensions"], json!([["Audits"]]));
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric}");
        }
        assert_eq!((&line["Throttles"], &line["Incomplete"]), (&json!(0), &json!(0)));
    }
}
