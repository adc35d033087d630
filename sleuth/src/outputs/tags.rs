//! What outputs make of a report on EC2 tags.

use notifier::{DeliveryReport, Document, Messages};

use super::Deliverable;
use crate::{
    render::{
        html,
        notification::tags::{Texts, messages},
    },
    report::{documents, tags::TagsReport},
};

impl Deliverable for TagsReport {
    type Texts = Texts;

    fn messages(&self, texts: &Texts, link: Option<&str>) -> Messages {
        messages(self, texts, link)
    }

    fn html(&self) -> String {
        html::tags::html(self)
    }

    fn shared_html(&self) -> String {
        self.html()
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

    fn record_delivery(&mut self, deliveries: DeliveryReport) {
        TagsReport::record_delivery(self, deliveries);
    }
}
