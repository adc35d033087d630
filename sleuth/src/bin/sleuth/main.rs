//! `sleuth`, the command line: arguments in, a report on stdout, everything else on stderr, an exit code.
//!
//! A plain run changes and sends nothing.

#[cfg(feature = "audit")]
mod accounts;
mod audit;
#[expect(clippy::doc_markdown, reason = "these comments are help texts, read in a terminal")]
mod cli;
mod demo;
mod diff;
mod digest;
mod doctor;
mod keys;
mod manual;
mod output;
mod outputs;
mod rules;
mod search;
mod slack_users;
mod tags;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use sleuth::{
    accounts_source::AccountsError,
    aws::{NoCredentials, OutputsError},
    config::{self, Problems},
    diff::KindsDiffer,
    exit::Exit,
    gather::{digest::FilesError, watch::SavedError},
    report::saved::SavedReportError,
    rules_source::RulesError,
    snapshot::SnapshotError,
    target::TargetError,
};

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = config::environment();
    output::start_log(config::debug(&environment));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output::failed(&anyhow::Error::new(error).context("no runtime could be started"), Exit::Internal);
        }
    };
    let result = match cli.command {
        Command::Demo(arguments) => demo::run(arguments),
        Command::Doctor(arguments) => runtime.block_on(doctor::run(arguments, environment)),
        Command::Keys(arguments) => runtime.block_on(keys::run(arguments, environment)),
        Command::Tags(arguments) => runtime.block_on(tags::run(arguments, environment)),
        Command::Diff(arguments) => runtime.block_on(diff::run(arguments, environment)),
        Command::Digest(arguments) => runtime.block_on(digest::run(arguments, environment)),
        Command::Watch(command) => runtime.block_on(watch::run(command, environment)),
        Command::Search(command) => runtime.block_on(search::run(command, environment)),
        Command::Rules(command) => rules::run(&command),
        Command::SlackUsers(arguments) => runtime.block_on(slack_users::run(&arguments, environment)),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            let exit = exit_of(&error);
            output::failed(&error, exit)
        }
    }
}

/// Which exit code an error stands for: the user's mistakes are told from the program's.
fn exit_of(error: &anyhow::Error) -> Exit {
    let usage = error.is::<Problems>()
        || error.is::<cli::BadArgument>()
        || error.downcast_ref().is_some_and(NoCredentials::is_setting)
        || error.downcast_ref().is_some_and(OutputsError::is_setting)
        || error.downcast_ref().is_some_and(RulesError::is_setting)
        || error.is::<AccountsError>()
        || error.is::<SnapshotError>()
        || error.is::<outputs::OutputError>()
        || error.is::<TargetError>()
        || error.is::<SavedReportError>()
        || error.is::<KindsDiffer>()
        || error.is::<FilesError>()
        || error.is::<SavedError>();
    let incomplete = error.is::<notifier::slack::users::DirectoryError>()
        || error.is::<notifier::search::SearchError>()
        || error.is::<NoCredentials>()
        || error.is::<audit::Unanswered>()
        || error.is::<RulesError>()
        || matches!(error.downcast_ref(), Some(OutputsError::Secret(_)));
    match (usage, incomplete) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Incomplete,
        (false, false) => Exit::Internal,
    }
}
