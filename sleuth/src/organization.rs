//! Many accounts: which they are, and how much may be changed in all of them together.

use serde::{Deserialize, Serialize};

pub mod brake;
pub mod list;

use crate::facts::{AccountOwner, is_account};

/// Whether this is the id of an organizational unit, or of the root of an organization
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>).
pub fn is_unit(text: &str) -> bool {
    let part = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        ["r", root] => part(root, 4..=32),
        ["ou", root, unit] => part(root, 4..=32) && part(unit, 8..=32),
        _ => false,
    }
}

/// Which accounts are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Those of an organization.
    Organization {
        /// Only accounts below these units or roots; empty: all. `ORG_UNITS`.
        units: Vec<String>,
        /// Accounts, and units with all below them, that are left out. `EXCLUDE_ACCOUNTS`.
        except: Vec<String>,
    },
    /// These.
    Listed(Vec<Member>),
}

impl Asked {
    /// Whether units are named, so that the organization is gone through from them, or from its roots.
    pub fn by_unit(&self) -> bool {
        match self {
            Self::Organization { units, except } => !units.is_empty() || except.iter().any(|id| !is_account(id)),
            Self::Listed(_) => false,
        }
    }
}

/// An account that is to be audited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// Its id, 12 digits.
    pub id: String,
    /// Its name in the organization or in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who is told of findings whose own owners cannot be reached, where the list says so. That of an account of an
    /// organization is asked for when it is audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AccountOwner>,
}

impl Member {
    /// An account of which nothing but its id is known.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), name: None, owner: None }
    }
}

/// An account that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// Its id.
    pub account: String,
    /// Its name.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
}

/// All accounts of a run, each once, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Those to be audited.
    pub members: Vec<Member>,
    /// Those left out although they belong to the organization, or to the part of it that was asked for.
    pub skipped: Vec<Skipped>,
}

impl Listing {
    /// Sorts, and drops what stands in it twice, as accounts move while pages are turned.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.members.sort();
        self.members.dedup_by(|one, other| one.id == other.id);
        self.skipped.sort();
        self.skipped.dedup_by(|one, other| one.account == other.account);
        self
    }
}

/// Why an account in this state is not audited, if it is not: `State` of Organizations
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>). Whether one of unknown state can be
/// entered is seen when it is tried.
pub fn left_out(state: Option<&str>) -> Option<String> {
    match state {
        None | Some("ACTIVE") => None,
        Some(state) => Some(state.replace('_', " ").to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_units_are_told_from_others() {
        for unit in ["r-ab12", "ou-ab12-abcd1234", "ou-ab12-abcdefghijklmnopqrstuvwxyz123456"] {
            assert!(is_unit(unit), "{unit}");
        }
        for other in ["", "r-", "r-abc", "ou-ab12", "ou-ab12-abc", "OU-ab12-abcd1234", "o-abcdefghij", "123456789012"] {
            assert!(!is_unit(other), "{other}");
        }
    }

    #[test]
    fn only_active_accounts_are_audited() {
        assert_eq!(left_out(Some("ACTIVE")), None);
        assert_eq!(left_out(None), None);
        assert_eq!(left_out(Some("SUSPENDED")).as_deref(), Some("suspended"));
        assert_eq!(left_out(Some("PENDING_CLOSURE")).as_deref(), Some("pending closure"));
    }

    #[test]
    fn an_account_that_moved_while_pages_were_turned_is_listed_once() {
        let members = ["2", "1", "2"].map(Member::new).to_vec();
        let skipped = vec![Skipped { account: "3".into(), name: None, reason: "suspended".into() }; 2];
        let listing = Listing { members, skipped }.in_order();
        assert_eq!(listing.members, ["1", "2"].map(Member::new));
        assert_eq!(listing.skipped.len(), 1);
    }
}
