//! What else differs between two reports.

use std::collections::BTreeSet;

use crate::report::saved::{SavedAudit, SavedReport};

/// The setting that says where rules are kept, which is no matter of what they ask.
const RULES_FROM: &str = "rules_from";

/// What a reader of the differences should know first.
pub(super) fn notes(old: &SavedReport, new: &SavedReport) -> Vec<String> {
    let account = match (&old.account.id, &new.account.id) {
        (Some(one), Some(other)) if one == other => None,
        (Some(_), Some(_)) => Some(format!(
            "these are two accounts, {} and {}: what is in one of them only counts as fixed or new",
            old.account, new.account
        )),
        _ => Some("it is not known whether both reports are about one account".to_owned()),
    };
    let turned = (new.generated_at < old.generated_at).then(|| {
        let form = "%Y-%m-%d %H:%M UTC";
        let (new, old) = (new.generated_at.format(form), old.generated_at.format(form));
        format!("the second report is older than the first: {new}, {old}")
    });
    let names: BTreeSet<&String> = old.policy.keys().chain(new.policy.keys()).collect();
    let differs = |name: &&String| **name != RULES_FROM && old.policy.get(*name) != new.policy.get(*name);
    let names: Vec<&str> = names.into_iter().filter(differs).map(String::as_str).collect();
    let policy = (!names.is_empty())
        .then(|| format!("the reports are by different settings ({}), which may be what changed", names.join(", ")));
    let regions = [unasked(old, new, "second"), unasked(new, old, "first")];
    [account, turned, policy].into_iter().chain(regions).flatten().collect()
}

/// Regions that one report is about and the other is not.
fn unasked(one: &SavedReport, other: &SavedReport, which: &str) -> Option<String> {
    let (SavedAudit::Tags(one), SavedAudit::Tags(other)) = (&one.audit, &other.audit) else { return None };
    let missing = one.regions.iter().filter(|region| other.regions.iter().all(|asked| asked.region != region.region));
    let missing: Vec<&str> = missing.map(|region| region.region.0.as_str()).collect();
    (!missing.is_empty()).then(|| format!("the {which} report is not about {}", missing.join(", ")))
}
