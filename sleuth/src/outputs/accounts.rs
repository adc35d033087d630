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
        Self { accounts: self.accounts.iter().map(Report::shared).collect(), ..self.clone() }
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
    Box::pin(hand_out(report, outputs, texts, deadlines)).await;
    let until = deadlines.store.unwrap_or_else(|| Instant::now() + STORE_WAIT);
    let each = stream::iter(&report.accounts).map(|report| outputs.archive(report, until));
    let kept: Vec<Vec<PartDelivery>> = Box::pin(each.buffer_unordered(CONCURRENCY).collect()).await;
    // Those that are kept are many, and of no interest here.
    let mut lost: Vec<PartDelivery> = kept.into_iter().flatten().filter(|part| !part.is_delivered()).collect();
    lost.sort_by(|one, other| one.title.cmp(&other.title));
    Deliverable::add(report, lost);
}
