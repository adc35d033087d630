//! Single values of a rule: each reader takes a node and either understands it or says what is allowed.

use std::{collections::BTreeSet, fmt::Display};

use super::{
    Empty, KEY_CHARACTERS, MOST_DAYS, MOST_MINUTES, Managed, Pattern, Response, VALUE_CHARACTERS,
    tree::{Complaints, Node, Value, choice, quoted},
};
use crate::tags::inventory::{RegionName, State};

/// Says that a value is of a kind that it cannot be.
pub(super) fn wrong_kind<T>(node: &Node, wanted: &str, out: &mut Complaints) -> Option<T> {
    out.refuse(node, format!("must be {wanted}, not {}", node.value))
}

pub(super) fn truth(node: &Node, out: &mut Complaints) -> Option<bool> {
    match node.value {
        Value::Truth(truth) => Some(truth),
        _ => wrong_kind(node, "`true` or `false`", out),
    }
}

/// `true`, where `false` would mean the same as nothing.
pub(super) fn mark(node: &Node, out: &mut Complaints) -> Option<()> {
    match node.value {
        Value::Truth(true) => Some(()),
        _ => wrong_kind(node, "`true`", out),
    }
}

pub(super) fn text<'n>(node: &'n Node, out: &mut Complaints) -> Option<&'n str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => wrong_kind(node, "a text", out),
    }
}

/// A text of more than blanks.
pub(super) fn some_text<'n>(node: &'n Node, out: &mut Complaints) -> Option<&'n str> {
    let text = text(node, out)?;
    if text.trim().is_empty() {
        return out.refuse(node, "must not be empty");
    }
    Some(text)
}

/// A key that a tag can have.
pub(super) fn key(node: &Node, out: &mut Complaints) -> Option<String> {
    let text = some_text(node, out)?;
    match key_problem(text) {
        None => Some(text.to_owned()),
        Some(problem) => out.refuse(node, problem),
    }
}

/// What keeps a text from being the key of a tag.
pub(super) fn key_problem(key: &str) -> Option<String> {
    let characters = key.chars().count();
    if key == "*" {
        return Some("must be the key of one tag; `*` stands for any".to_owned());
    }
    (characters > KEY_CHARACTERS)
        .then(|| format!("{} has {characters} characters; a tag key has at most {KEY_CHARACTERS}", quoted(key)))
}

/// A value that a tag can have.
pub(super) fn value(node: &Node, out: &mut Complaints) -> Option<String> {
    let text = text(node, out)?;
    let characters = text.chars().count();
    if characters > VALUE_CHARACTERS {
        let allowed = format!("a tag value has at most {VALUE_CHARACTERS}");
        return out.refuse(node, format!("{} has {characters} characters; {allowed}", quoted(text)));
    }
    Some(text.to_owned())
}

pub(super) fn pattern(node: &Node, out: &mut Complaints) -> Option<Pattern> {
    let text = some_text(node, out)?;
    Pattern::parse(text)
        .map_err(|error| {
            let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
            out.note(node, format!("is no regular expression: {}: {error}", quoted(text)));
        })
        .ok()
}

/// One of some words.
fn word<T>(node: &Node, words: impl IntoIterator<Item = (&'static str, T)>, out: &mut Complaints) -> Option<T> {
    let (names, mut things): (Vec<_>, Vec<_>) = words.into_iter().unzip();
    let found = match &node.value {
        Value::Text(text) => names.iter().position(|name| name == text),
        _ => None,
    };
    match found {
        Some(index) => Some(things.swap_remove(index)),
        None => wrong_kind(node, &choice(names, "or"), out),
    }
}

pub(super) fn response(node: &Node, out: &mut Complaints) -> Option<Response> {
    word(node, Response::ALL.map(|response| (response.as_str(), response)), out)
}

pub(super) fn managed(node: &Node, out: &mut Complaints) -> Option<Managed> {
    word(node, Managed::ALL.map(|managed| (managed.as_str(), managed)), out)
}

pub(super) fn empty(node: &Node, out: &mut Complaints) -> Option<Empty> {
    word(node, Empty::ALL.map(|empty| (empty.as_str(), empty)), out)
}

pub(super) fn state(node: &Node, out: &mut Complaints) -> Option<State> {
    word(
        node,
        [
            ("pending", State::Pending),
            ("running", State::Running),
            ("stopping", State::Stopping),
            ("stopped", State::Stopped),
        ],
        out,
    )
}

/// A name that a region can have: `eu-west-1`, `us-gov-east-1`.
pub(super) fn region(node: &Node, out: &mut Complaints) -> Option<RegionName> {
    let text = text(node, out)?;
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| part.len() > 1 && part.bytes().all(|b| b.is_ascii_lowercase());
    let number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    match parts.split_last() {
        Some((last, words)) if number(last) && words.len() > 1 && words.iter().all(word) => {
            Some(RegionName(text.to_owned()))
        }
        _ => out.refuse(node, format!("names {}, which is no region; `eu-west-1` is one", quoted(text))),
    }
}

/// An id that a VPC can have: of 8 or 17 digits.
pub(super) fn vpc(node: &Node, out: &mut Complaints) -> Option<String> {
    let text = text(node, out)?;
    let digits = text.strip_prefix("vpc-").unwrap_or_default();
    let hexadecimal = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if hexadecimal && matches!(digits.len(), 8 | 17) {
        return Some(text.to_owned());
    }
    let allowed = "`vpc-` and 8 or 17 of 0-9 and a-f are one";
    out.refuse(node, format!("names {}, which is no id of a VPC; {allowed}", quoted(text)))
}

/// Minutes, or a text with a unit.
pub(super) fn minutes(node: &Node, out: &mut Complaints) -> Option<u32> {
    let found = match &node.value {
        Value::Number(number) => number.parse().ok(),
        Value::Text(text) => with_unit(text, &[('m', 1), ('h', 60), ('d', 24 * 60)]),
        _ => None,
    };
    let wanted = format!("minutes from 0 to {MOST_MINUTES}, or a text such as `90m`, `2h` or `3d`");
    found.filter(|minutes| *minutes <= MOST_MINUTES).or_else(|| wrong_kind(node, &wanted, out))
}

/// Days, as in `30d`.
pub(super) fn days(node: &Node, out: &mut Complaints) -> Option<u32> {
    let found = match &node.value {
        Value::Text(text) => plain_days(text),
        _ => None,
    };
    found.or_else(|| wrong_kind(node, &format!("days from `0d` to `{MOST_DAYS}d`"), out))
}

fn plain_days(text: &str) -> Option<u32> {
    with_unit(text, &[('d', 1)]).filter(|days| *days <= MOST_DAYS)
}

/// The days after today that `today()` or `today()+30d` names, in any case and with blanks between its parts.
pub(super) fn today(text: &str) -> Option<u32> {
    let text: String = text.to_ascii_lowercase().split_whitespace().collect();
    match text.strip_prefix("today()")? {
        "" => Some(0),
        rest => plain_days(rest.strip_prefix('+')?),
    }
}

/// A whole number before a unit.
fn with_unit(text: &str, units: &[(char, u32)]) -> Option<u32> {
    let (unit, factor) = units.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = text.strip_suffix(*unit)?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| number.parse::<u32>().ok()?.checked_mul(*factor)).flatten()
}

/// A list that says something: not empty, nothing twice. `same` makes equal what counts as the same.
pub(super) fn list<T, K: Ord + Display>(
    node: &Node,
    element: impl Fn(&Node, &mut Complaints) -> Option<T>,
    same: impl Fn(&T) -> K,
    out: &mut Complaints,
) -> Option<Vec<T>> {
    let Value::List(nodes) = &node.value else { return wrong_kind(node, "a list", out) };
    if nodes.is_empty() {
        return out.refuse(node, "must not be an empty list; leave it out");
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for node in nodes {
        let Some(one) = element(node, out) else { continue };
        let known = same(&one);
        if seen.contains(&known) {
            out.note(node, format!("names {} twice", quoted(&known.to_string())));
        } else {
            seen.insert(known);
            found.push(one);
        }
    }
    Some(found)
}
