//! Performs what was planned for an account, if the brake counted it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{Time, Work, like_planned},
    Counted, GATE, Gate, StepError, Worked, begun_of, digest, done_of, inventory_of, json, left, plan_of, untold,
    written,
};
use crate::{
    facts::Reading,
    outputs::Deliverable,
    ports::accounts::{Accounts, REFUSED, Store},
    report::{Report, accounts::Audited as _},
    snapshot,
};

/// How old a plan may be that is still performed, in hours. Whoever takes a run up again after days is to make a new one.
const OLDEST_PLAN: i64 = 24;
/// How far the clocks of two workers may be apart, in minutes.
const CLOCKS_APART: i64 = 5;

/// Performs the plan of an account, once. A plan that is not the one that the brake counted is not performed.
pub async fn apply<Job: Work>(
    work: &Job,
    store: &impl Store,
    aws: &impl Accounts<Account = Job::Aws>,
    account: &str,
    time: Time,
) -> Result<Worked<Job::Audit>, StepError>
where
    Report<Job::Audit>: Deliverable,
{
    let gate: Gate = written(store, GATE).await?;
    let Some(counted) = gate.accounts.get(account) else {
        let account = account.escape_debug();
        return Err(StepError::Refused(format!("the brake did not let anything be changed in account {account}")));
    };
    let done = |report| Worked { load: counted.load, report };
    if let Some(report) = left::<Job>(store, &done_of(account)).await? {
        return Ok(done(report));
    }
    untold(store).await?;
    let Some(Reading::Read(planned)) = left::<Job>(store, &plan_of(account)).await? else {
        return Err(StepError::Refused(format!("there is no plan for account {account}")));
    };
    let text = store.get(&inventory_of(account)).await?.unwrap_or_default();
    let report = match held::<Job>(&planned, counted, &text, time.now) {
        Some(reason) => with(planned, |report| report.hold(&reason)),
        None => match aws.account(account).await {
            Err(error) if error.operation != REFUSED => return Err(error.into()),
            Err(error) => {
                with(planned, |report| report.hold(&format!("the account could not be entered again: {error}")))
            }
            Ok(aws) => {
                let inventory = snapshot::parse(&text).map_err(|error| StepError::Refused(error.to_string()))?;
                let first = store.claim(&begun_of(account), &json(&time.now)?).await?;
                // Who tells people looks for this claim after saying so.
                untold(store).await?;
                perform(work, &aws, &inventory, (planned, counted), first, time).await
            }
        },
    };
    // Of two attempts at once the one that is done first is believed.
    store.claim(&done_of(account), &json(&Reading::Read(&report))?).await?;
    Ok(done(left::<Job>(store, &done_of(account)).await?.unwrap_or(Reading::Read(report))))
}

/// Makes the plan again out of its inventory, and performs it if it is the same. Whoever is not the `first` to do so may find
/// changes made.
async fn perform<Job: Work>(
    work: &Job,
    aws: &Job::Aws,
    inventory: &Job::Inventory,
    (planned, counted): (Report<Job::Audit>, &Counted),
    first: bool,
    time: Time,
) -> Report<Job::Audit> {
    if work.load(inventory, counted.at) != counted.load || work.dry(inventory, counted.at).run != counted.run {
        return with(planned, |report| report.hold(OTHER_PLAN));
    }
    let mut report = like_planned(work.act(aws, inventory, counted.at, time.deadlines).await, &planned);
    if !first {
        report.audit.resume(&planned.audit);
    }
    report
}

fn with<Audit>(mut report: Report<Audit>, change: impl FnOnce(&mut Report<Audit>)) -> Report<Audit> {
    change(&mut report);
    report
}

/// Why a plan is not performed whose settings, or files, were changed since it was counted.
const OTHER_PLAN: &str = "the plan is not the one that the brake counted";

/// Why a plan is not performed, if its files are not those that were counted, or too old, or of a time that is to come.
fn held<Job: Work>(
    planned: &Report<Job::Audit>,
    counted: &Counted,
    inventory: &str,
    now: DateTime<Utc>,
) -> Option<String> {
    let age = now - counted.at;
    if age > TimeDelta::hours(OLDEST_PLAN) || age < -TimeDelta::minutes(CLOCKS_APART) {
        return Some(format!("the plan is not of the last {OLDEST_PLAN} hours: start a new run"));
    }
    let same =
        planned.run == counted.run && planned.generated_at == counted.at && digest(inventory) == counted.inventory;
    (!same).then(|| OTHER_PLAN.to_owned())
}
