//! The access keys of the demo.

use chrono::{DateTime, Utc};

use crate::{
    config::{Flags, KeysConfig, Problems},
    keys::Inventory,
    snapshot::{self, SnapshotError},
};

/// The account.
pub fn inventory() -> Result<Inventory, SnapshotError> {
    snapshot::parse(include_str!("inventory.json"))
}

/// The time it is audited at: when it was read.
pub fn now(inventory: &Inventory) -> DateTime<Utc> {
    inventory.taken_at
}

/// The settings it is audited with. Inactivity has limits of its own, so that every verdict occurs.
pub fn config() -> Result<KeysConfig, Problems> {
    let settings = [
        ("ENABLE_AUTO_EXPIRE", "true"),
        ("EXPIRATION_AGE", "90"),
        ("WARNING_AGE", "80"),
        ("INACTIVITY_AGE", "60"),
        ("INACTIVITY_WARNING_AGE", "50"),
        ("EXPIRE_NOTIFICATION_TEXT", "Create a new key, switch over, delete the old one."),
        ("INACTIVE_NOTIFICATION_TEXT", "Delete the key if nobody needs it."),
    ];
    KeysConfig::new(&settings.map(|(k, v)| (k.to_owned(), v.to_owned())), Flags::default())
}
