//! The examination of a set-up, through AWS: who calls, and whether calls may be made.

use std::error::Error;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use chrono::{DateTime, Utc};
use notifier::{Notifier, SearchIndex};

use super::{
    OutputsError,
    error::{Problem, problem},
    outputs,
    secrets::SecretError,
};
use crate::{
    config::{ArchiveConfig, Outputs, TagsConfig},
    ports::doctor::{Answer, Call, Caller, Decision, Examine, Trouble},
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
/// Starts of the codes by which services say that something is not allowed.
const DENIED: [&str; 3] = ["AccessDenied", "UnauthorizedOperation", "AuthorizationError"];

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
            Call::Secret(_) | Call::Reports(_) | Call::Report(..) => stores::ask(&self.sdk, call).await,
            #[cfg(feature = "tags")]
            call => instances::ask(&self.sdk, call).await,
            #[cfg(not(feature = "tags"))]
            _ => Err(Trouble::Unclear("this build cannot read instances".to_owned())),
        }
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

/// Why an output could not be made.
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

/// Whether a code, or a text that begins with one, says that something is not allowed.
fn says_denied(said: &str) -> bool {
    DENIED.iter().any(|code| said.starts_with(code))
}

/// What AWS said instead of an answer.
fn trouble<E>(error: &SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match problem(error) {
        Problem::Unavailable(said) => Trouble::Unanswered(said),
        Problem::Wrong(said) if error.code().is_some_and(says_denied) => Trouble::Denied(said),
        // A denial without a body, as S3 gives it.
        Problem::Wrong(said) if error.code().is_none() && super::error::status(error) == Some(403) => {
            Trouble::Denied(said)
        }
        Problem::Wrong(said) => Trouble::Unclear(said),
    }
}
