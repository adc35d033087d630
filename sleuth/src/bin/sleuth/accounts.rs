//! Many accounts: one report on all.

use sleuth::{
    accounts_source,
    aws::{
        self, Sdk,
        accounts::{Reach, Role, caller},
        organization::Organization,
    },
    config::{AccountsConfig, Calls, Common},
    outputs::{Deliverable, Outputs},
    ports::accounts::{Directory as _, NOBODY},
    report::{Report, accounts::AccountsReport},
    run::{
        Stage,
        accounts::{self as run, Time, Work, dry, wet},
    },
};

use crate::{
    audit::{Unanswered, show_payloads},
    cli::BadArgument,
    output,
};

/// Which accounts are audited, and how.
pub(crate) struct Many<'a> {
    pub(crate) common: &'a Common,
    pub(crate) accounts: &'a AccountsConfig,
    pub(crate) time: Time,
    pub(crate) apply: bool,
}

/// Audits them. `open`: what is done in an account, by credentials for it.
pub(crate) async fn run<Job: Work>(
    work: Job,
    open: fn(&Sdk, Calls) -> Job::Aws,
    sdk: &Sdk,
    many: Many<'_>,
) -> anyhow::Result<AccountsReport<Job::Audit>>
where
    Report<Job::Audit>: Deliverable,
{
    let Many { common, accounts, time, apply } = many;
    let end = time.deadlines.read;
    let asked = accounts_source::known(accounts.which.clone())?;
    // Who cannot tell anybody does not begin.
    let outputs = if apply { aws::outputs(sdk, &common.outputs, end).await? } else { Outputs::default() };
    let role = Role::new(sdk, accounts.role.clone(), end).await?;
    let caller = caller(sdk, end).await.map_err(Unanswered)?;
    let reach = Reach { sdk, caller: &caller, role: role.as_ref(), calls: common.calls, end, open };
    let directory = Organization::new(sdk, common.calls.retry, asked, end);
    let listing = directory.accounts().await.map_err(Unanswered)?;
    if listing.members.is_empty() {
        return Err(BadArgument(NOBODY).into());
    }
    let bar = output::progress("Reading accounts");
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        if done == total {
            bar.finish_and_clear();
        }
    };
    let show = |report: &AccountsReport<Job::Audit>| {
        if common.debug {
            show_payloads(&report.messages(work.texts(), None));
        }
    };
    let many = run::Many { work: &work, aws: &reach, directory: &directory, config: accounts };
    if !apply {
        let report = Box::pin(dry(&many, listing, time, progress)).await;
        show(&report);
        return Ok(report);
    }
    let keep = |stage, report: &AccountsReport<Job::Audit>| {
        if stage == Stage::Applied {
            show(report);
        }
    };
    Ok(Box::pin(wet(&many, listing, &outputs, time, progress, keep)).await)
}
