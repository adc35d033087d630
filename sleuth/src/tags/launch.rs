//! Who launched an instance, by CloudTrail.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A launch that CloudTrail recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// When.
    pub at: DateTime<Utc>,
    /// Who called.
    pub by: Principal,
}

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Principal {
    /// An IAM user.
    User {
        /// Name.
        name: String,
    },
    /// Somebody who assumed a role; the session name says who, if whoever assumed it set it so.
    Role {
        /// Name of the role.
        #[serde(default)]
        role: Option<String>,
        /// Name of the session.
        session: String,
    },
    /// The root user.
    Root,
    /// An AWS service, such as `autoscaling.amazonaws.com`.
    Service {
        /// Its name.
        name: String,
    },
    /// Anybody else, such as a federated user, by the id that CloudTrail gives.
    Other {
        /// The id.
        id: String,
    },
}
