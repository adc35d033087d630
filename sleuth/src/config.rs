//! Settings: read from the environment once, checked all together, before anything else is done.
//!
//! The names and meanings are documented in `docs/configuration.md`. Each audit reads its own, and those all share, into a
//! flat struct of strings: envy cannot read numbers and booleans through anything else, and all mistakes are to be
//! reported, not the first.

use std::fmt;

use serde::de::DeserializeOwned;

pub use accounts::{AccountFlags, AccountsConfig, MostInAll, Which};
pub use audits::Audit;
pub use common::{Calls, Common, RetryMode};
pub use digest::{DigestConfig, DigestFlags};
pub use keys::KeysConfig;
pub use outputs::{ArchiveConfig, BotConfig, EmailConfig, Outputs, SearchConfig, SearchLogin, Secret, SlackUrl};
pub use role::{Role, RoleName};
pub use secret::{SecretArn, Store, value as secret_value};

pub use tags::{RuleSource, TableName, TagFlags, TagsConfig};
pub use thresholds::Flags;
pub use watch::WatchConfig;

mod accounts;
mod audits;
mod check;
mod common;
mod digest;
mod keys;
mod outputs;
mod role;
mod secret;
mod tags;

mod thresholds;
mod watch;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable or flag.
    pub name: &'static str,
    /// Its value, empty if it is not set; `None` if it is secret.
    pub value: Option<String>,
    /// What it should be.
    pub rule: String,
}

/// All settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Takes in others, each once: audits share settings.
    pub fn add(&mut self, others: Self) {
        for problem in others.0 {
            if !self.0.contains(&problem) {
                self.0.push(problem);
            }
        }
    }
}

/// Settings of two kinds, or what is wrong with either.
pub fn both<One, Other>(one: Result<One, Problems>, other: Result<Other, Problems>) -> Result<(One, Other), Problems> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(mut problems), Err(more)) => {
            problems.add(more);
            Err(problems)
        }
        (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these settings cannot be used:")?;
        for Problem { name, value, rule } in &self.0 {
            match value {
                Some(value) if value.is_empty() => write!(f, "\n  {name} is not set: {rule}")?,
                Some(value) => write!(f, "\n  {name} is `{}`: {rule}", value.escape_debug())?,
                None => write!(f, "\n  {name} (not shown, as it may be a secret): {rule}")?,
            }
        }
        Ok(())
    }
}

/// The process's environment. Variables that are not UTF-8 are passed on as far as they can be read.
#[expect(clippy::disallowed_methods, reason = "this room is the one that reads the environment")]
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os().map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned())).collect()
}

/// Whether `DEBUG` is on, without looking at anything else: logging starts before the settings are checked.
pub fn debug(environment: &[(String, String)]) -> bool {
    on(environment.iter().find(|(name, _)| name == "DEBUG").map(|(_, value)| value.as_str()))
}

/// `DEBUG` is on when it is set; `false` and `0` are understood as meant.
fn on(debug: Option<&str>) -> bool {
    debug.is_some_and(|value| !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "0"))
}

/// Reads one struct of settings. An empty value means "not set".
fn read<Environment: DeserializeOwned>(environment: &[(String, String)]) -> Result<Environment, Problems> {
    // envy would take a name in any case; ours are in capitals.
    let ours = |(name, value): &&(String, String)| !value.trim().is_empty() && *name == name.to_ascii_uppercase();
    envy::from_iter(environment.iter().filter(ours).cloned()).map_err(|error| {
        Problems(vec![Problem { name: "environment", value: Some(error.to_string()), rule: "must be readable".into() }])
    })
}

#[cfg(test)]
mod tests;
