//! One report on many accounts, made of one on each.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use notifier::{DeliveryReport, PartDelivery};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Report, ReportError, VERSION, hex, undelivered};
use crate::{
    facts::ReadError,
    organization::{Member, Skipped},
};

mod keys;
mod tags;

/// A report on many accounts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountsReport<Audit> {
    /// [`VERSION`].
    pub version: u32,
    /// `keys-accounts` or `tags-accounts`.
    pub kind: &'static str,
    /// A name for this run.
    pub run: String,
    /// The time it began.
    pub generated_at: DateTime<Utc>,
    /// Whether the run was told to act.
    pub applied: bool,
    /// Why nothing is done in any account, if something stopped all changes. Each account may have a brake of its own.
    pub brake: Option<String>,
    /// Counts.
    pub summary: Summary,
    /// Accounts that could not be audited, then what could not be done for all of them together, and what was not delivered.
    pub errors: Vec<ReportError>,
    /// Accounts left out, and why.
    pub skipped: Vec<Skipped>,
    /// Names that the organization or the list gives to accounts, by id.
    pub names: BTreeMap<String, String>,
    /// A report on each account, as a run on it alone makes it, by id.
    pub accounts: Vec<Report<Audit>>,
    /// What was sent, part by part.
    pub deliveries: DeliveryReport,
}

/// Counts of a report on many accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Accounts to be audited.
    pub accounts: usize,
    /// Of those, accounts that were.
    pub audited: usize,
    /// Of these, accounts of which something could not be read, done or delivered.
    pub incomplete: usize,
    /// Accounts that could not be audited at all.
    pub failed: usize,
    /// Accounts left out.
    pub skipped: usize,
    /// The counts of all accounts together, by name.
    #[serde(flatten)]
    pub counts: BTreeMap<&'static str, usize>,
}

/// An audit, as a report on many accounts needs it.
pub trait Audited: Clone + Serialize {
    /// What a report on many accounts says it is.
    const KIND: &str;
    /// What a report on one says it is.
    const ONE: &str;
    /// What is counted of an account that is not to be summed up without a look, in the order of a table's columns.
    const LOUD: &[&str];
    /// The count of everything that is judged, and what that is called.
    const ALL: &str;
    /// See [`Self::ALL`].
    const THING: &str;
    /// Names of metrics, by the counts that they are of.
    const METRICS: &[(&str, &str)];
    /// Title of the message on all accounts in short.
    const TITLE: &str;

    /// The counts of an account, by name.
    fn counts(&self) -> Vec<(&'static str, usize)>;

    /// Holds every change that is planned, or tells that nobody knows what came of it. Says how many there were.
    fn unplan(&mut self, unplanned: Unplanned, reason: &str) -> usize;

    /// Takes for done what an earlier attempt of the same run seems to have done: changes of `planned` that were not made now
    /// because they are made already.
    fn resume(&mut self, planned: &Self);

    /// Takes in what came of telling people.
    fn told(report: &mut Report<Self>, told: &DeliveryReport, untried: bool);
}

/// What became of changes that were planned and are not known to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unplanned {
    /// They were not tried.
    Held,
    /// They may have been made.
    Lost,
}

/// What is wrong with a whole account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Which account.
    pub member: Member,
    /// Why there is no report on it.
    pub error: ReadError,
}

/// What a run over many accounts came to, account by account.
#[derive(Debug, Clone)]
pub struct Parts<Audit> {
    /// A report on each account that could be audited.
    pub reports: Vec<Report<Audit>>,
    /// The others.
    pub failed: Vec<Failed>,
    /// All accounts that were to be audited.
    pub members: Vec<Member>,
    /// Those that were not.
    pub skipped: Vec<Skipped>,
}

impl<Audit: Audited> AccountsReport<Audit> {
    /// A report on what was found at `now`, nothing done yet.
    pub fn new(parts: Parts<Audit>, now: DateTime<Utc>) -> Self {
        let Parts { mut reports, mut failed, members, skipped } = parts;
        reports.sort_by(|one, other| one.account.id.cmp(&other.account.id));
        failed.sort_by(|one, other| one.member.id.cmp(&other.member.id));
        let failure =
            |Failed { member, error }: &Failed| ReportError::read(&format!("account {}", shown(member)), error);
        let mut report = Self {
            version: VERSION,
            kind: Audit::KIND,
            run: run(&reports, now),
            generated_at: now,
            applied: false,
            brake: None,
            summary: Summary::default(),
            errors: failed.iter().map(failure).collect(),
            names: members.iter().filter_map(|member| Some((member.id.clone(), member.name.clone()?))).collect(),
            skipped,
            accounts: reports,
            deliveries: DeliveryReport::default(),
        };
        report.summary = Summary { accounts: members.len(), failed: failed.len(), ..Summary::default() };
        report.count();
        report
    }

    /// The same around other reports on accounts, which may be very many: they are not copied.
    #[must_use]
    pub fn around(&self, accounts: Vec<Report<Audit>>) -> Self {
        Self {
            version: self.version,
            kind: self.kind,
            run: self.run.clone(),
            generated_at: self.generated_at,
            applied: self.applied,
            brake: self.brake.clone(),
            summary: self.summary.clone(),
            errors: self.errors.clone(),
            skipped: self.skipped.clone(),
            names: self.names.clone(),
            accounts,
            deliveries: self.deliveries.clone(),
        }
    }

    /// Counts the accounts again. To be called whenever one has changed.
    pub fn count(&mut self) {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for (name, number) in self.accounts.iter().flat_map(|report| report.audit.counts()) {
            *counts.entry(name).or_default() += number;
        }
        self.summary = Summary {
            audited: self.accounts.len(),
            incomplete: self.accounts.iter().filter(|report| !report.is_complete()).count(),
            skipped: self.skipped.len(),
            counts,
            ..self.summary
        };
    }

    /// Takes in what was done: these reports in the place of those on the same accounts. All others had nothing to be done.
    pub fn take(&mut self, done: Vec<Report<Audit>>) {
        let mut done: BTreeMap<String, Report<Audit>> =
            done.into_iter().map(|report| (report.folder(), report)).collect();
        for report in &mut self.accounts {
            if let Some(done) = done.remove(&report.folder()) {
                let run = std::mem::take(&mut report.run);
                *report = Report { run, ..done };
            }
            report.applied = true;
        }
        self.applied = true;
        self.count();
    }

    /// Stops all changes that are planned, in every account.
    pub fn hold(&mut self, reason: &str) {
        for report in &mut self.accounts {
            report.stop(reason, BRAKED);
        }
        self.brake = Some(reason.to_owned());
        self.errors.push(ReportError {
            subject: "all accounts".to_owned(),
            operation: "brake".to_owned(),
            message: reason.to_owned(),
        });
        self.count();
    }

    /// The account as people know it: its id, and its alias or its name.
    pub fn name_of(&self, report: &Report<Audit>) -> String {
        let name = || self.names.get(report.account.id.as_ref()?);
        match (&report.account.alias, name()) {
            (None, Some(name)) => format!("{} ({name})", report.account),
            _ => report.account.to_string(),
        }
    }

    /// Whether there is nothing to look at in any account.
    pub fn is_quiet(&self) -> bool {
        let count = |name: &&str| self.summary.counts.get(*name).copied().unwrap_or_default();
        self.errors.is_empty() && Audit::LOUD.iter().map(count).sum::<usize>() == 0
    }

    /// Whether everything could be read, done and delivered.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.accounts.iter().all(Report::is_complete)
    }

    /// Keeps what was sent, and reports what was not.
    pub(crate) fn add(&mut self, parts: Vec<PartDelivery>) {
        let deliveries = DeliveryReport { parts };
        self.errors.extend(undelivered(&deliveries));
        self.deliveries.parts.extend(deliveries.parts);
    }

    /// Takes in what came of telling people.
    pub fn record_delivery(&mut self, deliveries: DeliveryReport) {
        let untried = deliveries.parts.is_empty();
        for report in &mut self.accounts {
            let own = of_account(&deliveries, &report.folder());
            Audit::told(report, &own, untried);
            report.errors.extend(undelivered(&own));
        }
        self.add(deliveries.parts);
        self.count();
    }
}

impl<Audit: Audited> Report<Audit> {
    /// Stops all changes that are planned in this account, and in no other.
    pub fn hold(&mut self, reason: &str) {
        self.stop(reason, reason);
    }

    /// Stops all changes that are planned, and says so of each in `words`.
    fn stop(&mut self, reason: &str, words: &str) {
        if self.audit.unplan(Unplanned::Held, words) > 0 {
            self.brake.get_or_insert_with(|| reason.to_owned());
            self.errors.push(ReportError {
                subject: "account".to_owned(),
                operation: "brake".to_owned(),
                message: reason.to_owned(),
            });
        }
    }

    /// Tells of all changes that are planned that nobody knows what came of them.
    pub fn lose(&mut self, reason: &str) {
        if self.audit.unplan(Unplanned::Lost, reason) > 0 {
            self.errors.push(ReportError {
                subject: "account".to_owned(),
                operation: "apply".to_owned(),
                message: reason.to_owned(),
            });
        }
    }

    /// Whether something in it is to be looked at, which people may be told of.
    pub fn calls_for_words(&self) -> bool {
        !self.is_complete()
            || self.audit.counts().iter().any(|(name, number)| Audit::LOUD.contains(name) && *number > 0)
    }

    /// The account's own name among all that is said about many.
    pub fn folder(&self) -> String {
        self.account.id.clone().unwrap_or_else(|| "unknown".to_owned())
    }
}

/// What is said of a change that was found made in a later attempt.
const RESUMED: &str =
    "found done by an attempt of this run after an earlier one was broken off, which seems to have done it";

/// Why a change is not made that the brake stopped.
const BRAKED: &str = "the brake stopped all changes of this run";

/// What tells what is about one account from what is about others, in front of a subject.
pub(crate) fn qualified(account: &str, subject: &str) -> String {
    // What is about nobody in particular stays so.
    if subject.is_empty() { String::new() } else { format!("{account}:{subject}") }
}

/// The parts that speak of an account, as far as they do. Their texts are about others, too, and are left out.
fn of_account(deliveries: &DeliveryReport, account: &str) -> DeliveryReport {
    let prefix = qualified(account, "-");
    let prefix = prefix.trim_end_matches('-');
    let own = deliveries.parts.iter().filter_map(|part| {
        let subjects: BTreeSet<String> =
            part.subjects.iter().filter_map(|subject| subject.strip_prefix(prefix).map(ToOwned::to_owned)).collect();
        let mut part = (!subjects.is_empty()).then(|| part.clone())?;
        part.subjects = subjects.into_iter().collect();
        Some(part)
    });
    DeliveryReport { parts: own.collect() }
}

/// An account as people know it.
pub(crate) fn shown(member: &Member) -> String {
    member.name.as_ref().map_or_else(|| member.id.clone(), |name| format!("{} ({name})", member.id))
}

/// Two runs of one second differ, unless they found the very same.
fn run<Audit>(reports: &[Report<Audit>], at: DateTime<Utc>) -> String {
    let all = reports.iter().fold(Sha256::new(), |hash, report| hash.chain_update(&report.run).chain_update("\n"));
    format!("{}-{}", at.format("%Y%m%dT%H%M%SZ"), hex(all.finalize().iter().take(6)))
}

#[cfg(test)]
mod tests;
