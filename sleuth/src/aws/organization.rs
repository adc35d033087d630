//! Accounts of an organization, through AWS Organizations.

use std::{
    collections::{BTreeSet, VecDeque},
    error::Error,
};

use aws_config::{Region, SdkConfig};
use aws_sdk_organizations::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types,
};
use tokio::time::Instant;

use super::{
    error::{read_error, trouble},
    patience,
    tally::Tally,
};
use crate::{
    config::RetryMode,
    deadline::before,
    facts::{ReadError, Tags, is_account},
    organization::{Asked, Listing, Member, Skipped, left_out},
    ports::{
        accounts::{Directory, Unread},
        doctor::Trouble,
    },
};

/// Organizations of the account that the credentials belong to, or a list.
#[derive(Debug)]
pub struct Organization {
    client: Client,
    asked: Asked,
    end: Option<Instant>,
}

impl Organization {
    /// The accounts that are `asked` for. Answers are waited for until `end`.
    pub fn new(sdk: &SdkConfig, mode: RetryMode, asked: Asked, end: Option<Instant>) -> Self {
        let settings =
            settings(sdk).retry_config(patience::retries(mode)).retry_partition(patience::partition("organizations"));
        Self { client: Client::from_conf(settings.build()), asked, end }
    }

    /// The same, with what `sdk` says of retries.
    pub fn once(sdk: &SdkConfig, asked: Asked) -> Self {
        Self { client: Client::from_conf(settings(sdk).build()), asked, end: None }
    }

    /// The accounts, all or none.
    pub async fn list(&self) -> Result<Listing, Unread> {
        let (units, except) = match &self.asked {
            Asked::Listed(members) => return Ok(Listing { members: members.clone(), skipped: Vec::new() }.in_order()),
            Asked::Organization { units, except } => (units, except),
        };
        let except: BTreeSet<&str> = except.iter().map(String::as_str).collect();
        let by_unit = self.asked.by_unit();
        let accounts: Vec<Found> = if by_unit {
            Box::pin(self.below(units, &except)).await?
        } else {
            Box::pin(self.all()).await?.into_iter().map(|account| (account, false)).collect()
        };
        let known: BTreeSet<&str> = accounts.iter().filter_map(|(account, _)| account.id.as_deref()).collect();
        met(except.iter().filter(|id| is_account(id)), |id| known.contains(id))?;
        let out: BTreeSet<String> =
            accounts.iter().filter(|(_, excluded)| *excluded).filter_map(|(account, _)| account.id.clone()).collect();
        let mut listing = Listing::default();
        for (account, _) in accounts {
            let id = account.id.ok_or_else(|| unclear("ListAccounts", "AWS answered with an account without an id"))?;
            let excluded = out.contains(&id) || except.contains(id.as_str());
            let excluded = excluded.then(|| "in EXCLUDE_ACCOUNTS".to_owned());
            // `Status` is what `State` was called before 2026.
            let state = account.state.as_ref().map(types::AccountState::as_str);
            let state = state.or(account.status.as_ref().map(types::AccountStatus::as_str));
            match excluded.or_else(|| left_out(state)) {
                Some(reason) => listing.skipped.push(Skipped { account: id, name: account.name, reason }),
                None => listing.members.push(Member { id, name: account.name, owner: None }),
            }
        }
        Ok(listing.in_order())
    }

    async fn all(&self) -> Result<Vec<types::Account>, Unread> {
        const CALL: &str = "ListAccounts";
        let mut pages = self.client.list_accounts().into_paginator().send();
        let mut accounts = Vec::new();
        while let Some(page) = before(self.end, pages.next()).await? {
            accounts.extend(page.map_err(|error| unread(CALL, &error))?.accounts.unwrap_or_default());
        }
        Ok(accounts)
    }

    /// The accounts below these units, each with whether a unit of `except` is above it.
    async fn below(&self, units: &[String], except: &BTreeSet<&str>) -> Result<Vec<Found>, Unread> {
        let units = if units.is_empty() { self.roots().await? } else { units.to_vec() };
        let mut waiting: VecDeque<(String, bool)> = units.into_iter().map(|unit| (unit, false)).collect();
        let (mut seen, mut accounts) = (BTreeSet::new(), Vec::new());
        while let Some((unit, excluded)) = waiting.pop_front() {
            let excluded = excluded || except.contains(unit.as_str());
            // One that is met again below a unit that is left out is left out, too, with all below it.
            if !seen.insert((unit.clone(), excluded)) || (!excluded && seen.contains(&(unit.clone(), true))) {
                continue;
            }
            accounts.extend(self.accounts_in(&unit).await?.into_iter().map(|account| (account, excluded)));
            waiting.extend(self.units_in(&unit).await?.into_iter().map(|unit| (unit, excluded)));
        }
        met(except.iter().filter(|id| !is_account(id)), |id| seen.iter().any(|(unit, _)| unit == id))?;
        Ok(accounts)
    }

    async fn roots(&self) -> Result<Vec<String>, Unread> {
        const CALL: &str = "ListRoots";
        let mut pages = self.client.list_roots().into_paginator().send();
        let mut roots = Vec::new();
        while let Some(page) = before(self.end, pages.next()).await? {
            roots.extend(page.map_err(|error| unread(CALL, &error))?.roots.unwrap_or_default());
        }
        Ok(roots.into_iter().filter_map(|root| root.id).collect())
    }

    async fn accounts_in(&self, unit: &str) -> Result<Vec<types::Account>, Unread> {
        const CALL: &str = "ListAccountsForParent";
        let mut pages = self.client.list_accounts_for_parent().parent_id(unit).into_paginator().send();
        let mut accounts = Vec::new();
        while let Some(page) = before(self.end, pages.next()).await? {
            let page = page.map_err(|error| of_unit(unit, unread(CALL, &error)))?;
            accounts.extend(page.accounts.unwrap_or_default());
        }
        Ok(accounts)
    }

    async fn units_in(&self, unit: &str) -> Result<Vec<String>, Unread> {
        const CALL: &str = "ListOrganizationalUnitsForParent";
        let mut pages = self.client.list_organizational_units_for_parent().parent_id(unit).into_paginator().send();
        let mut units = Vec::new();
        while let Some(page) = before(self.end, pages.next()).await? {
            let page = page.map_err(|error| of_unit(unit, unread(CALL, &error)))?;
            units.extend(page.organizational_units.unwrap_or_default().into_iter().filter_map(|unit| unit.id));
        }
        Ok(units)
    }
}

/// An account, and whether it is below a unit that is left out.
type Found = (types::Account, bool);

/// That all that is to be left out was met: what is misspelt would let in what was to be left out.
fn met<'a>(mut except: impl Iterator<Item = &'a &'a str>, is_met: impl Fn(&str) -> bool) -> Result<(), Unread> {
    match except.find(|id| !is_met(id)) {
        None => Ok(()),
        Some(missing) => {
            let message = format!("EXCLUDE_ACCOUNTS names {missing}, which is not among what was asked for");
            Err(unclear("ListAccounts", &message))
        }
    }
}

/// How Organizations is asked.
pub(super) fn settings(sdk: &SdkConfig) -> aws_sdk_organizations::config::Builder {
    let settings = aws_sdk_organizations::config::Builder::from(sdk).interceptor(Tally);
    // It is one service a partition, with an address in one region that any of them stands for.
    match sdk.region().map(Region::as_ref) {
        Some(_) => settings,
        None => settings.region(Region::new("us-east-1")),
    }
}

fn unread<E>(operation: &str, error: &SdkError<E>) -> Unread
where
    E: ProvideErrorMetadata + Error + 'static,
{
    Unread { operation: operation.to_owned(), trouble: trouble(error) }
}

fn unclear(operation: &str, message: &str) -> Unread {
    Unread { operation: operation.to_owned(), trouble: Trouble::Unclear(message.to_owned()) }
}

/// The same with the unit that it is about.
fn of_unit(unit: &str, unread: Unread) -> Unread {
    let of = |said: String| format!("{unit}: {said}");
    let trouble = match unread.trouble {
        Trouble::Denied(said) => Trouble::Denied(of(said)),
        Trouble::Unanswered(said) => Trouble::Unanswered(of(said)),
        Trouble::Unclear(said) => Trouble::Unclear(of(said)),
    };
    Unread { trouble, ..unread }
}

impl Directory for Organization {
    async fn accounts(&self) -> Result<Listing, ReadError> {
        Ok(self.list().await?)
    }

    async fn tags(&self, account: &str) -> Result<Tags, ReadError> {
        const CALL: &str = "ListTagsForResource";
        if matches!(self.asked, Asked::Listed(_)) {
            return Ok(Tags::new());
        }
        let mut pages = self.client.list_tags_for_resource().resource_id(account).into_paginator().send();
        let mut tags = Tags::new();
        while let Some(page) = before(self.end, pages.next()).await? {
            let page = page.map_err(|error| read_error(CALL, &error))?;
            tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        }
        Ok(tags)
    }
}
