//! What is said of outputs: what they say of themselves, and what came of what they were sent.

use chrono::{DateTime, SecondsFormat, Utc};
use notifier::{
    Colour, DeliveryReport, Group, Line, Messages, Notification, PartResult, ProbeError, Probed, Span,
    search::{Change, SearchError, Setup},
    slack::BotIdentity,
};
use serde_json::json;

use super::{Kind, Output};
use crate::{
    doctor::{Check, Section, Status},
    ports::doctor::Trouble,
};

/// The object that is written into the archive, without its extension.
pub const TEST_OBJECT: &str = "sleuth-doctor";

/// What decides about what an output has to be able to do.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// Whether reports are written: the digest writes none.
    pub writes: bool,
    /// Whether reports are kept in an archive, to which messages can link.
    pub archived: bool,
}

fn check(output: &Output, status: Status, found: impl Into<String>) -> Check {
    Check::new(Section::Channels, output.name, status, found)
}

/// An output that is not to be had.
pub fn unopened(output: &Output, trouble: &Trouble) -> Check {
    match trouble {
        Trouble::Unanswered(_) => check(output, Status::Unchecked, trouble.to_string()).fix("run this again"),
        Trouble::Denied(_) | Trouble::Unclear(_) => check(output, Status::Failed, trouble.to_string())
            .fix("nothing goes there until that is mended: mend what it names, or unset it"),
    }
}

/// What a channel says without being sent anything. `sends`: whether it is sent a message next, of which more is said
/// then.
pub fn probed(output: &Output, probed: &Probed, of: Use, sends: bool) -> Vec<Check> {
    let nothing = match output.kind {
        Kind::Channel { readers: false } => "nothing was sent: EMAIL_TO is not set, so that nobody gets a test message",
        _ => "nothing was sent (--send-test sends a test message)",
    };
    let said = match probed {
        Probed::Nothing => String::new(),
        Probed::Mail => "; the server takes the connection, the login if there is one, and the sender".to_owned(),
        Probed::Bot(BotIdentity { team, user, .. }) => format!("; it is {user} of {team}"),
    };
    let mut checks = Vec::new();
    if !sends {
        checks.push(check(output, Status::Ok, format!("{}{said}; {nothing}", output.about)));
    }
    if let Probed::Bot(identity) = probed {
        checks.extend(scopes(output, identity, of));
    }
    checks
}

/// The scopes that a bot lacks, and what it cannot do without them (docs/outputs.md).
fn scopes(output: &Output, identity: &BotIdentity, of: Use) -> Vec<Check> {
    if identity.scopes.is_empty() {
        return vec![check(output, Status::Skipped, "Slack does not say which scopes the token has")];
    }
    let mut wanted = vec![("chat:write", Status::Failed, "no message can be sent")];
    if of.writes {
        let told = "owners whose `Slack` or `Email` tag is an address are told in the channel";
        let left = "nobody notices that an owner has left, and does not read messages";
        wanted.extend([("users:read.email", Status::Warning, told), ("users:read", Status::Warning, left)]);
    }
    if of.writes && !of.archived {
        wanted.push(("files:write", Status::Warning, "the report as a file is not delivered, and there is no ARCHIVE"));
    }
    let missing = wanted.into_iter().filter(|(scope, ..)| !identity.scopes.iter().any(|granted| granted == scope));
    let lacks = missing.map(|(scope, status, without)| {
        check(output, status, format!("the token lacks the scope {scope}: {without}"))
            .fix(format!("add {scope} to the bot at https://api.slack.com/apps, and install the app again"))
    });
    lacks.collect()
}

/// What a channel means that did not answer as it should when it was asked.
pub fn unprobed(error: &ProbeError) -> Trouble {
    if error.passes() { Trouble::Unanswered(error.to_string()) } else { Trouble::Unclear(error.to_string()) }
}

/// An index that lets us search: how it compares with what runs write.
pub fn index(output: &Output, compared: &Result<Setup, SearchError>) -> Check {
    let about = &output.about;
    match compared {
        Ok(Setup { template: Change::Unchanged, index: Change::Unchanged }) => {
            check(output, Status::Ok, format!("{about}; reachable, and set up; nothing was written"))
        }
        Ok(Setup { template, index }) => {
            let template = match template {
                Change::Created => Some("there is no index template"),
                Change::Updated => Some("the index template is another than this version's"),
                Change::Unchanged => None,
            };
            let index = match index {
                Change::Created => Some("there is no index"),
                Change::Updated => Some("the index lacks fields"),
                Change::Unchanged => None,
            };
            let differs: Vec<&str> = template.into_iter().chain(index).collect();
            let found = format!("{about}; reachable, and not set up: {}", differs.join(", "));
            check(output, Status::Warning, found).fix("run `sleuth search setup`")
        }
        Err(SearchError::Denied(said)) => {
            let found = format!("{about}; reachable; whether it is set up may not be read, which no run needs: {said}");
            check(output, Status::Skipped, found)
        }
        Err(error) => unopened(output, &unsearched(error)),
    }
}

/// What an index means that does not let us search.
pub fn unsearched(error: &SearchError) -> Trouble {
    match error {
        SearchError::Unavailable(_) | SearchError::Incomplete(_) => Trouble::Unanswered(error.to_string()),
        SearchError::Denied(_) => Trouble::Denied(error.to_string()),
        SearchError::Failed(_)
        | SearchError::NoIndex(_)
        | SearchError::OtherTypes { .. }
        | SearchError::Unreadable(_) => Trouble::Unclear(error.to_string()),
    }
}

/// An archive that nothing was written to.
pub fn unwritten(output: &Output, of: Use) -> Check {
    let why = if of.writes { "--send-test writes a small object" } else { "the digest only reads it" };
    check(output, Status::Ok, format!("{}; nothing was written ({why})", output.about))
}

/// What came of writing the test object.
pub fn kept(output: &Output, result: &Result<(), Trouble>) -> Check {
    let found = |said: &str| format!("{}; {TEST_OBJECT}.json: {said}", output.about);
    match result {
        Ok(()) => check(output, Status::Ok, found("written, and encrypted; it can be deleted")),
        Err(Trouble::Unanswered(said)) => check(output, Status::Unchecked, found(said)).fix("run this again"),
        Err(Trouble::Denied(said) | Trouble::Unclear(said)) => {
            check(output, Status::Failed, found(said)).fix("mend what it names, or what AWS allows; then send again")
        }
    }
}

/// What the test object says of itself.
pub fn test_object(account: &str, now: DateTime<Utc>) -> String {
    let about = "Somebody ran `sleuth doctor --send-test` to see whether reports can be kept here. This is none, and \
                 can be deleted.";
    let at = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{:#}\n", json!({ "about": about, "account": account, "written_at": at }))
}

/// The test message, about an account.
pub fn test_message(account: &str) -> Messages {
    let line = Line {
        subject: "test".to_owned(),
        spans: vec![Span::Text("Somebody ran `sleuth doctor --send-test`. There is nothing to do.".to_owned())],
    };
    Messages::to_all(vec![Notification {
        title: "Sleuth test message, nothing is wrong".to_owned(),
        alert: String::new(),
        instructions: String::new(),
        account: account.to_owned(),
        groups: vec![Group { heading: "Test".to_owned(), colour: Colour::Grey, lines: vec![line] }],
    }])
}

/// What came of the test message.
pub fn sent(output: &Output, report: &DeliveryReport) -> Vec<Check> {
    let check = |status, found: String| Check::new(Section::Channels, output.name, status, found);
    if report.parts.is_empty() {
        let found = format!("{}; it takes no message of this kind, so that nothing was sent", output.about);
        return vec![check(Status::Skipped, found)];
    }
    let each = report.parts.iter().map(|part| match &part.result {
        PartResult::Delivered => {
            check(Status::Ok, format!("{}; took the test message ({})", output.about, part.channel))
        }
        PartResult::Redirected { reason } => check(Status::Warning, format!("{}: {reason}", part.channel)),
        PartResult::Undelivered { reason, .. } => {
            check(Status::Failed, format!("did not take the test message ({}): {reason}", part.channel))
                .fix("mend what it names, or what AWS allows; then send again")
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests;
