//! A report as messages to the owners: keys that expire or have expired by age, and the same for inactivity.

use notifier::{Colour, Group, Line, Mention, Notification, SlackId, Span};

use super::words;
use crate::{
    keys::{Action, Cause, Status},
    report::{Finding, Report},
};

/// Titles and instructions, as the operator set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Title for keys that expire by age.
    pub expire_title: String,
    /// What their owners should do.
    pub expire_text: String,
    /// Title for keys that expire by inactivity.
    pub inactive_title: String,
    /// What their owners should do.
    pub inactive_text: String,
}

/// What is to be sent; empty if there is nothing to say.
pub fn notifications(report: &Report, texts: &Texts) -> Vec<Notification> {
    let causes = [
        (
            Cause::Age,
            &texts.expire_title,
            &texts.expire_text,
            "Expired access keys: too old",
            "Old access keys, about to expire",
        ),
        (
            Cause::Inactivity,
            &texts.inactive_title,
            &texts.inactive_text,
            "Expired access keys: unused for too long",
            "Unused access keys, about to expire",
        ),
    ];
    causes
        .into_iter()
        .map(|(cause, title, instructions, expired, soon)| Notification {
            title: title.clone(),
            alert: report.brake.as_ref().map_or_else(String::new, |reason| format!("No key was disabled: {reason}")),
            instructions: instructions.clone(),
            account: report.account.to_string(),
            groups: vec![
                group(report, expired, Colour::Red, cause, Action::Disable),
                group(report, soon, Colour::Yellow, cause, Action::Warn),
            ],
        })
        .filter(|notification| !notification.is_empty())
        .collect()
}

/// Findings whose owners nobody can call in Slack: they are told by name, and somebody should mend the tag.
pub fn uncallable(report: &Report) -> impl Iterator<Item = &Finding> {
    let told = report.keys.iter().filter(|finding| concerns_owner(finding));
    told.filter(|finding| finding.slack.as_deref().and_then(SlackId::parse).is_none())
}

fn group(report: &Report, heading: &str, colour: Colour, cause: Cause, action: Action) -> Group {
    let findings = report.keys.iter().filter(|finding| concerns_owner(finding));
    let findings = findings.filter(|finding| finding.cause == Some(cause) && finding.action == action);
    Group { heading: heading.to_owned(), colour, lines: findings.map(|finding| line(report, finding)).collect() }
}

/// Whether the owner is to be told. A key that was to be disabled may turn out to be none of that: used again, exempt, gone.
fn concerns_owner(finding: &Finding) -> bool {
    let stands = match finding.action {
        Action::Warn => true,
        Action::Disable => finding.status == Status::Expired,
        Action::None => false,
    };
    stands && !finding.exempt
}

fn line(report: &Report, finding: &Finding) -> Line {
    let key = finding.key_id.as_ref().map(words::masked).unwrap_or_default();
    let text = format!(": key {key}, {}, {}", words::history(finding), words::consequence(report, finding));
    let user = &finding.user.0;
    let name = if finding.name == *user { user.clone() } else { format!("{} ({user})", finding.name) };
    let slack = finding.slack.as_deref().and_then(SlackId::parse);
    Line {
        subject: finding.subject(),
        spans: vec![Span::Mention(Mention { name, label: user.clone(), slack }), Span::Text(text)],
    }
}
