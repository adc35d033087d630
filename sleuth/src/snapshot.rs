//! Inventories in files, so that an account can be audited again anywhere: with other thresholds, or another `now`.
//!
//! The form is documented in `docs/inventory.md`. It holds no secrets: names, tags, key ids and times.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[cfg(feature = "cli")]
use crate::target::{Target, TargetError};
use crate::{keys, tags};

/// Version of the form.
pub const VERSION: u32 = 1;

/// An inventory that can be kept in a file.
pub trait Saved: Serialize + DeserializeOwned {
    /// What the file says it is.
    const KIND: &str;
    /// The command that saves it.
    const COMMAND: &str;
}

impl Saved for keys::Inventory {
    const KIND: &str = "keys-inventory";
    const COMMAND: &str = "sleuth keys --save";
}

impl Saved for tags::Inventory {
    const KIND: &str = "tags-inventory";
    const COMMAND: &str = "sleuth tags --save";
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Write(#[from] TargetError),
    /// It is not an inventory.
    #[error("not an inventory saved by `{command}`")]
    Form {
        /// What would have saved one.
        command: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It is another kind of file, or another version.
    #[error("holds `{}` version {version}; `{wanted}` version {VERSION} is needed", kind.escape_debug())]
    Version {
        /// What it says it is.
        kind: String,
        /// Its version.
        version: u32,
        /// What it should say.
        wanted: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot<I> {
    version: u32,
    kind: String,
    inventory: I,
}

/// The start of a file of any version.
#[derive(Deserialize)]
struct Label {
    version: u32,
    kind: String,
}

/// Reads an inventory from text.
pub fn parse<Inventory: Saved>(text: &str) -> Result<Inventory, SnapshotError> {
    let label: Label = serde_json::from_str(text).map_err(form::<Inventory>)?;
    if label.version != VERSION || label.kind != Inventory::KIND {
        return Err(SnapshotError::Version { kind: label.kind, version: label.version, wanted: Inventory::KIND });
    }
    let snapshot: Snapshot<Inventory> = serde_json::from_str(text).map_err(form::<Inventory>)?;
    Ok(snapshot.inventory)
}

/// Writes an inventory as text.
pub fn format<Inventory: Saved>(inventory: &Inventory) -> Result<String, SnapshotError> {
    let snapshot = Snapshot { version: VERSION, kind: Inventory::KIND.to_owned(), inventory };
    serde_json::to_string_pretty(&snapshot).map(|json| json + "\n").map_err(form::<Inventory>)
}

fn form<Inventory: Saved>(source: serde_json::Error) -> SnapshotError {
    SnapshotError::Form { command: Inventory::COMMAND, source }
}

/// Reads an inventory from a file.
pub fn load<Inventory: Saved>(path: &Path) -> Result<Inventory, SnapshotError> {
    let text = std::fs::read_to_string(path).map_err(|source| SnapshotError::Read { path: path.into(), source })?;
    parse(&text)
}

/// Writes an inventory to a file.
#[cfg(feature = "cli")]
pub fn save(target: Target, inventory: &impl Saved) -> Result<(), SnapshotError> {
    Ok(target.write(&format(inventory)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = parse::<keys::Inventory>(text).unwrap_err();
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    }

    #[test]
    fn what_is_written_is_read_again() {
        let inventory = crate::demo::keys::inventory().unwrap();
        assert_eq!(parse::<keys::Inventory>(&format(&inventory).unwrap()).unwrap(), inventory);
    }

    #[test]
    fn other_versions_and_kinds_are_named() {
        assert_eq!(
            error(r#"{"version":2,"kind":"keys-inventory","anything":1}"#),
            "holds `keys-inventory` version 2; `keys-inventory` version 1 is needed"
        );
        assert!(error(r#"{"version":1,"kind":"keys"}"#).starts_with("holds `keys` version 1"));
    }

    #[test]
    fn a_mistake_is_shown_with_its_place() {
        let text = "{\"version\":1,\"kind\":\"keys-inventory\",\"inventory\":{\n\"taken_at\":\"yesterday\"}}";
        let error = error(text);
        assert!(error.starts_with("not an inventory saved by") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let text = format(&crate::demo::keys::inventory().unwrap()).unwrap().replacen("\"tags\"", "\"tag\"", 1);
        assert!(error(&text).contains("unknown field `tag`"), "{}", error(&text));
    }
}
