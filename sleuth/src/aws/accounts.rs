//! Other accounts, by a role in each.

use std::{
    error::Error,
    sync::{Mutex, PoisonError},
};

use aws_config::{SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, future},
};
use aws_sdk_sts::{error::ProvideErrorMetadata as _, operation::assume_role::AssumeRoleError};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::{
    error::{all_causes, passes, read_error, says_denied, strange},
    outputs::{OutputsError, secret},
    sts,
};
#[cfg(feature = "tags")]
use crate::tags::watch::identity::Own;
use crate::{
    config::{self, Calls, RoleName},
    deadline::before,
    facts::ReadError,
    ports::{
        accounts::{Accounts, REFUSED, Unread},
        doctor::Trouble,
    },
};

/// The name of Sleuth's sessions in other accounts, by which their CloudTrail tells its calls from others of the role.
const SESSION: &str = "sleuth";
/// The call by which other accounts are entered, if it may be answered in another attempt.
const UNANSWERED: &str = "AssumeRole, unanswered";
/// Codes that are about STS itself, and not about the request.
const OF_THE_SERVICE: [&str; 3] = ["InternalError", "InternalFailure", "ServiceUnavailable"];

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

/// The role to enter other accounts with.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, the same in every account.
    pub name: RoleName,
    /// What its trust asks for.
    external_id: Option<SecretString>,
}

impl Role {
    /// The role that `config` names, with the external id from where it is kept, waited for until `end`.
    pub async fn new(
        sdk: &SdkConfig,
        config: Option<config::Role>,
        end: Option<Instant>,
    ) -> Result<Option<Self>, OutputsError> {
        let Some(config::Role { name, external_id }) = config else { return Ok(None) };
        let external_id = match external_id {
            Some(kept) => Some(secret(sdk, "ASSUME_ROLE_EXTERNAL_ID", &kept, end).await?),
            None => None,
        };
        Ok(Some(Self { name, external_id }))
    }

    /// Credentials for the account with this id, whose role is in `partition`.
    pub(super) async fn enter(
        &self,
        sdk: &SdkConfig,
        partition: &str,
        id: &str,
        end: Option<Instant>,
    ) -> Result<SdkConfig, Unread> {
        let arn = format!("arn:{partition}:iam::{id}:role/{}", self.name.0);
        let provider = AssumeRoleProvider::builder(&arn).session_name(SESSION).configure(sdk);
        let provider = match &self.external_id {
            Some(id) => provider.external_id(id.expose_secret()),
            None => provider,
        };
        let provider = provider.build().await;
        // What is denied is known before anything is asked.
        let credentials = before(end, provider.provide_credentials()).await?;
        let first = credentials.map_err(|error| {
            let trouble = refusal(&error, |said| self.without_id(format!("{arn}: {said}")));
            // Only what was refused will be refused again.
            let operation = if matches!(trouble, Trouble::Unanswered(_)) { UNANSWERED } else { REFUSED };
            Unread { operation: operation.to_owned(), trouble }
        })?;
        let provider = SharedCredentialsProvider::new(Primed { first: Mutex::new(Some(first)), then: provider });
        // The cache of the run holds 64 identities, and forgets any of more accounts than that, also one at work.
        let cache = IdentityCache::lazy().build();
        Ok(sdk.to_builder().credentials_provider(provider).identity_cache(cache).build())
    }

    /// Text of others without the external id, which nobody needs to read.
    fn without_id(&self, text: String) -> String {
        match &self.external_id {
            Some(id) => text.replace(id.expose_secret(), "…"),
            None => text,
        }
    }
}

/// The credentials that were had to begin with, and others when these are over.
#[derive(Debug)]
struct Primed {
    first: Mutex<Option<Credentials>>,
    then: AssumeRoleProvider,
}

impl ProvideCredentials for Primed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.then.provide_credentials(),
        }
    }
}

/// The account of the run, and others by a role of the same name in each.
#[derive(Debug)]
pub struct Reach<'a, Account> {
    /// The account of the run.
    pub sdk: &'a SdkConfig,
    /// Who calls in it.
    pub caller: &'a Caller,
    /// The role in the others; `None`: they are out of reach.
    pub role: Option<&'a Role>,
    /// How AWS is asked.
    pub calls: Calls,
    /// When to stop waiting for credentials.
    pub end: Option<Instant>,
    /// What is to be done in an account, by credentials for it.
    pub open: fn(&SdkConfig, Calls) -> Account,
}

impl<Account> Reach<'_, Account> {
    /// The calls that are Sleuth's own, in every account within reach of those named.
    #[cfg(feature = "tags")]
    pub fn own<'a>(&self, accounts: impl Iterator<Item = &'a str>) -> Own {
        let mut own = Own::of(&self.caller.arn);
        for account in accounts.filter(|account| *account != self.caller.account) {
            if let Some(role) = self.role {
                own.add(Own::of(&format!(
                    "arn:{}:sts::{account}:assumed-role/{}/{SESSION}",
                    self.partition(),
                    role.name.name()
                )));
            }
        }
        own
    }

    /// `aws`, or that of China or of the US government.
    fn partition(&self) -> &str {
        self.caller.arn.split(':').nth(1).unwrap_or("aws")
    }

    async fn enter(&self, id: &str) -> Result<SdkConfig, ReadError> {
        let role = self.role.ok_or_else(|| ReadError {
            operation: REFUSED.to_owned(),
            message: format!(
                "this is account {}; ASSUME_ROLE_NAME names no role to look at others with",
                self.caller.account
            ),
        })?;
        Ok(role.enter(self.sdk, self.partition(), id, self.end).await?)
    }
}

/// What STS said, or else why there are no credentials. `in_words`: how that is told.
fn refusal(error: &(dyn Error + 'static), in_words: impl Fn(&str) -> String) -> Trouble {
    let mut causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    let refused = causes.find_map(|cause| cause.downcast_ref::<AssumeRoleError>());
    match refused.map(|refused| (refused.code(), refused.message())) {
        Some((Some(code), message)) => {
            let message = message.map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"));
            let said = in_words(&message);
            if says_denied(code) {
                Trouble::Denied(said)
            } else if passes(code) || OF_THE_SERVICE.contains(&code) {
                Trouble::Unanswered(said)
            } else {
                Trouble::Unclear(said)
            }
        }
        _ => Trouble::Unanswered(in_words(&all_causes(error))),
    }
}

impl<Account: Send + Sync> Accounts for Reach<'_, Account> {
    type Account = Account;

    async fn account(&self, id: &str) -> Result<Account, ReadError> {
        if id == self.caller.account {
            return Ok((self.open)(self.sdk, self.calls));
        }
        Ok((self.open)(&self.enter(id).await?, self.calls))
    }
}
