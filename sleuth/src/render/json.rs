//! The report as JSON.

use serde::Serialize;

use crate::report::Report;

/// The whole report, indented, with a line break at the end.
pub fn pretty(report: &Report) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report).map(|json| json + "\n")
}

/// Largest log line, in bytes, unless a single entry is larger. CloudWatch Logs takes events of 1 MB
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>), and took 256 KB for long.
const LOG_LINE_BYTES: usize = 200 * 1024;

/// The report for a log: one line of JSON, or several that each hold some of the alerts, findings, errors and deliveries and, in
/// `log_part`, say which line of how many they are.
pub fn log_lines(report: &Report) -> Result<Vec<String>, serde_json::Error> {
    let whole = serde_json::to_string(report)?;
    if whole.len() <= LOG_LINE_BYTES {
        return Ok(vec![whole]);
    }
    let mut parts = Parts::new(report)?;
    for alert in &report.alerts {
        parts.with(alert)?.alerts.push(alert.clone());
    }
    for finding in &report.keys {
        parts.with(finding)?.keys.push(finding.clone());
    }
    for error in &report.errors {
        parts.with(error)?.errors.push(error.clone());
    }
    for delivery in &report.deliveries.parts {
        parts.with(delivery)?.deliveries.parts.push(delivery.clone());
    }
    parts.into_lines()
}

/// Reports that each hold a part of one.
struct Parts {
    empty: Report,
    room: usize,
    used: usize,
    parts: Vec<Report>,
}

impl Parts {
    fn new(report: &Report) -> Result<Self, serde_json::Error> {
        let empty = Report {
            account: report.account.clone(),
            brake: report.brake.clone(),
            alerts: Vec::new(),
            keys: Vec::new(),
            errors: Vec::new(),
            deliveries: notifier::DeliveryReport::default(),
            ..*report
        };
        let room = LOG_LINE_BYTES.saturating_sub(serde_json::to_string(&empty)?.len());
        Ok(Self { empty, room, used: usize::MAX, parts: Vec::new() })
    }

    /// The part that has room for `entry`.
    fn with(&mut self, entry: &impl Serialize) -> Result<&mut Report, serde_json::Error> {
        let need = serde_json::to_string(entry)?.len() + 1;
        let used = self.used.saturating_add(need);
        if used > self.room {
            self.parts.push(self.empty.clone());
            self.used = need;
        } else {
            self.used = used;
        }
        // One was pushed above, or before: `used` starts beyond any room.
        Ok(self.parts.last_mut().unwrap_or(&mut self.empty))
    }

    fn into_lines(self) -> Result<Vec<String>, serde_json::Error> {
        let of = self.parts.len();
        let line = |(index, part): (usize, &Report)| {
            let mut json = serde_json::to_value(part)?;
            if let Some(object) = json.as_object_mut() {
                object.insert("log_part".to_owned(), serde_json::json!({"part": index + 1, "of": of}));
            }
            serde_json::to_string(&json)
        };
        self.parts.iter().enumerate().map(line).collect()
    }
}
