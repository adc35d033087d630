//! The parts of every page.

use std::fmt::Write as _;

use super::quoted::{code, escaped, prose};
use crate::report::Report;

/// The heading, and whose account it is.
pub(super) fn start<Audit>(report: &Report<Audit>, what: &str) -> String {
    let state = if report.applied {
        "applied: what it says was done was done"
    } else {
        "a plain run: nothing was changed or sent"
    };
    let when = report.generated_at.format("%Y-%m-%d %H:%M UTC");
    format!("# {what}\n\nAccount {}, {when}, {state}.\n", code(&report.account.to_string()))
}

/// What must not be overlooked.
pub(super) fn caution(text: &mut String, words: &str) {
    let _ = write!(text, "\n> [!CAUTION]\n> {words}\n");
}

/// What one should know first.
pub(super) fn note(text: &mut String, words: &str) {
    let _ = write!(text, "\n> [!NOTE]\n> {words}\n");
}

/// A paragraph.
pub(super) fn paragraph(text: &mut String, words: &str) {
    let _ = write!(text, "\n{}\n", prose(words));
}

/// Rows of cells, which are Markdown already.
pub(super) fn table<const N: usize>(text: &mut String, heads: [&str; N], rows: &[[String; N]]) {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text.push('\n');
    text.push_str(&line(&heads.map(ToOwned::to_owned)));
    text.push_str(&line(&heads.map(|_| "---".to_owned())));
    for row in rows {
        text.push_str(&line(row));
    }
}

/// A table that is opened by whoever wants to see it.
pub(super) fn folded<const N: usize>(text: &mut String, summary: &str, heads: [&str; N], rows: &[[String; N]]) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(text, "\n<details>\n<summary>{summary}</summary>\n");
    table(text, heads, rows);
    text.push_str("\n</details>\n");
}

/// What could not be read, done or delivered, after `masked` took out what is not for everybody.
pub(super) fn errors<Audit>(text: &mut String, report: &Report<Audit>, masked: impl Fn(&str) -> String) {
    for (index, error) in report.errors.iter().enumerate() {
        if index == 0 {
            text.push_str("\n## Incomplete\n\nThis could not be read, done or delivered:\n\n");
        }
        let subject = code(&masked(&error.subject));
        let _ = writeln!(text, "- {subject}: {}: {}", escaped(&error.operation), prose(&masked(&error.message)));
    }
}
