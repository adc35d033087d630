//! Findings in words. Every word matches the outcome: "was" is said only of what was done.

use crate::{
    keys::{AccessKeyId, Action, Days},
    report::{Finding, Outcome},
};

/// What was, would be or could not be done about a finding, or when it expires.
pub(super) fn consequence(finding: &Finding) -> String {
    let reason = finding.reason.as_deref();
    let because = reason.unwrap_or("no reason is known");
    match (finding.action, finding.outcome) {
        (Action::Disable, Outcome::Planned | Outcome::None) => "would be disabled".to_owned(),
        (Action::Disable, Outcome::Done) => "was disabled".to_owned(),
        (Action::Disable, Outcome::Failed) => format!("could not be disabled: {because}"),
        (Action::Disable, Outcome::Held) => format!("would be disabled, but {because}"),
        // The reason of a warning says when the key expires.
        (Action::Warn | Action::None, _) => reason.unwrap_or_default().to_owned(),
    }
}

/// The same for a table, which also says what became of warnings and notices.
#[cfg(feature = "cli")]
pub(super) fn action(finding: &Finding) -> String {
    let words = consequence(finding);
    match (finding.action, finding.outcome, &finding.reason) {
        (Action::Warn, Outcome::Planned, _) => format!("would warn: {words}"),
        (Action::Warn, Outcome::Done, _) => format!("notice was sent: {words}"),
        (Action::Warn, Outcome::Failed, _) => format!("notice could not be sent: {words}"),
        (Action::Warn, _, _) => format!("no notice was sent: {words}"),
        (Action::Disable, Outcome::Done, Some(note)) => format!("{words}; {note}"),
        _ => words,
    }
}

/// Age and last use.
pub(super) fn history(finding: &Finding) -> String {
    let age = finding.age_days.map_or_else(|| "of unknown age".to_owned(), |age| format!("{age} old"));
    match (finding.last_used, finding.idle_days) {
        (Some(_), Some(Days(0))) => format!("{age}, last used today{}", place(finding)),
        (Some(_), Some(idle)) => format!("{age}, last used {idle} ago{}", place(finding)),
        (None, Some(_)) => format!("{age}, never used"),
        (_, None) => age,
    }
}

fn place(finding: &Finding) -> String {
    match (&finding.last_used_service, &finding.last_used_region) {
        (Some(service), Some(region)) => format!(" ({service} in {region})"),
        (Some(service), None) => format!(" ({service})"),
        _ => String::new(),
    }
}

/// An access key id that its owner recognises and others cannot look up: `AKIA…7F3Q`.
pub(super) fn masked(key: &AccessKeyId) -> String {
    let chars: Vec<char> = key.0.chars().collect();
    match (chars.get(..4), chars.len().checked_sub(4).and_then(|start| chars.get(start..))) {
        (Some(first), Some(last)) if chars.len() >= 12 => first.iter().chain(&['…']).chain(last).collect(),
        _ => key.0.clone(),
    }
}
