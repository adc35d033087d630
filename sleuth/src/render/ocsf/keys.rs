//! The report on access keys as findings of OCSF.

use std::collections::BTreeMap;

use super::event::{Compliance, Judged, Resource, Severity, State, Verdict, lines, uid};
use crate::{
    facts::UserName,
    keys::{Action, Cause, Status},
    render::words::keys as words,
    report::{
        Outcome,
        keys::{Alert, AlertKind, Finding, KeysReport},
    },
};

const STANDARD: &str = "Access key policy of the account";

/// One line an alert, then one a key, the worst first.
pub fn ocsf(report: &KeysReport) -> Result<String, serde_json::Error> {
    let alerts = report.audit.alerts.iter().map(|alert| of_alert(report, alert));
    // Keys without an id are told apart by their place among those of their user.
    let mut nameless: BTreeMap<&UserName, usize> = BTreeMap::new();
    let keys = report.audit.keys.iter().map(|finding| {
        let key = finding.key_id.as_ref().map_or_else(
            || {
                let place = nameless.entry(&finding.user).or_default();
                *place += 1;
                format!("#{place}")
            },
            |key| key.0.clone(),
        );
        of_key(report, finding, &format!("{}/{key}", finding.user))
    });
    lines(report, alerts.chain(keys))
}

fn of_key(report: &KeysReport, finding: &Finding, subject: &str) -> Result<Judged, serde_json::Error> {
    let ages = report.audit.policy.ages;
    let control = format!(
        "Access keys are replaced before they are {} old, and not left unused for {}",
        ages.expiration_age(),
        ages.inactivity_age()
    );
    let (verdict, severity) = match finding.status {
        Status::Expired => (Verdict::Fail, Severity::High),
        Status::Unknown => (Verdict::Unknown, Severity::Unknown),
        Status::Old => (Verdict::Other("Old"), Severity::Medium),
        Status::Stagnant => (Verdict::Other("Stagnant"), Severity::Low),
        Status::Good | Status::Disabled => (Verdict::Pass, Severity::Informational),
    };
    let requirements = vec!["expiration_age".to_owned(), "inactivity_age".to_owned()];
    let key = finding.key_id.as_ref().map(|key| format!(" {}", key.0)).unwrap_or_default();
    Ok(Judged {
        uid: uid(report, subject),
        title: format!("Access key{key} of {} is {}", finding.user, words::status(finding)),
        description: words::history(finding),
        severity,
        state: match (finding.action, finding.outcome) {
            _ if finding.exempt => State::Suppressed,
            (Action::Disable, Outcome::Done) => State::Resolved,
            _ => State::New,
        },
        compliance: Compliance::new(STANDARD, control, requirements, verdict)
            .told(finding.status.as_str(), words::action(report, finding)),
        remediation: remediation(finding).map(ToOwned::to_owned),
        resource: Resource {
            kind: "AwsIamAccessKey",
            uid: finding.key_id.as_ref().map(|key| key.0.clone()),
            name: finding.user.0.clone(),
            region: None,
            labels: Vec::new(),
        },
        unmapped: serde_json::to_value(finding)?,
    })
}

/// What its owner can do.
const fn remediation(finding: &Finding) -> Option<&'static str> {
    match finding.cause {
        Some(Cause::Age) => Some("Create a new access key, switch over to it, and delete this one."),
        Some(Cause::Inactivity) => Some("Delete the access key if nobody needs it."),
        None => None,
    }
}

fn of_alert(report: &KeysReport, alert: &Alert) -> Result<Judged, serde_json::Error> {
    let (title, control, kind) = match alert.kind {
        AlertKind::RootAccessKeys => {
            ("The root user has access keys".to_owned(), "The root user has no access keys", "AwsAccount")
        }
        AlertKind::Quarantine => {
            let user = alert.user.as_ref().map_or("a user", |user| user.0.as_str());
            (format!("Access keys of {user} leaked"), "No access key has leaked", "AwsIamUser")
        }
    };
    let requirements = vec![alert.kind.as_str().to_owned()];
    Ok(Judged {
        uid: uid(report, &alert.subject()),
        title,
        description: alert.message.clone(),
        severity: Severity::Critical,
        state: State::New,
        compliance: Compliance::new(STANDARD, control.to_owned(), requirements, Verdict::Fail)
            .told(alert.kind.as_str(), alert.reason.clone().unwrap_or_default()),
        remediation: Some(alert.message.clone()),
        resource: Resource {
            kind,
            uid: None,
            name: alert.user.as_ref().map_or_else(|| "root".to_owned(), |user| user.0.clone()),
            region: None,
            labels: Vec::new(),
        },
        unmapped: serde_json::to_value(alert)?,
    })
}
