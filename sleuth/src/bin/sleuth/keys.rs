//! `sleuth keys`.

use chrono::{DateTime, Utc};
use sleuth::{
    config::{self, AccountsConfig, KeysConfig},
    deadline::Deadlines,
    exit::Exit,
    keys::Inventory,
    outputs::Deliverable as _,
    render::{
        csv, html, json, markdown,
        notification::keys::messages,
        ocsf,
        table::{self, Look},
    },
    report::{
        accounts::AccountsReport,
        keys::{KeyAudit, KeysReport},
    },
    run,
    target::Target,
};

use crate::{
    audit::{self, show_payloads},
    cli::{FailOnKeys, KeysArguments, ReportForm, RunArguments, SAVES_ONE},
    output,
    outputs::Outputs,
};

/// Audits an account or a saved inventory.
pub(crate) async fn run(arguments: Box<KeysArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let KeysArguments { run, all, fail_on, thresholds, accounts } = *arguments;
    let RunArguments { apply, output: wanted, from, save, now, timeout } = run;
    let deadlines = audit::deadlines(timeout);
    let (config, accounts) = config::both(
        KeysConfig::new(&environment, thresholds.into()),
        AccountsConfig::new(&environment, accounts.into()),
    )?;
    let save = save.as_deref().map(Target::new).transpose()?;
    let outputs = Outputs::open(wanted, save.as_ref())?;
    if let Some(accounts) = accounts.filter(|_| from.is_none()) {
        if save.is_some() {
            return Err(SAVES_ONE.into());
        }
        let options = Options { now, deadlines, apply, all, save };
        let report = Box::pin(live::run_many(config, accounts, options)).await?;
        let fails = fail_on.is_some() && report.accounts.iter().any(|report| fails(report, fail_on));
        let exit = audit::exit(report.is_complete(), fails);
        return audit::print(&report, (&report).into(), outputs, text_of_many, exit);
    }
    let report = match from {
        Some(path) => {
            let inventory: Inventory = audit::load(&path)?;
            let now = now.unwrap_or(inventory.taken_at);
            output::note(&format!("Auditing the inventory of {} as of {now}.", inventory.taken_at));
            dry(&inventory, &config, now)
        }
        None => live::run(&config, Options { now, deadlines, apply, all, save }).await?,
    };
    let exit = exit(&report, fail_on);
    audit::print(&report, (&report).into(), outputs, text, exit)
}

/// The report in one of its forms.
pub(crate) fn text(report: &KeysReport, form: ReportForm, look: Look) -> anyhow::Result<String> {
    Ok(match form {
        ReportForm::Table => table::keys::table(report, look),
        ReportForm::Json => json::pretty(report)?,
        ReportForm::Csv => csv::keys::csv(report)?,
        ReportForm::Markdown => markdown::keys::markdown(report),
        ReportForm::Html => html::keys::html(report),
        ReportForm::Ocsf => ocsf::keys::ocsf(report)?,
    })
}

fn dry(inventory: &Inventory, config: &KeysConfig, now: DateTime<Utc>) -> KeysReport {
    let report = run::keys::dry(inventory, config, now);
    if config.common.debug {
        show_payloads(&messages(&report, &config.texts, None));
    }
    report
}

/// The report on many accounts in one of its forms.
fn text_of_many(report: &AccountsReport<KeyAudit>, form: ReportForm, look: Look) -> anyhow::Result<String> {
    Ok(match form {
        ReportForm::Table => table::accounts::table(report, look, |one| table::keys::table(one, look)),
        ReportForm::Json => json::pretty(report)?,
        ReportForm::Csv => csv::accounts::csv(report, csv::keys::csv)?,
        ReportForm::Markdown => markdown::accounts::markdown(report, markdown::keys::markdown),
        ReportForm::Html => report.html(),
        ReportForm::Ocsf => ocsf::accounts::ocsf(report, ocsf::keys::ocsf)?,
    })
}

fn exit(report: &KeysReport, fail_on: Option<FailOnKeys>) -> Exit {
    audit::exit(report.is_complete(), fails(report, fail_on))
}

fn fails(report: &KeysReport, fail_on: Option<FailOnKeys>) -> bool {
    let fails = |fail_on: FailOnKeys| {
        report.audit.keys.iter().any(|key| !key.exempt && fail_on.statuses().contains(&key.status))
    };
    // An alert is worse than any status.
    let alerted = fail_on.is_some() && !report.audit.alerts.is_empty();
    alerted || fail_on.is_some_and(fails)
}

/// How an account is to be read and what is to be done with what is found.
#[cfg_attr(not(feature = "keys"), expect(dead_code, reason = "there is nothing to read"))]
struct Options {
    now: Option<DateTime<Utc>>,
    deadlines: Deadlines,
    apply: bool,
    all: bool,
    save: Option<Target>,
}

#[cfg(feature = "keys")]
mod live {
    //! The account itself.

    use sleuth::{
        aws,
        config::{AccountsConfig, KeysConfig},
        gather::keys::{Scope, Want, gather},
        outputs::Outputs,
        render::notification::keys::messages,
        report::{
            accounts::AccountsReport,
            keys::{KeyAudit, KeysReport},
        },
        run::{
            self, Stage,
            accounts::{Time, keys::Keys},
        },
    };

    use super::{Options, dry};
    use crate::{
        accounts::{self, Many},
        audit::{clock, save as keep, show_payloads},
        output,
    };

    pub(super) async fn run(config: &KeysConfig, options: Options) -> anyhow::Result<KeysReport> {
        let Options { now, deadlines, apply, all, save } = options;
        let taken_at = clock();
        let now = now.unwrap_or(taken_at);
        let common = &config.common;
        let sdk = aws::connect(common.profile.as_deref(), deadlines.read).await?;
        let iam = aws::iam::Iam::new(&sdk, common.calls);
        // Who cannot tell anybody does not begin.
        let outputs =
            if apply { aws::outputs(&sdk, &common.outputs, deadlines.read).await? } else { Outputs::default() };
        let bar = output::progress("Reading users");
        let scope = run::keys::scope(config, taken_at, now, deadlines.read);
        // What is saved may be audited by other thresholds.
        let want = if all || save.is_some() { Want::Everything } else { scope.want };
        let inventory = gather(&iam, &Scope { want, ..scope }, |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })
        .await;
        bar.finish_and_clear();
        let unsaved = keep(save, &inventory);
        let mut report = if apply {
            run::keys::wet(&iam, &inventory, config, &outputs, now, deadlines, |stage, report| {
                if common.debug && stage == Stage::Applied {
                    show_payloads(&messages(report, &config.texts, None));
                }
            })
            .await
        } else {
            dry(&inventory, config, now)
        };
        report.errors.extend(unsaved);
        Ok(report)
    }

    pub(super) async fn run_many(
        config: KeysConfig,
        accounts: AccountsConfig,
        options: Options,
    ) -> anyhow::Result<AccountsReport<KeyAudit>> {
        let Options { now, deadlines, apply, all, .. } = options;
        let taken_at = clock();
        let common = config.common.clone();
        let sdk = aws::connect(common.profile.as_deref(), deadlines.read).await?;
        let time = Time { taken_at, now: now.unwrap_or(taken_at), deadlines };
        let many = Many { common: &common, accounts: &accounts, time, apply };
        Box::pin(accounts::run(Keys::new(config, all), aws::iam::Iam::new, &sdk, many)).await
    }
}

#[cfg(not(feature = "keys"))]
mod live {
    //! A build without the AWS side of this audit.

    use std::future::Ready;

    use sleuth::{
        config::{AccountsConfig, KeysConfig},
        report::{
            accounts::AccountsReport,
            keys::{KeyAudit, KeysReport},
        },
    };

    use super::Options;
    use crate::cli::BadArgument;

    const MISSING: BadArgument =
        BadArgument("this build cannot read access keys: build it with `--features keys`, or use --from");

    pub(super) fn run(_: &KeysConfig, _: Options) -> Ready<anyhow::Result<KeysReport>> {
        std::future::ready(Err(MISSING.into()))
    }

    pub(super) fn run_many(
        _: KeysConfig,
        _: AccountsConfig,
        _: Options,
    ) -> Ready<anyhow::Result<AccountsReport<KeyAudit>>> {
        std::future::ready(Err(MISSING.into()))
    }
}
