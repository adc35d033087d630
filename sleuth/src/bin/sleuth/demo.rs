//! `sleuth demo`.

use sleuth::{
    demo,
    exit::Exit,
    render::{notification, preview::preview, table},
    run,
};

use crate::output;

/// The invented account: tables, counts, and the messages its people would get.
pub(crate) fn run() -> anyhow::Result<Exit> {
    let look = output::look();
    let inventory = demo::keys::inventory()?;
    let config = demo::keys::config()?;
    let report = run::keys::dry(&inventory, &config, demo::keys::now(&inventory));
    let messages = preview(&notification::keys::notifications(&report, &config.texts), look.colours);
    let keys = format!("{}\nWhat their owners would read in Slack:\n\n{messages}", table::keys::table(&report, look));

    let inventory = demo::tags::inventory()?;
    let policy = demo::tags::policy()?;
    let report = run::tags::dry(&inventory, &policy, demo::tags::now(&inventory));
    let messages = preview(&notification::tags::notifications(&report, &policy.config.texts), look.colours);
    let tags = format!("{}\nWhat their owners would read in Slack:\n\n{messages}", table::tags::table(&report, look));
    output::report(&format!("Access keys (sleuth keys)\n\n{keys}\nEC2 tags (sleuth tags)\n\n{tags}"))?;
    Ok(Exit::Done)
}
