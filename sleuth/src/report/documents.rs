//! Reports as documents of a search index: one of a run as a whole, and one of each finding that is out of order.
//!
//! The kinds `aws_tag_audit` and `aws_tag_violator` and their fields are those of py-awsaudit, so that searches of its
//! index go on working, and some more.

use std::collections::BTreeMap;

use notifier::Document;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Report, hex,
    keys::{self, KeysReport},
    tags::{self, TagsReport},
};
use crate::{
    facts::pairs,
    keys::{Action as OnKey, Status as KeyStatus},
    tags::{Action as OnInstance, Status},
};

/// Kind of the document of a run that audited instances.
pub const TAG_AUDIT: &str = "aws_tag_audit";
/// Kind of the document of an instance that violates a rule.
pub const TAG_VIOLATOR: &str = "aws_tag_violator";
/// Kind of the document of a run that audited access keys.
pub const KEY_AUDIT: &str = "aws_key_audit";
/// Kind of the document of a key that is not in order.
pub const KEY_FINDING: &str = "aws_key_finding";

/// Subject of the document of a whole run.
const WHOLE: &str = "rollup";

/// The documents of a run on access keys: of the run, and of each key that is not good, or that something was done about.
pub fn of_keys(report: &KeysReport) -> Vec<Document> {
    let told = |key: &&keys::Finding| key.status != KeyStatus::Good || key.action != OnKey::None;
    let findings: Vec<&keys::Finding> = report.audit.keys.iter().filter(told).collect();
    let violators = findings.iter().filter(|key| is_violator(key));
    let violators: Vec<Value> = violators.map(|key| json!({"id": key.key_id, "user": key.user})).collect();
    let rollup = json!({
        "violator_count": violators.len(),
        "violators": violators,
        "counts": report.audit.summary,
    });
    let mut names = Names::new(&report.run, KEY_FINDING);
    let each = findings
        .into_iter()
        .map(|key| names.document(key.subject(), with(envelope(report, KEY_FINDING), key_fields(key))));
    let each: Vec<Document> = each.collect();
    [vec![whole(report, KEY_AUDIT, rollup)], each].concat()
}

/// The documents of a run on instances: of the run, and of each instance that violates a rule, or that something was done
/// about.
pub fn of_tags(report: &TagsReport) -> Vec<Document> {
    let told = |found: &&tags::Finding| found.status == Status::Violation || found.action != OnInstance::None;
    let findings: Vec<&tags::Finding> = report.audit.instances.iter().filter(told).collect();
    let counts = |found: &&&tags::Finding| found.status == Status::Violation && !found.is_exempt();
    let violators: Vec<Value> = findings.iter().filter(counts).map(|found| violator(found)).collect();
    let required = report.audit.policy.rules.rules.iter().filter(|rule| rule.required);
    let scheme: Vec<String> = required.map(|rule| rule.tag.as_str().to_owned()).collect();
    let summary = &report.audit.summary;
    let rollup = json!({
        "tag_scheme": scheme,
        "violator_count": violators.len(),
        "violators": violators,
        "counts": {
            "regions": summary.regions,
            "instances": summary.instances,
            "violation": summary.violation,
            "unknown": summary.unknown,
            "grace": summary.grace,
            "compliant": summary.compliant,
            "exempt": summary.exempt,
            "managed": summary.managed,
        },
    });
    let mut names = Names::new(&report.run, TAG_VIOLATOR);
    let each = findings
        .into_iter()
        .map(|found| names.document(found.subject(), with(envelope(report, TAG_VIOLATOR), tag_fields(found))));
    let each: Vec<Document> = each.collect();
    [vec![whole(report, TAG_AUDIT, rollup)], each].concat()
}

/// Whether a key is out of order, and is to be counted so.
fn is_violator(key: &keys::Finding) -> bool {
    matches!(key.status, KeyStatus::Expired | KeyStatus::Old | KeyStatus::Stagnant) && !key.exempt
}

/// What all documents of a run say.
fn envelope<Audit>(report: &Report<Audit>, kind: &str) -> Value {
    json!({
        "@timestamp": report.generated_at,
        "kind": kind,
        "run": report.run,
        "account": report.account.id,
        "account_name": report.account.alias,
        "applied": report.applied,
    })
}

/// The document of the run.
fn whole<Audit>(report: &Report<Audit>, kind: &str, fields: Value) -> Document {
    let first = report.errors.first();
    let first = first.map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message));
    let errors = json!({"errors": report.errors.len(), "first_error": first});
    let body = with(with(envelope(report, kind), fields), errors);
    Document { id: id(&report.run, kind, WHOLE), subject: WHOLE.to_owned(), body: object(body) }
}

fn key_fields(key: &keys::Finding) -> Value {
    json!({
        "user": key.user,
        "key_id": key.key_id,
        "name": key.name,
        "status": key.status,
        "cause": key.cause,
        "exempt": key.exempt,
        "age_days": key.age_days,
        "idle_days": key.idle_days,
        "days_left": key.days_left,
        "last_used": key.last_used,
        "last_used_service": key.last_used_service,
        "last_used_region": key.last_used_region,
        "action": key.action,
        "outcome": key.outcome,
        "reason": key.reason,
    })
}

fn tag_fields(found: &tags::Finding) -> Value {
    let rules: Vec<&str> = found.violations.iter().map(|violation| violation.rule.as_str()).collect();
    let wrong: Vec<&str> = found.violations.iter().map(|violation| violation.message.as_str()).collect();
    json!({
        "id": found.instance_id,
        "region": found.region,
        "state": found.state,
        "tags": pairs(&found.tags),
        "age": found.age_minutes,
        "name": found.name,
        "owner": found.owner.name,
        "owner_found_by": found.owner.found_by,
        "owner_detail": found.owner.detail,
        "status": found.status,
        "exempt": found.is_exempt(),
        "rules": rules,
        "wrong": wrong,
        "repairs": pairs(&found.repairs),
        "action": found.action,
        "outcome": found.outcome,
        "reason": found.reason,
    })
}

/// The fields of an object.
fn object(body: Value) -> Map<String, Value> {
    match body {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// An instance as the document of the run holds it.
fn violator(found: &tags::Finding) -> Value {
    json!({
        "id": found.instance_id,
        "tags": pairs(&found.tags),
        "state": found.state,
        "region": found.region,
        "age": found.age_minutes,
    })
}

/// All fields of both.
fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// Names documents. Keys that are known without an id share a subject: these are counted.
struct Names<'a> {
    run: &'a str,
    kind: &'a str,
    seen: BTreeMap<String, usize>,
}

impl<'a> Names<'a> {
    fn new(run: &'a str, kind: &'a str) -> Self {
        Self { run, kind, seen: BTreeMap::new() }
    }

    fn document(&mut self, subject: String, body: Value) -> Document {
        let count = self.seen.entry(subject.clone()).or_insert(0);
        *count += 1;
        let name = if *count == 1 { subject.clone() } else { format!("{subject}#{count}") };
        Document { id: id(self.run, self.kind, &name), subject, body: object(body) }
    }
}

/// What a document is stored under: SHA-256 of what it is, in hex.
fn id(run: &str, kind: &str, subject: &str) -> String {
    // No part holds a line break, so that no two of them run into each other.
    hex(Sha256::digest(format!("{run}\n{kind}\n{subject}")).iter())
}

#[cfg(test)]
mod tests;
