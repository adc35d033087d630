//! `sleuth watch`.

use chrono::{DateTime, Utc};
use sleuth::{
    config::WatchConfig,
    deadline::Deadlines,
    exit::Exit,
    gather::watch::{Admission, Harvest, OutOfReach, Reading, files, harvest, saved},
    render::{notification::tags::messages, table::watch::table},
    report::watch::WatchReport,
    rules_source,
    run::{self, tags::Policy},
    tags::watch::{event::Leaf, seen::Seen},
};

use crate::{
    audit::{self, Changed, show_payloads},
    cli::{FailOnTags, ReplayArguments, WatchCommand},
    output,
    tags::{fails, live::policy},
};

pub(crate) async fn run(command: WatchCommand, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let WatchCommand::Replay(arguments) = command;
    let ReplayArguments { files: names, live, output: form, now, timeout, fail_on, settings } = *arguments;
    let deadlines = audit::deadlines(timeout);
    let config = WatchConfig::new(&environment, settings.into())?;
    let rules = rules_source::known(&config.tags.rules)?;
    let files = files(&names)?;
    let now = now.unwrap_or_else(audit::clock);
    let seen = Seen::default();
    let admission = Admission { seen: &seen, regions: config.tags.regions.as_deref() };
    let bar = output::progress("Reading files");
    bar.set_length(files.len() as u64);
    let (found, leaves) = saved(&files, admission, |done| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    let policy = policy(config.tags.clone(), rules, deadlines).await?;
    let read = Read { found, leaves, admission, now, deadlines };
    let (debug, texts) = (policy.config.common.debug, policy.config.texts.clone());
    let report = if live { live::replay(&config, &policy, read).await? } else { replay(policy, read).await };
    if debug {
        for account in &report.accounts {
            show_payloads(&messages(account, &texts, None));
        }
    }
    let exit = exit(&report, fail_on);
    audit::show(&report, Changed::No, form, table, exit)
}

/// What files hold, and the time.
struct Read<'a> {
    found: Harvest,
    leaves: Vec<Leaf>,
    admission: Admission<'a>,
    now: DateTime<Utc>,
    #[cfg_attr(not(feature = "tags"), expect(dead_code, reason = "what is not read cannot be late"))]
    deadlines: Deadlines,
}

/// Judges what events tell of instances.
async fn replay(mut policy: Policy, read: Read<'_>) -> WatchReport {
    let Read { mut found, leaves, admission, now, .. } = read;
    let reading =
        Reading { concurrency: policy.config.common.concurrency, patience: std::time::Duration::ZERO, end: None };
    harvest(&mut found, &OutOfReach, leaves, admission, reading, |_, _| ()).await;
    // Nobody launches a canary in a log.
    policy.config.canary = None;
    run::watch::replay(&found, &policy, now).await
}

fn exit(report: &WatchReport, fail_on: Option<FailOnTags>) -> Exit {
    let failing = |fail_on: FailOnTags| report.accounts.iter().any(|report| fails(report, fail_on));
    audit::exit(report.is_complete(), fail_on.is_some_and(failing))
}

#[cfg(feature = "tags")]
mod live {
    //! The account itself.

    use sleuth::{
        aws::{
            self,
            accounts::{Reach, Role, caller},
            cloud::Cloud,
            logs::Logs,
        },
        config::WatchConfig,
        gather::watch::{Reading, harvest},
        report::watch::WatchReport,
        run::{
            tags::Policy,
            watch::{Time, dry},
        },
    };

    use super::Read;
    use crate::{audit::Unanswered, output};

    /// Looks at the instances as they are now.
    pub(super) async fn replay(config: &WatchConfig, policy: &Policy, read: Read<'_>) -> anyhow::Result<WatchReport> {
        let Read { mut found, leaves, admission, now, deadlines } = read;
        let common = &policy.config.common;
        let sdk = aws::connect(common.profile.as_deref(), deadlines.read).await?;
        let reading = Reading { concurrency: common.concurrency, patience: config.settle, end: deadlines.read };
        let bar = output::progress("Reading logs");
        harvest(&mut found, &Logs::new(&sdk, deadlines.read), leaves, admission, reading, |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })
        .await;
        bar.finish_and_clear();
        let caller = caller(&sdk, deadlines.read).await.map_err(Unanswered)?;
        let role = Role::new(&sdk, config.role.clone(), deadlines.read).await?;
        let reach = Reach {
            sdk: &sdk,
            caller: &caller,
            role: role.as_ref(),
            calls: common.calls,
            end: deadlines.read,
            open: Cloud::new,
        };
        let time = Time { now, deadlines, patience: config.settle };
        Ok(Box::pin(dry(&reach, &found, policy, time)).await)
    }
}

#[cfg(not(feature = "tags"))]
mod live {
    //! A build without the AWS side of this audit.

    use std::future::Ready;

    use sleuth::{config::WatchConfig, report::watch::WatchReport, run::tags::Policy};

    use super::Read;
    use crate::cli::BadArgument;

    const MISSING: BadArgument =
        BadArgument("this build cannot read instances: build it with `--features tags`, or leave --live out");

    pub(super) fn replay(_: &WatchConfig, _: &Policy, _: Read<'_>) -> Ready<anyhow::Result<WatchReport>> {
        std::future::ready(Err(MISSING.into()))
    }
}
