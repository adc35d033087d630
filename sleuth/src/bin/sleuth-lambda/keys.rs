//! The audit of access keys.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use sleuth::{
    aws,
    config::{AccountsConfig, KeysConfig},
    gather::keys::gather,
    keys::Action,
    render::metrics,
    report::{Outcome, keys::KeysReport},
    run::{self, accounts::keys::Keys},
};

use crate::{
    Start,
    accounts::{Many, passing},
    outcome::{answer, diagnostic, log, not_begun, print},
    step::StepEvent,
};

pub(crate) async fn run(config: &KeysConfig, Start { now, invocation, deadlines }: Start) -> Result<Value, Diagnostic> {
    let sdk = aws::connect(None, deadlines.read).await.map_err(|e| diagnostic("Credentials", &e))?;
    let iam = aws::iam::Iam::new(&sdk, config.common.calls);
    let mut outputs = aws::outputs(&sdk, &config.common.outputs, deadlines.read)
        .await
        .map_err(|error| not_begun(error.is_setting(), &error))?;
    outputs.invocation = Some(invocation);
    let inventory = gather(&iam, &run::keys::scope(config, now, now, deadlines.read), |_, _| ()).await;
    let report = run::keys::wet(&iam, &inventory, config, &outputs, now, deadlines, |_, report| log(report)).await;
    log(&report);
    if config.common.metrics {
        print(&metrics::of_keys(&report));
    }
    answer(&report, report.audit.summary, &done(&report))
}

/// The same of many accounts, or a step of it.
pub(crate) async fn run_many(
    config: KeysConfig,
    accounts: AccountsConfig,
    step: Option<&StepEvent>,
    start: Start,
) -> Result<Value, Diagnostic> {
    let sdk = aws::connect(None, start.deadlines.read).await;
    let sdk = sdk.map_err(|error| diagnostic(passing(step, "Credentials"), &error))?;
    let common = config.common.clone();
    let work = Keys::new(config, false);
    let many = Many { work, open: aws::iam::Iam::new, sdk: &sdk, common: &common, accounts, start };
    Box::pin(many.run(step)).await
}

fn done(report: &KeysReport) -> Value {
    let done =
        |action| report.audit.keys.iter().filter(|key| key.action == action && key.outcome == Outcome::Done).count();
    json!({"warned": done(Action::Warn), "disabled": done(Action::Disable)})
}
