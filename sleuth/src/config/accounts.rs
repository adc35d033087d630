//! Settings of runs over many accounts.

use std::{num::NonZeroUsize, path::PathBuf};

use serde::Deserialize;

use super::{Problems, Role, check::Check, read};
use crate::{
    facts::is_account,
    organization::{Asked, Member, is_unit},
};

/// How many accounts are audited side by side if nothing else is said.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Most accounts that may be audited side by side.
const MOST_CONCURRENT: usize = 100;
/// Largest number of changes that is accepted.
const MOST: usize = 1_000_000;

/// Which accounts, and how they are entered.
#[derive(Debug, Clone)]
pub struct AccountsConfig {
    /// Which accounts: `ACCOUNTS`.
    pub which: Which,
    /// The role in each of them; `None`: only that of the run can be entered.
    pub role: Option<Role>,
    /// How many are audited side by side: `ACCOUNT_CONCURRENCY`.
    pub concurrency: NonZeroUsize,
    /// How much may be changed in all of them together.
    pub totals: MostInAll,
}

/// Most changes in all accounts of a run. `None`: as many as in one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MostInAll {
    /// Access keys disabled: `MAX_DISABLE_TOTAL`.
    pub disable: Option<usize>,
    /// Instances stopped: `MAX_STOP_TOTAL`.
    pub stop: Option<usize>,
    /// Instances terminated: `MAX_TERMINATE_TOTAL`.
    pub terminate: Option<usize>,
}

/// Which accounts are asked for, or where that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// It is known.
    Known(Asked),
    /// In a file.
    File(PathBuf),
}

/// What the command line says of it.
#[derive(Debug, Clone, Default)]
pub struct AccountFlags {
    /// `--accounts`.
    pub accounts: Option<String>,
    /// `--org-units`.
    pub units: Option<String>,
    /// `--exclude-accounts`.
    pub except: Option<String>,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    accounts: Option<String>,
    org_units: Option<String>,
    exclude_accounts: Option<String>,
    account_concurrency: Option<String>,
    max_disable_total: Option<String>,
    max_stop_total: Option<String>,
    max_terminate_total: Option<String>,
}

impl AccountsConfig {
    /// Checks all settings; `None`: the run is about the account whose credentials it has. An empty value means "not set".
    pub fn new(environment: &[(String, String)], flags: AccountFlags) -> Result<Option<Self>, Problems> {
        let env: Environment = read(environment)?;
        let mut check = Check::default();
        let units = check.ids("ORG_UNITS", flags.units.or(env.org_units), "organizational units or roots", is_unit);
        let except = flags.except.or(env.exclude_accounts);
        let except = check
            .ids("EXCLUDE_ACCOUNTS", except, "accounts or organizational units", |id| is_account(id) || is_unit(id));
        let which = flags.accounts.or(env.accounts);
        let which = which.as_deref().map(str::trim).filter(|which| !which.is_empty());
        let which = check.which(which, units, except);
        let role = Role::checked(environment, &mut check)?;
        let concurrency = check.count("ACCOUNT_CONCURRENCY", env.account_concurrency.as_deref(), MOST_CONCURRENT);
        let totals = MostInAll {
            disable: check.number("MAX_DISABLE_TOTAL", env.max_disable_total.as_deref(), MOST),
            stop: check.number("MAX_STOP_TOTAL", env.max_stop_total.as_deref(), MOST),
            terminate: check.number("MAX_TERMINATE_TOTAL", env.max_terminate_total.as_deref(), MOST),
        };
        if !check.0.is_empty() {
            return Err(Problems(check.0));
        }
        let concurrency = concurrency.unwrap_or(CONCURRENCY);
        Ok(which.map(|which| Self { which, role, concurrency, totals }))
    }
}

impl Check {
    /// Ids with commas in between.
    fn ids(
        &mut self,
        name: &'static str,
        value: Option<String>,
        what: &str,
        is_one: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let value = value.unwrap_or_default();
        let ids = value.split(',').map(str::trim).filter(|id| !id.is_empty());
        let (good, bad): (Vec<&str>, Vec<&str>) = ids.partition(|id| is_one(id));
        for id in bad {
            self.note(name, Some(id), format!("must be ids of {what}, with commas in between"));
        }
        good.into_iter().map(ToOwned::to_owned).collect()
    }

    /// What `ACCOUNTS` names. Ids are told from the name of a file by being ids, all of them.
    fn which(&mut self, which: Option<&str>, units: Vec<String>, except: Vec<String>) -> Option<Which> {
        let only_of_organizations = [("ORG_UNITS", &units), ("EXCLUDE_ACCOUNTS", &except)];
        let which = match which {
            Some(word) if word.eq_ignore_ascii_case("org") => {
                return Some(Which::Known(Asked::Organization { units, except }));
            }
            None => None,
            Some(text) => Some(self.listed(text)),
        };
        for (name, _) in only_of_organizations.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            self.note(name, None, "is of use only with ACCOUNTS (--accounts) `org`".to_owned());
        }
        which
    }

    fn listed(&mut self, text: &str) -> Which {
        let ids: Vec<&str> = text.split(',').map(str::trim).collect();
        if !ids.iter().any(|id| is_account(id)) && !text.contains(',') {
            return Which::File(PathBuf::from(text));
        }
        for id in ids.iter().filter(|id| !is_account(id)) {
            let rule = "must be `org`, a file, or ids of accounts, 12 digits each, with commas in between";
            self.note("ACCOUNTS", Some(id), rule.to_owned());
        }
        let mut members: Vec<Member> = ids.into_iter().map(Member::new).collect();
        members.sort();
        members.dedup();
        Which::Known(Asked::Listed(members))
    }
}
