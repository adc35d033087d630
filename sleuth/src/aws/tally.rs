//! Counts calls of AWS, for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aws_sdk_sns::config::{ConfigBag, Intercept, RuntimeComponents, interceptors::FinalizerInterceptorContextRef};

/// Requests that this process sent.
static CALLS: AtomicU64 = AtomicU64::new(0);
/// Of those, the ones that AWS answered with "not so fast".
static THROTTLES: AtomicU64 = AtomicU64::new(0);

/// Words in the codes of such answers: services do not agree on one.
const CODES: [&[u8]; 4] = [b"Throttl", b"RequestLimitExceeded", b"SlowDown", b"TooManyRequests"];

/// How many calls this process made so far, every attempt counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Requests that were sent.
    pub sent: u64,
    /// Of those, the ones that were throttled.
    pub throttled: u64,
}

impl Calls {
    /// Until now.
    pub fn so_far() -> Self {
        Self { sent: CALLS.load(Relaxed), throttled: THROTTLES.load(Relaxed) }
    }

    /// Those since then.
    #[must_use]
    pub fn since(self, then: Self) -> Self {
        Self { sent: self.sent.saturating_sub(then.sent), throttled: self.throttled.saturating_sub(then.throttled) }
    }
}

/// Counts for one client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally;

impl Intercept for Tally {
    fn name(&self) -> &'static str {
        "Tally"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        CALLS.fetch_add(1, Relaxed);
        let throttled = context.response().is_some_and(|response| {
            let refused = response.status().as_u16() >= 400;
            refused && response.body().bytes().is_some_and(is_throttling)
        });
        if throttled {
            THROTTLES.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

/// Whether the body of an error is about too many calls.
fn is_throttling(body: &[u8]) -> bool {
    CODES.iter().any(|code| body.windows(code.len()).any(|part| part == *code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_is_known_in_all_its_names() {
        for body in [
            "<Error><Type>Sender</Type><Code>Throttling</Code>",
            "<Errors><Error><Code>RequestLimitExceeded</Code>",
            r#"{"__type":"com.amazonaws.cloudtrail#ThrottlingException"}"#,
            "<Error><Code>SlowDown</Code>",
            r#"{"__type":"TooManyRequestsException"}"#,
        ] {
            assert!(is_throttling(body.as_bytes()), "{body}");
        }
        assert!(!is_throttling(b"<Error><Code>AccessDenied</Code>") && !is_throttling(b""));
    }
}
