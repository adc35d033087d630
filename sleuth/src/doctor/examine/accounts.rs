//! Lists many accounts and enters each, as a run does, and looks around in one of them.

use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use super::timely;
use crate::{
    config::{Audit, Role},
    deadline::before,
    doctor::{
        Check,
        accounts::{self, Many},
        judge::Tried,
        needs::Wants,
    },
    organization::{Asked, Listing, Member},
    ports::{
        accounts::Unread,
        doctor::{Call, Caller, Examine, Trouble},
    },
};

/// What was found of many accounts.
#[derive(Debug, Default)]
pub(super) struct Entered {
    /// What is said of them.
    pub(super) checks: Vec<Check>,
    /// Calls, and what they answered.
    pub(super) tried: Vec<Tried>,
    /// The accounts, if they could be listed.
    listing: Option<Listing>,
}

impl Entered {
    /// Lists the accounts and enters them, with what `wants` need.
    pub(super) async fn look(
        aws: &impl Examine,
        many: &Many,
        wants: &Wants,
        caller: &Caller,
        end: Option<Instant>,
    ) -> Self {
        let mut found = Self::default();
        let Some(listing) = found.list(aws, &many.asked, wants, end).await else { return found };
        if let Some(member) = listing.members.first().filter(|_| matches!(many.asked, Asked::Organization { .. })) {
            let call = Call::AccountTags(member.id.clone());
            let result = timely(end, aws.ask(&call)).await;
            found.note(call.action(), result.map(|_| ()));
        }
        let others: Vec<Member> =
            listing.members.iter().filter(|member| member.id != caller.account).cloned().collect();
        found.listing = Some(listing);
        match &many.config.role {
            _ if others.is_empty() => {}
            None => found.checks.push(accounts::without_role(others.len())),
            Some(role) => match timely(end, aws.role_elsewhere(role)).await {
                Ok(key) => {
                    let side_by_side = many.config.concurrency.get();
                    let entering = stream::iter(others).map(async |member: Member| {
                        let entered = timely(end, aws.enter(&key, caller, &member.id)).await;
                        (member, entered)
                    });
                    let entering = Box::pin(entering.buffered(side_by_side));
                    found.enter(entering, role, wants, end).await;
                }
                Err(trouble) => found.checks.push(accounts::without_external_id(&trouble)),
            },
        }
        found
    }

    /// Whether the account of the credentials is among them, as far as that is known.
    pub(super) fn has(&self, account: &str) -> bool {
        self.listing.as_ref().is_none_or(|listing| listing.members.iter().any(|member| member.id == account))
    }

    /// Another account than that of the credentials; `None` if that is not known, or there is none.
    pub(super) fn other(&self, than: &str) -> Option<&str> {
        let mut members = self.listing.iter().flat_map(|listing| &listing.members);
        members.find(|member| member.id != than).map(|member| member.id.as_str())
    }

    /// Whether there is any other, as far as that is known.
    pub(super) fn may_have_others(&self, than: &str) -> bool {
        self.listing.is_none() || self.other(than).is_some()
    }

    async fn list(
        &mut self,
        aws: &impl Examine,
        asked: &Asked,
        wants: &Wants,
        end: Option<Instant>,
    ) -> Option<Listing> {
        let listed = before(end, aws.accounts(asked)).await.unwrap_or_else(|over| Err(Unread::from(over)));
        let needs = wants.needs(&[]);
        for action in needs.iter().filter(|need| need.is_listing()).map(|need| need.action) {
            let result = match &listed {
                Ok(_) => Ok(()),
                Err(Unread { operation, trouble }) if action.ends_with(&format!(":{operation}")) => match trouble {
                    Trouble::Denied(said) if !accounts::is_by_a_policy(trouble) => Err(Trouble::Unclear(said.clone())),
                    trouble => Err(trouble.clone()),
                },
                Err(_) => Err(Trouble::Unclear("the accounts could not be listed".to_owned())),
            };
            self.note(action, result);
        }
        self.checks.push(match &listed {
            Ok(listing) => accounts::listed(asked, listing),
            Err(unread) => accounts::unlisted(unread),
        });
        listed.ok()
    }

    async fn enter<Aws: Examine>(
        &mut self,
        mut entering: impl futures::Stream<Item = (Member, Result<Aws, Trouble>)> + Unpin,
        role: &Role,
        wants: &Wants,
        end: Option<Instant>,
    ) {
        let (mut tried, mut inside) = (Vec::new(), None);
        while let Some((member, entered)) = entering.next().await {
            let result = match entered {
                Ok(there) => {
                    inside.get_or_insert_with(|| (member.clone(), there));
                    Ok(())
                }
                Err(trouble) => Err(trouble),
            };
            tried.push((member, result));
        }
        self.checks.push(accounts::entered(role, &tried));
        self.note(ENTER, may_enter(&tried));
        let Some((member, there)) = inside else { return };
        for call in first_calls(&there, wants) {
            let result = timely(end, there.ask(&call)).await.map(|_| ());
            self.checks.push(accounts::inside(&member, call.action(), &result));
        }
    }

    fn note(&mut self, action: &'static str, result: Result<(), Trouble>) {
        self.tried.push(Tried { action, region: None, resource: None, result });
    }
}

/// The action that enters an account.
const ENTER: &str = "sts:AssumeRole";

/// What entering accounts says of the caller's own permission: one that could be entered, that it is there. What is
/// denied may be so by the trust of the role, or because there is no such role.
fn may_enter(tried: &[(Member, Result<(), Trouble>)]) -> Result<(), Trouble> {
    let mut failed = Vec::new();
    for (_, result) in tried {
        match result {
            Ok(()) => return Ok(()),
            Err(trouble) => failed.push(trouble),
        }
    }
    let lost = failed.into_iter().find(|trouble| matches!(trouble, Trouble::Unanswered(_)));
    Err(lost.cloned().unwrap_or_else(|| Trouble::Unclear("no account could be entered".to_owned())))
}

/// One call of each audit that needs no other before it.
fn first_calls(aws: &impl Examine, wants: &Wants) -> Vec<Call> {
    let region = wants.regions.as_ref().and_then(|regions| regions.first().cloned()).or_else(|| aws.region());
    let of = |audit: &Audit| match audit {
        Audit::Keys => Some(Call::AccountSummary),
        Audit::Tags => region.clone().map(Call::Instances),
        Audit::Watch | Audit::Digest => None,
    };
    wants.audits.iter().filter_map(of).collect()
}
