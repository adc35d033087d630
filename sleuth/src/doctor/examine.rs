//! Asks AWS and the channels, and puts together what they say.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::{
    Check, Diagnosis, Section, Status,
    needs::Wants,
    principal::{Principal, partition},
    settings::{self, Settings},
};
use crate::{
    config::{RuleSource, TagsConfig},
    deadline::before,
    facts::Account,
    ports::doctor::{Answer, Call, Caller, Examine, Trouble},
    rules_source::{self, RulesError},
    tags::RuleSet,
};
use accounts::Entered;
use permissions::Found;

mod accounts;
mod outputs;
mod permissions;
mod simulation;
mod stores;

/// How to look.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// The time.
    pub now: DateTime<Utc>,
    /// When to stop waiting for answers.
    pub end: Option<Instant>,
    /// Whether a test message is sent through each channel, and a test object put into the archive.
    pub send_test: bool,
}

/// Credentials that end within this time are about to.
const SOON: TimeDelta = TimeDelta::minutes(15);

/// Looks at everything. Changes nothing, and sends nothing but test messages and a test object, if that is asked for.
pub async fn examine(aws: &impl Examine, settings: &Settings, order: Order) -> Diagnosis {
    let mut checks = settings.checks();
    let rules = match &settings.tags {
        Some(config) => Some(rules(aws, config, order, &mut checks).await),
        None => None,
    };
    let rules = rules.as_ref().and_then(|rules| rules.as_ref().ok());
    let mut wants = Wants::new(settings, rules);
    let caller = timely(order.end, aws.caller()).await;
    checks.extend(credentials(&caller, aws.expiry().await, order.now));
    let opened = outputs::open(aws, settings.common(), order).await;
    let mut account = Account::default();
    match &caller {
        Ok(caller) => {
            let entered = match &settings.many {
                Some(many) => Box::pin(Entered::look(aws, many, &wants, caller, order.end)).await,
                None => Entered::default(),
            };
            wants.here = entered.has(&caller.account);
            wants.elsewhere = entered.may_have_others(&caller.account);
            let mut found = Found::look(aws, &wants, &opened, partition(&caller.arn), order.end).await;
            found.other = entered.other(&caller.account).map(ToOwned::to_owned);
            found.tried.extend(entered.tried);
            checks.extend(entered.checks);
            checks.extend(found.regions(&wants));
            account = Account { id: Some(caller.account.clone()), alias: found.alias.clone() };
            checks.extend(found.judged(aws, &wants, caller, order.end).await);
        }
        Err(_) => {
            let found = "not looked at, as AWS did not say who calls";
            checks.push(Check::new(Section::Permissions, "permissions", Status::Skipped, found));
            let many = settings.many.as_ref();
            checks.extend(many.map(|_| Check::new(Section::Accounts, "accounts", Status::Skipped, found)));
        }
    }
    checks.extend(outputs::through(aws, &opened, settings.common(), &wants, &account, order).await);
    let names = settings.audits.iter().map(|audit| audit.as_str()).collect();
    let caller = caller.ok().map(|caller| caller.arn);
    Diagnosis { account, caller, ..Diagnosis::new(order.now, names, checks) }
}

/// What can be said without AWS: there are no credentials, as `check` says.
pub fn offline(settings: &Settings, check: Check, now: DateTime<Utc>) -> Diagnosis {
    let mut checks = settings.checks();
    checks.push(check);
    let nothing = |section, name: &str| {
        Check::new(section, name, Status::Skipped, "not looked at, as there are no credentials to ask AWS with")
    };
    checks.extend([nothing(Section::Permissions, "permissions"), nothing(Section::Channels, "channels")]);
    checks.extend(settings.many.as_ref().map(|_| nothing(Section::Accounts, "accounts")));
    Diagnosis::new(now, settings.audits.iter().map(|audit| audit.as_str()).collect(), checks)
}

/// An answer, unless the time is over.
async fn timely<T>(end: Option<Instant>, call: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    before(end, call).await.unwrap_or_else(|over| Err(Trouble::Unanswered(over.message)))
}

/// The rules. Those in a table are read only if the table may be: that it may not is said among the permissions.
async fn rules(
    aws: &impl Examine,
    config: &TagsConfig,
    order: Order,
    checks: &mut Vec<Check>,
) -> Result<RuleSet, RulesError> {
    let known = rules_source::known(&config.rules).transpose();
    let rules = match (known, &config.rules) {
        (Some(rules), RuleSource::File(_) | RuleSource::Short(_)) => rules,
        (_, RuleSource::Table(table)) => {
            let tried = timely(order.end, aws.ask(&Call::Rules(table.clone()))).await;
            if let Err(Trouble::Denied(message)) = tried {
                let found = "not read: see dynamodb:Scan among the permissions";
                checks.push(Check::new(Section::Settings, "tag rules", Status::Skipped, found));
                return Err(RulesError::Table { table: table.name.clone(), message });
            }
            let late = |message| RulesError::Unavailable { table: table.name.clone(), message };
            before(order.end, aws.rules(config)).await.unwrap_or_else(|over| Err(late(over.message)))
        }
        (None, _) => Ok(RuleSet::default()),
    };
    checks.push(settings::rules(config, &rules));
    rules
}

/// Who calls, and for how long yet.
fn credentials(caller: &Result<Caller, Trouble>, expiry: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Vec<Check> {
    let check = |name: &str, status, found: String| Check::new(Section::Credentials, name, status, found);
    let who = match caller {
        Ok(caller) if Principal::of(&caller.arn) == Principal::Root => {
            check("caller", Status::Warning, format!("{}: the root user, who may do everything", caller.arn))
                .fix("use a role or a user with the permissions of docs/permissions.md only")
        }
        Ok(caller) => check("caller", Status::Ok, caller.arn.clone()),
        Err(trouble @ Trouble::Unanswered(_)) => {
            check("caller", Status::Unchecked, format!("AWS did not say who calls: {trouble}")).fix("run this again")
        }
        Err(trouble) => check("caller", Status::Failed, format!("AWS does not take the credentials: {trouble}"))
            .fix("set other credentials, or sign in again"),
    };
    let until = expiry.map(|expiry| {
        let words = format!("until {}", expiry.format("%Y-%m-%d %H:%M UTC"));
        if expiry - now < SOON {
            check("expiry", Status::Warning, words).fix("sign in again before a long run")
        } else {
            check("expiry", Status::Ok, words)
        }
    });
    [who].into_iter().chain(until).collect()
}

/// The first name in an answer.
fn first(answer: &Answer) -> Option<&String> {
    match answer {
        Answer::Names(names) => names.first(),
        _ => None,
    }
}
