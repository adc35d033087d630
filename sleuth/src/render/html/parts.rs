//! What stands around the findings.

use maud::{Markup, html};
use notifier::{DeliveryReport, PartResult};

use super::tone::Tone;
use crate::{
    render::text::{count, printable},
    report::Report,
};

/// A name and what is said of it.
pub(super) type Fact = (&'static str, String);

/// Something that a reader should know first.
pub(super) struct Alarm {
    /// How bad it is.
    pub(super) tone: Tone,
    /// What it is about.
    pub(super) subject: String,
    pub(super) words: String,
}

/// What must not be overlooked.
pub(super) fn alarms(alarms: &[Alarm]) -> Markup {
    html! {
        @if !alarms.is_empty() {
            section.alarms aria-label="Alerts" {
                @for Alarm { tone, subject, words } in alarms {
                    div class={ "alarm " (tone.class()) } role="note" { b { (printable(subject)) } span { (said(words)) } }
                }
            }
        }
    }
}

/// Words in which what stands between backticks is code.
pub(super) fn said(words: &str) -> Markup {
    let words = printable(words);
    let parts: Vec<&str> = words.split('`').collect();
    let last = parts.len().saturating_sub(1);
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index % 2 == 0 {
                (part)
            } @else if index == last {
                "`" (part)
            } @else {
                code { (part) }
            }
        }
    }
}

/// What was in force.
pub(super) fn policy(facts: &[Fact], more: &Markup) -> Markup {
    html! {
        section.card aria-labelledby="policy" {
            h2 id="policy" { "Policy in force" }
            dl {
                @for (name, words) in facts {
                    div { dt { (name) } dd { (said(words)) } }
                }
            }
            (more)
        }
    }
}

/// What could not be read, done or delivered.
pub(super) fn errors<Audit>(report: &Report<Audit>) -> Markup {
    html! {
        @if !report.errors.is_empty() {
            section.card.incomplete aria-labelledby="incomplete" {
                h2 id="incomplete" { "Incomplete" }
                p { "This could not be read, done or delivered." }
                ul {
                    @for error in &report.errors {
                        li {
                            b { (printable(&error.subject)) } " " code { (printable(&error.operation)) }
                            span { (said(&error.message)) }
                        }
                    }
                }
            }
        }
    }
}

/// What was sent, and the texts that nobody got.
pub(super) fn deliveries<Audit>(report: &Report<Audit>) -> Markup {
    sent(&report.deliveries)
}

/// The same of a report on many accounts.
pub(super) fn sent(DeliveryReport { parts }: &DeliveryReport) -> Markup {
    let taken = parts.iter().filter(|part| part.result == PartResult::Delivered).count();
    html! {
        @if !parts.is_empty() {
            section.card aria-labelledby="messages" {
                h2 id="messages" { "Messages" }
                p { (taken) " of " (count(parts.len(), "part")) " delivered." }
                @for part in parts {
                    @let name = format!("{}: {}, part {} of {}", part.channel, printable(&part.title), part.part, part.of);
                    @match &part.result {
                        PartResult::Delivered => {}
                        PartResult::Redirected { reason } => {
                            p { b { (name) } " went to everybody: " (printable(reason)) }
                        }
                        PartResult::Undelivered { reason, text } => {
                            p { b { (name) } " was not delivered: " (printable(reason)) }
                            @if !text.is_empty() {
                                pre { @for line in text.lines() { (printable(line)) "\n" } }
                            }
                        }
                    }
                }
            }
        }
    }
}
