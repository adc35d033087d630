//! A report on many accounts as one message a reader: the accounts in short, then what is to be said of each.

use notifier::{Address, Colour, Group, Line, Messages, Notification, OwnerMessage, Span};

use super::{WHOLE, overview};
use crate::{
    render::{text::count, words::accounts as words},
    report::{
        Report,
        accounts::{AccountsReport, Audited, qualified},
    },
};

/// How many accounts, and how many failures, are named in short.
const MOST_NAMED: usize = 50;

/// All that is to be said, of what `of_one` says of each account. `link`: where the whole report is.
pub fn merged<Audit: Audited>(
    report: &AccountsReport<Audit>,
    of_one: impl Fn(&Report<Audit>) -> Messages,
    link: Option<&str>,
) -> Messages {
    let (mut everyone, mut owners) = (Merging::default(), Merging::default());
    for account in &report.accounts {
        let name = report.name_of(account);
        let Messages { everyone: of_account, owners: of_owners, .. } = of_one(account);
        for notification in of_account {
            everyone.add((), &name, own(notification, &account.folder()));
        }
        for OwnerMessage { to, notification } in of_owners {
            owners.add(to, &name, own(notification, &account.folder()));
        }
    }
    let details = everyone.finish(report);
    if details.is_empty() && report.is_complete() {
        return Messages::default();
    }
    let short = in_short(report, link);
    let everyone = std::iter::once(short.clone()).chain(details.into_iter().map(|((), notification)| notification));
    let message = |(to, notification)| OwnerMessage { to, notification };
    Messages {
        everyone: everyone.collect(),
        owners: owners.finish(report).into_iter().map(message).collect(),
        overview: Some(short),
        file: None,
    }
}

/// A notification whose lines can be told from those about other accounts. Counts of one account are left out: those of all
/// stand elsewhere.
fn own(mut notification: Notification, account: &str) -> Notification {
    notification.groups.retain(|group| group.lines.iter().any(|line| !line.subject.is_empty()));
    for line in notification.groups.iter_mut().flat_map(|group| &mut group.lines) {
        line.subject = qualified(account, &line.subject);
    }
    notification
}

/// Notifications about accounts, by reader, title and instructions.
struct Merging<Reader> {
    all: Vec<(Reader, Vec<(String, Notification)>)>,
}

impl<Reader> Default for Merging<Reader> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<Reader: SameReader> Merging<Reader> {
    fn add(&mut self, reader: Reader, account: &str, notification: Notification) {
        let same = |(_, known): &(String, Notification)| {
            known.title == notification.title && known.instructions == notification.instructions
        };
        let place = self.all.iter().position(|(other, parts)| reader.is(other) && parts.first().is_some_and(same));
        let part = (account.to_owned(), notification);
        match place.and_then(|place| self.all.get_mut(place)) {
            Some((_, parts)) => parts.push(part),
            None => self.all.push((reader, vec![part])),
        }
    }

    fn finish<Audit: Audited>(self, report: &AccountsReport<Audit>) -> Vec<(Reader, Notification)> {
        let brake = report.brake.as_ref().map(|reason| format!("Nothing was changed in any account: {reason}"));
        let merged = |(reader, parts): (Reader, Vec<(String, Notification)>)| (reader, merge(parts, brake.as_deref()));
        self.all.into_iter().map(merged).filter(|(_, notification)| !notification.is_empty()).collect()
    }
}

/// Whether two messages are for the same reader.
trait SameReader {
    fn is(&self, other: &Self) -> bool;
}

impl SameReader for () {
    fn is(&self, (): &Self) -> bool {
        true
    }
}

impl SameReader for Address {
    /// Names differ from account to account.
    fn is(&self, other: &Self) -> bool {
        (&self.slack, &self.email) == (&other.slack, &other.email)
    }
}

/// One notification of several, which have title and instructions in common. `brake`: what is said in place of what each
/// account's own brake did.
fn merge(parts: Vec<(String, Notification)>, brake: Option<&str>) -> Notification {
    let several = parts.len() > 1;
    let accounts = count(parts.len(), "account");
    let alerts = parts.iter().filter(|(_, part)| !part.alert.is_empty());
    let alerts: Vec<String> = alerts
        .map(|(account, part)| if several { format!("{account}: {}", part.alert) } else { part.alert.clone() })
        .collect();
    let mut merged = Notification {
        title: String::new(),
        alert: brake.map_or_else(|| alerts.join("; "), ToOwned::to_owned),
        instructions: String::new(),
        account: accounts,
        groups: Vec::new(),
    };
    for (account, Notification { title, instructions, groups, .. }) in parts {
        (merged.title, merged.instructions) = (title, instructions);
        let named = |group: Group| {
            if several { Group { heading: format!("{account}: {}", group.heading), ..group } } else { group }
        };
        merged.groups.extend(groups.into_iter().filter(|group| !group.lines.is_empty()).map(named));
        if !several {
            merged.account = account;
        }
    }
    merged
}

/// How many accounts there are, which could not be audited, and which have something out of order, the worst first.
fn in_short<Audit: Audited>(report: &AccountsReport<Audit>, link: Option<&str>) -> Notification {
    let brake = report.brake.as_ref().map(|reason| format!("Nothing was changed in any account: {reason}"));
    let accounts = count(report.summary.accounts, "account");
    let lines = vec![words::accounts(&report.summary), words::totals::<Audit>(&report.summary)];
    let mut short = overview(Audit::TITLE, &accounts, &brake.unwrap_or_default(), lines, link);
    let said = |text: String| Line { subject: String::new(), spans: vec![Span::Text(text)] };
    let failed = report.errors.iter().filter(|error| error.operation != "brake");
    let failed = failed.map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message));
    // What stopped all is said above.
    let braked = report.accounts.iter().filter(|one| report.brake.is_none() && one.brake.is_some());
    let braked = braked.map(|one| {
        format!("{}: nothing was changed: {}", report.name_of(one), one.brake.as_deref().unwrap_or_default())
    });
    let failed = failed.chain(braked);
    let loud = |one| words::loud(one).map(|(number, words)| (number, format!("{}: {words}", report.name_of(one))));
    let mut loud: Vec<(usize, String)> = report.accounts.iter().filter_map(loud).collect();
    loud.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let lines = |words: Vec<String>| named(words).into_iter().map(said).collect();
    let groups = [
        Group { heading: "This could not be done".to_owned(), colour: Colour::Red, lines: lines(failed.collect()) },
        Group {
            heading: "By account".to_owned(),
            colour: Colour::Yellow,
            lines: lines(loud.into_iter().map(|(_, words)| words).collect()),
        },
    ];
    short.groups.extend(groups.into_iter().filter(|group| !group.lines.is_empty()));
    short
}

/// The first of them, and how many more there are.
fn named(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST_NAMED);
    lines.truncate(MOST_NAMED);
    lines.extend((more > 0).then(|| format!("and {more} more: see {}", WHOLE.to_lowercase())));
    lines
}
