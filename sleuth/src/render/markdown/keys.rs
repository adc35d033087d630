//! The report on access keys as Markdown.

use super::{
    page::{caution, errors, folded, note, paragraph, start, table},
    quoted::{code, prose},
};
use crate::{
    keys::Status,
    render::{text::count, words::keys as words},
    report::keys::{Alert, Finding, KeysReport},
};

/// Alerts, counts, the keys that call for attention, the others folded, and what went wrong.
pub fn markdown(report: &KeysReport) -> String {
    let mut text = start(report, "Access keys");
    for alert in &report.audit.alerts {
        caution(&mut text, &alarm(alert));
    }
    // That disabling is switched off is no failure.
    let said = if report.brake.is_some() { caution } else { note };
    if let Some(words) = words::note(report) {
        said(&mut text, &prose(&words));
    }
    paragraph(&mut text, &words::summary(&report.audit.summary));
    let in_order = |finding: &&Finding| matches!(finding.status, Status::Good | Status::Disabled);
    let (quiet, loud): (Vec<&Finding>, Vec<&Finding>) = report.audit.keys.iter().partition(in_order);
    let rows = |findings: &[&Finding]| findings.iter().map(|finding| row(report, finding)).collect::<Vec<_>>();
    let done = if report.applied { "What was done" } else { "What would be done" };
    let heads = ["Status", "User", "Key", "Age in days", "Last access", done];
    if !loud.is_empty() {
        table(&mut text, heads, &rows(&loud));
    }
    folded(&mut text, &format!("{} in order or disabled", count(quiet.len(), "key")), heads, &rows(&quiet));
    for line in words::legend(report) {
        paragraph(&mut text, &line);
    }
    errors(&mut text, report, |words| {
        let keys = report.audit.keys.iter().filter_map(|finding| finding.key_id.as_ref());
        keys.fold(words.to_owned(), |words, key| words.replace(&key.0, &words::masked(key)))
    });
    text
}

fn alarm(alert: &Alert) -> String {
    let whose = alert.user.as_ref().map(|user| format!("{}: ", code(&user.0))).unwrap_or_default();
    format!("{whose}{}", prose(&alert.message))
}

fn row(report: &KeysReport, finding: &Finding) -> [String; 6] {
    [
        words::status(finding),
        code(&finding.user.0),
        finding.key_id.as_ref().map_or_else(|| "-".to_owned(), |key| code(&words::masked(key))),
        words::days(finding.age_days),
        words::last_access(finding),
        prose(&words::short(report, finding)),
    ]
}
