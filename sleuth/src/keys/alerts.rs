//! What cannot wait for a key to grow old: access keys of the root user, and users whose access keys leaked.

use super::inventory::{Inventory, User};
use crate::facts::UserName;

/// Names of the policies that AWS attaches to users whose access keys were compromised or exposed. The next version will
/// start the same.
pub const QUARANTINE_POLICIES: [&str; 3] =
    ["AWSCompromisedKeyQuarantine", "AWSCompromisedKeyQuarantineV2", "AWSCompromisedKeyQuarantineV3"];

/// The name of the policy with this ARN, if AWS owns it and quarantines users by it
/// (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html>).
pub fn quarantine_policy(arn: &str) -> Option<&str> {
    let (_, name) = arn.split_once(":iam::aws:policy/")?;
    name.starts_with(QUARANTINE_POLICIES[0]).then_some(name)
}

/// Something that somebody should look at now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// The root user has access keys, which no IAM policy restricts.
    RootKeys,
    /// A quarantine policy is attached to this user.
    Quarantine {
        /// The user.
        user: UserName,
        /// The owner's display name.
        name: String,
        /// The `Slack` tag, as written. That of an exempt user too: exemption is from expiry, not from a leak.
        slack: Option<String>,
        /// The attached policies, by name.
        policies: Vec<String>,
    },
}

/// All alerts, the root user's first.
pub fn alerts(inventory: &Inventory) -> Vec<Alert> {
    let root = (inventory.root_keys == Some(true)).then_some(Alert::RootKeys);
    let quarantined = inventory.users.iter().filter(|user| !user.quarantine.is_empty()).map(quarantine);
    root.into_iter().chain(quarantined).collect()
}

fn quarantine(user: &User) -> Alert {
    Alert::Quarantine {
        user: user.name.clone(),
        name: user.display_name().to_owned(),
        slack: user.slack().map(ToOwned::to_owned),
        policies: user.quarantine.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_policies_of_aws_quarantine() {
        for (arn, name) in [
            ("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine", Some("AWSCompromisedKeyQuarantine")),
            ("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3", Some("AWSCompromisedKeyQuarantineV3")),
            ("arn:aws-us-gov:iam::aws:policy/AWSCompromisedKeyQuarantineV9", Some("AWSCompromisedKeyQuarantineV9")),
            ("arn:aws:iam::123456789012:policy/AWSCompromisedKeyQuarantineV3", None),
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", None),
            ("", None),
        ] {
            assert_eq!(quarantine_policy(arn), name, "{arn}");
        }
    }
}
