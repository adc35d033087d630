//! Other accounts, by a role in each.

use aws_config::{SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use tokio::time::Instant;

use super::{
    cloud::Cloud,
    error::{all_causes, read_error, strange},
    sts,
};
use crate::{
    config::{Calls, RoleName},
    deadline::before,
    facts::ReadError,
    ports::watch::Accounts,
    tags::watch::identity::Own,
};

/// The name of Sleuth's sessions.
const SESSION: &str = "sleuth";

/// Who calls: an account, and who in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account, 12 digits.
    pub account: String,
    /// The ARN.
    pub arn: String,
}

/// Who calls with the credentials in `sdk`.
pub async fn caller(sdk: &SdkConfig, end: Option<Instant>) -> Result<Caller, ReadError> {
    const CALL: &str = "GetCallerIdentity";
    let call = sts(sdk).get_caller_identity().send();
    let answer = before(end, call).await?.map_err(|error| read_error(CALL, &error))?;
    let caller = answer.account.zip(answer.arn).map(|(account, arn)| Caller { account, arn });
    caller.ok_or_else(|| strange(CALL, "no account"))
}

/// The account of the run, and others by a role of the same name in each.
#[derive(Debug)]
pub struct Reach<'a> {
    /// The account of the run.
    pub sdk: &'a SdkConfig,
    /// Who calls in it.
    pub caller: &'a Caller,
    /// The role in the others; `None`: they are out of reach.
    pub role: Option<&'a RoleName>,
    /// How AWS is asked.
    pub calls: Calls,
    /// When to stop waiting for credentials.
    pub end: Option<Instant>,
}

impl Reach<'_> {
    /// The calls that are Sleuth's own, in every account within reach of those named.
    pub fn own<'a>(&self, accounts: impl Iterator<Item = &'a str>) -> Own {
        let mut own = Own::of(&self.caller.arn);
        for account in accounts.filter(|account| *account != self.caller.account) {
            if let Some(role) = self.role {
                own.add(Own::of(&format!(
                    "arn:{}:sts::{account}:assumed-role/{}/{SESSION}",
                    self.partition(),
                    role.name()
                )));
            }
        }
        own
    }

    /// `aws`, or that of China or of the US government.
    fn partition(&self) -> &str {
        self.caller.arn.split(':').nth(1).unwrap_or("aws")
    }
}

impl Accounts for Reach<'_> {
    type Cloud = Cloud;

    async fn account(&self, id: &str) -> Result<Cloud, ReadError> {
        if id == self.caller.account {
            return Ok(Cloud::new(self.sdk, self.calls));
        }
        let failed = |message| ReadError { operation: "AssumeRole".to_owned(), message };
        let role = self.role.ok_or_else(|| {
            failed(format!(
                "this is account {}; ASSUME_ROLE_NAME names no role to look at others with",
                self.caller.account
            ))
        })?;
        let arn = format!("arn:{}:iam::{id}:role/{}", self.partition(), role.0);
        let provider = AssumeRoleProvider::builder(&arn).session_name(SESSION).configure(self.sdk).build().await;
        // What is denied is known before anything is asked.
        let credentials = before(self.end, provider.provide_credentials()).await?;
        credentials.map_err(|error| failed(format!("{arn}: {}", all_causes(&error))))?;
        let sdk = self.sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build();
        Ok(Cloud::new(&sdk, self.calls))
    }
}
