//! Publishing to a topic.

use std::{fmt, fmt::Write as _};

use aws_sdk_sns::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::publish::PublishError,
};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::payload::{self, TextMessage};
use crate::{
    delivery::PartDelivery,
    notification::Messages,
    retry::{self, Failure, Patience, RetryPolicy, root_cause},
};

/// The name of a topic: `arn:PARTITION:sns:REGION:ACCOUNT:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn {
    arn: String,
    region: String,
}

/// Why a value is not the name of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME")]
pub struct InvalidTopic;

impl TopicArn {
    /// Reads an ARN.
    pub fn parse(value: &str) -> Result<Self, InvalidTopic> {
        let fields: Vec<&str> = value.split(':').collect();
        match fields.as_slice() {
            ["arn", partition, "sns", region, account, name]
                if partition.starts_with("aws")
                    && !region.is_empty()
                    && account.len() == 12
                    && account.bytes().all(|b| b.is_ascii_digit())
                    && !name.is_empty()
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) =>
            {
                Ok(Self { arn: value.to_owned(), region: (*region).to_owned() })
            }
            _ => Err(InvalidTopic),
        }
    }

    /// The region the topic lives in, which need not be that of the function.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Whether the topic keeps messages in order, and so wants to know their group.
    #[expect(clippy::case_sensitive_file_extension_comparisons, reason = "not a file; AWS wants it in lower case")]
    pub fn is_fifo(&self) -> bool {
        self.arn.ends_with(".fifo")
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

/// A channel that publishes to one topic.
#[derive(Debug, Clone)]
pub struct SnsTopic {
    topic: TopicArn,
    client: Client,
    policy: RetryPolicy,
}

impl SnsTopic {
    /// A channel to `topic`. The client's own retries are not used: `policy` decides.
    pub fn new(topic: TopicArn, client: Client, policy: RetryPolicy) -> Self {
        Self { topic, client, policy }
    }

    /// Publishes all parts of all notifications, in order.
    pub(crate) async fn send(&self, messages: &Messages, until: Option<Instant>) -> Vec<PartDelivery> {
        let parts: Vec<_> = messages.everyone.iter().flat_map(payload::parts).collect();
        let mut patience = Patience::new(&self.policy, until);
        retry::deliver("sns", &parts, &mut patience, |message| self.publish(message)).await
    }

    async fn publish(&self, message: &TextMessage) -> Result<(), Failure> {
        let once = aws_sdk_sns::Config::builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(self.policy.timeout).build());
        let mut publish = self.client.publish().topic_arn(&self.topic.arn).message(&message.text);
        if !message.subject.is_empty() {
            publish = publish.subject(&message.subject);
        }
        if self.topic.is_fifo() {
            // One group keeps the parts in order. The same text within five minutes is the same notice: sent once.
            publish = publish.message_group_id("reports").message_deduplication_id(fingerprint(message));
        }
        publish.customize().config_override(once).send().await.map(|_| ()).map_err(|error| judge(&error))
    }
}

fn fingerprint(message: &TextMessage) -> String {
    let digest = Sha256::new().chain_update(&message.subject).chain_update([0]).chain_update(&message.text).finalize();
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether a failure passes (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>).
fn judge(error: &SdkError<PublishError>) -> Failure {
    let passing = |reason| Failure::Passing { reason, retry_after: None };
    match error {
        SdkError::TimeoutError(_) => passing("no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            passing(format!("no answer: {}", root_cause(error)))
        }
        SdkError::ServiceError(service) => {
            let code = error.code().unwrap_or("unknown error");
            let reason = format!("{code}: {}", error.message().unwrap_or("no details"));
            let status = service.raw().status().as_u16();
            match code {
                // Throttling, ThrottledException, KMSThrottling and more.
                _ if code.contains("Throttl") || code == "RequestLimitExceeded" => passing(reason),
                _ if status == 429 || status >= 500 => passing(reason),
                "InvalidParameter" | "InvalidParameterValue" | "ValidationException" => Failure::Refused(reason),
                _ => Failure::Closed(reason),
            }
        }
        SdkError::ResponseError(_) => passing(format!("the answer cannot be read: {}", root_cause(error))),
        _ => Failure::Closed(root_cause(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_names_are_checked() {
        let topic = TopicArn::parse("arn:aws-us-gov:sns:us-gov-west-1:123456789012:keys.fifo").unwrap();
        assert_eq!((topic.region(), topic.is_fifo()), ("us-gov-west-1", true));
        for value in [
            "",
            "keys",
            "arn:aws:sqs:us-east-1:123456789012:keys",
            "arn:aws:sns::123456789012:keys",
            "arn:aws:sns:us-east-1:12345:keys",
            "arn:aws:sns:us-east-1:123456789012:",
            "arn:aws:sns:us-east-1:123456789012:a b",
            "arn:aws:sns:us-east-1:123456789012:keys:5d0b7f2c",
        ] {
            assert_eq!(TopicArn::parse(value), Err(InvalidTopic), "{value}");
        }
    }
}
