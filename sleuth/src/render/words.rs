//! Findings in words. Every word matches the outcome: "was" is said only of what was done.

use crate::{
    keys::{AccessKeyId, Action, Cause, Days},
    report::{Finding, Outcome},
};

/// What was, would be or could not be done about a finding.
pub(super) fn consequence(finding: &Finding) -> String {
    let reason = finding.reason.as_deref().unwrap_or("no reason is known");
    match (finding.action, finding.outcome) {
        (Action::Disable, Outcome::Planned | Outcome::None) => "would be disabled".to_owned(),
        (Action::Disable, Outcome::Done) => "was disabled".to_owned(),
        (Action::Disable, Outcome::Failed) => format!("could not be disabled: {reason}"),
        (Action::Disable, Outcome::Held) => format!("left as it is: {reason}"),
        (Action::Warn, _) => expiry(finding),
        (Action::None, _) => finding.reason.clone().unwrap_or_default(),
    }
}

/// When a key that is warned about expires.
fn expiry(finding: &Finding) -> String {
    let left = finding.days_left.unwrap_or(Days(0));
    match finding.cause {
        Some(Cause::Inactivity) => format!("expires in {left} unless it is used"),
        _ => format!("expires in {left}"),
    }
}

/// What was, would be or could not be done, for a table: of warnings it says what became of them.
#[cfg(feature = "cli")]
pub(super) fn action(finding: &Finding) -> String {
    if finding.action != Action::Warn {
        return consequence(finding);
    }
    let expiry = expiry(finding);
    let reason = finding.reason.as_deref();
    match (finding.outcome, reason) {
        (Outcome::Done, _) => format!("owner was told: {expiry}"),
        (Outcome::Failed, reason) => format!("owner could not be told: {}", reason.unwrap_or("no reason is known")),
        (Outcome::Held, reason) => format!("owner was not told: {}", reason.unwrap_or("no reason is known")),
        (_, Some(note)) => format!("would warn: {expiry}; {note}"),
        (_, None) => format!("would warn: {expiry}"),
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
