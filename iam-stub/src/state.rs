//! What the server knows: accounts, calls, files.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use hyper::{HeaderMap, Request, Response, body::Bytes};
use serde_json::{Value, json};

use crate::{
    account::{ACCOUNT_ID, Account},
    answers::Context,
    caller::Caller,
    faults::{Answer, Faults},
    form,
    log::Log,
    objects::Objects,
    organization,
    server::Body,
};

/// All of it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) faults: Faults,
    /// The account of who calls without a session.
    home: String,
    accounts: BTreeMap<String, Kept>,
    ids: BTreeSet<String>,
    objects: Mutex<Objects>,
    /// Calls of AWS Organizations and S3, by action.
    others: Mutex<BTreeMap<String, u64>>,
}

/// An account, with what it was asked.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) account: Mutex<Account>,
    pub(crate) log: Mutex<Log>,
}

/// A test that panicked while it held the account has already failed; the others go on.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// These accounts, of which the first is that of who calls without a session; each has a limit of its own, and random
    /// numbers.
    pub(crate) fn new(accounts: Vec<Account>, faults: Faults) -> Self {
        let home = accounts.first().map_or_else(|| ACCOUNT_ID.to_owned(), |account| account.id.clone());
        let kept = |(account, seed): (Account, u64)| {
            let log = Mutex::new(Log::new(&faults, seed));
            (account.id.clone(), Kept { account: Mutex::new(account), log })
        };
        let accounts: BTreeMap<String, Kept> = accounts.into_iter().zip(faults.seed..).map(kept).collect();
        let ids = accounts.keys().cloned().collect();
        Self { faults, home, accounts, ids, objects: Mutex::default(), others: Mutex::default() }
    }

    /// An account, if there is one of this number.
    pub(crate) fn account(&self, id: &str) -> Option<&Kept> {
        self.accounts.get(id)
    }

    /// The account of who calls without a session.
    pub(crate) fn home(&self) -> Option<&Kept> {
        self.account(&self.home)
    }

    /// Calls by action, in all accounts.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        let mut all = lock(&self.others).clone();
        for kept in self.accounts.values() {
            for (action, calls) in &lock(&kept.log).calls {
                *all.entry(action.clone()).or_default() += calls;
            }
        }
        all
    }

    /// Each account: its id, how many users and keys it has, and its calls.
    pub(crate) fn described(&self) -> Value {
        let one = |(id, kept): (&String, &Kept)| {
            let account = lock(&kept.account);
            let keys = || account.users.values().flat_map(|user| &user.keys);
            let active = keys().filter(|key| key.status == "Active").count();
            let calls: u64 = lock(&kept.log).calls.values().sum();
            json!({"id": id, "users": account.users.len(), "keys": keys().count(), "active": active, "calls": calls})
        };
        self.accounts.iter().map(one).collect()
    }

    /// Forgets the calls.
    pub(crate) fn reset(&self) {
        self.accounts.values().for_each(|kept| lock(&kept.log).reset());
        lock(&self.others).clear();
    }

    fn count(&self, action: &str) {
        *lock(&self.others).entry(action.to_owned()).or_default() += 1;
    }

    /// The answer of S3.
    pub(crate) fn objects(&self, action: &str, request: &Request<Bytes>) -> Response<Body> {
        self.count(action);
        lock(&self.objects).answer(request)
    }

    /// The answer of AWS Organizations, with its status.
    pub(crate) fn organization(&self, action: &str, body: &[u8]) -> (u16, Value) {
        self.count(action);
        let named = |(id, kept): (&String, &Kept)| (id.clone(), lock(&kept.account).alias.clone().unwrap_or_default());
        let accounts: Vec<_> = self.accounts.iter().map(named).collect();
        organization::answer(action, &serde_json::from_slice(body).unwrap_or_default(), &accounts)
    }

    /// The answer of IAM, STS or SNS in the account that the request's credentials are of.
    pub(crate) fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let caller = Caller::of(headers, &self.home);
        let Some(kept) = self.account(&caller.account) else {
            return Answer::error_saying(403, "InvalidClientTokenId", "The security token is invalid");
        };
        let call = lock(&kept.log).enter(form::parse(body), &self.faults);
        let mut account = lock(&kept.account);
        // The log is free while the hook runs, which may want to look at it.
        let by_hand = self.faults.hook.as_ref().and_then(|hook| hook(&call, &mut account));
        let mut log = lock(&kept.log);
        by_hand.or_else(|| log.fault(&call, &self.faults, &caller.arn)).unwrap_or_else(|| {
            let mut context = Context {
                account: &mut account,
                caller: &caller,
                members: &self.ids,
                log: &mut log,
                report: &self.faults.report,
                page: self.faults.page,
                now: now(),
            };
            context.answer(&call)
        })
    }
}

/// The time of the answers that tell one. Who asks has the real one, too.
#[expect(clippy::disallowed_methods, reason = "the stub stands for AWS, which has a clock of its own")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
