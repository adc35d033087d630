//! Reports as findings of the Open Cybersecurity Schema Framework, as Security Lake and a SIEM take them: JSON Lines, one
//! [Compliance Finding](https://schema.ocsf.io/1.5.0/classes/compliance_finding) a line.
//!
//! Findings are the same in every run: `finding_info.uid` names what was judged, not when. So `activity_id` is always
//! `Create`, and whoever takes the lines in knows by the id which of them they have.

pub mod accounts;
mod event;
pub mod keys;
pub mod tags;

#[cfg(test)]
mod tests;
