//! The audit of EC2 tags.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use sleuth::{
    aws::{self, cloud::Cloud},
    config::{AccountsConfig, TagsConfig},
    gather::tags::gather,
    render::metrics,
    report::{Outcome, tags::TagsReport},
    run::{self, accounts::tags::Tags},
    tags::Action,
};

use crate::{
    Start,
    accounts::{Many, passing},
    outcome::{answer, diagnostic, log, not_begun, of_kind, print},
    step::StepEvent,
};

pub(crate) async fn run(config: TagsConfig, Start { now, invocation, deadlines }: Start) -> Result<Value, Diagnostic> {
    let sdk = aws::connect(None, deadlines.read).await.map_err(|e| diagnostic("Credentials", &e))?;
    let policy = aws::tag_policy(&sdk, config, None, deadlines.read)
        .await
        .map_err(|error| not_begun(error.is_setting(), &error))?;
    let common = &policy.config.common;
    let cloud = Cloud::new(&sdk, common.calls);
    let mut outputs = aws::outputs(&sdk, &common.outputs, deadlines.read)
        .await
        .map_err(|error| not_begun(error.is_setting(), &error))?;
    outputs.invocation = Some(invocation);
    let inventory = gather(&cloud, &policy.scope(now, now, deadlines.read), |_, _, _| ()).await;
    let keep = |_, report: &TagsReport| log(report);
    let run = run::tags::wet(&cloud, &inventory, &policy, &outputs, now, deadlines, keep);
    let report = Box::pin(run).await;
    log(&report);
    if common.metrics {
        print(&metrics::of_tags(&report, report.kind));
    }
    answer(&report, &report.audit.summary, &done(&report))
}

/// The same of many accounts, or a step of it.
pub(crate) async fn run_many(
    config: TagsConfig,
    accounts: AccountsConfig,
    step: Option<&StepEvent>,
    start: Start,
) -> Result<Value, Diagnostic> {
    let sdk = aws::connect(None, start.deadlines.read).await;
    let sdk = sdk.map_err(|error| diagnostic(passing(step, "Credentials"), &error))?;
    let policy = aws::tag_policy(&sdk, config, None, start.deadlines.read)
        .await
        .map_err(|error| of_kind(error.is_setting(), passing(step, "Incomplete"), &error))?;
    let common = policy.config.common.clone();
    let many = Many { work: Tags::new(policy), open: Cloud::new, sdk: &sdk, common: &common, accounts, start };
    Box::pin(many.run(step)).await
}

pub(crate) fn done(report: &TagsReport) -> Value {
    let instances = &report.audit.instances;
    let done = |action| instances.iter().filter(|i| i.action == action && i.outcome == Outcome::Done).count();
    json!({
        "notified": done(Action::Notify),
        "repaired": done(Action::Repair),
        "stopped": done(Action::Stop),
        "terminated": done(Action::Terminate),
    })
}
