//! Many accounts: all in one invocation, or in the steps of a state machine.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use sleuth::{
    accounts_source,
    aws::{
        self, Sdk,
        accounts::{Caller, Reach, Role, caller},
        archive::Archive,
        organization::Organization,
    },
    config::{AccountsConfig, Calls, Common},
    facts::Reading,
    outputs::Deliverable,
    ports::accounts::{Directory as _, NOBODY},
    render::metrics,
    report::{
        Report,
        accounts::{AccountsReport, Audited},
    },
    run::accounts::{
        self, Time, Work,
        steps::{self, ACCOUNTS, APPLY, Consolidated, StepError, Worked},
        wet,
    },
};

use crate::{
    Start,
    outcome::{diagnostic, incomplete, log, not_begun, of_kind, print},
    step::{Step, StepEvent},
};

/// An audit of many accounts: what it does, in what, and by which settings.
pub(crate) struct Many<'a, Job: Work> {
    pub(crate) work: Job,
    /// What is done in an account, by credentials for it.
    pub(crate) open: fn(&Sdk, Calls) -> Job::Aws,
    pub(crate) sdk: &'a Sdk,
    pub(crate) common: &'a Common,
    pub(crate) accounts: AccountsConfig,
    pub(crate) start: Start,
}

impl<Job: Work> Many<'_, Job>
where
    Report<Job::Audit>: Deliverable,
{
    /// Does all in this invocation, or one step of it.
    pub(crate) async fn run(self, step: Option<&StepEvent>) -> Result<Value, Diagnostic> {
        let end = self.start.deadlines.read;
        let passing = passing(step, "Incomplete");
        let caller = caller(self.sdk, end).await.map_err(|error| diagnostic(passing, &error))?;
        let role = Role::new(self.sdk, self.accounts.role.clone(), end).await;
        let role = role.map_err(|error| of_kind(error.is_setting(), passing, &error))?;
        let asked = accounts_source::known(self.accounts.which.clone());
        let asked = asked.map_err(|error| diagnostic("Configuration", &error))?;
        let directory = Organization::new(self.sdk, self.common.calls.retry, asked, end);
        match step {
            None => Box::pin(self.all(&self.reach(&caller, role.as_ref()), &directory)).await,
            Some(step) => Box::pin(self.step(step, &self.reach(&caller, role.as_ref()), &directory)).await,
        }
    }

    fn reach<'b>(&'b self, caller: &'b Caller, role: Option<&'b Role>) -> Reach<'b, Job::Aws> {
        let end = self.start.deadlines.read;
        Reach { sdk: self.sdk, caller, role, calls: self.common.calls, end, open: self.open }
    }

    fn time(&self) -> Time {
        let Start { now, deadlines, .. } = self.start;
        Time { taken_at: now, now, deadlines }
    }

    async fn all(&self, reach: &Reach<'_, Job::Aws>, directory: &Organization) -> Result<Value, Diagnostic> {
        let Start { invocation, deadlines, .. } = &self.start;
        let mut outputs = aws::outputs(self.sdk, &self.common.outputs, deadlines.read)
            .await
            .map_err(|error| not_begun(error.is_setting(), &error))?;
        outputs.invocation = Some(invocation.clone());
        let listing = directory.accounts().await.map_err(|error| diagnostic("Incomplete", &error))?;
        if listing.members.is_empty() {
            return Err(diagnostic("Configuration", &NOBODY));
        }
        let many = accounts::Many { work: &self.work, aws: reach, directory, config: &self.accounts };
        let keep = |_, report: &AccountsReport<Job::Audit>| report.accounts.iter().for_each(log);
        let report = Box::pin(wet(&many, listing, &outputs, self.time(), |_, _| (), keep)).await;
        report.accounts.iter().for_each(log);
        self.answer(&report)
    }

    async fn step(
        &self,
        event: &StepEvent,
        reach: &Reach<'_, Job::Aws>,
        directory: &Organization,
    ) -> Result<Value, Diagnostic> {
        let deadlines = self.start.deadlines;
        let Some(archive) = self.common.outputs.archive.clone() else {
            return Err(diagnostic("Configuration", &"ARCHIVE is not set: a run in steps keeps its files there"));
        };
        let archive = Archive::new(self.sdk, archive);
        // That people were told is written down even if the time of the stores is over.
        let end = deadlines.store.filter(|_| !matches!(event.step, Step::Consolidate { .. }));
        let files = archive.files(Job::Audit::ONE, &event.run, end);
        let place = |name| {
            let (bucket, key) = files.place(name);
            json!({"bucket": bucket, "items": key})
        };
        let (run, work) = (&event.run, &self.work);
        match &event.step {
            Step::List { execution } => {
                let listed = steps::list(&files, directory, execution, self.start.now).await.map_err(failed)?;
                Ok(match listed {
                    None => json!({"run": run, "duplicate": true, "accounts": 0}),
                    Some(accounts) => {
                        with(json!({"run": run, "duplicate": false, "accounts": accounts}), place(ACCOUNTS))
                    }
                })
            }
            Step::Plan { account } => {
                let worked = steps::plan_one(work, &files, reach, directory, account, self.time());
                Ok(said(account, &Box::pin(worked).await.map_err(failed)?))
            }
            Step::Gate => {
                let gate = steps::gate(&files, &work.totals(&self.accounts.totals)).await.map_err(failed)?;
                Ok(with(json!({"run": run, "apply": gate.accounts.len(), "brake": gate.brake}), place(APPLY)))
            }
            Step::Apply { account } => {
                let worked = Box::pin(steps::apply(work, &files, reach, account, self.time()));
                Ok(said(account, &worked.await.map_err(failed)?))
            }
            Step::Consolidate { execution } => {
                let outputs = aws::outputs(self.sdk, &self.common.outputs, deadlines.read)
                    .await
                    .map_err(|error| of_kind(error.is_setting(), UNAVAILABLE, &error))?;
                let now = self.start.now;
                let told = steps::consolidate(work, &files, &outputs, (run, execution), now, deadlines);
                match Box::pin(told).await.map_err(failed)? {
                    // It ends as it ended before.
                    Consolidated::Before(ended) if ended.errors.is_empty() => Ok(json!({"run": run, "told": ended.at})),
                    Consolidated::Before(ended) => Err(incomplete(Job::Audit::KIND, ended.errors.iter())),
                    Consolidated::Told(report) => self.answer(&report),
                }
            }
        }
    }

    /// A summary, or what went wrong. The accounts' own reports are in the log already.
    fn answer(&self, report: &AccountsReport<Job::Audit>) -> Result<Value, Diagnostic> {
        print(&without_accounts(report));
        if self.common.metrics {
            print(&metrics::of_accounts(report));
        }
        if report.is_complete() {
            return Ok(json!({
                "version": report.version,
                "kind": report.kind,
                "run": report.run,
                "generated_at": report.generated_at,
                "summary": report.summary,
            }));
        }
        let of_accounts = report.accounts.iter().flat_map(|report| &report.errors);
        Err(incomplete(report.kind, report.errors.iter().chain(of_accounts)))
    }
}

/// A worker's answer, for who looks at the execution: nothing is decided by it.
fn said<Audit: Audited>(account: &str, worked: &Worked<Audit>) -> Value {
    let load = &worked.load;
    match &worked.report {
        Reading::Read(report) => {
            log(report);
            json!({"account": account, "entered": true, "complete": report.is_complete(), "load": load})
        }
        Reading::Unread(error) => {
            tracing::error!(account, %error, "the account could not be entered");
            json!({"account": account, "entered": false, "complete": false, "load": load})
        }
    }
}

/// The kind of an error of a step that another attempt may find gone, so that the state machine makes one.
const UNAVAILABLE: &str = "Unavailable";

/// The kind of an error that may pass: of a whole run it is `kind`.
pub(crate) const fn passing(step: Option<&StepEvent>, kind: &'static str) -> &'static str {
    if step.is_some() { UNAVAILABLE } else { kind }
}

fn failed(error: StepError) -> Diagnostic {
    match error {
        // Another attempt may do better.
        StepError::Unread(error) => diagnostic(UNAVAILABLE, &error),
        StepError::Refused(reason) => diagnostic("Refused", &reason),
    }
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}

/// The report with the names of the accounts in the place of their reports.
fn without_accounts<Audit: Audited>(report: &AccountsReport<Audit>) -> Value {
    let accounts: Vec<Value> = report.accounts.iter().map(|report| json!(report.account)).collect();
    let mut value = serde_json::to_value(report.around(Vec::new())).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("accounts".to_owned(), Value::Array(accounts));
    }
    value
}
