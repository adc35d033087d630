//! EC2 tags: what was found, the rules it is judged by, what is to be done. Pure.

pub mod inventory;
pub mod launch;
pub mod rules;

pub use inventory::{Instance, InstanceId, Inventory, Protection, Region, RegionName, State};
pub use launch::Launch;
pub use rules::{Response, Rule, RuleSet};
