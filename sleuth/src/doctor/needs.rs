//! Which actions AWS has to allow, as data. `docs/permissions.md` says the same in words, and a test holds them
//! together.

use crate::{
    config::{Audit, Common, KeysConfig, RoleName, RuleSource, SecretArn, SlackUrl, Store, TableName, TagsConfig},
    tags::{Action, RegionName, RuleSet, canary::TIMESTAMP_TAG, rules::TagKey},
};

/// An action that an audit needs to be allowed.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// The action.
    pub action: &'static str,
    /// Which audit needs it: the section of `docs/permissions.md`.
    pub part: Part,
    /// What for.
    pub purpose: &'static str,
    /// What it is done to.
    pub resource: Resource,
    /// What it means if it is not allowed.
    pub lack: Lack,
    /// With which settings it is needed.
    pub when: fn(&Wants) -> bool,
}

/// Who needs an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Every audit.
    Both,
    /// The audit of access keys.
    Keys,
    /// The audit of EC2 tags, and the watch.
    Tags,
    /// The watch.
    Watch,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Anything: the action takes no resource, or is needed for all.
    Any,
    /// IAM users.
    Users,
    /// EC2 instances.
    Instances,
    /// The topic of `SNS_TOPIC`.
    Topic,
    /// The secret that `SLACK_URL` names.
    Secret,
    /// The table of `TAG_RULES_TABLE`.
    Table,
    /// Log files, in a bucket that no setting names.
    Logs,
    /// The role of `ASSUME_ROLE_NAME`, in accounts that no setting names.
    Role,
}

/// What it means if an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// The audit does without, in another way.
    Worse,
    /// Something cannot be read, done or delivered.
    Missing,
    /// Nothing, unless this other action is not allowed either: it is what is done instead.
    Instead(&'static str),
}

/// What of the settings decides about permissions.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Wants {
    /// The audits.
    pub audits: Vec<Audit>,
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
    /// The topic, by ARN.
    pub topic: Option<String>,
    /// The secret that holds the address of the webhook.
    pub secret: Option<SecretArn>,
}

const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// All actions. One that two audits need for something else has two rows.
pub const NEEDS: &[Need] = &[
    need("iam:ListAccountAliases", Part::Both, "the account's name in reports", Resource::Any, |_| true),
    need("sns:Publish", Part::Both, "messages to SNS_TOPIC", Resource::Topic, |wants| wants.topic.is_some()),
    need("secretsmanager:GetSecretValue", Part::Both, "the secret that SLACK_URL names", Resource::Secret, |wants| {
        wants.keeps_in(Store::SecretsManager)
    }),
    need("ssm:GetParameter", Part::Both, "the secret that SLACK_URL names", Resource::Secret, |wants| {
        wants.keeps_in(Store::ParameterStore)
    }),
    Need {
        lack: Lack::Worse,
        ..need(DETAILS, Part::Keys, "users and their tags, 1,000 a page", Resource::Any, Wants::keys)
    },
    instead("iam:ListUsers", Part::Keys, "users", Resource::Any, Wants::keys),
    instead("iam:ListEntitiesForPolicy", Part::Keys, "who is quarantined", Resource::Any, Wants::keys),
    instead("iam:ListUserTags", Part::Keys, "tags of each user", Resource::Any, Wants::keys),
    need("iam:ListUserTags", Part::Keys, "tags of a user, right before a key is disabled", Resource::Users, |wants| {
        wants.disables
    }),
    need("iam:ListAccessKeys", Part::Keys, "keys of a user", Resource::Any, Wants::keys),
    need("iam:GetAccessKeyLastUsed", Part::Keys, "last use of a key", Resource::Any, Wants::keys),
    need("iam:GetAccountSummary", Part::Keys, "how many users there are", Resource::Any, Wants::keys),
    Need {
        lack: Lack::Worse,
        ..need("iam:GenerateCredentialReport", Part::Keys, "the credential report", Resource::Any, |wants| {
            wants.by_report
        })
    },
    Need {
        lack: Lack::Worse,
        ..need("iam:GetCredentialReport", Part::Keys, "the credential report", Resource::Any, |wants| wants.by_report)
    },
    need("iam:UpdateAccessKey", Part::Keys, "disables a key", Resource::Users, |wants| wants.disables),
    need("ec2:DescribeRegions", Part::Tags, "the regions that are enabled", Resource::Any, |wants| {
        wants.audits.contains(&Audit::Tags) && wants.regions.is_none()
    }),
    need("ec2:DescribeInstances", Part::Tags, "instances of a region", Resource::Any, Wants::tags),
    need(
        "ec2:DescribeInstanceAttribute",
        Part::Tags,
        "termination and stop protection",
        Resource::Instances,
        Wants::tags,
    ),
    need("cloudtrail:LookupEvents", Part::Tags, "who launched instances", Resource::Any, |wants| wants.lookups),
    need(DETAILS, Part::Tags, "IAM users and their tags", Resource::Any, Wants::tags),
    instead("iam:ListUsers", Part::Tags, "IAM users", Resource::Any, Wants::tags),
    need("dynamodb:Scan", Part::Tags, "rules in TAG_RULES_TABLE", Resource::Table, |wants| wants.table.is_some()),
    need("ec2:CreateTags", Part::Tags, "repairs, and the canaries' timestamp", Resource::Instances, Wants::tagging),
    need("ec2:StopInstances", Part::Tags, "stops instances", Resource::Instances, |wants| wants.action >= Action::Stop),
    need("ec2:TerminateInstances", Part::Tags, "terminates instances", Resource::Instances, |wants| {
        wants.action >= Action::Terminate
    }),
    need("ec2:ModifyInstanceAttribute", Part::Tags, "switches protection off and on", Resource::Instances, |wants| {
        wants.overrides && wants.action >= Action::Stop
    }),
    need("s3:GetObject", Part::Watch, "log files, where events name them", Resource::Logs, Wants::watch),
    need("sts:AssumeRole", Part::Watch, "instances of other accounts", Resource::Role, |wants| wants.role.is_some()),
];

const fn need(
    action: &'static str,
    part: Part,
    purpose: &'static str,
    resource: Resource,
    when: fn(&Wants) -> bool,
) -> Need {
    Need { action, part, purpose, resource, lack: Lack::Missing, when }
}

/// What is done where all users cannot be read at once.
const fn instead(
    action: &'static str,
    part: Part,
    purpose: &'static str,
    resource: Resource,
    when: fn(&Wants) -> bool,
) -> Need {
    Need { lack: Lack::Instead(DETAILS), ..need(action, part, purpose, resource, when) }
}

impl Wants {
    /// What `config`s want, of audits that have one. `rules`: those in force, if they are known.
    pub fn new(
        audits: Vec<Audit>,
        keys: Option<&KeysConfig>,
        tags: Option<&TagsConfig>,
        role: Option<&RoleName>,
        rules: Option<&RuleSet>,
    ) -> Self {
        let common = keys.map(|config| &config.common).or(tags.map(|config| &config.common));
        Self {
            audits,
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
            role: role.cloned(),
            topic: common.and_then(|common| common.outputs.topic.as_ref()).map(ToString::to_string),
            secret: common.and_then(secret).cloned(),
        }
    }

    /// The needs with these settings, each action once. `denied`: actions of which that is known.
    pub fn needs(&self, denied: &[&str]) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for need in NEEDS.iter().filter(|need| (need.when)(self)) {
            let lack = match need.lack {
                Lack::Instead(other) if denied.contains(&other) => Lack::Missing,
                Lack::Instead(_) => continue,
                lack => lack,
            };
            match needs.iter_mut().find(|known| known.action == need.action) {
                Some(known) if known.lack >= lack => {}
                Some(known) => *known = Need { lack, ..*need },
                None => needs.push(Need { lack, ..*need }),
            }
        }
        needs
    }

    fn keys(&self) -> bool {
        self.audits.contains(&Audit::Keys)
    }

    fn tags(&self) -> bool {
        self.audits.contains(&Audit::Tags) || self.watch()
    }

    fn watch(&self) -> bool {
        self.audits.contains(&Audit::Watch)
    }

    /// Whether tags may be set. Of rules that are not known it counts that they may.
    fn tagging(&self) -> bool {
        self.tags() && self.sets.as_ref().map_or(self.action.changes(), |keys| !keys.is_empty())
    }

    fn keeps_in(&self, store: Store) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.store() == store)
    }
}

/// The secret that a setting names.
fn secret(common: &Common) -> Option<&SecretArn> {
    match &common.outputs.slack {
        Some(SlackUrl::Kept(arn)) => Some(arn),
        Some(SlackUrl::Plain(_)) | None => None,
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

#[cfg(test)]
mod tests;
