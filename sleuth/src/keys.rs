//! Access keys: what was found, how it is judged, what is to be done. Pure.

pub mod alerts;
pub mod audit;
pub mod credential_report;
pub mod inventory;
pub mod plan;
pub mod policy;

pub use alerts::{Alert, alerts};
pub use audit::{Verdict, audit};
pub use credential_report::CredentialReport;
pub use inventory::{AccessKey, AccessKeyId, AutoExpire, Inventory, KeyStatus, LastUse, User};
pub use plan::{Action, Limits, Plan, plan};
pub use policy::{Cause, Days, Policy, PolicyError, Status};
