//! Whose policies decide what a caller may do.
//!
//! STS names the caller of a call by its session, and policies are attached to what the session stands for: a user, or
//! a role, whose path the name of a session does not tell
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>).

/// What the policies of a caller are attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The root user, whom no policy of the account limits.
    Root,
    /// An IAM user, by ARN.
    User(String),
    /// A role, by name, and by what its ARN is if it has no path.
    Role {
        /// Name.
        name: String,
        /// ARN without path.
        arn: String,
    },
    /// Anybody else, such as a federated user: IAM cannot be asked about them.
    Other,
}

impl Principal {
    /// Whom the ARN of a caller stands for.
    pub fn of(caller: &str) -> Self {
        let parts: Vec<&str> = caller.splitn(6, ':').collect();
        let &["arn", partition, service, "", account, resource] = parts.as_slice() else { return Self::Other };
        match (service, resource.split_once('/')) {
            ("iam", None) if resource == "root" => Self::Root,
            ("iam", Some(("user", _))) => Self::User(caller.to_owned()),
            ("sts", Some(("assumed-role", session))) => match session.split_once('/') {
                Some((name, _)) if !name.is_empty() => {
                    Self::Role { name: name.to_owned(), arn: format!("arn:{partition}:iam::{account}:role/{name}") }
                }
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// The partition of an ARN: `aws`, or that of China or of the US government.
pub fn partition(arn: &str) -> &str {
    arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_stand_for_what_policies_are_attached_to() {
        let role = |name: &str, arn: &str| Principal::Role { name: name.to_owned(), arn: arn.to_owned() };
        for (caller, expected) in [
            ("arn:aws:iam::123456789012:root", Principal::Root),
            (
                "arn:aws:iam::123456789012:user/team/alice",
                Principal::User("arn:aws:iam::123456789012:user/team/alice".to_owned()),
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/sleuth/sleuth-keys",
                role("sleuth", "arn:aws:iam::123456789012:role/sleuth"),
            ),
            (
                "arn:aws-us-gov:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123/a.b@example.com",
                role("AWSReservedSSO_Admin_0123", "arn:aws-us-gov:iam::123456789012:role/AWSReservedSSO_Admin_0123"),
            ),
            ("arn:aws:sts::123456789012:federated-user/bob", Principal::Other),
            ("arn:aws:sts::123456789012:assumed-role/sleuth", Principal::Other),
            ("arn:aws:iam::123456789012:role/sleuth", Principal::Other),
            ("nonsense", Principal::Other),
        ] {
            assert_eq!(Principal::of(caller), expected, "{caller}");
        }
    }

    #[test]
    fn partition_is_that_of_the_arn() {
        assert_eq!(partition("arn:aws-cn:iam::123456789012:root"), "aws-cn");
        assert_eq!(partition("nonsense"), "aws");
    }
}
