//! A digest as tables for people, one an account.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Table};

use super::{Look, list, new, printable, wrapped};
use crate::{
    digest::{Action, Deed, Digest, OfAccount},
    render::words::digest as words,
    report::Outcome,
};

/// What was done in each account, what was not, and what could not be read.
pub fn table(digest: &Digest, look: Look) -> String {
    let mut text = String::new();
    let form = "%Y-%m-%d %H:%M UTC";
    let (from, to) = (digest.span.from.format(form), digest.span.to.format(form));
    wrapped(&mut text, "", &format!("What was done from {from} to {to}: {}", words::counts(&digest.summary)), look);
    for account in &digest.accounts {
        let heading = format!("Account {}: {}", account.account, words::counts(&account.summary));
        text.push('\n');
        wrapped(&mut text, "", &heading, look);
        if !account.owners.is_empty() {
            let _ = writeln!(text, "{}", deeds(account, look));
        }
        for words in words::held(account) {
            wrapped(&mut text, "-", &words, look);
        }
    }
    let incomplete = digest.incomplete.iter().map(|run| {
        let at = run.at.format(form);
        format!("{}, {} at {at}: {} in all, the first: {}", run.account, run.audit, run.count, run.first)
    });
    list(&mut text, "Runs that could not read, do or tell everything", incomplete, look);
    let errors = digest.errors.iter().map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message));
    list(&mut text, "Incomplete: this could not be read or delivered", errors, look);
    text
}

fn deeds(account: &OfAccount, look: Look) -> Table {
    let mut table = new(&["Time", "Owner", "What", "What was done"], look);
    for owner in &account.owners {
        for deed in &owner.deeds {
            let what = format!("{}, {}", words::target(&deed.target), words::history(&deed.target));
            let name = words::owner(owner.owner.as_deref(), deed);
            table.add_row([
                Cell::new(deed.at.format("%m-%d %H:%M")),
                Cell::new(printable(&name)),
                Cell::new(printable(&what)),
                done(deed, look.colours),
            ]);
        }
    }
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

fn done(deed: &Deed, colours: bool) -> Cell {
    let cell = Cell::new(printable(&words::deed(deed)));
    match (deed.outcome, deed.action) {
        _ if !colours => cell,
        (Outcome::Failed, _) => cell.fg(Color::Magenta).add_attribute(Attribute::Bold),
        (_, Action::Terminate) => cell.fg(Color::Red),
        _ => cell,
    }
}

#[cfg(test)]
mod tests;
