//! The last step: one report out of all, told once.

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::{
    super::Work, CLAIM, CONCURRENCY, Claim, GATE, Gate, LISTING, SENT, StepError, begun_of, done_of, json, left,
    parsed, plan_of, written,
};
use crate::{
    deadline::Deadlines,
    facts::{ReadError, Reading},
    organization::{Listing, Member},
    outputs::{
        Deliverable, Outputs,
        accounts::{keep_all, keep_told},
        hand_out,
    },
    ports::accounts::Store,
    report::{
        NO_CHANNEL, Report, ReportError,
        accounts::{AccountsReport, Failed, Parts},
    },
};

/// How many errors are kept for who asks again how it ended.
const KEPT_ERRORS: usize = 20;

/// Who tells people of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Telling {
    execution: String,
    /// How that ended; `None`: it is under way, or was broken off.
    done: Option<Ended>,
}

/// How a run ended that people were told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: DateTime<Utc>,
    /// The first things that could not be read, done or delivered.
    pub errors: Vec<ReportError>,
}

/// What came of a run.
#[derive(Debug)]
pub enum Consolidated<Audit> {
    /// It was told, now.
    Told(Box<AccountsReport<Audit>>),
    /// It had been told before, and ended so.
    Before(Ended),
}

/// Reads what all workers left, tells people once, and keeps the reports. An attempt that was broken off is made up by the
/// same execution, which may tell somebody twice, but nobody never; another execution is refused.
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
    let claim: Claim = written(store, CLAIM).await?;
    if claim.execution != execution {
        return Err(StepError::Refused("another execution does this run, and tells of it".to_owned()));
    }
    let telling = Telling { execution: execution.to_owned(), done: None };
    if !store.claim(SENT, &json(&telling)?).await? {
        let known: Telling = written(store, SENT).await?;
        if let Some(ended) = known.done {
            return Ok(Consolidated::Before(ended));
        }
    }
    let mut report = collected(work, store, &claim, run).await?;
    if outputs.notifier.is_empty() && !report.is_quiet() {
        tracing::warn!("nobody is told of what was found and done: {NO_CHANNEL}");
    }
    let kept = keep_all(&report, outputs, deadlines).await;
    Deliverable::add(&mut report, kept);
    Box::pin(hand_out(&mut report, outputs, work.texts(), deadlines)).await;
    let errors = report.errors.iter().chain(report.accounts.iter().flat_map(|report| &report.errors));
    let ended = Ended { at: now, errors: errors.take(KEPT_ERRORS).cloned().collect() };
    let done = json(&Telling { done: Some(ended), ..telling })?;
    // Whatever becomes of the stores, people were told.
    let marked = store.put(SENT, &done).await;
    Box::pin(keep_told(&mut report, outputs, deadlines)).await;
    marked?;
    Ok(Consolidated::Told(Box::new(report)))
}

/// The report on an account, or that there is none.
type Outcome<Job> = Result<Report<<Job as Work>::Audit>, Failed>;

/// One report out of what all workers left.
async fn collected<Job: Work>(
    _: &Job,
    store: &impl Store,
    claim: &Claim,
    run: &str,
) -> Result<AccountsReport<Job::Audit>, StepError>
where
    Report<Job::Audit>: Deliverable,
{
    let Listing { members, skipped } = written(store, LISTING).await?;
    let gate: Option<Gate> = parsed(store, GATE).await?;
    let readings =
        stream::iter(&members).map(async |member| match of_account::<Job>(store, member, gate.as_ref()).await {
            Ok(report) => Ok(Ok(report)),
            Err(Left::Nothing(error)) => Ok(Err(Failed { member: member.clone(), error })),
            Err(Left::Unread(error)) => Err(error),
        });
    // What S3 does not answer may be had by another attempt; nobody is told of a part.
    let read: Vec<Result<Outcome<Job>, ReadError>> = Box::pin(readings.buffer_unordered(CONCURRENCY).collect()).await;
    let read = read.into_iter().collect::<Result<Vec<_>, _>>()?;
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
            report.hold("the plans were not counted, as too many accounts could not be planned or that step failed");
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
) -> Result<Report<Job::Audit>, Left> {
    let planned = of_member::<Job>(store, &plan_of(&member.id), member).await?;
    let missing = || failed("its worker left no report: it died or was out of time, see the execution".to_owned());
    let mut planned = match planned.ok_or_else(missing)? {
        Reading::Read(report) => report,
        Reading::Unread(error) => return Err(Left::Nothing(error)),
    };
    let Some(gate) = gate else { return Ok(planned) };
    if !gate.accounts.contains_key(&member.id) {
        if gate.brake.is_none() {
            planned.hold("its plan was not counted with the others: its worker ended too early");
        }
        return Ok(planned);
    }
    match of_member::<Job>(store, &done_of(&member.id), member).await {
        Ok(Some(Reading::Read(report))) => return Ok(report),
        // Since people are being told, no worker begins any more.
        Ok(_) if store.get(&begun_of(&member.id)).await?.is_none() => {
            planned.hold("it was not begun: see the execution");
        }
        Ok(_) => planned.lose("whether it was done is not known: the worker that was to do it left no word of it"),
        Err(Left::Nothing(error)) => planned.lose(&format!("whether it was done is not known: {}", error.message)),
        Err(unread) => return Err(unread),
    }
    Ok(planned)
}

/// Why there is no report on an account.
enum Left {
    /// There is none, for this reason.
    Nothing(ReadError),
    /// It could not be read.
    Unread(ReadError),
}

impl From<ReadError> for Left {
    fn from(error: ReadError) -> Self {
        Self::Unread(error)
    }
}

/// What a worker left about an account, if it is about this one.
async fn of_member<Job: Work>(
    store: &impl Store,
    name: &str,
    member: &Member,
) -> Result<Option<Reading<Report<Job::Audit>>>, Left> {
    let left = match left::<Job>(store, name).await {
        Ok(left) => left,
        Err(StepError::Unread(error)) => return Err(Left::Unread(error)),
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
fn failed(message: String) -> Left {
    Left::Nothing(ReadError { operation: "worker".to_owned(), message })
}
