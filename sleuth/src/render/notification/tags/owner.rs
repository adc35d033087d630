//! What an owner is told about their own instances, and nobody else: what is wrong, what is done about it, and the command that
//! mends it.

use notifier::{Address, Line, Notification, OwnerMessage, Span};

use super::{Texts, brake, by_action, concerns_owner};
use crate::{
    render::{
        notification::{address, by_owner, owner_messages},
        words::shell,
    },
    report::{
        Outcome,
        tags::{Finding, TagsReport},
    },
    tags::{Action, check::Fault},
};

/// What stands in a command for what only the owner knows.
const VALUE: &str = "VALUE";

pub(super) fn messages(report: &TagsReport, texts: &Texts) -> Vec<OwnerMessage> {
    let findings = report.audit.instances.iter().filter(|finding| concerns_owner(finding));
    let owners = by_owner(findings, |finding| whom(report, finding));
    let of_owner = |(to, findings): &(Address, Vec<&Finding>)| {
        let notification = Notification {
            title: texts.title.clone(),
            alert: brake(report),
            instructions: texts.text.clone(),
            account: report.account.to_string(),
            groups: by_action(findings, |finding| line(report, finding)),
        };
        owner_messages(to, vec![notification]).collect::<Vec<_>>()
    };
    owners.iter().flat_map(of_owner).collect()
}

fn whom(report: &TagsReport, finding: &Finding) -> Address {
    let owner = &finding.owner;
    let (slack, email) = (owner.slack.as_deref(), owner.email.as_deref());
    address(owner.display_name(), slack, email, report.account_owner.as_ref())
}

/// The finding as everybody is told it, and the command that sets the tags which are missing.
fn line(report: &TagsReport, finding: &Finding) -> Line {
    let mut line = super::line(report, finding);
    line.spans.extend(
        command(finding)
            .into_iter()
            .flat_map(|command| [Span::Text(". To tag it:".to_owned()), Span::Command(command)]),
    );
    line
}

/// What sets all tags that rules miss; none, if the instance is gone or no tag would help.
fn command(finding: &Finding) -> Option<String> {
    if finding.action == Action::Terminate && finding.outcome == Outcome::Done {
        return None;
    }
    let missing = finding.violations.iter().filter_map(|violation| match &violation.fault {
        Fault::Missing => Some(violation.tag.as_str()),
        Fault::Empty { key }
        | Fault::NotAllowed { key, .. }
        | Fault::NoMatch { key, .. }
        | Fault::NotAUser { key, .. } => Some(key.as_str()),
        Fault::Untagged | Fault::Unknown(_) => None,
    });
    let tags: Vec<String> = missing.map(|key| format!("Key={},Value={VALUE}", shell::shorthand(key))).collect();
    if tags.is_empty() {
        return None;
    }
    let (region, id) = (finding.region.0.as_str(), finding.instance_id.0.as_str());
    let mut words = vec!["aws", "ec2", "create-tags", "--region", region, "--resources", id, "--tags"];
    words.extend(tags.iter().map(String::as_str));
    Some(shell::command(&words))
}
