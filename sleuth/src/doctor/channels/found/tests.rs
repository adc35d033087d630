//! What is said of outputs.

use notifier::{Channel, IndexName, Notifier, memory::Memory};

use super::*;
use crate::{
    config::{Flags, KeysConfig},
    doctor::channels::outputs,
};

const ALL: Use = Use { writes: true, archived: false };

/// The last output that these settings name.
fn output(settings: &[(&str, &str)]) -> Output {
    let environment: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let set = KeysConfig::new(&environment, Flags::default()).unwrap().common.outputs;
    outputs(&set).pop().unwrap()
}

fn topic() -> Output {
    output(&[("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys")])
}

fn bot() -> Output {
    output(&[("SLACK_BOT_TOKEN", "xoxb-hush"), ("SLACK_CHANNEL", "#keys")])
}

fn search() -> Output {
    output(&[("SEARCH_URL", "https://search.example.com")])
}

fn archive() -> Output {
    output(&[("ARCHIVE", "s3://reports/sleuth")])
}

fn with_scopes(scopes: &[&str]) -> Probed {
    let scopes = scopes.iter().map(ToString::to_string).collect();
    Probed::Bot(BotIdentity { team: "Larkspur".to_owned(), user: "sleuth".to_owned(), scopes })
}

/// The scopes that are missed, with how bad that is.
fn missed(scopes: &[&str], of: Use) -> Vec<(Status, String)> {
    let checks = probed(&bot(), &with_scopes(scopes), of, true).into_iter();
    let scope = |check: Check| {
        let (_, rest) = check.found.split_once("lacks the scope ").unwrap();
        (check.status, rest.split(": ").next().unwrap().to_owned())
    };
    checks.map(scope).collect()
}

#[test]
fn bot_says_who_it_is_and_what_it_lacks() {
    let all = ["chat:write", "users:read.email", "users:read", "files:write"];
    let [check] = probed(&bot(), &with_scopes(&all), ALL, false).try_into().unwrap();
    assert_eq!(check.status, Status::Ok);
    assert!(check.found.contains("sleuth of Larkspur; nothing was sent"), "{check:?}");
    assert!(missed(&all, ALL).is_empty());

    let lacks = |status, scope: &str| (status, scope.to_owned());
    assert_eq!(
        missed(&["channels:read"], ALL),
        [
            lacks(Status::Failed, "chat:write"),
            lacks(Status::Warning, "users:read.email"),
            lacks(Status::Warning, "users:read"),
            lacks(Status::Warning, "files:write"),
        ]
    );
    // Where there is an archive, nobody needs a file.
    assert!(missed(&all[..3], Use { archived: true, ..ALL }).is_empty());
    // A digest is for the channel only.
    assert!(missed(&all[..1], Use { writes: false, ..ALL }).is_empty());
    assert_eq!(missed(&["files:write"], Use { writes: false, ..ALL }), [lacks(Status::Failed, "chat:write")]);
}

#[test]
fn scopes_that_slack_does_not_say_are_not_known() {
    let [check] = probed(&bot(), &with_scopes(&[]), ALL, true).try_into().unwrap();
    assert_eq!(check.status, Status::Skipped);
}

#[test]
fn mail_to_owners_only_is_looked_at_and_tested_by_nobody() {
    let topic = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");
    let mail = [topic, ("SMTP_URL", "smtps://smtp.example.com"), ("EMAIL_FROM", "sleuth@example.com")];
    let owners = output(&[&mail[..], &[("EMAIL_OWNER_DOMAINS", "example.com")]].concat());
    let [check] = probed(&owners, &Probed::Mail, ALL, false).try_into().unwrap();
    assert_eq!(check.status, Status::Ok);
    assert!(check.found.contains("takes the connection") && check.found.contains("nobody gets a test"), "{check:?}");
}

#[test]
fn index_is_compared() {
    let set = |template, index| Ok(Setup { template, index });
    let name = IndexName::parse("aws-audits").unwrap();
    for (compared, status, said) in [
        (set(Change::Unchanged, Change::Unchanged), Status::Ok, "reachable, and set up; nothing was written"),
        (set(Change::Created, Change::Created), Status::Warning, "there is no index template, there is no index"),
        (set(Change::Updated, Change::Unchanged), Status::Warning, "is another than this version's"),
        (set(Change::Unchanged, Change::Updated), Status::Warning, "the index lacks fields"),
        (
            Err(SearchError::Denied("HTTP 403".to_owned())),
            Status::Skipped,
            "may not be read, which no run needs: HTTP 403",
        ),
        (Err(SearchError::Unavailable("HTTP 503".to_owned())), Status::Unchecked, "HTTP 503"),
        (Err(SearchError::Failed("HTTP 401".to_owned())), Status::Failed, "HTTP 401"),
        (
            Err(SearchError::OtherTypes { index: name.to_string(), fields: vec!["id: text".to_owned()] }),
            Status::Failed,
            "id: text",
        ),
    ] {
        let check = index(&search(), &compared);
        assert_eq!(check.status, status, "{check:?}");
        assert!(check.found.contains(said), "{check:?}");
        let setup = check.fix.is_some_and(|fix| fix.contains("sleuth search setup"));
        assert_eq!(setup, status == Status::Warning);
    }
}

#[test]
fn archive_says_whether_anything_was_written() {
    let check = unwritten(&archive(), ALL);
    assert_eq!(check.found, "s3://reports/sleuth/; nothing was written (--send-test writes a small object)");
    assert!(unwritten(&archive(), Use { writes: false, ..ALL }).found.contains("the digest only reads it"));
    for (result, status) in [
        (Ok(()), Status::Ok),
        (Err(Trouble::Denied("AccessDenied".to_owned())), Status::Failed),
        (Err(Trouble::Unclear("does not say that it is encrypted".to_owned())), Status::Failed),
        (Err(Trouble::Unanswered("SlowDown".to_owned())), Status::Unchecked),
    ] {
        let check = kept(&archive(), &result);
        assert_eq!(check.status, status);
        let said = result.err().map_or("written, and encrypted".to_owned(), |trouble| trouble.to_string());
        assert!(check.found.contains(&said) && check.found.contains("sleuth-doctor.json"), "{check:?}");
    }
    let object: serde_json::Value = serde_json::from_str(&test_object("123456789012", DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!((&object["account"], &object["written_at"]), (&json!("123456789012"), &json!("1970-01-01T00:00:00Z")));
}

#[tokio::test]
async fn what_came_of_the_test_message_is_told() {
    let output = topic();
    let (takes, refuses) = (Memory::default(), Memory::refusing("NotFound"));
    let message = test_message("123456789012");
    let report = Notifier::new(vec![Channel::Memory(takes.clone())]).send(&message, None).await;
    assert_eq!(sent(&output, &report)[0].status, Status::Ok);
    assert_eq!(takes.sent()[0].title, "Sleuth test message, nothing is wrong");
    let report = Notifier::new(vec![Channel::Memory(refuses)]).send(&message, None).await;
    let [check] = sent(&output, &report).try_into().unwrap();
    assert_eq!(check.status, Status::Failed);
    assert!(check.found.ends_with(": NotFound"), "{check:?}");
}
