//! What the schema asks of every line, and what comes of the demo.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{keys, tags};
use crate::{
    demo::{self, reports::of_keys},
    report::keys::KeysReport,
};

fn of_tags() -> String {
    tags::ocsf(&demo::reports::of_tags()).unwrap()
}

fn read(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What <https://schema.ocsf.io/1.5.0/classes/compliance_finding> and its objects require, or ask for one of.
const REQUIRED: [&str; 19] = [
    "/activity_id",
    "/category_uid",
    "/class_uid",
    "/type_uid",
    "/time",
    "/severity_id",
    "/metadata/version",
    "/metadata/product/name",
    "/metadata/product/vendor_name",
    "/finding_info/uid",
    "/finding_info/title",
    "/compliance/standards/0",
    "/compliance/control",
    "/compliance/status_id",
    "/cloud/provider",
    "/cloud/account/uid",
    "/resources/0/type",
    "/resources/0/name",
    "/status_id",
];

#[test]
fn every_line_has_what_the_schema_requires() {
    let lines = [read(&keys::ocsf(&of_keys()).unwrap()), read(&of_tags())].concat();
    // One alert, 15 keys, 13 instances.
    assert_eq!(lines.len(), 29);
    for line in &lines {
        for path in REQUIRED {
            assert!(line.pointer(path).is_some_and(|value| !value.is_null()), "{path} is missing: {line}");
        }
        let ids = ["category_uid", "class_uid", "activity_id", "type_uid"].map(|name| line[name].as_u64().unwrap());
        assert_eq!(ids, [2, 2003, 1, 200_301]);
        assert_eq!(line["time"], 1_772_442_000_000_i64);
    }
}

#[test]
fn ids_are_unique_and_the_same_in_every_run() {
    let mut report = of_keys();
    let uids = |report: &KeysReport| -> Vec<String> {
        let lines = read(&keys::ocsf(report).unwrap());
        lines.iter().map(|line| line["finding_info"]["uid"].as_str().unwrap().to_owned()).collect()
    };
    let first = uids(&report);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len(), "{first:?}");
    report.generated_at += chrono::TimeDelta::days(1);
    assert_eq!(uids(&report), first);
    // Keys that are known from the credential report only have no ids.
    for key in &mut report.audit.keys {
        key.key_id = None;
    }
    let nameless = uids(&report);
    assert_eq!(nameless.iter().collect::<BTreeSet<_>>().len(), nameless.len(), "{nameless:?}");
}

#[test]
fn every_status_has_a_verdict() {
    let lines = [read(&keys::ocsf(&of_keys()).unwrap()), read(&of_tags())].concat();
    let told: BTreeSet<String> = lines
        .iter()
        .map(|line| {
            let compliance = &line["compliance"];
            format!(
                "{}: {} {}, {}",
                compliance["status_code"].as_str().unwrap(),
                compliance["status_id"],
                compliance["status"].as_str().unwrap(),
                line["severity"].as_str().unwrap()
            )
        })
        .collect();
    insta::assert_snapshot!(told.into_iter().collect::<Vec<_>>().join("\n"), @r"
    compliant: 1 Pass, Informational
    disabled: 1 Pass, Informational
    expired: 3 Fail, High
    good: 1 Pass, Informational
    grace: 99 Grace, Low
    old: 99 Old, Medium
    quarantine: 3 Fail, Critical
    stagnant: 99 Stagnant, Low
    unknown: 0 Unknown, Unknown
    violation: 3 Fail, High
    violation: 3 Fail, Low
    violation: 3 Fail, Medium
    ");
}

#[test]
fn what_is_exempt_is_suppressed_and_what_was_disabled_resolved() {
    use crate::report::Outcome;

    let mut report = of_keys();
    report.audit.keys[1].outcome = Outcome::Done;
    let lines = read(&keys::ocsf(&report).unwrap());
    let of = |user: &str| lines.iter().find(|line| line["unmapped"]["user"] == user).unwrap();
    assert_eq!(of("backup-nightly")["status"], "Suppressed");
    assert_eq!(of("ci-deploy")["status"], "Resolved");
    assert_eq!(of("hana.suzuki")["status"], "New");
}

#[test]
fn account_that_is_not_known_is_left_out() {
    let mut report = of_keys();
    report.account = crate::facts::Account::default();
    let line = &read(&keys::ocsf(&report).unwrap())[0];
    assert_eq!(line["cloud"], serde_json::json!({"provider": "AWS"}));
    assert!(line["finding_info"]["uid"].as_str().unwrap().starts_with("sleuth/keys/unknown/"), "{line}");
}

#[test]
fn first_lines() {
    let first = |lines: &str| {
        let line = lines.lines().nth(1).unwrap().replace(env!("CARGO_PKG_VERSION"), "[version]");
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&line).unwrap()).unwrap()
    };
    insta::assert_snapshot!("key", first(&keys::ocsf(&of_keys()).unwrap()));
    insta::assert_snapshot!("instance", first(&of_tags()));
}
