//! The report on access keys as a table for people.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, Table, Width};
use console::Style;
use notifier::SlackId;

use super::{Look, ROOM_FOR_CONSEQUENCES, done, errors, heading, list, new, printable, wrapped};
use crate::{
    keys::{Action, Cause, Days, Status},
    render::words::keys as words,
    report::keys::{Alert, Finding, KeysReport, LastUseKnown, Summary},
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
    if let Some(note) = note(report) {
        let _ = writeln!(text, "{}", printable(&note));
    }
    if !report.audit.keys.is_empty() {
        let _ = writeln!(text, "{}", findings(report, look, narrow));
    }
    let _ = writeln!(text, "{}", summary(&report.audit.summary));
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
    // Of what is unknown the reason says why.
    let mut judged = report.audit.keys.iter().filter(|key| key.status != Status::Unknown);
    if judged.clone().any(|key| key.last_use == LastUseKnown::NotAsked) {
        wrapped(text, "", "Last access `-`: not asked for, as it could not change the verdict; --all asks.", look);
    }
    if let Some(made_at) = report.audit.credential_report.filter(|_| judged.any(|key| key.key_id.is_none())) {
        let words = format!(
            "Key ID `-`, good or disabled: by the credential report of {}, which has no ids.",
            made_at.format("%Y-%m-%d %H:%M UTC")
        );
        wrapped(text, "", &words, look);
    }
}

/// What a reader of the whole table should know first.
fn note(report: &KeysReport) -> Option<String> {
    if let Some(reason) = &report.brake {
        return Some(format!("NO KEY IS DISABLED: {reason}"));
    }
    let held =
        report.audit.keys.iter().filter(|key| key.action == Action::Disable && key.auto_expire == Some(true)).count();
    if report.audit.policy.enable_auto_expire || held == 0 {
        return None;
    }
    let brake = if held > report.audit.policy.max_disable {
        format!(
            ", and {held} keys are more than MAX_DISABLE ({}) would allow in one run",
            report.audit.policy.max_disable
        )
    } else {
        String::new()
    };
    Some(format!("Disabling is switched off: ENABLE_AUTO_EXPIRE is not true{brake}"))
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
            cells.push(Cell::new(printable(&consequence(report, finding))));
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
        let words = consequence(report, finding);
        let key = finding.key_id.as_ref().map(|key| format!(" {}", words::masked(key))).unwrap_or_default();
        (!words.is_empty()).then(|| format!("{}{key}: {words}", finding.user))
    });
    list(text, done(report), items, look);
}

fn row(finding: &Finding, mask: bool, colours: bool) -> Vec<Cell> {
    let key = finding.key_id.as_ref().map(|key| if mask { words::masked(key) } else { key.0.clone() });
    let auto_expire = match finding.auto_expire {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unclear",
    };
    let status = Cell::new(status(finding));
    vec![
        Cell::new(printable(&finding.user.0)),
        Cell::new(printable(&slack(finding))),
        Cell::new(printable(&key.unwrap_or_else(|| "-".to_owned()))),
        Cell::new(auto_expire),
        if colours { paint(status, finding) } else { status },
        Cell::new(days(finding.age_days)),
        Cell::new(match finding.last_use {
            LastUseKnown::NotAsked => "-".to_owned(),
            _ => days(finding.idle_days),
        }),
    ]
}

/// What the last column says. Of what could not be read only which call it was: the rest stands below the table.
fn consequence(report: &KeysReport, finding: &Finding) -> String {
    let words = words::action(report, finding);
    match words.match_indices(": ").nth(1) {
        Some((end, _)) if finding.status == Status::Unknown => words.get(..end).unwrap_or(&words).to_owned(),
        _ => words,
    }
}

/// The tag, and whether nobody can be called by it.
fn slack(finding: &Finding) -> String {
    match finding.slack.as_deref() {
        None => "-".to_owned(),
        Some(tag) if SlackId::parse(tag).is_some() => tag.to_owned(),
        Some(tag) => format!("{tag} (not an id)"),
    }
}

fn status(finding: &Finding) -> String {
    match (finding.status, finding.cause) {
        (Status::Expired, Some(Cause::Age)) => "expired (age)".to_owned(),
        (Status::Expired, Some(Cause::Inactivity)) => "expired (inactivity)".to_owned(),
        (status, _) => status.as_str().to_owned(),
    }
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

fn days(days: Option<Days>) -> String {
    days.map_or_else(|| "?".to_owned(), |days| days.0.to_string())
}

fn summary(summary: &Summary) -> String {
    // Alerts stand above, each in a line of its own.
    let Summary { users, keys, good, old, stagnant, expired, disabled, unknown, exempt, alerts: _ } = summary;
    let plural = |n: &usize| if *n == 1 { "" } else { "s" };
    format!(
        "{users} user{}, {keys} key{}: {expired} expired, {unknown} unknown, {old} old, {stagnant} stagnant, {good} good, \
         {disabled} disabled; {exempt} exempt",
        plural(users),
        plural(keys),
    )
}
