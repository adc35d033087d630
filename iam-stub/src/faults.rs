//! What goes wrong, and answers made by hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use crate::{account::Account, xml};

/// Answers a call instead of the account, or changes the account right before it answers. `None`: as usual.
///
/// It is asked before everything else is decided, at every attempt. The account is locked meanwhile.
pub type Hook = Arc<dyn Fn(&Call, &mut Account) -> Option<Answer> + Send + Sync>;

/// What goes wrong. The default: nothing does, and nothing takes time.
#[derive(Clone)]
pub struct Faults {
    /// How long each answer takes.
    pub latency: Duration,
    /// Calls a second that are let through; the others are answered with `Throttling`.
    pub rate: Option<f64>,
    /// Calls at once that `rate` lets through after a pause.
    pub burst: f64,
    /// Probability that a call is answered with `Throttling`.
    pub throttled: f64,
    /// Probability that a call is answered with HTTP 500, `ServiceFailure` or `InternalFailure`.
    pub failing: f64,
    /// Probability that the connection is closed instead of an answer. What the call asks for is not done.
    pub dropped: f64,
    /// Most items on a page, whatever the caller asks for.
    pub page: Option<usize>,
    /// Where the random numbers for the probabilities start.
    pub seed: u64,
    /// Actions that are answered with `AccessDenied`.
    pub deny: BTreeSet<String>,
    /// Answers by hand.
    pub hook: Option<Hook>,
    /// How the credential report comes about.
    pub report: ReportState,
    /// Whether requests are kept for [`Stub::requests`](crate::Stub::requests).
    pub recording: bool,
}

/// How the credential report comes about.
#[derive(Debug, Clone, Default)]
pub struct ReportState {
    /// How often `GenerateCredentialReport` answers `STARTED`, then `INPROGRESS`, before it answers `COMPLETE`;
    /// `usize::MAX`: never `COMPLETE`. With 0 there is a report already.
    pub polls: usize,
    /// How old the report is.
    pub age: Duration,
    /// What the report is made from, if not from the account as it is.
    pub snapshot: Option<Account>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `Action`.
    pub action: String,
    /// All parameters, `Action` and `Version` among them.
    pub parameters: BTreeMap<String, String>,
    /// How often the same was asked before.
    pub nth: usize,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: the connection is closed.
    Drop,
    /// An HTTP response.
    Reply {
        /// HTTP status.
        status: u16,
        /// Body.
        body: String,
    },
    /// An answer that takes longer than others.
    Late(Duration, Box<Self>),
}

impl Call {
    /// The value of a parameter; empty if it is not there.
    pub fn get(&self, parameter: &str) -> &str {
        self.parameters.get(parameter).map_or("", String::as_str)
    }

    /// Whether it is this action, on this user.
    pub fn is(&self, action: &str, user: &str) -> bool {
        self.action == action && self.get("UserName") == user
    }
}

impl Answer {
    /// An error with the message `no luck`.
    pub fn error(status: u16, code: &str) -> Self {
        Self::error_saying(status, code, "no luck")
    }

    /// An error.
    pub fn error_saying(status: u16, code: &str, message: &str) -> Self {
        Self::raw(status, &xml::error(status, code, message))
    }

    /// The result of an action: the elements in `<ActionResult>`.
    pub fn xml(action: &str, inner: &str) -> Self {
        Self::raw(200, &xml::response(action, inner))
    }

    /// Any status and body.
    pub fn raw(status: u16, body: &str) -> Self {
        Self::Reply { status, body: body.to_owned() }
    }

    /// The same answer, so much later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self::Late(delay, Box::new(self))
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            rate: None,
            burst: 1.0,
            throttled: 0.0,
            failing: 0.0,
            dropped: 0.0,
            page: None,
            seed: 0,
            deny: BTreeSet::new(),
            hook: None,
            report: ReportState::default(),
            recording: true,
        }
    }
}

impl Faults {
    /// Nothing goes wrong but what this says.
    pub fn hook(hook: impl Fn(&Call, &mut Account) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)), ..Self::default() }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("latency", &self.latency)
            .field("rate", &self.rate)
            .field("burst", &self.burst)
            .field("throttled", &self.throttled)
            .field("failing", &self.failing)
            .field("dropped", &self.dropped)
            .field("page", &self.page)
            .field("seed", &self.seed)
            .field("deny", &self.deny)
            .field("hook", &self.hook.is_some())
            .field("report", &self.report)
            .field("recording", &self.recording)
            .finish()
    }
}
