//! The table of findings. The script sorts and filters it; without the script it is as it is.

use maud::{Markup, html};

use super::tone::Kind;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
}

/// What a column holds, by which its width goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Numbers.
    Numbers,
    /// A word or two, on one line.
    Words,
    /// Names that others gave, of any length.
    Names,
    /// Sentences.
    Sentences,
}

impl Holds {
    const fn class(self) -> &'static str {
        match self {
            Self::Numbers => "number",
            Self::Words => "words",
            Self::Names => "names",
            Self::Sentences => "sentences",
        }
    }
}

/// What stands in a column.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) shown: Markup,
    /// What it is sorted by, if not by its text.
    pub(super) order: Option<i64>,
}

impl Cell {
    pub(super) const fn new(shown: Markup) -> Self {
        Self { shown, order: None }
    }

    /// A number, or what is shown in its place. What is not known comes before all numbers.
    pub(super) fn number(shown: &str, number: Option<i64>) -> Self {
        Self { shown: html! { (shown) }, order: Some(number.unwrap_or(-1)) }
    }
}

/// A finding.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The word of its status.
    pub(super) status: &'static str,
    pub(super) cells: Vec<Cell>,
}

/// The table under its controls, which the script shows.
pub(super) fn grid(caption: &str, heads: &[Head], kinds: &[Kind], rows: &[Row]) -> Markup {
    html! {
        section.findings aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            div.controls hidden data-controls {
                label.search {
                    span.visually-hidden { "Show only rows that contain" }
                    input type="search" placeholder="Filter by any word" autocomplete="off" spellcheck="false" data-search;
                }
                div.chips role="group" aria-label="Show only findings with the status" {
                    button type="button" aria-pressed="true" data-status="" { "all" b { (rows.len()) } }
                    @for kind in kinds.iter().filter(|kind| kind.count > 0) {
                        button type="button" class=(kind.tone.class()) aria-pressed="false" data-status=(kind.word) {
                            (kind.word) b { (kind.count) }
                        }
                    }
                }
                output.shown aria-live="polite" data-shown { (rows.len()) " of " (rows.len()) " shown" }
            }
            // The roles keep it a table where the style sheet shows rows as cards.
            table role="table" data-grid {
                caption.visually-hidden { (caption) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for head in heads {
                            th role="columnheader" scope="col" class=(head.holds.class()) { (head.name) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for row in rows {
                        tr role="row" data-status=(row.status) {
                            @for (head, cell) in heads.iter().zip(&row.cells) {
                                td role="cell" class=(head.holds.class()) data-label=(head.name) data-order=[cell.order] {
                                    @if !cell.shown.0.is_empty() { span.value { (cell.shown) } }
                                }
                            }
                        }
                    }
                }
            }
            @if rows.is_empty() { p.none { "There are none." } }
        }
    }
}
