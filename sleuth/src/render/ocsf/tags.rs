//! The report on instances as findings of OCSF.

use super::event::{Check, Compliance, Judged, Resource, Severity, State, Verdict, lines, uid};
use crate::{
    render::words::tags as words,
    report::{
        Outcome,
        tags::{Finding, TagsReport, ViolationFound},
    },
    tags::{Action, Response, Status, check::Fault},
};

const STANDARD: &str = "EC2 tag rules of the account";

/// One line an instance, the worst first.
pub fn ocsf(report: &TagsReport) -> Result<String, serde_json::Error> {
    lines(report, report.audit.instances.iter().map(|finding| of_instance(report, finding)))
}

fn of_instance(report: &TagsReport, finding: &Finding) -> Result<Judged, serde_json::Error> {
    let verdict = match finding.status {
        Status::Violation => Verdict::Fail,
        Status::Unknown => Verdict::Unknown,
        Status::Grace => Verdict::Other("Grace"),
        Status::Compliant => Verdict::Pass,
    };
    let rules = report.audit.policy.rules.rules.iter().map(|rule| rule.id.clone()).collect();
    let control = "Instances are tagged as the rules ask".to_owned();
    let said = match finding.status {
        Status::Violation => "violates tag rules",
        Status::Unknown => "could not be judged by all tag rules",
        Status::Grace => "has some time left to comply with tag rules",
        Status::Compliant => "is tagged as the rules ask",
    };
    Ok(Judged {
        uid: uid(report, &finding.subject()),
        title: format!("Instance {} in {} {said}", words::instance(finding), finding.region),
        description: words::found(finding),
        severity: severity(finding),
        state: state(finding),
        compliance: Compliance::new(STANDARD, control, rules, verdict)
            .told(finding.status.as_str(), words::action(finding))
            .with(finding.violations.iter().map(check).collect()),
        remediation: remediation(finding),
        resource: Resource {
            kind: "AwsEc2Instance",
            uid: Some(finding.instance_id.0.clone()),
            name: finding.name.clone().unwrap_or_else(|| finding.instance_id.0.clone()),
            region: Some(finding.region.0.clone()),
            labels: finding.tags.iter().map(|(key, value)| format!("{key}={value}")).collect(),
        },
        unmapped: serde_json::to_value(finding)?,
    })
}

/// By the severest of the rules that are violated.
fn severity(finding: &Finding) -> Severity {
    match finding.status {
        Status::Unknown => Severity::Unknown,
        Status::Compliant => Severity::Informational,
        Status::Grace => Severity::Low,
        Status::Violation => match finding.violations.iter().map(|violation| violation.response).max() {
            Some(Response::Terminate) => Severity::High,
            Some(Response::Stop) => Severity::Medium,
            Some(Response::Notify) | None => Severity::Low,
        },
    }
}

fn state(finding: &Finding) -> State {
    match (finding.action, finding.outcome) {
        _ if finding.is_exempt() => State::Suppressed,
        (Action::Terminate, Outcome::Done) => State::Resolved,
        // It still lacks tags, or may do so: the next run will tell.
        (Action::Repair | Action::Stop, Outcome::Done) => State::InProgress,
        _ => State::New,
    }
}

fn check(violation: &ViolationFound) -> Check {
    let (status_id, status) = match violation.fault {
        Fault::Unknown(_) => Verdict::Unknown.said(),
        _ => Verdict::Fail.said(),
    };
    let (uid, name) = (violation.rule.clone(), format!("Tag {}", violation.tag));
    Check { uid, name, desc: violation.message.clone(), status_id, status }
}

/// What its owner can do.
fn remediation(finding: &Finding) -> Option<String> {
    let wrong = words::violations(finding);
    (!wrong.is_empty()).then(|| format!("Mend the tags of the instance, or terminate it: {wrong}."))
}
