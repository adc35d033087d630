//! JSON as a tree, with the place of every value. Strict: no comments, no trailing commas.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectProp, Value as Json},
    common::Ranged,
    parse_to_ast,
};

use crate::tags::rules::tree::{Complaints, Entry, Node, Value};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads JSON, or says where it stops being JSON.
pub(super) fn tree(text: &str) -> Result<Node, Complaints> {
    let mut complaints = Complaints::default();
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => match parsed.value {
            Some(value) => return Ok(node("", &value)),
            None => complaints.note_at(0, "not valid JSON: there is nothing".to_owned()),
        },
        Err(error) => complaints.note_at(error.range().start, format!("not valid JSON: {}", fragment(error.kind()))),
    }
    Err(complaints)
}

/// The words of an error as a part of a sentence.
fn fragment(error: &impl ToString) -> String {
    let error = error.to_string();
    let mut chars = error.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn node(name: &str, json: &Json<'_>) -> Node {
    let value = match json {
        Json::StringLit(text) => Value::Text(text.value.to_string()),
        Json::NumberLit(number) => Value::Number(number.value.to_owned()),
        Json::BooleanLit(truth) => Value::Truth(truth.value),
        Json::NullKeyword(_) => Value::Null,
        Json::Array(array) => Value::List(array.elements.iter().map(|element| node(name, element)).collect()),
        Json::Object(object) => Value::Table(object.properties.iter().map(entry).collect()),
    };
    Node::new(json.start(), name, value)
}

fn entry(property: &ObjectProp<'_>) -> Entry {
    let key = property.name.as_str().to_owned();
    Entry { at: property.range.start, node: node(&key, &property.value), key }
}
