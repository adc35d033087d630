//! The store against servers on this machine that answer in every way OpenSearch is known to.

use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use notifier::{
    DeliveryReport, PartDelivery, PartResult, RetryPolicy,
    search::{Document, IndexName, Login, SearchError, SearchIndex, SearchUrl, Service, bodies, template},
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::{answering, impatient};

pub(crate) fn index_at(address: &str, login: Login, policy: RetryPolicy) -> SearchIndex {
    let name = IndexName::parse("aws-audits").unwrap();
    SearchIndex::new(SearchUrl::parse(address).unwrap(), login, name, policy).unwrap()
}

fn index(server: &MockServer, login: Login) -> SearchIndex {
    index_at(&server.uri(), login, impatient())
}

pub(crate) fn document(id: &str, body: Value) -> Document {
    let Value::Object(body) = body else { panic!("no object: {body}") };
    Document { id: id.into(), subject: format!("i-{id}"), body }
}

fn documents(ids: &[&str]) -> Vec<Document> {
    ids.iter().map(|id| document(id, json!({ "kind": "aws_tag_violator" }))).collect()
}

async fn write(server: &MockServer, ids: &[&str]) -> Vec<PartDelivery> {
    index(server, Login::None).write("audit", documents(ids), None).await
}

fn basic() -> Login {
    Login::Basic { user: "sleuth".into(), password: "hush-hush".into() }
}

fn signed(service: Option<Service>) -> Login {
    let credentials = Credentials::new("AKIDEXAMPLE", "hush-hush", Some("hush-token".into()), None, "test");
    let credentials = SharedCredentialsProvider::new(credentials);
    let sdk = SdkConfig::builder().credentials_provider(credentials).region(Region::new("eu-west-1")).build();
    Login::SigV4 { sdk: Box::new(sdk), service }
}

fn taken(id: &str) -> Value {
    json!({ "index": { "_index": "aws-audits", "_id": id, "status": 201 } })
}

fn refused(id: &str, status: u16, kind: &str, reason: &str) -> Value {
    json!({ "index": { "_id": id, "status": status, "error": { "type": kind, "reason": reason } } })
}

fn answer(items: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "took": 1, "errors": true, "items": items }))
}

fn error(status: u16, kind: &str, reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({ "error": { "type": kind, "reason": reason }, "status": status }))
}

/// The ids in a bulk request.
fn ids(request: &Request) -> Vec<String> {
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.ends_with('\n'), "{body}");
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["index"]["_id"].as_str().map(str::to_owned);
    body.lines().step_by(2).map(|line| id(line).unwrap()).collect()
}

async fn requests(server: &MockServer) -> Vec<Vec<String>> {
    server.received_requests().await.unwrap().iter().map(ids).collect()
}

/// Why a part was not written, and what it held.
fn undelivered(part: &PartDelivery) -> (&str, &str) {
    match &part.result {
        PartResult::Undelivered { reason, text } => (reason, text),
        _ => panic!("was delivered: {part:?}"),
    }
}

#[test]
fn body_of_a_bulk_request() {
    let violator = json!({ "kind": "aws_tag_violator", "tags": ["Name=a \"b\""], "applied": true, "age": 5 });
    insta::assert_snapshot!(bodies(vec![document("run/i-1", violator), document("run/i-2", json!({}))]).concat());
}

#[test]
fn index_template() {
    insta::assert_json_snapshot!(template(&IndexName::parse("aws-audits").unwrap()));
}

/// What was asked for beside the documents, request by request.
async fn queries(server: &MockServer) -> Vec<Option<String>> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| request.url.query().map(str::to_owned)).collect()
}

#[tokio::test]
async fn the_last_request_waits_until_a_search_finds_everything() {
    let waits = || Some("refresh=wait_for".to_owned());
    let everything = |request: &Request| answer(&ids(request).iter().map(|id| taken(id)).collect::<Vec<_>>());
    for (login, expected) in [
        (Login::None, [None, waits()]),
        (signed(None), [None, waits()]),
        (signed(Some(Service::Serverless)), [None, None]),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(everything).mount(&server).await;
        let many: Vec<String> = (0..1_001).map(|i| i.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let parts = index(&server, login).write("audit", documents(&many), None).await;
        assert!(parts.iter().all(|part| part.result == PartResult::Delivered), "{parts:?}");
        assert_eq!(queries(&server).await, expected);
    }

    // What is sent again waits, too, unless it was the wait that took too long.
    let busy = || answer(&[refused("a", 429, "es_rejected_execution_exception", "queue is full")]);
    let late = || ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    for (first, expected) in
        [(busy(), [waits(), waits()]), (late(), [waits(), None]), (ResponseTemplate::new(504), [waits(), None])]
    {
        let server = answering(vec![first, answer(&[taken("a")])]).await;
        assert_eq!(write(&server, &["a"]).await[0].result, PartResult::Delivered);
        assert_eq!(queries(&server).await, expected);
    }
}

#[tokio::test]
async fn only_what_was_refused_for_now_is_sent_again() {
    let busy = "es_rejected_execution_exception";
    let first = answer(&[
        taken("a"),
        refused("b", 429, busy, "queue is full"),
        refused("c", 400, "mapper_parsing_exception", "failed to parse field [age]"),
        refused("d", 503, "unavailable_shards_exception", "no primary"),
    ]);
    let server =
        answering(vec![first, answer(&[taken("b"), refused("d", 403, busy, "")]), answer(&[taken("d")])]).await;
    let parts = write(&server, &["a", "b", "c", "d"]).await;
    assert_eq!(requests(&server).await, [vec!["a", "b", "c", "d"], vec!["b", "d"], vec!["d"]]);

    let numbers: Vec<_> = parts.iter().map(|part| (part.channel, part.part, part.of, part.attempts)).collect();
    assert_eq!(numbers, [("search", 1, 2, 3), ("search", 2, 2, 3)]);
    assert_eq!(parts[0].result, PartResult::Delivered);
    let (reason, text) = undelivered(&parts[1]);
    assert_eq!(
        reason,
        "1 document not written: HTTP 400, `mapper_parsing_exception`: failed to parse field [age] (i-c)"
    );
    assert_eq!(text, bodies(documents(&["c"])).concat());
    assert!(DeliveryReport { parts }.told().is_empty(), "a store tells nobody");
}

#[tokio::test]
async fn many_refusals_are_named_briefly_and_kept_whole_while_they_are_small() {
    let ids: Vec<String> = (0..1_001).map(|i| i.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let refusals = ids[..1_000].iter().map(|id| refused(id, 400, "mapper_parsing_exception", &"x".repeat(10_000)));
    let server = answering(vec![answer(&refusals.collect::<Vec<_>>()), answer(&[taken("1000")])]).await;
    let parts = write(&server, &ids).await;
    let (reason, text) = undelivered(&parts[0]);
    assert!(reason.len() < 500 && reason.contains("1000 documents") && reason.contains("and 997 more"), "{reason}");
    assert_eq!(text.lines().count(), 2_000);
    assert_eq!(parts[1].result, PartResult::Delivered, "what is refused does not stop the next request");
}

#[tokio::test]
async fn of_large_documents_that_are_refused_as_many_are_kept_as_a_log_line_can_hold() {
    let large = |id: &str| document(id, json!({ "text": "ü".repeat(20_000) }));
    let ids = ["a", "b", "c", "d"];
    let refusals: Vec<Value> = ids.iter().map(|id| refused(id, 400, "mapper_parsing_exception", "no")).collect();
    let server = answering(vec![answer(&refusals)]).await;
    let parts = index(&server, Login::None).write("audit", ids.map(large).to_vec(), None).await;
    let (reason, text) = undelivered(&parts[0]);
    let expected = "4 documents not written: HTTP 400, `mapper_parsing_exception`: no (i-a, i-b, i-c and 1 more); \
                    the text lacks 2 of them";
    assert_eq!(reason, expected);
    assert_eq!(text, bodies(ids[..2].iter().map(|id| large(id)).collect()).concat());

    let server = answering(vec![answer(&refusals[..1])]).await;
    let huge = document("a", json!({ "text": "x".repeat(200_000) }));
    let parts = index(&server, Login::None).write("audit", vec![huge], None).await;
    let (reason, text) = undelivered(&parts[0]);
    assert!(reason.ends_with("(i-a); the text lacks 1 of them") && text.is_empty(), "{reason}");
}

#[tokio::test]
async fn answer_that_leaves_out_documents_is_not_believed() {
    let server = answering(vec![answer(&[taken("a")]), answer(&[taken("a"), taken("b")])]).await;
    let parts = write(&server, &["a", "b"]).await;
    assert_eq!((parts.len(), parts[0].attempts), (1, 2));

    let server = answering(vec![answer(&[taken("a")])]).await;
    let parts = write(&server, &["a", "b"]).await;
    let (reason, text) = undelivered(&parts[0]);
    assert!(reason.contains("the answer is about 1 of 2 documents") && reason.contains("gave up"), "{reason}");
    assert_eq!(text, bodies(documents(&["a", "b"])).concat());
}

#[tokio::test]
async fn what_no_document_would_escape_ends_it_and_says_what_to_do() {
    let denied = error(403, "security_exception", "no permissions for [indices:data/write/bulk]");
    let from_aws =
        ResponseTemplate::new(403).set_body_json(json!({ "message": "bad signature\n\nx-amz-token:hush-token" }));
    let no_index = "no such index [aws-audits]";
    for (login, first, said) in [
        (basic(), ResponseTemplate::new(401), "SEARCH_USER, SEARCH_PASSWORD"),
        (basic(), denied.clone(), "no permissions for [indices:data/write/bulk]; check SEARCH_USER"),
        (Login::None, ResponseTemplate::new(401), "it wants a login"),
        (signed(None), from_aws.clone(), "bad signature; check the role's policy (es:ESHttp*), and the domain's"),
        (signed(Some(Service::Serverless)), from_aws, "the collection's data access policy"),
        (Login::None, error(404, "index_not_found_exception", no_index), "run `sleuth search setup`"),
        (Login::None, ResponseTemplate::new(404).set_body_string("not here"), "is the address that of OpenSearch?"),
        (Login::None, ResponseTemplate::new(200).set_body_string("<html>Log in</html>"), "not an answer of OpenSearch"),
        (Login::None, error(403, "cluster_block_exception", "index read-only"), "is its disk full?"),
    ] {
        let server = answering(vec![first]).await;
        let many: Vec<String> = (0..1_001).map(|i| i.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let parts = index(&server, login).write("audit", documents(&many), None).await;
        let (reason, _) = undelivered(&parts[0]);
        assert!(reason.contains(said) && !reason.contains("hush"), "{said}: {reason}");
        let (reason, text) = undelivered(&parts[1]);
        assert!(reason.contains("not tried, because an earlier part failed"), "{reason}");
        assert_eq!((parts[1].attempts, text.lines().count()), (0, 2));
        assert_eq!(requests(&server).await.len(), 1, "{said}");
    }
}

#[tokio::test]
async fn items_can_say_that_there_is_no_index_or_no_ids() {
    for (kind, problem, said) in [
        ("index_not_found_exception", "no such index", "run `sleuth search setup`"),
        ("illegal_argument_exception", "Document ID is not supported in create/index operation request", "type search"),
    ] {
        let server = answering(vec![answer(&[taken("a"), refused("b", 400, kind, problem)])]).await;
        let parts = write(&server, &["a", "b"]).await;
        assert_eq!(parts[0].result, PartResult::Delivered);
        assert!(undelivered(&parts[1]).0.contains(said), "{parts:?}");
        assert_eq!(requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_too_large_is_sent_in_halves() {
    let server = MockServer::start().await;
    let picky = |request: &Request| {
        let ids = ids(request);
        if ids.len() > 2 || ids.contains(&"huge".to_owned()) {
            return ResponseTemplate::new(413).set_body_string("Request size exceeded 10485760 bytes");
        }
        answer(&ids.iter().map(|id| taken(id)).collect::<Vec<_>>())
    };
    Mock::given(any()).respond_with(picky).mount(&server).await;
    let parts = write(&server, &["a", "b", "huge", "d", "e"]).await;
    let expected = [vec!["a", "b", "huge", "d", "e"], vec!["a", "b"], vec!["huge", "d", "e"]];
    let expected: Vec<_> = expected.into_iter().chain([vec!["huge"], vec!["d", "e"]]).collect();
    assert_eq!(requests(&server).await, expected);
    let delivered: Vec<_> = parts.iter().map(|part| part.result == PartResult::Delivered).collect();
    assert_eq!(delivered, [true, false, true]);
    assert_eq!(parts.iter().map(|part| (part.part, part.of)).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3)]);
    assert!(undelivered(&parts[1]).0.contains("HTTP 413"));
}

#[tokio::test]
async fn a_server_that_hangs_is_left_at_the_end_of_the_run() {
    let server = answering(vec![ResponseTemplate::new(200).set_delay(Duration::from_secs(30))]).await;
    let index = index_at(&server.uri(), Login::None, RetryPolicy::default());
    let started = Instant::now();
    let until = Some(started + Duration::from_millis(300));
    let parts = index.write("audit", documents(&["a"]), until).await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(undelivered(&parts[0]).0.contains("the time of the run was over"), "{parts:?}");
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let elsewhere = answering(vec![answer(&[taken("a")])]).await;
    for status in [302, 307, 308] {
        let redirect = ResponseTemplate::new(status).insert_header("Location", elsewhere.uri().as_str());
        let server = answering(vec![redirect]).await;
        let parts = index(&server, basic()).write("audit", documents(&["a"]), None).await;
        assert!(undelivered(&parts[0]).0.contains("a redirect is not followed"), "{parts:?}");
    }
    assert_eq!(requests(&elsewhere).await.len(), 0);
}

#[tokio::test]
async fn name_and_password_are_sent_and_never_shown() {
    let server = answering(vec![ResponseTemplate::new(500)]).await;
    let index = index(&server, basic());
    let parts = index.write("audit", documents(&["a"]), None).await;
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["authorization"], "Basic c2xldXRoOmh1c2gtaHVzaA==");
    assert!(!format!("{index:?} {parts:?} {:?}", index.setup(None).await).contains("hush"));
}

#[tokio::test]
async fn requests_are_signed_for_domains_and_for_serverless() {
    for (service, name) in [(None, "es"), (Some(Service::Serverless), "aoss")] {
        let server = answering(vec![answer(&[taken("a")])]).await;
        let parts = index(&server, signed(service)).write("audit", documents(&["a"]), None).await;
        assert_eq!(parts[0].result, PartResult::Delivered);
        let request = &server.received_requests().await.unwrap()[0];
        let header = |name: &str| request.headers[name].to_str().unwrap();
        let scope = format!("/eu-west-1/{name}/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;");
        let authorization = header("authorization");
        assert!(authorization.contains(&scope), "{authorization}");
        assert!(authorization.contains(&format!("Credential=AKIDEXAMPLE/{}", &header("x-amz-date")[..8])));
        assert_eq!((header("x-amz-content-sha256").len(), header("x-amz-security-token")), (64, "hush-token"));
    }
}

fn page(hits: &[Value], timed_out: bool, failed: u64) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "took": 1, "timed_out": timed_out, "_shards": { "total": 5, "successful": 5 - failed, "failed": failed },
        "hits": { "hits": hits },
    }))
}

async fn find(server: &MockServer) -> Result<Vec<Map<String, Value>>, SearchError> {
    let time = "2026-01-01T00:00:00Z".parse().unwrap().."2026-01-02T00:00:00Z".parse().unwrap();
    index(server, Login::None).find_applied(&["aws_tag_violator"], time, None).await
}

#[tokio::test]
async fn results_that_may_be_incomplete_are_an_error() {
    let hit = json!({ "_source": { "id": "i-1" }, "sort": [1, "a"] });
    let server = answering(vec![ResponseTemplate::new(503), page(std::slice::from_ref(&hit), false, 0)]).await;
    assert_eq!(find(&server).await.unwrap()[0]["id"], "i-1");
    for (incomplete, said) in [
        (page(std::slice::from_ref(&hit), true, 0), "ran out of time"),
        (page(std::slice::from_ref(&hit), false, 1), "1 of 5 shards failed"),
        (ResponseTemplate::new(200).set_body_json(json!({ "hits": { "hits": [] } })), "cannot be understood"),
        (error(404, "index_not_found_exception", "no such index"), "there is no index aws-audits"),
        (error(401, "security_exception", "who?"), "it wants a login"),
    ] {
        let error = find(&answering(vec![incomplete]).await).await.unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[tokio::test]
async fn a_second_page_that_fails_is_an_error() {
    let full: Vec<Value> = (0..1_000).map(|i| json!({ "_source": { "i": i }, "sort": [1, i.to_string()] })).collect();
    let server = answering(vec![page(&full, false, 0), page(&[], false, 2)]).await;
    assert!(matches!(find(&server).await, Err(SearchError::Incomplete(_))));
    let second: Value = server.received_requests().await.unwrap()[1].body_json().unwrap();
    assert_eq!(second["search_after"], json!([1, "999"]));
}

#[tokio::test]
async fn check_only_reads_and_reach_only_searches() {
    let none = error(404, "index_not_found_exception", "no such index");
    let server =
        answering(vec![ResponseTemplate::new(404).set_body_json(json!({ "error": { "type": "x" } })), none]).await;
    let index = index(&server, Login::None);
    index.check(None).await.unwrap();
    index.reach(None).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let asked: Vec<_> = requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect();
    assert_eq!(
        asked,
        ["GET /_index_template/sleuth-aws-audits", "GET /aws-audits/_mapping", "POST /aws-audits/_search"]
    );
}

#[tokio::test]
async fn denial_refusal_and_silence_are_told_apart() {
    type Is = fn(&SearchError) -> bool;
    let denied: Is = |error| matches!(error, SearchError::Denied(_));
    let failed: Is = |error| matches!(error, SearchError::Failed(_));
    let unavailable: Is = |error| matches!(error, SearchError::Unavailable(_));
    for (answer, is) in [
        (error(403, "security_exception", "no permissions for [indices:data/read/search]"), denied),
        (
            ResponseTemplate::new(403).set_body_json(json!({ "Message": "not authorized to perform: es:ESHttpPost" })),
            denied,
        ),
        (error(403, "cluster_block_exception", "index read-only"), failed),
        (error(401, "security_exception", "who?"), failed),
        (ResponseTemplate::new(404).set_body_string("not here"), failed),
        (ResponseTemplate::new(503), unavailable),
        (error(429, "circuit_breaking_exception", "too much"), unavailable),
    ] {
        let server = answering(vec![answer]).await;
        let index = index(&server, basic());
        for error in [index.reach(None).await.unwrap_err(), index.check(None).await.unwrap_err()] {
            assert!(is(&error) && !error.to_string().contains("hush"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn page_of_somebody_else_is_not_taken_for_an_index() {
    let server = answering(vec![ResponseTemplate::new(200).set_body_string("<html>Log in</html>")]).await;
    let index = index(&server, Login::None);
    assert!(matches!(index.reach(None).await, Err(SearchError::Unreadable(_))));
    assert!(matches!(index.check(None).await, Err(SearchError::Unreadable(_))));
}
