//! `sleuth watch replay`: saved logs and events through the code of the watch, dry.

use std::path::{Path, PathBuf};

use chrono::Utc;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    cloud::{iam_user, minutes_ago, tagged},
    support::{Emulator, Ended, sleuth},
    tags::{CODE, IRELAND, TERMINATE, VIRGINIA, end, errors, finding, old, reason, rules},
    trail::{cloudtrail_notification, s3_event, sns_event, sqs_event},
    watch::{BUCKET, bridged, launch, launch_at, packed, recorded, tag_change},
};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";
const ELSEWHERE: &str = "210987654321";
const BARE: &str = "i-0aaaaaaaaaaaaaaa1";
const TAGGED: &str = "i-0aaaaaaaaaaaaaaa2";
const LATER: &str = "i-0aaaaaaaaaaaaaaa3";
const THEIRS: &str = "i-0aaaaaaaaaaaaaaa4";

/// A folder of saved files.
struct Saved(TempDir);

impl Saved {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Saves a file. Returns its name.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::join(self.0.path(), name)
    }
}

/// Replays files by a rule that terminates what has no tag `Code`.
async fn replay(files: &[&str], flags: &[&str], aws: &str, settings: &[(&str, &str)]) -> Ended {
    let rules = rules(CODE);
    let arguments = [&["watch", "replay"], files, &["--rules", rules.path().to_str().unwrap()], flags].concat();
    sleuth(&arguments, aws, &[&[TERMINATE, ("OWNER_LOOKUP_SECONDS", "0"), ("SETTLE_SECONDS", "1")], settings].concat())
        .await
}

/// The same without AWS, as JSON.
async fn offline(files: &[&str], flags: &[&str]) -> Ended {
    replay(files, &[&["--output", "json"], flags].concat(), NOWHERE, &[]).await
}

/// The record of a launch an hour ago, with all that CloudTrail says.
fn hour_ago(id: &str, tags: &[(&str, &str)]) -> Value {
    whole(&launch_at(minutes_ago(60), &[id], tags), "123456789012", id)
}

/// A record with what a log file says of every call.
fn whole(record: &Value, account: &str, event: &str) -> Value {
    let mut record = record.clone();
    record["eventID"] = json!(format!("00000000-0000-4000-8000-{}", &event[event.len() - 12..]));
    record["awsRegion"] = json!(IRELAND);
    record["recipientAccountId"] = json!(account);
    record
}

fn log(records: &[Value]) -> String {
    json!({ "Records": records }).to_string()
}

/// The reports of the accounts, by their ids.
fn account<'a>(report: &'a Value, id: &str) -> &'a Value {
    let accounts = report["accounts"].as_array().unwrap();
    accounts.iter().find(|report| report["account"]["id"] == id).unwrap_or_else(|| panic!("no {id}: {report}"))
}

#[tokio::test]
async fn logs_folders_and_events_are_replayed_together() {
    let saved = Saved::new();
    let tag =
        whole(&tagged(&iam_user("bob"), LATER, &[("Code", "c")], minutes_ago(50)), "123456789012", "tagged-later");
    let theirs = whole(&launch_at(minutes_ago(60), &[THEIRS], &[]), ELSEWHERE, THEIRS);
    let bare = hour_ago(BARE, &[]);
    let one = saved.file("one.gz", packed(&log(&[bare.clone(), recorded("record-s3-put-object")])));
    let plain = saved.file("plain.txt", log(&[hour_ago(TAGGED, &[("Code", "c")])]));
    let day = "tree/AWSLogs/123456789012/CloudTrail/eu-west-1/2026/10/08";
    saved.file(&format!("{day}/a.json.gz"), packed(&log(&[hour_ago(LATER, &[])])));
    saved.file(&format!("{day}/b.json"), log(&[tag, bare]));
    saved.file(&format!("{day}/notes.txt"), "no log");
    let digest = packed(&recorded("s3-digest-object").to_string());
    saved.file("tree/AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/2026/10/08/d.json.gz", digest);
    std::os::unix::fs::symlink(saved.path("tree"), saved.path("tree/loop")).unwrap();
    let event = saved.file("event.json", bridged(&theirs).to_string());
    let tree = saved.path("tree");

    let ended = offline(&[&one, &plain, tree.to_str().unwrap(), &event], &[]).await;

    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    let summary = json!({"files": 5, "records": 7, "events": 5, "instances": 4, "gone": 0, "not_launched": 0,
        "skipped": {"duplicate": 1, "other_service": 1}});
    assert_eq!((&report["kind"], &report["errors"], &report["summary"]), (&json!("watch"), &json!([]), &summary));
    let ours = account(&report, "123456789012");
    assert_eq!(end(ours, BARE), ["terminate", "planned", "running"]);
    assert_eq!(finding(ours, TAGGED)["status"], "compliant");
    assert_eq!(finding(ours, LATER)["status"], "compliant", "it was tagged later");
    let names: Vec<&Value> =
        finding(ours, LATER)["events"].as_array().unwrap().iter().map(|event| &event["name"]).collect();
    assert_eq!(names, ["RunInstances", "CreateTags"]);
    assert_eq!(end(account(&report, ELSEWHERE), THEIRS), ["terminate", "planned", "running"]);
    assert_eq!(report["accounts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn table_says_what_was_read_and_what_would_be_done() {
    let saved = Saved::new();
    let file = saved.file("log.json", log(&[hour_ago(BARE, &[("Name", "web")]), recorded("record-s3-put-object")]));
    let ended = replay(&[&file], &[], NOWHERE, &[]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    // Cells are wrapped.
    let words = ended.stdout.replace(['│', '┆', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["i-0aaaaaaaaaaaaaaa1", "carol", "`Code` is missing", "would be terminated"] {
        assert!(part.split(' ').all(|word| words.contains(word)), "{part}: {}", ended.stdout);
    }
    assert!(
        ended.stdout.ends_with("1 file, 2 records: 1 event about 1 instance\nSkipped: other service 1\n"),
        "{}",
        ended.stdout
    );
}

#[tokio::test]
async fn replay_ends_with_a_code_that_says_how() {
    let saved = Saved::new();
    let bad = saved.file("bad.json", log(&[hour_ago(BARE, &[])]));
    let good = saved.file("good.json", log(&[hour_ago(TAGGED, &[("Code", "c")])]));
    let broken = saved.file("broken.json", &log(&[hour_ago(BARE, &[])])[..300]);
    let fail_on = ["--fail-on", "violation"];
    for (files, flags, code) in [
        (&[&bad][..], &[][..], 0),
        (&[&bad], &fail_on, 3),
        (&[&good], &fail_on, 0),
        (&[&bad, &broken], &fail_on, 4),
        (&[&bad, &good], &["--nonsense"], 2),
        (&[&bad], &["--timeout", "60"], 2),
        (&[], &[], 2),
    ] {
        let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        let ended = offline(&files, flags).await;
        assert_eq!(ended.code, code, "{files:?} {flags:?}: {ended:?}");
    }
    let before = offline(&[&bad], &["--now", &minutes_ago(58).to_rfc3339(), "--fail-on", "violation"]).await;
    assert_eq!(before.code, 0, "{before:?}");
    assert_eq!(finding(account(&before.report(), "123456789012"), BARE)["status"], "grace");
}

#[tokio::test]
async fn file_that_cannot_be_opened_stops_the_replay() {
    let saved = Saved::new();
    let bad = saved.file("bad.json", log(&[hour_ago(BARE, &[])]));
    let missing = saved.path("missing.json.gz");
    let ended = offline(&[&bad, missing.to_str().unwrap()], &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    let said = format!("sleuth: {} cannot be replayed: No such file", missing.display());
    assert!(ended.stderr.starts_with(&said) && ended.stderr.lines().count() == 1, "{ended:?}");
}

#[tokio::test]
async fn settings_are_checked_before_files_are_read() {
    let role = "arn:aws:iam::210987654321:role/sleuth";
    let settings = [("SETTLE_SECONDS", "x"), ("ASSUME_ROLE_NAME", role), ("TAG_ACTION", "destroy")];
    let ended = replay(&["/nonexistent.json"], &[], NOWHERE, &settings).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    for (name, value) in settings {
        assert_eq!(ended.stderr.matches(&format!("{name} is `{value}`")).count(), 1, "{ended:?}");
    }
    let ended = sleuth(&["watch", "replay", "--rules", "/nowhere.toml", "/nonexistent.json"], NOWHERE, &[]).await;
    assert!(ended.code == 2 && ended.stderr.contains("/nowhere.toml"), "{ended:?}");
}

#[tokio::test]
async fn what_files_do_not_say_is_left_out() {
    let saved = Saved::new();
    let event = saved.file("event.json", s3_event(BUCKET, "AWSLogs/123456789012/CloudTrail/a.json.gz").to_string());
    let ended = offline(&[&event], &[]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    let error = &ended.report()["errors"][0];
    assert_eq!(error["subject"], "s3://acme-trail/AWSLogs/123456789012/CloudTrail/a.json.gz");
    assert_eq!(error["message"], "a file in a bucket is read only with --live; or name a copy of it");

    let change = saved.file("change.json", tag_change(LATER, &json!({"Name": "web"}), "Code").to_string());
    let ended = offline(&[&change], &["--fail-on", "violation"]).await;
    let report = ended.report();
    assert_eq!((ended.code, &report["accounts"], &report["summary"]["not_launched"]), (0, &json!([]), &json!(1)));

    let mut unclear = hour_ago(BARE, &[]);
    unclear["requestParameters"] = json!({"omitted": true, "originalSize": 150_000, "reason": "too large"});
    let unclear = saved.file("unclear.json", log(&[unclear]));
    let report = offline(&[&unclear], &[]).await.report();
    let ours = account(&report, "123456789012");
    assert_eq!(finding(ours, BARE)["status"], "unknown", "{ours}");
    assert!(ours["errors"][0]["message"].as_str().unwrap().contains("which tags it was launched with"), "{ours}");
}

#[tokio::test]
async fn odd_files_are_named_and_the_others_are_replayed() {
    let saved = Saved::new();
    let good = saved.file("good.json", log(&[hour_ago(BARE, &[])]));
    let large = format!("{{\"order\":\"{}\"}}", "x".repeat(9 * 1024 * 1024));
    let odd = [
        ("empty", String::new().into_bytes()),
        ("text", b"hello".to_vec()),
        ("binary", vec![0xff; 1000]),
        ("gzip", b"\x1f\x8bnot gzip".to_vec()),
        ("list", b"[]".to_vec()),
        ("object", br#"{"order":"8841"}"#.to_vec()),
        ("large", large.into_bytes()),
        ("endless", packed(&"[".repeat(8 * 1024 * 1024))),
        ("records", br#"{"Records":[42,null,"x"]}"#.to_vec()),
    ];
    for (name, content) in odd {
        let file = saved.file(name, content);
        let ended = offline(&[&good, &file], &[]).await;
        assert_eq!(ended.code, 4, "{name}: {ended:?}");
        let report = ended.report();
        assert_eq!(end(account(&report, "123456789012"), BARE)[0], "terminate", "{name}");
        let errors = errors(&report);
        assert!(!errors.is_empty() && !ended.stderr.contains("panic"), "{name}: {report}");
        assert!(report["errors"].to_string().len() < 2000, "{name}: {report}");
        assert!(errors.iter().all(|error| error.contains(&file)), "{name}: {errors:?}");
    }
}

#[tokio::test]
async fn large_log_is_replayed_whole() {
    let saved = Saved::new();
    let other = recorded("record-s3-put-object").to_string();
    let text = format!("{{\"Records\":[{}{}]}}", format!("{other},").repeat(20_000), hour_ago(BARE, &[]));
    assert!(text.len() > 10 * 1024 * 1024);
    let file = saved.file("large.json.gz", packed(&text));
    let ended = offline(&[&file], &[]).await;
    let report = ended.report();
    assert_eq!((ended.code, &report["summary"]["records"]), (0, &json!(20_001)));
    assert_eq!(end(account(&report, "123456789012"), BARE)[0], "terminate");
}

#[tokio::test]
async fn live_replay_looks_at_instances_as_they_are_now_and_changes_nothing() {
    let aws = Emulator::start();
    aws.bucket(BUCKET).await;
    let there = aws.elsewhere(ELSEWHERE);
    let bare = old(&aws, IRELAND, &[]).await;
    let tagged = old(&aws, IRELAND, &[("Code", "c")]).await;
    let theirs = old(&there, IRELAND, &[]).await;
    let saved = Saved::new();
    let ours = aws.log_file(BUCKET, IRELAND, &[launch(&[&bare, &tagged], &[])]).await;
    let other = there.log_file(BUCKET, IRELAND, &[launch(&[&theirs], &[])]).await;
    let sns = saved.file("sns.json", sns_event(&cloudtrail_notification(BUCKET, &[&ours]).to_string()).to_string());
    let message = ("one".to_owned(), s3_event(BUCKET, &other).to_string());
    let sqs = saved.file("sqs.json", sqs_event(&[message]).to_string());
    let change = saved.file("change.json", tag_change(&tagged, &json!({"Code": "c"}), "Name").to_string());
    let live = async |files: &[&str], settings: &[(&str, &str)]| {
        replay(files, &["--live", "--output", "json"], &aws.url, settings).await
    };

    let ended = live(&[&sns, &sqs, &change], &[("ASSUME_ROLE_NAME", "sleuth")]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    assert_eq!(end(account(&report, "123456789012"), &bare), ["terminate", "planned", "running"]);
    assert_eq!(reason(account(&report, "123456789012"), &bare), "");
    assert_eq!(finding(account(&report, "123456789012"), &tagged)["status"], "compliant");
    assert_eq!(end(account(&report, ELSEWHERE), &theirs), ["terminate", "planned", "running"]);

    let ended = live(&[&sns, &sqs], &[]).await;
    assert_eq!((ended.code, errors(&ended.report())), (4, vec![format!("account {ELSEWHERE}: AssumeRole")]));
    assert_eq!(aws.writes().await, []);
    assert!(aws.calls().await.iter().all(|call| [IRELAND, VIRGINIA].contains(&call.region.as_str())));
}

#[tokio::test]
async fn recorded_events_are_all_replayed_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events");
    let at = Utc::now().to_rfc3339();
    let ended = offline(&[folder.to_str().unwrap()], &["--now", &at]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(!ended.stderr.contains("panic"), "{ended:?}");
    assert!(ended.report()["summary"]["files"].as_u64() > Some(40), "{ended:?}");
}
