//! The last step: one report out of all, told once.

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::{super::Work, CLAIM, Claim, GATE, Gate, LISTING, StepError, done_of, json, left, parsed, plan_of, written};
use crate::{
    deadline::Deadlines,
    facts::{ReadError, Reading},
    organization::{Listing, Member},
    outputs::{Deliverable, Outputs, accounts::hand_out_all},
    ports::accounts::Store,
    report::{
        Report,
        accounts::{AccountsReport, Failed, Parts},
    },
};

/// Who tells people, and whether it did.
const SENT: &str = "sent.json";
/// How many files are read side by side.
const CONCURRENCY: usize = 32;

/// Who tells people of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Telling {
    execution: String,
    /// When it was done with it; `None`: it is at it, or was broken off.
    done: Option<DateTime<Utc>>,
}

/// What came of a run.
#[derive(Debug)]
pub enum Consolidated<Audit> {
    /// It was told, now.
    Told(Box<AccountsReport<Audit>>),
    /// It had been told before.
    Before,
}

/// Reads what all workers left, tells people once, and keeps the reports. An attempt that was broken off is made up by the
/// same execution, which may tell somebody twice, but nobody never; another execution tells nobody.
pub async fn consolidate<Job: Work>(
    work: &Job,
    store: &impl Store,
    outputs: &Outputs,
    (run, execution): (&str, &str),
    now: DateTime<Utc>,
    deadlines: Deadlines,
) -> Result<Consolidated<Job::Audit>, StepError>
where
    Report<Job::Audit>: Deliverable,
{
    let telling = Telling { execution: execution.to_owned(), done: None };
    if !store.claim(SENT, &json(&telling)?).await? {
        let known: Telling = written(store, SENT).await?;
        if known.execution != execution || known.done.is_some() {
            return Ok(Consolidated::Before);
        }
    }
    let mut report = collected(work, store, run).await?;
    Box::pin(hand_out_all(&mut report, outputs, work.texts(), deadlines)).await;
    store.put(SENT, &json(&Telling { done: Some(now), ..telling })?).await?;
    Ok(Consolidated::Told(Box::new(report)))
}

/// One report out of what all workers left.
async fn collected<Job: Work>(_: &Job, store: &impl Store, run: &str) -> Result<AccountsReport<Job::Audit>, StepError>
where
    Report<Job::Audit>: Deliverable,
{
    let claim: Claim = written(store, CLAIM).await?;
    let Listing { members, skipped } = written(store, LISTING).await?;
    let gate: Option<Gate> = parsed(store, GATE).await?;
    let readings = stream::iter(&members).map(async |member| {
        let report = of_account::<Job>(store, member, gate.as_ref()).await;
        report.map_err(|error| Failed { member: member.clone(), error })
    });
    let read: Vec<Result<Report<Job::Audit>, Failed>> =
        Box::pin(readings.buffer_unordered(CONCURRENCY).collect()).await;
    let (mut reports, mut failed) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(report) => reports.push(report),
            Err(error) => failed.push(error),
        }
    }
    let mut report = AccountsReport::new(Parts { reports, failed, members, skipped }, claim.started);
    run.clone_into(&mut report.run);
    match gate {
        Some(Gate { brake: None, .. }) => {}
        Some(Gate { brake: Some(reason), .. }) => report.hold(&reason),
        None => {
            report.hold("the plans were not counted, as too many accounts could not be planned or that step failed")
        }
    }
    report.take(Vec::new());
    Ok(report)
}

/// The report on an account: on what was done if anything was to be, else on its plan.
async fn of_account<Job: Work>(
    store: &impl Store,
    member: &Member,
    gate: Option<&Gate>,
) -> Result<Report<Job::Audit>, ReadError> {
    let planned = of_member::<Job>(store, &plan_of(&member.id), member).await?;
    let missing = || failed("its worker left no report: it died or was out of time, see the execution".to_owned());
    let mut planned = match planned.ok_or_else(missing)? {
        Reading::Read(report) => report,
        Reading::Unread(error) => return Err(error),
    };
    if gate.is_none_or(|gate| !gate.accounts.contains_key(&member.id)) {
        return Ok(planned);
    }
    match of_member::<Job>(store, &done_of(&member.id), member).await {
        Ok(Some(Reading::Read(report))) => return Ok(report),
        Ok(_) => planned.lose("the worker that was to do it left no word of it: look at the account"),
        Err(error) => planned.lose(&format!("what came of it could not be read: {}", error.message)),
    }
    Ok(planned)
}

/// What a worker left about an account, if it is about this one.
async fn of_member<Job: Work>(
    store: &impl Store,
    name: &str,
    member: &Member,
) -> Result<Option<Reading<Report<Job::Audit>>>, ReadError> {
    let left = match left::<Job>(store, name).await {
        Ok(left) => left,
        Err(StepError::Unread(error)) => return Err(error),
        Err(StepError::Refused(reason)) => return Err(failed(format!("its worker left no report: {reason}"))),
    };
    match &left {
        Some(Reading::Read(report)) if report.account.id.as_deref() != Some(&member.id) => {
            Err(failed(format!("its worker left a report on account {}", report.account)))
        }
        _ => Ok(left),
    }
}

/// Why there is no report of a worker.
fn failed(message: String) -> ReadError {
    ReadError { operation: "worker".to_owned(), message }
}
