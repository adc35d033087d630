//! The Slack bot against a Web API on this machine. The answers have the form of the Web API's reference.

use std::time::{Duration, Instant};

use notifier::{
    Address, Channel, DeliveryReport, File, Line, Messages, Notification, Notifier, OwnerMessage, PartResult,
    RetryPolicy, SlackTarget,
    slack::{SlackBot, SlackChannel},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_partial_json, path, query_param},
};

use crate::{impatient, line, notification};

const CHANNEL: &str = "C024BE7LR";

fn bot_in(server: &MockServer, channel: &str, policy: RetryPolicy) -> SlackBot {
    let channel = SlackChannel::parse(channel).unwrap();
    SlackBot::new("xoxb-hush".to_owned().into(), channel, &format!("{}/api/", server.uri()), policy).unwrap()
}

/// Fails only where a server says so: this machine may be busy.
fn calm() -> RetryPolicy {
    RetryPolicy { timeout: Duration::from_secs(10), ..impatient() }
}

/// Sends, and sees to it that the token is nowhere in the report, and in every request to Slack's API but nowhere else.
async fn send(server: &MockServer, messages: &Messages) -> DeliveryReport {
    send_to(server, "#security", messages).await
}

async fn send_to(server: &MockServer, channel: &str, messages: &Messages) -> DeliveryReport {
    let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(server, channel, calm()))]);
    let report = notifier.send(messages, None).await;
    assert!(!format!("{report:?} {notifier:?}").contains("hush"));
    for request in server.received_requests().await.unwrap() {
        let token = request.headers.get("authorization").map(|value| value.to_str().unwrap());
        assert_eq!(token, request.url.path().starts_with("/api/").then_some("Bearer xoxb-hush"));
        assert!(!request.url.as_str().contains("hush") && !String::from_utf8_lossy(&request.body).contains("hush"));
    }
    report
}

fn ok(mut answer: Value) -> ResponseTemplate {
    answer["ok"] = true.into();
    ResponseTemplate::new(200).set_body_json(answer)
}

fn error(word: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": word}))
}

/// What is mounted first is answered first.
async fn posts_to(server: &MockServer, channel: &str, answer: ResponseTemplate) {
    Mock::given(path("/api/chat.postMessage"))
        .and(body_partial_json(json!({"channel": channel})))
        .respond_with(answer)
        .mount(server)
        .await;
}

async fn lookup(server: &MockServer, email: &str, answer: ResponseTemplate) {
    Mock::given(path("/api/users.lookupByEmail"))
        .and(query_param("email", email))
        .respond_with(answer)
        .mount(server)
        .await;
}

async fn profile(server: &MockServer, user: &str, deleted: bool) {
    Mock::given(path("/api/users.info"))
        .and(query_param("user", user))
        .respond_with(ok(json!({"user": {"id": user, "deleted": deleted}})))
        .mount(server)
        .await;
}

/// A workspace in which everything works that a test did not answer otherwise before.
async fn and_the_rest_works(server: &MockServer) {
    let posted = ok(json!({"channel": CHANNEL, "ts": "1503435956.000247"}));
    Mock::given(path("/api/chat.postMessage")).respond_with(posted).mount(server).await;
    let info = |request: &Request| {
        let id = request.url.query_pairs().find(|(key, _)| key == "user").unwrap().1.into_owned();
        ok(json!({"user": {"id": id, "deleted": false}}))
    };
    Mock::given(path("/api/users.info")).respond_with(info).mount(server).await;
}

async fn calls(server: &MockServer, method: &str) -> Vec<Request> {
    let requests = server.received_requests().await.unwrap();
    requests.into_iter().filter(|request| request.url.path().ends_with(method)).collect()
}

/// Every message that was tried: to whom, title, and the lines.
async fn posts(server: &MockServer) -> Vec<String> {
    let requests = calls(server, "/chat.postMessage").await;
    let shown = requests.iter().map(|request| {
        let body: Value = request.body_json().unwrap();
        let attachments = body["attachments"].as_array().unwrap();
        let lines: Vec<&str> = attachments[1..].iter().map(|attachment| attachment["text"].as_str().unwrap()).collect();
        format!(
            "{}: {}: {}",
            body["channel"].as_str().unwrap(),
            attachments[0]["title"].as_str().unwrap(),
            lines.join("|").replace('\n', "; ")
        )
    });
    shown.collect()
}

/// Channel, title and result of every part.
fn results(report: &DeliveryReport) -> Vec<String> {
    let shown = report.parts.iter().map(|part| {
        let result = match &part.result {
            PartResult::Delivered => "delivered".to_owned(),
            PartResult::Redirected { reason } => format!("redirected: {reason}"),
            PartResult::Undelivered { reason, text } => {
                assert!(!text.is_empty());
                format!("undelivered: {reason}")
            }
        };
        format!("{}, {}, {} tries, {result}", part.channel, part.title, part.attempts)
    });
    shown.collect()
}

fn finding(key: &str) -> Line {
    line(key, None, "somebody", &format!(" key {key} was disabled"))
}

fn titled(title: &str, keys: &[&str]) -> Notification {
    Notification {
        title: title.into(),
        instructions: String::new(),
        ..notification(keys.iter().map(|key| finding(key)).collect())
    }
}

fn owner(name: &str, slack: Option<&str>, keys: &[&str]) -> OwnerMessage {
    let to = Address { name: name.into(), slack: slack.and_then(SlackTarget::parse), email: None };
    OwnerMessage { to, notification: titled("Yours", keys) }
}

/// Findings for everybody, some of which have owners, and an overview.
fn messages(everyone: &[&str], owners: Vec<OwnerMessage>) -> Messages {
    let overview = Some(titled("Overview", &[""]));
    Messages { everyone: vec![titled("All", everyone)], owners, overview, file: None }
}

#[tokio::test]
async fn owners_are_told_by_themselves_and_the_channel_gets_the_rest() {
    let server = MockServer::start().await;
    let bob = ok(json!({"user": {"id": "U2", "deleted": false}}));
    lookup(&server, "bob@larkspur.example", bob).await;
    and_the_rest_works(&server).await;
    let owners = vec![owner("alice", Some("U1"), &["k1", "k2"]), owner("bob", Some("bob@larkspur.example"), &["k3"])];
    let report = send(&server, &messages(&["k1", "k2", "k3", "k4"], owners)).await;

    let mut sent = posts(&server).await;
    sent[..2].sort();
    assert_eq!(
        sent,
        [
            "U1: Yours: somebody key k1 was disabled; somebody key k2 was disabled",
            "U2: Yours: somebody key k3 was disabled",
            "#security: Overview: somebody key  was disabled",
            "#security: All: somebody key k4 was disabled",
        ]
    );
    assert_eq!(
        results(&report),
        [
            "slack_dm, Yours to alice, 1 tries, delivered",
            "slack_dm, Yours to bob, 1 tries, delivered",
            "slack_channel, Overview, 1 tries, delivered",
            "slack_channel, All, 1 tries, delivered",
        ]
    );
    for key in ["k1", "k2", "k3", "k4"] {
        assert_eq!(report.told()[key], Ok(()));
    }
}

#[tokio::test]
async fn messages_can_be_sent_by_a_task_of_its_own() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(&server, "#security", calm()))]);
    let messages = messages(&["k1"], vec![owner("alice", Some("U1"), &["k1"])]);
    let report = tokio::spawn(async move { notifier.send(&messages, None).await }).await.unwrap();
    assert_eq!((report.parts.len(), report.undelivered().count()), (2, 0));
}

#[tokio::test]
async fn message_is_as_documented() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    let owner = OwnerMessage {
        to: Address { name: "alice".into(), slack: SlackTarget::parse("U024BE7LH"), email: None },
        notification: notification(vec![line("k1", Some("U024BE7LH"), "alice", " key AKIA…AAAA was disabled")]),
    };
    send(&server, &Messages { owners: vec![owner], ..Messages::default() }).await;
    let request = &calls(&server, "/chat.postMessage").await[0];
    assert_eq!(request.headers["content-type"], "application/json; charset=utf-8");
    insta::assert_json_snapshot!(request.body_json::<Value>().unwrap());
}

#[tokio::test]
async fn nothing_left_for_the_channel_leaves_the_overview() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    let report = send(&server, &messages(&["k1"], vec![owner("alice", Some("U1"), &["k1"])])).await;
    assert_eq!(
        posts(&server).await,
        ["U1: Yours: somebody key k1 was disabled", "#security: Overview: somebody key  was disabled"]
    );
    assert_eq!(report.undelivered().count(), 0);
}

#[tokio::test]
async fn counts_alone_are_no_message_once_owners_were_told() {
    let alert = "No key was disabled: <30> keys";
    let alerting = |alert: &str, notification| Notification { alert: alert.into(), ..notification };
    let counted = alerting(alert, titled("All", &["k1", ""]));
    for (everyone, overview, expected) in [
        // Nothing is left but counts, and the overview says the alert.
        (counted.clone(), Some(alerting(alert, titled("Overview", &[""]))), None),
        (alerting("", counted.clone()), None, None),
        // Nobody else would see the alert.
        (counted.clone(), None, Some("All: somebody key  was disabled")),
        (counted.clone(), Some(titled("Overview", &[""])), Some("All: somebody key  was disabled")),
        // A line is left that is about somebody.
        (titled("All", &["k1", "k2", ""]), None, Some("All: somebody key k2 was disabled; somebody key  was disabled")),
        // Nothing was taken away.
        (titled("All", &[""]), None, Some("All: somebody key  was disabled")),
        (titled("All", &["k2", ""]), None, Some("All: somebody key k2 was disabled; somebody key  was disabled")),
    ] {
        let server = MockServer::start().await;
        and_the_rest_works(&server).await;
        let owners = vec![owner("alice", Some("U1"), &["k1"])];
        let overviews = overview.iter().map(|_| "Overview: somebody key  was disabled");
        let mut expected: Vec<String> = overviews.chain(expected).map(|post| format!("#security: {post}")).collect();
        expected.push("U1: Yours: somebody key k1 was disabled".to_owned());
        expected.sort();
        let report = send(&server, &Messages { everyone: vec![everyone], owners, overview, file: None }).await;
        let mut sent = posts(&server).await;
        sent.sort();
        assert_eq!(sent, expected);
        assert_eq!(report.undelivered().count(), 0);
        assert_eq!(report.told()["k1"], Ok(()));
    }
}

#[tokio::test]
async fn what_is_no_owners_does_not_wait_for_owners() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    let everyone = || vec![titled("Alarm", &["root"]), titled("All", &["k1", "k2"]), titled("Counts", &[""])];
    let owners = || vec![owner("alice", Some("U1"), &["k1", ""]), owner("team", Some("subteam-SAZ94GDB8"), &["k2"])];
    let calm = titled("Overview", &[""]);
    let alerting = Notification { alert: "No key was disabled: 30 keys".into(), ..calm.clone() };
    for (owners, overview, expected) in [
        (
            owners(),
            &calm,
            ["#security: Alarm", "#security: Counts", "U1: Yours", "#security: Overview", "#security: All"],
        ),
        (
            owners(),
            &alerting,
            ["#security: Alarm", "#security: Counts", "#security: Overview", "U1: Yours", "#security: All"],
        ),
    ] {
        server.reset().await;
        and_the_rest_works(&server).await;
        let overview = Some(overview.clone());
        let report = send(&server, &Messages { everyone: everyone(), owners, overview, file: None }).await;
        let sent = posts(&server).await;
        assert!(sent.iter().zip(expected).all(|(sent, start)| sent.starts_with(start)), "{sent:?}");
        assert_eq!((sent.len(), sent[4].contains("k2"), sent[4].contains("k1")), (5, true, false), "{sent:?}");
        assert_eq!((report.parts.len(), report.undelivered().count()), (5, 0));
        assert_eq!(report.told()["root"], Ok(()));
    }

    // Where nobody is told before, the overview comes first.
    server.reset().await;
    and_the_rest_works(&server).await;
    let overview = Some(alerting);
    send(&server, &Messages { everyone: everyone(), owners: Vec::new(), overview, file: None }).await;
    let sent = posts(&server).await;
    assert!(sent[0].starts_with("#security: Overview") && sent[1].starts_with("#security: Alarm"), "{sent:?}");
}

#[tokio::test]
async fn the_channel_has_one_time_for_retries_and_one_pace() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    let everyone = vec![titled("Alarm", &["root"]), titled("All", &["k1"])];
    let messages = Messages { everyone, owners: vec![owner("team", None, &["k1"])], overview: None, file: None };
    let send = async |server: &MockServer, policy| {
        let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(server, "#security", policy))]);
        let started = Instant::now();
        (notifier.send(&messages, None).await, started.elapsed())
    };
    let pace = Duration::from_millis(300);
    let (report, took) = send(&server, RetryPolicy { pace, ..calm() }).await;
    assert!(report.undelivered().count() == 0 && took >= pace, "{took:?}");

    server.reset().await;
    posts_to(&server, "#security", ResponseTemplate::new(503)).await;
    let (wait, budget) = (Duration::from_millis(200), Duration::from_millis(500));
    let policy = RetryPolicy { budget, first_wait: wait, longest_wait: wait, ..calm() };
    let (report, took) = send(&server, policy).await;
    assert!(report.parts[0].attempts > 1, "{report:?}");
    assert_eq!((report.undelivered().count(), report.parts[1].attempts), (2, 1), "{took:?}");
}

#[tokio::test]
async fn one_person_under_two_names_gets_everything_and_each_address_is_looked_up_once() {
    let server = MockServer::start().await;
    lookup(&server, "alice@larkspur.example", ok(json!({"user": {"id": "U1"}}))).await;
    and_the_rest_works(&server).await;
    let email = Some("alice@larkspur.example");
    let owners = vec![owner("alice", Some("U1"), &["k1"]), owner("alice", email, &["k2"]), owner("ci", email, &["k3"])];
    let report = send(&server, &messages(&["k1", "k2", "k3"], owners)).await;

    assert_eq!(calls(&server, "/users.lookupByEmail").await.len(), 1);
    let sent = posts(&server).await;
    assert_eq!(sent.iter().filter(|post| post.starts_with("U1: Yours")).count(), 3, "{sent:?}");
    assert_eq!(sent.len(), 4, "{sent:?}");
    assert_eq!(results(&report)[2], "slack_dm, Yours to ci, 1 tries, delivered");
}

#[tokio::test]
async fn groups_and_people_without_a_tag_stay_in_the_channel() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    // What two own is told to both, or to all.
    let owners = vec![
        owner("team", Some("subteam-SAZ94GDB8"), &["k1", "k3"]),
        owner("bob", None, &["k2"]),
        owner("alice", Some("U1"), &["k3"]),
    ];
    let report = send(&server, &messages(&["k1", "k2", "k3"], owners)).await;
    let all =
        "#security: All: somebody key k1 was disabled; somebody key k2 was disabled; somebody key k3 was disabled";
    assert_eq!(posts(&server).await[2], all);
    assert_eq!(report.parts.len(), 3);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let server = MockServer::start().await;
    let limited = || ResponseTemplate::new(429).insert_header("Retry-After", "1");
    Mock::given(path("/api/users.lookupByEmail")).respond_with(limited()).up_to_n_times(1).mount(&server).await;
    lookup(&server, "alice@larkspur.example", ok(json!({"user": {"id": "U1"}}))).await;
    for answer in [limited(), error("ratelimited"), error("internal_error")] {
        Mock::given(path("/api/chat.postMessage")).respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    and_the_rest_works(&server).await;
    let started = Instant::now();
    let owners = vec![owner("alice", Some("alice@larkspur.example"), &["k1"])];
    // Two waits of a second are more than what `calm` waits for.
    let policy = RetryPolicy { budget: Duration::from_secs(5), ..calm() };
    let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(&server, "#security", policy))]);
    let report = notifier.send(&messages(&["k1"], owners), None).await;
    assert!(started.elapsed() >= Duration::from_secs(2));
    assert_eq!(results(&report)[0], "slack_dm, Yours to alice, 4 tries, delivered");
    assert_eq!(calls(&server, "/users.lookupByEmail").await.len(), 2);
}

#[tokio::test]
async fn who_cannot_be_reached_is_told_in_the_channel() {
    let server = MockServer::start().await;
    posts_to(&server, "U1", error("channel_not_found")).await;
    lookup(&server, "gone@larkspur.example", error("users_not_found")).await;
    lookup(&server, "left@larkspur.example", ok(json!({"user": {"id": "U3", "deleted": true}}))).await;
    profile(&server, "U4", true).await;
    and_the_rest_works(&server).await;
    let owners = vec![
        owner("alice", Some("U1"), &["k1"]),
        owner("gone", Some("gone@larkspur.example"), &["k2"]),
        owner("left", Some("left@larkspur.example"), &["k3"]),
        owner("dora", Some("U4"), &["k4"]),
        owner("erin", Some("U5"), &["k5"]),
    ];
    let report = send(&server, &messages(&["k1", "k2", "k3", "k4", "k5"], owners)).await;
    assert_eq!(
        results(&report)[..5],
        [
            "slack_dm, Yours to alice, 1 tries, redirected: channel_not_found",
            "slack_dm, Yours to gone, 0 tries, redirected: users_not_found",
            "slack_dm, Yours to left, 0 tries, redirected: the account is deactivated",
            "slack_dm, Yours to dora, 0 tries, redirected: the account is deactivated",
            "slack_dm, Yours to erin, 1 tries, delivered",
        ]
    );
    let all = posts(&server).await.pop().unwrap();
    for (key, stays) in [("k1", true), ("k2", true), ("k3", true), ("k4", true), ("k5", false)] {
        assert_eq!(all.contains(key), stays, "{all}");
        assert_eq!(report.told()[key], Ok(()));
    }
    assert_eq!(report.undelivered().count(), 0);
}

#[tokio::test]
async fn without_the_scope_to_see_who_has_left_owners_are_told_and_the_channel_too() {
    let server = MockServer::start().await;
    let missing = json!({"ok": false, "error": "missing_scope", "needed": "users:read"});
    Mock::given(path("/api/users.info"))
        .respond_with(ResponseTemplate::new(200).set_body_json(missing))
        .mount(&server)
        .await;
    and_the_rest_works(&server).await;
    let owners: Vec<OwnerMessage> = (0..30).map(|i| owner("x", Some(&format!("U{i}")), &[&i.to_string()])).collect();
    let everyone: Vec<String> = (0..30).map(|i| i.to_string()).collect();
    let everyone: Vec<&str> = everyone.iter().map(String::as_str).collect();
    let report = send(&server, &messages(&everyone, owners)).await;
    assert_eq!((report.parts.len(), report.undelivered().count()), (32, 0));
    assert!(calls(&server, "/users.info").await.len() <= 8, "those that were under way");
    let all = posts(&server).await.pop().unwrap();
    assert!(everyone.iter().all(|key| all.contains(&format!("key {key} was"))), "{all}");
}

#[tokio::test]
async fn who_could_not_be_checked_is_told_and_stays_in_the_channel() {
    let server = MockServer::start().await;
    profile(&server, "U1", false).await;
    let info = |user: &str| Mock::given(path("/api/users.info")).and(query_param("user", user.to_owned()));
    let limited = ResponseTemplate::new(429).insert_header("Retry-After", "1");
    info("U2").respond_with(limited).up_to_n_times(1).mount(&server).await;
    info("U3").respond_with(ResponseTemplate::new(503)).mount(&server).await;
    info("U4").respond_with(ok(json!({})).set_delay(Duration::from_secs(30))).mount(&server).await;
    and_the_rest_works(&server).await;
    let owners = [("U1", "k1"), ("U2", "k2"), ("U3", "k3"), ("U4", "k4")];
    let owners = owners.iter().map(|(user, key)| owner("x", Some(user), &[key])).collect();
    // A quarter of the time is for this question.
    let policy = RetryPolicy { timeout: Duration::from_secs(3), budget: Duration::from_secs(8), ..calm() };
    let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(&server, "#security", policy))]);
    let report = notifier.send(&messages(&["k1", "k2", "k3", "k4"], owners), None).await;

    assert_eq!((report.parts.len(), report.undelivered().count()), (6, 0));
    let all = "#security: All: somebody key k3 was disabled; somebody key k4 was disabled";
    assert_eq!(posts(&server).await.pop().unwrap(), all);
}

#[tokio::test]
async fn a_missing_scope_is_named_and_everything_goes_to_the_channel() {
    let server = MockServer::start().await;
    let missing = |scope: &str| {
        ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": "missing_scope", "needed": scope}))
    };
    Mock::given(path("/api/users.lookupByEmail")).respond_with(missing("users:read.email")).mount(&server).await;
    posts_to(&server, "U9", missing("im:write")).await;
    and_the_rest_works(&server).await;
    let emails: Vec<String> = (0..20).map(|i| format!("{i}@larkspur.example")).collect();
    let mut owners: Vec<OwnerMessage> = emails.iter().map(|email| owner("x", Some(email), &[email])).collect();
    owners.push(owner("alice", Some("U9"), &["k9"]));
    let everyone: Vec<&str> = emails.iter().map(String::as_str).chain(["k9", "k10"]).collect();
    let report = send(&server, &messages(&everyone, owners)).await;

    let results = results(&report);
    let reason = "redirected: missing_scope (the token needs the scope users:read.email)";
    assert_eq!(results[0], format!("slack_dm, Yours to x, 0 tries, {reason}"));
    assert!(results[19].contains("not tried") && results[19].contains("users:read.email"), "{results:?}");
    assert!(results[20].ends_with("1 tries, redirected: missing_scope (the token needs the scope im:write)"));
    assert_eq!(report.undelivered().count(), 0);
    assert!(calls(&server, "/users.lookupByEmail").await.len() <= 8, "those that were under way");
    let all = posts(&server).await.pop().unwrap();
    assert!(everyone.iter().all(|key| all.contains(key)), "{all}");
    assert!(everyone.iter().all(|key| report.told()[key] == Ok(())));
}

#[tokio::test]
async fn an_unknown_error_is_about_one_message_only() {
    let server = MockServer::start().await;
    let refusal = error("a_word_of_tomorrow");
    Mock::given(path("/api/chat.postMessage")).respond_with(refusal).up_to_n_times(1).mount(&server).await;
    and_the_rest_works(&server).await;
    let owners = vec![owner("alice", Some("U1"), &["k1"]), owner("alice", Some("U1"), &["k2"])];
    let report = send(&server, &messages(&["k1", "k2"], owners)).await;
    assert_eq!(
        results(&report),
        [
            "slack_dm, Yours to alice, 1 tries, redirected: a_word_of_tomorrow",
            "slack_dm, Yours to alice, 1 tries, delivered",
            "slack_channel, Overview, 1 tries, delivered",
            "slack_channel, All, 1 tries, delivered",
        ]
    );
    assert_eq!(posts(&server).await[3], "#security: All: somebody key k1 was disabled");
}

#[tokio::test]
async fn a_channel_that_is_gone_gets_nothing_and_owners_do() {
    let server = MockServer::start().await;
    posts_to(&server, "#security", error("not_in_channel")).await;
    and_the_rest_works(&server).await;
    let report = send(&server, &messages(&["k1", "k2"], vec![owner("alice", Some("U1"), &["k1"])])).await;
    let reason = "not_in_channel (is the bot a member of the channel?)";
    assert_eq!(
        results(&report),
        [
            "slack_dm, Yours to alice, 1 tries, delivered".to_owned(),
            format!("slack_channel, Overview, 1 tries, undelivered: {reason}"),
            format!("slack_channel, All, 0 tries, undelivered: not tried, because an earlier part failed: {reason}"),
        ]
    );
    assert_eq!(report.told()["k1"], Ok(()));
    assert!(report.told()["k2"].is_err());
}

#[tokio::test]
async fn nothing_is_redirected_to_where_nobody_got_it() {
    for word in ["user_disabled", "missing_scope", "a_word_of_tomorrow"] {
        let server = MockServer::start().await;
        posts_to(&server, "U1", error(word)).await;
        posts_to(&server, "#security", error("is_archived")).await;
        and_the_rest_works(&server).await;
        let report = send(&server, &messages(&["k1"], vec![owner("alice", Some("U1"), &["k1"])])).await;
        let PartResult::Undelivered { reason, text } = &report.parts[0].result else { panic!("{report:?}") };
        assert_eq!(*reason, format!("{word}; the channel did not get it either"));
        assert!(text.contains("somebody key k1 was disabled"), "{text}");
        assert_eq!(report.undelivered().count(), 3);
        assert!(report.told()["k1"].is_err());
    }
}

#[tokio::test]
async fn only_what_the_channel_got_whole_is_redirected_there() {
    let server = MockServer::start().await;
    posts_to(&server, "U1", error("missing_scope")).await;
    and_the_rest_works(&server).await;
    // The channel's message is about one of the keys only, and the overview about none.
    let owners = vec![owner("alice", Some("U1"), &["k1"]), owner("alice", Some("U1"), &["k1", "k2"])];
    let owners = owners.into_iter().chain([owner("alice", Some("U1"), &[""])]).collect();
    let report = send(&server, &messages(&["k1"], owners)).await;
    let results = results(&report);
    assert!(results[0].ends_with("redirected: missing_scope"), "{results:?}");
    assert!(
        results[1..3].iter().all(|result| result.contains("undelivered: missing_scope; the channel")),
        "{results:?}"
    );
}

#[tokio::test]
async fn a_wrong_token_is_an_error_of_every_part() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(error("invalid_auth")).mount(&server).await;
    let report = send(&server, &messages(&["k1"], vec![owner("alice", Some("U1"), &["k1"])])).await;
    assert_eq!(report.undelivered().count(), 3);
    assert!(report.undelivered().all(|(_, reason)| reason.contains("invalid_auth")), "{report:?}");
}

#[tokio::test]
async fn messages_that_hang_stop_neither_other_owners_nor_the_channel() {
    let server = MockServer::start().await;
    let silence = || ok(json!({"channel": "D1"})).set_delay(Duration::from_secs(30));
    for user in ["U1", "U2"] {
        posts_to(&server, user, silence()).await;
    }
    lookup(&server, "slow@larkspur.example", silence()).await;
    and_the_rest_works(&server).await;
    let owners = vec![
        owner("alice", Some("U1"), &["k1"]),
        owner("bob", Some("U2"), &["k2"]),
        owner("slow", Some("slow@larkspur.example"), &["k3"]),
        owner("erin", Some("U5"), &["k4"]),
    ];
    let policy = RetryPolicy { timeout: Duration::from_secs(20), ..impatient() };
    let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(&server, "#security", policy))]);
    let until = tokio::time::Instant::now() + Duration::from_secs(3);
    let report = notifier.send(&messages(&["k1", "k2", "k3", "k4"], owners), Some(until)).await;
    assert!(tokio::time::Instant::now() < until);

    let over = "redirected: no answer, and the time for direct messages was over";
    assert_eq!(
        results(&report),
        [
            format!("slack_dm, Yours to alice, 1 tries, {over}"),
            format!("slack_dm, Yours to bob, 1 tries, {over}"),
            format!("slack_dm, Yours to slow, 0 tries, {over}"),
            "slack_dm, Yours to erin, 1 tries, delivered".to_owned(),
            "slack_channel, Overview, 1 tries, delivered".to_owned(),
            "slack_channel, All, 1 tries, delivered".to_owned(),
        ]
    );
    let all = posts(&server).await.pop().unwrap();
    assert!(["k1", "k2", "k3"].iter().all(|key| all.contains(key)) && !all.contains("k4"), "{all}");
}

#[tokio::test]
async fn what_was_told_before_a_failure_is_told_and_the_rest_is_not() {
    let server = MockServer::start().await;
    let posted = ok(json!({"channel": "D1"}));
    Mock::given(path("/api/chat.postMessage")).respond_with(posted).up_to_n_times(1).mount(&server).await;
    posts_to(&server, "U1", error("user_disabled")).await;
    and_the_rest_works(&server).await;
    let keys: Vec<String> = (1_000..2_000).map(|i| i.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let report = send(&server, &messages(&keys, vec![owner("alice", Some("U1"), &keys)])).await;

    let direct: Vec<_> = report.parts.iter().filter(|part| part.channel == "slack_dm").collect();
    assert!(direct.len() > 2);
    assert_eq!(direct[0].result, PartResult::Delivered);
    assert_eq!(direct.iter().map(|part| part.attempts).sum::<u32>(), 2);
    let in_channel = posts(&server).await[2..].join("");
    for key in keys {
        let told = direct[0].subjects.iter().any(|subject| subject == key);
        assert_eq!(in_channel.contains(&format!("key {key} was")), !told, "{key}");
        assert_eq!(report.told()[key], Ok(()));
    }
    assert_eq!(report.undelivered().count(), 0);
}

#[tokio::test]
async fn owners_are_told_at_a_pace() {
    let server = MockServer::start().await;
    and_the_rest_works(&server).await;
    let owners = (1..=6).map(|i| owner("x", Some(&format!("U{i}")), &["k"])).collect();
    let policy = RetryPolicy { pace: Duration::from_millis(200), ..calm() };
    let notifier = Notifier::new(vec![Channel::SlackBot(bot_in(&server, "#security", policy))]);
    let started = Instant::now();
    let report = notifier.send(&Messages { owners, ..Messages::default() }, None).await;
    // Profiles are asked for more slowly than messages are sent.
    assert!(started.elapsed() >= Duration::from_millis(660), "{:?}", started.elapsed());
    assert_eq!((report.parts.len(), report.undelivered().count()), (6, 0));
}

#[tokio::test]
async fn an_outage_is_not_asked_by_every_owner_for_itself() {
    let server = MockServer::start().await;
    let failing = ResponseTemplate::new(503);
    Mock::given(path("/api/chat.postMessage")).respond_with(failing).mount(&server).await;
    and_the_rest_works(&server).await;
    let owners: Vec<OwnerMessage> = (0..40).map(|i| owner("x", Some(&format!("U{i}")), &[&i.to_string()])).collect();
    let report = send(&server, &messages(&[], owners)).await;
    assert_eq!(report.undelivered().count(), 41);
    let tried = report.parts.iter().filter(|part| part.channel == "slack_dm" && part.attempts > 0).count();
    assert!((8..16).contains(&tried), "{tried}");
}

/// A workspace that takes a file of the given steps.
async fn takes_files(server: &MockServer, upload_url: &str, bytes: ResponseTemplate, done: ResponseTemplate) {
    let ticket = ok(json!({"upload_url": upload_url, "file_id": "F123ABC456"}));
    Mock::given(path("/api/files.getUploadURLExternal")).respond_with(ticket).mount(server).await;
    Mock::given(path("/upload/v1/ABC")).respond_with(bytes).mount(server).await;
    Mock::given(path("/api/files.completeUploadExternal")).respond_with(done).mount(server).await;
    and_the_rest_works(server).await;
}

fn with_file() -> Messages {
    let file = File { name: "report & more.html".into(), content: "<p>ü 1&2=3\0</p>".into() };
    Messages { file: Some(file), ..messages(&["k1"], Vec::new()) }
}

#[tokio::test]
async fn the_report_is_uploaded_to_the_channel_that_the_message_went_to() {
    let server = MockServer::start().await;
    let address = format!("{}/upload/v1/ABC", server.uri());
    takes_files(&server, &address, ResponseTemplate::new(200).set_body_string("OK - 15"), ok(json!({"files": []})))
        .await;
    let report = send(&server, &with_file()).await;
    assert_eq!(results(&report)[2], "slack_channel, report & more.html, 1 tries, delivered");

    let requests = server.received_requests().await.unwrap();
    let paths: Vec<&str> = requests.iter().map(|request| request.url.path()).collect();
    let steps = ["/api/files.getUploadURLExternal", "/upload/v1/ABC", "/api/files.completeUploadExternal"];
    assert_eq!(paths[2..], steps);
    assert_eq!(requests[2].headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(String::from_utf8_lossy(&requests[2].body), "filename=report+%26+more.html&length=16");
    assert_eq!(requests[3].body, with_file().file.unwrap().content);
    let completion: Value = requests[4].body_json().unwrap();
    let files = json!([{"id": "F123ABC456", "title": "report & more.html"}]);
    assert_eq!(completion, json!({"files": files, "channel_id": CHANNEL}));
}

#[tokio::test]
async fn a_file_that_is_refused_is_named_and_not_quoted() {
    let ok_bytes = || ResponseTemplate::new(200);
    for (bytes, done, expected) in [
        (ok_bytes(), error("not_in_channel"), "not_in_channel (is the bot a member of the channel?)"),
        (ok_bytes(), error("file_type_not_allowed"), "file_type_not_allowed"),
        (ResponseTemplate::new(403), ok(json!({})), "HTTP 403"),
        (ResponseTemplate::new(302).insert_header("Location", "http://127.0.0.1/x"), ok(json!({})), "HTTP 302"),
        (ResponseTemplate::new(500), ok(json!({})), "HTTP 500 (gave up"),
    ] {
        let server = MockServer::start().await;
        takes_files(&server, &format!("{}/upload/v1/ABC", server.uri()), bytes, done).await;
        let report = send(&server, &with_file()).await;
        let PartResult::Undelivered { reason, text } = &report.parts[2].result else { panic!("{report:?}") };
        assert!(reason.starts_with(expected), "{reason}");
        assert_eq!(text, "the file report & more.html (16 bytes)");
        assert_eq!(report.told()["k1"], Ok(()));
    }
}

#[tokio::test]
async fn a_file_goes_nowhere_in_the_clear_and_nowhere_unknown() {
    let server = MockServer::start().await;
    takes_files(&server, "http://files.example/x", ResponseTemplate::new(200), ok(json!({}))).await;
    let reason = results(&send(&server, &with_file()).await).pop().unwrap();
    assert!(reason.contains("the address for the upload must start with https://"), "{reason}");

    // Nothing was posted, so that nobody knows the id that belongs to a name; an id is one.
    let only_file = Messages { file: with_file().file, ..Messages::default() };
    let report = send(&server, &only_file).await;
    assert_eq!((report.parts[0].attempts, report.undelivered().count()), (0, 1));
    let server = MockServer::start().await;
    let address = format!("{}/upload/v1/ABC", server.uri());
    takes_files(&server, &address, ResponseTemplate::new(200), ok(json!({}))).await;
    let report = send_to(&server, "G024BE7LR", &only_file).await;
    assert_eq!(report.parts[0].result, PartResult::Delivered);
}

#[tokio::test]
async fn a_probe_says_whose_token_it_is_and_what_it_may_do() {
    let server = MockServer::start().await;
    let answer = ok(json!({"team": "Larkspur", "user": "sleuth"}))
        .insert_header("x-oauth-scopes", "chat:write,files:write, users:read.email");
    Mock::given(path("/api/auth.test")).respond_with(answer).up_to_n_times(1).mount(&server).await;
    Mock::given(path("/api/auth.test")).respond_with(error("invalid_auth")).mount(&server).await;
    let bot = bot_in(&server, "#security", calm());
    let identity = bot.probe().await.unwrap();
    assert_eq!((identity.team.as_str(), identity.user.as_str()), ("Larkspur", "sleuth"));
    assert_eq!(identity.scopes, ["chat:write", "files:write", "users:read.email"]);
    let error = bot.probe().await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.passes()), ("auth.test failed: invalid_auth", false));
}
