//! Settings of the watch: those of the audit of EC2 tags, and its own.

use std::time::Duration;

use serde::Deserialize;

use super::{Problems, Role, TagFlags, TagsConfig, check::Check, read};

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
    pub role: Option<Role>,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    settle_seconds: Option<String>,
}

impl WatchConfig {
    /// Checks all settings. An empty value means "not set".
    pub fn new(environment: &[(String, String)], flags: TagFlags) -> Result<Self, Problems> {
        let tags = TagsConfig::new(environment, flags);
        let env: Environment = read(environment)?;
        let mut check = Check::default();
        let settle = check.number("SETTLE_SECONDS", env.settle_seconds.as_deref(), MOST_SETTLE_SECONDS);
        let role = Role::checked(environment, &mut check)?;
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
