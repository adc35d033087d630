//! `sleuth diff`.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sleuth::{
    config::{Flags, KeysConfig, TagFlags, TagsConfig},
    diff::{Diff, KindsDiffer, diff},
    exit::Exit,
    keys,
    render::{json, table::diff::table},
    report::saved::{self, Label, SavedReport},
    rules_source,
    run::{self, tags::Policy},
    snapshot::{self, Saved, SnapshotError},
    tags,
};

use crate::{
    audit::{self, Changed},
    cli::{BadArgument, DiffArguments, FailOnChange},
    tags::live::policy,
};

/// Compares two reports, or two inventories after auditing them.
pub(crate) async fn run(arguments: Box<DiffArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let DiffArguments { old, new, output: form, now, fail_on, thresholds, settings } = *arguments;
    let (of_keys, of_tags): (Flags, TagFlags) = (thresholds.into(), settings.into());
    let (old, new) = (File::read(old)?, File::read(new)?);
    if old.of() != new.of() {
        return Err(old.differs(&new));
    }
    let audited = old.is_inventory() || new.is_inventory();
    if !audited && (now.is_some() || of_keys != Flags::default() || of_tags != TagFlags::default()) {
        return Err(
            BadArgument("--now, thresholds, rules and limits are for inventories: reports are judged already").into()
        );
    }
    let standard = match (audited, old.of()) {
        (false, _) => Standard::None,
        (true, "keys") => Standard::Keys(Box::new(KeysConfig::new(&environment, of_keys)?)),
        (true, _) => {
            let config = TagsConfig::new(&environment, of_tags)?;
            let rules = rules_source::known(&config.rules)?;
            Standard::Tags(Box::new(policy(config, rules, audit::deadlines(None)).await?))
        }
    };
    let Ok(found) = diff(&old.report(&standard, now)?, &new.report(&standard, now)?) else {
        return Err(old.differs(&new));
    };
    let exit = exit(&found, fail_on);
    audit::show(&found, Changed::No, form, table, exit)
}

fn exit(diff: &Diff, fail_on: Option<FailOnChange>) -> Exit {
    audit::exit(diff.is_complete(), fail_on.is_some_and(|fail_on| diff.has(fail_on.changes())))
}

/// What inventories are judged by.
enum Standard {
    None,
    Keys(Box<KeysConfig>),
    Tags(Box<Policy>),
}

/// A file that was read, and what it says it is.
struct File {
    path: PathBuf,
    text: String,
    kind: String,
}

impl File {
    fn read(path: PathBuf) -> anyhow::Result<Self> {
        let failed = |source| SnapshotError::Read { path: path.clone(), source };
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        let Label { kind, .. } = Label::of(&text).map_err(|error| named(&path, error))?;
        Ok(Self { path, text, kind })
    }

    /// The audit that it is of.
    fn of(&self) -> &str {
        self.kind.strip_suffix("-inventory").unwrap_or(&self.kind)
    }

    fn is_inventory(&self) -> bool {
        self.kind.ends_with("-inventory")
    }

    /// The report that it is, or that its audit gives.
    fn report(&self, standard: &Standard, now: Option<DateTime<Utc>>) -> anyhow::Result<SavedReport> {
        match (standard, self.is_inventory()) {
            (Standard::Keys(config), true) => {
                let inventory: keys::Inventory = self.inventory()?;
                printed(&run::keys::dry(&inventory, config, now.unwrap_or(inventory.taken_at)))
            }
            (Standard::Tags(policy), true) => {
                let mut inventory: tags::Inventory = self.inventory()?;
                if let Some(wanted) = &policy.config.regions {
                    inventory.narrow(wanted);
                }
                printed(&run::tags::dry(&inventory, policy, now.unwrap_or(inventory.taken_at)))
            }
            _ => saved::parse(&self.text).map_err(|error| named(&self.path, error)),
        }
    }

    fn inventory<Inventory: Saved>(&self) -> anyhow::Result<Inventory> {
        snapshot::parse(&self.text).map_err(|error| named(&self.path, error))
    }

    /// The error that this file and another are of two audits.
    fn differs(&self, other: &Self) -> anyhow::Error {
        let [old, new] = [self, other].map(|file| (file.path.display(), &file.kind));
        let names = format!("{} holds `{}`, {} holds `{}`", old.0, old.1.escape_debug(), new.0, new.1.escape_debug());
        anyhow::Error::new(KindsDiffer).context(names)
    }
}

/// A report as a reader of its JSON gets it.
fn printed(report: &impl Serialize) -> anyhow::Result<SavedReport> {
    Ok(saved::parse(&json::pretty(report)?)?)
}

fn named(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    anyhow::Error::new(error).context(path.display().to_string())
}
