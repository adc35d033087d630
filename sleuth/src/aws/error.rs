//! What AWS said when it did not answer.

use std::error::Error;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};

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
#[cfg(feature = "keys")]
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
        (Some(code), Some(message)) => format!("{code}: {message}"),
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
