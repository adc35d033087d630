//! The store against `osmem-server`, an OpenSearch in memory. It is a double, not OpenSearch itself: it knows
//! templates, mappings, bulk requests and sorted searches, but neither logins nor shards, and makes every index that is
//! written to.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use notifier::{
    PartResult, RetryPolicy,
    search::{Change, Document, Login, SearchError, SearchIndex, Setup},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::search::{document, index_at};

/// Ends with the test: the server watches its standard input.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "where the tools of the tests are is told by the environment")]
    fn start() -> Self {
        let tools = std::env::var("SLEUTH_TOOLS").unwrap_or_else(|_| {
            panic!("SLEUTH_TOOLS is not set: run scripts/test, or `export SLEUTH_TOOLS=$(scripts/tools)`")
        });
        let where_it_is = "import osmem_server; print(osmem_server.resolve_binary(), end='')";
        let found = Command::new(Path::new(&tools).join("bin/python")).args(["-c", where_it_is]).output().unwrap();
        let binary = String::from_utf8(found.stdout).unwrap();
        let mut process = Command::new(binary).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        Self { process, url: ready["url"].as_str().unwrap().to_owned() }
    }

    fn index(&self) -> SearchIndex {
        index_at(&self.url, Login::None, patient())
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let request =
            reqwest::Client::new().request(method.parse().unwrap(), format!("{}{path}", self.url)).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn count(&self) -> u64 {
        self.ask("POST", "/aws-audits/_refresh", json!({})).await;
        self.ask("POST", "/aws-audits/_count", json!({})).await["count"].as_u64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A policy that waits for a server on a busy machine.
fn patient() -> RetryPolicy {
    RetryPolicy { timeout: Duration::from_secs(4), first_wait: Duration::from_millis(10), ..RetryPolicy::default() }
}

fn violator(id: &str, time: &str, more: &Value) -> Document {
    let mut document =
        document(id, json!({ "@timestamp": time, "kind": "aws_tag_violator", "id": id, "applied": true }));
    document.body.extend(more.as_object().unwrap().clone());
    document
}

/// How the fields of a summary's violators are indexed.
fn types_of_violators(fields: &Value) -> [&str; 5] {
    ["id", "tags", "region", "state", "age"]
        .map(|field| fields["violators"]["properties"][field]["type"].as_str().unwrap_or_default())
}

const NOON: &str = "2026-01-01T12:00:00Z";

#[tokio::test]
async fn setup_makes_template_and_index_once() {
    let server = Server::start();
    let index = server.index();
    let created = Setup { template: Change::Created, index: Change::Created };
    assert_eq!(index.setup(None).await.unwrap(), created);
    let unchanged = Setup { template: Change::Unchanged, index: Change::Unchanged };
    assert_eq!(index.setup(None).await.unwrap(), unchanged);

    let more = json!({ "tags": ["Name=2026-01-01"], "reason": "no owner", "unknown": "2026-01-01", "age": 7 });
    let instance = json!({ "id": "i-1", "tags": ["Name=a"], "region": "eu-west-1", "state": "running", "age": 7 });
    let summary = document("summary", json!({ "kind": "aws_tag_audit", "violators": [instance, instance] }));
    let parts = index.write("audit", vec![violator("i-1", NOON, &more), summary], None).await;
    assert_eq!((parts.len(), &parts[0].result), (1, &PartResult::Delivered));
    server.ask("PUT", "/aws-audits-2027/_doc/1", json!({ "state": "running" })).await;
    for name in ["aws-audits", "aws-audits-2027"] {
        let fields = &server.ask("GET", &format!("/{name}/_mapping"), json!({})).await[name]["mappings"]["properties"];
        let kinds = ["@timestamp", "tags", "age", "applied", "state", "uid"].map(|field| fields[field]["type"].clone());
        assert_eq!(kinds, ["date", "keyword", "long", "boolean", "keyword", "keyword"], "{name}");
    }
    let fields = &server.ask("GET", "/aws-audits/_mapping", json!({})).await["aws-audits"]["mappings"]["properties"];
    assert_eq!(fields["unknown"]["type"], "keyword", "a text that looks like a date is no date");
    assert_eq!(types_of_violators(fields), ["keyword", "keyword", "keyword", "keyword", "long"]);
}

#[tokio::test]
async fn setup_brings_what_is_there_up_to_date() {
    let server = Server::start();
    server.ask("PUT", "/_index_template/sleuth-aws-audits", json!({ "index_patterns": ["aws-audits"] })).await;
    // Behind an alias there may be several, of which each lacks something else.
    for (name, violator) in [
        ("first", json!({ "id": { "type": "keyword" }, "age": { "type": "double" } })),
        ("second", json!({ "state": { "type": "keyword" }, "age": { "type": "double" } })),
    ] {
        let fields = json!({ "violator_count": { "type": "long" }, "violators": { "properties": violator } });
        let index = json!({ "aliases": { "aws-audits": {} }, "mappings": { "properties": fields } });
        server.ask("PUT", &format!("/{name}"), index).await;
    }
    let updated = Setup { template: Change::Updated, index: Change::Updated };
    let index = server.index();
    assert_eq!(index.setup(None).await.unwrap(), updated);
    let unchanged = Setup { template: Change::Unchanged, index: Change::Unchanged };
    assert_eq!(index.setup(None).await.unwrap(), unchanged);
    for name in ["first", "second"] {
        let fields = &server.ask("GET", &format!("/{name}/_mapping"), json!({})).await[name]["mappings"]["properties"];
        assert_eq!(types_of_violators(fields), ["keyword", "keyword", "keyword", "keyword", "double"], "{name}");
    }
}

#[tokio::test]
async fn an_index_with_fields_of_other_types_is_an_error() {
    let server = Server::start();
    server
        .ask("PUT", "/aws-audits/_doc/1", json!({ "account": "some text", "violators": [{ "id": "i-1", "age": 7 }] }))
        .await;
    let error = server.index().setup(None).await.unwrap_err();
    let SearchError::OtherTypes { index, fields } = error else { panic!("{error}") };
    assert_eq!(index, "aws-audits");
    assert_eq!(fields, ["account: text instead of keyword", "violators.id: text instead of keyword"]);
}

#[tokio::test]
async fn check_says_what_setup_would_do_and_does_nothing() {
    let server = Server::start();
    let index = server.index();
    index.reach(None).await.unwrap();
    let created = Setup { template: Change::Created, index: Change::Created };
    for _ in 0..2 {
        assert_eq!(index.check(None).await.unwrap(), created);
    }
    assert_eq!(index.setup(None).await.unwrap(), created);
    let unchanged = Setup { template: Change::Unchanged, index: Change::Unchanged };
    assert_eq!(index.check(None).await.unwrap(), unchanged);
    index.reach(None).await.unwrap();

    // Made by another version.
    server.ask("PUT", "/_index_template/sleuth-aws-audits", json!({ "index_patterns": ["aws-audits"] })).await;
    let updated = Setup { template: Change::Updated, index: Change::Unchanged };
    for _ in 0..2 {
        assert_eq!(index.check(None).await.unwrap(), updated);
    }
}

#[tokio::test]
async fn check_names_fields_of_other_types_and_lacking_ones() {
    let server = Server::start();
    server.ask("PUT", "/aws-audits", json!({ "mappings": { "properties": { "run": { "type": "keyword" } } } })).await;
    let lacking = Setup { template: Change::Created, index: Change::Updated };
    assert_eq!(server.index().check(None).await.unwrap(), lacking);
    server.ask("PUT", "/aws-audits/_mapping", json!({ "properties": { "account": { "type": "text" } } })).await;
    let error = server.index().check(None).await.unwrap_err();
    assert!(matches!(&error, SearchError::OtherTypes { fields, .. } if fields.len() == 1), "{error}");
}

#[tokio::test]
async fn a_task_of_its_own_can_set_up_write_and_find() {
    let server = Server::start();
    let index = server.index();
    let task = async move {
        index.setup(None).await.unwrap();
        let parts = index.write("audit", vec![violator("i-1", NOON, &json!({}))], None).await;
        let day = "2026-01-01T00:00:00Z".parse().unwrap().."2026-01-02T00:00:00Z".parse().unwrap();
        index.find_applied(&["aws_tag_violator"], day, None).await.unwrap();
        parts
    };
    assert_eq!(tokio::spawn(task).await.unwrap()[0].result, PartResult::Delivered);
}

#[tokio::test]
async fn what_is_refused_is_reported_and_the_rest_is_there() {
    let server = Server::start();
    let index = server.index();
    index.setup(None).await.unwrap();
    let documents = || {
        let wrong = violator("i-2", NOON, &json!({ "age": "very old" }));
        vec![violator("i-1", NOON, &json!({})), wrong, violator("i-3", NOON, &json!({}))]
    };
    for attempt in ["first", "second"] {
        let parts = index.write("audit", documents(), None).await;
        assert_eq!((parts.len(), &parts[0].result), (2, &PartResult::Delivered), "{attempt}");
        let PartResult::Undelivered { reason, text } = &parts[1].result else { panic!("{parts:?}") };
        assert!(reason.contains("failed to parse field [age]") && reason.contains("i-i-2"), "{reason}");
        assert!(text.contains("very old"), "{text}");
        assert_eq!(server.count().await, 2, "{attempt}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_writes_once() {
    let server = Server::start();
    let (host, lost) = (server.url.trim_start_matches("http://").to_owned(), AtomicBool::new(false));
    // Passes requests on, but keeps the first answer for itself until nobody waits for it.
    let lossy = move |request: &Request| {
        let (body, mut answer) = (&request.body, String::new());
        let mut stream = TcpStream::connect(&host).unwrap();
        let (path, length) = (request.url.path(), body.len());
        let head =
            format!("POST {path} HTTP/1.0\r\nContent-Type: application/x-ndjson\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        stream.read_to_string(&mut answer).unwrap();
        let answer = ResponseTemplate::new(200).set_body_string(answer.split_once("\r\n\r\n").unwrap().1);
        if lost.swap(true, Ordering::Relaxed) { answer } else { answer.set_delay(Duration::from_secs(30)) }
    };
    let relay = MockServer::start().await;
    Mock::given(any()).respond_with(lossy).mount(&relay).await;

    let documents = vec![violator("i-1", NOON, &json!({})), violator("i-2", NOON, &json!({}))];
    let parts = index_at(&relay.uri(), Login::None, patient()).write("audit", documents, None).await;
    assert_eq!((parts.len(), &parts[0].result, parts[0].attempts), (1, &PartResult::Delivered, 2));
    let requests = relay.received_requests().await.unwrap();
    assert_eq!((requests.len(), &requests[0].body), (2, &requests[1].body));
    assert_eq!(server.count().await, 2);
}

#[tokio::test]
async fn what_was_done_in_a_day_is_found_page_by_page() {
    let server = Server::start();
    let index = server.index();
    let day = || "2026-01-01T00:00:00Z".parse().unwrap().."2026-01-02T00:00:00Z".parse().unwrap();
    let kinds = ["aws_tag_violator", "aws_key_finding"];
    assert!(matches!(index.find_applied(&kinds, day(), None).await, Err(SearchError::NoIndex(_))));
    index.setup(None).await.unwrap();

    let mut documents: Vec<_> = (0..2_000).rev().map(|i| violator(&format!("i-{i:04}"), NOON, &json!({}))).collect();
    documents.extend([
        violator("first", "2026-01-01T00:00:00Z", &json!({ "kind": "aws_key_finding" })),
        violator("before", "2025-12-31T23:59:59.999Z", &json!({})),
        violator("after", "2026-01-02T00:00:00Z", &json!({})),
        violator("not done", NOON, &json!({ "applied": false })),
        violator("summary", NOON, &json!({ "kind": "aws_tag_audit" })),
        violator("sum", "2026-01-01T23:59:59Z", &json!({ "kind": "aws_key_finding", "violators": [{ "id": "i-1" }] })),
    ]);
    assert!(index.write("audit", documents, None).await.iter().all(|part| part.result == PartResult::Delivered));

    let found = index.find_applied(&kinds, day(), None).await.unwrap();
    assert!(found.iter().all(|document| document.contains_key("uid") && !document.contains_key("violators")));
    let found: Vec<_> = found.iter().map(|document| document["id"].as_str().unwrap()).collect();
    let expected = std::iter::once("first".to_owned()).chain((0..2_000).map(|i| format!("i-{i:04}")));
    assert_eq!(found, expected.chain(["sum".to_owned()]).collect::<Vec<_>>());
}
