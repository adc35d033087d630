//! Performs a plan: the only room that changes anything. A dry run does not come here.

use crate::facts::ReadError;

pub mod keys;
pub mod tags;

/// What came of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<Verdict, After = ()> {
    /// It was changed as planned.
    Done(After),
    /// The change was asked for, and was not made, or may not have been.
    Failed(String),
    /// The change was not asked for, because the target is not what it was.
    Held {
        /// Why.
        reason: String,
        /// What is now to be thought of it; `None` if it is gone.
        verdict: Option<Box<Verdict>>,
    },
    /// The change was not asked for, because the target could not be looked at again.
    Unconfirmed(ReadError),
}
