//! The audit of EC2 tags in many accounts.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};

use super::{Time, Work};
use crate::{
    config::MostInAll,
    deadline::Deadlines,
    gather::tags::gather,
    organization::brake::{Load, Totals},
    ports::tags::{ReadInstances, WriteInstances},
    render::notification::tags::Texts,
    report::tags::{TagAudit, TagsReport},
    run::tags::{self, Policy},
    tags::Inventory,
};

/// The audit, by this policy.
#[derive(Debug)]
pub struct Tags<Aws> {
    policy: Policy,
    aws: PhantomData<fn() -> Aws>,
}

impl<Aws> Tags<Aws> {
    /// The audit by `policy`.
    pub const fn new(policy: Policy) -> Self {
        Self { policy, aws: PhantomData }
    }
}

impl<Aws: ReadInstances + WriteInstances + Send + Sync> Work for Tags<Aws> {
    type Aws = Aws;
    type Inventory = Inventory;
    type Audit = TagAudit;

    async fn gather(&self, aws: &Aws, id: &str, Time { taken_at, now, deadlines }: Time) -> Inventory {
        let scope = self.policy.scope(taken_at, now, deadlines.read);
        let mut inventory = gather(aws, &scope, |_, _, _| ()).await;
        // It is known from the list, too.
        inventory.account.id.get_or_insert_with(|| id.to_owned());
        inventory
    }

    fn dry(&self, inventory: &Inventory, now: DateTime<Utc>) -> TagsReport {
        tags::dry(inventory, &self.policy, now)
    }

    fn load(&self, inventory: &Inventory, now: DateTime<Utc>) -> Load {
        tags::whole_load(inventory, &self.policy, now)
    }

    async fn act(&self, aws: &Aws, inventory: &Inventory, now: DateTime<Utc>, deadlines: Deadlines) -> TagsReport {
        tags::act(aws, inventory, &self.policy, now, deadlines).await
    }

    fn totals(&self, most: &MostInAll) -> Totals {
        let limits = &self.policy.config.limits;
        Totals {
            disable: 0,
            stop: most.stop.unwrap_or(limits.max_stop),
            terminate: most.terminate.unwrap_or(limits.max_terminate),
        }
    }

    fn texts(&self) -> &Texts {
        &self.policy.config.texts
    }
}
