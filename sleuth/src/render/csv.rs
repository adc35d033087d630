//! Reports as CSV (RFC 4180) for spreadsheets: one row a finding, a header with the names of the JSON report's fields.
//!
//! What is inside of others has a name with a dot, as `owner.name`. Maps are `key=value` joined by semicolons, lists are
//! joined by semicolons too. What is null is empty.

pub mod accounts;
pub mod keys;
mod sheet;
pub mod tags;

pub use sheet::CsvError;

#[cfg(feature = "cli")]
pub(super) use sheet::{defused, writer};

#[cfg(test)]
mod tests;
