//! What was asked so far, and the faults that depend on it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use crate::faults::{Answer, Call, Faults};

/// What was asked so far.
#[derive(Debug)]
pub(crate) struct Log {
    /// Calls by action.
    pub(crate) calls: BTreeMap<String, u64>,
    /// Parameters of all calls, if they are recorded.
    pub(crate) requests: Vec<BTreeMap<String, String>>,
    /// Messages that were published.
    pub(crate) published: Vec<String>,
    /// How often the credential report was asked for.
    pub(crate) reports: usize,
    /// Names of users by the ids of their keys: a hint, since the account can be changed at any time.
    pub(crate) owners: HashMap<String, String>,
    seen: HashMap<BTreeMap<String, String>, usize>,
    random: fastrand::Rng,
    tokens: f64,
    filled: Instant,
}

impl Log {
    pub(crate) fn new(faults: &Faults, seed: u64) -> Self {
        Self {
            calls: BTreeMap::new(),
            requests: Vec::new(),
            published: Vec::new(),
            reports: 0,
            owners: HashMap::new(),
            seen: HashMap::new(),
            random: fastrand::Rng::with_seed(seed),
            tokens: faults.burst,
            filled: Instant::now(),
        }
    }

    /// Forgets the calls, those for a credential report among them. The random numbers go on.
    pub(crate) fn reset(&mut self) {
        self.calls.clear();
        self.requests.clear();
        self.published.clear();
        self.reports = 0;
        self.seen.clear();
    }

    /// Counts and, if wanted, keeps a call.
    pub(crate) fn enter(&mut self, parameters: BTreeMap<String, String>, faults: &Faults) -> Call {
        let action = parameters.get("Action").cloned().unwrap_or_default();
        *self.calls.entry(action.clone()).or_default() += 1;
        let mut nth = 0;
        if faults.hook.is_some() {
            let seen = self.seen.entry(parameters.clone()).or_default();
            nth = *seen;
            *seen += 1;
        }
        if faults.recording {
            self.requests.push(parameters.clone());
        }
        Call { action, parameters, nth }
    }

    /// What goes wrong with this call, if something does.
    pub(crate) fn fault(&mut self, call: &Call, faults: &Faults, caller: &str) -> Option<Answer> {
        let throttled = || Some(Answer::error_saying(400, "Throttling", "Rate exceeded"));
        if self.happens(faults.dropped) {
            Some(Answer::Drop)
        } else if !self.let_through(faults) || self.happens(faults.throttled) {
            throttled()
        } else if self.happens(faults.failing) {
            let code = if self.random.bool() { "ServiceFailure" } else { "InternalFailure" };
            Some(Answer::error_saying(500, code, "The request processing has failed because of an unknown error"))
        } else if faults.deny.contains(&call.action) {
            let message = format!("User: {caller} is not authorized: {}", call.action);
            Some(Answer::error_saying(403, "AccessDenied", &message))
        } else {
            None
        }
    }

    /// No random number is drawn for what cannot happen, so that a seed means the same with another fault beside it.
    fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.random.f64() < probability
    }

    /// Takes a token from the bucket, if there is a limit.
    fn let_through(&mut self, faults: &Faults) -> bool {
        let Some(rate) = faults.rate else { return true };
        let now = Instant::now();
        let earned = now.duration_since(self.filled).as_secs_f64() * rate;
        self.filled = now;
        self.tokens = (self.tokens + earned).min(faults.burst.max(1.0));
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}
