//! A report on instances as a message to their owners: what is done about whose instances, what is wrong with the others,
//! and where nothing could be done.

use notifier::{Colour, Group, Line, Notification, Span};

use super::mention;
use crate::{
    render::words::tags as words,
    report::tags::{Finding, TagsReport},
    tags::{Action, Status},
};

/// Title and instructions, as the operator set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Title.
    pub title: String,
    /// What owners should do.
    pub text: String,
}

/// What is to be sent; empty if there is nothing to say.
pub fn notifications(report: &TagsReport, texts: &Texts) -> Vec<Notification> {
    let mut groups = vec![
        of_action(report, "Termination", Colour::Red, Action::Terminate),
        of_action(report, "Stop", Colour::Red, Action::Stop),
        of_action(report, "Repair", Colour::Yellow, Action::Repair),
        of_action(report, "Violations", Colour::Yellow, Action::Notify),
    ];
    let findings = groups.iter().any(|group| !group.lines.is_empty());
    groups.insert(0, held_regions(report));
    if findings {
        groups.push(counts(report));
    }
    let notification = Notification {
        title: texts.title.clone(),
        alert: report.brake.as_ref().map_or_else(String::new, |reason| format!("No instance was changed: {reason}")),
        instructions: texts.text.clone(),
        account: report.account.to_string(),
        groups,
    };
    Vec::from_iter((!notification.is_empty()).then_some(notification))
}

fn of_action(report: &TagsReport, heading: &str, colour: Colour, action: Action) -> Group {
    // Of an instance that is gone, or in order now, there is nothing to tell.
    let told = |finding: &&Finding| finding.action == action && finding.status == Status::Violation;
    let lines = report.audit.instances.iter().filter(told).map(line).collect();
    Group { heading: heading.to_owned(), colour, lines }
}

fn line(finding: &Finding) -> Line {
    let wrong = [words::found(finding), words::consequence(finding)];
    let wrong: Vec<String> = wrong.into_iter().filter(|words| !words.is_empty()).collect();
    let text = format!(
        ": {} in {}{}, {}, {}: {}",
        words::instance(finding),
        finding.region,
        words::make(finding),
        words::age(finding.age_minutes),
        words::tags(finding),
        wrong.join(": ")
    );
    let owner = finding.owner.display_name();
    Line {
        subject: finding.subject(),
        spans: vec![mention(owner, owner, finding.owner.slack.as_deref()), Span::Text(text)],
    }
}

/// Regions in which something stands against changes.
fn held_regions(report: &TagsReport) -> Group {
    let held = report.audit.regions.iter().filter_map(|region| {
        let reason = region.held.as_ref()?;
        let text = format!("{}: {reason}", region.region);
        Some(Line { subject: format!("region/{}", region.region), spans: vec![Span::Text(text)] })
    });
    Group { heading: "Regions that are not acted on".to_owned(), colour: Colour::Red, lines: held.collect() }
}

fn counts(report: &TagsReport) -> Group {
    let summary = &report.audit.summary;
    let lines = [("rule", &summary.by_rule), ("owner", &summary.by_owner), ("region", &summary.by_region)];
    let lines = lines.into_iter().filter(|(_, counts)| !counts.is_empty()).map(|(by, counts)| Line {
        subject: format!("counts/{by}"),
        spans: vec![Span::Text(format!("By {by}: {}", words::tally(counts)))],
    });
    Group { heading: "Violations, counted".to_owned(), colour: Colour::Yellow, lines: lines.collect() }
}
