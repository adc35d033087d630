//! What outputs make of a report on many accounts.

use futures::{StreamExt as _, stream};
use notifier::{DeliveryReport, Document, Messages, PartDelivery};
use tokio::time::Instant;

use super::{Deliverable, Outputs, STORE_WAIT, Stamp, hand_out};
use crate::{
    deadline::Deadlines,
    render::{
        html::{self, accounts::Findings},
        notification::accounts::merged,
    },
    report::{
        Report,
        accounts::{AccountsReport, Audited},
    },
};

/// The folder of reports on many accounts in the archive.
const FOLDER: &str = "organization";
/// How many reports are put into the archive side by side.
const CONCURRENCY: usize = 16;

impl<Audit> Deliverable for AccountsReport<Audit>
where
    Audit: Audited,
    Report<Audit>: Deliverable,
{
    type Texts = <Report<Audit> as Deliverable>::Texts;

    /// One message a reader, whatever number of accounts it is about.
    fn messages(&self, texts: &Self::Texts, link: Option<&str>) -> Messages {
        merged(self, |report| report.messages(texts, link), link)
    }

    fn html(&self) -> String {
        html::accounts::html(self, Report::findings)
    }

    fn shared(&self) -> Self {
        self.around(self.accounts.iter().map(Report::shared).collect())
    }

    fn findings(&self) -> Findings {
        html::accounts::findings(self, Report::findings)
    }

    fn documents(&self) -> Vec<Document> {
        self.accounts.iter().flat_map(Report::documents).collect()
    }

    fn is_noteworthy(&self) -> bool {
        !self.is_complete() || self.accounts.iter().any(Report::is_noteworthy)
    }

    fn stamp(&self) -> Stamp<'_> {
        Stamp { folder: Some(FOLDER), kind: Audit::ONE, at: self.generated_at, run: &self.run }
    }

    fn record_delivery(&mut self, deliveries: DeliveryReport) {
        AccountsReport::record_delivery(self, deliveries);
    }

    fn add(&mut self, parts: Vec<PartDelivery>) {
        AccountsReport::add(self, parts);
    }
}

/// Tells people once of all accounts, and keeps the report on all and one on each.
pub async fn hand_out_all<Audit>(
    report: &mut AccountsReport<Audit>,
    outputs: &Outputs,
    texts: &<Report<Audit> as Deliverable>::Texts,
    deadlines: Deadlines,
) where
    Audit: Audited,
    Report<Audit>: Deliverable,
{
    let kept = keep_all(report, outputs, deadlines).await;
    Deliverable::add(report, kept);
    Box::pin(hand_out(report, outputs, texts, deadlines)).await;
    Box::pin(keep_told(report, outputs, deadlines)).await;
}

/// Keeps the reports on each account before anybody is told, so that they are there whatever becomes of the run. Says what
/// could not be kept.
pub async fn keep_all<Audit>(
    report: &AccountsReport<Audit>,
    outputs: &Outputs,
    deadlines: Deadlines,
) -> Vec<PartDelivery>
where
    Audit: Audited,
    Report<Audit>: Deliverable,
{
    let now = Instant::now();
    // Telling people is not to wait for it too long.
    let until = deadlines.deliver.map_or_else(|| now + STORE_WAIT, |end| now + end.saturating_duration_since(now) / 2);
    lost(report.accounts.iter(), outputs, until).await
}

/// Keeps those reports again in which something changed as people were told, or not told, of it; and that on all, if one of
/// them could not be kept.
pub async fn keep_told<Audit>(report: &mut AccountsReport<Audit>, outputs: &Outputs, deadlines: Deadlines)
where
    Audit: Audited,
    Report<Audit>: Deliverable,
{
    let until = deadlines.store.unwrap_or_else(|| Instant::now() + STORE_WAIT);
    let told = report.accounts.iter().filter(|report| report.calls_for_words());
    let lost = lost(told, outputs, until).await;
    if !lost.is_empty() {
        Deliverable::add(report, lost);
        let kept = outputs.archive(report, until).await;
        Deliverable::add(report, kept.into_iter().filter(|part| !part.is_delivered()).collect());
    }
}

/// Keeps reports, and says what could not be kept. Those that are kept are many, and of no interest.
async fn lost<'a, Audit>(
    reports: impl Iterator<Item = &'a Report<Audit>>,
    outputs: &Outputs,
    until: Instant,
) -> Vec<PartDelivery>
where
    Audit: Audited + 'a,
    Report<Audit>: Deliverable,
{
    let each = stream::iter(reports).map(|report| outputs.archive(report, until));
    let kept: Vec<Vec<PartDelivery>> = Box::pin(each.buffer_unordered(CONCURRENCY).collect()).await;
    let mut lost: Vec<PartDelivery> = kept.into_iter().flatten().filter(|part| !part.is_delivered()).collect();
    lost.sort_by(|one, other| one.title.cmp(&other.title));
    lost
}
