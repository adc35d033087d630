//! Access keys: what was found, how it is judged, what is to be done. Pure.

pub mod audit;
pub mod inventory;
pub mod plan;
pub mod policy;

pub use audit::{Verdict, audit};
pub use inventory::{
    AccessKey, AccessKeyId, Account, AutoExpire, Inventory, KeyStatus, LastUse, ReadError, Reading, User, UserName,
};
pub use plan::{Action, Decision, Limits, Plan, plan};
pub use policy::{Cause, Days, Policy, PolicyError, Status};
