//! The arguments of `sleuth watch`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::{
    Form,
    tags::{FailOn, Settings},
    time,
};

pub(super) const ENVIRONMENT: &str =
    "  DEBUG                        log more, and print on stderr the message for each channel

With --live also:
  SETTLE_SECONDS               how long AWS is asked again that does not show yet what happened
                               [default: 60]
  ASSUME_ROLE_NAME             role to look at the instances of other accounts with [default: none]
  ASSUME_ROLE_EXTERNAL_ID      external id that its trust asks for (a secret) [default: none]
  CONCURRENCY                  how many log files or regions are read side by side, 1 to 100
                               [default: 16]
  AWS_RETRY_MODE               `adaptive`, or `standard`: faster, takes more of AWS's limit
                               [default: adaptive]
  AUTHORIZATION_DETAILS        `false`: IAM is not asked for GetAccountAuthorizationDetails
                               [default: true]";

/// What to do with events.
#[derive(Debug, Subcommand)]
pub(crate) enum WatchCommand {
    /// Judge the instances in saved CloudTrail logs or events, as the watch would have
    ///
    /// Instances are judged as the events tell of them: as they were launched, with the tags that were set since, without
    /// AWS. Nothing is changed or sent.
    #[command(after_long_help = format!("{}\n{ENVIRONMENT}\n\n{}", super::tags::ENVIRONMENT, super::EXIT_CODES))]
    Replay(Box<ReplayArguments>),
}

/// Arguments of `sleuth watch replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// Log files of CloudTrail (gzip or JSON), folders with such files, or events as a Lambda function gets them (JSON)
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Look at the instances as they are now, and read log files that events name, with the usual AWS credentials
    #[arg(long)]
    pub(crate) live: bool,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Count ages to this time instead of the current one, as in 2026-12-31T09:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) now: Option<DateTime<Utc>>,

    /// With --live: be done after so many seconds; what was not read by then is unknown
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(3..=86_400), requires = "live")]
    pub(crate) timeout: Option<u64>,

    /// End with exit code 3 if an instance that is not exempt has this status or a worse one
    #[arg(long, value_name = "STATUS")]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) settings: Settings,
}
