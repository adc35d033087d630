//! Where the list of accounts of a run comes from.

use std::path::{Path, PathBuf};

use crate::{
    config::Which,
    organization::{
        Asked, Member,
        list::{Mistake, parse},
    },
};

/// Why a list of accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The file cannot be read.
    #[error("ACCOUNTS (--accounts) names the file {}, which cannot be read", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is something else in it.
    #[error("the accounts in {} cannot be used:{}", path.display(), lines(mistakes))]
    Mistakes {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        mistakes: Vec<Mistake>,
    },
    /// There is nothing in it.
    #[error("{} lists no account", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().fold(String::new(), |lines, mistake| lines + "\n  " + &mistake.to_string())
}

/// The accounts that are asked for, a file read.
pub fn known(which: Which) -> Result<Asked, AccountsError> {
    match which {
        Which::Known(asked) => Ok(asked),
        Which::File(path) => load(&path).map(Asked::Listed),
    }
}

fn load(path: &Path) -> Result<Vec<Member>, AccountsError> {
    let text = std::fs::read_to_string(path).map_err(|source| AccountsError::Read { path: path.into(), source })?;
    let members = parse(&text).map_err(|mistakes| AccountsError::Mistakes { path: path.into(), mistakes })?;
    if members.is_empty() { Err(AccountsError::Empty { path: path.into() }) } else { Ok(members) }
}
