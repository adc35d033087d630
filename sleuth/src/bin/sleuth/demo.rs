//! `sleuth demo`.

use notifier::Notification;
use sleuth::{
    demo,
    exit::Exit,
    render::{notification, preview::preview, table},
    report::{keys::KeysReport, tags::TagsReport},
    run,
};

use crate::{
    audit::{Changed, print},
    cli::{DemoArguments, DemoAudit},
    keys, output,
    outputs::Outputs,
    tags,
};

/// The invented account: tables, counts, and the messages its people would get; or one audit in the forms that were named.
pub(crate) fn run(arguments: DemoArguments) -> anyhow::Result<Exit> {
    let DemoArguments { audit, output: wanted } = arguments;
    let shown = match audit {
        None => {
            format!("Access keys (sleuth keys)\n\n{}\nEC2 tags (sleuth tags)\n\n{}", of_keys()?, of_tags()?)
        }
        Some(DemoAudit::Keys) if wanted.is_empty() => of_keys()?,
        Some(DemoAudit::Tags) if wanted.is_empty() => of_tags()?,
        // Nothing was changed, and what is unread in it was invented.
        Some(DemoAudit::Keys) => {
            return print(&keys_report()?.0, Changed::No, Outputs::open(wanted, None)?, keys::text, Exit::Done);
        }
        Some(DemoAudit::Tags) => {
            return print(&tags_report()?.0, Changed::No, Outputs::open(wanted, None)?, tags::text, Exit::Done);
        }
    };
    output::report(&shown)?;
    Ok(Exit::Done)
}

fn of_keys() -> anyhow::Result<String> {
    let (report, messages) = keys_report()?;
    Ok(with_messages(&table::keys::table(&report, output::look()), &messages))
}

fn of_tags() -> anyhow::Result<String> {
    let (report, messages) = tags_report()?;
    Ok(with_messages(&table::tags::table(&report, output::look()), &messages))
}

fn with_messages(table: &str, messages: &[Notification]) -> String {
    format!("{table}\nWhat their owners would read in Slack:\n\n{}", preview(messages, output::look().colours))
}

fn keys_report() -> anyhow::Result<(KeysReport, Vec<Notification>)> {
    let inventory = demo::keys::inventory()?;
    let config = demo::keys::config()?;
    let report = run::keys::dry(&inventory, &config, demo::keys::now(&inventory));
    let messages = notification::keys::notifications(&report, &config.texts);
    Ok((report, messages))
}

fn tags_report() -> anyhow::Result<(TagsReport, Vec<Notification>)> {
    let inventory = demo::tags::inventory()?;
    let policy = demo::tags::policy()?;
    let report = run::tags::dry(&inventory, &policy, demo::tags::now(&inventory));
    let messages = notification::tags::notifications(&report, &policy.config.texts);
    Ok((report, messages))
}
