//! The audit of access keys in many accounts.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};

use super::{Time, Work};
use crate::{
    config::{KeysConfig, MostInAll},
    deadline::Deadlines,
    gather::keys::{Scope, Want, gather},
    keys::Inventory,
    organization::brake::{Load, Totals},
    ports::keys::{ReadKeys, WriteKeys},
    render::notification::keys::Texts,
    report::keys::{KeyAudit, KeysReport},
    run::keys,
};

/// The audit, by these settings.
#[derive(Debug)]
pub struct Keys<Aws> {
    config: KeysConfig,
    /// Whether all is read, also what cannot change a verdict.
    all: bool,
    aws: PhantomData<fn() -> Aws>,
}

impl<Aws> Keys<Aws> {
    /// The audit by `config`; `all`: every last use is read, also where it cannot change the verdict.
    pub const fn new(config: KeysConfig, all: bool) -> Self {
        Self { config, all, aws: PhantomData }
    }
}

impl<Aws: ReadKeys + WriteKeys + Send + Sync> Work for Keys<Aws> {
    type Aws = Aws;
    type Inventory = Inventory;
    type Audit = KeyAudit;

    async fn gather(&self, aws: &Aws, id: &str, Time { taken_at, now, deadlines }: Time) -> Inventory {
        let scope: Scope = keys::scope(&self.config, taken_at, now, deadlines.read);
        let want = if self.all { Want::Everything } else { scope.want };
        let mut inventory = gather(aws, &Scope { want, ..scope }, |_, _| ()).await;
        // It is known from the list, too.
        inventory.account.id.get_or_insert_with(|| id.to_owned());
        inventory
    }

    fn dry(&self, inventory: &Inventory, now: DateTime<Utc>) -> KeysReport {
        keys::dry(inventory, &self.config, now)
    }

    fn load(&self, inventory: &Inventory, now: DateTime<Utc>) -> Load {
        keys::load(inventory, &self.config, now)
    }

    async fn act(&self, aws: &Aws, inventory: &Inventory, now: DateTime<Utc>, deadlines: Deadlines) -> KeysReport {
        keys::act(aws, inventory, &self.config, now, deadlines).await
    }

    fn totals(&self, most: &MostInAll) -> Totals {
        Totals { disable: most.disable.unwrap_or(self.config.limits.max_disable), stop: 0, terminate: 0 }
    }

    fn texts(&self) -> &Texts {
        &self.config.texts
    }
}
