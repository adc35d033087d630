//! What an owner is told about their own access keys, and nobody else: which key, until when, and the commands that end it.

use notifier::{Address, Line, OwnerMessage, Span};

use super::{Texts, by_cause, concerns_owner};
use crate::{
    keys::{Action, Cause},
    render::{
        notification::{address, by_owner, owner_messages},
        words::{keys as words, shell},
    },
    report::{
        Outcome,
        keys::{Finding, KeysReport},
    },
};

/// Access keys that AWS lets a user have
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const KEYS_A_USER: usize = 2;

pub(super) fn messages(report: &KeysReport, texts: &Texts) -> Vec<OwnerMessage> {
    let findings = report.audit.keys.iter().filter(|finding| concerns_owner(finding));
    let owners = by_owner(findings, |finding| whom(report, finding));
    let of_owner = |(to, findings): &(Address, Vec<&Finding>)| {
        owner_messages(to, by_cause(report, texts, findings, |finding| line(report, finding))).collect::<Vec<_>>()
    };
    owners.iter().flat_map(of_owner).collect()
}

fn whom(report: &KeysReport, finding: &Finding) -> Address {
    let (slack, email) = (finding.slack.as_deref(), finding.email.as_deref());
    address(&finding.name, slack, email, report.account_owner.as_ref())
}

/// The finding in words, and what to do about it. The key id stands in full: it is the owner's own, and no secret.
fn line(report: &KeysReport, finding: &Finding) -> Line {
    let text = |text: String| Span::Text(text);
    let key = finding.key_id.as_ref().map(|key| key.0.as_str()).unwrap_or_default();
    let about =
        format!("{}: key {key}, {}, {}.", finding.user, words::history(finding), words::consequence(report, finding));
    let mut spans = vec![text(about)];
    let user = finding.user.0.as_str();
    let iam = |call: &str, more: &[&str]| {
        let user = shell::option("--user-name", user);
        let words = ["aws", "iam", call].into_iter().chain(user.iter().map(String::as_str)).chain(more.iter().copied());
        Span::Command(shell::command(&words.collect::<Vec<_>>()))
    };
    let delete = || iam("delete-access-key", &["--access-key-id", key]);
    let disable = || iam("update-access-key", &["--access-key-id", key, "--status", "Inactive"]);
    let gone = finding.action == Action::Disable && finding.outcome == Outcome::Done;
    if finding.cause == Some(Cause::Inactivity) {
        spans.push(text(" If nobody needs it, delete it:".to_owned()));
        spans.push(delete());
        spans.push(text("If somebody does, make a new one:".to_owned()));
    } else {
        spans.push(text(" Make a new one:".to_owned()));
    }
    let of_user = report.audit.keys.iter().filter(|other| other.user == finding.user).count();
    if of_user >= KEYS_A_USER {
        spans.push(text(
            " (this user has two, and AWS allows no third: delete one that is not needed first)".to_owned(),
        ));
    }
    spans.push(iam("create-access-key", &[]));
    if gone {
        spans.push(text("and when nothing needs the old one any more:".to_owned()));
    } else {
        spans.push(text(
            "put it wherever the old one is used, then switch that off, and if nothing broke, delete it:".to_owned(),
        ));
        spans.push(disable());
    }
    spans.push(delete());
    Line { subject: finding.subject(), spans }
}
