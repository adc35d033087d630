//! The report on many accounts as an HTML page: the accounts, and the findings of all that are not in order.

use maud::{Markup, html};

use super::{
    grid::{Cell, Head, Holds, Row, grid},
    page::{Heading, page},
    parts::{Alarm, alarms, sent},
    tone::{Tone, pill},
};
use crate::{
    render::{
        text::{count, printable},
        words::accounts as words,
    },
    report::{
        Report,
        accounts::{AccountsReport, Audited},
    },
};

/// Findings as rows of a page.
#[derive(Debug, Clone)]
pub struct Findings {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// How many are in order and have no row.
    pub(super) in_order: usize,
}

/// The whole page, with the findings that `of_one` gives of each account.
pub fn html<Audit: Audited>(report: &AccountsReport<Audit>, of_one: impl Fn(&Report<Audit>) -> Findings) -> String {
    let Findings { heads, rows, in_order } = findings(report, of_one);
    let body = html! {
        (alarms(&notable(report)))
        section.card.overview aria-label="Overview" {
            p.headline { (words::accounts(&report.summary)) }
            p.note { (words::totals::<Audit>(&report.summary)) }
        }
        (accounts(report))
        (grid("Findings by account, the worst of each first", &heads, &[], &rows))
        @if in_order > 0 { p.note { (count(in_order, "finding")) " in order, in the reports on each account." } }
        (left_out(report))
        (sent(&report.deliveries))
    };
    let heading = Heading {
        what: Audit::TITLE,
        word: "",
        whose: count(report.summary.accounts, "account"),
        at: report.generated_at,
        applied: report.applied,
    };
    page(&heading, &body)
}

/// The findings of all accounts, each with its account in front.
pub fn findings<Audit: Audited>(
    report: &AccountsReport<Audit>,
    of_one: impl Fn(&Report<Audit>) -> Findings,
) -> Findings {
    let mut all =
        Findings { heads: vec![Head { name: "Account", holds: Holds::Names }], rows: Vec::new(), in_order: 0 };
    for one in &report.accounts {
        let name = printable(&report.name_of(one));
        let Findings { heads, rows, in_order } = of_one(one);
        if all.heads.len() == 1 {
            all.heads.extend(heads);
        }
        all.in_order += in_order;
        all.rows.extend(rows.into_iter().map(|mut row| {
            row.cells.insert(0, Cell::new(html! { (name) }));
            row
        }));
    }
    all
}

/// What must not be overlooked: what holds for all accounts, and which could not be audited.
fn notable<Audit: Audited>(report: &AccountsReport<Audit>) -> Vec<Alarm> {
    let alarm = |error: &crate::report::ReportError| Alarm {
        tone: Tone::Bad,
        subject: error.subject.clone(),
        words: format!("{}: {}", error.operation, error.message),
    };
    report.errors.iter().map(alarm).collect()
}

fn accounts<Audit: Audited>(report: &AccountsReport<Audit>) -> Markup {
    html! {
        section.card aria-labelledby="accounts" {
            h2 id="accounts" { "Accounts" }
            ul.rules {
                @for one in &report.accounts {
                    li {
                        b { (printable(&report.name_of(one))) } " "
                        @match words::loud(one) {
                            Some((_, words)) => {
                                (words)
                                @if !one.is_complete() { " " (pill(Tone::Unknown, "incomplete")) }
                                @if one.brake.is_some() { " " (pill(Tone::Bad, "brake")) }
                            }
                            None => (pill(Tone::Good, "in order")),
                        }
                    }
                }
            }
        }
    }
}

fn left_out<Audit: Audited>(report: &AccountsReport<Audit>) -> Markup {
    html! {
        @if !report.skipped.is_empty() {
            section.card aria-labelledby="skipped" {
                h2 id="skipped" { "Left out" }
                ul.rules {
                    @for skipped in &report.skipped {
                        li {
                            b { (skipped.account) } " "
                            @if let Some(name) = &skipped.name { (printable(name)) " " }
                            (printable(&skipped.reason))
                        }
                    }
                }
            }
        }
    }
}
