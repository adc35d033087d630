//! The report on many accounts as CSV: the rows of all, each of which says whose it is.

use super::CsvError;
use crate::report::{Report, accounts::AccountsReport};

/// What ends the header.
const LINE: &str = "\r\n";

/// The rows that `of_one` makes of each account, under one header.
pub fn csv<Audit>(
    report: &AccountsReport<Audit>,
    of_one: impl Fn(&Report<Audit>) -> Result<String, CsvError>,
) -> Result<String, CsvError> {
    let mut all = String::new();
    for one in &report.accounts {
        let sheet = of_one(one)?;
        // No name of a column holds a line break.
        let rows = sheet.split_once(LINE).map_or("", |(_, rows)| rows);
        all.push_str(if all.is_empty() { &sheet } else { rows });
    }
    Ok(all)
}
