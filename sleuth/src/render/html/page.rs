//! The page around everything.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::{render::text::printable, report::Report};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The whole page, its heading filled in.
pub(super) fn page<Audit>(report: &Report<Audit>, what: &str, body: &Markup) -> String {
    let account = printable(&report.account.to_string());
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
                        span { "Account " b { (account) } }
                        time datetime=(report.generated_at.to_rfc3339()) {
                            (report.generated_at.format("%Y-%m-%d %H:%M UTC"))
                        }
                        @if report.applied {
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
