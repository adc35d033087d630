//! A report as messages to the owners.

use std::collections::BTreeMap;

use notifier::{Address, Colour, Group, Line, Mention, Notification, OwnerMessage, SlackId, SlackTarget, Span};

use crate::facts::AccountOwner;

pub mod accounts;
pub mod digest;
pub mod keys;
pub mod tags;

/// The owner of a user. Its name stands beside the mention: one person may own several users.
fn mention(user: &str, name: &str, slack: Option<&str>) -> Span {
    let name = if name == user { user.to_owned() } else { format!("{name} ({user})") };
    Span::Mention(Mention { name, label: user.to_owned(), slack: slack.and_then(SlackId::parse) })
}

/// How the owner of a finding can be reached, or else the owner of its account. Slack knows people by their e-mail address,
/// too.
fn address(name: &str, slack: Option<&str>, email: Option<&str>, account: Option<&AccountOwner>) -> Address {
    let target = target(slack, email);
    match (&target, account) {
        (None, Some(AccountOwner { slack, email })) => {
            address(&format!("owner of the account of {name}"), slack.as_deref(), email.as_deref(), None)
        }
        _ => Address { name: name.to_owned(), slack: target, email: email.map(ToOwned::to_owned) },
    }
}

/// Who is to be reached by these tags, if they say.
fn target(slack: Option<&str>, email: Option<&str>) -> Option<SlackTarget> {
    slack.and_then(SlackTarget::parse).or_else(|| email.and_then(SlackTarget::parse))
}

/// Who is called in Slack: by the finding's own tags if they say who that is, else the owner of its account.
fn called<'a>(slack: Option<&'a str>, email: Option<&str>, account: Option<&'a AccountOwner>) -> Option<&'a str> {
    match (target(slack, email), account) {
        (None, Some(owner)) => owner.slack.as_deref(),
        _ => slack,
    }
}

/// Findings by who is to be told of them, in the order in which owners first occur; those of owners who cannot be reached are
/// left out.
fn by_owner<'a, Finding>(
    findings: impl Iterator<Item = &'a Finding>,
    address: impl Fn(&Finding) -> Address,
) -> Vec<(Address, Vec<&'a Finding>)> {
    let mut places: BTreeMap<(Option<SlackTarget>, Option<String>), usize> = BTreeMap::new();
    let mut owners: Vec<(Address, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        let to = address(finding);
        if to.slack.is_none() && to.email.is_none() {
            continue;
        }
        let place = *places.entry((to.slack.clone(), to.email.clone())).or_insert(owners.len());
        match owners.get_mut(place) {
            Some((_, findings)) => findings.push(finding),
            None => owners.push((to, vec![finding])),
        }
    }
    owners
}

/// The report in short, for a channel whose people are told by themselves.
fn overview(title: &str, account: &str, alert: &str, lines: Vec<String>, link: Option<&str>) -> Notification {
    let about_nobody = |span| Line { subject: String::new(), spans: vec![span] };
    let mut lines: Vec<Line> = lines.into_iter().map(|text| about_nobody(Span::Text(text))).collect();
    lines.extend(link.map(|url| about_nobody(Span::Link { text: WHOLE.to_owned(), url: url.to_owned() })));
    Notification {
        title: title.to_owned(),
        alert: alert.to_owned(),
        instructions: String::new(),
        account: account.to_owned(),
        groups: vec![Group { heading: "In short".to_owned(), colour: Colour::Grey, lines }],
    }
}

const WHOLE: &str = "The whole report";

/// What the reader is asked to do, and where the whole report is.
fn with_link(instructions: &str, link: Option<&str>) -> String {
    let link = link.map(|url| format!("{WHOLE}: {url}"));
    let parts = [Some(instructions).filter(|text| !text.trim().is_empty()), link.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn owner_messages(to: &Address, notifications: Vec<Notification>) -> impl Iterator<Item = OwnerMessage> {
    let messages = notifications.into_iter().filter(|notification| !notification.is_empty());
    messages.map(|notification| OwnerMessage { to: to.clone(), notification })
}
