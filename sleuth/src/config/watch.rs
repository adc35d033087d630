//! Settings of the watch: those of the audit of EC2 tags, and its own.

use std::time::Duration;

use serde::Deserialize;

use super::{Problems, TagFlags, TagsConfig, check::Check, read};

/// Seconds that AWS is given to show what happened, if nothing else is said.
const SETTLE_SECONDS: u64 = 60;
/// Most seconds: what a Lambda function may run at all.
const MOST_SETTLE_SECONDS: u64 = 900;

/// Everything the watch needs to know.
#[derive(Debug, Clone)]
pub struct WatchConfig {
    /// How instances are judged.
    pub tags: TagsConfig,
    /// How long AWS is asked again that does not show yet what happened: `SETTLE_SECONDS`.
    pub settle: Duration,
    /// The role to look at other accounts with; `None`: they are not looked at. `ASSUME_ROLE_NAME`.
    pub role: Option<RoleName>,
}

/// The name of a role, with its path if it has one: `sleuth` or `tools/sleuth`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(pub String);

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    settle_seconds: Option<String>,
    assume_role_name: Option<String>,
}

impl WatchConfig {
    /// Checks all settings. An empty value means "not set".
    pub fn new(environment: &[(String, String)], flags: TagFlags) -> Result<Self, Problems> {
        let tags = TagsConfig::new(environment, flags);
        let env: Environment = read(environment)?;
        let mut check = Check::default();
        let settle = check.number("SETTLE_SECONDS", env.settle_seconds.as_deref(), MOST_SETTLE_SECONDS);
        let role = env.assume_role_name.as_deref().and_then(|name| check.role("ASSUME_ROLE_NAME", name.trim()));
        let own = Problems(check.0);
        match tags {
            Ok(tags) if own.0.is_empty() => {
                Ok(Self { tags, settle: Duration::from_secs(settle.unwrap_or(SETTLE_SECONDS)), role })
            }
            tags => {
                let mut problems = tags.err().unwrap_or(Problems(Vec::new()));
                problems.add(own);
                Err(problems)
            }
        }
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
}
