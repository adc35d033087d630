//! The arguments.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use doctor::DoctorArguments;
pub(crate) use keys::{FailOn as FailOnKeys, KeysArguments};
pub(crate) use tags::{FailOn as FailOnTags, RulesCommand, TagsArguments};
pub(crate) use watch::{ReplayArguments, WatchCommand};

mod doctor;
mod keys;
mod tags;
mod watch;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  internal error
  2  wrong usage or configuration; nothing was read
  3  findings of the kind named by --fail-on, or an alert where --fail-on is given
  4  incomplete: something could not be read, done or delivered; goes before 3";

/// What all audits share.
const SHARED: &str = "  CONCURRENCY                  how many users or regions are read side by side, 1 to 100
                               [default: 16]
  SLACK_URL                    Slack incoming webhook (a secret), or the ARN of a secret in Secrets
                               Manager or Parameter Store that holds it
  SNS_TOPIC                    ARN of an SNS topic
  AWS_RETRY_MODE               `adaptive`, or `standard`: faster, takes more of AWS's limit
                               [default: adaptive]
  NOTIFY_RETRY_SECONDS         time for retries of messages, a channel and run [default: 60]
  DEBUG                        log more, and print on stderr the message for each channel";

/// Keeps the access keys and EC2 tags of an AWS account in order.
///
/// A plain run only reads: it prints what it would do, and changes and sends nothing.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Audit an invented account: shows both audits, without AWS
    Demo,
    /// Audit the access keys of an account
    ///
    /// Reads all users and their access keys with the usual AWS credentials (environment, profile, SSO, role) and prints
    /// every key, the worst first. Nothing is changed or sent unless --apply is given.
    #[command(after_long_help = format!("{}\n{SHARED}\n\n{EXIT_CODES}", keys::ENVIRONMENT))]
    Keys(Box<KeysArguments>),
    /// Audit the tags of EC2 instances
    ///
    /// Reads the instances of all enabled regions, or of those named, and prints those that violate tag rules, the worst
    /// first. Nothing is changed or sent unless --apply is given; then only what TAG_ACTION and the rules allow.
    #[command(after_long_help = format!("{}\n{SHARED}\n\n{EXIT_CODES}", tags::ENVIRONMENT))]
    Tags(Box<TagsArguments>),
    /// Check the tags of instances that CloudTrail saw launched or re-tagged
    #[command(subcommand)]
    Watch(WatchCommand),
    /// Check settings, credentials, permissions and channels, and say what to mend
    ///
    /// Makes the calls of the audits in their smallest form, has EC2 say of changes whether they would be allowed (dry runs),
    /// and asks IAM to simulate the rest. Nothing is changed, and nothing is sent unless --send-test is given.
    #[command(after_long_help = format!("{}\n\n{}", doctor::ENVIRONMENT, doctor::EXIT_CODES))]
    Doctor(Box<DoctorArguments>),
    /// Work with tag rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// List the users of a Slack workspace, for filling in Slack tags
    ///
    /// The token is read from SLACK_API_TOKEN and needs the scope users:read.
    #[command(after_help = EXIT_CODES)]
    SlackUsers(SlackUsersArguments),
}

/// A combination of arguments that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadArgument(pub(crate) &'static str);

/// Arguments of every audit.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Do what the Lambda function does: change what the settings allow, and notify
    #[arg(long)]
    pub(crate) apply: bool,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Audit an inventory saved with --save, without AWS, as of the time it was saved
    #[arg(long, value_name = "FILE", conflicts_with = "apply")]
    pub(crate) from: Option<PathBuf>,

    /// Save what was read, to be audited again with --from
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) save: Option<PathBuf>,

    /// Count ages to this time instead of the current one, as in 2026-12-31T09:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time, conflicts_with = "apply")]
    pub(crate) now: Option<DateTime<Utc>>,

    /// Be done after so many seconds: what was not read by then is unknown, what was not done or sent is reported
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(3..=86_400), conflicts_with = "from")]
    pub(crate) timeout: Option<u64>,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    text.parse().map_err(|_| "must be a date and time with a zone, as in 2026-12-31T09:00:00Z".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Arguments of `sleuth slack-users`.
#[derive(Debug, Args)]
pub(crate) struct SlackUsersArguments {
    /// Form of the list on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: ListForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListForm {
    /// For people
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}
