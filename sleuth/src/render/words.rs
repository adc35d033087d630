//! Findings in words. Every word matches the outcome: "was" is said only of what was done.

pub(super) mod accounts;
pub(super) mod digest;
pub(crate) mod keys;
pub(super) mod shell;
pub(super) mod tags;
