//! `sleuth-lambda`, packaged as `bootstrap`: the daily audits and the watch as a Lambda function.
//!
//! `AUDITS` names what the function does. Any event starts the audits, but for those of CloudTrail, which the watch deals
//! with.

mod accounts;
mod digest;
#[cfg(feature = "keys")]
mod keys;
mod outcome;
mod step;
#[cfg(feature = "tags")]
mod tags;
#[cfg(feature = "tags")]
mod watch;

use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use sleuth::{
    aws::Calls,
    config::{self, Audit, Problems},
    deadline::Deadlines,
    render::metrics::{self, Invocation},
    tags::watch::event,
    version,
};
use tokio::time::Instant;

use outcome::{diagnostic, together};
use step::StepEvent;

#[tokio::main]
async fn main() -> Result<(), Error> {
    start_log();
    tracing::info!(version = version::VERSION, commit = version::COMMIT, features = version::FEATURES, "started");
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        tracing::info!(request_id = event.context.request_id, "invoked");
        Box::pin(handle(event.payload, event.context.deadline, event.context.request_id)).await
    }))
    .await
}

/// One JSON object a line, as Lambda's own log format is.
fn start_log() {
    let debug = config::debug(&config::environment());
    // What the SDK says of credentials that are not to be had, our own errors say; it would repeat what STS was asked for.
    let filter = if debug {
        "warn,sleuth=debug,sleuth_lambda=debug,notifier=debug,aws_config=error"
    } else {
        "warn,sleuth=info,sleuth_lambda=info,aws_config=error"
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .init();
}

/// The time of an invocation.
#[derive(Debug, Clone)]
struct Start {
    now: DateTime<Utc>,
    /// The name of the invocation: a duplicate has another.
    invocation: String,
    deadlines: Deadlines,
}

/// Runs the audits side by side, or the watch, and answers with their summaries. Fails, after everything that can be done is
/// done, if something could not be read, done or delivered: so that alarms fire.
///
/// `deadline`: when Lambda will end the function, in milliseconds since 1970.
async fn handle(event: Value, deadline: u64, invocation: String) -> Result<Value, Diagnostic> {
    let now = clock();
    let left = deadline.saturating_sub(now.timestamp_millis().unsigned_abs());
    let deadlines = Deadlines::within(Instant::now(), Duration::from_millis(left));
    let now = now.trunc_subsecs(0);
    let start = Start { now, invocation, deadlines };
    let environment = config::environment();
    let prepared = Prepared::new(&environment).map_err(|problems| diagnostic("Configuration", &problems))?;
    let (before, begun) = (Calls::so_far(), Instant::now());
    let measured = prepared.measured();
    let answer = prepared.run(&event, start).await;
    if let Some(audits) = measured {
        let calls = Calls::so_far().since(before);
        outcome::print(&metrics::of_invocation(&Invocation {
            at: now,
            audits: &audits,
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            calls: calls.sent,
            throttles: calls.throttled,
            complete: answer.is_ok(),
        }));
    }
    answer
}

#[expect(clippy::disallowed_methods, reason = "a binary reads the clock, once")]
fn clock() -> DateTime<Utc> {
    Utc::now()
}

/// The audits to run, their settings checked.
struct Prepared {
    /// Their names.
    names: String,
    #[cfg(feature = "keys")]
    keys: Option<config::KeysConfig>,
    #[cfg(feature = "tags")]
    tags: Option<config::TagsConfig>,
    #[cfg(feature = "tags")]
    watch: Option<config::WatchConfig>,
    /// The accounts to be audited, if not this one alone.
    accounts: Option<config::AccountsConfig>,
    /// The digest, which stands alone.
    digest: Option<config::DigestConfig>,
    /// Whether there is no audit that any event would start.
    #[cfg(feature = "tags")]
    only_watch: bool,
}

impl Prepared {
    /// Checks the settings of all audits that are named before any of them begins.
    fn new(environment: &[(String, String)]) -> Result<Self, Problems> {
        let audits = Audit::named(environment)?;
        let mut problems = Problems(Vec::new());
        let names: Vec<&str> = audits.iter().map(|audit| audit.as_str()).collect();
        let prepared = Self {
            names: names.join(","),
            #[cfg(feature = "keys")]
            keys: checked(audits.contains(&Audit::Keys), &mut problems, || {
                config::KeysConfig::new(environment, config::Flags::default())
            }),
            #[cfg(feature = "tags")]
            tags: checked(audits.contains(&Audit::Tags), &mut problems, || {
                config::TagsConfig::new(environment, config::TagFlags::default())
            }),
            #[cfg(feature = "tags")]
            watch: checked(audits.contains(&Audit::Watch), &mut problems, || {
                config::WatchConfig::new(environment, config::TagFlags::default())
            }),
            accounts: checked(
                audits.iter().any(|audit| matches!(audit, Audit::Keys | Audit::Tags)),
                &mut problems,
                || config::AccountsConfig::new(environment, config::AccountFlags::default()),
            )
            .flatten(),
            digest: checked(audits.contains(&Audit::Digest), &mut problems, || {
                let config = config::DigestConfig::new(environment, config::DigestFlags::default())?;
                config.suits_function().map(|()| config)
            }),
            #[cfg(feature = "tags")]
            only_watch: audits == [Audit::Watch],
        };
        if problems.0.is_empty() { Ok(prepared) } else { Err(problems) }
    }

    /// The audits' names, if metrics are wanted. Audits share that setting.
    fn measured(&self) -> Option<String> {
        let metrics = [
            #[cfg(feature = "keys")]
            self.keys.as_ref().map(|config| config.common.metrics),
            #[cfg(feature = "tags")]
            self.tags.as_ref().map(|config| config.common.metrics),
            #[cfg(feature = "tags")]
            self.watch.as_ref().map(|config| config.tags.common.metrics),
            self.digest.as_ref().map(|config| config.common.metrics),
        ];
        metrics.into_iter().flatten().any(|wanted| wanted).then(|| self.names.clone())
    }

    /// Why a step of a run over many accounts is not for this function.
    fn refuses_steps(&self) -> Option<&'static str> {
        let audits = [
            #[cfg(feature = "keys")]
            self.keys.is_some(),
            #[cfg(feature = "tags")]
            self.tags.is_some(),
        ];
        match (&self.accounts, audits.into_iter().filter(|named| *named).count()) {
            (None, _) => Some("ACCOUNTS is not set: this function is not one for many accounts"),
            (Some(_), 1) => None,
            _ => Some("AUDITS must name `keys` or `tags` and not both for a run in steps"),
        }
    }

    async fn run(self, event: &Value, start: Start) -> Result<Value, Diagnostic> {
        let step = StepEvent::of(event)?;
        if let Some(reason) = self.refuses_steps().filter(|_| step.is_some()) {
            return Err(diagnostic("Configuration", &reason));
        }
        let step = step.as_ref();
        #[cfg(feature = "tags")]
        if let Some(config) = self.watch.filter(|_| event::is_delivery(event) || self.only_watch) {
            return Box::pin(watch::run(config, event, start)).await;
        }
        if let Some(config) = &self.digest {
            return Box::pin(digest::run(config, event, start)).await;
        }
        if event::is_of_cloudtrail(event) {
            let message = "this event is one for the watch, which AUDITS does not name: nothing was audited";
            return Err(diagnostic("Configuration", &message));
        }
        let keys = async {
            #[cfg(feature = "keys")]
            if let Some(config) = self.keys {
                return Some(match self.accounts.clone() {
                    None => Box::pin(keys::run(&config, start.clone())).await,
                    Some(accounts) => Box::pin(keys::run_many(config, accounts, step, start.clone())).await,
                });
            }
            None
        };
        let tags = async {
            #[cfg(feature = "tags")]
            if let Some(config) = self.tags {
                return Some(match self.accounts.clone() {
                    None => Box::pin(tags::run(config, start.clone())).await,
                    Some(accounts) => Box::pin(tags::run_many(config, accounts, step, start.clone())).await,
                });
            }
            None
        };
        let (keys, tags) = futures::join!(keys, tags);
        let mut answers = [keys, tags].into_iter().flatten();
        match step {
            // A step is of one audit, and the state machine reads its answer as it is.
            Some(_) => answers.next().unwrap_or_else(|| together(std::iter::empty())),
            None => together(answers),
        }
    }
}

/// The settings of an audit, if it is wanted.
fn checked<Config>(
    wanted: bool,
    problems: &mut Problems,
    config: impl FnOnce() -> Result<Config, Problems>,
) -> Option<Config> {
    wanted.then(config)?.map_err(|found| problems.add(found)).ok()
}
