//! How patiently AWS is called.

use std::time::Duration;

use aws_config::{
    retry::RetryConfig,
    timeout::{TimeoutConfig, TimeoutConfigBuilder},
};
use aws_sdk_sns::config::retry::{RetryPartition, TokenBucket};

use crate::config::RetryMode;

/// How often a call that reads is tried. Throttling may last for minutes where others call the same service too.
const ATTEMPTS: u32 = 10;
/// Longest pause between two attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// How often a change is tried: less often than a call that reads, as the second look at the target grows old meanwhile.
const WRITE_ATTEMPTS: u32 = 5;
/// How long one attempt of a change may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(8);

/// For calls that read.
pub(super) fn retries(mode: RetryMode) -> RetryConfig {
    let retries = match mode {
        RetryMode::Adaptive => RetryConfig::adaptive(),
        RetryMode::Standard => RetryConfig::standard(),
    };
    retries.with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_BACKOFF)
}

/// How many retries there are in all is bounded by the run's deadline, not by a quota that some throttled calls could use up
/// for all others.
pub(super) fn partition(name: &'static str) -> RetryPartition {
    RetryPartition::custom(name).token_bucket(TokenBucket::unlimited()).build()
}

/// For changes.
pub(super) fn soon() -> (RetryConfig, TimeoutConfig) {
    let timeout: TimeoutConfigBuilder = TimeoutConfig::builder().operation_attempt_timeout(WRITE_TIMEOUT);
    (RetryConfig::standard().with_max_attempts(WRITE_ATTEMPTS), timeout.build())
}
