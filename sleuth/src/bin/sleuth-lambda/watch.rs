//! The watch: events of CloudTrail in, the instances that they name looked at.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use sleuth::{
    aws::{
        self, Sdk,
        accounts::{Reach, Role, caller},
        cloud::Cloud,
        logs::Logs,
    },
    config::WatchConfig,
    gather::watch::{Admission, Harvest, Reading, harvest},
    render::metrics,
    report::{Report, watch::WatchReport},
    rules_source,
    run::{
        tags::Policy,
        watch::{Ended, Time, wet},
    },
    tags::{
        RuleSet,
        watch::{
            event::{Leaf, open},
            recent::Recent,
            seen::Seen,
        },
    },
};

use crate::{
    Start,
    outcome::{diagnostic, incomplete, log, not_begun, print},
    tags::done,
};

/// What this instance of the function dealt with before.
#[derive(Debug, Default)]
struct Memory {
    /// Shared, as it is looked into for as long as an event is read.
    seen: Arc<Seen>,
    recent: Recent,
}

static MEMORY: Mutex<Option<Memory>> = Mutex::new(None);

/// Lets `work` look into the memory, or change it. Events come one by one, so that nobody waits for that.
fn memory<T>(work: impl FnOnce(&mut Memory) -> T) -> T {
    work(MEMORY.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// Deals with an event. The answer of one that came by SQS names the messages that are to be delivered again.
pub(crate) async fn run(config: WatchConfig, event: &Value, start: Start) -> Result<Value, Diagnostic> {
    let leaves = open(event);
    let messages: BTreeSet<String> = leaves.iter().filter_map(|leaf| leaf.message.clone()).collect();
    let now = start.now;
    let ended = deal_with(config, leaves, start).await?;
    // The reports on the accounts are in the log already.
    print(&with_accounts(&ended.report, ended.report.accounts.iter().map(|report| json!(report.account)).collect()));
    remember(&ended, now);
    answer(&ended, &messages)
}

async fn deal_with(config: WatchConfig, leaves: Vec<Leaf>, start: Start) -> Result<Ended, Diagnostic> {
    let Start { now, deadlines, .. } = start;
    // What is wrong with a file of rules is said before anything is read.
    let rules = rules_source::known(&config.tags.rules).map_err(|error| not_begun(error.is_setting(), &error))?;
    let sdk = aws::connect(None, deadlines.read).await.map_err(|e| diagnostic("Credentials", &e))?;
    let mut found = Harvest::default();
    let seen = memory(|memory| Arc::clone(&memory.seen));
    let admission = Admission { seen: &seen, regions: config.tags.regions.as_deref() };
    let reading = Reading { concurrency: config.tags.common.concurrency, patience: config.settle, end: deadlines.read };
    harvest(&mut found, &Logs::new(&sdk, deadlines.read), leaves, admission, reading, |_, _| ()).await;
    if found.sightings.is_empty() {
        return Ok(Ended::without_instances(&found, now));
    }
    let ended = Box::pin(judge(config, rules, &sdk, &mut found, start)).await;
    // What could not be read of the event is not to be lost with what it was about.
    ended.inspect_err(|_| print(&WatchReport::new(&found, now)))
}

/// Deals with the instances that were found.
async fn judge(
    WatchConfig { tags: config, settle, role }: WatchConfig,
    rules: Option<RuleSet>,
    sdk: &Sdk,
    found: &mut Harvest,
    Start { now, invocation, deadlines }: Start,
) -> Result<Ended, Diagnostic> {
    let caller = caller(sdk, deadlines.read).await.map_err(|error| diagnostic("Incomplete", &error))?;
    let calls = config.common.calls;
    let role = Role::new(sdk, role, deadlines.read).await.map_err(|error| not_begun(error.is_setting(), &error))?;
    let reach = Reach { sdk, caller: &caller, role: role.as_ref(), calls, end: deadlines.read, open: Cloud::new };
    let own = reach.own(found.accounts().into_iter());
    found.drop_own(&own);
    if found.sightings.is_empty() {
        return Ok(Ended::without_instances(found, now));
    }
    let mut policy: Policy = aws::tag_policy(sdk, config, rules, deadlines.read)
        .await
        .map_err(|error| not_begun(error.is_setting(), &error))?;
    let mut outputs = aws::outputs(sdk, &policy.config.common.outputs, deadlines.read)
        .await
        .map_err(|error| not_begun(error.is_setting(), &error))?;
    outputs.only_noteworthy = true;
    outputs.invocation = Some(invocation);
    policy.config.limits.used = memory(|memory| memory.recent.used(now));
    let time = Time { now, deadlines, patience: settle };
    let ended = Box::pin(wet(&reach, found, &policy, &outputs, time, |_, report| log(report))).await;
    ended.report.accounts.iter().for_each(log);
    if policy.config.common.metrics {
        ended.report.accounts.iter().for_each(|report| print(&metrics::of_tags(report, "watch")));
    }
    Ok(ended)
}

fn remember(ended: &Ended, now: DateTime<Utc>) {
    memory(|memory| {
        for (region, id, action) in ended.report.accounts.iter().flat_map(Report::tried) {
            memory.recent.add(now, (region, id), action);
        }
        let seen = Arc::make_mut(&mut memory.seen);
        for id in &ended.done {
            seen.insert(id.clone());
        }
    });
}

/// The report with something else in the place of the accounts'.
fn with_accounts(report: &WatchReport, accounts: Value) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("accounts".to_owned(), accounts);
    }
    value
}

/// A summary, or what went wrong. Messages of SQS that failed are named, if only some did: the others are not delivered
/// again then. If all did, the invocation fails, so that alarms fire.
fn answer(ended: &Ended, messages: &BTreeSet<String>) -> Result<Value, Diagnostic> {
    let Ended { report, failed, unattributed, .. } = ended;
    if report.is_complete() && messages.is_empty() {
        let accounts = report
            .accounts
            .iter()
            .map(|report| json!({"account": report.account, "summary": report.audit.summary, "done": done(report)}));
        return Ok(json!({ "audits": [with_accounts(report, accounts.collect())] }));
    }
    // What a notice is about that nobody got may be gone the next time.
    let untold = report.accounts.iter().any(|report| report.deliveries.told().values().any(Result::is_err));
    let by_message = !messages.is_empty() && (failed.is_empty() || failed.len() < messages.len());
    if by_message && !untold && !unattributed {
        if failed.is_empty() && !report.is_complete() {
            // It would come out no better if messages came again. This line is for alarms.
            tracing::error!("the messages are dealt with, but not all is as it should be: see `errors` of the reports");
        }
        let failures: Vec<Value> = failed.iter().map(|id| json!({ "itemIdentifier": id })).collect();
        return Ok(json!({ "batchItemFailures": failures }));
    }
    let of_accounts = report.accounts.iter().flat_map(|report: &Report<_>| &report.errors);
    Err(incomplete(report.kind, report.errors.iter().chain(of_accounts)))
}
