//! Tag rules in words.

use std::fmt::Write as _;

use super::table::{Look, wrapped};
use crate::tags::{RuleSet, rules::explain::Explained};

/// A paragraph a rule, its words wrapped to fit.
pub fn text(rules: &[Explained], look: Look) -> String {
    let mut text = String::new();
    for rule in rules {
        wrapped(&mut text, &format!("{}:", rule.id), &rule.text, look);
    }
    let plural = if rules.len() == 1 { "" } else { "s" };
    let _ = writeln!(text, "{} rule{plural}, no mistakes", rules.len());
    text
}

/// The rules as they were understood, every default filled in.
pub fn json(rules: &RuleSet) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(rules).map(|json| json + "\n")
}
