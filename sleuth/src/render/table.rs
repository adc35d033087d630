//! Reports as tables for people.

use std::fmt::Write as _;

use comfy_table::{Cell, ContentArrangement, LineStyle, Table, TableStyle, presets};
use console::measure_text_width;

use super::text::printable;
use crate::report::Report;

pub mod accounts;
pub mod diff;
pub mod digest;
pub mod doctor;
pub mod keys;
pub mod tags;
pub mod watch;

/// How a table is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Widest line, in columns. `None`: as wide as it needs to be.
    pub width: Option<u16>,
    /// Whether to use colours.
    pub colours: bool,
}

impl Look {
    /// For files and pipes.
    pub const PLAIN: Self = Self { width: None, colours: false };
}

/// In narrower terminals the consequences stand below the table of access keys: they would not fit beside it.
const ROOM_FOR_CONSEQUENCES: u16 = 140;

/// Lines above and below only: every column counts.
const NARROW: TableStyle = {
    let mut style = presets::UTF8_HORIZONTAL_ONLY;
    style.row_separator = LineStyle::none();
    style
};

/// Words wrapped to fit, after a sign, if there is one. What follows a line break is set in.
pub(super) fn wrapped(text: &mut String, sign: &str, words: &str, look: Look) {
    let width = look.width.map_or(usize::MAX, usize::from);
    let mut used = measure_text_width(sign);
    text.push_str(sign);
    for word in printable(words).split_whitespace() {
        let need = measure_text_width(word);
        if used + 1 + need > width && used > 1 {
            text.push_str("\n ");
            used = 1;
        }
        if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += need;
    }
    text.push('\n');
}

/// An empty table in the house's look.
pub(super) fn new(heads: &[&str], look: Look) -> Table {
    let mut table = Table::new();
    let narrow = look.width.is_some_and(|width| width < ROOM_FOR_CONSEQUENCES);
    table.load_style(if narrow { NARROW } else { presets::UTF8_FULL_CONDENSED });
    table.set_header(heads.iter().map(Cell::new));
    if let Some(width) = look.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if look.colours {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

/// The heading of the last column says whether anything was done.
fn done<Audit>(report: &Report<Audit>) -> &'static str {
    if report.applied { "What was done" } else { "What would be done" }
}

/// The first line: whose account, and when.
fn heading<Audit>(report: &Report<Audit>) -> String {
    let account = printable(&report.account.to_string());
    format!("Account {account}, {}", report.generated_at.format("%Y-%m-%d %H:%M UTC"))
}

/// A list under its heading; nothing, if there are no items.
fn list(text: &mut String, heading: &str, items: impl IntoIterator<Item = String>, look: Look) {
    for (index, item) in items.into_iter().enumerate() {
        if index == 0 {
            let _ = writeln!(text, "\n{heading}:");
        }
        wrapped(text, "-", &item, look);
    }
}

fn errors<Audit>(text: &mut String, report: &Report<Audit>, look: Look) {
    let items = report.errors.iter().map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message));
    list(text, "Incomplete: this could not be read, done or delivered", items, look);
}
