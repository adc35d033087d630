//! TOML as a tree.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::tags::rules::tree::{Complaints, Entry, Node, Value};

/// Reads TOML, or says of all that is wrong with it where it is.
pub(super) fn tree(text: &str) -> Result<Node, Complaints> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node::new(0, "", entries(table.get_ref())));
    }
    let mut complaints = Complaints::default();
    for error in errors {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        complaints.note_at(error.span().map_or(text.len(), |span| span.start), format!("not valid TOML: {message}"));
    }
    Err(complaints)
}

fn entries(table: &DeTable<'_>) -> Value {
    let entry = |(key, value): (&Spanned<_>, &Spanned<_>)| entry(key, value);
    Value::Table(table.iter().map(entry).collect())
}

fn entry(key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> Entry {
    let name = key.get_ref().to_string();
    Entry { at: key.span().start, node: node(&name, value), key: name }
}

fn node(name: &str, spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let decimal = i64::from_str_radix(number.as_str(), number.radix());
            Value::Number(decimal.map_or_else(|_| number.to_string(), |number| number.to_string()))
        }
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(truth) => Value::Truth(*truth),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(array) => Value::List(array.iter().map(|element| node(name, element)).collect()),
        DeValue::Table(table) => entries(table),
    };
    Node::new(spanned.span().start, name, value)
}
