//! Performs a plan: the only room that changes anything. A dry run does not come here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};

use crate::{
    gather::read_key,
    keys::{
        AccessKeyId, AutoExpire, Plan, Policy, ReadError, Reading, Status, User, UserName, audit::judge, plan::Target,
    },
    ports::{ReadKeys, WriteKeys},
};

/// How many keys are disabled side by side.
const CONCURRENCY: usize = 4;

/// What came of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// AWS confirmed the change.
    Done,
    /// The change was asked for and not confirmed.
    Failed(String),
    /// The change was not asked for, because the target is not what it was.
    Held(String),
    /// The change was not asked for, because the target could not be looked at again.
    Unconfirmed(ReadError),
}

/// Outcomes by user and key.
pub type Outcomes = BTreeMap<(UserName, AccessKeyId), Outcome>;

/// Disables every target of `plan`, each after a second look at it. `policy` and `now` are those of the audit.
pub async fn apply(aws: &(impl ReadKeys + WriteKeys), plan: &Plan, policy: &Policy, now: DateTime<Utc>) -> Outcomes {
    let targets: Vec<Target<'_>> = plan.targets().collect();
    stream::iter(targets)
        .map(|target| async move {
            let outcome = disable(aws, target, policy, now).await;
            tracing::info!(user = %target.user, key = %target.key, ?outcome, "disabling an access key");
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
) -> Outcome {
    match look_again(aws, target, policy, now).await {
        Ok(None) => match aws.disable(target.user, target.key).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(error.to_string()),
        },
        Ok(Some(reason)) => Outcome::Held(reason),
        Err(error) => Outcome::Unconfirmed(error),
    }
}

/// Reads the target once more. `None`: it is still to be disabled. Else the reason why it is not.
async fn look_again(
    aws: &impl ReadKeys,
    target: Target<'_>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Option<String>, ReadError> {
    let tags = aws.tags(target.user).await?;
    let Some(listed) = aws.keys(target.user).await?.into_iter().find(|key| key.id == *target.key) else {
        return Ok(Some("the key does not exist any more".to_owned()));
    };
    let key = read_key(aws, listed).await;
    let user = User { name: target.user.clone(), tags: Reading::Read(tags), keys: Reading::Read(vec![key.clone()]) };
    let verdict = judge(&user, &key, policy, now);
    if let (Status::Unknown, Reading::Unread(error)) = (verdict.status, key.last_used) {
        return Err(error);
    }
    let reason = match (verdict.status, verdict.auto_expire) {
        (Status::Disabled, _) => Some("somebody else disabled the key in the meantime".to_owned()),
        (_, Some(AutoExpire::Exempt)) => Some("the owner became exempt in the meantime".to_owned()),
        (_, Some(AutoExpire::Unclear(value))) => {
            Some(format!("tag KeyAutoExpire became `{value}`, neither true nor false"))
        }
        _ if key.created != target.verdict.created => Some("the key's creation time changed".to_owned()),
        (Status::Expired, Some(AutoExpire::Allowed)) => None,
        (status, _) => Some(format!("the key is not expired any more, but {}", status.as_str())),
    };
    Ok(reason)
}
