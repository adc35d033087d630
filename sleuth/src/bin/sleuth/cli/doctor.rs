//! The arguments of `sleuth doctor`.

use clap::{Args, ValueEnum};
use sleuth::config::Audit;

use super::{Form, keys::Thresholds, tags::Settings};

pub(super) const ENVIRONMENT: &str = "\
Environment: all settings of the audits that are examined, see the help of `sleuth keys`,
`sleuth tags` and `sleuth digest`, and of the watch SETTLE_SECONDS and ASSUME_ROLE_NAME.
With ACCOUNTS, each of them is entered, and nothing is changed there.
AUDITS says what is examined if nothing is named.";

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  all is well, or only warned of
  1  internal error
  2  wrong usage, or a setting is wrong
  4  something is missing, such as a permission or a channel, or could not be checked";

/// Arguments of `sleuth doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// What to examine [default: what AUDITS names, else keys]
    #[arg(value_name = "AUDIT")]
    pub(crate) audit: Option<Examined>,

    /// Send one harmless test message through each channel, write one small object into the archive, and say what
    /// came of it
    #[arg(long)]
    pub(crate) send_test: bool,

    /// Form of the result on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Be done after so many seconds: what was not answered by then is unchecked
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(3..=86_400), default_value = "120")]
    pub(crate) timeout: u64,

    #[command(flatten)]
    pub(crate) thresholds: Thresholds,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Examined {
    /// The audit of access keys
    Keys,
    /// The audit of EC2 tags
    Tags,
    /// The watch
    Watch,
    /// The digest
    Digest,
    /// All audits that this build holds
    All,
}

impl Examined {
    /// The audits; those that this build does not hold are left out.
    pub(crate) fn audits(self) -> Vec<Audit> {
        let wanted = |audit: &Audit| match self {
            // A digest has settings and a schedule of its own.
            Self::All => *audit != Audit::Digest,
            Self::Keys => *audit == Audit::Keys,
            Self::Tags => *audit == Audit::Tags,
            Self::Watch => *audit == Audit::Watch,
            Self::Digest => *audit == Audit::Digest,
        };
        Audit::BUILT.iter().filter(|audit| wanted(audit)).copied().collect()
    }
}
