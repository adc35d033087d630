//! A report on instances as a message to their owners: what is done about whose instances, what is wrong with the others,
//! and where nothing could be done.

use notifier::{Colour, Group, Line, Messages, Notification, Span};

use super::{called, mention, overview, with_link};
use crate::{
    render::words::tags as words,
    report::tags::{Finding, TagsReport},
    tags::{Action, Status},
};

mod owner;

/// Title and instructions, as the operator set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Title.
    pub title: String,
    /// What owners should do.
    pub text: String,
}

/// All that is to be said. `link`: where the whole report is.
pub fn messages(report: &TagsReport, texts: &Texts, link: Option<&str>) -> Messages {
    let linked = Texts { text: with_link(&texts.text, link), ..texts.clone() };
    let everyone = notifications(report, &linked);
    let overview = (!everyone.is_empty()).then(|| short(report, texts, link));
    Messages { everyone, owners: owner::messages(report, texts), overview, file: None }
}

/// What everybody is told; empty if there is nothing to say.
pub fn notifications(report: &TagsReport, texts: &Texts) -> Vec<Notification> {
    let findings: Vec<&Finding> = report.audit.instances.iter().filter(|finding| concerns_owner(finding)).collect();
    let mut groups = by_action(&findings, |finding| line(report, finding));
    let findings = groups.iter().any(|group| !group.lines.is_empty());
    groups.insert(0, held_regions(report));
    if findings {
        groups.push(counts(report));
    }
    let notification = Notification {
        title: texts.title.clone(),
        alert: brake(report),
        instructions: texts.text.clone(),
        account: report.account.to_string(),
        groups,
    };
    Vec::from_iter((!notification.is_empty()).then_some(notification))
}

/// Of an instance that is gone, or in order now, there is nothing to tell.
fn concerns_owner(finding: &Finding) -> bool {
    finding.status == Status::Violation && finding.action != Action::None
}

fn by_action(findings: &[&Finding], line: impl Fn(&Finding) -> Line) -> Vec<Group> {
    let groups = [
        ("Termination", Colour::Red, Action::Terminate),
        ("Stop", Colour::Red, Action::Stop),
        ("Repair", Colour::Yellow, Action::Repair),
        ("Violations", Colour::Yellow, Action::Notify),
    ];
    let group = |(heading, colour, action): (&str, Colour, Action)| {
        let lines = findings.iter().filter(|finding| finding.action == action).map(|finding| line(finding)).collect();
        Group { heading: heading.to_owned(), colour, lines }
    };
    groups.into_iter().map(group).collect()
}

fn brake(report: &TagsReport) -> String {
    report.brake.as_ref().map_or_else(String::new, |reason| format!("No instance was changed: {reason}"))
}

/// Counts, for a channel whose people are told by themselves.
fn short(report: &TagsReport, texts: &Texts, link: Option<&str>) -> Notification {
    let summary = &report.audit.summary;
    let first = format!("{} instances: {} violate a rule", summary.instances, summary.violation);
    let lines = std::iter::once(first).chain(tallies(report)).collect();
    overview(&texts.title, &report.account.to_string(), &brake(report), lines, link)
}

fn line(report: &TagsReport, finding: &Finding) -> Line {
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
    let (slack, email) = (finding.owner.slack.as_deref(), finding.owner.email.as_deref());
    let slack = called(slack, email, report.account_owner.as_ref());
    Line { subject: finding.subject(), spans: vec![mention(owner, owner, slack), Span::Text(text)] }
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
    // About nobody in particular: where all else was told elsewhere, this is not worth a message.
    let line = |text| Line { subject: String::new(), spans: vec![Span::Text(text)] };
    let lines = tallies(report).map(line).collect();
    Group { heading: "Violations, counted".to_owned(), colour: Colour::Yellow, lines }
}

fn tallies(report: &TagsReport) -> impl Iterator<Item = String> {
    let summary = &report.audit.summary;
    let tallies = [("rule", &summary.by_rule), ("owner", &summary.by_owner), ("region", &summary.by_region)];
    let tallies = tallies.into_iter().filter(|(_, counts)| !counts.is_empty());
    tallies.map(|(by, counts)| format!("By {by}: {}", words::tally(counts)))
}
