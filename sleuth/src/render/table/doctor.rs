//! What was found of a set-up, as tables for people: one a section, what to do below each finding.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Width};

use super::{Look, new, printable, wrapped};
use crate::doctor::{Check, Diagnosis, Section, Status};

/// In narrower terminals names are broken.
const ROOM_FOR_NAMES: u16 = 90;
/// Widest column of names where there is not much room, in columns.
const NAMES: u16 = 24;

/// The checks, counts, and a policy with what is missing.
pub fn table(diagnosis: &Diagnosis, look: Look) -> String {
    let mut text = String::new();
    let account = printable(&diagnosis.account.to_string());
    let _ = writeln!(text, "Account {account}, {}", diagnosis.generated_at.format("%Y-%m-%d %H:%M UTC"));
    for section in Section::ALL {
        let checks: Vec<&Check> = diagnosis.checks.iter().filter(|check| check.section == section).collect();
        if !checks.is_empty() {
            let _ = writeln!(text, "\n{}\n{}", section.as_str(), rows(&checks, look));
        }
    }
    text.push('\n');
    wrapped(&mut text, "", &counts(diagnosis), look);
    if let Some(policy) = &diagnosis.missing {
        let policy = serde_json::to_string_pretty(policy).unwrap_or_default();
        let whom = diagnosis.caller.as_deref().unwrap_or("the caller");
        text.push('\n');
        wrapped(&mut text, "", &format!("What is missing, as a policy for {whom}:"), look);
        let _ = writeln!(text, "{policy}");
    }
    text
}

fn rows(checks: &[&Check], look: Look) -> comfy_table::Table {
    let mut table = new(&["", "What", "Found"], look);
    for check in checks {
        let fix = check.fix.as_ref().map(|fix| format!("\n-> {}", printable(fix))).unwrap_or_default();
        table.add_row([
            status(check.status, look.colours),
            Cell::new(printable(&check.name)),
            Cell::new(printable(&check.found) + &fix),
        ]);
    }
    let narrow = look.width.is_some_and(|width| width < ROOM_FOR_NAMES);
    let constraints = [
        ColumnConstraint::ContentWidth,
        if narrow { ColumnConstraint::UpperBoundary(Width::Fixed(NAMES)) } else { ColumnConstraint::ContentWidth },
    ];
    for (column, constraint) in table.column_iter_mut().zip(constraints) {
        column.set_constraint(constraint);
    }
    table
}

/// A sign and a word: neither signs nor colours are for everybody.
fn status(status: Status, colours: bool) -> Cell {
    let sign = match status {
        Status::Ok => '✓',
        Status::Warning => '!',
        Status::Failed => '✗',
        Status::Unchecked => '?',
        Status::Skipped => '-',
    };
    let cell = Cell::new(format!("{sign} {}", status.as_str()));
    match status {
        _ if !colours => cell,
        Status::Ok => cell.fg(Color::Green),
        Status::Warning => cell.fg(Color::Yellow),
        Status::Failed => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Status::Unchecked => cell.fg(Color::Magenta).add_attribute(Attribute::Bold),
        Status::Skipped => cell.add_attribute(Attribute::Dim),
    }
}

/// The counts of every status that is not zero, and what they mean.
fn counts(diagnosis: &Diagnosis) -> String {
    let of = |status: &Status| diagnosis.summary.get(status).copied().unwrap_or_default();
    let counts: Vec<String> = Status::ALL
        .iter()
        .filter(|status| of(status) > 0)
        .map(|status| format!("{} {}", of(status), status.as_str()))
        .collect();
    let meaning = match (of(&Status::Failed), of(&Status::Unchecked), of(&Status::Skipped)) {
        (0, 0, 0) => "everything is set up",
        (0, 0, _) => "nothing is wrong, as far as that can be found out",
        (0, _, _) => "not everything could be checked",
        _ => "something is wrong or missing",
    };
    format!("{} checks: {}; {meaning}", diagnosis.checks.len(), counts.join(", "))
}
