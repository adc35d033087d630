//! EC2 tags: what was found, the rules it is judged by, what is to be done. Pure.

pub mod audit;
pub mod canary;
pub mod check;
pub mod exempt;
pub mod inventory;
pub mod launch;
pub mod owner;
pub mod plan;
pub mod repair;
pub mod rules;
pub mod watch;

pub use audit::{Standard, Status, Verdict, audit};
pub use canary::{Canary, CanaryTags};
pub use inventory::{IamUser, Instance, InstanceId, Inventory, Protection, Region, RegionName, State};
pub use launch::Launch;
pub use owner::Owner;
pub use plan::{Action, Limits, Plan, plan};
pub use rules::{Response, Rule, RuleSet};
