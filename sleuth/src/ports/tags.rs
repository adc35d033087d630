//! What the audit of EC2 tags needs.

use std::future::Future;

use chrono::{DateTime, Utc};
use tokio::time::Instant as Moment;

use super::{NoAnswer, Users, WriteError};
use crate::{
    facts::{Account, ReadError, Tags},
    tags::{Instance, InstanceId, Launch, Protection, RegionName, State},
};

/// The instances of a region, as far as they could be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instances {
    /// Them. Protection and launch are not asked for.
    pub found: Vec<Instance>,
    /// What could not be read. Not empty if there may be more.
    pub errors: Vec<ReadError>,
}

/// What CloudTrail knows of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trail {
    /// Who it was.
    Launched(Launch),
    /// Nobody it remembers.
    Nobody,
    /// Nothing, which may be because the launch is not recorded yet.
    NotYet,
}

/// Reads instances. Every method reads all pages.
pub trait ReadInstances: Sync {
    /// Whose account this is, and what of that could not be read.
    fn account(&self) -> impl Future<Output = (Account, Vec<ReadError>)> + Send;

    /// All IAM users, or those that could be listed until `end`.
    fn users(&self, end: Option<Moment>) -> impl Future<Output = Users> + Send;

    /// The regions that are enabled in the account.
    fn regions(&self) -> impl Future<Output = Result<Vec<RegionName>, ReadError>> + Send;

    /// The instances of one region that are in one of `states`, or those that could be listed until `end`.
    fn instances(
        &self,
        region: &RegionName,
        states: &[State],
        end: Option<Moment>,
    ) -> impl Future<Output = Instances> + Send;

    /// Those of the instances with these ids that EC2 knows, in whatever state. Ids that it does not know keep no others
    /// from being found.
    fn named(
        &self,
        region: &RegionName,
        ids: &[InstanceId],
        end: Option<Moment>,
    ) -> impl Future<Output = Instances> + Send;

    /// One instance as it is now, in whatever state.
    fn instance(&self, region: &RegionName, id: &InstanceId)
    -> impl Future<Output = Result<Instance, NoAnswer>> + Send;

    /// What protects an instance.
    fn protection(
        &self,
        region: &RegionName,
        id: &InstanceId,
    ) -> impl Future<Output = Result<Protection, NoAnswer>> + Send;

    /// Who launched an instance, which was created at `created` or before.
    fn launch(
        &self,
        region: &RegionName,
        id: &InstanceId,
        created: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Trail, ReadError>> + Send;
}

/// Changes instances, one at a time, so that none can keep another from being changed.
pub trait WriteInstances: Sync {
    /// Sets tags. What other tags there are is left alone.
    fn tag(
        &self,
        region: &RegionName,
        id: &InstanceId,
        tags: &Tags,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Stops an instance, and says what state it is in then. It can be started again.
    fn stop(&self, region: &RegionName, id: &InstanceId) -> impl Future<Output = Result<State, WriteError>> + Send;

    /// Terminates an instance, for ever, and says what state it is in then.
    fn terminate(&self, region: &RegionName, id: &InstanceId)
    -> impl Future<Output = Result<State, WriteError>> + Send;

    /// Changes what protects an instance from `from` to `to`.
    fn protect(
        &self,
        region: &RegionName,
        id: &InstanceId,
        from: Protection,
        to: Protection,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;
}
