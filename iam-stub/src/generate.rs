//! Accounts of any size. The same number and time give the same account.

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{Account, Key, User, base32};

impl Account {
    /// An account that is looked after: one user in ten has a key that is not good (expired by age, old, or old and
    /// never used, in turn), the others have one of less than 80 days, used within the last ten.
    pub fn healthy(users: usize, now: DateTime<Utc>) -> Self {
        Self::healthy_nth(0, users, now)
    }

    /// An account that nobody looked after: nine users in ten have a key of 100 to 1,000 days, a third of which were
    /// never used; the others have a good one.
    pub fn neglected(users: usize, now: DateTime<Utc>) -> Self {
        Self::neglected_nth(0, users, now)
    }

    /// One of several accounts, which have no key in common.
    pub(crate) fn healthy_nth(nth: usize, users: usize, now: DateTime<Utc>) -> Self {
        account(nth, users, now, |index, id| match (index % 10, index / 10 % 3) {
            (9, 0) => key(id, now, index, 100 + index % 300, Some(index % 60)),
            (9, 1) => key(id, now, index, 80 + index % 9, Some(index % 10)),
            (9, _) => key(id, now, index, 80 + index % 9, None),
            _ => key(id, now, index, 1 + index % 78, Some(index % 10)),
        })
    }

    /// The same for one that nobody looked after.
    pub(crate) fn neglected_nth(nth: usize, users: usize, now: DateTime<Utc>) -> Self {
        account(nth, users, now, |index, id| match (index % 10, index % 3) {
            (9, _) => key(id, now, index, 1 + index % 78, Some(index % 10)),
            (_, 0) => key(id, now, index, 100 + index * 7 % 900, None),
            _ => key(id, now, index, 100 + index * 7 % 900, Some(index % 100)),
        })
    }
}

/// Users with an active key each, made by `active`; every fifth also has an inactive one.
fn account(nth: usize, users: usize, now: DateTime<Utc>, active: impl Fn(usize, &str) -> Key) -> Account {
    let mut account = Account { alias: Some("larkspur-logistics".to_owned()), ..Account::default() };
    for index in 0..users {
        let mut user = User::new(now - days(1_100 + index % 900))
            .tag("Name", &format!("Person {index}"))
            .tag("Slack", &format!("U{index:09}"))
            .with(active(index, &key_id(nth, index, 0)));
        if index % 5 == 0 {
            let second = key(&key_id(nth, index, 1), now, index, 200 + index % 400, Some(100 + index % 100));
            user = user.with(second.status("Inactive"));
        }
        account = account.with(&format!("person-{index:05}"), user);
    }
    account
}

/// A key so many days old, last used so many days ago but not before it was created.
fn key(id: &str, now: DateTime<Utc>, index: usize, age: usize, used: Option<usize>) -> Key {
    // Not all at the same time of day, and never so near to a whole day that a slow run would see the next one.
    let of_day = TimeDelta::minutes(i64::try_from(index * 37 % 1_200).unwrap_or(0));
    let key = Key::new(id, now - days(age) - of_day);
    match used {
        Some(used) => key.used(now - days(used.min(age)) - of_day),
        None => key,
    }
}

fn days(number: usize) -> TimeDelta {
    TimeDelta::days(i64::try_from(number).unwrap_or(0))
}

/// An id for each user and key. The multiplier is odd, so that no two numbers give the same one.
fn key_id(nth: usize, index: usize, slot: u64) -> String {
    let [nth, index] = [nth, index].map(|number| u64::try_from(number).unwrap_or(0));
    let number = (nth << 32).wrapping_add(index.wrapping_mul(2)).wrapping_add(slot);
    format!("AKIASTU{}", base32(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), 13))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    fn active(account: &Account) -> impl Iterator<Item = &Key> {
        account.users.values().flat_map(|user| &user.keys).filter(|key| key.status == "Active")
    }

    fn age(key: &Key) -> i64 {
        (now() - key.created).num_days()
    }

    #[test]
    fn healthy_account_has_one_key_in_ten_that_is_not_good() {
        let account = Account::healthy(1_000, now());
        let keys: Vec<_> = active(&account).collect();
        assert_eq!((account.users.len(), keys.len()), (1_000, 1_000));
        assert_eq!(keys.iter().filter(|key| age(key) < 80).count(), 900);
        assert_eq!(keys.iter().filter(|key| (80..90).contains(&age(key))).count(), 66);
        assert_eq!(keys.iter().filter(|key| key.last_used.is_none()).count(), 33);
    }

    #[test]
    fn neglected_account_has_nine_keys_in_ten_that_expired() {
        let account = Account::neglected(1_000, now());
        assert_eq!(active(&account).filter(|key| (100..1_000).contains(&age(key))).count(), 900);
        assert_eq!(active(&account).filter(|key| age(key) < 80).count(), 100);
    }

    #[test]
    fn every_fifth_user_has_a_second_key_that_is_inactive_and_ids_are_unique() {
        let account = Account::healthy(1_000, now());
        let keys: Vec<_> = account.users.values().flat_map(|user| &user.keys).collect();
        assert_eq!(keys.iter().filter(|key| key.status == "Inactive").count(), 200);
        let ids: BTreeSet<_> = keys.iter().map(|key| &key.id).collect();
        assert_eq!(ids.len(), 1_200);
        assert!(ids.iter().all(|id| id.len() == 20 && id.starts_with("AKIA")));
    }

    #[test]
    fn no_key_was_used_before_it_was_created_or_after_now() {
        for account in [Account::healthy(500, now()), Account::neglected(500, now())] {
            for key in account.users.values().flat_map(|user| &user.keys) {
                assert!(key.created <= now());
                assert!(key.last_used.as_ref().is_none_or(|used| used.time >= key.created && used.time <= now()));
            }
        }
    }

    #[test]
    fn same_number_and_time_give_the_same_account() {
        assert_eq!(Account::healthy(50, now()), Account::healthy(50, now()));
        assert_ne!(Account::healthy(50, now()), Account::neglected(50, now()));
    }
}
