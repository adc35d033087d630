//! The instances of the demo.

use chrono::{DateTime, Utc};

use crate::{
    config::{Problems, TagFlags, TagsConfig},
    run::tags::Policy,
    snapshot::{self, SnapshotError},
    tags::{
        Inventory,
        rules::file::{self, Format, Mistakes},
    },
};

/// Why the demo cannot be shown, which its tests rule out.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Its settings are wrong.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// Its rules are wrong.
    #[error(transparent)]
    Rules(#[from] Mistakes),
}

/// The instances.
pub fn inventory() -> Result<Inventory, SnapshotError> {
    snapshot::parse(include_str!("instances.json"))
}

/// The time they are audited at: when they were read.
pub fn now(inventory: &Inventory) -> DateTime<Utc> {
    inventory.taken_at
}

/// The rules and settings they are audited with.
pub fn policy() -> Result<Policy, DemoError> {
    let settings = [
        ("TAG_RULES_FILE", "rules.toml"),
        ("TAG_ACTION", "terminate"),
        ("CANARY_TAGS", "Name=api-canary-{region}"),
        ("TAG_NOTIFICATION_TEXT", "Tag your instances, or terminate them."),
    ];
    let config = TagsConfig::new(&settings.map(|(k, v)| (k.to_owned(), v.to_owned())), TagFlags::default())?;
    Ok(Policy::new(config, file::parse(include_str!("rules.toml"), Format::Toml)?))
}
