//! A report as messages to the owners: what cannot wait, keys that expire or have expired by age, and the same for
//! inactivity.

use std::collections::BTreeMap;

use notifier::{Colour, Group, Line, Messages, Notification, SlackTarget, Span};

use super::{called, mention, overview, with_link};
use crate::{
    facts::UserName,
    keys::{Action, Cause, Status},
    render::words::keys as words,
    report::{
        Outcome,
        keys::{Alert, AlertKind, Finding, KeysReport, Summary},
    },
};

mod owner;

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

/// All that is to be said. `link`: where the whole report is.
pub fn messages(report: &KeysReport, texts: &Texts, link: Option<&str>) -> Messages {
    let linked = Texts {
        expire_text: with_link(&texts.expire_text, link),
        inactive_text: with_link(&texts.inactive_text, link),
        ..texts.clone()
    };
    let everyone = notifications(report, &linked);
    let overview = (!everyone.is_empty()).then(|| short(report, link));
    Messages { everyone, owners: owner::messages(report, texts), overview, file: None }
}

/// What everybody is told; empty if there is nothing to say.
pub fn notifications(report: &KeysReport, texts: &Texts) -> Vec<Notification> {
    let findings: Vec<&Finding> = report.audit.keys.iter().filter(|finding| concerns_owner(finding)).collect();
    let told = by_cause(report, texts, &findings, |finding| line(report, finding));
    let mut all = Vec::from_iter(alarm(report, told.is_empty()));
    all.extend(told);
    all
}

/// A notification for each cause for which there is something to say.
fn by_cause(
    report: &KeysReport,
    texts: &Texts,
    findings: &[&Finding],
    line: impl Fn(&Finding) -> Line,
) -> Vec<Notification> {
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
    let group = |heading: &str, colour, cause, action| {
        let of_group = |finding: &&&Finding| finding.cause == Some(cause) && finding.action == action;
        let lines = findings.iter().filter(of_group).map(|finding| line(finding)).collect();
        Group { heading: heading.to_owned(), colour, lines }
    };
    let notifications = causes.into_iter().map(|(cause, title, instructions, expired, soon)| Notification {
        title: title.clone(),
        alert: brake(report),
        instructions: instructions.clone(),
        account: report.account.to_string(),
        groups: vec![
            group(expired, Colour::Red, cause, Action::Disable),
            group(soon, Colour::Yellow, cause, Action::Warn),
        ],
    });
    notifications.filter(|notification| !notification.is_empty()).collect()
}

fn brake(report: &KeysReport) -> String {
    report.brake.as_ref().map_or_else(String::new, |reason| format!("No key was disabled: {reason}"))
}

/// Counts, for a channel whose people are told by themselves.
fn short(report: &KeysReport, link: Option<&str>) -> Notification {
    let findings = || report.audit.keys.iter().filter(|finding| concerns_owner(finding));
    let number = |action, outcome| findings().filter(|f| f.action == action && f.outcome == outcome).count();
    let of = |action, words: [&str; 4]| {
        let outcomes = [Outcome::Done, Outcome::Failed, Outcome::Held, Outcome::Planned].into_iter().zip(words);
        let counts = outcomes.map(|(outcome, words)| (number(action, outcome), words)).filter(|(count, _)| *count > 0);
        counts.map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>()
    };
    // Who is told of a warning is not known yet.
    let soon = findings().filter(|finding| finding.action == Action::Warn).count();
    let expired =
        of(Action::Disable, ["disabled", "could not be disabled", "expired and left alone", "to be disabled"]);
    let mut counts = expired;
    if soon > 0 {
        counts.push(format!("{soon} about to expire"));
    }
    if !report.audit.alerts.is_empty() {
        counts.push(format!("{} to be looked at now, see the alert", report.audit.alerts.len()));
    }
    let Summary { keys, users, .. } = report.audit.summary;
    if counts.is_empty() {
        counts.push("nothing that an owner is told of".to_owned());
    }
    let words = format!("{keys} access keys of {users} users: {}", counts.join(", "));
    overview("AWS IAM Key Report", &report.account.to_string(), &brake(report), vec![words], link)
}

/// What cannot wait, in a message of its own before the others: alerts, and that something stopped all changes if no other
/// message is there to say so.
fn alarm(report: &KeysReport, alone: bool) -> Option<Notification> {
    let stopped = report.brake.as_ref().filter(|_| alone).map(|reason| Line {
        subject: BRAKE.to_owned(),
        spans: vec![Span::Text(format!("No key was disabled: {reason}"))],
    });
    let group = |heading: &str, lines: Vec<Line>| Group { heading: heading.to_owned(), colour: Colour::Red, lines };
    let of_kind = |kind| {
        report
            .audit
            .alerts
            .iter()
            .filter(move |alert| alert.kind == kind)
            .map(|alert| alert_line(report, alert))
            .collect()
    };
    let notification = Notification {
        title: ALARM_TITLE.to_owned(),
        alert: String::new(),
        instructions: String::new(),
        account: report.account.to_string(),
        groups: vec![
            group("The run was stopped", stopped.into_iter().collect()),
            group("Root user", of_kind(AlertKind::RootAccessKeys)),
            group("Leaked access keys", of_kind(AlertKind::Quarantine)),
        ],
    };
    (!notification.is_empty()).then_some(notification)
}

const ALARM_TITLE: &str = "AWS IAM Key Alert";
/// Subject of the line about the brake.
const BRAKE: &str = "brake";

fn alert_line(report: &KeysReport, alert: &Alert) -> Line {
    let mut spans = Vec::new();
    if let Some(user) = &alert.user {
        let slack = called(alert.slack.as_deref(), None, report.account_owner.as_ref());
        spans.push(mention(&user.0, alert.name.as_deref().unwrap_or(&user.0), slack));
        spans.push(Span::Text(": ".to_owned()));
    }
    spans.push(Span::Text(alert.message.clone()));
    Line { subject: alert.subject(), spans }
}

/// Users whose owners would be called in Slack but cannot be, and their `Slack` tag: they are told by name, and somebody
/// should mend the tag. `by_address`: whether they can be called by their e-mail address, too.
pub fn uncallable(report: &KeysReport, by_address: bool) -> BTreeMap<&UserName, Option<&str>> {
    let callable = |slack: Option<&str>| match slack.and_then(SlackTarget::parse) {
        Some(SlackTarget::Id(_)) => true,
        Some(SlackTarget::Email(_)) => by_address,
        None => false,
    };
    let findings = report.audit.keys.iter().filter(|finding| concerns_owner(finding));
    let findings =
        findings.filter(|finding| !(by_address && finding.slack.is_none() && callable(finding.email.as_deref())));
    let owners = findings.map(|finding| (&finding.user, finding.slack.as_deref()));
    let quarantined =
        report.audit.alerts.iter().filter_map(|alert| Some((alert.user.as_ref()?, alert.slack.as_deref())));
    owners.chain(quarantined).filter(|(_, slack)| !callable(*slack)).collect()
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

fn line(report: &KeysReport, finding: &Finding) -> Line {
    let key = finding.key_id.as_ref().map(words::masked).unwrap_or_default();
    let text = format!(": key {key}, {}, {}", words::history(finding), words::consequence(report, finding));
    let slack = called(finding.slack.as_deref(), finding.email.as_deref(), report.account_owner.as_ref());
    let owner = mention(&finding.user.0, &finding.name, slack);
    Line { subject: finding.subject(), spans: vec![owner, Span::Text(text)] }
}
