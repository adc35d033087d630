//! `sleuth digest`.

use chrono::{DateTime, Utc};
use notifier::Notifier;
use sleuth::{
    aws,
    config::{Common, Flags, KeysConfig},
    deadline::Deadlines,
    digest::{Collection, Span},
    exit::Exit,
    gather::digest::{Files, Reading, gather},
    render::{
        notification::digest::{Texts, messages},
        table::digest::table,
    },
};

use crate::{
    audit::{self, Changed, show_payloads},
    cli::{BadArgument, DigestArguments, Store},
    output,
};

/// Reads what runs left and says what they did.
pub(crate) async fn run(arguments: Box<DigestArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let DigestArguments { files, since, now, from, output: form, send, always } = *arguments;
    let common = common(&environment)?;
    let span = span(now.unwrap_or_else(audit::clock), since)?;
    let sources = if files.is_empty() { stored(from)? } else { Files::of(&files)? };
    // Who cannot tell anybody does not begin.
    let notifier = if send { Some(notifier(&common).await?) } else { None };
    let mut collection = Collection::new(span);
    let bar = output::progress("Reading reports");
    let reading = Reading { span, concurrency: common.concurrency, end: None };
    gather(&mut collection, &sources, reading, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    let mut digest = collection.finish();
    let messages = messages(&digest, &texts(), !always);
    if common.debug {
        show_payloads(&messages.everyone);
    }
    if let Some(notifier) = notifier {
        digest.record_delivery(notifier.send(&messages, None).await);
    }
    let exit = audit::exit(digest.is_complete(), false);
    // What was sent must not be lost with the reader of our output.
    audit::print(&digest, if send { Changed::Perhaps } else { Changed::No }, form, table, exit)
}

/// The time to look at.
fn span(to: DateTime<Utc>, since: std::time::Duration) -> anyhow::Result<Span> {
    let since = chrono::TimeDelta::from_std(since)?;
    let from = to.checked_sub_signed(since).ok_or(BadArgument("--since goes back to before there was time"))?;
    Ok(Span { from, to })
}

/// The settings that a digest needs.
fn common(environment: &[(String, String)]) -> anyhow::Result<Common> {
    Ok(KeysConfig::new(environment, Flags::default())?.common)
}

/// What the digest is called.
fn texts() -> Texts {
    Texts { title: "AWS Sleuth Digest".to_owned(), text: String::new() }
}

/// Where runs leave their reports.
fn stored(from: Option<Store>) -> Result<Files, BadArgument> {
    Err(BadArgument(match from {
        Some(Store::Archive) => "ARCHIVE is not set, so that there is nothing to read: set it, or name files",
        Some(Store::Search) => "SEARCH_URL is not set, so that there is nothing to read: set it, or name files",
        None => "neither ARCHIVE nor SEARCH_URL is set, so that there is nothing to read: set one, or name files",
    }))
}

/// The channels, at least one.
async fn notifier(common: &Common) -> anyhow::Result<Notifier> {
    let sdk = aws::connect(common.profile.as_deref(), Deadlines::default().read).await?;
    let notifier = aws::notifier(&sdk, common, Deadlines::default().read).await?;
    if notifier.is_empty() {
        return Err(BadArgument("there is no channel to send it through: set SLACK_URL or SNS_TOPIC").into());
    }
    Ok(notifier)
}
