//! The credential report: asked for until it is there, but not for long.

use std::time::Duration;

use aws_sdk_iam::{error::ProvideErrorMetadata, types::ReportStateType};
use tokio::time::{Instant, sleep};

use super::Iam;
use crate::{
    aws::{
        error::{read_error, strange},
        time,
    },
    deadline::before,
    facts::ReadError,
    keys::CredentialReport,
};

/// Longest time to wait for the report. IAM makes it within seconds, in large accounts within a minute or so.
const PATIENCE: Duration = Duration::from_secs(60);
/// The part of the time left that may be spent waiting: reading user by user must still be possible.
const PART: u32 = 4;
/// First pause between two questions; each is longer than the one before.
const PAUSE: Duration = Duration::from_millis(250);
/// Longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

impl Iam {
    /// The report, if it can be had until a part of the time to `end` is over.
    pub(super) async fn fetch_report(&self, end: Option<Instant>) -> Result<CredentialReport, ReadError> {
        let start = Instant::now();
        let patience = end.map_or(PATIENCE, |end| PATIENCE.min(end.saturating_duration_since(start) / PART));
        let report = before(Some(start + patience), self.wait_for_report()).await;
        report.unwrap_or_else(|_| Err(not_ready(patience)))
    }

    async fn wait_for_report(&self) -> Result<CredentialReport, ReadError> {
        let mut pause = PAUSE;
        loop {
            if self.is_complete().await?
                && let Some(report) = self.get_report().await?
            {
                return Ok(report);
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks for a report to be made, and whether it is. If there is a young one already, IAM makes no other.
    async fn is_complete(&self) -> Result<bool, ReadError> {
        let answer = self.iam.generate_credential_report().send().await;
        let answer = answer.map_err(|error| read_error("GenerateCredentialReport", &error))?;
        Ok(answer.state == Some(ReportStateType::Complete))
    }

    /// The report that is there. `None`: it is not any more, or not yet.
    async fn get_report(&self) -> Result<Option<CredentialReport>, ReadError> {
        const CALL: &str = "GetCredentialReport";
        let answer = match self.iam.get_credential_report().send().await {
            Ok(answer) => answer,
            Err(error) if matches!(error.code(), Some("ReportNotPresent" | "ReportExpired" | "ReportInProgress")) => {
                return Ok(None);
            }
            Err(error) => return Err(read_error(CALL, &error)),
        };
        let made_at = answer.generated_time.as_ref().and_then(time).ok_or_else(|| strange(CALL, "no time"))?;
        let content = answer.content.ok_or_else(|| strange(CALL, "no content"))?;
        CredentialReport::parse(content.as_ref(), made_at)
            .map(Some)
            .map_err(|error| ReadError { operation: CALL.to_owned(), message: error.to_string() })
    }
}

fn not_ready(patience: Duration) -> ReadError {
    let message = format!("the report was not ready within {:.1} seconds", patience.as_secs_f32());
    ReadError { operation: "GenerateCredentialReport".to_owned(), message }
}
