//! The report on instances as a table for people.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, Table};

use super::{Look, done, errors, heading, list, new, printable, wrapped};
use crate::{
    render::words::tags as words,
    report::tags::{Finding, Summary, TagsReport},
    tags::Status,
};

/// In narrower terminals ids are broken: there must be room for an owner too.
const ROOM_FOR_IDS: u16 = 72;
/// Narrower tables have no names and states.
const ROOM_FOR_NAMES: u16 = 110;
/// In narrower terminals what is wrong and what is done stand below the table: they would not fit beside it.
const ROOM_FOR_CONSEQUENCES: u16 = 190;

/// The findings that call for attention, the counts, and what went wrong. Instances in order are counted, not shown.
pub fn table(report: &TagsReport, look: Look) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", heading(report));
    for note in words::notes(report) {
        wrapped(&mut text, "", &note, look);
    }
    if shown(report).next().is_some() {
        let _ = writeln!(text, "{}", findings(report, look));
    }
    counts(&mut text, &report.audit.summary, look);
    if !room(look, ROOM_FOR_CONSEQUENCES) {
        consequences(&mut text, report, look);
    }
    errors(&mut text, report, look);
    text
}

/// The findings worth a row.
fn shown(report: &TagsReport) -> impl Iterator<Item = &Finding> {
    report
        .audit
        .instances
        .iter()
        .filter(|finding| finding.status != Status::Compliant || finding.exempt_until.is_some())
}

fn room(look: Look, columns: u16) -> bool {
    look.width.is_none_or(|width| width >= columns)
}

/// Columns, by what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Region,
    Instance,
    Name,
    State,
    Status,
    Age,
    Owner,
    Wrong,
    Done,
}

impl Column {
    /// The columns there is room for. What is left out stands in the list below the table.
    fn shown(look: Look) -> Vec<Self> {
        let mut columns = vec![Self::Region, Self::Instance];
        if room(look, ROOM_FOR_NAMES) {
            columns.extend([Self::Name, Self::State]);
        }
        columns.extend([Self::Status, Self::Age, Self::Owner]);
        if room(look, ROOM_FOR_CONSEQUENCES) {
            columns.extend([Self::Wrong, Self::Done]);
        }
        columns
    }

    fn head(self, report: &TagsReport) -> &'static str {
        match self {
            Self::Region => "Region",
            Self::Instance => "Instance",
            Self::Name => "Name",
            Self::State => "State",
            Self::Status => "Status",
            Self::Age => "Age",
            Self::Owner => "Owner",
            Self::Wrong => "What is wrong",
            Self::Done => done(report),
        }
    }

    fn cell(self, finding: &Finding, look: Look) -> Cell {
        let text = match self {
            Self::Status => return status(finding, look.colours),
            Self::Region => finding.region.0.clone(),
            Self::Instance => finding.instance_id.0.clone(),
            Self::Name => finding.name.clone().unwrap_or_else(|| "-".to_owned()),
            Self::State => finding.state.as_str().to_owned(),
            Self::Age => words::short_age(finding.age_minutes),
            Self::Owner => owner(finding, look),
            Self::Wrong => words::found(finding),
            Self::Done => words::action(finding),
        };
        Cell::new(printable(&text))
    }
}

fn findings(report: &TagsReport, look: Look) -> Table {
    let columns = Column::shown(look);
    let heads: Vec<&str> = columns.iter().map(|column| column.head(report)).collect();
    let mut table = new(&heads, look);
    for finding in shown(report) {
        table.add_row(columns.iter().map(|column| column.cell(finding, look)));
    }
    for (kind, column) in columns.iter().zip(table.column_iter_mut()) {
        if !room(look, ROOM_FOR_NAMES) {
            column.set_padding((0, 1));
        }
        // Ids are there to be copied.
        let fixed = !matches!(kind, Column::Owner | Column::Name | Column::Wrong | Column::Done);
        if fixed && room(look, ROOM_FOR_IDS) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if *kind == Column::Age {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The owner, and how it was found if there is room for that.
fn owner(finding: &Finding, look: Look) -> String {
    if room(look, ROOM_FOR_NAMES) {
        return words::owner(finding);
    }
    finding.owner.name.as_deref().unwrap_or("unknown").to_owned()
}

fn status(finding: &Finding, colours: bool) -> Cell {
    let cell = Cell::new(finding.status.as_str());
    match finding.status {
        _ if !colours => cell,
        _ if finding.is_exempt() => cell.add_attribute(Attribute::Dim),
        Status::Violation => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Status::Unknown => cell.fg(Color::Magenta).add_attribute(Attribute::Bold),
        Status::Grace => cell.fg(Color::Yellow),
        Status::Compliant => cell.fg(Color::Green),
    }
}

fn counts(text: &mut String, summary: &Summary, look: Look) {
    for line in words::summary(summary) {
        wrapped(text, "", &line, look);
    }
}

/// What stands in the last columns of wider tables, as a list.
fn consequences(text: &mut String, report: &TagsReport, look: Look) {
    let items = shown(report).filter_map(|finding| {
        let words = [words::found(finding), words::action(finding)];
        let words: Vec<String> = words.into_iter().filter(|words| !words.is_empty()).collect();
        (!words.is_empty()).then(|| format!("{}: {}", words::instance(finding), words.join(": ")))
    });
    list(text, done(report), items, look);
}
