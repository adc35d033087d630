//! What outputs make of a report on access keys.

use notifier::{DeliveryReport, Document, Messages, PartDelivery};

use super::{Deliverable, Stamp};
use crate::{
    keys::AccessKeyId,
    render::{
        html::{self, accounts::Findings},
        notification::keys::{Texts, messages},
        words::keys as words,
    },
    report::{Report, documents, keys::KeysReport},
};

impl Deliverable for KeysReport {
    type Texts = Texts;

    fn messages(&self, texts: &Texts, link: Option<&str>) -> Messages {
        messages(self, texts, link)
    }

    fn html(&self) -> String {
        html::keys::html(self)
    }

    /// Key ids are recognisable, and no more.
    fn shared(&self) -> Self {
        let mut shared = self.clone();
        for finding in &mut shared.audit.keys {
            let Some(AccessKeyId(id)) = &mut finding.key_id else { continue };
            let masked = words::masked(&AccessKeyId(id.clone()));
            for error in &mut shared.errors {
                error.subject = error.subject.replace(id.as_str(), &masked);
                error.message = error.message.replace(id.as_str(), &masked);
            }
            *id = masked;
        }
        shared
    }

    fn findings(&self) -> Findings {
        html::keys::findings(self)
    }

    fn documents(&self) -> Vec<Document> {
        documents::of_keys(self)
    }

    fn is_noteworthy(&self) -> bool {
        // One a day at most, and good news are news, too.
        true
    }

    fn stamp(&self) -> Stamp<'_> {
        Stamp::of(self)
    }

    fn record_delivery(&mut self, deliveries: DeliveryReport) {
        KeysReport::record_delivery(self, deliveries);
    }

    fn add(&mut self, parts: Vec<PartDelivery>) {
        Report::add(self, parts);
    }
}
