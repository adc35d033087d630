//! `sleuth tags`.

use chrono::{DateTime, Utc};
use sleuth::{
    config::{self, AccountsConfig, TagsConfig},
    deadline::Deadlines,
    exit::Exit,
    outputs::Deliverable as _,
    render::{
        csv, html, json, markdown,
        notification::tags::messages,
        ocsf,
        table::{self, Look},
    },
    report::{
        accounts::AccountsReport,
        tags::{TagAudit, TagsReport},
    },
    rules_source,
    run::{self, tags::Policy},
    tags::Inventory,
    target::Target,
};

use crate::{
    audit::{self, show_payloads},
    cli::{FailOnTags, ReportForm, RunArguments, SAVES_ONE, TagsArguments},
    output,
    outputs::Outputs,
};

/// Audits an account or a saved inventory.
pub(crate) async fn run(arguments: Box<TagsArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let TagsArguments { run, fail_on, settings, accounts } = *arguments;
    let RunArguments { apply, output: wanted, from, save, now, timeout } = run;
    let deadlines = audit::deadlines(timeout);
    let (config, accounts) = config::both(
        TagsConfig::new(&environment, settings.into()),
        AccountsConfig::new(&environment, accounts.into()),
    )?;
    let rules = rules_source::known(&config.rules)?;
    let save = save.as_deref().map(Target::new).transpose()?;
    let outputs = Outputs::open(wanted, save.as_ref())?;
    if let Some(accounts) = accounts.filter(|_| from.is_none()) {
        if save.is_some() {
            return Err(SAVES_ONE.into());
        }
        let options = Options { now, deadlines, apply, save };
        let report = Box::pin(live::run_many(config, rules, accounts, options)).await?;
        let fails = fail_on.is_some_and(|fail_on| report.accounts.iter().any(|report| fails(report, fail_on)));
        let exit = audit::exit(report.is_complete(), fails);
        return audit::print(&report, (&report).into(), outputs, text_of_many, exit);
    }
    let report = match from {
        Some(path) => {
            let mut inventory: Inventory = audit::load(&path)?;
            if let Some(wanted) = &config.regions {
                inventory.narrow(wanted);
            }
            let now = now.unwrap_or(inventory.taken_at);
            let policy = live::policy(config, rules, deadlines).await?;
            output::note(&format!("Auditing the inventory of {} as of {now}.", inventory.taken_at));
            dry(&inventory, &policy, now)
        }
        None => Box::pin(live::run(config, rules, Options { now, deadlines, apply, save })).await?,
    };
    let exit = exit(&report, fail_on);
    audit::print(&report, (&report).into(), outputs, text, exit)
}

/// The report in one of its forms.
pub(crate) fn text(report: &TagsReport, form: ReportForm, look: Look) -> anyhow::Result<String> {
    Ok(match form {
        ReportForm::Table => table::tags::table(report, look),
        ReportForm::Json => json::pretty(report)?,
        ReportForm::Csv => csv::tags::csv(report)?,
        ReportForm::Markdown => markdown::tags::markdown(report),
        ReportForm::Html => html::tags::html(report),
        ReportForm::Ocsf => ocsf::tags::ocsf(report)?,
    })
}

/// The report on many accounts in one of its forms.
fn text_of_many(report: &AccountsReport<TagAudit>, form: ReportForm, look: Look) -> anyhow::Result<String> {
    Ok(match form {
        ReportForm::Table => table::accounts::table(report, look, |one| table::tags::table(one, look)),
        ReportForm::Json => json::pretty(report)?,
        ReportForm::Csv => csv::accounts::csv(report, csv::tags::csv)?,
        ReportForm::Markdown => markdown::accounts::markdown(report, markdown::tags::markdown),
        ReportForm::Html => report.html(),
        ReportForm::Ocsf => ocsf::accounts::ocsf(report, ocsf::tags::ocsf)?,
    })
}

fn dry(inventory: &Inventory, policy: &Policy, now: DateTime<Utc>) -> TagsReport {
    let report = run::tags::dry(inventory, policy, now);
    if policy.config.common.debug {
        show_payloads(&messages(&report, &policy.config.texts, None));
    }
    report
}

fn exit(report: &TagsReport, fail_on: Option<FailOnTags>) -> Exit {
    audit::exit(report.is_complete(), fail_on.is_some_and(|fail_on| fails(report, fail_on)))
}

/// Whether an instance that is not exempt has a status that is asked to fail on.
pub(crate) fn fails(report: &TagsReport, fail_on: FailOnTags) -> bool {
    let mut judged = report.audit.instances.iter().filter(|instance| !instance.is_exempt());
    judged.any(|instance| fail_on.statuses().contains(&instance.status))
}

/// How an account is to be read and what is to be done with what is found.
#[cfg_attr(not(feature = "tags"), expect(dead_code, reason = "there is nothing to read"))]
struct Options {
    now: Option<DateTime<Utc>>,
    deadlines: Deadlines,
    apply: bool,
    save: Option<Target>,
}

#[cfg(feature = "tags")]
pub(crate) mod live {
    //! The account itself.

    use sleuth::{
        aws,
        config::{AccountsConfig, TagsConfig},
        deadline::Deadlines,
        gather::tags::{Phase, Scope, gather},
        outputs::Outputs,
        render::notification::tags::messages,
        report::{
            accounts::AccountsReport,
            tags::{TagAudit, TagsReport},
        },
        run::{
            self, Stage,
            accounts::{Time, tags::Tags},
            tags::Policy,
        },
        tags::RuleSet,
    };

    use super::{Options, dry};
    use crate::{
        accounts::{self, Many},
        audit::{clock, save as keep, show_payloads},
        output,
    };

    /// The policy, with the rules from AWS if they are kept there.
    pub(crate) async fn policy(
        config: TagsConfig,
        rules: Option<RuleSet>,
        deadlines: Deadlines,
    ) -> anyhow::Result<Policy> {
        match rules {
            Some(rules) => Ok(Policy::new(config, rules)),
            None => {
                let sdk = aws::connect(config.common.profile.as_deref(), deadlines.read).await?;
                Ok(aws::tag_policy(&sdk, config, None, deadlines.read).await?)
            }
        }
    }

    pub(super) async fn run(
        config: TagsConfig,
        rules: Option<RuleSet>,
        options: Options,
    ) -> anyhow::Result<TagsReport> {
        let Options { now, deadlines, apply, save } = options;
        let taken_at = clock();
        let now = now.unwrap_or(taken_at);
        let sdk = aws::connect(config.common.profile.as_deref(), deadlines.read).await?;
        let policy = aws::tag_policy(&sdk, config, rules, deadlines.read).await?;
        let common = &policy.config.common;
        let cloud = aws::cloud::Cloud::new(&sdk, common.calls);
        // Who cannot tell anybody does not begin.
        let outputs =
            if apply { aws::outputs(&sdk, &common.outputs, deadlines.read).await? } else { Outputs::default() };
        let bar = output::progress("Reading regions");
        let scope = policy.scope(taken_at, now, deadlines.read);
        // What is saved may be audited by other rules.
        let everything = save.is_some();
        let inventory = gather(&cloud, &Scope { everything, ..scope }, |phase, done, total| {
            bar.set_message(match phase {
                Phase::Regions => "Reading regions",
                Phase::Launches => "Asking who launched instances",
            });
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })
        .await;
        bar.finish_and_clear();
        let unsaved = keep(save, &inventory);
        let mut report = if apply {
            run::tags::wet(&cloud, &inventory, &policy, &outputs, now, deadlines, |stage, report| {
                if common.debug && stage == Stage::Applied {
                    show_payloads(&messages(report, &policy.config.texts, None));
                }
            })
            .await
        } else {
            dry(&inventory, &policy, now)
        };
        report.errors.extend(unsaved);
        Ok(report)
    }

    pub(super) async fn run_many(
        config: TagsConfig,
        rules: Option<RuleSet>,
        accounts: AccountsConfig,
        options: Options,
    ) -> anyhow::Result<AccountsReport<TagAudit>> {
        let Options { now, deadlines, apply, .. } = options;
        let taken_at = clock();
        let sdk = aws::connect(config.common.profile.as_deref(), deadlines.read).await?;
        let policy = aws::tag_policy(&sdk, config, rules, deadlines.read).await?;
        let common = policy.config.common.clone();
        let time = Time { taken_at, now: now.unwrap_or(taken_at), deadlines };
        let many = Many { common: &common, accounts: &accounts, time, apply };
        Box::pin(accounts::run(Tags::new(policy), aws::cloud::Cloud::new, &sdk, many)).await
    }
}

#[cfg(not(feature = "tags"))]
pub(crate) mod live {
    //! A build without the AWS side of this audit.

    use std::future::Ready;

    use sleuth::{
        config::{AccountsConfig, TagsConfig},
        deadline::Deadlines,
        report::{
            accounts::AccountsReport,
            tags::{TagAudit, TagsReport},
        },
        run::tags::Policy,
        tags::RuleSet,
    };

    use super::Options;
    use crate::cli::BadArgument;

    const MISSING: BadArgument =
        BadArgument("this build cannot read instances: build it with `--features tags`, or use --from");
    const NO_TABLE: BadArgument =
        BadArgument("this build cannot read TAG_RULES_TABLE: build it with `--features tags`, or use --rules");

    pub(crate) fn policy(config: TagsConfig, rules: Option<RuleSet>, _: Deadlines) -> Ready<anyhow::Result<Policy>> {
        let policy = rules.map(|rules| Policy::new(config, rules));
        std::future::ready(policy.ok_or_else(|| NO_TABLE.into()))
    }

    pub(super) fn run(_: TagsConfig, _: Option<RuleSet>, _: Options) -> Ready<anyhow::Result<TagsReport>> {
        std::future::ready(Err(MISSING.into()))
    }

    pub(super) fn run_many(
        _: TagsConfig,
        _: Option<RuleSet>,
        _: AccountsConfig,
        _: Options,
    ) -> Ready<anyhow::Result<AccountsReport<TagAudit>>> {
        std::future::ready(Err(MISSING.into()))
    }
}
