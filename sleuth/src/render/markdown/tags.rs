//! The report on instances as Markdown.

use super::{
    page::{caution, errors, folded, paragraph, start, table},
    quoted::{code, escaped, prose},
};
use crate::{
    render::{text::count, words::tags as words},
    report::tags::{Finding, TagsReport},
    tags::Status,
};

/// What stands against changes, counts, the instances that call for attention, the others folded, and what went wrong.
pub fn markdown(report: &TagsReport) -> String {
    let mut text = start(report, "Tags of EC2 instances");
    for note in words::notes(report) {
        caution(&mut text, &prose(&note));
    }
    for line in words::summary(&report.audit.summary) {
        paragraph(&mut text, &line);
    }
    let in_order = |finding: &&Finding| finding.status == Status::Compliant && finding.exempt_until.is_none();
    let (quiet, loud): (Vec<&Finding>, Vec<&Finding>) = report.audit.instances.iter().partition(in_order);
    let rows = |findings: &[&Finding]| findings.iter().map(|finding| row(finding)).collect::<Vec<_>>();
    let done = if report.applied { "What was done" } else { "What would be done" };
    let heads = ["Status", "Instance", "Region", "Age", "Owner", "What is wrong", done];
    if !loud.is_empty() {
        table(&mut text, heads, &rows(&loud));
    }
    folded(&mut text, &format!("{} in order", count(quiet.len(), "instance")), heads, &rows(&quiet));
    errors(&mut text, report, ToOwned::to_owned);
    text
}

fn row(finding: &Finding) -> [String; 7] {
    let name = finding.name.as_ref().map(|name| format!(" {}", escaped(name))).unwrap_or_default();
    [
        finding.status.as_str().to_owned(),
        format!("{}{name}", code(&finding.instance_id.0)),
        code(&finding.region.0),
        words::short_age(finding.age_minutes),
        escaped(&words::owner(finding)),
        prose(&words::found(finding)),
        prose(&words::action(finding)),
    ]
}
