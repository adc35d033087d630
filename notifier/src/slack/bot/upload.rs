//! A file for a channel, in three calls: an address, the bytes, and where the file is to be seen
//! (<https://docs.slack.dev/messaging/working-with-files/#upload>). Scope `files:write`; the bot must be a member of
//! the channel.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    delivery::{PartDelivery, PartResult},
    notification::File,
    retry::{Failure, Patience, RetryPolicy},
    slack::api::{Fault, WebApi},
};

/// What a slow line is expected to carry, in bytes a second: larger files get more time.
const SLOW_LINE: u64 = 250_000;

#[derive(Deserialize)]
struct Ticket {
    upload_url: String,
    file_id: String,
}

#[derive(Serialize)]
struct Completion<'a> {
    files: [FileId<'a>; 1],
    channel_id: &'a str,
}

#[derive(Serialize)]
struct FileId<'a> {
    id: &'a str,
    title: &'a str,
}

/// Puts `file` into the channel with this id, if it is known.
pub(super) async fn upload(
    api: &WebApi,
    policy: &RetryPolicy,
    file: &File,
    channel: Option<&str>,
    until: Option<Instant>,
) -> PartDelivery {
    let (attempts, outcome) = match channel {
        Some(channel) => {
            let mut patience = Patience::new(policy, until);
            // Slack forgets a file whose upload was not completed, so that all can be begun again.
            patience.persist(|| once(api, policy, file, channel)).await
        }
        None => {
            let reason = "the channel is known by name only, and no message to it brought its id".to_owned();
            (0, Err(Failure::Refused(reason)))
        }
    };
    let result = match outcome {
        Ok(()) => PartResult::Delivered,
        Err(failure) => {
            let reason = failure.into_reason();
            tracing::error!(channel = "slack_channel", title = file.name, reason, "file not delivered");
            PartResult::Undelivered { reason, text: format!("the file {} ({} bytes)", file.name, file.content.len()) }
        }
    };
    let title = file.name.clone();
    PartDelivery { channel: "slack_channel", title, part: 1, of: 1, attempts, result, subjects: Vec::new() }
}

async fn once(api: &WebApi, policy: &RetryPolicy, file: &File, channel: &str) -> Result<(), Failure> {
    let length = file.content.len().to_string();
    let fields = [("filename", file.name.as_str()), ("length", &length)];
    let ticket = api.submit::<Ticket>("files.getUploadURLExternal", &fields).await.map_err(Fault::into_failure)?;
    let Ticket { upload_url, file_id } = ticket.content;

    let timeout = policy.timeout + Duration::from_secs(file.content.len() as u64 / SLOW_LINE);
    api.upload(&upload_url, file.content.clone(), timeout).await?;

    let files = [FileId { id: &file_id, title: &file.name }];
    let completion = Completion { files, channel_id: channel };
    let done: Result<serde::de::IgnoredAny, Fault> = api.post("files.completeUploadExternal", &completion).await;
    done.map(|_| ()).map_err(super::in_channel)
}
