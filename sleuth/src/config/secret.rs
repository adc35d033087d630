//! A setting that says where a secret is kept, so that the secret itself stands in no environment.

use std::fmt;

use serde_json::Value;

use crate::facts::is_account;

/// Where a secret is kept in AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretArn {
    /// The whole ARN.
    arn: String,
    /// The region it is kept in.
    region: String,
    /// The service.
    store: Store,
}

/// Services that keep secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// AWS Secrets Manager.
    SecretsManager,
    /// Parameter Store of AWS Systems Manager.
    ParameterStore,
}

impl SecretArn {
    /// Reads `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME` or `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME`.
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, service, region, account, resource] = parts.as_slice() else { return None };
        let (store, name) = match service {
            "secretsmanager" => (Store::SecretsManager, resource.strip_prefix("secret:")?),
            "ssm" => (Store::ParameterStore, resource.strip_prefix("parameter/")?),
            _ => return None,
        };
        let complete =
            ![partition, region, name].contains(&"") && is_account(account) && !arn.contains(char::is_whitespace);
        complete.then(|| Self { arn: arn.to_owned(), region: region.to_owned(), store })
    }

    /// The region to ask.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The service to ask.
    pub fn store(&self) -> Store {
        self.store
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

/// The value that a secret holds: its text, or, as the console of Secrets Manager stores it, the entry `name` of a JSON
/// object, or its only entry.
pub fn value(secret: &str, name: &str) -> Option<String> {
    let text = secret.trim();
    if !text.starts_with('{') {
        return Some(text.to_owned());
    }
    let Ok(Value::Object(entries)) = serde_json::from_str(text) else { return None };
    let only = entries.values().next().filter(|_| entries.len() == 1);
    entries.get(name).or(only).and_then(Value::as_str).map(|value| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_both_stores_are_understood() {
        let secret = SecretArn::parse("arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf").unwrap();
        assert_eq!((secret.region(), secret.store()), ("eu-west-1", Store::SecretsManager));
        let parameter = SecretArn::parse("arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/team/slack").unwrap();
        assert_eq!((parameter.region(), parameter.store()), ("us-gov-west-1", Store::ParameterStore));
    }

    #[test]
    fn other_arns_are_not() {
        for arn in [
            "",
            "https://hooks.slack.com/services/x",
            "arn:aws:s3:::bucket",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
            "arn:aws:secretsmanager::123456789012:secret:name",
            "arn:aws:secretsmanager:eu-west-1:1234:secret:name",
            "arn:aws:ssm:eu-west-1:123456789012:document/name",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/two words",
        ] {
            assert_eq!(SecretArn::parse(arn), None, "{arn}");
        }
    }

    #[test]
    fn secret_is_its_text_or_an_entry_of_an_object() {
        for (secret, expected) in [
            (" https://x \n", Some("https://x")),
            (r#"{"SLACK_URL": "https://x", "other": "y"}"#, Some("https://x")),
            (r#"{"anything": "https://x"}"#, Some("https://x")),
            (r#"{"one": "https://x", "other": "y"}"#, None),
            (r#"{"SLACK_URL": 1}"#, None),
            ("{}", None),
            ("{broken", None),
        ] {
            assert_eq!(value(secret, "SLACK_URL").as_deref(), expected, "{secret}");
        }
    }
}
