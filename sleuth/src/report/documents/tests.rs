use std::collections::BTreeSet;

use super::*;
use crate::digest::tests::{keys_run, tags_run};

#[test]
fn run_and_violators_are_documents_of_the_older_form() {
    let report = tags_run();
    let documents = of_tags(&report);
    let [rollup, violators @ ..] = documents.as_slice() else { panic!() };
    assert_eq!(rollup.body["kind"], "aws_tag_audit");
    assert_eq!(rollup.body["@timestamp"], "2026-03-02T09:00:00Z");
    assert_eq!(rollup.body["account"], "111122223333");
    assert_eq!(rollup.body["account_name"], "larkspur-logistics");
    let scheme = rollup.body["tag_scheme"].as_array().unwrap();
    assert!(scheme.contains(&json!("project")), "{scheme:?}");
    let counted = |found: &&tags::Finding| found.status == Status::Violation && !found.is_exempt();
    let count = report.audit.instances.iter().filter(counted).count();
    assert!(count > 0);
    assert_eq!(rollup.body["violator_count"], count);
    assert_eq!(rollup.body["violators"].as_array().unwrap().len(), count);
    assert_eq!(rollup.body["counts"]["instances"], report.audit.summary.instances);

    let violator = violators.iter().find(|document| document.body["id"] == "i-0a16f2c3d4e5f6076").unwrap();
    assert_eq!(violator.subject, "eu-west-1/i-0a16f2c3d4e5f6076");
    for (field, value) in [
        ("@timestamp", json!("2026-03-02T09:00:00Z")),
        ("kind", json!("aws_tag_violator")),
        ("run", json!(report.run)),
        ("applied", json!(true)),
        ("account", json!("111122223333")),
        ("region", json!("eu-west-1")),
        ("state", json!("running")),
        ("age", json!(28_680)),
        ("tags", json!(["Name=warehouse-db", "created_by=olu.adeyemi", "department=data"])),
        ("owner", json!("olu.adeyemi")),
        ("rules", json!(["cost-center", "project"])),
        ("action", json!("repair")),
        ("outcome", json!("done")),
    ] {
        assert_eq!(violator.body[field], value, "{field}");
    }
    // Instances in order have none.
    let orderly = report.audit.instances.iter().find(|found| found.status == Status::Compliant).unwrap();
    assert!(documents.iter().skip(1).all(|document| document.body["id"] != orderly.instance_id.0.as_str()));
}

#[test]
fn keys_that_are_good_have_no_document() {
    let report = keys_run();
    let documents = of_keys(&report);
    let bad = report.audit.keys.iter().filter(|key| key.status != KeyStatus::Good).count();
    assert_eq!(documents.len(), 1 + bad);
    assert!(documents.iter().skip(1).all(|document| document.body["status"] != "good"));
    let counted = report.audit.keys.iter().filter(|key| is_violator(key)).count();
    assert_eq!(documents[0].body["violator_count"], counted);
    assert_eq!(documents[0].body["counts"]["keys"], report.audit.keys.len());
}

#[test]
fn same_document_has_the_same_id_and_others_have_others() {
    let ids = |documents: Vec<Document>| documents.into_iter().map(|document| document.id).collect::<Vec<_>>();
    let report = tags_run();
    let first = ids(of_tags(&report));
    assert_eq!(ids(of_tags(&report)), first);
    assert!(first.iter().all(|id| id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())), "{first:?}");
    let later = TagsReport { run: "later".to_owned(), ..report.clone() };
    let all: BTreeSet<String> = [first, ids(of_tags(&later)), ids(of_keys(&keys_run()))].concat().into_iter().collect();
    assert_eq!(all.len(), 2 * of_tags(&report).len() + of_keys(&keys_run()).len());
}

#[test]
fn keys_without_an_id_have_documents_of_their_own() {
    let mut report = keys_run();
    let mut key = report.audit.keys[0].clone();
    key.key_id = None;
    report.audit.keys = vec![key.clone(), key];
    let documents = of_keys(&report);
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[1].subject, documents[2].subject);
    assert_ne!(documents[1].id, documents[2].id);
}
