//! `sleuth digest`.

use chrono::TimeDelta;
use sleuth::{
    config::{DigestConfig, DigestFlags},
    deadline::Deadlines,
    exit::Exit,
    gather::digest::Files,
    render::table::digest::table,
    run,
};

use crate::{
    audit::{self, Changed, show_payloads},
    cli::DigestArguments,
    output,
};

/// Reads what runs left and says what they did.
pub(crate) async fn run(arguments: Box<DigestArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let DigestArguments { files, since, now, from, output: form, send, always } = *arguments;
    let config = DigestConfig::new(&environment, DigestFlags { since, always })?;
    // What ended in this very second counts.
    let now = now.unwrap_or_else(|| audit::clock() + TimeDelta::seconds(1));
    // Who cannot tell anybody does not begin.
    let notifier = if send { Some(live::notifier(&config).await?) } else { None };
    let bar = output::progress("Reading reports");
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let deadlines = Deadlines::default();
    let mut digest = if files.is_empty() {
        let stored = live::stored(&config, from, run::digest::span(&config, now)).await?;
        run::digest::read(&stored, &config, now, deadlines, progress).await
    } else {
        run::digest::read(&Files::of(&files)?, &config, now, deadlines, progress).await
    };
    bar.finish_and_clear();
    if config.common.debug {
        show_payloads(&run::digest::told(&digest, &config));
    }
    if let Some(notifier) = notifier {
        run::digest::send(&mut digest, &config, &notifier, deadlines).await;
    }
    let exit = audit::exit(digest.is_complete(), false);
    // What was sent must not be lost with the reader of our output.
    audit::show(&digest, if send { Changed::Perhaps } else { Changed::No }, form, table, exit)
}

#[cfg(feature = "audit")]
mod live {
    //! Stores and channels.

    use notifier::Notifier;
    use sleuth::{
        aws::{self, Stored},
        config::DigestConfig,
        digest::Span,
    };

    use crate::cli::{BadArgument, Store};

    const NO_ARCHIVE: &str = "ARCHIVE is not set, so that there is nothing to read: set it, or name files";
    const NO_SEARCH: &str = "SEARCH_URL is not set, so that there is nothing to read: set it, or name files";
    const NOTHING: &str =
        "neither ARCHIVE nor SEARCH_URL is set, so that there is nothing to read: set one, or name files";

    /// Where runs leave their reports: the archive has all of each, the index what can be searched for.
    pub(super) async fn stored(config: &DigestConfig, from: Option<Store>, span: Span) -> anyhow::Result<Stored> {
        let outputs = &config.common.outputs;
        let missing = BadArgument(match from {
            Some(Store::Archive) if outputs.archive.is_none() => NO_ARCHIVE,
            Some(Store::Search) if outputs.search.is_none() => NO_SEARCH,
            None if outputs.archive.is_none() && outputs.search.is_none() => NOTHING,
            _ => "",
        });
        if !missing.0.is_empty() {
            return Err(missing.into());
        }
        let sdk = aws::connect(config.common.profile.as_deref(), None).await?;
        Ok(aws::stored(&sdk, outputs, from == Some(Store::Search), span, None).await?.ok_or(BadArgument(NOTHING))?)
    }

    /// The channels, at least one.
    pub(super) async fn notifier(config: &DigestConfig) -> anyhow::Result<Notifier> {
        let sdk = aws::connect(config.common.profile.as_deref(), None).await?;
        let notifier = aws::outputs(&sdk, &config.common.outputs, None).await?.notifier;
        if notifier.is_empty() {
            let missing =
                "there is no channel to send it through: set SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC";
            return Err(BadArgument(missing).into());
        }
        Ok(notifier)
    }
}

#[cfg(not(feature = "audit"))]
mod live {
    //! A build without the AWS side.

    use std::future::{Ready, ready};

    use notifier::Notifier;
    use sleuth::{config::DigestConfig, digest::Span, gather::digest::Files};

    use crate::cli::{BadArgument, Store};

    const MISSING: BadArgument =
        BadArgument("this build cannot read stores or send: build it with `--features keys` or `--features tags`");

    pub(super) fn stored(_: &DigestConfig, _: Option<Store>, _: Span) -> Ready<anyhow::Result<Files>> {
        ready(Err(MISSING.into()))
    }

    pub(super) fn notifier(_: &DigestConfig) -> Ready<anyhow::Result<Notifier>> {
        ready(Err(MISSING.into()))
    }
}
