//! The report on instances as CSV.

use serde_json::{Value, json};

use super::{CsvError, sheet::Sheet};
use crate::{
    render::words::tags as words,
    report::tags::{Finding, TagsReport},
};

/// `rules` are the ids of the rules that are violated, `violations` what is wrong by them, in words.
const COLUMNS: [&str; 27] = [
    "region",
    "instance_id",
    "name",
    "state",
    "instance_type",
    "image_id",
    "vpc_id",
    "launched",
    "created",
    "age_minutes",
    "tags",
    "events",
    "status",
    "rules",
    "violations",
    "owner.name",
    "owner.found_by",
    "owner.detail",
    "owner.slack",
    "owner.email",
    "exempt_until",
    "canary",
    "managed_by",
    "repairs",
    "action",
    "outcome",
    "reason",
];

/// One row an instance, the worst first.
pub fn csv(report: &TagsReport) -> Result<String, CsvError> {
    let mut sheet = Sheet::new(report, &COLUMNS)?;
    for finding in &report.audit.instances {
        sheet.row(&row_of(finding)?)?;
    }
    sheet.finish()
}

fn row_of(finding: &Finding) -> Result<Value, serde_json::Error> {
    let mut row = serde_json::to_value(finding)?;
    if let Value::Object(fields) = &mut row {
        let rules: Vec<&str> = finding.violations.iter().map(|violation| violation.rule.as_str()).collect();
        let messages: Vec<&str> = finding.violations.iter().map(|violation| violation.message.as_str()).collect();
        fields.insert("rules".to_owned(), json!(rules));
        fields.insert("violations".to_owned(), json!(messages));
        fields.insert("events".to_owned(), json!(words::seen(finding)));
    }
    Ok(row)
}
