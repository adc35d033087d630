//! Who we are to OpenSearch.

use std::{fmt, time::SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use secrecy::SecretString;

use super::{address::SearchUrl, sigv4::Scope};
use crate::retry::{Failure, root_cause};

/// How to log in. Never prints a secret.
#[derive(Clone)]
pub enum Login {
    /// OpenSearch lets in whoever reaches it.
    None,
    /// By name and password.
    Basic {
        /// The name, without a colon.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// By AWS credentials, for OpenSearch Service and OpenSearch Serverless.
    SigV4 {
        /// Credentials, and the region if the address does not say it.
        sdk: Box<SdkConfig>,
        /// What the requests are signed for. `None`: what the address says, and [`Service::Domain`] if it does not.
        service: Option<Service>,
    },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Basic { user, .. } => f.debug_struct("Basic").field("user", user).finish_non_exhaustive(),
            Self::SigV4 { service, .. } => f.debug_struct("SigV4").field("service", service).finish_non_exhaustive(),
        }
    }
}

/// The services of AWS that are OpenSearch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A domain of OpenSearch Service: `es`.
    Domain,
    /// A collection of OpenSearch Serverless: `aoss`.
    Serverless,
}

impl Service {
    /// Its name in a signature.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "es",
            Self::Serverless => "aoss",
        }
    }
}

/// Why one cannot log in this way.
#[derive(Debug, thiserror::Error)]
pub enum InvalidLogin {
    /// HTTP separates name and password by a colon.
    #[error("the user's name must not be empty or hold a colon")]
    User,
    /// Neither the address nor the AWS configuration names a region.
    #[error("no region: the address does not tell it, and neither does the AWS configuration")]
    NoRegion,
    /// The AWS configuration has no source of credentials.
    #[error("no AWS credentials to sign requests with")]
    NoCredentials,
    /// This machine's TLS set-up is broken.
    #[error("no HTTPS client")]
    Client(#[from] reqwest::Error),
}

/// A login that is complete.
#[derive(Clone)]
pub(super) enum Access {
    Open,
    Basic { user: String, password: SecretString },
    Signed(Signer),
}

impl Access {
    pub(super) fn new(login: Login, url: &SearchUrl) -> Result<Self, InvalidLogin> {
        match login {
            Login::None => Ok(Self::Open),
            Login::Basic { user, .. } if user.is_empty() || user.contains(':') => Err(InvalidLogin::User),
            Login::Basic { user, password } => Ok(Self::Basic { user, password }),
            Login::SigV4 { sdk, service } => {
                let at_aws = url.at_aws();
                let service = service.or(at_aws.map(|(service, _)| service)).unwrap_or(Service::Domain);
                let region = at_aws.map(|(_, region)| region).or(sdk.region().map(AsRef::as_ref));
                let region = region.ok_or(InvalidLogin::NoRegion)?.to_owned();
                let credentials = sdk.credentials_provider().ok_or(InvalidLogin::NoCredentials)?;
                Ok(Self::Signed(Signer { scope: Scope { region, service: service.as_str() }, credentials, sdk }))
            }
        }
    }

    /// Whether this is OpenSearch Serverless, as far as we know.
    pub(super) fn is_serverless(&self) -> bool {
        matches!(self, Self::Signed(signer) if signer.scope.service == Service::Serverless.as_str())
    }

    /// What to look at if OpenSearch lets nobody in.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Open => "it wants a login: set SEARCH_USER and SEARCH_PASSWORD, or let requests be signed by AWS",
            Self::Basic { .. } => "check SEARCH_USER, SEARCH_PASSWORD and what this user may do",
            Self::Signed(Signer { scope: Scope { service: "aoss", .. }, .. }) => {
                "check that the role may aoss:APIAccessAll, and the collection's data access policy"
            }
            Self::Signed(_) => "check the role's policy (es:ESHttp*), and the domain's access policy",
        }
    }
}

/// Signs requests as whoever the AWS configuration says we are.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) scope: Scope,
    credentials: SharedCredentialsProvider,
    sdk: Box<SdkConfig>,
}

impl Signer {
    pub(super) async fn credentials(&self) -> Result<Credentials, Failure> {
        self.credentials.provide_credentials().await.map_err(|error| {
            let reason = format!("no AWS credentials: {}", root_cause(&error));
            match error {
                CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
                    Failure::Closed(reason)
                }
                _ => Failure::Passing { reason, retry_after: None },
            }
        })
    }

    /// When a signature is made, which AWS compares with its own clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "a signature is of the moment it is made, whatever `now` the run has"
    )]
    pub(super) fn at(&self) -> SystemTime {
        self.sdk.time_source().map_or_else(SystemTime::now, |source| source.now())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    fn signed(sdk: SdkConfig, service: Option<Service>, url: &str) -> Result<Scope, InvalidLogin> {
        let login = Login::SigV4 { sdk: Box::new(sdk), service };
        match Access::new(login, &SearchUrl::parse(url).unwrap())? {
            Access::Signed(signer) => Ok(signer.scope),
            _ => panic!("does not sign"),
        }
    }

    fn sdk(region: Option<&'static str>) -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "hush", None, None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        SdkConfig::builder().credentials_provider(credentials).region(region.map(Region::new)).build()
    }

    #[test]
    fn the_address_decides_what_is_signed_for_unless_that_is_set() {
        let serverless = "https://x.eu-west-1.aoss.amazonaws.com";
        let scope = |region: &str, service| Scope { region: region.into(), service };
        assert_eq!(signed(sdk(Some("us-east-1")), None, serverless).unwrap(), scope("eu-west-1", "aoss"));
        let own = "https://search.example.com";
        assert_eq!(signed(sdk(Some("us-east-1")), None, own).unwrap(), scope("us-east-1", "es"));
        let set = Some(Service::Serverless);
        assert_eq!(signed(sdk(Some("us-east-1")), set, own).unwrap(), scope("us-east-1", "aoss"));
    }

    #[test]
    fn what_a_login_lacks_is_named() {
        let own = "https://search.example.com";
        assert!(matches!(signed(sdk(None), None, own), Err(InvalidLogin::NoRegion)));
        let none = SdkConfig::builder().region(Region::new("us-east-1")).build();
        assert!(matches!(signed(none, None, own), Err(InvalidLogin::NoCredentials)));
        for user in ["", "a:b"] {
            let login = Login::Basic { user: user.into(), password: "hush".into() };
            assert!(matches!(Access::new(login, &SearchUrl::parse(own).unwrap()), Err(InvalidLogin::User)));
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let basic = Login::Basic { user: "sleuth".into(), password: "hush".into() };
        let signed = Login::SigV4 { sdk: Box::new(sdk(None)), service: None };
        assert_eq!(format!("{basic:?} {signed:?}"), r#"Basic { user: "sleuth", .. } SigV4 { service: None, .. }"#);
    }
}
