//! Performs a plan: the only room that changes anything. A dry run does not come here.

pub mod keys;
