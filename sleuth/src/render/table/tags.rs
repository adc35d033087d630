//! The report on instances as a table for people.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table};

use super::{Look, ROOM_FOR_CONSEQUENCES, done, errors, heading, list, new, printable, wrapped};
use crate::{
    render::words::tags as words,
    report::tags::{Finding, Summary, TagsReport},
    tags::{Status, owner::FoundBy},
};

/// The column with the age.
const AGE: usize = 5;

/// The findings that call for attention, the counts, and what went wrong. Instances in order are counted, not shown.
pub fn table(report: &TagsReport, look: Look) -> String {
    let narrow = look.width.is_some_and(|width| width < ROOM_FOR_CONSEQUENCES);
    let mut text = String::new();
    let _ = writeln!(text, "{}", heading(report));
    if let Some(reason) = &report.brake {
        let _ = writeln!(text, "{}", printable(&format!("NO INSTANCE IS CHANGED: {reason}")));
    }
    for region in &report.audit.regions {
        if let Some(reason) = &region.held {
            wrapped(&mut text, "", &format!("NOT ACTED ON in {}: {reason}", region.region), look);
        }
    }
    if shown(report).next().is_some() {
        let _ = writeln!(text, "{}", findings(report, look, narrow));
    }
    counts(&mut text, &report.audit.summary, look);
    if narrow {
        consequences(&mut text, report, look);
    }
    errors(&mut text, report, look);
    text
}

/// The findings worth a row.
fn shown(report: &TagsReport) -> impl Iterator<Item = &Finding> {
    report.audit.instances.iter().filter(|finding| finding.status != Status::Compliant || finding.is_exempt())
}

fn findings(report: &TagsReport, look: Look, narrow: bool) -> Table {
    let mut heads = vec!["Region", "Instance", "Name", "State", "Status", "Age", "Owner"];
    if !narrow {
        heads.extend(["What is wrong", done(report)]);
    }
    let mut table = new(&heads, look);
    for finding in shown(report) {
        let mut cells = row(finding, look.colours);
        if !narrow {
            cells.push(Cell::new(printable(&words::violations(finding))));
            cells.push(Cell::new(printable(&words::action(finding))));
        }
        table.add_row(cells);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if narrow {
            column.set_padding((0, 1));
        }
        if index == AGE {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(finding: &Finding, colours: bool) -> Vec<Cell> {
    let name = finding.name.as_deref().unwrap_or("-");
    let age = words::age(finding.age_minutes);
    let status = Cell::new(finding.status.as_str());
    vec![
        Cell::new(printable(&finding.region.0)),
        Cell::new(printable(&finding.instance_id.0)),
        Cell::new(printable(name)),
        Cell::new(printable(finding.state.as_str())),
        if colours { paint(status, finding) } else { status },
        Cell::new(age.strip_suffix(" old").unwrap_or("?")),
        Cell::new(printable(&owner(finding))),
    ]
}

/// The owner, and how it was found if not by a tag.
fn owner(finding: &Finding) -> String {
    let name = finding.owner.name.as_deref().unwrap_or("unknown");
    match finding.owner.found_by {
        FoundBy::Tag | FoundBy::Unknown => name.to_owned(),
        FoundBy::Cloudtrail => format!("{name} (launched it)"),
        FoundBy::RoleSession => {
            let role = finding.owner.detail.as_deref().unwrap_or("a role");
            format!("{name} (launched it, {role})")
        }
    }
}

fn paint(cell: Cell, finding: &Finding) -> Cell {
    match finding.status {
        _ if finding.is_exempt() => cell.add_attribute(Attribute::Dim),
        Status::Violation => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Status::Unknown => cell.fg(Color::Magenta).add_attribute(Attribute::Bold),
        Status::Grace => cell.fg(Color::Yellow),
        Status::Compliant => cell.fg(Color::Green),
    }
}

fn counts(text: &mut String, summary: &Summary, look: Look) {
    let Summary { regions, instances, violation, unknown, grace, compliant, exempt, managed, .. } = summary;
    let plural = |n: &usize| if *n == 1 { "" } else { "s" };
    let line = format!(
        "{regions} region{}, {instances} instance{}: {violation} in violation, {unknown} unknown, {grace} in grace, \
         {compliant} compliant; {exempt} exempt, {managed} managed",
        plural(regions),
        plural(instances),
    );
    wrapped(text, "", &line, look);
    for (by, counts) in [("rule", &summary.by_rule), ("owner", &summary.by_owner), ("region", &summary.by_region)] {
        if !counts.is_empty() {
            wrapped(text, "", &format!("Violations by {by}: {}", words::tally(counts)), look);
        }
    }
}

/// What stands in the last columns of wider tables, as a list.
fn consequences(text: &mut String, report: &TagsReport, look: Look) {
    let items = shown(report).filter_map(|finding| {
        let words = [words::violations(finding), words::action(finding)];
        let words: Vec<String> = words.into_iter().filter(|words| !words.is_empty()).collect();
        (!words.is_empty()).then(|| format!("{}: {}", words::instance(finding), words.join(": ")))
    });
    list(text, done(report), items, look);
}
