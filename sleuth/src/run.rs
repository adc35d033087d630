//! The whole way of a run, one screen an audit. Both binaries come here.

pub mod accounts;
pub mod digest;
pub mod keys;
pub mod tags;
pub mod watch;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The plan is made, nothing is changed yet.
    Planned,
    /// The plan is performed, nobody is told yet.
    Applied,
}
