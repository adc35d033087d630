//! An IAM account on a loopback port, for tests and measurements: of any size, slow, throttled, failing, half gone. Or the
//! accounts of an organization, which are entered by a role, with a place for files.
//!
//! [`account`] is what is in it, [`generate`] makes large ones, [`mod@organization`] many, [`server`] answers for them over
//! HTTP: a call goes by [`faults`] to [`answers`] in the account that it is signed for, which use [`credential_report`] for
//! the report and [`xml`] for the form.

pub mod account;
pub mod answers;
mod caller;
pub mod credential_report;
pub mod faults;
mod form;
pub mod generate;
mod log;
mod objects;
pub mod organization;
pub mod server;
mod state;
pub mod xml;

pub use account::{Account, Key, LastUsed, User};
pub use faults::{Answer, Call, Faults, Hook, ReportState};
pub use organization::organization;
pub use server::Stub;
