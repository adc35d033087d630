//! The report as JSON.

use crate::report::Report;

/// The whole report, indented, with a line break at the end.
pub fn pretty(report: &Report) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report).map(|json| json + "\n")
}

/// Largest log line, in bytes. CloudWatch Logs takes events of 1 MB
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>); Lambda's own limit was 256 KB.
const LOG_LINE_BYTES: usize = 200 * 1024;

/// The report for a log: one line of JSON, or several that each hold some of the findings and, in `log_part`, say which
/// line of how many they are. Errors and deliveries are in the first one.
pub fn log_lines(report: &Report) -> Result<Vec<String>, serde_json::Error> {
    let whole = serde_json::to_string(report)?;
    let parts = whole.len().div_ceil(LOG_LINE_BYTES);
    if parts <= 1 {
        return Ok(vec![whole]);
    }
    let per_line = report.keys.len().div_ceil(parts).max(1);
    let of = report.keys.len().div_ceil(per_line).max(1);
    let mut lines = Vec::with_capacity(of);
    for (index, keys) in report.keys.chunks(per_line).enumerate() {
        let mut part = Report { keys: keys.to_vec(), ..envelope(report) };
        if index == 0 {
            part.errors.clone_from(&report.errors);
            part.deliveries.clone_from(&report.deliveries);
        }
        let mut json = serde_json::to_value(&part)?;
        if let Some(object) = json.as_object_mut() {
            object.insert("log_part".to_owned(), serde_json::json!({"part": index + 1, "of": of}));
        }
        lines.push(serde_json::to_string(&json)?);
    }
    Ok(lines)
}

/// The report without its lists.
fn envelope(report: &Report) -> Report {
    Report {
        account: report.account.clone(),
        keys: Vec::new(),
        errors: Vec::new(),
        deliveries: notifier::DeliveryReport::default(),
        ..*report
    }
}
