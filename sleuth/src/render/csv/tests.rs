//! What stands in the rows, compared with the JSON report.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{keys, tags};
use crate::{
    demo::reports::{of_keys, of_tags},
    facts::UserName,
};

/// The rows, each a map by the names of the columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn sheet_of_the_keys() {
    insta::assert_snapshot!(keys::csv(&of_keys()).unwrap());
}

#[test]
fn sheet_of_the_tags() {
    insta::assert_snapshot!(tags::csv(&of_tags()).unwrap());
}

/// Asserts that a row says what a finding says, and has a column for each of its fields.
fn assert_same(row: &BTreeMap<String, String>, finding: &Value) {
    for (name, value) in finding.as_object().unwrap() {
        match value {
            Value::Null => assert_eq!(row[name], "", "{name}"),
            Value::String(text) => assert_eq!(row[name].strip_prefix('\'').unwrap_or(&row[name]), text, "{name}"),
            Value::Bool(_) | Value::Number(_) => assert_eq!(row[name], value.to_string(), "{name}"),
            Value::Array(_) | Value::Object(_) => {
                let inside = |column: &String| column == name || column.starts_with(&format!("{name}."));
                assert!(row.keys().any(inside), "there is no column for {name}");
            }
        }
    }
}

#[test]
fn rows_of_the_keys_say_what_the_json_report_says() {
    let mut report = of_keys();
    report.audit.keys[0].user = UserName("=cmd|' /C calc'!A0".into());
    report.audit.keys[1].name = "two\r\nlines, \"quoted\"".into();
    report.audit.keys[2].slack = Some("＝1+1".into());
    let rows = rows(&keys::csv(&report).unwrap());
    let json = serde_json::to_value(&report).unwrap();
    let findings = json["keys"].as_array().unwrap();
    let (alerts, keys) = rows.split_at(report.audit.alerts.len());
    assert_eq!((alerts.len(), keys.len()), (1, findings.len()));
    for (row, finding) in keys.iter().zip(findings) {
        assert_same(row, finding);
        assert_eq!((row["account.id"].as_str(), row["alert"].as_str()), ("111122223333", ""));
    }
    assert_eq!((alerts[0]["alert"].as_str(), alerts[0]["status"].as_str()), ("quarantine", ""));
    assert!(keys[0]["user"].starts_with("'=cmd") && keys[2]["slack"].starts_with('\''), "{keys:?}");
    assert_eq!(keys[1]["name"], "two\r\nlines, \"quoted\"");
}

#[test]
fn rows_of_the_tags_say_what_the_json_report_says() {
    let report = of_tags();
    let rows = rows(&tags::csv(&report).unwrap());
    let json = serde_json::to_value(&report).unwrap();
    let findings = json["instances"].as_array().unwrap();
    assert_eq!(rows.len(), findings.len());
    for (row, finding) in rows.iter().zip(findings) {
        assert_same(row, finding);
        let count = finding["violations"].as_array().unwrap().len();
        let rules: BTreeSet<&str> = row["rules"].split(';').filter(|rule| !rule.is_empty()).collect();
        assert_eq!(rules.len(), count, "{row:?}");
    }
    let tagged = rows.iter().find(|row| row["name"] == "warehouse-db").unwrap();
    assert_eq!(tagged["tags"], "Name=warehouse-db;created_by=olu.adeyemi;department=data");
    assert_eq!((tagged["owner.name"].as_str(), tagged["owner.found_by"].as_str()), ("olu.adeyemi", "tag"));
    assert_eq!(tagged["repairs"], "cost-center=CC-0000");
}
