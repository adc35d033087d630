//! The report as JSON.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The whole report, indented, with a line break at the end.
pub fn pretty(report: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report).map(|json| json + "\n")
}

/// Largest log line, in bytes, unless a single entry is larger. CloudWatch Logs takes events of 1 MB
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>), and took 256 KB for long.
const LOG_LINE_BYTES: usize = 200 * 1024;

/// The report for a log: one line of JSON, or several that each hold some of the entries of its lists (findings, errors,
/// deliveries and so on) and, in `log_part`, say which line of how many they are.
pub fn log_lines(report: &impl Serialize) -> Result<Vec<String>, serde_json::Error> {
    let whole = serde_json::to_string(report)?;
    if whole.len() <= LOG_LINE_BYTES {
        return Ok(vec![whole]);
    }
    let Value::Object(mut rest) = serde_json::to_value(report)? else { return Ok(vec![whole]) };
    let mut lists = Vec::new();
    for (name, value) in &mut rest {
        if let Value::Array(entries) = value {
            lists.push((name.clone(), std::mem::take(entries)));
        }
    }
    let mut parts = Parts::new(rest)?;
    for (name, entries) in lists {
        for entry in entries {
            parts.push(&name, entry)?;
        }
    }
    parts.into_lines()
}

/// Reports that each hold a part of one.
struct Parts {
    /// The report with empty lists.
    empty: Map<String, Value>,
    room: usize,
    used: usize,
    parts: Vec<Map<String, Value>>,
}

impl Parts {
    fn new(empty: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let room = LOG_LINE_BYTES.saturating_sub(serde_json::to_string(&empty)?.len());
        Ok(Self { empty, room, used: usize::MAX, parts: Vec::new() })
    }

    /// Puts an entry of a list into the last part, or into a new one if that has no room.
    fn push(&mut self, list: &str, entry: Value) -> Result<(), serde_json::Error> {
        let need = serde_json::to_string(&entry)?.len() + 1;
        let used = self.used.saturating_add(need);
        if used > self.room {
            self.parts.push(self.empty.clone());
            self.used = need;
        } else {
            self.used = used;
        }
        if let Some(Value::Array(entries)) = self.parts.last_mut().and_then(|part| part.get_mut(list)) {
            entries.push(entry);
        }
        Ok(())
    }

    fn into_lines(self) -> Result<Vec<String>, serde_json::Error> {
        let of = self.parts.len();
        let line = |(index, mut part): (usize, Map<String, Value>)| {
            part.insert("log_part".to_owned(), serde_json::json!({"part": index + 1, "of": of}));
            serde_json::to_string(&ListsLast(part))
        };
        self.parts.into_iter().enumerate().map(line).collect()
    }
}

/// An object whose lists come after all else: CloudWatch Logs Insights finds the first 200 fields of a line
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>), which the
/// entries of a list would use up.
struct ListsLast(Map<String, Value>);

impl Serialize for ListsLast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (lists, others): (Vec<_>, Vec<_>) = self.0.iter().partition(|(_, value)| value.is_array());
        serializer.collect_map(others.into_iter().chain(lists))
    }
}
