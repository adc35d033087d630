//! Findings in words. Every word matches the outcome: "was" is said only of what was done.

/// How a reason begins if nobody knows what came of a change.
const UNCERTAIN: &str = "whether it ";

pub(super) mod accounts;
pub(super) mod digest;
pub(crate) mod keys;
pub(super) mod shell;
pub(super) mod tags;
