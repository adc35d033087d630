//! Where tag rules are kept, and why they may not be had.

use std::path::{Path, PathBuf};

use crate::{
    config::RuleSource,
    tags::{
        RuleSet,
        rules::file::{self, Format, Mistakes},
    },
};

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The rules in it cannot be used.
    #[error("the rules in {} cannot be used:\n{mistakes}", path.display())]
    Mistakes {
        /// Which file.
        path: PathBuf,
        /// What is wrong with them.
        mistakes: Mistakes,
    },
    /// The table does not exist, may not be read, or holds rules that cannot be used.
    #[error("TAG_RULES_TABLE is `{table}`: {message}")]
    Table {
        /// The table.
        table: String,
        /// What is wrong with it.
        message: String,
    },
    /// The table did not answer, or not now.
    #[error("TAG_RULES_TABLE is `{table}`, which could not be read: {message}")]
    Unavailable {
        /// The table.
        table: String,
        /// What came instead of an answer.
        message: String,
    },
}

impl RulesError {
    /// Whether somebody has to mend a setting or rules, rather than repeat the run.
    pub const fn is_setting(&self) -> bool {
        !matches!(self, Self::Unavailable { .. })
    }
}

/// The rules, unless they are kept in AWS.
pub fn known(source: &RuleSource) -> Result<Option<RuleSet>, RulesError> {
    Ok(match source {
        RuleSource::File(path) => Some(load(path)?),
        RuleSource::Short(rules) => Some(rules.clone()),
        RuleSource::Table(_) => None,
    })
}

/// The rules of a file: JSON if its name says so, else TOML.
pub fn load(path: &Path) -> Result<RuleSet, RulesError> {
    let text = std::fs::read_to_string(path).map_err(|source| RulesError::Read { path: path.into(), source })?;
    let format = Format::of_name(&path.to_string_lossy());
    file::parse(&text, format).map_err(|mistakes| RulesError::Mistakes { path: path.into(), mistakes })
}
