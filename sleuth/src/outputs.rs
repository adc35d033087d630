//! Where a report goes: to people, and into stores. None can stop another, and what none of them took is in the report.

use std::time::Duration;

use chrono::{DateTime, Utc};
use notifier::{DeliveryReport, Document, File, Messages, Notifier, PartDelivery, SearchIndex};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

#[cfg(feature = "audit")]
use crate::aws::archive::{Archive, Form, Place};
use crate::{
    deadline::Deadlines,
    render::html::accounts::Findings,
    report::{Report, hex},
};

pub mod accounts;
mod keys;
mod tags;

/// How long messages wait for the report to be kept, so that they can say where it is.
#[cfg(feature = "audit")]
const LINK_WAIT: Duration = Duration::from_secs(10);
/// How long a store is waited for in a run without a deadline.
const STORE_WAIT: Duration = Duration::from_secs(90);

/// Channels and stores.
#[derive(Debug, Default)]
pub struct Outputs {
    /// Who is told.
    pub notifier: Notifier,
    /// Where findings can be searched for.
    pub search: Option<SearchIndex>,
    /// Where all reports are kept.
    #[cfg(feature = "audit")]
    pub archive: Option<Archive>,
    /// What tells this run from another that finds the same in the same second: a function may be invoked twice.
    pub invocation: Option<String>,
    /// Whether stores are spared reports in which all is well: of the watch there are many.
    pub only_noteworthy: bool,
}

impl From<Notifier> for Outputs {
    fn from(notifier: Notifier) -> Self {
        Self { notifier, ..Self::default() }
    }
}

/// A report as all outputs need it.
pub trait Deliverable: Serialize {
    /// Titles and instructions, as the operator set them.
    type Texts;

    /// What people are to be told. `link`: where the whole report stands.
    fn messages(&self, texts: &Self::Texts, link: Option<&str>) -> Messages;

    /// The whole report, for people.
    fn html(&self) -> String;

    /// The same without what is not for a channel that many people read.
    #[must_use]
    fn shared(&self) -> Self
    where
        Self: Sized;

    /// The findings that are not in order, for a page on many accounts.
    fn findings(&self) -> Findings;

    /// The findings, to be searched for.
    fn documents(&self) -> Vec<Document>;

    /// Whether there is anything in it that is not as it should be.
    fn is_noteworthy(&self) -> bool;

    /// What tells it from other reports.
    fn stamp(&self) -> Stamp<'_>;

    /// Takes in what came of telling people.
    fn record_delivery(&mut self, deliveries: DeliveryReport);

    /// Keeps what was sent elsewhere than to people, and reports what was not.
    fn add(&mut self, parts: Vec<PartDelivery>);
}

/// What tells a report from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// The folder that the archive keeps it in: the account's id, or the word for many.
    pub folder: Option<&'a str>,
    /// The audit: `keys` or `tags`.
    pub kind: &'static str,
    /// The time that ages are counted to.
    pub at: DateTime<Utc>,
    /// The name of the run.
    pub run: &'a str,
}

impl<'a> Stamp<'a> {
    fn of<Audit>(report: &'a Report<Audit>) -> Self {
        Self { folder: report.account.id.as_deref(), kind: report.kind, at: report.generated_at, run: &report.run }
    }
}

/// Tells people, and keeps the report: once before they are told, so that it is there whatever becomes of the run and can be
/// linked to, and once with what came of telling them.
pub async fn hand_out<Reported: Deliverable>(
    report: &mut Reported,
    outputs: &Outputs,
    texts: &Reported::Texts,
    deadlines: Deadlines,
) {
    let link = outputs.keep_at_first(report, deadlines.deliver).await;
    let mut messages = report.messages(texts, link.as_deref());
    // Who is told in short is given the whole, too.
    messages.file = (link.is_none() && outputs.notifier.takes_files() && messages.overview.is_some()).then(|| File {
        name: format!("{}-{}.html", report.stamp().kind, report.stamp().run),
        content: report.shared().html().into_bytes(),
    });
    let deliveries = outputs.notifier.send(&messages, deadlines.deliver).await;
    report.record_delivery(deliveries);
    let end = deadlines.store.unwrap_or_else(|| Instant::now() + STORE_WAIT);
    // What the index did not take is to be in the archive.
    let half = Instant::now() + end.saturating_duration_since(Instant::now()) / 2;
    report.add(outputs.index(report, half).await);
    report.add(outputs.archive(report, end).await);
}

impl Outputs {
    fn wants(&self, report: &impl Deliverable) -> bool {
        !self.only_noteworthy || report.is_noteworthy()
    }

    /// Where the report for people is, if it could be kept soon.
    #[cfg(feature = "audit")]
    async fn keep_at_first(&self, report: &impl Deliverable, end: Option<Instant>) -> Option<String> {
        let now = Instant::now();
        // What is to be told is not to wait for it too long.
        let share = end.map(|end| end.saturating_duration_since(now) / 3);
        let until = now + share.map_or(LINK_WAIT, |share| share.min(LINK_WAIT));
        let kept = self.archive(report, until).await;
        let link = self.archive.as_ref()?.link(&place(report));
        (!kept.is_empty() && kept.iter().all(PartDelivery::is_delivered)).then_some(link)
    }

    #[cfg(not(feature = "audit"))]
    #[expect(clippy::unused_self, reason = "of what has to do with AWS there is nothing in this build")]
    fn keep_at_first(&self, _: &impl Deliverable, _: Option<Instant>) -> std::future::Ready<Option<String>> {
        std::future::ready(None)
    }

    /// Puts the findings into the index, until a time.
    async fn index(&self, report: &impl Deliverable, until: Instant) -> Vec<PartDelivery> {
        match self.search.as_ref().filter(|_| self.wants(report)) {
            Some(index) => index.write(report.stamp().run, report.documents(), Some(until)).await,
            None => Vec::new(),
        }
    }

    /// Puts the report into the archive, until a time.
    #[cfg(feature = "audit")]
    async fn archive(&self, report: &impl Deliverable, until: Instant) -> Vec<PartDelivery> {
        match self.archive.as_ref().filter(|_| self.wants(report)) {
            Some(archive) => archive_report(archive, report, until).await,
            None => Vec::new(),
        }
    }

    #[cfg(not(feature = "audit"))]
    #[expect(clippy::unused_self, reason = "of what has to do with AWS there is nothing in this build")]
    fn archive(&self, _: &impl Deliverable, _: Instant) -> std::future::Ready<Vec<PartDelivery>> {
        std::future::ready(Vec::new())
    }

    /// Tells the run from others of the same second. To be called before the report is shown to anybody.
    pub(crate) fn name(&self, run: &mut String) {
        if let Some(invocation) = &self.invocation {
            run.push_str(&hex(Sha256::digest(invocation).iter().take(4)));
        }
    }
}

#[cfg(feature = "audit")]
fn place(report: &impl Deliverable) -> Place {
    let Stamp { folder, kind, at, run } = report.stamp();
    Place::new(folder, kind, at, run)
}

#[cfg(feature = "audit")]
async fn archive_report(archive: &Archive, report: &impl Deliverable, until: Instant) -> Vec<PartDelivery> {
    use crate::render::json;

    let place = place(report);
    let put = async |form, content: Result<String, String>| {
        let result = match content {
            Ok(content) => archive.put(&place, form, &content, Some(until)).await,
            Err(reason) => Err(reason),
        };
        archive.delivery(&place, form, result)
    };
    let json = json::pretty(report).map_err(|error| error.to_string());
    let (json, html) = futures::join!(put(Form::Json, json), put(Form::Html, Ok(report.html())));
    vec![json, html]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::reports::of_keys;

    #[test]
    fn invocations_of_one_second_have_runs_of_their_own() {
        let named = |invocation: Option<&str>| {
            let outputs = Outputs { invocation: invocation.map(ToOwned::to_owned), ..Outputs::default() };
            let mut report = of_keys();
            outputs.name(&mut report.run);
            report.run
        };
        assert_eq!(named(None), of_keys().run);
        assert_eq!(named(Some("a")), named(Some("a")));
        assert_ne!(named(Some("a")), named(Some("b")));
        assert!(named(Some("a")).starts_with(&of_keys().run));
    }

    #[test]
    fn copy_for_many_readers_shows_no_whole_key_id() {
        let report = of_keys();
        assert!(report.html().contains("AKIA4LARKSPURZ8SMB3K"));
        let shared = report.shared().html();
        assert!(shared.contains("AKIA…MB3K") && !shared.contains("AKIA4LARKSPUR"), "{shared}");
    }
}
