//! Which actions AWS has to allow, as data. `docs/permissions.md` says the same in words, and a test holds them
//! together.

use notifier::search::Service;

use crate::{
    config::{Audit, Store},
    tags::Action,
};

pub use wants::{SignedSearch, Wants};

mod wants;

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
    /// Whoever fills the archive or the search index, or reads them.
    Outputs,
    /// The audit of access keys.
    Keys,
    /// The audit of EC2 tags, and the watch.
    Tags,
    /// The watch.
    Watch,
    /// A run over many accounts.
    Accounts,
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
    /// The secrets that settings name, of one service.
    Secret(Store),
    /// Objects below the prefix of `ARCHIVE`.
    Reports,
    /// The bucket of `ARCHIVE`.
    Bucket,
    /// The key of `ARCHIVE_KMS_KEY`.
    Key,
    /// The domain of OpenSearch Service at `SEARCH_URL`, of which only the address is known.
    Domain,
    /// The collection of OpenSearch Serverless there.
    Collection,
    /// The table of `TAG_RULES_TABLE`.
    Table,
    /// Log files, in a bucket that no setting names.
    Logs,
    /// The role of `ASSUME_ROLE_NAME` in other accounts.
    Role,
    /// The files of runs in steps, below the prefix of `ARCHIVE`.
    Runs,
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

pub(super) const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// All actions. One that two audits need for something else has two rows.
pub const NEEDS: &[Need] = &[
    need("iam:ListAccountAliases", Part::Both, "the account's name in reports", Resource::Any, Wants::audits),
    need("sns:Publish", Part::Both, "messages to SNS_TOPIC", Resource::Topic, |wants| wants.topic.is_some()),
    need(
        "secretsmanager:GetSecretValue",
        Part::Both,
        "secrets that settings name",
        Resource::Secret(Store::SecretsManager),
        |wants| wants.keeps_in(Store::SecretsManager),
    ),
    need(
        "ssm:GetParameter",
        Part::Both,
        "secrets that settings name",
        Resource::Secret(Store::ParameterStore),
        |wants| wants.keeps_in(Store::ParameterStore),
    ),
    need("s3:PutObject", Part::Outputs, "reports in ARCHIVE", Resource::Reports, |wants| {
        wants.archive.is_some() && wants.audits()
    }),
    need("kms:GenerateDataKey", Part::Outputs, "encrypts with ARCHIVE_KMS_KEY", Resource::Key, |wants| {
        wants.archive.as_ref().is_some_and(|archive| archive.kms_key.is_some()) && wants.audits()
    }),
    need("s3:ListBucket", Part::Outputs, "which reports there are, for the digest", Resource::Bucket, |wants| {
        wants.archive.is_some() && wants.digest()
    }),
    need("s3:GetObject", Part::Outputs, "reports, for the digest", Resource::Reports, |wants| {
        wants.archive.is_some() && wants.digest()
    }),
    need("es:ESHttpPost", Part::Outputs, "documents in the index, and searches", Resource::Domain, |wants| {
        wants.searches(Service::Domain)
    }),
    need("aoss:APIAccessAll", Part::Outputs, "documents in the index, and searches", Resource::Collection, |wants| {
        wants.searches(Service::Serverless)
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
        |wants| wants.action >= Action::Stop,
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
    need("sts:AssumeRole", Part::Watch, "instances of other accounts", Resource::Role, |wants| {
        wants.watch() && wants.role.is_some()
    }),
    need("sts:AssumeRole", Part::Accounts, "enters other accounts", Resource::Role, |wants| {
        wants.elsewhere && wants.accounts.is_some() && wants.role.is_some()
    }),
    need("organizations:ListAccounts", Part::Accounts, "accounts of the organization", Resource::Any, |wants| {
        wants.organization(|_| true) && !wants.by_unit()
    }),
    need("organizations:ListRoots", Part::Accounts, "where units begin", Resource::Any, |wants| {
        wants.organization(<[String]>::is_empty) && wants.by_unit()
    }),
    need("organizations:ListAccountsForParent", Part::Accounts, "accounts of a unit", Resource::Any, Wants::by_unit),
    need(
        "organizations:ListOrganizationalUnitsForParent",
        Part::Accounts,
        "units of a unit",
        Resource::Any,
        Wants::by_unit,
    ),
    need("organizations:ListTagsForResource", Part::Accounts, "whom an account belongs to", Resource::Any, |wants| {
        wants.organization(|_| true)
    }),
    Need { lack: Lack::Worse, ..need("s3:ListBucket", Part::Accounts, IN_STEPS, Resource::Bucket, Wants::in_steps) },
    Need { lack: Lack::Worse, ..need("s3:GetObject", Part::Accounts, IN_STEPS, Resource::Runs, Wants::in_steps) },
];

/// What only the steps of a state machine need.
const IN_STEPS: &str = "files of a run in steps; one invocation needs none";

const fn need(
    action: &'static str,
    part: Part,
    purpose: &'static str,
    resource: Resource,
    when: fn(&Wants) -> bool,
) -> Need {
    Need { action, part, purpose, resource, lack: Lack::Missing, when }
}

impl Need {
    /// Whether the list of accounts hangs on it.
    pub(super) fn is_listing(&self) -> bool {
        self.action.starts_with("organizations:") && self.action != "organizations:ListTagsForResource"
    }

    /// Whether it is about the account of the credentials alone, so that nobody needs it who only audits others.
    pub(super) fn is_of_one_account(&self) -> bool {
        let audits = matches!(self.part, Part::Keys | Part::Tags) && self.resource != Resource::Table;
        audits || self.action == "iam:ListAccountAliases"
    }
}

impl Resource {
    /// Whether the same action may be needed on this and on something else: a bucket says nothing of another bucket.
    pub(super) const fn stands_alone(self) -> bool {
        matches!(self, Self::Logs | Self::Reports | Self::Runs | Self::Bucket)
    }

    /// What it belongs to that has a policy of its own, by which others than the caller's may allow its use.
    pub const fn owner(self) -> Option<&'static str> {
        match self {
            Self::Topic => Some("topic"),
            Self::Reports | Self::Runs | Self::Bucket => Some("bucket"),
            Self::Key => Some("key"),
            _ => None,
        }
    }
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

#[cfg(test)]
mod tests;
