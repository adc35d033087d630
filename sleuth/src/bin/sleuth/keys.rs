//! `sleuth demo` and `sleuth keys`.

use std::{io::ErrorKind, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use notifier::slack;
use sleuth::{
    config::KeysConfig,
    deadline::Deadlines,
    demo,
    exit::Exit,
    keys::Inventory,
    render::{json, notification::keys::notifications, preview::preview, table::keys::table},
    report::keys::KeysReport,
    run,
    snapshot::{self, SnapshotError},
};
use tokio::time::Instant;

use crate::{
    cli::{FailOn, Form, KeysArguments},
    output,
};

/// The invented account: table, counts, and the messages its people would get.
pub(crate) fn demo() -> anyhow::Result<Exit> {
    let look = output::look();
    let inventory = demo::inventory()?;
    let config = demo::config()?;
    let report = run::keys::dry(&inventory, &config, demo::now(&inventory));
    let messages = preview(&notifications(&report, &config.texts), look.colours);
    let table = table(&report, look);
    output::report(&format!("{table}\nWhat their owners would read in Slack:\n\n{messages}"))?;
    Ok(Exit::Done)
}

/// Audits an account or a saved inventory.
pub(crate) async fn run(arguments: Box<KeysArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let KeysArguments { apply, output: form, from, all, save, now, fail_on, timeout, thresholds } = *arguments;
    let deadlines = timeout
        .map_or_else(Deadlines::default, |seconds| Deadlines::within(Instant::now(), Duration::from_secs(seconds)));
    let config = KeysConfig::new(&environment, thresholds.into())?;
    let report = match from {
        Some(path) => {
            let inventory: Inventory = snapshot::load(&path).map_err(|error| match error {
                SnapshotError::Read { .. } => error.into(),
                error => anyhow::Error::new(error).context(path.display().to_string()),
            })?;
            let now = now.unwrap_or(inventory.taken_at);
            output::note(&format!("Auditing the inventory of {} as of {now}.", inventory.taken_at));
            dry(&inventory, &config, now)
        }
        None => live::run(&config, Options { now, deadlines, apply, all, save }).await?,
    };
    let text = match form {
        Form::Table => table(&report, output::look()),
        Form::Json => json::pretty(&report)?,
    };
    let exit = exit(&report, fail_on);
    match output::report(&text) {
        Ok(()) => Ok(exit),
        // The reader went away, as `head` does. That is no failure …
        Err(error) if !report.applied && error.kind() == ErrorKind::BrokenPipe => Ok(exit),
        Err(error) if !report.applied => Err(anyhow::Error::new(error).context("stdout")),
        // … but what was done must not be lost with it.
        Err(error) => {
            output::note(&format!("sleuth: the report could not be written to stdout ({error}); here it is:"));
            output::note(&json::pretty(&report)?);
            Ok(Exit::Incomplete)
        }
    }
}

fn dry(inventory: &Inventory, config: &KeysConfig, now: DateTime<Utc>) -> KeysReport {
    let report = run::keys::dry(inventory, config, now);
    if config.common.debug {
        show_payloads(&report, config);
    }
    report
}

/// What each channel is or would be sent, to the letter, on stderr.
fn show_payloads(report: &KeysReport, config: &KeysConfig) {
    for notification in notifications(report, &config.texts) {
        for payload in slack::payloads(&notification) {
            output::note(&format!("Slack payload: {}", serde_json::to_string_pretty(&payload).unwrap_or_default()));
        }
        for message in notifier::sns::payloads(&notification) {
            output::note(&format!("SNS message, subject `{}`:\n{}", message.subject, message.text));
        }
    }
}

fn exit(report: &KeysReport, fail_on: Option<FailOn>) -> Exit {
    let fails =
        |fail_on: FailOn| report.audit.keys.iter().any(|key| !key.exempt && fail_on.statuses().contains(&key.status));
    match () {
        () if !report.is_complete() => Exit::Incomplete,
        // An alert is worse than any status.
        () if fail_on.is_some() && !report.audit.alerts.is_empty() => Exit::Findings,
        () if fail_on.is_some_and(fails) => Exit::Findings,
        () => Exit::Done,
    }
}

/// How an account is to be read and what is to be done with what is found.
#[cfg_attr(not(feature = "keys"), expect(dead_code, reason = "there is nothing to read"))]
struct Options {
    now: Option<DateTime<Utc>>,
    deadlines: Deadlines,
    apply: bool,
    all: bool,
    save: Option<PathBuf>,
}

#[cfg(feature = "keys")]
mod live {
    //! The account itself.

    use chrono::{DateTime, SubsecRound as _, Utc};
    use notifier::Notifier;
    use sleuth::{
        aws,
        config::KeysConfig,
        gather::keys::{Scope, Want, gather},
        report::{ReportError, keys::KeysReport},
        run::{self, Stage},
        snapshot,
    };

    use super::{Options, dry, show_payloads};
    use crate::output;

    /// The time, in whole seconds as everywhere in the report.
    #[expect(clippy::disallowed_methods, reason = "a binary reads the clock, once")]
    fn clock() -> DateTime<Utc> {
        Utc::now().trunc_subsecs(0)
    }

    pub(super) async fn run(config: &KeysConfig, options: Options) -> anyhow::Result<KeysReport> {
        let Options { now, deadlines, apply, all, save } = options;
        let target = save.as_deref().map(snapshot::Target::new).transpose()?;
        let taken_at = clock();
        let now = now.unwrap_or(taken_at);
        let sdk = aws::connect(config.common.profile.as_deref(), deadlines.read).await?;
        let iam = aws::iam::Iam::new(&sdk, config.common.retry_mode);
        // Who cannot tell anybody does not begin.
        let notifier =
            if apply { aws::notifier(&sdk, &config.common, deadlines.read).await? } else { Notifier::default() };
        let bar = output::progress("Reading users");
        let scope = run::keys::scope(config, taken_at, now, deadlines.read);
        // What is saved may be audited by other thresholds.
        let want = if all || target.is_some() { Want::Everything } else { scope.want };
        let inventory = gather(&iam, &Scope { want, ..scope }, |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })
        .await;
        bar.finish_and_clear();
        // What is read is used, even if it cannot be kept.
        let unsaved = target.and_then(|target| target.save(&inventory).err()).map(|error| ReportError {
            subject: "inventory".to_owned(),
            operation: "save".to_owned(),
            message: format!("{:#}", anyhow::Error::new(error)),
        });
        if !apply {
            let mut report = dry(&inventory, config, now);
            report.errors.extend(unsaved);
            return Ok(report);
        }
        let mut report = run::keys::wet(&iam, &inventory, config, &notifier, now, deadlines, |stage, report| {
            if config.common.debug && stage == Stage::Applied {
                show_payloads(report, config);
            }
        })
        .await;
        report.errors.extend(unsaved);
        Ok(report)
    }
}

#[cfg(not(feature = "keys"))]
mod live {
    //! A build without the AWS side of this audit.

    use std::future::Ready;

    use sleuth::{config::KeysConfig, report::Report};

    use super::Options;
    use crate::cli::BadArgument;

    const MISSING: BadArgument =
        BadArgument("this build cannot read access keys: build it with `--features keys`, or use --from");

    pub(super) fn run(_: &KeysConfig, _: Options) -> Ready<anyhow::Result<KeysReport>> {
        std::future::ready(Err(MISSING.into()))
    }
}
