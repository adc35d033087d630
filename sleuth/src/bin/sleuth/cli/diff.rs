//! The arguments of `sleuth diff`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use sleuth::diff::Change;

use super::{Form, keys::Thresholds, tags::Settings, time};

pub(super) const CHANGES: &str = "\
Changes:
  new        it was not there, or in order
  worse      it was bad, and is worse
  changed    an instance violates other rules, and is as bad as it was
  unknown    it cannot be told, as one of the reports could not see it; exit code 4
  better     it is not as bad as it was
  fixed      it is in order, disabled, or gone";

/// Arguments of `sleuth diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The report or inventory before
    pub(crate) old: PathBuf,

    /// The report or inventory after, of the same audit
    pub(crate) new: PathBuf,

    /// Form of what is printed on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Of inventories: count the ages of both to this time instead of the ones they were taken at, so that what time alone
    /// changed is left out, as in 2026-12-31T09:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) now: Option<DateTime<Utc>>,

    /// End with exit code 3 if there is such a change of something that is not exempt
    #[arg(long, value_name = "CHANGE")]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) thresholds: Thresholds,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A finding that was not there or in order before
    New,
    /// A new finding, one that is worse, or an instance that violates other rules
    Worse,
}

impl FailOn {
    /// The changes that fail.
    pub(crate) const fn changes(self) -> &'static [Change] {
        match self {
            Self::New => &[Change::New],
            Self::Worse => &[Change::New, Change::Worse, Change::Changed],
        }
    }
}
