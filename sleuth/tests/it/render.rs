//! What people and programs are shown, of the demo's account and of every outcome.

use chrono::TimeDelta;
use notifier::{DeliveryReport, PartDelivery, PartResult};
use sleuth::{
    apply::keys::{Outcome as Applied, Outcomes},
    demo,
    facts::{ReadError, Reading, UserName},
    keys::{AccessKey, AccessKeyId, Days, Inventory, KeyStatus, User},
    render::{
        json,
        notification::keys::notifications,
        table::{Look, keys::table},
    },
    report::{Outcome, keys::KeysReport},
    run,
};

use crate::support::demo_report;

fn lines(report: &KeysReport) -> Vec<String> {
    let notifications = notifications(report, &demo::keys::config().unwrap().texts);
    let groups = notifications.iter().flat_map(|notification| &notification.groups);
    groups.flat_map(|group| &group.lines).map(notifier::Line::plain).collect()
}

#[test]
fn report_is_the_documented_json() {
    insta::assert_snapshot!(json::pretty(&demo_report()).unwrap());
}

#[test]
fn table_fits_the_terminal() {
    for width in [60, 80, 100, 120, 139, 140, 160, 200] {
        let text = table(&demo_report(), Look { width: Some(width), colours: false });
        // The account and the counts are one line each, which the terminal may break.
        let free =
            |line: &str| line.starts_with("Account ") || line.contains(" users, ") || line.starts_with("Incomplete");
        let fitted: Vec<&str> = text.lines().filter(|line| !free(line)).collect();
        assert!(fitted.len() > 15, "{text}");
        let widest = fitted.iter().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} > {width}\n{text}");
    }
}

#[test]
fn table_in_a_narrow_terminal() {
    insta::assert_snapshot!(table(&demo_report(), Look { width: Some(80), colours: false }));
}

#[test]
fn table_in_colour() {
    let text = table(&demo_report(), Look { width: Some(160), colours: true });
    let red = text.lines().find(|line| line.contains("fleet-telemetry")).unwrap();
    assert!(red.contains("\u{1b}["), "{red:?}");
    assert_eq!(console::strip_ansi_codes(&text), table(&demo_report(), Look { width: Some(160), colours: false }));
}

#[test]
fn table_says_first_what_holds_for_all() {
    let mut report = demo_report();
    report.audit.policy.enable_auto_expire = false;
    let note = "Disabling is switched off: ENABLE_AUTO_EXPIRE is not true\n";
    assert!(table(&report, Look::PLAIN).contains(note), "{}", table(&report, Look::PLAIN));
    report.audit.policy.max_disable = 2;
    let more = "is not true, and 3 keys are more than MAX_DISABLE (2) would allow in one run\n";
    assert!(table(&report, Look::PLAIN).contains(more), "{}", table(&report, Look::PLAIN));
    report.brake = Some("too many".into());
    assert!(table(&report, Look::PLAIN).contains("NO KEY IS DISABLED: too many\n"));
}

#[test]
fn table_explains_what_was_not_asked_and_keys_without_ids() {
    let policy = demo::keys::config().unwrap().policy;
    let now = demo::keys::now(&demo::keys::inventory().unwrap());
    let key = |id: Option<&str>, age: i64| AccessKey {
        id: id.map(|id| AccessKeyId(id.into())),
        status: KeyStatus::Active,
        created: Some(now - TimeDelta::days(age)),
        last_used: None,
    };
    let told = |keys: Reading<Vec<AccessKey>>| {
        let user = User { keys, ..demo::keys::inventory().unwrap().users[0].clone() };
        let inventory = Inventory { users: vec![user], credential_report: Some(now), ..Inventory::empty(now) };
        let text = table(
            &run::keys::dry(&inventory, &demo::keys::config().unwrap(), now),
            Look { width: Some(100), colours: false },
        );
        (
            text.contains("not asked for, as it could not change the verdict"),
            text.contains("by the credential report of"),
        )
    };
    assert!(policy.decides_by_age(Days(10)) && !policy.decides_by_age(Days(70)));
    assert_eq!(told(Reading::Read(vec![key(Some("AKIA1"), 10)])), (true, false));
    assert_eq!(told(Reading::Read(vec![key(None, 10)])), (true, true));
    // Of what is unknown neither holds.
    assert_eq!(told(Reading::Read(vec![key(Some("AKIA1"), 70)])), (false, false));
    let error = ReadError { operation: "ListAccessKeys".into(), message: "AccessDenied".into() };
    assert_eq!(told(Reading::Unread(error)), (false, false));
}

#[test]
fn table_shows_no_control_characters() {
    let mut report = demo_report();
    report.audit.keys[0].user = UserName("evil\u{1b}[2Juser\nline".into());
    report.audit.keys[0].slack = Some("\u{7}".into());
    let text = table(&report, Look::PLAIN);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
}

#[test]
fn every_status_is_in_the_demo() {
    let summary = demo_report().audit.summary;
    let counts = [summary.good, summary.old, summary.stagnant, summary.expired, summary.disabled, summary.unknown];
    assert!(counts.iter().all(|count| *count > 0) && summary.exempt > 0, "{summary:?}");
    assert_eq!(counts.iter().sum::<usize>(), summary.keys);
}

#[test]
fn worst_comes_first() {
    let statuses: Vec<_> = demo_report().audit.keys.iter().map(|key| key.status).collect();
    assert!(statuses.is_sorted());
}

#[test]
fn exempt_owner_is_never_in_a_message() {
    assert!(lines(&demo_report()).iter().all(|line| !line.contains("backup-nightly")));
}

/// The report after applying, with this outcome for every key that was to be disabled.
fn applied(outcome: &Applied) -> KeysReport {
    let mut report = demo_report();
    let target = |key: &sleuth::report::keys::Finding| {
        (key.user.clone(), key.key_id.clone().unwrap_or(AccessKeyId(String::new())))
    };
    let outcomes: Outcomes = report
        .audit
        .keys
        .iter()
        .filter(|key| key.outcome == Outcome::Planned && key.action == sleuth::keys::Action::Disable)
        .map(|key| (target(key), outcome.clone()))
        .collect();
    assert_eq!(outcomes.len(), 3);
    report.record_outcomes(&outcomes);
    report
}

#[test]
fn words_match_the_outcome() {
    let unread = ReadError { operation: "ListAccessKeys".into(), message: "Throttling".into() };
    for (outcome, words, recorded, errors) in [
        (Applied::Done(()), "was disabled", Outcome::Done, 0),
        (Applied::Failed("AccessDenied".into()), "could not be disabled: AccessDenied", Outcome::Failed, 3),
        (
            Applied::Unconfirmed(unread),
            "would be disabled, but it could not be looked at again: ListAccessKeys: Throttling",
            Outcome::Held,
            3,
        ),
    ] {
        let report = applied(&outcome);
        let told = lines(&report).join("\n") + "\n";
        assert_eq!(told.matches(&format!("{words}\n")).count(), 3, "{words}: {told}");
        // Of the key with the unclear tag, which was held from the start, something is told as well.
        let count = report.audit.keys.iter().filter(|key| key.outcome == recorded).count();
        assert_eq!(count, if recorded == Outcome::Held { 4 } else { 3 });
        assert_eq!(report.errors.len(), 2 + errors);
        assert!(table(&report, Look::PLAIN).contains(words));
    }
}

#[test]
fn a_warning_is_done_when_somebody_was_told() {
    let part = |reason: Option<&str>| {
        let mut report = demo_report();
        let subjects = report.audit.keys.iter().map(sleuth::report::keys::Finding::subject).collect();
        let result = reason.map_or(PartResult::Delivered, |reason| PartResult::Undelivered {
            reason: reason.into(),
            text: "x".into(),
        });
        let part = PartDelivery { channel: "slack", title: "t".into(), part: 1, of: 1, attempts: 1, result, subjects };
        report.record_delivery(DeliveryReport { parts: vec![part] });
        table(&report, Look::PLAIN)
    };
    assert_eq!(part(None).matches("notice was sent: will be disabled in ").count(), 4);
    assert_eq!(part(Some("no_service")).matches("; slack: no_service").count(), 4);
}

#[test]
fn small_report_is_one_log_line_and_a_large_one_several() {
    let mut report = demo_report();
    let whole = json::log_lines(&report).unwrap();
    assert_eq!(whole.len(), 1);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&whole[0]).unwrap(), serde_json::to_value(&report).unwrap());

    let key = report.audit.keys[1].clone();
    report.audit.keys = (0..5_000)
        .map(|i| {
            let mut key = key.clone();
            key.user = UserName(format!("user-{i}"));
            key
        })
        .collect();
    let lines = json::log_lines(&report).unwrap();
    assert!(lines.len() > 1 && lines.iter().all(|line| line.len() < 256 * 1024));
    let parts: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parts[0]["log_part"], serde_json::json!({"part": 1, "of": parts.len()}));
    let users: Vec<&serde_json::Value> =
        parts.iter().flat_map(|part| part["keys"].as_array().unwrap()).map(|key| &key["user"]).collect();
    assert_eq!(users.len(), 5_000);
    assert_eq!(users[4_999], "user-4999");
    for line in &lines {
        let before = |field: &str| line.find(&format!("\"{field}\":")).unwrap() < line.find("\"keys\":[").unwrap();
        assert!(["kind", "summary", "log_part"].into_iter().all(before), "a log's reader sees the first 200 fields");
    }
    let errors: usize = parts.iter().map(|part| part["errors"].as_array().unwrap().len()).sum();
    assert_eq!(errors, 2);
}

#[test]
fn a_key_that_is_gone_is_not_told_about() {
    let report = applied(&Applied::Held { reason: "the key does not exist any more".into(), verdict: None });
    assert_eq!((report.audit.summary.expired, report.audit.summary.disabled), (2, 4), "{:?}", report.audit.summary);
    assert!(lines(&report).iter().all(|line| !line.contains("ci-deploy")), "{:?}", lines(&report));
    assert!(table(&report, Look::PLAIN).contains("would be disabled, but the key does not exist any more"));
}

#[test]
fn every_list_of_a_large_report_is_split_in_the_log() {
    let error = demo_report().errors[0].clone();
    let part = PartDelivery {
        channel: "slack",
        title: "t".into(),
        part: 1,
        of: 1,
        attempts: 1,
        result: PartResult::Undelivered { reason: "gone".into(), text: "x".repeat(12_000) },
        subjects: Vec::new(),
    };
    let errors = KeysReport { errors: vec![error; 5_000], ..demo_report() };
    let deliveries = KeysReport { deliveries: DeliveryReport { parts: vec![part; 200] }, ..demo_report() };
    for report in [errors, deliveries] {
        let lines = json::log_lines(&report).unwrap();
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() < 256 * 1024));
        let parts: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let count = |list: &str| parts.iter().map(|part| part[list].as_array().unwrap().len()).sum::<usize>();
        assert_eq!((count("errors"), count("deliveries")), (report.errors.len(), report.deliveries.parts.len()));
    }
}
