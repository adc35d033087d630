//! What a report says was done.

use super::{
    Action, Collection, Deed, Incomplete, Target,
    collection::{Entry, NO_REASON, NOTICE, Run, name},
};
use crate::{
    facts::pairs,
    keys,
    report::{
        Outcome,
        saved::{Instance, Key, SavedAudit, SavedReport},
    },
    tags::Action as OnTags,
};

impl Collection {
    /// Takes in a report. One of another time is passed over, and of one that was not told to act only what is missing in it
    /// is told.
    pub fn report(&mut self, report: &SavedReport) {
        if !self.span.contains(report.generated_at) {
            return;
        }
        let run: Run = (name(&report.account), report.audit.kind(), report.run());
        if let Some(first) = report.errors.first() {
            let lacking = Incomplete {
                account: report.account.clone(),
                audit: report.audit.kind(),
                at: report.generated_at,
                run: report.run(),
                count: report.errors.len(),
                first: format!("{}: {}: {}", first.subject, first.operation, first.message),
            };
            self.lack(run.clone(), lacking);
        }
        if !report.applied {
            return;
        }
        self.ran(&report.account, run.clone());
        match &report.audit {
            SavedAudit::Keys(audit) => {
                for key in &audit.keys {
                    if let Some((word, entry)) = of_key(report, key) {
                        self.add(&report.account, (run.clone(), key.subject(), word), entry);
                    }
                }
            }
            SavedAudit::Tags(audit) => {
                for found in &audit.instances {
                    if let Some((word, entry)) = of_instance(report, found) {
                        let subject = format!("{} {}", found.region, found.instance_id);
                        self.add(&report.account, (run.clone(), subject, word), entry);
                    }
                }
            }
        }
    }
}

/// What became of a finding, by its action, outcome and reason; none if that is no matter of a digest.
pub(super) fn entry(
    action: Option<Action>,
    notice: bool,
    outcome: Outcome,
    reason: Option<&str>,
    deed: impl FnOnce(Action) -> (Option<String>, Deed),
) -> Option<(&'static str, Entry)> {
    match (action, outcome) {
        (Some(action), Outcome::Done | Outcome::Failed) => {
            let (owner, deed) = deed(action);
            Some((action.as_str(), Entry::Deed(owner, Box::new(deed))))
        }
        (Some(action), Outcome::Held) => Some((action.as_str(), Entry::Held(reason.unwrap_or(NO_REASON).to_owned()))),
        (None, Outcome::Done) if notice => Some((NOTICE, Entry::Notice)),
        _ => None,
    }
}

fn of_key(report: &SavedReport, key: &Key) -> Option<(&'static str, Entry)> {
    let action = (key.action == keys::Action::Disable).then_some(Action::Disable);
    let notice = key.action == keys::Action::Warn;
    entry(action, notice, key.outcome, key.reason.as_deref(), |action| {
        let target = Target::Key {
            user: key.user.clone(),
            key_id: key.key_id.clone(),
            age_days: key.age_days,
            idle_days: key.idle_days,
        };
        let Key { outcome, reason, .. } = key.clone();
        let (at, run) = (report.generated_at, report.run());
        (Some(key.name.clone()), Deed { at, run, target, found_by: None, detail: None, action, outcome, reason })
    })
}

fn of_instance(report: &SavedReport, found: &Instance) -> Option<(&'static str, Entry)> {
    let action = Action::parse(found.action.as_str());
    let notice = found.action == OnTags::Notify;
    entry(action, notice, found.outcome, found.reason.as_deref(), |action| {
        let target = Target::Instance {
            region: found.region.clone(),
            instance_id: found.instance_id.clone(),
            name: found.name.clone(),
            state: found.state.clone(),
            age_minutes: found.age_minutes,
            tags: pairs(&found.tags),
            repairs: pairs(&found.repairs),
            wrong: found.violations.iter().map(|violation| violation.message.clone()).collect(),
        };
        let Instance { owner, outcome, reason, .. } = found.clone();
        let (at, run) = (report.generated_at, report.run());
        let deed =
            Deed { at, run, target, found_by: Some(owner.found_by), detail: owner.detail, action, outcome, reason };
        (owner.name, deed)
    })
}
