//! Fills an inventory. Nothing here fails: what cannot be read is in the inventory, beside what it concerns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::{
    deadline::before,
    keys::{AccessKey, Account, Inventory, ReadError, Reading, User, UserName, inventory::Tags},
    ports::{ListedKey, ReadKeys},
};

/// How many users are read side by side. IAM's rate limits are not published; this many stay below them.
pub const CONCURRENCY: usize = 8;

/// Reads every user and key through `reader`, until `end` if there is one; what is not read by then is unread. `progress`
/// hears how many of how many users are done.
pub async fn gather(
    reader: &impl ReadKeys,
    now: DateTime<Utc>,
    end: Option<Instant>,
    progress: impl Fn(usize, usize) + Send + Sync,
) -> Inventory {
    let (account, listing) = futures::join!(before(end, Box::pin(reader.account())), Box::pin(reader.users(end)));
    let (account, mut errors) = account.unwrap_or_else(|error| (Account::default(), vec![error]));
    errors.extend(listing.error);
    // Users come and go while pages are turned, so that one can stand on two of them.
    let found: BTreeMap<_, _> = listing.found.into_iter().collect();
    let total = found.len();
    progress(0, total);
    let mut users = Vec::with_capacity(total);
    let mut readings =
        stream::iter(found).map(|(name, tags)| read_user(reader, name, tags, end)).buffer_unordered(CONCURRENCY);
    while let Some(user) = readings.next().await {
        users.push(user);
        progress(users.len(), total);
    }
    users.sort_by(|a, b| a.name.cmp(&b.name));
    Inventory { taken_at: now, account, users, errors }
}

async fn read_user(reader: &impl ReadKeys, name: UserName, tags: Option<Tags>, end: Option<Instant>) -> User {
    let tags = match tags {
        Some(tags) => Reading::Read(tags),
        None => flat(before(end, reader.tags(&name)).await).into(),
    };
    let keys = match flat(before(end, reader.keys(&name)).await) {
        Err(error) => Reading::Unread(error),
        Ok(listed) => {
            let mut keys = Vec::with_capacity(listed.len());
            for key in listed {
                keys.push(read_key(reader, key, end).await);
            }
            Reading::Read(keys)
        }
    };
    User { name, tags, keys }
}

/// The key with its last use.
pub(crate) async fn read_key(reader: &impl ReadKeys, key: ListedKey, end: Option<Instant>) -> AccessKey {
    let last_use = flat(before(end, reader.last_use(&key.id)).await);
    key.with_last_use(last_use)
}

fn flat<T>(answer: Result<Result<T, ReadError>, ReadError>) -> Result<T, ReadError> {
    answer.and_then(|answer| answer)
}
