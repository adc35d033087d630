//! The examination of a set-up, through AWS: who calls, and whether calls may be made.

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use chrono::{DateTime, Utc};
use notifier::{Notifier, SearchIndex};

use super::{
    OutputsError, accounts,
    error::{Problem, says_denied, trouble},
    organization::{self, Organization},
    outputs,
    secrets::SecretError,
};
use crate::{
    config::{ArchiveConfig, Outputs, Role, TagsConfig},
    doctor::principal::partition,
    organization::{Asked, Listing},
    ports::{
        accounts::Unread,
        doctor::{Answer, Call, Caller, Decision, Examine, Trouble},
    },
    rules_source::RulesError,
    tags::{RegionName, RuleSet},
};

mod iam;
#[cfg(feature = "tags")]
mod instances;
mod stores;
#[cfg(feature = "tags")]
mod trial;

/// How often a call is tried: somebody is waiting.
const ATTEMPTS: u32 = 3;

/// The calls of the account that the credentials belong to.
#[derive(Debug)]
pub struct Doctor {
    sdk: SdkConfig,
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
}

impl Doctor {
    /// With the credentials in `sdk`.
    pub fn new(sdk: &SdkConfig) -> Self {
        let sdk = sdk.to_builder().retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS)).build();
        Self { iam: aws_sdk_iam::Client::new(&sdk), sts: aws_sdk_sts::Client::new(&sdk), sdk }
    }
}

impl Examine for Doctor {
    type Role = accounts::Role;

    fn region(&self) -> Option<RegionName> {
        self.sdk.region().map(|region| RegionName(region.as_ref().to_owned()))
    }

    async fn expiry(&self) -> Option<DateTime<Utc>> {
        let credentials = self.sdk.credentials_provider()?.provide_credentials().await.ok()?;
        credentials.expiry().map(DateTime::from)
    }

    async fn caller(&self) -> Result<Caller, Trouble> {
        let answer = self.sts.get_caller_identity().send().await.map_err(|error| trouble(&error))?;
        let caller = answer.account.zip(answer.arn).map(|(account, arn)| Caller { account, arn });
        caller.ok_or_else(|| Trouble::Unclear("AWS answered without an account".to_owned()))
    }

    async fn role(&self, name: &str) -> Result<String, Trouble> {
        let answer = self.iam.get_role().role_name(name).send().await.map_err(|error| trouble(&error))?;
        answer.role.map(|role| role.arn).ok_or_else(|| Trouble::Unclear("AWS answered without a role".to_owned()))
    }

    async fn ask(&self, call: &Call) -> Result<Answer, Trouble> {
        match call {
            Call::AccountAliases
            | Call::UserDetails
            | Call::Users
            | Call::PolicyUsers(_)
            | Call::UserTags(_)
            | Call::AccessKeys(_)
            | Call::LastUse(_)
            | Call::AccountSummary
            | Call::MakeReport
            | Call::CredentialReport => iam::ask(&self.iam, call).await,
            Call::AccountTags(account) => {
                let client = aws_sdk_organizations::Client::from_conf(organization::settings(&self.sdk).build());
                let answer = client.list_tags_for_resource().resource_id(account).send().await;
                answer.map(|_| Answer::Allowed).map_err(|error| trouble(&error))
            }
            Call::Secret(_) | Call::Reports(_) | Call::Report(..) => stores::ask(&self.sdk, call).await,
            #[cfg(feature = "tags")]
            call => instances::ask(&self.sdk, call).await,
            #[cfg(not(feature = "tags"))]
            _ => Err(Trouble::Unclear("this build cannot read instances".to_owned())),
        }
    }

    async fn accounts(&self, asked: &Asked) -> Result<Listing, Unread> {
        Organization::once(&self.sdk, asked.clone()).list().await
    }

    async fn role_elsewhere(&self, role: &Role) -> Result<accounts::Role, Trouble> {
        let role = accounts::Role::new(&self.sdk, Some(role.clone()), None).await.map_err(|error| unmade(&error))?;
        role.ok_or_else(|| Trouble::Unclear("no setting names a role".to_owned()))
    }

    async fn enter(&self, role: &accounts::Role, caller: &Caller, account: &str) -> Result<Self, Trouble> {
        let entered = role.enter(&self.sdk, partition(&caller.arn), account, None).await;
        entered.map(|sdk| Self::new(&sdk)).map_err(|unread| unread.trouble)
    }

    async fn simulate(
        &self,
        principal: &str,
        actions: &[&'static str],
        resource: &str,
    ) -> Result<Vec<(&'static str, Decision)>, Trouble> {
        iam::simulate(&self.iam, principal, actions, resource).await
    }

    async fn rules(&self, config: &TagsConfig) -> Result<RuleSet, RulesError> {
        #[cfg(feature = "tags")]
        let rules = super::tag_policy(&self.sdk, config.clone(), None, None).await.map(|policy| policy.rules);
        #[cfg(not(feature = "tags"))]
        let rules = crate::rules_source::known(&config.rules).map(Option::unwrap_or_default);
        rules
    }

    async fn notifier(&self, config: &Outputs) -> Result<Notifier, Trouble> {
        outputs(&self.sdk, config, None).await.map(|outputs| outputs.notifier).map_err(|error| unmade(&error))
    }

    async fn search(&self, config: &Outputs) -> Result<SearchIndex, Trouble> {
        let made = outputs(&self.sdk, config, None).await.map_err(|error| unmade(&error))?;
        made.search.ok_or_else(|| Trouble::Unclear("no setting names an index".to_owned()))
    }

    async fn keep(&self, archive: &ArchiveConfig, name: &str, content: &str) -> Result<(), Trouble> {
        stores::keep(&self.sdk, archive, name, content).await
    }
}

/// Why an output or a role could not be made.
fn unmade(error: &OutputsError) -> Trouble {
    match error {
        OutputsError::Secret(SecretError { problem: Problem::Wrong(said), .. }) if says_denied(said) => {
            Trouble::Denied(error.to_string())
        }
        OutputsError::Secret(SecretError { problem: Problem::Unavailable(_), .. }) => {
            Trouble::Unanswered(error.to_string())
        }
        _ => Trouble::Unclear(error.to_string()),
    }
}
