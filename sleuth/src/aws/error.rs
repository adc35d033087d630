//! What AWS said when it did not answer.

use std::error::Error;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};

#[cfg(feature = "audit")]
use crate::{
    facts::ReadError,
    ports::{WriteError, doctor::Trouble},
};

/// An error and all its causes, the outermost first, on one line.
pub(super) fn all_causes(error: &(dyn Error + 'static)) -> String {
    let mut causes = one_line(&error.to_string());
    let mut next = error.source();
    while let Some(cause) = next {
        causes = format!("{causes}: {}", one_line(&cause.to_string()));
        next = cause.source();
    }
    causes
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The innermost error, which says what happened rather than where, on one line.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    one_line(&cause.to_string())
}

/// Whether AWS says that the caller may not do this.
#[cfg(feature = "audit")]
pub(super) fn is_denied<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error.code() {
        Some(code) => code.starts_with("AccessDenied"),
        None => status(error) == Some(403),
    }
}

/// The HTTP status that came, if one did.
pub(super) fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// An error as AWS names it, or else its innermost cause.
pub(super) fn describe<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => {
            // EC2 adds a kilobyte that only another call can read.
            let message = message.split(" Encoded authorization failure message").next().unwrap_or(message);
            format!("{code}: {message}")
        }
        (Some(code), None) => code.to_owned(),
        (None, _) => {
            let cause = root_cause(error);
            match (error, status(error)) {
                (SdkError::TimeoutError(_), _) => format!("no answer in time: {cause}"),
                (_, Some(status)) => format!("HTTP {status}: {cause}"),
                _ => cause,
            }
        }
    }
}

/// A change that was not made, or of which that is not known.
#[cfg(feature = "audit")]
pub(super) fn write_error<E>(error: &SdkError<E>) -> WriteError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let refused = error.code().is_some() && status(error).is_some_and(|status| status < 500);
    if refused { WriteError::Refused(describe(error)) } else { WriteError::Lost(describe(error)) }
}

/// A call that gave no answer.
#[cfg(feature = "audit")]
pub(super) fn read_error<E>(operation: &str, error: &SdkError<E>) -> ReadError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    ReadError { operation: operation.to_owned(), message: describe(error) }
}

/// An answer that cannot be.
#[cfg(feature = "audit")]
pub(super) fn strange(operation: &str, what: &str) -> ReadError {
    ReadError { operation: operation.to_owned(), message: format!("AWS answered with {what}") }
}

/// Why something that a setting points to is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not there, may not be read, or does not hold what it should: somebody has to mend it.
    #[error("{0}")]
    Wrong(String),
    /// AWS did not answer, or not now.
    #[error("{0}")]
    Unavailable(String),
}

/// Starts of the codes by which services say that something is not allowed.
#[cfg(feature = "audit")]
const DENIED: [&str; 3] = ["AccessDenied", "UnauthorizedOperation", "AuthorizationError"];

/// Whether a code, or a text that begins with one, says that something is not allowed.
#[cfg(feature = "audit")]
pub(super) fn says_denied(said: &str) -> bool {
    DENIED.iter().any(|code| said.starts_with(code))
}

/// What AWS said instead of an answer, and what that says of whether the call may be made.
#[cfg(feature = "audit")]
pub(super) fn trouble<E>(error: &SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match problem(error) {
        Problem::Unavailable(said) => Trouble::Unanswered(said),
        Problem::Wrong(said) if error.code().is_some_and(says_denied) => Trouble::Denied(said),
        // A denial without a body, as S3 gives it.
        Problem::Wrong(said) if error.code().is_none() && status(error) == Some(403) => Trouble::Denied(said),
        Problem::Wrong(said) => Trouble::Unclear(said),
    }
}

/// Parts of the codes of errors that pass, though their status says that the request is wrong.
const PASSING: [&str; 5] = ["Throttl", "Throughput", "LimitExceeded", "TooManyRequests", "ExpiredToken"];

/// Whether a code says that it may be otherwise in a while.
pub(super) fn passes(code: &str) -> bool {
    PASSING.iter().any(|part| code.contains(part))
}

/// What AWS said instead of an answer.
pub(super) fn problem<E>(error: &SdkError<E>) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let said = describe(error);
    // Only what AWS says of the request itself will be the same the next time.
    let refused = status(error).is_some_and(|status| (400..500).contains(&status) && status != 429);
    if !refused || error.code().is_some_and(passes) { Problem::Unavailable(said) } else { Problem::Wrong(said) }
}
