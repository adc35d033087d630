//! The command line through the real binary: help, usage, settings, outputs, exit codes.

use std::{io::Write as _, process::Stdio};

use serde_json::json;
use sleuth::version;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path, query_param},
};

use crate::support::{Ended, sleuth};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

async fn offline(arguments: &[&str]) -> Ended {
    sleuth(arguments, NOWHERE, &[]).await
}

/// The demo's account, as a file.
fn inventory() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = sleuth::snapshot::format(&sleuth::demo::keys::inventory().unwrap()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

async fn from_file(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let file = inventory();
    sleuth(&[&["keys", "--from", file.path().to_str().unwrap()], arguments].concat(), NOWHERE, settings).await
}

#[tokio::test]
async fn version_names_the_commit_and_the_features() {
    let ended = offline(&["--version"]).await;
    assert_eq!(ended.stdout, format!("sleuth {}\n", version::TEXT));
    assert_eq!(version::TEXT, format!("{} (commit {}, features cli keys tags)", version::VERSION, version::COMMIT));
}

#[tokio::test]
async fn help_is_complete() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_demo", &["demo", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
        ("help_keys", &["keys", "--help"]),
        ("help_rules_check", &["rules", "check", "--help"]),
        ("help_slack_users", &["slack-users", "--help"]),
        ("help_tags", &["tags", "--help"]),
        ("help_watch_replay", &["watch", "replay", "--help"]),
    ] {
        let ended = offline(arguments).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
        insta::assert_snapshot!(name, ended.stdout);
    }
}

#[tokio::test]
async fn demo_shows_table_counts_and_messages() {
    let ended = offline(&["demo"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("demo", ended.stdout);
}

#[tokio::test]
async fn wrong_usage_ends_with_two() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["keys", "--nonsense"],
        &["keys", "--apply", "--now", "2026-01-01T00:00:00Z"],
        &["keys", "--apply", "--from", "x"],
        &["keys", "--now", "yesterday"],
        &["keys", "--fail-on", "good"],
        &["keys", "--output", "xml"],
        &["keys", "--from", "/nonexistent/inventory.json"],
        &["slack-users"],
        &["tags", "--apply", "--from", "x"],
        &["tags", "--fail-on", "compliant"],
        &["tags", "--from", "/nonexistent/inventory.json", "--tags", "x"],
        &["doctor", "everything"],
        &["doctor", "--timeout", "1"],
        &["rules"],
        &["rules", "check"],
        &["watch"],
        &["watch", "replay"],
        &["watch", "replay", "--tags", "x", "/nonexistent/log.json.gz"],
        &["watch", "replay", "--tags", "x", "--apply", "x"],
    ] {
        let ended = offline(arguments).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?} {ended:?}");
        assert!(!ended.stderr.is_empty());
    }
}

#[tokio::test]
async fn bad_settings_are_all_reported_before_the_first_call() {
    let aws = MockServer::start().await;
    let settings = [("EXPIRATION_AGE", "ninety"), ("SLACK_URL", "hush-hush"), ("SNS_TOPIC", "keys")];
    let ended = sleuth(&["keys", "--warning-age", "soon"], &aws.uri(), &settings).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @r"
    sleuth: these settings cannot be used:
      EXPIRATION_AGE is `ninety`: must be a whole number of days from 0 to 36500
      --warning-age is `soon`: must be a whole number of days from 0 to 36500
      SLACK_URL (not shown, as it may be a secret): is not a URL
      SNS_TOPIC is `keys`: must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME
    ");
    assert_eq!(aws.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn credentials_that_are_not_to_be_had_are_told_with_the_cause() {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_sleuth"))
        .arg("keys")
        .env_clear()
        .envs([
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/audit"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ])
        .output()
        .await
        .unwrap();
    let ended = Ended::from(output);
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""), "{ended:?}");
    assert!(
        ended.stderr.starts_with("sleuth: no AWS credentials: ") && ended.stderr.contains("No such file"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn missing_credentials_are_explained_before_the_first_call() {
    let aws = MockServer::start().await;
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let ended = sleuth(&["keys"], &aws.uri(), &none).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.starts_with("sleuth: no AWS credentials: set AWS_PROFILE"), "{ended:?}");
    assert_eq!((ended.stderr.lines().count(), aws.received_requests().await.unwrap().len()), (1, 0), "{ended:?}");
}

#[tokio::test]
async fn profile_without_credentials_is_named() {
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_PROFILE", "nosuch")];
    let ended = sleuth(&["keys"], NOWHERE, &none).await;
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.starts_with("sleuth: no AWS credentials from the profile `nosuch` (AWS_PROFILE)"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn save_replaces_nothing_but_files_and_is_tried_before_the_first_call() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let missing = folder.path().join("missing/x.json");
    let dangling = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    let named_folder = folder.path().join("new/");
    for (path, said) in [
        (folder.path(), "it exists and is not a regular file"),
        (&socket, "it exists and is not a regular file"),
        (&missing, "its folder does not exist"),
        (&dangling, "it is a link to nothing"),
        (&named_folder, "it is the name of a folder"),
    ] {
        let aws = MockServer::start().await;
        let ended = sleuth(&["keys", "--save", path.to_str().unwrap()], &aws.uri(), &[]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(
            ended.stderr.contains(said) && path.to_str().is_some_and(|path| ended.stderr.contains(path)),
            "{ended:?}"
        );
        assert_eq!(aws.received_requests().await.unwrap().len(), 0);
    }
    assert!(!socket.is_file());
}

#[tokio::test]
async fn inactivity_flags_come_in_pairs() {
    let ended = offline(&["keys", "--inactivity-age", "40"]).await;
    assert!(ended.stderr.contains("--inactivity-age is `40`: needs --inactivity-warning-age too"), "{ended:?}");
}

#[tokio::test]
async fn unusable_files_are_explained() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for (text, said) in [
        ("", "not an inventory saved by `sleuth keys --save`: EOF while parsing"),
        ("{}", "not an inventory saved by `sleuth keys --save`: missing field `version`"),
        (r#"{"version":7,"kind":"keys-inventory"}"#, "holds `keys-inventory` version 7"),
    ] {
        file.as_file_mut().set_len(0).unwrap();
        std::fs::write(file.path(), text).unwrap();
        let ended = offline(&["keys", "--from", file.path().to_str().unwrap()]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert_eq!(ended.stderr.matches(file.path().to_str().unwrap()).count(), 1, "{ended:?}");
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
}

#[tokio::test]
async fn inventory_is_audited_as_of_its_own_time_or_another() {
    let saved = from_file(&["--output", "json"], &[]).await;
    assert_eq!(saved.report()["generated_at"], "2026-03-02T09:00:00Z");
    let later = from_file(&["--output", "json", "--now", "2027-03-02T09:00:00+00:00"], &[]).await;
    assert_eq!(later.report()["generated_at"], "2027-03-02T09:00:00Z");
    assert_eq!((&later.report()["summary"]["good"], &later.report()["summary"]["expired"]), (&json!(0), &json!(12)));
    assert!(later.stderr.contains("Auditing the inventory of 2026-03-02 09:00:00 UTC"), "{later:?}");
}

#[tokio::test]
async fn same_input_gives_the_same_bytes() {
    let one = from_file(&["--output", "json"], &[]).await;
    assert_eq!(one.stdout, from_file(&["--output", "json"], &[]).await.stdout);
}

#[tokio::test]
async fn flags_go_before_the_environment() {
    let ages = ["--output", "json", "--expiration-age", "1000", "--warning-age", "500"];
    let ended = from_file(&ages, &[("EXPIRATION_AGE", "90"), ("WARNING_AGE", "80")]).await;
    let report = ended.report();
    assert_eq!((&report["policy"]["expiration_age"], &report["summary"]["expired"]), (&json!(1000), &json!(0)));
}

/// An inventory of one key, so many days old, whose owner is exempt or not.
fn one_key(age: i64, auto_expire: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let created = chrono::DateTime::parse_from_rfc3339("2026-07-01T00:00:00Z").unwrap() - chrono::TimeDelta::days(age);
    let key = json!({"id": "AKIA0001", "status": "Active", "created": created, "last_used": {"read": {"at": {"time": created}}}});
    let user = json!({"name": "alice", "tags": {"read": {"KeyAutoExpire": auto_expire}}, "keys": {"read": [key]}});
    let inventory =
        json!({"taken_at": "2026-07-01T00:00:00Z", "account": {"id": null, "alias": null}, "users": [user]});
    std::fs::write(file.path(), json!({"version": 1, "kind": "keys-inventory", "inventory": inventory}).to_string())
        .unwrap();
    file
}

#[tokio::test]
async fn findings_end_with_three_only_if_asked_to() {
    let stagnant = ["--inactivity-age", "60", "--inactivity-warning-age", "50"];
    for (age, exempt, fail_on, code) in [
        (100, "true", None, 0),
        (100, "true", Some("expired"), 3),
        (100, "false", Some("expired"), 0),
        (85, "true", Some("expired"), 3), // expired by inactivity
        (55, "true", Some("expired"), 0),
        (55, "true", Some("old"), 0),
        (55, "true", Some("stagnant"), 3),
        (1, "true", Some("stagnant"), 0),
    ] {
        let file = one_key(age, exempt);
        let mut arguments = vec!["keys", "--from", file.path().to_str().unwrap()];
        arguments.extend(stagnant);
        arguments.extend(fail_on.iter().flat_map(|status| ["--fail-on", status]));
        let ended = offline(&arguments).await;
        assert_eq!(ended.code, code, "age {age}, {exempt}, {fail_on:?}: {ended:?}");
    }
}

#[tokio::test]
async fn incomplete_outranks_findings() {
    assert_eq!(from_file(&["--fail-on", "expired"], &[]).await.code, 4);
}

#[tokio::test]
async fn no_colours_and_no_progress_without_a_terminal() {
    let ended = from_file(&[], &[("CLICOLOR_FORCE", "")]).await;
    assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'), "{ended:?}");
}

#[tokio::test]
async fn debug_prints_the_payloads_on_stderr() {
    let ended = from_file(&["--output", "json"], &[("DEBUG", "1"), ("ENABLE_AUTO_EXPIRE", "true")]).await;
    assert!(
        ended.stderr.contains("Slack payload: {") && ended.stderr.contains("<!subteam^S04OPSTEAM>"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("SNS message and e-mail, subject `AWS IAM Key Expiration Report`:"),
        "{}",
        ended.stderr
    );
    // Grace is known by her address.
    let hers = ended.stderr.split("Message to ").find(|message| message.starts_with("Grace Lindqvist")).unwrap();
    assert!(hers.contains("aws iam create-access-key --user-name grace.lindqvist"), "{hers}");
    ended.report();
}

#[tokio::test]
async fn reader_that_goes_away_changes_no_exit_code() {
    let file = inventory();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_sleuth"))
        .args(["keys", "--output", "json", "--from", file.path().to_str().unwrap()])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::from(child.wait_with_output().await.unwrap());
    assert!(ended.code == 4 && !ended.stderr.contains("panic"), "{ended:?}");
}

#[tokio::test]
async fn slack_users_are_listed_in_every_form() {
    let api = MockServer::start().await;
    let first = json!({"ok": true, "response_metadata": {"next_cursor": "next"},
        "members": [{"id": "U1", "name": "alice", "real_name": "Alice"}]});
    let second = json!({"ok": true, "members": [{"id": "U2", "name": "=bob", "is_bot": true}]});
    for (cursor, page) in [("", first), ("next", second)] {
        let answer = ResponseTemplate::new(200).set_body_json(page);
        Mock::given(path("/users.list")).and(query_param("cursor", cursor)).respond_with(answer).mount(&api).await;
    }
    let url = api.uri();
    let settings = [("SLACK_API_TOKEN", "xoxb-hush"), ("SLACK_API_URL", url.as_str())];
    let list = async |form| {
        let ended = sleuth(&["slack-users", "--output", form], NOWHERE, &settings).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.stdout
    };
    insta::assert_snapshot!(list("csv").await, @r#"
    "id","name","real_name","kind"
    "U1","alice","Alice","person"
    "U2","'=bob","","bot"
    "#);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&list("json").await).unwrap()[1]["name"], "=bob");
    insta::assert_snapshot!(list("table").await, @r"
    ┌────┬───────┬───────────┬────────┐
    │ ID ┆ Name  ┆ Real Name ┆ Kind   │
    ╞════╪═══════╪═══════════╪════════╡
    │ U1 ┆ alice ┆ Alice     ┆ person │
    │ U2 ┆ =bob  ┆           ┆ bot    │
    └────┴───────┴───────────┴────────┘
    2 users
    ");
}

#[tokio::test]
async fn slack_that_refuses_is_incomplete_and_hides_the_token() {
    let api = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"ok": false, "error": "invalid_auth"}));
    Mock::given(any()).respond_with(answer).mount(&api).await;
    let url = api.uri();
    let settings = [("SLACK_API_TOKEN", "xoxb-hush"), ("SLACK_API_URL", url.as_str()), ("DEBUG", "1")];
    let ended = sleuth(&["slack-users"], NOWHERE, &settings).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""));
    assert!(
        ended.stderr.contains("users.list failed: invalid_auth") && !ended.stderr.contains("xoxb-hush"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn version_is_shown() {
    assert!(offline(&["--version"]).await.stdout.starts_with("sleuth 0."));
}
