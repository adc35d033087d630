//! How the fields of documents are indexed. Pure.

use serde_json::{Map, Value, json};

use super::address::IndexName;

/// The field that holds the id of a document: unlike `_id`, it can be sorted by everywhere.
pub(super) const UID: &str = "uid";

/// How many characters of a text can be found by: a term of Lucene has at most 32,766 bytes, and a character up to
/// four.
const LONGEST_KEYWORD: u32 = 8_191;

/// Of two templates that match, the higher one holds. Elastic's own have up to 200
/// (<https://www.elastic.co/guide/en/elasticsearch/reference/8.15/index-templates.html#avoid-index-pattern-collisions>).
const PRIORITY: u32 = 500;

/// The name of the index template: not that of the index, whose own template somebody may have made by hand.
pub fn template_name(index: &IndexName) -> String {
    format!("sleuth-{index}")
}

/// The index template for `index` and for `index-*`, its successors.
///
/// It sets nothing but the fields: how many shards there are is for the cluster to decide, and for Serverless alone.
pub fn template(index: &IndexName) -> Value {
    json!({
        "index_patterns": [index.as_str(), format!("{index}-*")],
        "priority": PRIORITY,
        "template": { "mappings": mappings() },
    })
}

/// A text that nobody knows is a word to be found by, also if the first one looks like a date: the next may not.
fn mappings() -> Value {
    let word = json!({ "type": "keyword", "ignore_above": LONGEST_KEYWORD });
    json!({
        "date_detection": false,
        "dynamic_templates": [{ "texts": { "match_mapping_type": "string", "mapping": word } }],
        "properties": properties(),
    })
}

/// The fields with their types.
pub(super) fn properties() -> Map<String, Value> {
    let words = [
        // Of all documents.
        &["kind", "run", "account", "account_name", UID],
        // Of a summary of an audit of tags.
        &["tag_scheme"] as &[_],
        // Of an instance.
        &["id", "tags", "state", "region", "name", "owner", "rule", "rules"],
        // Of an access key.
        &["user", "key_id", "status", "cause", "exempt", "last_used_service", "last_used_region"],
        // Of what was decided and done.
        &["action", "outcome"],
    ];
    let words = words.concat().into_iter().map(|field| (field, json!({ "type": "keyword" })));
    let others = [
        ("@timestamp", json!({ "type": "date" })),
        ("last_used", json!({ "type": "date" })),
        ("violator_count", json!({ "type": "integer" })),
        // An object, as servers write it: without a type. Of a list of them it is not known which `age` is whose: each
        // has a document of its own for that.
        ("violators", json!({ "properties": violator() })),
        ("age", age()),
        ("age_days", json!({ "type": "integer" })),
        ("idle_days", json!({ "type": "integer" })),
        ("days_left", json!({ "type": "integer" })),
        ("applied", json!({ "type": "boolean" })),
        // To be read and to be counted by.
        (
            "reason",
            json!({
                "type": "text",
                "fields": { "keyword": { "type": "keyword", "ignore_above": LONGEST_KEYWORD } },
            }),
        ),
    ];
    words.chain(others).map(|(field, mapping)| (field.to_owned(), mapping)).collect()
}

/// What the summary of an audit says of an instance.
fn violator() -> Value {
    let word = json!({ "type": "keyword" });
    json!({ "id": word, "tags": word, "region": word, "state": word, "age": age() })
}

/// In minutes, as ever.
fn age() -> Value {
    json!({ "type": "long" })
}
