//! Sleuth keeps the access keys and EC2 tags of AWS accounts in order.
//!
//! The way of a run, one room each:
//!
//! ```text
//! gather -> Inventory -> audit -> Verdicts -> plan -> Plan -> [apply] -> Outcomes -> Report -> render -> deliver
//! ```
//!
//! There are two audits of the same shape; in every room each has a file of its own, `keys` or `tags`.
//!
//! - [`facts`]: what is read of any account.
//! - [`keys`]: what access keys are, the policy they are judged by, verdicts and plans. Pure: no clock, no AWS, no I/O.
//! - [`tags`]: what instances are, the rules for their tags, verdicts and plans. As pure.
//! - [`organization`]: many accounts: which they are, and how much may be changed in all of them. Pure.
//! - [`decision`]: whether an action will be taken.
//! - [`ports`]: what the rest needs of AWS, readers apart from writers.
//! - [`gather`]: fills an inventory through a reader.
//! - [`apply`]: performs a plan through a writer, each target looked at once more. A dry run does not call it.
//! - [`report`]: the vocabulary of all outputs.
//! - [`diff`]: what changed between two reports. Pure.
//! - [`digest`]: what was done in some time, out of many reports. Pure.
//! - [`render`]: a report as JSON, table, CSV, Markdown, HTML, OCSF, as notifications. Pure.
//! - [`snapshot`]: inventories in files.
//! - `target`: files that are written whole or not at all.
//! - [`logfile`]: log files of CloudTrail, record by record.
//! - [`rules_source`]: where tag rules are kept; [`accounts_source`]: the list of accounts.
//! - [`config`]: the only reader of settings.
//! - [`deadline`]: how the time of a run is shared out.
//! - [`aws`]: the only room that knows the AWS SDK.
//! - [`outputs`]: where a report goes.
//! - [`doctor`]: whether everything is set up.
//! - [`run`]: the whole way on one screen; both binaries call it.
//! - [`demo`]: an account that is compiled in.
//! - [`exit`]: the exit codes.
//! - [`version`]: which build this is.

pub mod accounts_source;
pub mod apply;
pub mod aws;
pub mod config;
pub mod deadline;
pub mod decision;
pub mod demo;
pub mod diff;
pub mod digest;
pub mod doctor;
pub mod exit;
pub mod facts;
pub mod gather;
pub mod keys;
pub mod logfile;
pub mod organization;
pub mod outputs;
pub mod ports;
pub mod render;
pub mod report;
pub mod rules_source;
pub mod run;
pub mod snapshot;
pub mod tags;
#[cfg(feature = "cli")]
pub mod target;
pub mod version;
