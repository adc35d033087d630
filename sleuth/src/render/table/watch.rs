//! The report on events as tables for people: one an account, and what was read.

use std::fmt::Write as _;

use super::{Look, tags, wrapped};
use crate::{
    render::text::count,
    report::watch::{Summary, WatchReport},
};

/// The findings of every account, what the events held, and what went wrong with them.
pub fn table(report: &WatchReport, look: Look) -> String {
    let mut text = String::new();
    for account in &report.accounts {
        let _ = writeln!(text, "{}", tags::table(account, look));
    }
    summary(&mut text, &report.summary, look);
    if !report.errors.is_empty() {
        let _ = writeln!(text, "\nIncomplete: {} could not be read:", count(report.errors.len(), "thing"));
    }
    for error in &report.errors {
        wrapped(&mut text, "-", &format!("{}: {}: {}", error.subject, error.operation, error.message), look);
    }
    text
}

fn summary(text: &mut String, summary: &Summary, look: Look) {
    let Summary { files, records, events, instances, gone, not_launched, skipped } = summary;
    let gone = if *gone == 0 { String::new() } else { format!(", {gone} of them gone") };
    let left_out = match not_launched {
        0 => String::new(),
        others => format!("; {} left out, launched elsewhere", count(*others, "other")),
    };
    let line = format!(
        "{}, {}: {} about {}{gone}{left_out}",
        count(*files, "file"),
        count(*records, "record"),
        count(*events, "event"),
        count(*instances, "instance"),
    );
    wrapped(text, "", &line, look);
    if !skipped.is_empty() {
        let skipped: Vec<String> =
            skipped.iter().map(|(why, count)| format!("{} {count}", why.replace('_', " "))).collect();
        wrapped(text, "", &format!("Skipped: {}", skipped.join(", ")), look);
    }
}
