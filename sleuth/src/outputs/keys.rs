//! What outputs make of a report on access keys.

use notifier::{DeliveryReport, Document, Messages};

use super::Deliverable;
use crate::{
    render::{
        html,
        notification::keys::{Texts, messages},
    },
    report::{documents, keys::KeysReport},
};

impl Deliverable for KeysReport {
    type Texts = Texts;

    fn messages(&self, texts: &Texts, link: Option<&str>) -> Messages {
        messages(self, texts, link)
    }

    fn html(&self) -> String {
        html::keys::html(self)
    }

    fn documents(&self) -> Vec<Document> {
        documents::of_keys(self)
    }

    fn is_noteworthy(&self) -> bool {
        // One a day at most, and good news are news, too.
        true
    }

    fn record_delivery(&mut self, deliveries: DeliveryReport) {
        KeysReport::record_delivery(self, deliveries);
    }
}
