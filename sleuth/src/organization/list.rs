//! Accounts that somebody wrote down.

use super::Member;
use crate::facts::{AccountOwner, is_account};

/// A line that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{}` {why}", text.escape_debug())]
pub struct Mistake {
    /// Which line, from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Reads a list: one account a line, `ID[,NAME[,SLACK[,EMAIL]]]`. What follows `#` is a remark. All mistakes are told.
pub fn parse(text: &str) -> Result<Vec<Member>, Vec<Mistake>> {
    let (mut members, mut mistakes) = (Vec::<Member>::new(), Vec::new());
    for (index, written) in text.lines().enumerate() {
        let line = written.split_once('#').map_or(written, |(line, _)| line).trim();
        if line.is_empty() {
            continue;
        }
        let mut mistake = |why| mistakes.push(Mistake { line: index + 1, text: line.to_owned(), why });
        match member(line) {
            Err(why) => mistake(why),
            Ok(member) if members.iter().any(|known| known.id == member.id) => mistake("is listed twice"),
            Ok(member) => members.push(member),
        }
    }
    members.sort();
    if mistakes.is_empty() { Ok(members) } else { Err(mistakes) }
}

fn member(line: &str) -> Result<Member, &'static str> {
    let fields: Vec<Option<String>> =
        line.split(',').map(|field| Some(field.trim().to_owned()).filter(|field| !field.is_empty())).collect();
    let field = |place: usize| fields.get(place).cloned().flatten();
    let id = field(0).filter(|id| is_account(id)).ok_or("must begin with the id of an account, 12 digits")?;
    if fields.len() > 4 {
        return Err("has more than an id, a name, a Slack id and an e-mail address");
    }
    let owner = AccountOwner { slack: field(2), email: field(3) };
    Ok(Member { id, name: field(1), owner: (owner != AccountOwner::default()).then_some(owner) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_ids_and_whatever_else_is_known() {
        let text = "# the shop\n222222222222, shop, U02SHOP, shop@example.com\n\n111111111111 # nobody's\n333333333333,,,x@example.com\n";
        let members = parse(text).unwrap();
        assert_eq!(members[0], Member::new("111111111111"));
        let owner = |slack: Option<&str>, email: &str| {
            Some(AccountOwner { slack: slack.map(Into::into), email: Some(email.into()) })
        };
        let shop = Member {
            id: "222222222222".into(),
            name: Some("shop".into()),
            owner: owner(Some("U02SHOP"), "shop@example.com"),
        };
        assert_eq!(members[1], shop);
        assert_eq!(members[2].owner, owner(None, "x@example.com"));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let mistakes = parse("12345\n111111111111\n111111111111,again\n222222222222,a,b,c,d").unwrap_err();
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "line 1: `12345` must begin with the id of an account, 12 digits",
                "line 3: `111111111111,again` is listed twice",
                "line 4: `222222222222,a,b,c,d` has more than an id, a name, a Slack id and an e-mail address",
            ]
        );
    }
}
