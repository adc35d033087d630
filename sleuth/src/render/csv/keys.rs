//! The report on access keys as CSV.

use serde_json::{Value, json};

use super::{CsvError, sheet::Sheet};
use crate::report::keys::{Alert, KeysReport};

/// `alert` is the `kind` of an alert, `message` what it says; both are empty in the rows of keys.
const COLUMNS: [&str; 22] = [
    "alert",
    "user",
    "name",
    "slack",
    "email",
    "key_id",
    "status",
    "cause",
    "exempt",
    "auto_expire",
    "created",
    "last_use",
    "last_used",
    "last_used_service",
    "last_used_region",
    "age_days",
    "idle_days",
    "days_left",
    "action",
    "outcome",
    "reason",
    "message",
];

/// One row an alert, then one a key, the worst first. Alerts have no `status`, so that counts by it are those of keys.
pub fn csv(report: &KeysReport) -> Result<String, CsvError> {
    let mut sheet = Sheet::new(report, &COLUMNS)?;
    for alert in &report.audit.alerts {
        sheet.row(&row_of(alert))?;
    }
    for finding in &report.audit.keys {
        sheet.row(&serde_json::to_value(finding)?)?;
    }
    sheet.finish()
}

fn row_of(alert: &Alert) -> Value {
    let Alert { kind, user, name, slack, message, outcome, reason } = alert;
    json!({
        "alert": kind,
        "user": user,
        "name": name,
        "slack": slack,
        "outcome": outcome,
        "reason": reason,
        "message": message,
    })
}
