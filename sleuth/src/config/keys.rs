//! Settings of the audit of access keys.

use serde::Deserialize;

use super::{
    Common, Problems,
    check::Check,
    read,
    thresholds::{Flags, Thresholds},
};
use crate::{
    keys::{Limits, Policy},
    render::notification::keys::Texts,
};

/// Most keys that one run may disable if nothing else is said. An audit that ran every day finds a few a day.
const MAX_DISABLE: usize = 25;
/// Largest number of keys that is accepted.
const MOST_KEYS: usize = 1_000_000;

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct KeysConfig {
    /// What every audit needs to know.
    pub common: Common,
    /// The ages keys are judged by.
    pub policy: Policy,
    /// Whether, whose and how many keys may be disabled: `ENABLE_AUTO_EXPIRE`, `PROTECTED_PATHS`, `MAX_DISABLE`,
    /// `MAX_DISABLE_PERCENT`.
    pub limits: Limits,
    /// Whether the credential report may rule users out: `INVENTORY`.
    pub by_report: bool,
    /// A user that is known to exist: `CANARY_USER`.
    pub canary: Option<String>,
    /// Titles and instructions of messages.
    pub texts: Texts,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Environment {
    enable_auto_expire: Option<String>,
    pub(super) expiration_age: Option<String>,
    pub(super) warning_age: Option<String>,
    pub(super) inactivity_age: Option<String>,
    pub(super) inactivity_warning_age: Option<String>,
    expire_notification_title: Option<String>,
    expire_notification_text: Option<String>,
    inactive_notification_title: Option<String>,
    inactive_notification_text: Option<String>,
    max_disable: Option<String>,
    max_disable_percent: Option<String>,
    canary_user: Option<String>,
    protected_paths: Option<String>,
    inventory: Option<String>,
}

impl KeysConfig {
    /// Checks all settings. An empty value means "not set".
    pub fn new(environment: &[(String, String)], flags: Flags) -> Result<Self, Problems> {
        let env: Environment = read(environment)?;
        let mut check = Check::default();
        let policy = check.policy(&Thresholds::new(&env, flags));
        let max_disable = check.number("MAX_DISABLE", env.max_disable.as_deref(), MOST_KEYS);
        let limits = Limits {
            auto_expire: check.boolean("ENABLE_AUTO_EXPIRE", env.enable_auto_expire.as_deref()),
            max_disable: max_disable.unwrap_or(MAX_DISABLE),
            max_percent: check.number("MAX_DISABLE_PERCENT", env.max_disable_percent.as_deref(), 100),
            protected_paths: check.user_paths("PROTECTED_PATHS", env.protected_paths.as_deref()),
        };
        let by_report = check.one_of("INVENTORY", env.inventory.as_deref(), ["live", "report"]) == Some("report");
        let canary = check.user_name("CANARY_USER", env.canary_user.as_deref());
        let common = Common::new(environment, &mut check)?;
        let texts = Texts {
            expire_title: env.expire_notification_title.unwrap_or_else(|| "AWS IAM Key Expiration Report".to_owned()),
            expire_text: env.expire_notification_text.unwrap_or_default(),
            inactive_title: env
                .inactive_notification_title
                .unwrap_or_else(|| "AWS IAM Key Inactivity Report".to_owned()),
            inactive_text: env.inactive_notification_text.unwrap_or_default(),
        };
        match policy {
            Some(policy) if check.0.is_empty() => Ok(Self { common, policy, limits, by_report, canary, texts }),
            _ => Err(Problems(check.0)),
        }
    }
}
