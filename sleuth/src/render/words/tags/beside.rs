//! What is said about instances beside their findings: in columns, above and below them.

use super::tally;
use crate::{
    render::text::count,
    report::tags::{Finding, Summary, TagsReport},
    tags::owner::FoundBy,
};

/// The owner, and how it was found if not by a tag.
pub(in crate::render) fn owner(finding: &Finding) -> String {
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

/// What a reader of all findings should know first.
pub(in crate::render) fn notes(report: &TagsReport) -> Vec<String> {
    let brake = report.brake.iter().map(|reason| format!("NO INSTANCE IS CHANGED: {reason}"));
    let held =
        report.audit.regions.iter().filter_map(|region| {
            region.held.as_ref().map(|reason| format!("NOT ACTED ON in {}: {reason}", region.region))
        });
    brake.chain(held).collect()
}

/// The counts, the first of them those of all.
pub(in crate::render) fn summary(summary: &Summary) -> Vec<String> {
    let Summary { regions, instances, violation, unknown, grace, compliant, exempt, managed, .. } = summary;
    let mut lines = vec![format!(
        "{}, {}: {violation} in violation, {unknown} unknown, {grace} in grace, {compliant} compliant; {exempt} exempt, \
         {managed} managed",
        count(*regions, "region"),
        count(*instances, "instance"),
    )];
    for (by, counts) in [("rule", &summary.by_rule), ("owner", &summary.by_owner), ("region", &summary.by_region)] {
        if !counts.is_empty() {
            lines.push(format!("Violations by {by}: {}", tally(counts)));
        }
    }
    lines
}
