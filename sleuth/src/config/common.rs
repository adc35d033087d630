//! Settings that all audits share.

use std::num::NonZeroUsize;

use serde::Deserialize;

use super::{Outputs, Problems, check::Check, on, read};

/// How many users are read side by side if nothing else is said: measured in docs/performance.md.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// Most users that may be read side by side.
const MOST_CONCURRENT: usize = 100;

/// What every audit needs to know.
#[derive(Debug, Clone)]
pub struct Common {
    /// How many users or regions are read side by side: `CONCURRENCY`.
    pub concurrency: NonZeroUsize,
    /// Where messages and reports go.
    pub outputs: Outputs,
    /// More logging: `DEBUG`.
    pub debug: bool,
    /// How AWS is asked.
    pub calls: Calls,
    /// Whether metrics are written into the function's log: `METRICS`.
    pub metrics: bool,
    /// The SDK's own setting, kept to be named in errors: `AWS_PROFILE`.
    pub profile: Option<String>,
}

/// How AWS is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    /// How calls are repeated: the SDK's own setting, `AWS_RETRY_MODE`.
    pub retry: RetryMode,
    /// Whether users may be read by `GetAccountAuthorizationDetails`, which also tells all policies of the account:
    /// `AUTHORIZATION_DETAILS`.
    pub details: bool,
}

/// How calls that AWS throttles are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    /// All calls are slowed down until hardly any is throttled: others who call AWS keep their room.
    Adaptive,
    /// Each is repeated after a pause of its own: faster, at the cost of more calls that are throttled.
    Standard,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    concurrency: Option<String>,
    debug: Option<String>,
    metrics: Option<String>,
    aws_profile: Option<String>,
    aws_retry_mode: Option<String>,
    authorization_details: Option<String>,
}

impl Common {
    /// The shared settings, checked. An empty value means "not set".
    pub fn checked(environment: &[(String, String)]) -> Result<Self, Problems> {
        let mut check = Check::default();
        let common = Self::new(environment, &mut check)?;
        if check.0.is_empty() { Ok(common) } else { Err(Problems(check.0)) }
    }

    /// Checks the shared settings. The result is of use only if `check` has no problems.
    pub(super) fn new(environment: &[(String, String)], check: &mut Check) -> Result<Self, Problems> {
        let env: Environment = read(environment)?;
        let outputs = Outputs::new(&read(environment)?, check);
        let mode = check.one_of("AWS_RETRY_MODE", env.aws_retry_mode.as_deref(), ["adaptive", "standard"]);
        let concurrency = check.count("CONCURRENCY", env.concurrency.as_deref(), MOST_CONCURRENT);
        let details = check.one_of("AUTHORIZATION_DETAILS", env.authorization_details.as_deref(), ["true", "false"]);
        let retry = if mode == Some("standard") { RetryMode::Standard } else { RetryMode::Adaptive };
        let metrics = check.one_of("METRICS", env.metrics.as_deref(), ["true", "false"]) != Some("false");
        Ok(Self {
            concurrency: concurrency.unwrap_or(CONCURRENCY),
            outputs,
            debug: on(env.debug.as_deref()),
            calls: Calls { retry, details: details != Some("false") },
            metrics,
            profile: env.aws_profile,
        })
    }
}
