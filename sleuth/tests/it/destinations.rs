//! Where reports go: the archive, the search index, mail, a Slack bot, the digest of what they hold; and what becomes of the
//! others if one of them fails.

use std::{net::TcpListener, time::Duration};

use aws_sdk_s3::types::ServerSideEncryption;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param},
};

use crate::{
    channels::{bodies, receiver, texts},
    servers::{Search, Smtp},
    support::{Emulator, Ended, sleuth},
};

const BUCKET: &str = "larkspur-reports";
const ARCHIVE: (&str, &str) = ("ARCHIVE", "s3://larkspur-reports/sleuth");
const ON: (&str, &str) = ("ENABLE_AUTO_EXPIRE", "true");

/// Alice's key is expired, Bob's will soon be.
struct Account {
    aws: Emulator,
    expired: String,
    old: String,
}

async fn account() -> Account {
    let aws = Emulator::start();
    aws.user("alice", &[("Slack", "U024BE7LH"), ("Email", "alice@larkspur.example")]).await;
    aws.user("bob", &[("Email", "bob@larkspur.example")]).await;
    let expired = aws.key("alice", 100, Some(2)).await;
    let old = aws.key("bob", 85, Some(1)).await;
    aws.bucket(BUCKET).await;
    Account { aws, expired, old }
}

async fn apply(account: &Account, settings: &[(&str, &str)]) -> (Ended, Value) {
    let ended = sleuth(&["keys", "--apply", "--output", "json"], &account.aws.url, &[&[ON], settings].concat()).await;
    let report = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    (ended, report)
}

/// The archive's objects: key and text.
async fn archived(account: &Account) -> Vec<(String, String)> {
    let s3 = account.aws.s3();
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let mut objects = Vec::new();
    for object in listed.contents() {
        let key = object.key().unwrap().to_owned();
        let object = s3.get_object().bucket(BUCKET).key(&key).send().await.unwrap();
        let html = key.strip_suffix(".html").is_some();
        let kind = if html { "text/html; charset=utf-8" } else { "application/json" };
        assert_eq!(object.content_type(), Some(kind));
        assert_eq!(object.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
        let text = String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap();
        objects.push((key, text));
    }
    objects
}

fn undelivered<'a>(report: &'a Value, channel: &str) -> Vec<&'a Value> {
    let deliveries = report["deliveries"].as_array().unwrap().iter();
    deliveries.filter(|part| part["channel"] == channel && part["result"] == "undelivered").collect()
}

#[tokio::test]
async fn report_is_archived_and_linked_to() {
    let account = account().await;
    let slack = receiver(vec![ResponseTemplate::new(200).set_body_string("ok")]).await;
    let (ended, report) = apply(&account, &[ARCHIVE, ("SLACK_URL", &slack.uri())]).await;
    assert_eq!(ended.code, 0, "{ended:?}");

    let run = report["run"].as_str().unwrap();
    let day = &report["generated_at"].as_str().unwrap()[..10];
    let place = format!("sleuth/123456789012/keys/{day}/{run}");
    let objects = archived(&account).await;
    let keys: Vec<&str> = objects.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, [format!("{place}.html"), format!("{place}.json")]);
    assert!(objects[0].1.contains("<html") && objects[0].1.contains("was disabled"), "{}", objects[0].1);
    // What was kept says what came of telling people, not of keeping it.
    let mut kept: Value = serde_json::from_str(&objects[1].1).unwrap();
    let deliveries = report["deliveries"].as_array().unwrap();
    assert_eq!(kept["deliveries"].as_array().unwrap().as_slice(), &deliveries[..1]);
    kept["deliveries"] = report["deliveries"].clone();
    assert_eq!(kept, report);
    let archive: Vec<_> = deliveries.iter().filter(|part| part["channel"] == "archive").collect();
    assert_eq!(archive.len(), 2);
    assert!(archive.iter().all(|part| part["result"] == "delivered"), "{archive:?}");

    let link = format!("https://s3.console.aws.amazon.com/s3/object/{BUCKET}?prefix={place}.html");
    let sent = serde_json::to_string(&bodies(&slack).await).unwrap();
    assert!(sent.contains(&link), "{sent}");
    // Nobody else may read it.
    let acl = account.aws.s3().get_object_acl().bucket(BUCKET).key(&objects[0].0).send().await.unwrap();
    assert_eq!(acl.grants().len(), 1, "the owner's: {acl:?}");
}

#[tokio::test]
async fn archive_that_refuses_stops_nobody() {
    let account = account().await;
    let slack = receiver(vec![ResponseTemplate::new(200).set_body_string("ok")]).await;
    let elsewhere = ("ARCHIVE", "s3://not-ours-at-all");
    let (ended, report) = apply(&account, &[elsewhere, ("SLACK_URL", &slack.uri())]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert_eq!(account.aws.inactive().await, [account.expired.as_str()]);
    let refused = undelivered(&report, "archive");
    assert_eq!(refused.len(), 2);
    assert!(refused[0]["reason"].as_str().unwrap().contains("NoSuchBucket"), "{refused:?}");
    let sent = bodies(&slack).await;
    assert!(texts(&sent, "#ff0000").contains("was disabled"), "{sent:?}");
    assert!(!serde_json::to_string(&sent).unwrap().contains("s3.console"), "there is nothing to link to: {sent:?}");
}

#[tokio::test]
async fn sink_that_hangs_is_cut_off_while_the_others_deliver() {
    let account = account().await;
    let slack = receiver(vec![ResponseTemplate::new(200).set_body_string("ok")]).await;
    // Takes connections, and never says anything: a mail server that hangs, and a search index.
    let (mail, search) = (TcpListener::bind("127.0.0.1:0").unwrap(), MockServer::start().await);
    let mail_url = format!("smtp://127.0.0.1:{}?tls=none", mail.local_addr().unwrap().port());
    Mock::given(path("/aws-audits/_bulk"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(120)))
        .mount(&search)
        .await;
    let settings = [
        ENABLED,
        ARCHIVE,
        ("SLACK_URL", &slack.uri()),
        ("SMTP_URL", &mail_url),
        ("EMAIL_FROM", "sleuth@larkspur.example"),
        ("EMAIL_TO", "ops@larkspur.example"),
        ("SEARCH_URL", &search.uri()),
    ];
    let arguments = ["keys", "--apply", "--timeout", "20", "--output", "json"];
    let ended = sleuth(&arguments, &account.aws.url, &settings).await;
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.code, 4, "{ended:?}");
    for channel in ["email", "search"] {
        let cut_off = undelivered(&report, channel);
        assert_eq!(cut_off.len(), 1, "{channel}: {report:#}");
        let reason = cut_off[0]["reason"].as_str().unwrap();
        assert!(reason.contains("no answer") || reason.contains("time"), "{reason}");
        assert!(!cut_off[0]["text"].as_str().unwrap().is_empty());
    }
    for channel in ["slack", "archive"] {
        assert!(undelivered(&report, channel).is_empty(), "{report:#}");
    }
    assert_eq!(archived(&account).await.len(), 2);
    assert_eq!(bodies(&slack).await.len(), 1);
    assert_eq!(report["keys"][0]["outcome"], "done");
    drop(mail);
}

const ENABLED: (&str, &str) = ON;

#[tokio::test]
async fn findings_can_be_searched_for_and_make_a_digest() {
    let (account, search) = (account().await, Search::start());
    let settings = [("SEARCH_URL", search.url.as_str())];
    for words in ["created", "as it should be"] {
        // No credentials of AWS are needed for that.
        let nobody = [settings[0], ("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
        let ended = sleuth(&["search", "setup"], "http://127.0.0.1:9", &nobody).await;
        assert_eq!((ended.code, ended.stdout.matches(words).count()), (0, 2), "{ended:?}");
    }
    let (ended, report) = apply(&account, &settings).await;
    // Nobody was told, but the index has it.
    assert_eq!(ended.code, 0, "{ended:?}");
    let [rollup] = search.documents("aws_key_audit").await.try_into().unwrap();
    assert_eq!((&rollup["violator_count"], &rollup["account"]), (&json!(2), &json!("123456789012")));
    assert_eq!(rollup["run"], report["run"]);
    let found = search.documents("aws_key_finding").await;
    let disabled: Vec<_> = found.iter().filter(|key| key["outcome"] == "done").collect();
    assert_eq!((found.len(), disabled.len()), (2, 1), "{found:?}");
    assert_eq!((&disabled[0]["user"], &disabled[0]["key_id"]), (&json!("alice"), &json!(account.expired)));

    let digest = sleuth(&["digest", "--output", "json"], &account.aws.url, &settings).await;
    let digest: Value = serde_json::from_str(&digest.stdout).unwrap_or_else(|_| panic!("{digest:?}"));
    assert_eq!((&digest["summary"]["disabled"], &digest["summary"]["runs"]), (&json!(1), &json!(1)), "{digest:#}");
}

#[tokio::test]
async fn digest_of_the_archive_is_sent() {
    let account = account().await;
    let (_, report) = apply(&account, &[ARCHIVE]).await;
    assert_eq!(report["keys"][0]["outcome"], "done");
    let slack = receiver(vec![ResponseTemplate::new(200).set_body_string("ok")]).await;
    let settings = [ARCHIVE, ("SLACK_URL", &slack.uri())];

    let dry = sleuth(&["digest"], &account.aws.url, &settings).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.stdout.contains("alice"), "{}", dry.stdout);
    assert!(bodies(&slack).await.is_empty(), "a plain run sends nothing");

    let sent = sleuth(&["digest", "--send"], &account.aws.url, &settings).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    let sent = serde_json::to_string(&bodies(&slack).await).unwrap();
    assert!(sent.contains("alice") && sent.contains("disabled"), "{sent}");

    // Of a time in which nothing was done, nobody hears, unless they want to.
    let later = ["digest", "--send", "--now", "2040-01-01T00:00:00Z"];
    assert_eq!(sleuth(&later, &account.aws.url, &settings).await.code, 0);
    assert_eq!(bodies(&slack).await.len(), 1);
    let always = [&later[..], &["--always"]].concat();
    assert_eq!(sleuth(&always, &account.aws.url, &settings).await.code, 0);
    assert_eq!(bodies(&slack).await.len(), 2);

    // A report that is damaged is said, and the others count.
    account.aws.object(BUCKET, "sleuth/123456789012/keys/2030-01-01/broken.json", "{\"version\":1").await;
    let damaged = ["digest", "--now", "2030-01-02T00:00:00Z"];
    let damaged = sleuth(&damaged, &account.aws.url, &settings).await;
    assert_eq!(damaged.code, 4, "{damaged:?}");
    assert!(damaged.stdout.contains("broken.json"), "{}", damaged.stdout);
}

#[tokio::test]
async fn owners_and_operators_are_mailed() {
    let account = account().await;
    let smtp = Smtp::start(&json!({"tls": "starttls", "login": ["sleuth", "hush-hush"]}));
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), &smtp.authority).unwrap();
    let url = format!("smtp://127.0.0.1:{}", smtp.port);
    let settings = [
        ("SMTP_URL", url.as_str()),
        ("SMTP_USER", "sleuth"),
        ("SMTP_PASSWORD", "hush-hush"),
        ("SMTP_CA_FILE", authority.path().to_str().unwrap()),
        ("EMAIL_FROM", "Sleuth <sleuth@larkspur.example>"),
        ("EMAIL_TO", "ops@larkspur.example"),
        ("EMAIL_OWNER_DOMAINS", "larkspur.example"),
    ];
    let (ended, report) = apply(&account, &settings).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(report["keys"][1]["outcome"], "done", "Bob was warned: {report:#}");
    let mut mails = smtp.messages();
    mails.sort_by_key(|mail| mail["to"][0].as_str().unwrap().to_owned());
    let to: Vec<&str> = mails.iter().map(|mail| mail["to"][0].as_str().unwrap()).collect();
    assert_eq!(to, ["alice@larkspur.example", "bob@larkspur.example", "ops@larkspur.example"]);
    let [alice, bob, ops] = [0, 1, 2].map(|index| mails[index]["text"].as_str().unwrap());
    assert!(alice.contains(&account.expired) && alice.contains("was disabled") && !alice.contains("bob"), "{alice}");
    let commands = [
        "aws iam create-access-key --user-name bob".to_owned(),
        format!("aws iam update-access-key --user-name bob --access-key-id {} --status Inactive", account.old),
        format!("aws iam delete-access-key --user-name bob --access-key-id {}", account.old),
    ];
    for command in commands {
        assert!(bob.contains(&command), "{command}: {bob}");
    }
    assert!(ops.contains("alice") && ops.contains("bob") && !ops.contains(&account.old), "{ops}");
    assert!(!format!("{ended:?}{report}").contains("hush-hush"));
}

/// Slack's Web API, in which Alice has left and Bob has an account.
async fn slack_api() -> MockServer {
    let server = MockServer::start().await;
    let ok = |mut body: Value| {
        body["ok"] = true.into();
        ResponseTemplate::new(200).set_body_json(body)
    };
    for (call, parameter, value, user) in [
        ("/users.lookupByEmail", "email", "bob@larkspur.example", json!({"id": "U0BOB00000", "deleted": false})),
        ("/users.info", "user", "U0BOB00000", json!({"id": "U0BOB00000", "deleted": false})),
        ("/users.info", "user", "U024BE7LH", json!({"id": "U024BE7LH", "deleted": true})),
    ] {
        let call = Mock::given(path(call)).and(query_param(parameter, value));
        call.respond_with(ok(json!({"user": user}))).mount(&server).await;
    }
    let posted = json!({"channel": "C0123456789", "ts": "1.2"});
    Mock::given(path("/chat.postMessage")).respond_with(ok(posted)).mount(&server).await;
    server
}

#[tokio::test]
async fn owners_get_direct_messages_and_the_channel_the_rest() {
    let (account, slack) = (account().await, slack_api().await);
    let settings = [
        ARCHIVE,
        ("SLACK_BOT_TOKEN", "xoxb-hush-hush"),
        ("SLACK_CHANNEL", "#aws-keys"),
        ("SLACK_API_URL", &slack.uri()),
    ];
    let (ended, report) = apply(&account, &settings).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let requests = slack.received_requests().await.unwrap();
    let posts = requests.iter().filter(|request| request.url.path() == "/chat.postMessage");
    let posts: Vec<Value> = posts.map(|request| request.body_json().unwrap()).collect();
    let to = |channel: &str| {
        let texts = posts.iter().filter(|post| post["channel"] == channel).map(ToString::to_string);
        texts.collect::<Vec<_>>().concat()
    };
    let (bob, channel) = (to("U0BOB00000"), to("#aws-keys"));
    assert!(bob.contains("aws iam create-access-key --user-name bob") && bob.contains(&account.old), "{bob}");
    assert!(!bob.contains("alice"), "{bob}");
    // Alice has left: the channel gets what was for her, the counts, and where the whole report is.
    assert!(to("U024BE7LH").is_empty());
    for words in ["alice", "was disabled", "1 disabled, 1 about to expire", "s3.console.aws.amazon.com"] {
        assert!(channel.contains(words), "{words}: {channel}");
    }
    assert!(!channel.contains("key AKIA…") || !channel.contains("bob"), "{channel}");
    let results: Vec<_> = report["deliveries"].as_array().unwrap().iter().map(|part| &part["result"]).collect();
    assert!(results.contains(&&json!("redirected")), "{report:#}");
    assert!(!format!("{ended:?}{report}").contains("hush-hush"));
}
