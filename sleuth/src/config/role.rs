//! The role to enter other accounts with.

use serde::Deserialize;

use super::{Problems, Secret, check::Check, read};

/// The role to enter other accounts with.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, the same in every account: `ASSUME_ROLE_NAME`.
    pub name: RoleName,
    /// What its trust asks for: `ASSUME_ROLE_EXTERNAL_ID`.
    pub external_id: Option<Secret>,
}

/// The name of a role, with its path if it has one: `sleuth` or `tools/sleuth`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(pub String);

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    assume_role_name: Option<String>,
    assume_role_external_id: Option<String>,
}

impl Role {
    /// The role, if one is named.
    pub(super) fn checked(environment: &[(String, String)], check: &mut Check) -> Result<Option<Self>, Problems> {
        let env: Environment = read(environment)?;
        let Some(name) = env.assume_role_name else {
            if env.assume_role_external_id.is_some() {
                check.note("ASSUME_ROLE_EXTERNAL_ID", None, "is of use only with ASSUME_ROLE_NAME".to_owned());
            }
            return Ok(None);
        };
        let name = check.role("ASSUME_ROLE_NAME", name.trim());
        let external_id = env.assume_role_external_id.map(|id| check.external_id("ASSUME_ROLE_EXTERNAL_ID", id.trim()));
        Ok(name.map(|name| Self { name, external_id: external_id.flatten() }))
    }
}

impl RoleName {
    /// The name without the path, as in the ARNs of sessions.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl Check {
    /// A role's name as IAM allows it
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>), with or
    /// without its path.
    fn role(&mut self, name: &'static str, value: &str) -> Option<RoleName> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let like = value.len() <= 512
            && value.split('/').all(|part| !part.is_empty() && part.chars().all(allowed))
            && value.rsplit('/').next().is_some_and(|name| name.len() <= 64);
        if like {
            return Some(RoleName(value.to_owned()));
        }
        self.fail(name, Some(value), "must be the name of a role, as in sleuth or tools/sleuth, not its ARN".to_owned())
    }

    /// An external id as STS takes it
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_RequestParameters>), or the ARN
    /// of a secret that holds one.
    fn external_id(&mut self, name: &'static str, value: &str) -> Option<Secret> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
        let is_id = (2..=1224).contains(&value.len()) && value.chars().all(allowed);
        if !(is_id || value.starts_with("arn:")) {
            return self.fail(name, None, "must have 2 to 1224 letters, digits and _+=,.@:/-".to_owned());
        }
        self.secret(name, value)
    }
}
