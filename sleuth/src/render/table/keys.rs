//! The report on access keys as a table for people.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, Table, Width};
use console::Style;

use super::{Look, ROOM_FOR_CONSEQUENCES, done, errors, heading, list, new, printable, wrapped};
use crate::{
    keys::Status,
    render::words::keys as words,
    report::keys::{Alert, Finding, KeysReport},
};

// Columns with rules of their own.
const STATUS: usize = 4;
const KEY_ID: usize = 2;
const AGE: usize = 5;
const LAST_ACCESS: usize = 6;

/// Narrower tables show key ids masked, so that the words have room.
const ROOM_FOR_KEY_IDS: u16 = 150;

/// The findings, the counts, and what went wrong.
pub fn table(report: &KeysReport, look: Look) -> String {
    let narrow = look.width.is_some_and(|width| width < ROOM_FOR_CONSEQUENCES);
    let mut text = String::new();
    let _ = writeln!(text, "{}", heading(report));
    for alert in &report.audit.alerts {
        let _ = writeln!(text, "{}", alarm(alert, look));
    }
    if let Some(note) = words::note(report) {
        let _ = writeln!(text, "{}", printable(&note));
    }
    if !report.audit.keys.is_empty() {
        let _ = writeln!(text, "{}", findings(report, look, narrow));
    }
    let _ = writeln!(text, "{}", words::summary(&report.audit.summary));
    legend(&mut text, report, look);
    if narrow {
        consequences(&mut text, report, look);
    }
    errors(&mut text, report, look);
    text
}

/// What cannot wait, in red.
fn alarm(alert: &Alert, look: Look) -> String {
    let whose = alert.user.as_ref().map(|user| format!("{user}: ")).unwrap_or_default();
    let mut words = String::new();
    wrapped(&mut words, "ALERT:", &format!("{whose}{}", alert.message), look);
    let red = Style::new().red().bold().force_styling(look.colours);
    red.apply_to(words.trim_end()).to_string()
}

/// What the signs in the table mean that are not plain.
fn legend(text: &mut String, report: &KeysReport, look: Look) {
    for line in words::legend(report) {
        wrapped(text, "", &line, look);
    }
}

fn findings(report: &KeysReport, look: Look, narrow: bool) -> Table {
    let mut heads = vec!["User", "Slack ID", "Key ID", "AutoExpire", "Status", "Age in Days", "Last Access Age"];
    if !narrow {
        heads.push(done(report));
    }
    let mut table = new(&heads, look);
    let mask = look.width.is_some_and(|width| width < ROOM_FOR_KEY_IDS);
    for finding in &report.audit.keys {
        let mut cells = row(finding, mask, look.colours);
        if !narrow {
            cells.push(Cell::new(printable(&words::short(report, finding))));
        }
        table.add_row(cells);
    }
    let at_most = |columns| ColumnConstraint::UpperBoundary(Width::Fixed(columns));
    for (index, column) in table.column_iter_mut().enumerate() {
        if narrow {
            column.set_padding((0, 1));
        }
        match index {
            KEY_ID => {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            STATUS if narrow => {
                column
                    .set_constraint(ColumnConstraint::Boundaries { lower: Width::Fixed(13), upper: Width::Fixed(13) });
            }
            AGE | LAST_ACCESS => {
                column.set_cell_alignment(CellAlignment::Right);
                if look.width.is_some() {
                    column.set_constraint(at_most(8));
                }
            }
            _ => {}
        }
    }
    table
}

/// What stands in the last column of wider tables, as a list.
fn consequences(text: &mut String, report: &KeysReport, look: Look) {
    let items = report.audit.keys.iter().filter_map(|finding| {
        let words = words::short(report, finding);
        let key = finding.key_id.as_ref().map(|key| format!(" {}", words::masked(key))).unwrap_or_default();
        (!words.is_empty()).then(|| format!("{}{key}: {words}", finding.user))
    });
    list(text, done(report), items, look);
}

fn row(finding: &Finding, mask: bool, colours: bool) -> Vec<Cell> {
    let key = finding.key_id.as_ref().map(|key| if mask { words::masked(key) } else { key.0.clone() });
    let status = Cell::new(words::status(finding));
    vec![
        Cell::new(printable(&finding.user.0)),
        Cell::new(printable(&words::slack(finding))),
        Cell::new(printable(&key.unwrap_or_else(|| "-".to_owned()))),
        Cell::new(words::auto_expire(finding)),
        if colours { paint(status, finding) } else { status },
        Cell::new(words::days(finding.age_days)),
        Cell::new(words::last_access(finding)),
    ]
}

fn paint(cell: Cell, finding: &Finding) -> Cell {
    match finding.status {
        _ if finding.exempt => cell.add_attribute(Attribute::Dim),
        Status::Expired => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Status::Unknown => cell.fg(Color::Magenta).add_attribute(Attribute::Bold),
        Status::Old | Status::Stagnant => cell.fg(Color::Yellow),
        Status::Good => cell.fg(Color::Green),
        Status::Disabled => cell.add_attribute(Attribute::Dim),
    }
}
