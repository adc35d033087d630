//! Documents as the bodies of bulk requests, and what the answers say of each. Pure.
//! (<https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>)

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{problem::Problem, template::UID};

/// A document to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its id in the index, at most 512 bytes. The same thing, found by the same run, must have the same id each time:
    /// then a document that is sent twice is written once.
    pub id: String,
    /// What it is about, in the words of a report on delivery: an instance, a key.
    pub subject: String,
    /// Its fields. `uid` is added: the id once more, by which documents can be sorted.
    pub body: Map<String, Value>,
}

/// How large the body of a request may be, in bytes. AWS advises to begin with 5 MiB, and some instances take 10 MiB
/// only (<https://repost.aws/knowledge-center/opensearch-indexing-performance>).
const LARGEST_BODY: usize = 5 * 1024 * 1024;

/// How many documents may be in a request. Elastic advises to begin with hundreds, and rather to send too few than too
/// many (<https://www.elastic.co/guide/en/elasticsearch/reference/8.15/tune-for-indexing-speed.html>).
const MOST_DOCUMENTS: usize = 1_000;

/// The bodies of the requests that write these documents, as they go over the wire.
pub fn bodies(documents: Vec<Document>) -> Vec<String> {
    chunks(documents).iter().map(|chunk| lines(chunk)).collect()
}

/// A document, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    id: String,
    pub(super) subject: String,
    /// Two lines: what to do, and the document. Each ends with a newline.
    lines: String,
}

impl From<Document> for Entry {
    fn from(document: Document) -> Self {
        let Document { id, subject, mut body } = document;
        body.insert(UID.to_owned(), id.clone().into());
        let lines = format!("{}\n{}\n", json!({ "index": { "_id": id } }), Value::Object(body));
        Self { id, subject, lines }
    }
}

/// The documents, request by request. One that is too large for any has one for itself.
pub(super) fn chunks(documents: Vec<Document>) -> Vec<Vec<Entry>> {
    let mut chunks: Vec<Vec<Entry>> = Vec::new();
    let mut size = 0;
    for entry in documents.into_iter().map(Entry::from) {
        size += entry.lines.len();
        match chunks.last_mut() {
            Some(chunk) if size <= LARGEST_BODY && chunk.len() < MOST_DOCUMENTS => chunk.push(entry),
            _ => {
                size = entry.lines.len();
                chunks.push(vec![entry]);
            }
        }
    }
    chunks
}

/// The body of a request.
pub(super) fn lines(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.lines.as_str()).collect()
}

/// The first of the documents, whole ones, in at most `bytes`, as the body of a request; and how many there are more.
pub(super) fn first_lines(entries: &[Entry], bytes: usize) -> (String, usize) {
    let mut size = 0;
    let fits = |entry: &&Entry| {
        size += entry.lines.len();
        size <= bytes
    };
    let first = entries.iter().take_while(fits).count();
    let (first, more) = entries.split_at_checked(first).unwrap_or((entries, &[]));
    (lines(first), more.len())
}

#[derive(Deserialize)]
struct BulkAnswer {
    items: Vec<BTreeMap<String, Item>>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "_id")]
    id: Option<String>,
    status: u16,
    error: Option<Value>,
}

/// Why an answer to a bulk request says nothing about the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unclear {
    /// It is not the answer to a bulk request.
    NoAnswer,
    /// It is about other documents than were sent.
    Other(String),
}

/// What an answer with status 200 complains of, document by document. It is a success as a whole even if no document
/// was taken.
pub(super) fn read(answer: &str, sent: &[Entry]) -> Result<Vec<Option<Problem>>, Unclear> {
    let BulkAnswer { items } = serde_json::from_str(answer).map_err(|_| Unclear::NoAnswer)?;
    let items: Vec<Item> = items.into_iter().flat_map(BTreeMap::into_values).collect();
    if items.len() != sent.len() {
        return Err(Unclear::Other(format!("the answer is about {} of {} documents", items.len(), sent.len())));
    }
    // A document that was not taken may be named without its id.
    if items.iter().zip(sent).any(|(item, entry)| item.id.as_ref().is_some_and(|id| *id != entry.id)) {
        return Err(Unclear::Other("the answer is about other documents".to_owned()));
    }
    Ok(items
        .into_iter()
        .map(|item| match item.error {
            None if (200..300).contains(&item.status) => None,
            error => Some(Problem::of_error(item.status, &error.unwrap_or_default())),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, size: usize) -> Document {
        let body = Map::from_iter([("text".to_owned(), "x".repeat(size).into())]);
        Document { id: id.into(), subject: format!("i-{id}"), body }
    }

    fn sizes(documents: Vec<Document>) -> Vec<usize> {
        chunks(documents).iter().map(Vec::len).collect()
    }

    #[test]
    fn requests_hold_so_many_documents() {
        let many = |n: usize| (0..n).map(|i| document(&i.to_string(), 10)).collect();
        assert_eq!(sizes(many(0)), [0; 0]);
        assert_eq!(sizes(many(1_000)), [1_000]);
        assert_eq!(sizes(many(2_001)), [1_000, 1_000, 1]);
    }

    #[test]
    fn requests_are_so_large_and_lose_nothing() {
        let two = 2 * 1024 * 1024;
        let documents: Vec<_> = [two, two, two, 9 * 1024 * 1024, 10].iter().map(|size| document("a", *size)).collect();
        assert_eq!(sizes(documents.clone()), [2, 1, 1, 1]);
        let bodies = bodies(documents.clone());
        assert!([0, 1, 3].iter().all(|i| bodies[*i].len() <= LARGEST_BODY));
        assert_eq!(bodies.concat(), documents.into_iter().map(|d| Entry::from(d).lines).collect::<String>());
    }

    #[test]
    fn a_text_with_line_breaks_is_one_line() {
        let body = Map::from_iter([("reason".to_owned(), "a\nb\u{2028}".into())]);
        let entry = Entry::from(Document { id: "a\"\n".into(), subject: String::new(), body });
        assert_eq!(entry.lines.matches('\n').count(), 2);
        assert!(entry.lines.ends_with('\n'));
    }

    #[test]
    fn every_item_is_looked_at() {
        let sent: Vec<Entry> = ["a", "b", "c"].iter().map(|id| document(id, 1).into()).collect();
        let answer = |items: Value| json!({ "errors": false, "items": items }).to_string();
        let item = |id: &str, status: u16| json!({ "index": { "_id": id, "status": status } });
        let problems = read(&answer(json!([item("a", 201), item("b", 200), item("c", 503)])), &sent).unwrap();
        assert_eq!(problems.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true]);

        for items in [
            json!([]),
            json!([item("a", 201), item("b", 200)]),
            json!([item("a", 201), item("c", 200), item("b", 200)]),
        ] {
            assert!(matches!(read(&answer(items.clone()), &sent), Err(Unclear::Other(_))), "{items}");
        }
        for answer in ["", "<html>", "{}", "[]", r#"{"items":[{"index":{}}]}"#] {
            assert_eq!(read(answer, &sent), Err(Unclear::NoAnswer), "{answer}");
        }
    }
}
