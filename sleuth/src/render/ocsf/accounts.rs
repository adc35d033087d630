//! The report on many accounts as findings of OCSF: the lines of all, each of which says whose it is.

use crate::report::{Report, accounts::AccountsReport};

/// The lines that `of_one` makes of each account.
pub fn ocsf<Audit>(
    report: &AccountsReport<Audit>,
    of_one: impl Fn(&Report<Audit>) -> Result<String, serde_json::Error>,
) -> Result<String, serde_json::Error> {
    report.accounts.iter().map(of_one).collect()
}
