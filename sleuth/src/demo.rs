//! An account that is compiled in: Larkspur Logistics, which does not exist. Every verdict and most edge cases occur in it.

pub mod keys;
pub mod tags;
