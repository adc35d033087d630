//! The page around everything.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::{render::text::printable, report::Report};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What stands at the head of a page.
pub(super) struct Heading<'a> {
    /// What the page is about.
    pub(super) what: &'a str,
    /// The word before whose it is: `Account`, or none.
    pub(super) word: &'a str,
    /// Whose it is.
    pub(super) whose: String,
    /// The time ages are counted to.
    pub(super) at: DateTime<Utc>,
    /// Whether the run was told to act.
    pub(super) applied: bool,
}

impl<'a> Heading<'a> {
    /// The heading of a report on one account.
    pub(super) fn of<Audit>(report: &Report<Audit>, what: &'a str) -> Self {
        let whose = report.account.to_string();
        Self { what, word: "Account", whose, at: report.generated_at, applied: report.applied }
    }
}

/// The whole page, its heading filled in.
pub(super) fn page(heading: &Heading<'_>, body: &Markup) -> String {
    let Heading { what, word, whose, at, applied } = heading;
    let account = printable(whose);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (what) ": " (account) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    div.brand { (glass()) span { "Sleuth" } }
                    button.theme type="button" hidden data-theme-switch { "Dark" }
                    h1 { (what) }
                    p.about {
                        span { (word) " " b { (account) } }
                        time datetime=(at.to_rfc3339()) { (at.format("%Y-%m-%d %H:%M UTC")) }
                        @if *applied {
                            span.run.applied { "Applied: what it says was done was done" }
                        } @else {
                            span.run { "Plain run: nothing was changed or sent" }
                        }
                    }
                }
                main { (body) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Nothing may be loaded from anywhere, nor sent, and nothing runs but our own style and script.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// A text as policies name it (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>).
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// A magnifying glass.
fn glass() -> Markup {
    html! {
        svg viewBox="0 0 24 24" aria-hidden="true" {
            circle cx="10" cy="10" r="6.5" {}
            path d="M15 15l6 6" {}
        }
    }
}
