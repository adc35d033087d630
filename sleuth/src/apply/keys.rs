//! Disables access keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};

use crate::{
    deadline::{Deadlines, before},
    facts::{ReadError, Reading, UserName},
    gather::keys::{Want, read_key},
    keys::{AccessKeyId, AutoExpire, KeyStatus, Plan, Policy, Status, User, Verdict, audit::judge, plan::Target},
    ports::{
        NoAnswer, WriteError,
        keys::{ListedKey, ReadKeys, WriteKeys},
    },
};

/// How many keys are disabled side by side.
const CONCURRENCY: usize = 4;

/// Why a key is not disabled that does not work any more.
pub(crate) const ALREADY: &str = "somebody else disabled the key in the meantime";

/// Outcomes by user and key.
pub type Outcomes = BTreeMap<(UserName, AccessKeyId), Outcome>;

/// What came of one target.
pub type Outcome = super::Outcome<Verdict>;

/// Disables every target of `plan`, each after a second look at it, as far as there is time. `policy` and `now` are
/// those of the audit.
pub async fn apply(
    aws: &(impl ReadKeys + WriteKeys),
    plan: &Plan,
    policy: &Policy,
    now: DateTime<Utc>,
    deadlines: Deadlines,
) -> Outcomes {
    let targets: Vec<Target<'_>> = plan.targets().collect();
    stream::iter(targets)
        .map(|target| async move {
            let outcome = disable(aws, target, policy, now, deadlines).await;
            tracing::info!(user = %target.user, key = %target.key, ?outcome, "what came of disabling an access key");
            ((target.user.clone(), target.key.clone()), outcome)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}

async fn disable(
    aws: &(impl ReadKeys + WriteKeys),
    target: Target<'_>,
    policy: &Policy,
    now: DateTime<Utc>,
    deadlines: Deadlines,
) -> Outcome {
    let look = before(deadlines.act, look_again(aws, target, policy, now)).await;
    match look.and_then(|look| look) {
        Err(error) => Outcome::Unconfirmed(error),
        Ok(Some(changed)) => changed,
        Ok(None) => before(deadlines.settle, change(aws, target))
            .await
            .unwrap_or_else(|over| Outcome::Failed(format!("whether it is disabled is not known: {over}"))),
    }
}

async fn change(aws: &(impl ReadKeys + WriteKeys), target: Target<'_>) -> Outcome {
    match aws.disable(target.user, target.key).await {
        Ok(()) => Outcome::Done(()),
        Err(error) => after_failure(aws, target, &error).await,
    }
}

/// Reads the target once more. `None`: it is still to be disabled. Else why it is not.
async fn look_again(
    aws: &impl ReadKeys,
    target: Target<'_>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Option<Outcome>, ReadError> {
    let tags = match aws.tags(target.user).await {
        Ok(tags) => tags,
        Err(NoAnswer::Gone) => return Ok(Some(lost(target))),
        Err(NoAnswer::Unread(error)) => return Err(error),
    };
    let want = Want::Verdicts { policy: *policy, now, by_report: false };
    let key = match find(aws, target).await? {
        Found::Here(listed) => read_key(aws, listed, &want, None).await,
        Found::Gone => None,
        Found::Lost => return Ok(Some(lost(target))),
    };
    let Some(key) = key else { return Ok(Some(gone())) };
    let keys = Reading::Read(vec![key.clone()]);
    // Its path is not asked for again: no call that is made here tells it.
    let user = User { name: target.user.clone(), path: None, tags: Reading::Read(tags), keys, quarantine: Vec::new() };
    let verdict = judge(&user, &key, policy, now);
    if let Some(error) = verdict.unread {
        return Err(error);
    }
    let reason = match (verdict.status, &verdict.auto_expire) {
        (Status::Disabled, _) => ALREADY.to_owned(),
        (_, Some(AutoExpire::Exempt)) => "the owner became exempt in the meantime".to_owned(),
        (_, Some(AutoExpire::Unclear(value))) => {
            format!("its user's tag KeyAutoExpire became `{value}`: set it to true or false")
        }
        _ if key.created != target.verdict.created => "the key's creation time changed".to_owned(),
        (Status::Expired, Some(AutoExpire::Allowed)) => return Ok(None),
        (status, _) => format!("the key is not expired any more, but {}", status.as_str()),
    };
    Ok(Some(Outcome::Held { reason, verdict: Some(Box::new(verdict)) }))
}

/// A change that failed may have been made all the same: a lost answer is not a lost request.
async fn after_failure(aws: &impl ReadKeys, target: Target<'_>, error: &WriteError) -> Outcome {
    match find(aws, target).await {
        Ok(Found::Here(key)) if key.status == KeyStatus::Inactive => Outcome::Done(()),
        Ok(Found::Here(_)) => Outcome::Failed(error.to_string()),
        Ok(Found::Gone) => gone(),
        Ok(Found::Lost) => lost(target),
        Err(unread) => Outcome::Failed(format!("{error}; whether it is disabled could not be read: {unread}")),
    }
}

fn gone() -> Outcome {
    Outcome::Held { reason: "the key does not exist any more".to_owned(), verdict: None }
}

/// The user is not found under its name. Who was renamed still has the key, so what was thought of it stands.
fn lost(target: Target<'_>) -> Outcome {
    let reason = "its user was not found any more: deleted or renamed".to_owned();
    Outcome::Held { reason, verdict: Some(Box::new(target.verdict.clone())) }
}

/// Where a key is.
enum Found {
    Here(ListedKey),
    /// Its user has it no more.
    Gone,
    /// Its user is not found.
    Lost,
}

/// The key as it is now.
async fn find(aws: &impl ReadKeys, target: Target<'_>) -> Result<Found, ReadError> {
    match aws.keys(target.user).await {
        Ok(keys) => Ok(keys.into_iter().find(|key| key.id == *target.key).map_or(Found::Gone, Found::Here)),
        Err(NoAnswer::Gone) => Ok(Found::Lost),
        Err(NoAnswer::Unread(error)) => Err(error),
    }
}
