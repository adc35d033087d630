//! The arguments.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use sleuth::{config::Flags, keys::Status};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  internal error
  2  wrong usage or configuration; nothing was read
  3  findings of the kind named by --fail-on, or an alert where --fail-on is given
  4  incomplete: something could not be read, done or delivered; goes before 3";

const ENVIRONMENT: &str = "\
Environment (an empty value means \"not set\"; see docs/configuration.md):
  ENABLE_AUTO_EXPIRE           `true` allows keys to be disabled [default: false]
  MAX_DISABLE                  most keys one run may disable; if it would be more, none is [default: 25]
  MAX_DISABLE_PERCENT          the same in percent of the working keys
  CANARY_USER                  a user known to exist; if it is missing, no key is disabled
  INVENTORY                    `live` reads every user, `report` those that the credential report
                               does not rule out [default: live]
  CONCURRENCY                  how many users are read side by side, 1 to 100 [default: 16]
  EXPIRATION_AGE               see --expiration-age
  WARNING_AGE                  see --warning-age
  INACTIVITY_AGE               see --inactivity-age
  INACTIVITY_WARNING_AGE       see --inactivity-warning-age
  EXPIRE_NOTIFICATION_TITLE    title of messages about keys that expire by age
  EXPIRE_NOTIFICATION_TEXT     what their owners should do
  INACTIVE_NOTIFICATION_TITLE  title of messages about keys that expire by inactivity
  INACTIVE_NOTIFICATION_TEXT   what their owners should do
  SLACK_URL                    Slack incoming webhook (a secret), or the ARN of a secret in Secrets
                               Manager or Parameter Store that holds it
  SNS_TOPIC                    ARN of an SNS topic
  AWS_RETRY_MODE               `adaptive`, or `standard`: faster, takes more of IAM's limit
                               [default: adaptive]
  NOTIFY_RETRY_SECONDS         time for retries of messages, a channel and run [default: 60]
  DEBUG                        log more, and print on stderr the message for each channel";

/// Keeps the access keys of an AWS account in order.
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
    /// Audit an invented account: shows what Sleuth does, without AWS
    Demo,
    /// Audit the access keys of an account
    ///
    /// Reads all users and their access keys with the usual AWS credentials (environment, profile, SSO, role) and prints
    /// every key, the worst first. Nothing is changed or sent unless --apply is given.
    #[command(after_long_help = format!("{ENVIRONMENT}\n\n{EXIT_CODES}"))]
    Keys(Box<KeysArguments>),
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

/// Arguments of `sleuth keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    /// Do what the daily Lambda function does: disable expired keys if ENABLE_AUTO_EXPIRE is true, and notify
    #[arg(long)]
    pub(crate) apply: bool,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Audit an inventory saved with --save, without AWS, as of the time it was saved
    #[arg(long, value_name = "FILE", conflicts_with = "apply")]
    pub(crate) from: Option<PathBuf>,

    /// Read every user and the last use of every key, also where it cannot change the verdict
    #[arg(long, conflicts_with = "from")]
    pub(crate) all: bool,

    /// Save what was read, to be audited again with --from; reads everything, as --all does
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) save: Option<PathBuf>,

    /// Count ages to this time instead of the current one, as in 2026-12-31T09:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time, conflicts_with = "apply")]
    pub(crate) now: Option<DateTime<Utc>>,

    /// End with exit code 3 if a key that is not exempt has this status or a worse one, or if there is an alert
    #[arg(long, value_name = "STATUS")]
    pub(crate) fail_on: Option<FailOn>,

    /// Be done after so many seconds: what was not read by then is unknown, what was not done or sent is reported
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(3..=86_400), conflicts_with = "from")]
    pub(crate) timeout: Option<u64>,

    #[command(flatten)]
    pub(crate) thresholds: Thresholds,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    text.parse().map_err(|_| "must be a date and time with a zone, as in 2026-12-31T09:00:00Z".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Table,
    /// For programs: docs/report.md
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Stagnant, old or expired
    Stagnant,
    /// Old or expired
    Old,
    /// Expired
    Expired,
}

impl FailOn {
    /// The statuses that fail.
    pub(crate) const fn statuses(self) -> &'static [Status] {
        match self {
            Self::Stagnant => &[Status::Stagnant, Status::Old, Status::Expired],
            Self::Old => &[Status::Old, Status::Expired],
            Self::Expired => &[Status::Expired],
        }
    }
}

/// Ages in days. They are read as text and checked with the settings of the environment, so that all mistakes are reported
/// together.
#[derive(Debug, Args)]
#[command(next_help_heading = "Thresholds")]
pub(crate) struct Thresholds {
    /// Days since creation at which a key is expired [env: EXPIRATION_AGE] [default: 90]
    #[arg(long, value_name = "DAYS")]
    expiration_age: Option<String>,

    /// Days since creation at which its owner is warned [env: WARNING_AGE] [default: 80]
    #[arg(long, value_name = "DAYS")]
    warning_age: Option<String>,

    /// Days since last use at which a key is expired [env: INACTIVITY_AGE] [default: the
    /// expiration age; set both of these or neither]
    #[arg(long, value_name = "DAYS")]
    inactivity_age: Option<String>,

    /// Days since last use at which its owner is warned [env: INACTIVITY_WARNING_AGE] [default: the warning age]
    #[arg(long, value_name = "DAYS")]
    inactivity_warning_age: Option<String>,
}

impl From<Thresholds> for Flags {
    fn from(thresholds: Thresholds) -> Self {
        Self {
            expiration_age: thresholds.expiration_age,
            warning_age: thresholds.warning_age,
            inactivity_age: thresholds.inactivity_age,
            inactivity_warning_age: thresholds.inactivity_warning_age,
        }
    }
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
