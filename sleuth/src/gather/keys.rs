//! Fills an inventory of access keys.

use std::{collections::BTreeMap, num::NonZeroUsize};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::answer;
use crate::{
    deadline::before,
    facts::{ReadError, Reading, UserName},
    keys::{AccessKey, CredentialReport, Inventory, Policy, User, audit::needs_last_use},
    ports::{
        ListedUser,
        keys::{ListedKey, Overview, ReadKeys},
    },
};

/// What is to be read, and how.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The time it is.
    pub taken_at: DateTime<Utc>,
    /// When to stop: what is not read by then is unread.
    pub end: Option<Instant>,
    /// How many users are read side by side.
    pub concurrency: NonZeroUsize,
    /// What the inventory is for.
    pub want: Want,
}

/// What an inventory is for.
#[derive(Debug, Clone, Copy)]
pub enum Want {
    /// Anything: every last use is asked for.
    Everything,
    /// An audit by this policy, counting to this time: a last use is asked for only where it can change the verdict.
    Verdicts {
        /// The policy.
        policy: Policy,
        /// The time ages are counted to.
        now: DateTime<Utc>,
        /// Whether users may be ruled out by the credential report.
        by_report: bool,
    },
}

impl Want {
    /// Whether the last use of `key` is wanted.
    fn last_use(&self, key: &ListedKey) -> bool {
        match self {
            Self::Everything => true,
            Self::Verdicts { policy, now, .. } => needs_last_use(&key.status, key.created, policy, *now),
        }
    }
}

/// Reads users and keys through `reader`, as far as `scope` goes. `progress` hears how many of how many users are done.
pub async fn gather(reader: &impl ReadKeys, scope: &Scope, progress: impl Fn(usize, usize) + Send + Sync) -> Inventory {
    let (overview, reading) =
        futures::join!(before(scope.end, Box::pin(reader.overview())), Box::pin(read_users(reader, scope, progress)),);
    let overview = overview.unwrap_or_else(|over| Overview { errors: vec![over], ..Overview::default() });
    let UsersRead { users, report, broke_off, errors } = reading;
    Inventory {
        taken_at: scope.taken_at,
        account: overview.account,
        users,
        user_count: overview.user_count,
        broke_off,
        root_keys: overview.root_keys.or_else(|| report.as_ref().and_then(|report| report.root_keys)),
        credential_report: report.map(|report| report.made_at),
        errors: overview.errors.into_iter().chain(errors).collect(),
    }
}

/// What was read of the users.
struct UsersRead {
    users: Vec<User>,
    /// The credential report that ruled some of them out.
    report: Option<CredentialReport>,
    broke_off: bool,
    errors: Vec<ReadError>,
}

async fn read_users(reader: &impl ReadKeys, scope: &Scope, progress: impl Fn(usize, usize) + Send + Sync) -> UsersRead {
    let (listing, report) = futures::join!(Box::pin(reader.users(scope.end)), Box::pin(current_report(reader, scope)));
    // Users come and go while pages are turned, so that one can stand on two of them.
    let found: BTreeMap<UserName, ListedUser> =
        listing.found.into_iter().map(|user| (user.name.clone(), user)).collect();
    let total = found.len();
    progress(0, total);
    let mut users = Vec::with_capacity(total);
    let mut readings = stream::iter(found.into_values())
        .map(|user| read_user(reader, user, report.as_ref(), scope))
        .buffer_unordered(scope.concurrency.get());
    let mut done = 0;
    while let Some(user) = readings.next().await {
        users.extend(user);
        done += 1;
        progress(done, total);
    }
    drop(readings);
    users.sort_by(|a, b| a.name.cmp(&b.name));
    UsersRead { users, report, broke_off: listing.broke_off, errors: listing.errors }
}

/// The credential report, if it is wanted and to be had and says enough. Without it every user is read one by one.
async fn current_report(reader: &impl ReadKeys, scope: &Scope) -> Option<CredentialReport> {
    let Want::Verdicts { policy, now, by_report: true } = scope.want else { return None };
    match reader.credential_report(scope.end).await {
        Ok(report) => match report.is_useless(scope.taken_at, &policy, now) {
            None => Some(report),
            Some(reason) => {
                tracing::warn!(made_at = %report.made_at, "the credential report is of no use, {reason}; reading every user");
                None
            }
        },
        Err(error) => {
            tracing::warn!(%error, "there is no credential report; reading every user");
            None
        }
    }
}

/// The user with its keys. `None`: it does not exist any more.
async fn read_user(
    reader: &impl ReadKeys,
    user: ListedUser,
    report: Option<&CredentialReport>,
    scope: &Scope,
) -> Option<User> {
    let ListedUser { name, path, created, tags, quarantine } = user;
    let tags = match tags {
        Some(tags) => Some(Reading::Read(tags)),
        None => answer(scope.end, reader.tags(&name)).await,
    };
    // Of a quarantined user everything is wanted, the ids of the keys first.
    let report = report.filter(|_| quarantine.is_empty());
    let keys = match ruled_out(&name, created, report, scope) {
        Some(keys) => Some(Reading::Read(keys)),
        None => read_keys(reader, &name, scope).await,
    };
    let (Some(tags), Some(keys)) = (tags, keys) else {
        tracing::warn!(user = %name, "not found any more, so left out: deleted or renamed while the account was read");
        return None;
    };
    Some(User { name, path, tags, keys, quarantine })
}

/// The keys of a user of whom the report says enough.
fn ruled_out(
    user: &UserName,
    created: Option<DateTime<Utc>>,
    report: Option<&CredentialReport>,
    scope: &Scope,
) -> Option<Vec<AccessKey>> {
    let Want::Verdicts { policy, now, .. } = scope.want else { return None };
    report?.ruled_out(user, created, &policy, now)
}

async fn read_keys(reader: &impl ReadKeys, user: &UserName, scope: &Scope) -> Option<Reading<Vec<AccessKey>>> {
    let listed = match answer(scope.end, reader.keys(user)).await? {
        Reading::Read(listed) => listed,
        Reading::Unread(error) => return Some(Reading::Unread(error)),
    };
    let mut keys = Vec::with_capacity(listed.len());
    for key in listed {
        let id = key.id.clone();
        match read_key(reader, key, &scope.want, scope.end).await {
            Some(key) => keys.push(key),
            None => tracing::warn!(%user, key = %id, "not found any more, so left out: deleted meanwhile"),
        }
    }
    Some(Reading::Read(keys))
}

/// The key with its last use, if that is wanted. `None`: it does not exist any more.
pub(crate) async fn read_key(
    reader: &impl ReadKeys,
    key: ListedKey,
    want: &Want,
    end: Option<Instant>,
) -> Option<AccessKey> {
    let last_use = if want.last_use(&key) { Some(answer(end, reader.last_use(&key.id)).await?) } else { None };
    Some(key.with_last_use(last_use))
}
