//! What changed between two reports, as a table for people.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Table};

use super::{Look, list, new, printable, wrapped};
use crate::{
    diff::{Change, Diff, Done, Entry, Grade, Origin, Run, Side, Subject, Summary},
    report::keys::AlertKind,
};

/// What changed, the counts, what cannot be told, and what the runs did.
pub fn table(diff: &Diff, look: Look) -> String {
    let mut text = String::new();
    wrapped(&mut text, "", &heading(diff), look);
    for note in &diff.notes {
        wrapped(&mut text, "NOTE:", note, look);
    }
    for (origin, which) in [(&diff.old, "first"), (&diff.new, "second")] {
        if !origin.complete {
            let words = format!("the {which} report is incomplete: what it could not read is in its errors");
            wrapped(&mut text, "NOTE:", &words, look);
        }
    }
    if !diff.changes.is_empty() {
        let _ = writeln!(text, "{}", changes(diff, look));
    }
    wrapped(&mut text, "", &summary(&diff.summary), look);
    let untold =
        diff.changes.iter().filter_map(|entry| Some(format!("{}: {}", what(&entry.subject), entry.reason.as_ref()?)));
    list(&mut text, "What cannot be told, and why", untold, look);
    for (by, title) in
        [(Run::Old, "What the first run did"), (Run::New, "What the second run did, after it had looked")]
    {
        list(&mut text, title, diff.actions.iter().filter(|done| done.by == by).map(deed), look);
    }
    text
}

/// Whose reports these are, and of when.
fn heading(diff: &Diff) -> String {
    let at = |origin: &Origin| origin.generated_at.format("%Y-%m-%d %H:%M UTC").to_string();
    let (old, new) = (&diff.old, &diff.new);
    let audit = if diff.of == "keys" { "Access keys" } else { "EC2 tags" };
    if old.account == new.account {
        return format!("{audit} of account {}, from {} to {}", old.account, at(old), at(new));
    }
    format!("{audit} of account {}, {}, and of account {}, {}", old.account, at(old), new.account, at(new))
}

fn changes(diff: &Diff, look: Look) -> Table {
    let mut table = new(&["Change", "What", "Was", "Is"], look);
    for entry in &diff.changes {
        let mut cells = vec![change(entry, look.colours)];
        cells.extend([what(&entry.subject), side(&entry.was), side(&entry.is)].map(|text| Cell::new(printable(&text))));
        table.add_row(cells);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

fn change(entry: &Entry, colours: bool) -> Cell {
    let cell = Cell::new(entry.change.as_str());
    match entry.change {
        _ if !colours => cell,
        _ if entry.is.exempt => cell.add_attribute(Attribute::Dim),
        Change::New | Change::Worse => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Change::Unknown => cell.fg(Color::Magenta).add_attribute(Attribute::Bold),
        Change::Changed => cell.fg(Color::Yellow),
        Change::Better | Change::Fixed => cell.fg(Color::Green),
        Change::Unchanged => cell,
    }
}

/// What an entry is about.
fn what(subject: &Subject) -> String {
    match subject {
        Subject::Alert { kind: AlertKind::RootAccessKeys, .. } => "alert: access keys of the root user".to_owned(),
        Subject::Alert { kind: AlertKind::Quarantine, user } => {
            let user = user.as_ref().map_or("the root user", |user| user.0.as_str());
            format!("alert: {user} is quarantined by AWS, as access keys leaked")
        }
        Subject::Key { user, key_id: Some(key) } => format!("{user} {key}"),
        Subject::Key { user, key_id: None } => format!("{user}, all keys"),
        Subject::Instance { region, instance_id, name, owner } => {
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            let owner = owner.as_deref().unwrap_or("unknown owner");
            format!("{region} {instance_id}{name}, {owner}")
        }
    }
}

/// What a report says of it.
fn side(side: &Side) -> String {
    let status = match side.status {
        "absent" => "not there",
        status => status,
    };
    let cause = side.cause.map(|cause| format!(" ({})", cause.as_str())).unwrap_or_default();
    let exempt = if side.exempt { ", exempt" } else { "" };
    let rule = |(rule, grade): (&String, &Grade)| match grade {
        Grade::Due => rule.clone(),
        Grade::Grace => format!("{rule} (in grace)"),
        Grade::Unknown => format!("{rule} (unknown)"),
    };
    let rules: Vec<String> = side.rules.iter().map(rule).collect();
    let rules = if rules.is_empty() { String::new() } else { format!(": {}", rules.join(", ")) };
    format!("{status}{cause}{exempt}{rules}")
}

fn deed(done: &Done) -> String {
    let words = match done.action {
        "disable" => "was disabled",
        "repair" => "tags were set",
        "stop" => "was stopped, or is being stopped",
        _ => "was terminated, or is being terminated",
    };
    let reason = done.reason.as_ref().map(|reason| format!("; {reason}")).unwrap_or_default();
    format!("{}: {words}{reason}", what(&done.subject))
}

fn summary(summary: &Summary) -> String {
    let Summary { new, worse, changed, unknown, better, fixed, unchanged } = summary;
    format!(
        "{new} new, {worse} worse, {changed} changed, {unknown} unknown, {better} better, {fixed} fixed; {unchanged} as \
         bad as before"
    )
}

#[cfg(test)]
mod tests;
