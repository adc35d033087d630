//! The report on many accounts as Markdown: all accounts in short, then those that call for attention.

use std::fmt::Write as _;

use super::{
    page::{caution, paragraph},
    quoted::{code, escaped, prose},
};
use crate::{
    render::words::accounts as words,
    report::{
        Report,
        accounts::{AccountsReport, Audited},
    },
};

/// The accounts in short, and what `of_one` says of those that are not in order.
pub fn markdown<Audit: Audited>(report: &AccountsReport<Audit>, of_one: impl Fn(&Report<Audit>) -> String) -> String {
    let state = if report.applied { "applied" } else { "a plain run: nothing was changed or sent" };
    let mut text = format!("# {}\n\n{}, {state}.\n", Audit::TITLE, report.generated_at.format("%Y-%m-%d %H:%M UTC"));
    for error in &report.errors {
        let said = format!("{}: {}: {}", code(&error.subject), escaped(&error.operation), prose(&error.message));
        caution(&mut text, &said);
    }
    paragraph(&mut text, &words::accounts(&report.summary));
    paragraph(&mut text, &words::totals::<Audit>(&report.summary));
    if !report.skipped.is_empty() {
        text.push_str("\nLeft out:\n\n");
    }
    for skipped in &report.skipped {
        let name = skipped.name.as_deref().map(|name| format!(" {}", escaped(name))).unwrap_or_default();
        let _ = writeln!(text, "- {}{name}: {}", code(&skipped.account), prose(&skipped.reason));
    }
    for one in report.accounts.iter().filter(|one| words::loud(one).is_some()) {
        text.push('\n');
        text.push_str(&below(&of_one(one)));
    }
    text
}

/// Headings one level down. No other line begins with the sign of one: what others wrote is quoted.
fn below(text: &str) -> String {
    text.lines().map(|line| if line.starts_with('#') { format!("#{line}\n") } else { format!("{line}\n") }).collect()
}
