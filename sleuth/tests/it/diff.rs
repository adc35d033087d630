//! `sleuth diff` and `sleuth digest` through the real binary.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{channels::receiver, support::sleuth};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A folder with reports and inventories.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: &Value) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// A report on the keys of alice, each an id and a status.
fn keys(found: &[(&str, &str)]) -> Value {
    let key = |(id, status): &(&str, &str)| {
        json!({
            "user": "alice", "name": "Alice", "slack": null, "key_id": id, "status": status, "cause": null,
            "exempt": false, "auto_expire": true, "age_days": 90, "idle_days": 3,
            "action": "none", "outcome": "none", "reason": null,
        })
    };
    let keys: Vec<Value> = found.iter().map(key).collect();
    json!({
        "version": 1, "kind": "keys", "account": {"id": "111122223333", "alias": null},
        "generated_at": "2026-03-02T09:00:00Z", "applied": false, "brake": null, "policy": {}, "alerts": [],
        "keys": keys, "errors": [], "deliveries": [],
    })
}

fn demo(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo").join(name);
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn changes_end_with_three_only_if_asked_to() {
    let folder = Folder::new();
    let file = |name: &str, found: &[(&str, &str)]| folder.write(name, &keys(found));
    let good = file("good.json", &[("AKIA1", "good")]);
    let old = file("old.json", &[("AKIA1", "old")]);
    let expired = file("expired.json", &[("AKIA1", "expired")]);
    let unknown = file("unknown.json", &[("AKIA1", "unknown")]);
    for (before, after, fail_on, change, code) in [
        (&good, &expired, None, "new", 0),
        (&good, &expired, Some("new"), "new", 3),
        (&good, &expired, Some("worse"), "new", 3),
        (&old, &expired, Some("new"), "worse", 0),
        (&old, &expired, Some("worse"), "worse", 3),
        (&expired, &good, Some("worse"), "fixed", 0),
        // What cannot be told goes before what is new.
        (&good, &unknown, Some("new"), "unknown", 4),
    ] {
        let mut arguments = vec!["diff", before.as_str(), after.as_str(), "--output", "json"];
        arguments.extend(fail_on.iter().flat_map(|change| ["--fail-on", change]));
        let ended = sleuth(&arguments, NOWHERE, &[]).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (code, ""), "{ended:?}");
        let changes = &ended.report()["changes"];
        assert_eq!((changes[0]["change"].as_str(), changes[1].is_null()), (Some(change), true), "{changes}");
        let table = sleuth(&["diff", before, after], NOWHERE, &[]).await;
        assert!(table.stdout.contains(&format!("1 {change}")), "{table:?}");
    }
}

#[tokio::test]
async fn inventories_are_audited_first() {
    let inventory = demo("inventory.json");
    let count = async |settings: &[(&str, &str)], arguments: &[&str]| {
        let arguments = [&["diff", inventory.as_str(), inventory.as_str(), "--output", "json"], arguments].concat();
        let ended = sleuth(&arguments, NOWHERE, settings).await;
        // The demo has keys that could not be read.
        assert_eq!(ended.code, 4, "{ended:?}");
        let report = ended.report();
        assert_eq!(report["summary"]["new"], 0);
        report["summary"]["unchanged"].as_u64().unwrap()
    };
    let usual = count(&[], &[]).await;
    let strict = count(&[], &["--expiration-age", "10", "--warning-age", "5"]).await;
    assert!(strict > usual, "{strict} {usual}");
    assert_eq!(count(&[("EXPIRATION_AGE", "10"), ("WARNING_AGE", "5")], &[]).await, strict);
    assert!(count(&[], &["--now", "2027-03-02T09:00:00Z"]).await > usual);

    let (instances, rules) = (demo("instances.json"), demo("rules.toml"));
    let ended = sleuth(&["diff", &instances, &instances, "--rules", &rules, "--output", "json"], NOWHERE, &[]).await;
    assert_eq!(ended.report()["of"], "tags");
    assert!(ended.report()["summary"]["unchanged"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn report_can_be_compared_with_an_inventory() {
    let folder = Folder::new();
    let inventory = demo("inventory.json");
    let audited = sleuth(&["keys", "--from", &inventory, "--output", "json"], NOWHERE, &[]).await;
    let report = folder.write("report.json", &audited.report());
    let ended = sleuth(&["diff", &report, &inventory, "--output", "json"], NOWHERE, &[]).await;
    let summary = &ended.report()["summary"];
    for change in ["new", "worse", "changed", "better", "fixed"] {
        assert_eq!(summary[change], 0, "{change}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_compared_are_named() {
    let folder = Folder::new();
    let report = folder.write("report.json", &keys(&[]));
    let part = folder.write("part.json", &{
        let mut part = keys(&[]);
        part["log_part"] = json!({"part": 2, "of": 3});
        part
    });
    let other = folder.write("other.json", &json!({"version": 1}));
    let instances = demo("instances.json");
    for (old, new, arguments, said) in [
        (&report, &instances, &[][..], "report.json holds `keys`, "),
        (&report, &part, &[], "part.json: holds part 2 of 3 of a report"),
        (&other, &report, &[], "other.json: not a report that `sleuth keys`"),
        (&report, &"none.json".to_owned(), &[], "none.json cannot be read"),
        (&report, &report, &["--now", "2026-03-02T09:00:00Z"], "are for inventories"),
        (&report, &report, &["--expiration-age", "9"], "are for inventories"),
        (&instances, &instances, &["--tags", "Code", "--grace", "soon"], "these settings cannot be used"),
    ] {
        let arguments = [&["diff", old.as_str(), new.as_str()], arguments].concat();
        let ended = sleuth(&arguments, NOWHERE, &[]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains(said), "{said}: {ended:?}");
    }
}

/// A run that disabled a key.
fn run() -> Value {
    let mut report = keys(&[("AKIAIOSFODNN7EXAMPLE", "expired")]);
    report["applied"] = json!(true);
    report["keys"][0]["action"] = json!("disable");
    report["keys"][0]["outcome"] = json!("done");
    report
}

#[tokio::test]
async fn digest_of_files_tells_what_was_done() {
    let folder = Folder::new();
    folder.write("run.json", &run());
    folder.write("plain.json", &keys(&[("AKIA2", "expired")]));
    let path = folder.0.path().to_str().unwrap();
    let ended = sleuth(&["digest", path, "--now", "2026-03-02T10:00:00Z"], NOWHERE, &[]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    for words in ["1 disabled in 1 run", "Alice", "key AKIA…MPLE of alice", "was disabled"] {
        assert!(ended.stdout.contains(words), "{words}: {ended:?}");
    }
    for (since, disabled) in [("90min", 1), ("30min", 0)] {
        let arguments = ["digest", path, "--now", "2026-03-02T10:00:00Z", "--since", since, "--output", "json"];
        let ended = sleuth(&arguments, NOWHERE, &[]).await;
        assert_eq!((ended.code, &ended.report()["summary"]["disabled"]), (0, &json!(disabled)), "{ended:?}");
    }
}

#[tokio::test]
async fn digest_with_a_report_that_cannot_be_read_is_incomplete() {
    let folder = Folder::new();
    folder.write("run.json", &run());
    folder.write("broken.json", &json!({}));
    let path = folder.0.path().to_str().unwrap();
    let ended = sleuth(&["digest", path, "--now", "2026-03-02T10:00:00Z", "--output", "json"], NOWHERE, &[]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    let report = ended.report();
    assert_eq!(report["summary"]["disabled"], 1);
    assert!(report["errors"][0]["subject"].as_str().unwrap().ends_with("broken.json"), "{report}");
}

#[tokio::test]
async fn digest_is_sent_only_if_asked_to() {
    let folder = Folder::new();
    let (acted, plain) = (folder.write("run.json", &run()), folder.write("plain.json", &keys(&[])));
    for (file, arguments, sent) in
        [(&acted, &[][..], 0), (&acted, &["--send"], 1), (&plain, &["--send"], 0), (&plain, &["--send", "--always"], 1)]
    {
        let slack = receiver(vec![wiremock::ResponseTemplate::new(200).set_body_string("ok")]).await;
        let hook = format!("{}/services/T0/B0/x", slack.uri());
        let arguments =
            [&["digest", file.as_str(), "--now", "2026-03-02T10:00:00Z", "--output", "json"], arguments].concat();
        let ended = sleuth(&arguments, NOWHERE, &[("SLACK_URL", &hook)]).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(ended.report()["deliveries"].as_array().unwrap().len(), sent, "{ended:?}");
        assert_eq!(slack.received_requests().await.unwrap().len(), sent, "{arguments:?}");
    }
}

#[tokio::test]
async fn digest_says_which_setting_is_missing() {
    let folder = Folder::new();
    let file = folder.write("run.json", &run());
    for (arguments, said) in [
        (&["digest"][..], "neither ARCHIVE nor SEARCH_URL is set"),
        (&["digest", "--from", "archive"], "ARCHIVE is not set"),
        (&["digest", "--from", "search"], "SEARCH_URL is not set"),
        (&["digest", &file, "--send"], "set SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC"),
        (&["digest", "none"], "none cannot be read"),
        (&["digest", &file, "--since", "0s"], "must be a time as in 24h"),
    ] {
        let ended = sleuth(arguments, NOWHERE, &[]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(said), "{said}: {ended:?}");
    }
}
