//! Findings about instances in words.

use std::collections::BTreeMap;

mod beside;

pub(in crate::render) use beside::{notes, owner, summary};

use super::UNCERTAIN;
use crate::{
    decision::both,
    facts::pairs,
    report::{
        Outcome,
        tags::{Finding, ViolationFound},
    },
    tags::{Action, State, launch::Principal, watch::Event},
};

/// What is wrong, all of it.
pub(in crate::render) fn violations(finding: &Finding) -> String {
    let message = |violation: &ViolationFound| match violation.grace_left_minutes {
        Some(minutes) if minutes > 0 => format!("{} ({} left)", violation.message, span(minutes)),
        _ => violation.message.clone(),
    };
    finding.violations.iter().map(message).collect::<Vec<_>>().join("; ")
}

/// What was seen to happen to the instance, and who did it; empty if nothing was.
pub(in crate::render) fn seen(finding: &Finding) -> String {
    let of = |event: &Event| {
        let by = event.by.as_ref().map(|by| format!(" by {}", principal(by))).unwrap_or_default();
        let from = event.source_ip.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
        format!("{}{by}{from} at {}", event.name, event.at.format("%Y-%m-%d %H:%M:%S UTC"))
    };
    finding.events.iter().map(of).collect::<Vec<_>>().join(", ")
}

/// Who made a call.
fn principal(by: &Principal) -> String {
    match by {
        Principal::User { name } => format!("the user {name}"),
        Principal::Role { role: Some(role), session } => format!("{session} (session of the role {role})"),
        Principal::Role { role: None, session } => format!("the role session {session}"),
        Principal::Root => "the root user".to_owned(),
        Principal::Service { name } => format!("the service {name}"),
        Principal::Other { id } => id.clone(),
    }
}

/// What happened to the instance, and what is wrong with it.
pub(in crate::render) fn found(finding: &Finding) -> String {
    let parts = [seen(finding), violations(finding)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// What was, would be or could not be done about a finding, and what else there is to know.
pub(in crate::render) fn consequence(finding: &Finding) -> String {
    let reason = finding.reason.clone();
    let because = finding.reason.as_deref().unwrap_or("no reason is known");
    let (would, done, could) = match finding.action {
        Action::None | Action::Notify => return reason.unwrap_or_default(),
        Action::Repair => {
            let set = |verb: &str| {
                let tags = finding.repairs.iter().map(|(key, value)| format!("`{key}` {verb} set to `{value}`"));
                tags.collect::<Vec<_>>().join(", ")
            };
            (set("would be"), set("was"), set("could not be"))
        }
        Action::Stop => {
            let done = if finding.state == State::Stopped { "was stopped" } else { "is being stopped" };
            ("would be stopped".to_owned(), done.to_owned(), "could not be stopped".to_owned())
        }
        Action::Terminate => {
            let done = if finding.state == State::Terminated { "was terminated" } else { "is being terminated" };
            ("would be terminated".to_owned(), done.to_owned(), "could not be terminated".to_owned())
        }
    };
    match finding.outcome {
        Outcome::Planned | Outcome::None => both(Some(would), reason).unwrap_or_default(),
        Outcome::Done => both(Some(done), reason).unwrap_or_default(),
        // That nobody knows is not that it could not be.
        Outcome::Failed if because.starts_with(UNCERTAIN) => because.to_owned(),
        Outcome::Failed => format!("{could}: {because}"),
        Outcome::Held => format!("{would}, but {because}"),
    }
}

/// The same for a table, which also says what became of notices.
pub(in crate::render) fn action(finding: &Finding) -> String {
    let words = consequence(finding);
    let told = match (finding.action, finding.outcome) {
        (Action::Notify, Outcome::Planned) => "owner would be told",
        (Action::Notify, Outcome::Done) => "owner was told",
        (Action::Notify, Outcome::Failed) => "owner could not be told",
        (Action::Notify, _) => "owner was not told",
        _ => return words,
    };
    both(Some(told.to_owned()), Some(words).filter(|words| !words.is_empty())).unwrap_or_default()
}

/// An age.
pub(in crate::render) fn age(minutes: Option<i64>) -> String {
    minutes.map_or_else(|| "of unknown age".to_owned(), |minutes| format!("{} old", span(minutes)))
}

/// The same for a column.
pub(in crate::render) fn short_age(minutes: Option<i64>) -> String {
    minutes.map_or_else(|| "?".to_owned(), span)
}

/// A time as people say it: minutes up to two hours, hours up to two days, days.
fn span(minutes: i64) -> String {
    let plural = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match minutes {
        minutes if minutes < 120 => plural(minutes, "minute"),
        minutes if minutes < 48 * 60 => plural(minutes / 60, "hour"),
        minutes => plural(minutes / (24 * 60), "day"),
    }
}

/// Which instance, for people.
pub(in crate::render) fn instance(finding: &Finding) -> String {
    match &finding.name {
        Some(name) => format!("{} ({name})", finding.instance_id),
        None => finding.instance_id.to_string(),
    }
}

/// What an instance that something just happened to is made of: its type and image, after commas.
pub(in crate::render) fn make(finding: &Finding) -> String {
    let known = |text: &Option<String>| text.as_ref().map(|text| format!(", {text}")).unwrap_or_default();
    if finding.events.is_empty() {
        return String::new();
    }
    format!("{}{}", known(&finding.instance_type), known(&finding.image_id))
}

/// Most characters of tags that a message shows.
const TAG_CHARACTERS: usize = 300;

/// The tags, as far as there is room.
pub(in crate::render) fn tags(finding: &Finding) -> String {
    shown(&pairs(&finding.tags))
}

/// Tags that are written as `key=value`, as far as there is room.
pub(in crate::render) fn shown(tags: &[String]) -> String {
    if tags.is_empty() {
        return "no tags".to_owned();
    }
    let all = format!("tags {}", tags.join(", "));
    if all.chars().count() <= TAG_CHARACTERS {
        return all;
    }
    all.chars().take(TAG_CHARACTERS - 1).chain(['…']).collect()
}

/// Most entries of a tally that are shown.
const TALLY: usize = 10;

/// Counts by name, the largest first: `Code 3, Team 1`.
pub(in crate::render) fn tally(counts: &BTreeMap<String, usize>) -> String {
    let mut sorted: Vec<(&String, &usize)> = counts.iter().collect();
    sorted.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
    let more = sorted.len().saturating_sub(TALLY);
    let mut shown: Vec<String> = sorted.iter().take(TALLY).map(|(name, count)| format!("{name} {count}")).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
