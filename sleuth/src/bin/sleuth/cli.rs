//! The arguments.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use accounts::{AccountArguments, SAVES_ONE};
pub(crate) use diff::{DiffArguments, FailOn as FailOnChange};
pub(crate) use digest::{DigestArguments, Store};
pub(crate) use doctor::DoctorArguments;
pub(crate) use keys::{FailOn as FailOnKeys, KeysArguments};
pub(crate) use output::{Output, ReportForm};
pub(crate) use tags::{FailOn as FailOnTags, RulesCommand, TagsArguments};
pub(crate) use watch::{ReplayArguments, WatchCommand};

mod accounts;
mod diff;
mod digest;
mod doctor;
mod keys;
mod output;
mod outputs;
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
  AWS_RETRY_MODE               `adaptive`, or `standard`: faster, takes more of AWS's limit
                               [default: adaptive]
  AUTHORIZATION_DETAILS        `false`: IAM is not asked for GetAccountAuthorizationDetails
                               [default: true]
  METRICS                      `false`: the Lambda function writes no metrics [default: true]
  DEBUG                        log more, and print on stderr the message for each channel";

/// Keeps the access keys and EC2 tags of an AWS account in order.
///
/// A plain run only reads: it prints what it would do, and changes and sends nothing.
#[derive(Debug, Parser)]
#[command(version = sleuth::version::TEXT, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Audit an invented account: shows both audits, without AWS
    Demo(DemoArguments),
    /// Audit the access keys of an account
    ///
    /// Reads all users and their access keys with the usual AWS credentials (environment, profile, SSO, role) and prints
    /// every key, the worst first. Nothing is changed or sent unless --apply is given.
    #[command(after_long_help = format!("{}\n{}\n{}\n{SHARED}\n\n{EXIT_CODES}", keys::ENVIRONMENT, accounts::ENVIRONMENT, outputs::ENVIRONMENT))]
    Keys(Box<KeysArguments>),
    /// Audit the tags of EC2 instances
    ///
    /// Reads the instances of all enabled regions, or of those named, and prints those that violate tag rules, the worst
    /// first. Nothing is changed or sent unless --apply is given; then only what TAG_ACTION and the rules allow.
    #[command(after_long_help = format!("{}\n{}\n{}\n{SHARED}\n\n{EXIT_CODES}", tags::ENVIRONMENT, accounts::ENVIRONMENT, outputs::ENVIRONMENT))]
    Tags(Box<TagsArguments>),
    /// Check the tags of instances that CloudTrail saw launched or re-tagged
    #[command(subcommand)]
    Watch(WatchCommand),
    /// Show what changed between two reports or inventories
    ///
    /// OLD and NEW are reports that `sleuth keys` or `sleuth tags` printed with `--output json`, or inventories saved with
    /// --save, which are audited first, as --from does: by the thresholds or rules given here or in the environment, each
    /// as of the time it was taken. Without AWS.
    #[command(after_long_help = format!("{}\n\n{EXIT_CODES}", diff::CHANGES))]
    Diff(Box<DiffArguments>),
    /// Show what was done in the last day, by account and owner
    ///
    /// Reads the reports of runs and prints every key that was disabled and every instance that was changed, or could not
    /// be. Nothing is sent unless --send is given.
    #[command(after_long_help = format!("{}\n{}\n\n{EXIT_CODES}", digest::ENVIRONMENT, outputs::ENVIRONMENT))]
    Digest(Box<DigestArguments>),
    /// Work with the search index
    #[command(subcommand)]
    Search(SearchCommand),
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
    /// Print a script that completes commands and flags in a shell
    ///
    /// For bash: sleuth completions bash > ~/.local/share/bash-completion/completions/sleuth
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write a manual page for each command
    #[command(hide = true)]
    Man {
        /// A folder that exists
        folder: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum SearchCommand {
    /// Make the index template and the index of SEARCH_URL, or bring them up to date
    ///
    /// To be run once before reports go there, and after an update. Documents that are there stay as they are.
    #[command(after_help = EXIT_CODES)]
    Setup,
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

    /// Form of the report: table, json, csv, markdown, html or ocsf; on stdout, or in a file that is written when all is
    /// done. May be repeated for more files; the table is printed if nothing else is [default: table]
    #[arg(long, value_name = "FORM[=FILE]")]
    pub(crate) output: Vec<Output>,

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

/// Arguments of `sleuth demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Show this audit only
    pub(crate) audit: Option<DemoAudit>,

    /// Form of its report, as of `sleuth keys` and `sleuth tags`: table, json, csv, markdown, html or ocsf; on stdout, or
    /// in a file. May be repeated for more files
    #[arg(long, value_name = "FORM[=FILE]", requires = "audit")]
    pub(crate) output: Vec<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoAudit {
    /// Access keys
    Keys,
    /// EC2 tags
    Tags,
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
