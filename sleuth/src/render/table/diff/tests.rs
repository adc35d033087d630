use chrono::TimeDelta;
use serde_json::Value;

use super::*;
use crate::{
    demo,
    diff::diff,
    render::json::pretty,
    report::saved::{SavedReport, parse},
    run,
};

/// The demo's report on access keys so many days later, changed by hand.
fn keys(days: i64, change: impl FnOnce(&mut Value)) -> SavedReport {
    let inventory = demo::keys::inventory().unwrap();
    let now = demo::keys::now(&inventory) + TimeDelta::days(days);
    let report = run::keys::dry(&inventory, &demo::keys::config().unwrap(), now);
    let mut report = serde_json::to_value(report).unwrap();
    change(&mut report);
    parse(&report.to_string()).unwrap()
}

/// The same of its report on instances.
fn tags(change: impl FnOnce(&mut Value)) -> SavedReport {
    let inventory = demo::tags::inventory().unwrap();
    let report = run::tags::dry(&inventory, &demo::tags::policy().unwrap(), demo::tags::now(&inventory));
    let mut report = serde_json::from_str(&pretty(&report).unwrap()).unwrap();
    change(&mut report);
    parse(&report.to_string()).unwrap()
}

#[test]
fn table_of_keys() {
    let old = keys(0, |report| {
        report["applied"] = true.into();
        let expired = report["keys"].as_array_mut().unwrap().iter_mut().find(|key| key["action"] == "disable").unwrap();
        expired["outcome"] = "done".into();
    });
    let new = keys(10, |report| {
        let keys = report["keys"].as_array_mut().unwrap();
        keys.retain(|key| key["user"] != "amara.okafor");
        let expired = keys.iter_mut().find(|key| key["action"] == "disable").unwrap();
        expired["status"] = "disabled".into();
        expired["cause"] = Value::Null;
    });
    insta::assert_snapshot!(table(&diff(&old, &new).unwrap(), Look { width: Some(120), colours: false }));
}

#[test]
fn table_of_instances() {
    let new = tags(|report| {
        report["regions"].as_array_mut().unwrap().retain(|region| region["region"] != "us-east-1");
        let instances = report["instances"].as_array_mut().unwrap();
        instances.retain(|found| found["region"] != "us-east-1");
        instances.retain(|found| found["instance_id"] != "i-0a16f2c3d4e5f6076");
        let orderly = instances.iter_mut().find(|found| found["status"] == "compliant").unwrap();
        orderly["status"] = "violation".into();
        orderly["violations"] =
            serde_json::json!([{"rule": "project", "kind": "missing", "message": "m", "grace_left_minutes": 0}]);
    });
    insta::assert_snapshot!(table(&diff(&tags(|_| ()), &new).unwrap(), Look { width: Some(100), colours: false }));
}

#[test]
fn colours_are_for_terminals_and_control_characters_for_nobody() {
    let old = keys(0, |report| report["keys"].as_array_mut().unwrap().clear());
    let new = keys(0, |report| report["keys"][0]["user"] = "eve\u{1b}[2J".into());
    let found = diff(&old, &new).unwrap();
    assert!(!table(&found, Look::PLAIN).contains('\u{1b}'));
    let coloured = table(&found, Look { width: Some(120), colours: true });
    assert!(coloured.contains("\u{1b}[") && !coloured.contains("\u{1b}[2J"), "{coloured}");
}
