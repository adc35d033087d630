//! The arguments about many accounts.

use clap::Args;
use sleuth::config::AccountFlags;

use super::BadArgument;

pub(super) const ENVIRONMENT: &str = "\
  ACCOUNTS                     see --accounts
  ORG_UNITS                    see --org-units
  EXCLUDE_ACCOUNTS             see --exclude-accounts
  ASSUME_ROLE_NAME             role to enter other accounts with, the same name in each
  ASSUME_ROLE_EXTERNAL_ID      external id that its trust asks for (a secret)
  ACCOUNT_CONCURRENCY          how many accounts are audited side by side, 1 to 100 [default: 8]";

/// Why an inventory is not saved.
pub(crate) const SAVES_ONE: BadArgument =
    BadArgument("--save keeps the inventory of one account: leave it out, or ACCOUNTS (--accounts)");

/// Which accounts. They are checked with the settings of the environment, so that all mistakes are reported together.
#[derive(Debug, Args)]
#[command(next_help_heading = "Many accounts")]
pub(crate) struct AccountArguments {
    /// Audit many accounts: `org` for all of the organization, ids with commas in between, or a file with one account a
    /// line, as in 123456789012,shop,U0123456789,shop@example.com [env: ACCOUNTS] [default: the account of the credentials]
    #[arg(long, value_name = "ACCOUNTS", conflicts_with_all = ["from", "save"])]
    accounts: Option<String>,

    /// Of the organization only what is below these units or roots, by id [env: ORG_UNITS]
    #[arg(long, value_name = "IDS", conflicts_with = "from")]
    org_units: Option<String>,

    /// Accounts of the organization, or units with all below them, that are left out, by id [env: EXCLUDE_ACCOUNTS]
    #[arg(long, value_name = "IDS", conflicts_with = "from")]
    exclude_accounts: Option<String>,
}

impl From<AccountArguments> for AccountFlags {
    fn from(arguments: AccountArguments) -> Self {
        let AccountArguments { accounts, org_units, exclude_accounts } = arguments;
        Self { accounts, units: org_units, except: exclude_accounts }
    }
}
