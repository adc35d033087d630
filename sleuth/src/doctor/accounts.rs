//! What is said of many accounts: which they are, and whether they can be entered.

use super::{Check, Section, Status};
use crate::{
    config::{self, AccountsConfig, MostInAll, RoleName},
    organization::{Asked, Listing, Member, Skipped},
    ports::{accounts::Unread, doctor::Trouble},
    report::accounts::shown,
    tags::Action,
};

/// Which accounts are examined, and how they are entered.
#[derive(Debug, Clone)]
pub struct Many {
    /// The settings.
    pub config: AccountsConfig,
    /// The accounts that are asked for, a file read.
    pub asked: Asked,
}

/// How many accounts are named.
const FEW: usize = 5;
/// Who may ask Organizations.
const WHOSE: &str = "accounts of an organization are told to its management account and to delegated administrators \
                     only (docs/accounts.md): use the credentials of one";

/// Brakes over all accounts that let nothing through. `disables`: whether keys may be disabled; `action`: how far the
/// audit of tags may go.
pub fn closed(totals: &MostInAll, disables: bool, action: Action) -> Vec<Check> {
    let MostInAll { disable, stop, terminate } = *totals;
    let limits = [
        ("MAX_DISABLE_TOTAL", disable, disables, "set ENABLE_AUTO_EXPIRE to false"),
        ("MAX_STOP_TOTAL", stop, action >= Action::Stop, "lower TAG_ACTION"),
        ("MAX_TERMINATE_TOTAL", terminate, action >= Action::Terminate, "lower TAG_ACTION"),
    ];
    let closed = limits.into_iter().filter(|(_, most, changes, _)| *most == Some(0) && *changes);
    let found = "is 0: a run that finds anything to be changed so changes nothing in any account";
    let warning = |name: &str| Check::new(Section::Settings, name, Status::Warning, found);
    closed.map(|(name, _, _, or)| warning(name).fix(format!("raise {name}, or {or}"))).collect()
}

/// The accounts that there are.
pub fn listed(asked: &Asked, Listing { members, skipped }: &Listing) -> Check {
    let whose = match asked {
        Asked::Organization { .. } if asked.by_unit() => "of the part of the organization that is asked for",
        Asked::Organization { .. } => "of the organization",
        Asked::Listed(_) => "listed",
    };
    let left_out = match skipped.len() {
        0 => String::new(),
        count => {
            let why = |Skipped { account, name, reason }: &Skipped| {
                let member = Member { id: account.clone(), name: name.clone(), owner: None };
                format!("{} {reason}", shown(&member))
            };
            format!("; {count} left out: {}", few(skipped, why))
        }
    };
    let found = format!("{}{left_out}", counted(members.len(), "account", whose));
    if members.is_empty() {
        return check("accounts", Status::Failed, found)
            .fix("there is no account to audit: see ACCOUNTS, ORG_UNITS and EXCLUDE_ACCOUNTS");
    }
    check("accounts", Status::Ok, found)
}

/// That the accounts could not be listed.
pub fn unlisted(Unread { operation, trouble }: &Unread) -> Check {
    let failed = |found: String| check("accounts", Status::Failed, found);
    match trouble {
        Trouble::Unanswered(said) => {
            check("accounts", Status::Unchecked, format!("could not be listed: {operation}: {said}"))
                .fix("run this again")
        }
        Trouble::Denied(_) if is_by_a_policy(trouble) => {
            let found = format!("not listed: see organizations:{operation} among the permissions");
            check("accounts", Status::Skipped, found).fix(WHOSE)
        }
        Trouble::Denied(said) => {
            failed(format!("AWS Organizations does not list them to this account: {operation}: {said}")).fix(WHOSE)
        }
        Trouble::Unclear(said) if said.starts_with(NO_ORGANIZATION) => {
            failed(format!("this account is in no organization: {said}"))
                .fix(format!("{WHOSE}, or name the accounts in ACCOUNTS"))
        }
        Trouble::Unclear(said) => failed(format!("could not be listed: {operation}: {said}"))
            .fix("see ACCOUNTS, ORG_UNITS and EXCLUDE_ACCOUNTS"),
    }
}

/// What Organizations says to an account that is in none.
const NO_ORGANIZATION: &str = "AWSOrganizationsNotInUse";

/// Whether it is a policy that is in the way. Organizations says `AccessDeniedException` to accounts that are neither
/// the management account nor a delegated administrator, too, but in other words.
pub fn is_by_a_policy(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Denied(said) if said.contains("not authorized to perform"))
}

/// That there is no role to enter accounts with.
pub fn without_role(others: usize) -> Check {
    let accounts = counted(others, "account", "besides that of the credentials");
    let found = format!("is not set: {accounts} cannot be entered");
    Check::new(Section::Settings, "ASSUME_ROLE_NAME", Status::Failed, found)
        .fix("name the role that each of them has for Sleuth (docs/accounts.md)")
}

/// That nothing was entered, as the role's external id is not to be had.
pub fn without_external_id(trouble: &Trouble) -> Check {
    let found = format!("no account was entered, as the external id is not to be had: {trouble}");
    match trouble {
        Trouble::Unanswered(_) => check("roles", Status::Unchecked, found).fix("run this again"),
        _ => check("roles", Status::Failed, found).fix("see ASSUME_ROLE_EXTERNAL_ID"),
    }
}

/// Which of the other accounts could be entered.
pub fn entered(role: &config::Role, tried: &[(Member, Result<(), Trouble>)]) -> Check {
    let config::Role { name: RoleName(name), external_id } = role;
    let failed: Vec<(&Member, &Trouble)> =
        tried.iter().filter_map(|(member, result)| Some((member, result.as_ref().err()?))).collect();
    let all = counted(tried.len(), "other account", "");
    let Some((_, first)) = failed.first() else {
        return check("roles", Status::Ok, format!("{all}, entered by the role {name}"));
    };
    // The first of which something is known, if there is one.
    let silent = |trouble: &Trouble| matches!(trouble, Trouble::Unanswered(_));
    let told = failed.iter().map(|(_, trouble)| *trouble).find(|trouble| !silent(trouble));
    let found = format!(
        "{all}, of which {} could not be entered by the role {name}: {}; {}",
        failed.len(),
        few(&failed, |(member, _)| shown(member)),
        told.unwrap_or(first)
    );
    if told.is_none() {
        return check("roles", Status::Unchecked, found).fix("run this again");
    }
    let external_id = match external_id {
        Some(_) => "the external id of ASSUME_ROLE_EXTERNAL_ID, or for none",
        None => "no external id, as ASSUME_ROLE_EXTERNAL_ID is not set",
    };
    check("roles", Status::Failed, found).fix(format!(
        "make the role there; its trust has to name the caller, and may ask for {external_id} (docs/accounts.md); or \
         allow the caller sts:AssumeRole on it; or leave the account out"
    ))
}

/// What the role may do in an account that was entered, by one call of the audit.
pub fn inside(member: &Member, action: &str, result: &Result<(), Trouble>) -> Check {
    let place = shown(member);
    match result {
        Ok(()) => check(
            "role",
            Status::Ok,
            format!("in {place} it may {action}, tried; no other call was, nor any other account"),
        ),
        Err(trouble @ Trouble::Unanswered(_)) => {
            check("role", Status::Unchecked, format!("{action} in {place}: {trouble}")).fix("run this again")
        }
        Err(trouble) => check("role", Status::Failed, format!("{action} in {place}: {trouble}"))
            .fix("give the role there what the audit of one account needs (docs/permissions.md)"),
    }
}

fn check(name: &str, status: Status, found: String) -> Check {
    Check::new(Section::Accounts, name, status, found)
}

fn counted(count: usize, what: &str, whose: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural} {whose}").trim_end().to_owned()
}

/// The first of some, and how many more there are.
fn few<T>(all: &[T], word: impl Fn(&T) -> String) -> String {
    let named: Vec<String> = all.iter().take(FEW).map(word).collect();
    let more = all.len() - named.len();
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: usize) -> Vec<Member> {
        (1..=count).map(|number| Member::new(&format!("{number:012}"))).collect()
    }

    fn role(external_id: Option<&str>) -> config::Role {
        let external_id = external_id.map(|id| config::Secret::Plain(id.to_owned().into()));
        config::Role { name: RoleName("tools/sleuth".to_owned()), external_id }
    }

    #[test]
    fn accounts_that_cannot_be_entered_are_named_if_they_are_few() {
        let denied = || Err(Trouble::Denied("AccessDenied: no".to_owned()));
        let all =
            |result: fn() -> Result<(), Trouble>| members(7).into_iter().map(|m| (m, result())).collect::<Vec<_>>();
        let check = entered(&role(None), &all(denied));
        assert_eq!(
            check.found,
            "7 other accounts, of which 7 could not be entered by the role tools/sleuth: 000000000001, 000000000002, \
             000000000003, 000000000004, 000000000005 and 2 more; AccessDenied: no"
        );
        assert!(check.status == Status::Failed && check.fix.unwrap().contains("ASSUME_ROLE_EXTERNAL_ID is not set"));
        let check = entered(&role(None), &all(|| Ok(())));
        assert_eq!(
            (check.status, check.found.as_str()),
            (Status::Ok, "7 other accounts, entered by the role tools/sleuth")
        );
        let lost = || Err(Trouble::Unanswered("Throttling".to_owned()));
        assert_eq!(entered(&role(None), &all(lost)).status, Status::Unchecked);
        let mut some = all(lost);
        some[3].1 = denied();
        let check = entered(&role(Some("between-us")), &some);
        assert!(check.status == Status::Failed && check.found.ends_with("; AccessDenied: no"), "{check:?}");
        assert!(!format!("{check:?}").contains("between-us"), "{check:?}");
    }

    #[test]
    fn why_accounts_are_not_listed_is_told_apart() {
        let said = |trouble| unlisted(&Unread { operation: "ListAccounts".to_owned(), trouble });
        let check =
            said(Trouble::Denied("AccessDeniedException: User: arn is not authorized to perform: x".to_owned()));
        assert_eq!(check.status, Status::Skipped);
        let check = said(Trouble::Denied("AccessDeniedException: You don't have permissions".to_owned()));
        assert!(check.status == Status::Failed && check.fix.unwrap().contains("delegated administrators"));
        let check = said(Trouble::Unclear("AWSOrganizationsNotInUseException: no member".to_owned()));
        assert!(check.found.starts_with("this account is in no organization"), "{check:?}");
        assert_eq!(said(Trouble::Unanswered("Throttling".to_owned())).status, Status::Unchecked);
    }

    #[test]
    fn accounts_that_are_left_out_are_counted_with_their_reasons() {
        let skipped = vec![Skipped { account: "3".into(), name: Some("shop".into()), reason: "suspended".into() }];
        let asked = Asked::Organization { units: Vec::new(), except: Vec::new() };
        let check = listed(&asked, &Listing { members: members(2), skipped });
        let found = "2 accounts of the organization; 1 left out: 3 (shop) suspended";
        assert_eq!((check.status, check.found.as_str()), (Status::Ok, found));
        assert_eq!(listed(&asked, &Listing::default()).status, Status::Failed);
    }
}
