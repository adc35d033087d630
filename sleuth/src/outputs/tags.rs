//! What outputs make of a report on EC2 tags.

use notifier::{DeliveryReport, Document, Messages, PartDelivery};

use super::{Deliverable, Stamp};
use crate::{
    render::{
        html::{self, accounts::Findings},
        notification::tags::{Texts, messages},
    },
    report::{Report, documents, tags::TagsReport},
};

impl Deliverable for TagsReport {
    type Texts = Texts;

    fn messages(&self, texts: &Texts, link: Option<&str>) -> Messages {
        messages(self, texts, link)
    }

    fn html(&self) -> String {
        html::tags::html(self)
    }

    fn shared(&self) -> Self {
        self.clone()
    }

    fn findings(&self) -> Findings {
        html::tags::findings(self)
    }

    fn documents(&self) -> Vec<Document> {
        documents::of_tags(self)
    }

    fn is_noteworthy(&self) -> bool {
        !self.is_complete()
            || self.brake.is_some()
            || self.audit.summary.violation > 0
            || self.audit.summary.unknown > 0
    }

    fn stamp(&self) -> Stamp<'_> {
        Stamp::of(self)
    }

    fn record_delivery(&mut self, deliveries: DeliveryReport) {
        TagsReport::record_delivery(self, deliveries);
    }

    fn add(&mut self, parts: Vec<PartDelivery>) {
        Report::add(self, parts);
    }
}
