//! What a step says besides what is done.

use super::Action;
use crate::tags::{
    audit::{Due, Mending, Verdict, Violation},
    exempt::Exemption,
    rules::Response,
};

/// Why an instance that violates a rule is left alone for now.
pub(super) fn waiting(verdict: &Verdict) -> Option<String> {
    let left = verdict.violations.iter().filter_map(|violation| match violation.due {
        Due::In(minutes) => Some(minutes),
        Due::Now | Due::Unknown => None,
    });
    left.min().map(|minutes| {
        format!("in its grace period for {minutes} more {}", if minutes == 1 { "minute" } else { "minutes" })
    })
}

/// What else there is to know: what could not be read or repaired, who would replace the instance, a tag that was meant
/// to exempt it.
pub(super) fn note(verdict: &Verdict, action: Action) -> Option<String> {
    let mut notes: Vec<String> =
        verdict.unread.iter().map(|error| format!("could not be judged whole: {error}")).collect();
    if action != Action::None {
        notes.extend(verdict.due().filter_map(|violation| unmended(violation, action)));
        notes.extend(milder(verdict, action));
        notes.extend(verdict.exemption.as_ref().and_then(Exemption::complaint));
    }
    notes.into_iter().reduce(|one, other| format!("{one}; {other}"))
}

/// Why a repair is not made.
fn unmended(violation: &Violation, action: Action) -> Option<String> {
    match &violation.mending {
        Mending::None | Mending::Planned => None,
        Mending::Impossible(reason) => Some(format!("`{}` cannot be set: {reason}", violation.tag)),
        Mending::Unknown(reason) => {
            let spared = action == Action::Notify && violation.response > Response::Notify;
            let spared = if spared { ", so that nothing else is done either" } else { "" };
            let tag = if violation.tag == "*" { "a tag".to_owned() } else { format!("`{}`", violation.tag) };
            Some(format!("{tag} is not set: {reason}{spared}"))
        }
    }
}

/// Why less is done than rules call for.
fn milder(verdict: &Verdict, action: Action) -> Option<String> {
    let manager = verdict.manager.as_deref();
    let open = || verdict.violations.iter().filter(|violation| violation.is_open());
    if action == Action::Repair {
        return open().next().map(|_| "what else is wrong is left to the next run".to_owned());
    }
    let spared = open().any(|violation| violation.managed.spares(manager) && violation.response > Response::Notify);
    match (action, verdict.response, manager) {
        (Action::Notify, Some(Response::Stop), _) => Some(format!("it is {} already", verdict.instance.state.as_str())),
        (Action::Notify, _, Some(manager)) if spared => Some(format!("only reported, as {manager} would replace it")),
        _ => None,
    }
}
