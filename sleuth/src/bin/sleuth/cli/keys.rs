//! The arguments of `sleuth keys`.

use clap::{Args, ValueEnum};
use sleuth::{config::Flags, keys::Status};

use super::{AccountArguments, RunArguments};

pub(super) const ENVIRONMENT: &str = "\
Environment (an empty value means \"not set\"; see docs/configuration.md):
  ENABLE_AUTO_EXPIRE           `true` allows keys to be disabled [default: false]
  MAX_DISABLE                  most keys one run may disable; if it would be more, none is [default: 25]
  MAX_DISABLE_PERCENT          the same in percent of the working keys
  MAX_DISABLE_TOTAL            most keys that a run over many accounts may disable in all of them
                               together [default: MAX_DISABLE, which holds for each of them]
  CANARY_USER                  a user known to exist; if it is missing, no key is disabled
  PROTECTED_PATHS              paths of users whose keys are never disabled, as in /admins/
  INVENTORY                    `live` reads every user, `report` those that the credential report
                               does not rule out [default: live]
  EXPIRATION_AGE               see --expiration-age
  WARNING_AGE                  see --warning-age
  INACTIVITY_AGE               see --inactivity-age
  INACTIVITY_WARNING_AGE       see --inactivity-warning-age
  EXPIRE_NOTIFICATION_TITLE    title of messages about keys that expire by age
  EXPIRE_NOTIFICATION_TEXT     what their owners should do
  INACTIVE_NOTIFICATION_TITLE  title of messages about keys that expire by inactivity
  INACTIVE_NOTIFICATION_TEXT   what their owners should do";

/// Arguments of `sleuth keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// Read every user and the last use of every key, also where it cannot change the verdict; --save does so too
    #[arg(long, conflicts_with = "from")]
    pub(crate) all: bool,

    /// End with exit code 3 if a key that is not exempt has this status or a worse one, or if there is an alert
    #[arg(long, value_name = "STATUS")]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) thresholds: Thresholds,

    #[command(flatten)]
    pub(crate) accounts: AccountArguments,
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
