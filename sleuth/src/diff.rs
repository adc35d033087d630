//! What changed between two reports. Pure.
//!
//! Nothing is called new or fixed that is not known to be: where one of the reports could not see, it cannot be told.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    facts::{Account, UserName},
    keys::{AccessKeyId, Cause},
    report::{
        VERSION,
        keys::AlertKind,
        saved::{SavedAudit, SavedReport},
    },
    tags::{InstanceId, RegionName},
};

mod compare;
mod doubt;
mod keys;
mod notes;
mod tags;

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// [`VERSION`].
    pub version: u32,
    /// `diff`.
    pub kind: &'static str,
    /// The audit whose reports these are: `keys` or `tags`.
    pub of: &'static str,
    /// The report before.
    pub old: Origin,
    /// The report after.
    pub new: Origin,
    /// What else differs, and may be why the findings do.
    pub notes: Vec<String>,
    /// Counts.
    pub summary: Summary,
    /// What is not as it was, the worst first.
    pub changes: Vec<Entry>,
    /// What the runs of both reports did.
    pub actions: Vec<Done>,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The account.
    pub account: Account,
    /// The time its ages are counted to.
    pub generated_at: DateTime<Utc>,
    /// Whether everything could be read that findings depend on.
    pub complete: bool,
}

/// Counts by what became of findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// [`Change::New`].
    pub new: usize,
    /// [`Change::Worse`].
    pub worse: usize,
    /// [`Change::Changed`].
    pub changed: usize,
    /// [`Change::Unknown`].
    pub unknown: usize,
    /// [`Change::Better`].
    pub better: usize,
    /// [`Change::Fixed`].
    pub fixed: usize,
    /// Findings that are exactly as bad as they were; those that are in order in both reports are not counted.
    pub unchanged: usize,
}

/// What became of a finding. The order is that of the list, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was not there, or in order, and now is not.
    New,
    /// It was bad, and is worse.
    Worse,
    /// It is as bad as it was, by other rules.
    Changed,
    /// It cannot be told.
    Unknown,
    /// It is not as bad as it was.
    Better,
    /// It is in order now, or gone.
    Fixed,
    /// It is as it was.
    Unchanged,
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// What became of it.
    pub change: Change,
    /// What it is.
    #[serde(flatten)]
    pub subject: Subject,
    /// What the report before says of it.
    pub was: Side,
    /// What the report after says.
    pub is: Side,
    /// Why it cannot be told what became of it, where that is so.
    pub reason: Option<String>,
}

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "about", rename_all = "lowercase")]
pub enum Subject {
    /// Something that could not wait.
    Alert {
        /// What it is.
        kind: AlertKind,
        /// The user; `null`: the root user.
        user: Option<UserName>,
    },
    /// An access key.
    Key {
        /// Its user.
        user: UserName,
        /// Its id; `null`: all keys of the user that are known without one.
        key_id: Option<AccessKeyId>,
    },
    /// An instance.
    Instance {
        /// Its region.
        region: RegionName,
        /// Its id.
        instance_id: InstanceId,
        /// Its `Name` tag.
        name: Option<String>,
        /// Its owner, if one is known.
        owner: Option<String>,
    },
}

/// What one report says of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The status, as the report has it; `absent`: it is not in the report, and would be if it were there; `unknown`:
    /// nobody knows. Of alerts `alert`.
    pub status: &'static str,
    /// Why a key has that status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Whether nothing is asked of it for now.
    pub exempt: bool,
    /// Rules that an instance violates.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Grade>,
    /// How bad that is.
    #[serde(skip)]
    standing: Standing,
}

/// How far a rule is violated. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nobody knows whether it is.
    Unknown,
    /// There are some minutes left.
    Grace,
    /// There are none.
    Due,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nobody knows.
    Unknown,
    /// In order: 0. What is exempt is not as bad as anything that is not.
    Known { severity: u8, exempt: bool },
}

/// Something that the run of a report did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Which report: what the run before did may be why something is fixed; what the run after did is not seen yet.
    pub by: Run,
    /// What it was done to.
    #[serde(flatten)]
    pub subject: Subject,
    /// What was done: `disable`, `repair`, `stop`, `terminate`.
    pub action: &'static str,
    /// What else there is to know.
    pub reason: Option<String>,
}

/// One of the two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// That of the report before.
    Old,
    /// That of the report after.
    New,
}

/// The reports are of two audits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only reports of one audit can be compared")]
pub struct KindsDiffer;

/// What changed from one report to another.
pub fn diff(old: &SavedReport, new: &SavedReport) -> Result<Diff, KindsDiffer> {
    let (entries, actions) = match (&old.audit, &new.audit) {
        (SavedAudit::Keys(was), SavedAudit::Keys(is)) => {
            let entries = keys::entries((was, &doubt::of(old)), (is, &doubt::of(new)));
            (entries, [keys::done(Run::Old, was), keys::done(Run::New, is)].concat())
        }
        (SavedAudit::Tags(was), SavedAudit::Tags(is)) => {
            (tags::entries(was, is), [tags::done(Run::Old, was), tags::done(Run::New, is)].concat())
        }
        _ => return Err(KindsDiffer),
    };
    let summary = Summary::of(&entries);
    let mut changes: Vec<Entry> = entries.into_iter().filter(|entry| entry.change != Change::Unchanged).collect();
    changes.sort_by(|a, b| (a.change, a.is.exempt, &a.subject).cmp(&(b.change, b.is.exempt, &b.subject)));
    let origin = |report: &SavedReport| Origin {
        account: report.account.clone(),
        generated_at: report.generated_at,
        complete: doubt::of(report).is_none(),
    };
    Ok(Diff {
        version: VERSION,
        kind: "diff",
        of: old.audit.kind(),
        old: origin(old),
        new: origin(new),
        notes: notes::notes(old, new),
        summary,
        changes,
        actions,
    })
}

impl Diff {
    /// Whether all of both reports could be compared.
    pub fn is_complete(&self) -> bool {
        self.old.complete && self.new.complete && self.summary.unknown == 0
    }

    /// Whether something became that, and is not exempt.
    pub fn has(&self, changes: &[Change]) -> bool {
        self.changes.iter().any(|entry| !entry.is.exempt && changes.contains(&entry.change))
    }
}

impl Summary {
    fn of(entries: &[Entry]) -> Self {
        let count = |change| entries.iter().filter(|entry| entry.change == change).count();
        let same = |entry: &&Entry| entry.change == Change::Unchanged && entry.is.is_bad();
        Self {
            new: count(Change::New),
            worse: count(Change::Worse),
            changed: count(Change::Changed),
            unknown: count(Change::Unknown),
            better: count(Change::Better),
            fixed: count(Change::Fixed),
            unchanged: entries.iter().filter(same).count(),
        }
    }
}

impl Change {
    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
            Self::Better => "better",
            Self::Fixed => "fixed",
            Self::Unchanged => "unchanged",
        }
    }
}

#[cfg(test)]
mod tests;
