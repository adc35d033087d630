//! What was done in words. Every word matches the outcome.

use crate::{
    digest::{Action, Counts, Deed, OfAccount, Target},
    keys::AccessKeyId,
    render::words::{keys::masked, tags as of_tags},
    report::Outcome,
    tags::{State, owner::FoundBy},
};

/// Who owns it, and how that is known if not by a tag.
pub(in crate::render) fn owner(name: Option<&str>, deed: &Deed) -> String {
    let name = name.unwrap_or("unknown owner");
    match (deed.found_by, &deed.detail) {
        (Some(FoundBy::RoleSession), Some(role)) => format!("{name} (launched it, {role})"),
        (Some(FoundBy::Cloudtrail | FoundBy::RoleSession), _) => format!("{name} (launched it)"),
        (Some(FoundBy::Unknown), Some(why)) => format!("{name} ({why})"),
        _ => name.to_owned(),
    }
}

/// What it is.
pub(in crate::render) fn target(target: &Target) -> String {
    match target {
        Target::Key { user, key_id, .. } => {
            let key = key_id.as_ref().map(|key: &AccessKeyId| format!(" {}", masked(key))).unwrap_or_default();
            format!("key{key} of {user}")
        }
        Target::Instance { region, instance_id, name, .. } => {
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{instance_id}{name} in {region}")
        }
    }
}

/// What it was like.
pub(in crate::render) fn history(target: &Target) -> String {
    match target {
        Target::Key { age_days, idle_days, .. } => {
            let days = |count: i64| format!("{count} day{}", if count == 1 { "" } else { "s" });
            let age = age_days.map_or_else(|| "of unknown age".to_owned(), |age| format!("{} old", days(age)));
            let idle = match idle_days {
                None => String::new(),
                Some(0) => ", used within a day".to_owned(),
                Some(idle) => format!(", unused for {}", days(*idle)),
            };
            format!("{age}{idle}")
        }
        Target::Instance { age_minutes, tags, .. } => {
            format!("{}, {}", of_tags::age(*age_minutes), of_tags::shown(tags))
        }
    }
}

/// What was wrong, what was done about it, and why if that failed.
pub(in crate::render) fn deed(deed: &Deed) -> String {
    let because = deed.reason.as_deref().unwrap_or("no reason is known");
    let (done, could) = match (&deed.target, deed.action) {
        (Target::Instance { repairs, .. }, Action::Repair) => {
            (format!("tags were set: {}", repairs.join(", ")), "tags could not be set")
        }
        (Target::Key { .. }, _) => ("was disabled".to_owned(), "could not be disabled"),
        (Target::Instance { state: State::Terminated, .. }, Action::Terminate) => {
            ("was terminated".to_owned(), "could not be terminated")
        }
        (_, Action::Terminate) => ("was being terminated when it was last seen".to_owned(), "could not be terminated"),
        (Target::Instance { state: State::Stopped, .. }, _) => ("was stopped".to_owned(), "could not be stopped"),
        (Target::Instance { .. }, _) => ("was being stopped when it was last seen".to_owned(), "could not be stopped"),
    };
    let what = match (deed.outcome, &deed.reason) {
        (Outcome::Done, None) => done,
        (Outcome::Done, Some(note)) => format!("{done}; {note}"),
        _ => format!("{could}: {because}"),
    };
    match &deed.target {
        Target::Instance { wrong, .. } if !wrong.is_empty() => format!("{}: {what}", wrong.join("; ")),
        _ => what,
    }
}

/// Counts that are not 0: `2 terminated, 1 failed`.
pub(in crate::render) fn counts(counts: &Counts) -> String {
    let Counts { runs, disabled, repaired, stopped, terminated, failed, held, notices } = *counts;
    let parts = [
        (terminated, "terminated"),
        (stopped, "stopped"),
        (repaired, "repaired"),
        (disabled, "disabled"),
        (failed, "failed"),
        (held, "held"),
        (notices, if notices == 1 { "notice sent" } else { "notices sent" }),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let parts = if parts.is_empty() { "nothing was done".to_owned() } else { parts.join(", ") };
    format!("{parts} in {runs} run{}", if runs == 1 { "" } else { "s" })
}

/// What was held, by why, the most frequent reason first.
pub(in crate::render) fn held(account: &OfAccount) -> Vec<String> {
    let mut reasons: Vec<(&String, &usize)> = account.held.iter().collect();
    reasons.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
    let more: usize = reasons.iter().skip(REASONS).map(|(_, count)| **count).sum();
    let mut lines: Vec<String> =
        reasons.iter().take(REASONS).map(|(reason, count)| format!("{count} not tried: {reason}")).collect();
    if more > 0 {
        lines.push(format!("{more} more not tried, for other reasons"));
    }
    lines
}

/// Most reasons that are shown.
const REASONS: usize = 5;
