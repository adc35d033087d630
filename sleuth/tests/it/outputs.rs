//! Where reports go, in which forms: `--output`.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use wiremock::MockServer;

use crate::support::{Emulator, Ended, sleuth, tool};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

async fn demo(arguments: &[&str]) -> Ended {
    sleuth(&[&["demo"], arguments].concat(), NOWHERE, &[]).await
}

/// `--output` of a form into a file of this folder.
fn into(form: &str, folder: &Path, name: &str) -> String {
    format!("--output={form}={}", folder.join(name).display())
}

#[tokio::test]
async fn every_form_goes_to_stdout_or_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for audit in ["keys", "tags"] {
        for (form, start) in [
            ("table", "Account 111122223333"),
            ("json", "{\n  \"version\": 1"),
            ("csv", "\"kind\",\"account.id\","),
            ("markdown", "# "),
            ("html", "<!DOCTYPE html>"),
            ("ocsf", "{\"category_uid\":2,"),
        ] {
            let printed = demo(&[audit, "--output", form]).await;
            assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{form}");
            assert!(printed.stdout.starts_with(start), "{audit} {form}: {}", printed.stdout);
            let written = demo(&[audit, &into(form, folder.path(), form)]).await;
            assert_eq!(written.code, 0, "{written:?}");
            assert_eq!(std::fs::read_to_string(folder.path().join(form)).unwrap(), printed.stdout);
            // A run that prints nothing would hide what it found.
            assert!(written.stdout.starts_with("Account 111122223333"), "{written:?}");
        }
    }
}

#[tokio::test]
async fn several_outputs_are_written_and_one_printed() {
    let folder = tempfile::tempdir().unwrap();
    let files = [into("html", folder.path(), "r.html"), into("json", folder.path(), "r.json")];
    let ended = demo(&["keys", "--output", "csv=-", &files[0], &files[1]]).await;
    assert!(ended.code == 0 && ended.stdout.starts_with("\"kind\","), "{ended:?}");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(json["kind"], "keys");
    assert!(std::fs::read_to_string(folder.path().join("r.html")).unwrap().ends_with("</html>"));
}

#[tokio::test]
async fn outputs_that_cannot_be_are_refused_before_the_first_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, missing) = (path("r"), path("missing/r"));
    let (json, twice, save) =
        (into("json", folder.path(), "r"), into("csv", folder.path(), "./r"), format!("--save={file}"));
    let (nowhere, itself) = (into("json", folder.path(), "missing/r"), into("json", folder.path(), "."));
    for (arguments, said) in [
        (vec!["--output", "json", "--output", "csv=-"], "more than one form for stdout".to_owned()),
        (vec!["--output", "xml"], "one of table, json, csv, markdown, html, ocsf".to_owned()),
        (vec!["--output", "json="], "a file after `=`".to_owned()),
        (vec![&json, &twice], format!("{file} is to be written twice")),
        (vec![&json, &save], format!("{file} is to be written twice")),
        (vec![&nowhere], format!("{missing} cannot be written: its folder")),
        (vec![&itself], "it exists and is not a regular file".to_owned()),
    ] {
        let aws = MockServer::start().await;
        let ended = sleuth(&[&["keys"], &arguments[..]].concat(), &aws.uri(), &[]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?} {ended:?}");
        assert!(ended.stderr.replace("/./", "/").contains(&said), "{said}: {ended:?}");
        assert_eq!(aws.received_requests().await.unwrap().len(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    // The demo has outputs of one audit only.
    assert_eq!(demo(&["--output", "json"]).await.code, 2);
}

#[tokio::test]
async fn what_was_done_is_told_even_if_its_file_cannot_be_written() {
    let aws = Emulator::start();
    aws.user("old", &[]).await;
    let key = aws.key("old", 200, Some(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let (gone, kept) = (folder.path().join("gone"), folder.path().join("kept"));
    for folder in [&gone, &kept] {
        std::fs::create_dir(folder).unwrap();
    }
    let outputs = [into("html", &gone, "r.html"), into("csv", &kept, "r.csv")];
    // The folder goes away while the account is read, which waiting for a throttled call makes long enough.
    aws.tell("fault", &serde_json::json!({"operation": "ListAccessKeys", "code": "Throttling", "times": 2})).await;
    let arguments = ["keys", "--apply", &outputs[0], &outputs[1]];
    let settings = [("ENABLE_AUTO_EXPIRE", "true")];
    let run = sleuth(&arguments, &aws.url, &settings);
    let vanish = async {
        while std::fs::read_dir(&gone).unwrap().count() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        std::fs::remove_dir_all(&gone).unwrap();
    };
    let (ended, ()) = tokio::join!(run, vanish);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stderr.contains("r.html cannot be written"), "{ended:?}");
    let told = ended.stderr.split_once("here is the report that could not be written:\n").unwrap().1;
    let report: Value = serde_json::Deserializer::from_str(told).into_iter().next().unwrap().unwrap();
    assert_eq!((&report["keys"][0]["key_id"], &report["keys"][0]["outcome"]), (&key.into(), &"done".into()));
    // All else was written and printed.
    assert!(std::fs::read_to_string(kept.join("r.csv")).unwrap().contains(r#","disable","done","#));
    assert!(ended.stdout.contains("was disabled"), "{ended:?}");
}

#[tokio::test]
async fn findings_of_ocsf_are_what_the_schema_says() {
    for (audit, count) in [("keys", "16\n"), ("tags", "13\n")] {
        let lines = demo(&[audit, "--output", "ocsf"]).await.stdout;
        let mut check = Command::new(tool("python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ocsf/check.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        check.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let ended = Ended::from(check.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stdout.as_str()), (0, count), "{ended:?}");
    }
}
