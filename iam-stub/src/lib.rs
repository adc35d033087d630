//! An IAM account on a loopback port, for tests and measurements: of any size, slow, throttled, failing, half gone.
//!
//! [`account`] is what is in it, [`generate`] makes large ones, [`server`] answers for it over HTTP: a call goes by
//! [`faults`] to [`answers`], which use [`credential_report`] for the report and [`xml`] for the form.

pub mod account;
pub mod answers;
pub mod credential_report;
pub mod faults;
mod form;
pub mod generate;
mod log;
pub mod server;
pub mod xml;

pub use account::{Account, Key, LastUsed, User};
pub use faults::{Answer, Call, Faults, Hook, ReportState};
pub use server::Stub;
