//! The report on many accounts as tables for people: what could not be done, all accounts in short, and those that call for
//! attention.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table};
use console::Style;

use super::{Look, list, new, printable, wrapped};
use crate::{
    render::words::accounts as words,
    report::{
        Report,
        accounts::{AccountsReport, Audited},
    },
};

/// The whole report, with the table that `of_one` makes of an account.
pub fn table<Audit: Audited>(
    report: &AccountsReport<Audit>,
    look: Look,
    of_one: impl Fn(&Report<Audit>) -> String,
) -> String {
    let mut text = String::new();
    let summary = words::accounts(&report.summary);
    let _ = writeln!(text, "{summary}, {}", report.generated_at.format("%Y-%m-%d %H:%M UTC"));
    if let Some(reason) = &report.brake {
        let mut words = String::new();
        wrapped(&mut words, "STOPPED:", &format!("nothing is changed in any account: {reason}"), look);
        let _ = writeln!(text, "{}", Style::new().red().bold().force_styling(look.colours).apply_to(words.trim_end()));
    }
    let errors = report.errors.iter().filter(|error| error.operation != "brake");
    let errors = errors.map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message));
    list(&mut text, "Incomplete: this could not be read, done or delivered", errors, look);
    if !report.errors.is_empty() {
        text.push('\n');
    }
    if !report.accounts.is_empty() {
        let _ = writeln!(text, "{}", in_short(report, look));
    }
    wrapped(&mut text, "", &words::totals::<Audit>(&report.summary), look);
    let skipped = report.skipped.iter().map(|skipped| {
        let name = skipped.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("{}{name}: {}", skipped.account, skipped.reason)
    });
    list(&mut text, "Left out", skipped, look);
    for one in report.accounts.iter().filter(|one| words::loud(one).is_some()) {
        let _ = write!(text, "\n{}", of_one(one));
    }
    text
}

/// One row an account.
fn in_short<Audit: Audited>(report: &AccountsReport<Audit>, look: Look) -> Table {
    let words = Audit::LOUD.iter().map(|name| capital(name));
    let heads: Vec<String> =
        ["Account".to_owned(), capital(Audit::ALL)].into_iter().chain(words).chain(["Note".to_owned()]).collect();
    let mut table = new(&heads.iter().map(String::as_str).collect::<Vec<_>>(), look);
    for one in &report.accounts {
        let counts = one.audit.counts();
        let of = |name: &str| counts.iter().find(|(known, _)| *known == name).map_or(0, |(_, number)| *number);
        let number = |name: &&str| {
            let (number, cell) = (of(name), Cell::new(of(name)).set_alignment(CellAlignment::Right));
            // The first of them is the worst.
            match look.colours && number > 0 {
                true if Audit::LOUD.first() == Some(name) => cell.fg(Color::Red).add_attribute(Attribute::Bold),
                true => cell.fg(Color::Yellow),
                false => cell,
            }
        };
        let mut cells = vec![Cell::new(printable(&report.name_of(one)))];
        cells.push(Cell::new(of(Audit::ALL)).set_alignment(CellAlignment::Right));
        cells.extend(Audit::LOUD.iter().map(number));
        cells.push(Cell::new(note(one)));
        table.add_row(cells);
    }
    table
}

/// What a reader should know of an account before its findings.
fn note<Audit>(one: &Report<Audit>) -> &'static str {
    match (one.brake.is_some(), one.is_complete()) {
        (true, _) => "stopped by a brake",
        (false, false) => "incomplete",
        (false, true) => "",
    }
}

/// A name as the head of a column.
fn capital(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
