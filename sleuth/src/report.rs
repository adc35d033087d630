//! What a run found, did and could not do. Every output is made of this.
//!
//! The serialised form is documented in `docs/report.md`; a change that is not an addition raises [`VERSION`].

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::{DateTime, Utc};
use notifier::{DeliveryReport, PartDelivery};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{
    decision::Brake,
    facts::{Account, AccountOwner, ReadError},
};

pub mod accounts;
pub mod documents;
pub mod keys;
pub mod saved;
pub mod tags;
pub mod watch;

/// Version of the serialised form.
pub const VERSION: u32 = 1;

/// A report: what all audits have in common around what `Audit` alone has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report<Audit> {
    /// [`VERSION`].
    pub version: u32,
    /// The audit: `keys` or `tags`.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// A name for this run, made of its time and of what it found before anything was done.
    pub run: String,
    /// The account.
    pub account: Account,
    /// Who is told of findings in it whose owners cannot be reached, in a run over many accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_owner: Option<AccountOwner>,
    /// The time the ages are counted to.
    pub generated_at: DateTime<Utc>,
    /// Whether the run was told to act.
    pub applied: bool,
    /// Why nothing is done, if something stopped all changes.
    pub brake: Option<String>,
    /// Whether that is because the account may not have been seen whole.
    pub doubt: bool,
    /// Policy, counts and findings.
    #[serde(flatten)]
    pub audit: Audit,
    /// What could not be read, done or delivered.
    pub errors: Vec<ReportError>,
    /// What was sent, part by part. It is not read again: nobody has been told yet by a report that is.
    #[serde(skip_deserializing)]
    pub deliveries: DeliveryReport,
}

/// The word for an audit. By this name, as serde takes a reference that stands here by itself for one into the text.
pub type Kind = &'static str;

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "keys" => Ok("keys"),
        "tags" => Ok("tags"),
        other => Err(D::Error::unknown_variant(other, &["keys", "tags"])),
    }
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There was nothing to do.
    None,
    /// It would be done, or is about to be.
    Planned,
    /// It was done.
    Done,
    /// It was tried and did not work.
    Failed,
    /// It was not tried; the reason says why.
    Held,
}

/// Something that could not be read, done or delivered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportError {
    /// What it is about: `account`, a user, a key, a channel.
    pub subject: String,
    /// The call that failed, or `brake`, `doubt`, `deliver`.
    pub operation: String,
    /// What went wrong.
    pub message: String,
}

impl<Audit: Serialize> Report<Audit> {
    /// A report on nothing done yet. A brake is an error: the run did not do what it was to do.
    pub(crate) fn planned(
        kind: &'static str,
        account: Account,
        generated_at: DateTime<Utc>,
        brake: Option<Brake>,
        audit: Audit,
        mut errors: Vec<ReportError>,
    ) -> Self {
        let doubt = matches!(brake, Some(Brake::Doubt(_)));
        errors.extend(brake.as_ref().map(|brake| ReportError {
            subject: "account".to_owned(),
            operation: if doubt { "doubt" } else { "brake" }.to_owned(),
            message: brake.reason().to_owned(),
        }));
        let brake = brake.map(|brake| brake.reason().to_owned());
        let deliveries = DeliveryReport::default();
        let run = run(kind, &account, generated_at, &audit);
        Self {
            version: VERSION,
            kind,
            run,
            account,
            account_owner: None,
            generated_at,
            applied: false,
            brake,
            doubt,
            audit,
            errors,
            deliveries,
        }
    }
}

/// `20261231T090000Z-0123456789ab`: sorts by time. Two runs of one second differ, unless they found the very same.
fn run(kind: &str, account: &Account, at: DateTime<Utc>, audit: &impl Serialize) -> String {
    let found = serde_json::to_vec(audit).unwrap_or_default();
    let digest = Sha256::new().chain_update(kind).chain_update(account.to_string()).chain_update(found).finalize();
    format!("{}-{}", at.format("%Y%m%dT%H%M%SZ"), hex(digest.iter().take(6)))
}

/// Bytes as text.
pub(crate) fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    bytes.fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl<Audit> Report<Audit> {
    /// Whether everything could be read, done and delivered.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty()
    }

    /// Keeps what was sent, and reports what was not.
    pub(crate) fn add(&mut self, parts: Vec<PartDelivery>) {
        let deliveries = DeliveryReport { parts };
        self.errors.extend(undelivered(&deliveries));
        self.deliveries.parts.extend(deliveries.parts);
    }
}

/// What was not delivered, as errors.
pub(crate) fn undelivered(deliveries: &DeliveryReport) -> impl Iterator<Item = ReportError> {
    deliveries.undelivered().map(|(part, reason)| ReportError {
        subject: format!("{}: {}, part {} of {}", part.channel, part.title, part.part, part.of),
        operation: "deliver".to_owned(),
        message: reason.to_owned(),
    })
}

impl Outcome {
    /// What came of telling somebody. Without a channel it was not even tried.
    pub(crate) fn of_telling(told: &Result<(), String>, untried: bool) -> Self {
        match told {
            Ok(()) => Self::Done,
            Err(_) if untried => Self::Held,
            Err(_) => Self::Failed,
        }
    }
}

/// Why nobody was told, if there is nobody to tell.
pub(crate) const NO_CHANNEL: &str = "no channel is set, see SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL and SNS_TOPIC";

/// Why nobody was told of something of which no message was.
const IN_NO_MESSAGE: &str = "no message was about it";

/// What came of telling somebody about a subject. `untried`: no message was sent at all.
pub(crate) fn told_of(
    told: &mut BTreeMap<&str, Result<(), String>>,
    subject: &str,
    untried: bool,
) -> Result<(), String> {
    let missing = if untried { NO_CHANNEL } else { IN_NO_MESSAGE };
    told.remove(subject).unwrap_or_else(|| Err(missing.to_owned()))
}

impl ReportError {
    /// A call that gave no answer.
    pub(crate) fn read(subject: &str, error: &ReadError) -> Self {
        Self { subject: subject.to_owned(), operation: error.operation.clone(), message: error.message.clone() }
    }
}
