//! What `sleuth keys` and `sleuth tags` have in common: where inventories come from, and where reports go.

use std::{io::ErrorKind, path::Path, time::Duration};

use chrono::{DateTime, SubsecRound as _, Utc};
use notifier::{Messages, OwnerMessage, email, slack, sns};
use serde::Serialize;
use sleuth::{
    deadline::Deadlines,
    exit::Exit,
    facts::ReadError,
    render::{json, table::Look},
    report::{Report, accounts::AccountsReport},
    snapshot::{self, Saved, SnapshotError},
};
use tokio::time::Instant;

use crate::{cli::Form, output, outputs::Outputs};

/// The time, in whole seconds as everywhere in the report.
#[expect(clippy::disallowed_methods, reason = "a binary reads the clock, once")]
pub(crate) fn clock() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(0)
}

/// How the time of a run is shared out.
pub(crate) fn deadlines(timeout: Option<u64>) -> Deadlines {
    timeout.map_or_else(Deadlines::default, |seconds| Deadlines::within(Instant::now(), Duration::from_secs(seconds)))
}

/// An inventory that was saved.
pub(crate) fn load<Inventory: Saved>(path: &Path) -> anyhow::Result<Inventory> {
    snapshot::load(path).map_err(|error| match error {
        SnapshotError::Read { .. } => error.into(),
        error => anyhow::Error::new(error).context(path.display().to_string()),
    })
}

/// What each channel is or would be sent, on stderr: to the letter what everybody gets, and what owners get as text.
pub(crate) fn show_payloads(messages: &Messages) {
    for notification in messages.overview.iter().chain(&messages.everyone) {
        for payload in slack::payloads(notification) {
            output::note(&format!("Slack payload: {}", serde_json::to_string_pretty(&payload).unwrap_or_default()));
        }
    }
    for notification in &messages.everyone {
        for message in sns::payloads(notification) {
            output::note(&format!("SNS message and e-mail, subject `{}`:\n{}", message.subject, message.text));
        }
    }
    for OwnerMessage { to, notification } in &messages.owners {
        for message in email::payloads(notification) {
            output::note(&format!("Message to {}, subject `{}`:\n{}", to.name, message.subject, message.text));
        }
    }
}

/// How a run ended that was not broken off.
pub(crate) const fn exit(complete: bool, fails: bool) -> Exit {
    match (complete, fails) {
        (false, _) => Exit::Incomplete,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Done,
    }
}

/// AWS did not say who calls, so that nothing can be looked at.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unanswered(pub(crate) ReadError);

/// Whether a run was told to change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Perhaps,
    No,
}

impl<Audit> From<&Report<Audit>> for Changed {
    fn from(report: &Report<Audit>) -> Self {
        if report.applied { Self::Perhaps } else { Self::No }
    }
}

impl<Audit> From<&AccountsReport<Audit>> for Changed {
    fn from(report: &AccountsReport<Audit>) -> Self {
        if report.applied { Self::Perhaps } else { Self::No }
    }
}

/// Writes a report wherever it is wanted. What was done must not be lost when it cannot be written, or nobody reads.
pub(crate) fn print<Reported: Serialize, Form>(
    report: &Reported,
    changed: Changed,
    outputs: Outputs<Form>,
    text: impl Fn(&Reported, Form, Look) -> anyhow::Result<String>,
    exit: Exit,
) -> anyhow::Result<Exit> {
    let mut exit = exit;
    let mut lost = false;
    for (form, target) in outputs.files {
        let written = text(report, form, Look::PLAIN).and_then(|text| Ok(target.write(&text)?));
        if let Err(error) = written {
            output::note(&format!("sleuth: {error:#}"));
            (exit, lost) = (Exit::Incomplete, true);
        }
    }
    match output::report(&text(report, outputs.stdout, output::look())?) {
        Ok(()) => {}
        // The reader went away, as `head` does. That is no failure …
        Err(error) if changed == Changed::No && error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) if changed == Changed::No => return Err(anyhow::Error::new(error).context("stdout")),
        // … but what was done must not be lost with it.
        Err(error) => {
            output::note(&format!("sleuth: the report could not be written to stdout ({error})"));
            (exit, lost) = (Exit::Incomplete, true);
        }
    }
    if lost && changed == Changed::Perhaps {
        output::note("sleuth: here is the report that could not be written:");
        output::note(&json::pretty(report)?);
    }
    Ok(exit)
}

/// Prints what is a table or JSON.
pub(crate) fn show<Reported: Serialize>(
    report: &Reported,
    changed: Changed,
    form: Form,
    table: impl Fn(&Reported, Look) -> String,
    exit: Exit,
) -> anyhow::Result<Exit> {
    let text = |report: &Reported, form: Form, look: Look| match form {
        Form::Table => Ok(table(report, look)),
        Form::Json => Ok(json::pretty(report)?),
    };
    print(report, changed, Outputs::stdout(form), text, exit)
}

#[cfg(feature = "audit")]
pub(crate) use live::save;

#[cfg(feature = "audit")]
mod live {
    //! What only a run that reads an account needs.

    use sleuth::{
        report::ReportError,
        snapshot::{self, Saved},
        target::Target,
    };

    /// Saves what was read, if somebody wants that. What is read is used, even if it cannot be kept.
    pub(crate) fn save(target: Option<Target>, inventory: &impl Saved) -> Option<ReportError> {
        let error = snapshot::save(target?, inventory).err()?;
        Some(ReportError {
            subject: "inventory".to_owned(),
            operation: "save".to_owned(),
            message: format!("{:#}", anyhow::Error::new(error)),
        })
    }
}
