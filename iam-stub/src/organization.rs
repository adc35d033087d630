//! Accounts of an organization, of mixed size, and the part of AWS Organizations that tells of them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::account::{ACCOUNT_ID, Account};

/// Most accounts on a page, as AWS has it.
const PAGE: usize = 20;

/// An organization of so many accounts: of fifty one has 3,000 users, five have 500, the others 5 to 50. About half of all
/// are looked after, the others neglected. The same numbers and time give the same organization. The first is that of the
/// caller.
pub fn organization(accounts: usize, seed: u64, now: DateTime<Utc>) -> Vec<Account> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut account = |nth: usize| {
        let few = random.usize(5..=50);
        let users = match (nth % 50, nth % 10) {
            (49, _) => 3_000,
            (_, 4) => 500,
            _ => few,
        };
        let account =
            if random.bool() { Account::healthy_nth(nth, users, now) } else { Account::neglected_nth(nth, users, now) };
        let id = if nth == 0 { ACCOUNT_ID.to_owned() } else { format!("2{nth:011}") };
        Account { id, alias: Some(format!("larkspur-{nth:04}")), ..account }
    };
    (0..accounts).map(&mut account).collect()
}

/// What AWS Organizations says of these accounts, with their names, to a call: a status, and the answer.
pub(crate) fn answer(action: &str, call: &Value, accounts: &[(String, String)]) -> (u16, Value) {
    let error = |code: &str, message: &str| (400, json!({"__type": code, "Message": message}));
    match action {
        "ListAccounts" => {
            let start = match call.get("NextToken").map(|token| token.as_str().and_then(|token| token.parse().ok())) {
                None => 0,
                Some(Some(start)) => start,
                Some(None) => return error("InvalidInputException", "NextToken is none of mine"),
            };
            let end = accounts.len().min(PAGE.saturating_add(start));
            let page = accounts.get(start..end).unwrap_or_default();
            let member = |(id, name): &(String, String)| {
                json!({
                    "Id": id,
                    "Arn": format!("arn:aws:organizations::{ACCOUNT_ID}:account/o-larkspur00/{id}"),
                    "Name": name,
                    "Email": format!("{name}@larkspur.example"),
                    "Status": "ACTIVE",
                    "State": "ACTIVE",
                })
            };
            let mut answer = json!({"Accounts": page.iter().map(member).collect::<Vec<_>>()});
            if let Some(fields) = answer.as_object_mut().filter(|_| end < accounts.len()) {
                fields.insert("NextToken".to_owned(), json!(end.to_string()));
            }
            (200, answer)
        }
        "ListTagsForResource" => {
            let id = call.get("ResourceId").and_then(Value::as_str).unwrap_or_default();
            match accounts.iter().find(|(account, _)| account == id) {
                Some((_, name)) => {
                    let email = format!("{name}@larkspur.example");
                    (200, json!({"Tags": [{"Key": "Email", "Value": email}]}))
                }
                None => error("TargetNotFoundException", "You specified a target that doesn't exist."),
            }
        }
        _ => error("UnknownOperationException", action),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sizes_are_mixed_and_no_two_accounts_have_a_key_in_common() {
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        let accounts = organization(100, 0, now);
        let sizes = |wanted: fn(usize) -> bool| accounts.iter().filter(|account| wanted(account.users.len())).count();
        assert_eq!((sizes(|users| users == 3_000), sizes(|users| users == 500)), (2, 10));
        assert_eq!(sizes(|users| (5..=50).contains(&users)), 88);
        let keys = || accounts.iter().flat_map(|account| account.users.values()).flat_map(|user| &user.keys);
        let ids: BTreeSet<_> = keys().map(|key| &key.id).collect();
        assert_eq!(ids.len(), keys().count());
        assert_eq!(accounts.iter().map(|account| &account.id).collect::<BTreeSet<_>>().len(), 100);
        assert_eq!(organization(100, 0, now), accounts);
        assert_ne!(organization(100, 1, now), accounts);
    }
}
