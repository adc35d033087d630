//! What settings make of the needs.

use notifier::search::Service;

use super::{DETAILS, Lack, NEEDS, Need};
use crate::{
    config::{
        ArchiveConfig, Audit, Outputs, Role, RoleName, RuleSource, SearchConfig, SearchLogin, Secret, SecretArn,
        SlackUrl, Store, TableName, TagsConfig,
    },
    doctor::settings::Settings,
    organization::Asked,
    tags::{Action, RegionName, RuleSet, canary::TIMESTAMP_TAG, rules::TagKey},
};

/// What of the settings decides about permissions.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Wants {
    /// The audits.
    pub audits: Vec<Audit>,
    /// Whether `GetAccountAuthorizationDetails` is asked.
    pub details: bool,
    /// Whether keys may be disabled.
    pub disables: bool,
    /// Whether the credential report is used.
    pub by_report: bool,
    /// How far the audit of tags may go.
    pub action: Action,
    /// Whether protection may be switched off.
    pub overrides: bool,
    /// Whether CloudTrail is asked.
    pub lookups: bool,
    /// The regions; `None`: all that are enabled.
    pub regions: Option<Vec<RegionName>>,
    /// The table of rules.
    pub table: Option<TableName>,
    /// The keys of tags that may be set; `None`: the rules are not known.
    pub sets: Option<Vec<String>>,
    /// The role in other accounts.
    pub role: Option<RoleName>,
    /// Many accounts.
    pub accounts: Option<Asked>,
    /// Whether the account of the credentials is audited.
    pub here: bool,
    /// Whether others are.
    pub elsewhere: bool,
    /// The topic, by ARN.
    pub topic: Option<String>,
    /// The secrets, each with the settings that name it.
    pub secrets: Vec<(Vec<&'static str>, SecretArn)>,
    /// The archive.
    pub archive: Option<ArchiveConfig>,
    /// The search index, if AWS decides who may use it.
    pub search: Option<SignedSearch>,
}

/// A search index at AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedSearch {
    /// The service that requests are signed for.
    pub service: Service,
    /// Where it is, if its address says so.
    pub region: Option<RegionName>,
}

impl SignedSearch {
    /// The action that AWS has to allow for a request that searches or writes.
    pub const fn action(&self) -> &'static str {
        match self.service {
            Service::Domain => "es:ESHttpPost",
            Service::Serverless => "aoss:APIAccessAll",
        }
    }
}

impl Wants {
    /// What `settings` want. `rules`: those in force, if they are known.
    pub fn new(settings: &Settings, rules: Option<&RuleSet>) -> Self {
        let (keys, tags) = (settings.keys.as_ref(), settings.tags.as_ref());
        let outputs = settings.common().map(|common| &common.outputs);
        Self {
            audits: settings.audits.clone(),
            details: settings.common().is_none_or(|common| common.calls.details),
            disables: keys.is_some_and(|config| config.limits.auto_expire),
            by_report: keys.is_some_and(|config| config.by_report),
            action: tags.map_or(Action::None, |config| config.limits.action),
            overrides: tags.is_some_and(|config| config.limits.override_protection),
            lookups: tags.is_some_and(|config| config.lookups.is_some()),
            regions: tags.and_then(|config| config.regions.clone()),
            table: tags.and_then(|config| match &config.rules {
                RuleSource::Table(table) => Some(table.clone()),
                RuleSource::File(_) | RuleSource::Short(_) => None,
            }),
            sets: tags.and_then(|config| set_by(config, rules)),
            role: settings.role.as_ref().map(|role| role.name.clone()),
            accounts: settings.many.as_ref().map(|many| many.asked.clone()),
            here: true,
            elsewhere: true,
            topic: outputs.and_then(|outputs| outputs.topic.as_ref()).map(ToString::to_string),
            secrets: secrets(outputs, settings.role.as_ref()),
            archive: outputs.and_then(|outputs| outputs.archive.clone()),
            search: outputs.and_then(|outputs| outputs.search.as_ref()).and_then(signed),
        }
    }

    /// The needs with these settings, each action once. `denied`: actions of which that is known.
    pub fn needs(&self, denied: &[&str]) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        // A call that is not to be made is as good as denied, and not needed.
        let avoided = |action: &str| action == DETAILS && !self.details;
        let absent = |need: &Need| need.is_of_one_account() && !self.here && !self.watch();
        for need in NEEDS.iter().filter(|need| (need.when)(self) && !avoided(need.action) && !absent(need)) {
            let lack = match need.lack {
                Lack::Instead(other) if denied.contains(&other) || avoided(other) => Lack::Missing,
                Lack::Instead(_) => continue,
                lack => lack,
            };
            let apart = |known: &Need| {
                known.resource != need.resource && (known.resource.stands_alone() || need.resource.stands_alone())
            };
            match needs.iter_mut().find(|known| known.action == need.action && !apart(known)) {
                Some(known) if known.lack >= lack => {}
                Some(known) => *known = Need { lack, ..*need },
                None => needs.push(Need { lack, ..*need }),
            }
        }
        needs
    }

    pub(super) fn keys(&self) -> bool {
        self.audits.contains(&Audit::Keys)
    }

    pub(super) fn tags(&self) -> bool {
        self.audits.contains(&Audit::Tags) || self.watch()
    }

    pub(super) fn watch(&self) -> bool {
        self.audits.contains(&Audit::Watch)
    }

    /// Whether tags may be set. Of rules that are not known it counts that they may.
    pub(super) fn tagging(&self) -> bool {
        self.tags() && self.sets.as_ref().map_or(self.action.changes(), |keys| !keys.is_empty())
    }

    /// Whether anything is audited: the digest is no audit.
    pub fn audits(&self) -> bool {
        self.audits.iter().any(|audit| *audit != Audit::Digest)
    }

    /// Whether a digest is made.
    pub fn digest(&self) -> bool {
        self.audits.contains(&Audit::Digest)
    }

    /// Whether the accounts are those of an organization, with units that are so.
    pub(super) fn organization(&self, units: fn(&[String]) -> bool) -> bool {
        matches!(&self.accounts, Some(Asked::Organization { units: named, .. }) if units(named))
    }

    pub(super) fn by_unit(&self) -> bool {
        self.accounts.as_ref().is_some_and(Asked::by_unit)
    }

    /// Whether a function can take the steps of a run over many accounts.
    pub fn in_steps(&self) -> bool {
        self.accounts.is_some() && self.archive.is_some()
    }

    pub(super) fn keeps_in(&self, store: Store) -> bool {
        self.secrets.iter().any(|(_, secret)| secret.store() == store)
    }

    /// Whether requests to an index at this service are signed. A digest is made of the archive, if there is one.
    pub(super) fn searches(&self, service: Service) -> bool {
        let there = self.search.as_ref().is_some_and(|search| search.service == service);
        there && (self.audits() || self.archive.is_none())
    }
}

/// The secrets that settings name, each once, with the settings that do.
fn secrets(outputs: Option<&Outputs>, role: Option<&Role>) -> Vec<(Vec<&'static str>, SecretArn)> {
    let external_id = role.and_then(|role| kept("ASSUME_ROLE_EXTERNAL_ID", role.external_id.as_ref()?));
    let mut secrets: Vec<(Vec<&'static str>, SecretArn)> = Vec::new();
    for (name, arn) in outputs.map(of_outputs).into_iter().flatten().chain([external_id]).flatten() {
        match secrets.iter_mut().find(|(_, known)| known == arn) {
            Some((names, _)) => names.push(name),
            None => secrets.push((vec![name], arn.clone())),
        }
    }
    secrets
}

fn of_outputs(outputs: &Outputs) -> [Option<(&'static str, &SecretArn)>; 5] {
    // Every field is named, so that nobody adds an output with a secret and forgets it here.
    let Outputs { slack, bot, email, search, topic: _, archive: _, retry: _ } = outputs;
    let webhook = slack.as_ref().and_then(|url| match url {
        SlackUrl::Kept(arn) => Some(("SLACK_URL", arn)),
        SlackUrl::Plain(_) => None,
    });
    let login = email.as_ref().and_then(|email| email.login.as_ref());
    let password = search.as_ref().and_then(|search| match &search.login {
        SearchLogin::Basic(_, password) => Some(password),
        SearchLogin::SigV4 | SearchLogin::None => None,
    });
    [
        webhook,
        bot.as_ref().and_then(|bot| kept("SLACK_BOT_TOKEN", &bot.token)),
        login.and_then(|(user, _)| kept("SMTP_USER", user)),
        login.and_then(|(_, password)| kept("SMTP_PASSWORD", password)),
        password.and_then(|password| kept("SEARCH_PASSWORD", password)),
    ]
}

fn kept<'a>(name: &'static str, secret: &'a Secret) -> Option<(&'static str, &'a SecretArn)> {
    match secret {
        Secret::Kept(arn) => Some((name, arn)),
        Secret::Plain(_) => None,
    }
}

/// For what requests to an index are signed, if they are.
fn signed(search: &SearchConfig) -> Option<SignedSearch> {
    match search.login {
        SearchLogin::SigV4 => {
            let at_aws = search.url.at_aws();
            Some(SignedSearch {
                service: at_aws.map_or(Service::Domain, |(service, _)| service),
                region: at_aws.map(|(_, region)| RegionName(region.to_owned())),
            })
        }
        SearchLogin::None | SearchLogin::Basic(..) => None,
    }
}

/// The keys of tags that a run may set.
fn set_by(config: &TagsConfig, rules: Option<&RuleSet>) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    if config.limits.action.changes() {
        for rule in rules?.rules.iter().filter(|rule| rule.repair.is_some()) {
            if let TagKey::Named { key, aliases, .. } = &rule.tag {
                keys.extend([key].into_iter().chain(aliases).cloned());
            }
        }
    }
    keys.extend(config.canary.as_ref().map(|_| TIMESTAMP_TAG.to_owned()));
    keys.sort();
    keys.dedup();
    Some(keys)
}
