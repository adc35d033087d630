//! What the examination of a set-up needs: calls that change nothing, and an object that is written if it is asked for.

use std::future::Future;

use chrono::{DateTime, Utc};
use notifier::{Notifier, SearchIndex};

use crate::{
    config::{ArchiveConfig, Outputs, Role, SecretArn, Store, TableName, TagsConfig},
    facts::UserName,
    keys::AccessKeyId,
    organization::{Asked, Listing},
    ports::accounts::Unread,
    rules_source::RulesError,
    tags::{Instance, InstanceId, Protection, RegionName, RuleSet},
};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account, 12 digits.
    pub account: String,
    /// The ARN.
    pub arn: String,
}

/// Why a call that was tried did not give what it was made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// AWS says that the caller may not make it.
    #[error("{0}")]
    Denied(String),
    /// There was no answer, or none for now: the network, throttling, the service, the time.
    #[error("{0}")]
    Unanswered(String),
    /// An answer that says nothing about whether the call may be made.
    #[error("{0}")]
    Unclear(String),
}

/// A call that is tried in its smallest form, to see whether it may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// The account's alias. Answers with [`Answer::Names`].
    AccountAliases,
    /// One user with everything. Answers with [`Answer::Names`].
    UserDetails,
    /// One user. Answers with [`Answer::Names`].
    Users,
    /// The users that a policy of AWS in this partition is attached to.
    PolicyUsers(String),
    /// Tags of a user.
    UserTags(UserName),
    /// Access keys of a user. Answers with [`Answer::Names`].
    AccessKeys(UserName),
    /// The last use of a key.
    LastUse(AccessKeyId),
    /// What the account says of itself.
    AccountSummary,
    /// Has the credential report made, which changes nothing but that report.
    MakeReport,
    /// The credential report.
    CredentialReport,
    /// Enabled regions. Answers with [`Answer::Names`].
    Regions,
    /// A few instances of a region. Answers with [`Answer::Instances`].
    Instances(RegionName),
    /// What protects an instance. Answers with [`Answer::Protection`].
    Protection(RegionName, InstanceId),
    /// One event that CloudTrail recorded in a region.
    Events(RegionName),
    /// One row of a table of rules.
    Rules(TableName),
    /// Tags that an account has in its organization.
    AccountTags(String),
    /// A secret, of which nothing is kept.
    Secret(SecretArn),
    /// Some objects of the archive. Answers with [`Answer::Names`].
    Reports(ArchiveConfig),
    /// The first byte of an object of the archive, by its key.
    Report(ArchiveConfig, String),
    /// A change of an instance, of which EC2 only says whether it would be allowed.
    Trial(RegionName, Trial),
}

/// A change that is not made: it is always sent as a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// Stops an instance.
    Stop(InstanceId),
    /// Terminates an instance.
    Terminate(InstanceId),
    /// Sets tags with these keys.
    Tag(InstanceId, Vec<String>),
    /// Leaves what protects an instance as it is.
    Protect(InstanceId, Protection),
}

/// What a call answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It may be made.
    Allowed,
    /// It may be made, and these are names or ids of what it lists.
    Names(Vec<String>),
    /// It may be made, and these are some of the instances.
    Instances(Vec<Instance>),
    /// It may be made, and this protects the instance.
    Protection(Protection),
}

/// What IAM's simulation says of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Policies allow it.
    Allowed,
    /// No policy allows it.
    NotAllowed,
    /// A policy forbids it.
    Forbidden,
    /// Not allowed as far as can be said without these condition keys.
    Depends(Vec<String>),
}

impl Call {
    /// The action that a policy has to allow.
    pub fn action(&self) -> &'static str {
        match self {
            Self::AccountAliases => "iam:ListAccountAliases",
            Self::UserDetails => "iam:GetAccountAuthorizationDetails",
            Self::Users => "iam:ListUsers",
            Self::PolicyUsers(_) => "iam:ListEntitiesForPolicy",
            Self::UserTags(_) => "iam:ListUserTags",
            Self::AccessKeys(_) => "iam:ListAccessKeys",
            Self::LastUse(_) => "iam:GetAccessKeyLastUsed",
            Self::AccountSummary => "iam:GetAccountSummary",
            Self::MakeReport => "iam:GenerateCredentialReport",
            Self::CredentialReport => "iam:GetCredentialReport",
            Self::Regions => "ec2:DescribeRegions",
            Self::Instances(_) => "ec2:DescribeInstances",
            Self::Protection(..) => "ec2:DescribeInstanceAttribute",
            Self::Events(_) => "cloudtrail:LookupEvents",
            Self::Rules(_) => "dynamodb:Scan",
            Self::AccountTags(_) => "organizations:ListTagsForResource",
            Self::Secret(arn) => match arn.store() {
                Store::SecretsManager => "secretsmanager:GetSecretValue",
                Store::ParameterStore => "ssm:GetParameter",
            },
            Self::Reports(_) => "s3:ListBucket",
            Self::Report(..) => "s3:GetObject",
            Self::Trial(_, trial) => trial.action(),
        }
    }

    /// The region that it is about, if it is about one.
    pub const fn region(&self) -> Option<&RegionName> {
        match self {
            Self::Instances(region) | Self::Protection(region, _) | Self::Events(region) | Self::Trial(region, _) => {
                Some(region)
            }
            _ => None,
        }
    }
}

impl Trial {
    /// The action that a policy has to allow.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Stop(_) => "ec2:StopInstances",
            Self::Terminate(_) => "ec2:TerminateInstances",
            Self::Tag(..) => "ec2:CreateTags",
            Self::Protect(..) => "ec2:ModifyInstanceAttribute",
        }
    }
}

/// Looks at a set-up, and changes nothing by itself.
pub trait Examine: Sync {
    /// A role in other accounts, with what its trust asks for.
    type Role: Send + Sync;

    /// The region of the run.
    fn region(&self) -> Option<RegionName>;

    /// When the credentials end, if they do.
    fn expiry(&self) -> impl Future<Output = Option<DateTime<Utc>>> + Send;

    /// Who calls.
    fn caller(&self) -> impl Future<Output = Result<Caller, Trouble>> + Send;

    /// The ARN of a role, by its name.
    fn role(&self, name: &str) -> impl Future<Output = Result<String, Trouble>> + Send;

    /// Tries a call.
    fn ask(&self, call: &Call) -> impl Future<Output = Result<Answer, Trouble>> + Send;

    /// The accounts that are asked for: all, or an error.
    fn accounts(&self, asked: &Asked) -> impl Future<Output = Result<Listing, Unread>> + Send;

    /// The role to enter other accounts with, with the secret that settings point to. Nothing is entered yet.
    fn role_elsewhere(&self, role: &Role) -> impl Future<Output = Result<Self::Role, Trouble>> + Send;

    /// Enters an account. Nothing is done there.
    fn enter(
        &self,
        role: &Self::Role,
        caller: &Caller,
        account: &str,
    ) -> impl Future<Output = Result<Self, Trouble>> + Send
    where
        Self: Sized;

    /// What the policies of a user or role say of actions on one resource.
    fn simulate(
        &self,
        principal: &str,
        actions: &[&'static str],
        resource: &str,
    ) -> impl Future<Output = Result<Vec<(&'static str, Decision)>, Trouble>> + Send;

    /// The tag rules in force, from where the settings say.
    fn rules(&self, config: &TagsConfig) -> impl Future<Output = Result<RuleSet, RulesError>> + Send;

    /// The channels that settings name, with the secrets they point to. Nothing is sent.
    fn notifier(&self, config: &Outputs) -> impl Future<Output = Result<Notifier, Trouble>> + Send;

    /// The search index that settings name, with the secret they point to. Nothing is asked of it yet.
    fn search(&self, config: &Outputs) -> impl Future<Output = Result<SearchIndex, Trouble>> + Send;

    /// Writes a text into the archive, as a run does: the object `name`, without `.json`, right below the prefix. The
    /// only thing that is ever written, and only if somebody asks for it.
    fn keep(
        &self,
        archive: &ArchiveConfig,
        name: &str,
        content: &str,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;
}
