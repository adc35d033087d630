//! A whole account, over HTTP: dry, applied, applied again, and with channels that fail.

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::{
    channels::{bodies, messages_in, receiver, texts, topic},
    support::{Emulator, Ended, finding, sleuth},
};

const ON: (&str, &str) = ("ENABLE_AUTO_EXPIRE", "true");

/// Keys of every verdict, by name.
struct Account {
    aws: Emulator,
    good: String,
    old: String,
    stagnant: String,
    expired: String,
    unused: String,
    exempt: String,
    unclear: String,
    disabled: String,
}

/// Ages that tell all verdicts apart.
const AGES: [(&str, &str); 2] = [("INACTIVITY_AGE", "60"), ("INACTIVITY_WARNING_AGE", "50")];

async fn account() -> Account {
    // Pages of two items, so that every list has several.
    let aws = Emulator::with(&[("PAGE_SIZE", "2")]);
    aws.iam().create_account_alias().account_alias("acme").send().await.unwrap();
    aws.user("alice", &[("slack", "U024BE7LH"), ("Name", "Alice")]).await;
    aws.user("bob", &[("Slack", "subteam-SAZ94GDB8")]).await;
    aws.user("carol", &[("KeyAutoExpire", "FALSE"), ("Slack", "U0CAROL00")]).await;
    aws.user("dan", &[("keyautoexpire", "no")]).await;
    aws.user("erin", &[]).await;
    let account = Account {
        good: aws.key("alice", 10, Some(1)).await,
        expired: aws.key("alice", 90, Some(1)).await,
        old: aws.key("bob", 85, Some(1)).await,
        unused: aws.key("bob", 61, None).await,
        exempt: aws.key("carol", 400, Some(300)).await,
        unclear: aws.key("dan", 400, Some(1)).await,
        stagnant: aws.key("erin", 55, None).await,
        disabled: aws.key("erin", 400, None).await,
        aws,
    };
    let disable = account.aws.iam().update_access_key().user_name("erin").access_key_id(&account.disabled);
    disable.status("Inactive".into()).send().await.unwrap();
    account
}

async fn run(account: &Account, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let arguments = [&["keys", "--output", "json"], arguments].concat();
    sleuth(&arguments, &account.aws.url, &[&AGES, settings].concat()).await
}

#[tokio::test]
async fn dry_run_shows_everything_and_changes_and_sends_nothing() {
    let account = account().await;
    let slack = receiver(vec![ResponseTemplate::new(200)]).await;
    let before = account.aws.statuses().await;

    let ended = run(&account, &[], &[ON, ("SLACK_URL", &slack.uri())]).await;

    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let report = ended.report();
    assert_eq!(report["account"], json!({"id": "123456789012", "alias": "acme"}));
    assert_eq!(report["applied"], false);
    for (key, status, cause, action, outcome) in [
        (&account.good, "good", Value::Null, "none", "none"),
        (&account.old, "old", json!("age"), "warn", "planned"),
        (&account.stagnant, "stagnant", json!("inactivity"), "warn", "planned"),
        (&account.expired, "expired", json!("age"), "disable", "planned"),
        (&account.unused, "expired", json!("inactivity"), "disable", "planned"),
        (&account.exempt, "expired", json!("age"), "none", "none"),
        (&account.unclear, "expired", json!("age"), "disable", "held"),
        (&account.disabled, "disabled", Value::Null, "none", "none"),
    ] {
        let found = finding(&report, key);
        let seen = (&found["status"], &found["cause"], &found["action"], &found["outcome"]);
        assert_eq!(seen, (&json!(status), &cause, &json!(action), &json!(outcome)), "{found}");
    }
    let summary = json!({"users": 5, "keys": 8, "good": 1, "old": 1, "stagnant": 1, "expired": 4, "disabled": 1,
        "unknown": 0, "exempt": 1, "alerts": 0});
    assert_eq!(report["summary"], summary);
    assert_eq!(account.aws.statuses().await, before, "the account was changed");
    assert_eq!(bodies(&slack).await.len(), 0, "something was sent");
}

#[tokio::test]
async fn apply_disables_exactly_the_expired_keys_and_tells_their_owners_once() {
    let account = account().await;
    let slack = receiver(vec![ResponseTemplate::new(200)]).await;
    let url = slack.uri();
    let (topic, queue) = topic(&account.aws).await;
    let settings = [ON, ("SLACK_URL", url.as_str()), ("SNS_TOPIC", &topic)];

    let first = run(&account, &["--apply"], &settings).await;
    assert_eq!(first.code, 0, "{first:?}");
    let mut expected = vec![account.expired.clone(), account.unused.clone(), account.disabled.clone()];
    expected.sort();
    assert_eq!(account.aws.inactive().await, expected);
    let report = first.report();
    assert_eq!(report["applied"], true);
    for (key, outcome) in [
        (&account.expired, "done"),
        (&account.unused, "done"),
        (&account.old, "done"),
        (&account.stagnant, "done"),
        (&account.unclear, "held"),
        (&account.exempt, "none"),
    ] {
        assert_eq!(finding(&report, key)["outcome"], outcome, "{report}");
    }

    let messages = bodies(&slack).await;
    assert_eq!(messages.len(), 2, "one report for age, one for inactivity");
    let red = texts(&messages, "#ff0000");
    assert!(red.contains("<@U024BE7LH> (alice): key ") && red.matches("was disabled").count() == 2, "{red}");
    assert!(red.contains("would be disabled, but its user's tag KeyAutoExpire is `no`"), "{red}");
    let yellow = texts(&messages, "#ffff00");
    assert!(
        yellow.contains("<!subteam^SAZ94GDB8> (bob): key ") && yellow.contains("will be disabled in 5 days ("),
        "{yellow}"
    );
    assert!(!red.contains("carol") && !yellow.contains("carol"), "an exempt owner was called");

    let mail = messages_in(&account.aws, &queue).await;
    assert_eq!(mail.len(), 2);
    let all = mail.iter().map(|mail| mail["Message"].as_str().unwrap()).collect::<String>();
    assert!(all.contains("- Alice (alice): key ") && all.contains("was disabled"), "{all}");
    assert!(!all.contains("\\n") && !all.contains("<@"), "SNS text is plain: {all}");
    assert_eq!(mail[0]["Subject"], "AWS IAM Key Expiration Report");

    let second = run(&account, &["--apply"], &settings).await;
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(account.aws.inactive().await, expected);
    let report = second.report();
    assert_eq!(finding(&report, &account.expired)["status"], "disabled");
    let again = &bodies(&slack).await[messages.len()..];
    assert!(!texts(again, "#ff0000").contains("was disabled"), "a second run claims what the first one did");
    assert!(!texts(again, "#ff0000").contains("alice"), "the owner of a disabled key is nagged");
}

#[tokio::test]
async fn apply_without_auto_expire_disables_nothing_and_says_so() {
    let account = account().await;
    let before = account.aws.statuses().await;
    let slack = receiver(vec![ResponseTemplate::new(200)]).await;

    let ended = run(&account, &["--apply"], &[("SLACK_URL", &slack.uri())]).await;

    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(account.aws.statuses().await, before);
    assert_eq!(finding(&ended.report(), &account.expired)["outcome"], "held");
    let red = texts(&bodies(&slack).await, "#ff0000");
    assert!(red.contains("would be disabled, but disabling is switched off") && !red.contains("was disabled"), "{red}");
}

#[tokio::test]
async fn owners_are_not_told_without_a_channel_and_the_report_says_so() {
    let account = account().await;
    let ended = run(&account, &["--apply"], &[ON, ("SLACK_URL", ""), ("SNS_TOPIC", "")]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    let old = finding(&report, &account.old);
    assert_eq!(
        (&old["outcome"], &old["reason"]),
        (&json!("held"), &json!("no channel is set, see SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL and SNS_TOPIC"))
    );
    let expired = finding(&report, &account.expired);
    let told = json!("nobody was told: no channel is set, see SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL and SNS_TOPIC");
    assert_eq!((&expired["outcome"], &expired["reason"]), (&json!("done"), &told));
}

#[tokio::test]
async fn report_nobody_reads_is_written_where_somebody_may() {
    let account = account().await;
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_sleuth"))
        .args(["keys", "--apply"])
        .env_clear()
        .envs(crate::support::environment(&account.aws.url))
        .envs([ON])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::from(child.wait_with_output().await.unwrap());
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stderr.contains("\"outcome\": \"done\"") && ended.stderr.contains(&account.expired), "{ended:?}");
}

#[tokio::test]
async fn keys_of_protected_users_are_left_to_administrators() {
    let account = account().await;
    let iam = account.aws.iam();
    iam.create_user().user_name("root-admin").path("/admins/emea/").send().await.unwrap();
    let (protected, soon) =
        (account.aws.key("root-admin", 400, Some(1)).await, account.aws.key("root-admin", 85, Some(1)).await);
    let (topic, queue) = topic(&account.aws).await;
    let settings = [ON, ("PROTECTED_PATHS", "/ops/,/admins/"), ("SNS_TOPIC", topic.as_str())];

    let ended = run(&account, &["--apply"], &settings).await;

    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    assert_eq!(finding(&report, &account.expired)["outcome"], "done", "the others are disabled");
    let found = finding(&report, &protected);
    assert_eq!((&found["outcome"], &found["auto_expire"]), (&json!("held"), &json!(false)), "{found}");
    assert!(found["reason"].as_str().unwrap().contains("below `/admins/` (PROTECTED_PATHS)"), "{found}");
    assert_eq!(finding(&report, &soon)["outcome"], "done", "its owner is warned");
    let statuses = account.aws.statuses().await;
    assert_eq!((statuses[&protected].as_str(), statuses[&account.expired].as_str()), ("Active", "Inactive"));
    let told = json!(messages_in(&account.aws, &queue).await).to_string();
    assert!(told.contains("would be disabled, but its user is below `/admins/`"), "{told}");
    assert!(told.contains("expires in 5 days"), "it is not said that it will be disabled: {told}");
}

#[tokio::test]
async fn rate_limited_message_arrives() {
    let account = account().await;
    let limited = ResponseTemplate::new(429).insert_header("Retry-After", "1");
    let slack = receiver(vec![limited, ResponseTemplate::new(200)]).await;
    let ended = run(&account, &["--apply"], &[ON, ("SLACK_URL", &slack.uri())]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(bodies(&slack).await.len(), 3);
}

#[tokio::test]
async fn failed_delivery_is_reported_with_its_text_and_does_not_stop_the_other_channel() {
    let account = account().await;
    let (topic, queue) = topic(&account.aws).await;
    let endless = ResponseTemplate::new(500).set_body_string("rollup_error");
    let slack = receiver(vec![endless]).await;
    let hush = format!("{}/services/hush-hush", slack.uri());
    let settings = [ON, ("SLACK_URL", hush.as_str()), ("SNS_TOPIC", &topic), ("NOTIFY_RETRY_SECONDS", "2")];

    let ended = run(&account, &["--apply"], &settings).await;

    assert_eq!(ended.code, 4, "{ended:?}");
    let report = ended.report();
    assert_eq!(finding(&report, &account.expired)["outcome"], "done", "what was done is told truthfully");
    assert_eq!(finding(&report, &account.old)["outcome"], "done", "one channel reached the owner");
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0]["message"].as_str().unwrap().contains("HTTP 500, `rollup_error`"), "{errors:?}");
    assert!(report["deliveries"][0]["text"].as_str().unwrap().contains("was disabled"), "{report}");
    assert_eq!(messages_in(&account.aws, &queue).await.len(), 2);
    assert!(!format!("{ended:?}").contains("hush-hush"), "the webhook's address is a secret");
}

#[tokio::test]
async fn redirect_silence_and_absence_are_failures() {
    let account = account().await;
    let elsewhere = receiver(vec![ResponseTemplate::new(200)]).await;
    let redirect = ResponseTemplate::new(302).insert_header("Location", elsewhere.uri().as_str());
    let redirecting = receiver(vec![redirect]).await;
    let silent = receiver(vec![ResponseTemplate::new(200).set_delay(Duration::from_secs(60))]).await;
    let absent = {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        format!("http://127.0.0.1:{port}")
    };
    for (url, said) in [
        (redirecting.uri(), "a redirect is not followed"),
        (silent.uri(), "no answer in time"),
        (absent, "no connection"),
    ] {
        let settings = [("SLACK_URL", url.as_str()), ("NOTIFY_RETRY_SECONDS", "1")];
        let ended = run(&account, &["--apply"], &settings).await;
        assert_eq!(ended.code, 4, "{ended:?}");
        let report = ended.report();
        assert!(report["errors"][0]["message"].as_str().unwrap().contains(said), "{report}");
        assert_eq!(finding(&report, &account.old)["outcome"], "failed", "{report}");
    }
    assert_eq!(bodies(&elsewhere).await.len(), 0);
}

#[tokio::test]
async fn missing_topic_is_a_failure() {
    let account = account().await;
    let topic = "arn:aws:sns:us-east-1:123456789012:gone";
    let ended = run(&account, &["--apply"], &[("SNS_TOPIC", topic)]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.report()["errors"][0]["message"].as_str().unwrap().starts_with("NotFound"), "{ended:?}");
}

#[tokio::test]
async fn fifo_topic_is_served() {
    let account = account().await;
    let fifo = ("FifoTopic", "true");
    let topic = account.aws.sns().create_topic().name("keys.fifo").attributes(fifo.0, fifo.1).send().await.unwrap();
    let topic = topic.topic_arn.unwrap();
    let ended = run(&account, &["--apply"], &[("SNS_TOPIC", &topic)]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(finding(&ended.report(), &account.old)["outcome"], "done");
}

#[tokio::test]
async fn credential_report_of_another_maker_finds_the_same() {
    let account = account().await;
    let live = run(&account, &[], &[ON]).await;
    let reported = run(&account, &[], &[ON, ("INVENTORY", "report")]).await;
    assert_eq!((live.code, reported.code, reported.stderr.as_str()), (0, 0, ""), "{reported:?}");
    let (live, reported) = (live.report(), reported.report());
    assert!(reported["credential_report"].is_string(), "{reported}");
    assert_eq!(live["summary"], reported["summary"]);
    for key in [&account.old, &account.stagnant, &account.expired, &account.unused, &account.exempt, &account.unclear] {
        assert_eq!(finding(&live, key), finding(&reported, key));
    }
}

#[tokio::test]
async fn saved_inventory_gives_the_same_report() {
    let account = account().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inventory.json");
    let file = file.to_str().unwrap();
    let live = run(&account, &["--save", file], &[]).await;
    let saved = run(&account, &["--from", file], &[]).await;
    assert_eq!((live.code, saved.code), (0, 0), "{live:?} {saved:?}");
    assert_eq!(live.stdout, saved.stdout);
}
