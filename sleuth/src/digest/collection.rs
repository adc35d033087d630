//! Reports and documents, in any order and any of them twice, into a digest.

use std::collections::{BTreeMap, BTreeSet};

use notifier::DeliveryReport;

use super::{Action, Counts, Deed, Digest, Incomplete, OfAccount, OfOwner, Span, VERSION};
use crate::{
    facts::{Account, ReadError},
    report::ReportError,
};

/// What was found so far.
#[derive(Debug, Clone)]
pub struct Collection {
    pub(super) span: Span,
    accounts: BTreeMap<String, Found>,
    incomplete: BTreeMap<Run, Incomplete>,
    errors: BTreeSet<ReportError>,
}

/// A run: its account, the audit, its name.
pub(super) type Run = (String, &'static str, String);

/// What was found about one account.
#[derive(Debug, Clone, Default)]
struct Found {
    account: Account,
    runs: BTreeSet<Run>,
    entries: BTreeMap<Id, Entry>,
}

/// What tells an entry from others: its run, what it is about, what it called for.
pub(super) type Id = (Run, String, &'static str);

/// What became of one finding of one run. The order is that of weight: of what is told twice the weightier counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// The owner was told.
    Notice,
    /// It was not tried, for this reason.
    Held(String),
    /// It was done or tried, to something of this owner.
    Deed(Option<String>, Box<Deed>),
}

/// Where an account is kept: by its id, else by what else is known of it.
pub(super) fn name(account: &Account) -> String {
    account.id.as_ref().or(account.alias.as_ref()).map_or_else(|| "unknown".to_owned(), Clone::clone)
}

impl Collection {
    /// Nothing yet, of this time.
    pub fn new(span: Span) -> Self {
        Self { span, accounts: BTreeMap::new(), incomplete: BTreeMap::new(), errors: BTreeSet::new() }
    }

    /// Notes that something could not be read.
    pub fn fail(&mut self, subject: &str, error: &ReadError) {
        self.errors.insert(ReportError::read(subject, error));
    }

    /// Notes a run that was told to act.
    pub(super) fn ran(&mut self, account: &Account, run: Run) {
        self.of(account).runs.insert(run);
    }

    /// Notes what became of a finding.
    pub(super) fn add(&mut self, account: &Account, id: Id, entry: Entry) {
        let found = self.of(account);
        found.runs.insert(id.0.clone());
        match found.entries.get_mut(&id) {
            Some(known) if *known >= entry => {}
            Some(known) => *known = entry,
            None => {
                found.entries.insert(id, entry);
            }
        }
    }

    /// Notes a run that is not whole.
    pub(super) fn lack(&mut self, id: Run, run: Incomplete) {
        match self.incomplete.get_mut(&id) {
            Some(known) if *known >= run => {}
            Some(known) => *known = run,
            None => {
                self.incomplete.insert(id, run);
            }
        }
    }

    /// What is known of an account; a source may know its alias which another does not.
    fn of(&mut self, account: &Account) -> &mut Found {
        let found = self.accounts.entry(name(account)).or_default();
        let Account { id, alias } = account;
        found.account.id = found.account.id.take().or_else(|| id.clone());
        found.account.alias = found.account.alias.take().max(alias.clone());
        found
    }

    /// The digest.
    pub fn finish(self) -> Digest {
        let accounts: Vec<OfAccount> = self.accounts.into_values().map(of_account).collect();
        let mut summary = Counts::default();
        for account in &accounts {
            summary.join(&account.summary);
        }
        Digest {
            version: VERSION,
            kind: "digest",
            span: self.span,
            summary,
            accounts,
            incomplete: self.incomplete.into_values().collect(),
            errors: self.errors.into_iter().collect(),
            deliveries: DeliveryReport::default(),
        }
    }
}

fn of_account(found: Found) -> OfAccount {
    let Found { account, runs, entries } = found;
    let mut summary = Counts { runs: runs.len(), ..Counts::default() };
    let mut held = BTreeMap::new();
    let mut owners: BTreeMap<(bool, Option<String>), Vec<Deed>> = BTreeMap::new();
    for entry in entries.into_values() {
        match entry {
            Entry::Notice => summary.notices += 1,
            Entry::Held(reason) => {
                summary.held += 1;
                *held.entry(reason).or_insert(0) += 1;
            }
            Entry::Deed(owner, deed) => {
                summary.add(&deed);
                // Those of nobody known come last.
                owners.entry((owner.is_none(), owner)).or_default().push(*deed);
            }
        }
    }
    let of_owner = |((_, owner), mut deeds): (_, Vec<Deed>)| {
        deeds.sort();
        OfOwner { owner, deeds }
    };
    OfAccount { account, summary, owners: owners.into_iter().map(of_owner).collect(), held }
}

impl Action {
    /// The change of that name, as reports and documents have it.
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Disable, Self::Repair, Self::Stop, Self::Terminate].into_iter().find(|action| action.as_str() == word)
    }

    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Repair => "repair",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
        }
    }
}

/// What an action that is no change is called where it was done: somebody was told.
pub(super) const NOTICE: &str = "notice";
/// What is said where no reason is known.
pub(super) const NO_REASON: &str = "no reason is known";
