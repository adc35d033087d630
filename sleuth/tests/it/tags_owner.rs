//! Whose instances they are, by tags, by CloudTrail and by IAM, and what owners are told.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::{
    channels::{bodies, messages_in, receiver, texts, topic},
    cloud::{assumed_role, iam_user, launched, minutes_ago, service, tagged},
    support::Emulator,
    tags::{
        CODE, IRELAND, TERMINATE, VIRGINIA, audit, aws, changes, count, end, errors, finding, old, reason, rules, run,
    },
};

/// CloudTrail may be asked for this long.
const ASKED: (&str, &str) = ("OWNER_LOOKUP_SECONDS", "60");
/// When `old` instances were launched, in minutes ago.
const LAUNCH: i64 = (3 * 24 + 1) * 60;

fn owner<'a>(report: &'a Value, id: &str) -> [&'a Value; 4] {
    ["name", "found_by", "detail", "slack"].map(|field| &finding(report, id)["owner"][field])
}

#[tokio::test]
async fn launchers_are_found_on_any_page_and_put_into_tags() {
    let aws = Emulator::with(&[("REGIONS", "eu-west-1"), ("PAGE_SIZE", "5"), ("LOOKUP_RATE", "2")]);
    aws.user("alice", &[("Slack", "U024BE7LH")]).await;
    let busy = old(&aws, IRELAND, &[]).await;
    let by_role = old(&aws, IRELAND, &[("owner", "")]).await;
    let by_group = old(&aws, IRELAND, &[]).await;
    let unrecorded = old(&aws, IRELAND, &[]).await;
    let owned = old(&aws, IRELAND, &[("Owner", "carol")]).await;
    let mut complete = Vec::new();
    for _ in 0..8 {
        complete.push(old(&aws, IRELAND, &[("Owner", "carol"), ("Team", "Web")]).await);
    }
    // Two full pages of other events, all of them before the hour after the launch is over; the launch comes on the third.
    let others = (1..=10).map(|minute| tagged(&iam_user("dave"), &busy, &[("a", "b")], minutes_ago(LAUNCH - minute)));
    let mut records: Vec<Value> = others.collect();
    for (by, id) in [
        (iam_user("alice"), &busy),
        (assumed_role("Dev", "bob"), &by_role),
        (service("AutoScaling"), &by_group),
        (iam_user("erin"), &owned),
    ] {
        records.push(launched(&by, id, minutes_ago(LAUNCH)));
    }
    aws.events(IRELAND, &records).await;
    let rules = rules("[[rule]]\ntag = 'Owner'\nrepair = { launch-user = true, fallback = 'Undefined' }\n");

    let ended = audit(&aws, &rules, &["--apply"], &[ASKED, ("TAG_ACTION", "repair")]).await;

    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    assert_eq!((&report["summary"]["instances"], count(&aws, IRELAND, "DescribeInstances").await), (&json!(13), 3 + 4));
    let null = Value::Null;
    for (id, expected, key, value) in [
        (&busy, [&json!("alice"), &json!("cloudtrail"), &null, &json!("U024BE7LH")], "Owner", "alice"),
        (&by_role, [&json!("bob"), &json!("role_session"), &json!("role Dev"), &null], "owner", "bob"),
        (
            &by_group,
            [&null, &json!("unknown"), &json!("launched by autoscaling.amazonaws.com"), &null],
            "Owner",
            "Undefined",
        ),
        (
            &unrecorded,
            [&null, &json!("unknown"), &json!("CloudTrail has no record of its launch"), &null],
            "Owner",
            "Undefined",
        ),
    ] {
        assert_eq!(owner(&report, id), expected);
        assert_eq!(end(&report, id), ["repair", "done", "running"]);
        assert_eq!(aws.tags(IRELAND, id).await[key], value);
    }
    assert_eq!(owner(&report, &owned), [&json!("carol"), &json!("tag"), &json!("owner"), &null]);
    assert_eq!(changes(&aws).await.len(), 4);
    // Three pages of one, one page of each of the others: none of these calls was throttled and had to be repeated.
    assert_eq!(count(&aws, IRELAND, "LookupEvents").await, 3 + 3);
}

#[tokio::test]
async fn denied_cloudtrail_blocks_nothing_and_is_reported_once_a_region() {
    let aws = aws(&[]);
    let mut doomed = Vec::new();
    let mut mended = Vec::new();
    for region in [IRELAND, VIRGINIA] {
        doomed.push(old(&aws, region, &[("Owner", "carol"), ("created_by", "")]).await);
        for _ in 0..3 {
            mended.push(old(&aws, region, &[("Code", "c")]).await);
        }
    }
    aws.fault(json!({"operation": "LookupEvents", "code": "AccessDeniedException"})).await;
    let rules = rules(&format!("{CODE}[[rule]]\ntag = 'Owner'\nrepair = 'launch-user'\n"));

    let ended = audit(&aws, &rules, &["--apply"], &[ASKED, TERMINATE]).await;

    let report = ended.report();
    let denied = [IRELAND, VIRGINIA].map(|region| format!("{region}: LookupEvents"));
    assert_eq!((ended.code, errors(&report)), (4, denied.to_vec()), "{report}");
    for id in &mended {
        let why = json!("CloudTrail could not be asked: LookupEvents: AccessDeniedException: this is a test");
        assert_eq!(owner(&report, id), [&Value::Null, &json!("unknown"), &why, &Value::Null]);
        assert_eq!(finding(&report, id)["action"], "notify");
    }
    for id in &doomed {
        assert_eq!(end(&report, id), ["terminate", "done", "terminated"]);
    }
    for region in [IRELAND, VIRGINIA] {
        assert_eq!(count(&aws, region, "LookupEvents").await, 2, "a denied region is not asked for ever");
    }

    let ended = audit(&aws, &rules, &[], &[("OWNER_LOOKUP_SECONDS", "0")]).await;
    assert_eq!((ended.code, errors(&ended.report())), (0, vec![]));
    assert_eq!(owner(&ended.report(), &mended[0]), [&Value::Null, &json!("unknown"), &Value::Null, &Value::Null]);
    assert_eq!(count(&aws, IRELAND, "LookupEvents").await, 2);
}

#[tokio::test]
async fn created_by_must_be_an_iam_user_and_without_iam_nobody_knows() {
    let aws = aws(&[("PAGE_SIZE", "1")]);
    for user in ["alice", "bob"] {
        aws.user(user, &[]).await;
    }
    let by_bob = old(&aws, IRELAND, &[("Created_By", "BOB")]).await;
    let by_nobody = old(&aws, VIRGINIA, &[("created_by", "mallory")]).await;
    let flags = ["--apply", "--terminate", "--tags", "created_by", "--created-by-validate"];

    // The fast call and the one it falls back to: the first two runs of the audit meet denials.
    for operation in ["GetAccountAuthorizationDetails", "ListUsers"] {
        aws.fault(json!({"operation": operation, "status": 403, "code": "AccessDenied", "times": 1})).await;
    }
    let ended = run(&aws, &flags, &[]).await;
    let report = ended.report();
    assert_eq!((ended.code, errors(&report)), (4, vec!["account: ListUsers".to_owned()]), "{report}");
    for id in [&by_bob, &by_nobody] {
        assert_eq!(
            (&finding(&report, id)["status"], end(&report, id)),
            (&json!("unknown"), ["none", "none", "running"])
        );
    }
    assert_eq!(changes(&aws).await, Vec::<String>::new());

    let ended = run(&aws, &flags, &[]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    assert_eq!(finding(&report, &by_bob)["status"], "compliant");
    assert_eq!(
        finding(&report, &by_nobody)["violations"][0]["message"],
        "`created_by` is `mallory`, which is no IAM user"
    );
    assert_eq!(end(&report, &by_nobody), ["terminate", "done", "terminated"]);
    assert_eq!(changes(&aws).await, [format!("{VIRGINIA} TerminateInstances {by_nobody}")]);
}

#[tokio::test]
async fn owners_are_told_what_was_not_done_and_then_what_was() {
    let aws = aws(&[]);
    aws.iam().create_account_alias().account_alias("acme").send().await.unwrap();
    aws.user("alice", &[("slack", "U024BE7LH")]).await;
    let doomed = old(&aws, IRELAND, &[("Name", "web"), ("owner", "Alice"), ("Team", "Web")]).await;
    let unowned = old(&aws, VIRGINIA, &[("Team", "")]).await;
    let reported = old(&aws, VIRGINIA, &[("Code", "c"), ("created_by", "bob")]).await;
    let exempt = old(&aws, VIRGINIA, &[("owner", "alice"), ("SleuthExempt", "2999-12-31")]).await;
    let rules = rules(&format!("{CODE}[[rule]]\ntag = 'Team'\nempty = 'wrong'\n"));
    let slack = receiver(vec![ResponseTemplate::new(200)]).await;
    let url = slack.uri();
    let (topic, queue) = topic(&aws).await;
    let channels = [
        ("SLACK_URL", url.as_str()),
        ("SNS_TOPIC", &topic),
        ("TAG_NOTIFICATION_TITLE", "Tags"),
        ("TAG_NOTIFICATION_TEXT", "Tag them."),
    ];

    let ended = audit(&aws, &rules, &["--apply"], &channels).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(changes(&aws).await, Vec::<String>::new(), "TAG_ACTION is notify unless it is set");
    let messages = bodies(&slack).await;
    assert_eq!(messages.len(), 1);
    let head = &messages[0]["attachments"][0];
    assert_eq!((&head["title"], &head["text"]), (&json!("Tags"), &json!("Account 123456789012 (acme)\nTag them.")));
    let of_doomed = format!(
        "<@U024BE7LH> (Alice): {doomed} (web) in eu-west-1, 3 days old, tags Name=web, Team=Web, owner=Alice: `Code` is \
         missing: would be terminated, but TAG_ACTION is notify"
    );
    let of_unowned = format!(
        "unknown owner: {unowned} in us-east-1, 3 days old, tags Team=: `Code` is missing; `Team` is empty: would be \
         terminated, but TAG_ACTION is notify"
    );
    assert_eq!(sorted(&texts(&messages, "#ff0000")), sorted(&format!("{of_doomed}\n{of_unowned}")));
    let milder = format!(
        "bob: {reported} in us-east-1, 3 days old, tags Code=c, created_by=bob: `Team` is missing\nBy rule: Code 2, Team \
         2\nBy owner: Alice 1, bob 1, unknown 1\nBy region: us-east-1 2, eu-west-1 1"
    );
    assert_eq!(sorted(&texts(&messages, "#ffff00")), sorted(&milder));
    assert_eq!(end(&ended.report(), &reported), ["notify", "done", "running"]);
    let mail = messages_in(&aws, &queue).await;
    let mail = mail.iter().map(|mail| mail["Message"].as_str().unwrap()).collect::<String>();
    assert!(mail.contains(&format!("- {}", of_doomed.replace("<@U024BE7LH> (Alice)", "Alice"))), "{mail}");
    assert!(mail.contains("Account 123456789012 (acme)") && mail.contains("- By rule: Code 2, Team 2"), "{mail}");
    assert!(!mail.contains(&exempt) && !mail.contains("<@"), "{mail}");

    let report = audit(&aws, &rules, &["--apply"], &[&channels[..], &[TERMINATE]].concat()).await.report();
    assert_eq!(end(&report, &doomed), ["terminate", "done", "terminated"]);
    assert_eq!(reason(&report, &doomed), "");
    assert_eq!(report["deliveries"].as_array().map(Vec::len), Some(2));
    let red = texts(&bodies(&slack).await[1..], "#ff0000");
    assert!(
        red.contains(&of_doomed.replace("would be terminated, but TAG_ACTION is notify", "was terminated")),
        "{red}"
    );
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines
}
