//! What people are shown of an examination.

use chrono::DateTime;
use sleuth::{
    doctor::{Check, Diagnosis, Section, Statement, Status},
    facts::Account,
    render::table::{Look, doctor::table},
};

pub(crate) fn diagnosis() -> Diagnosis {
    let check = |section, name: &str, status, found: &str| Check::new(section, name, status, found);
    let lacks = |check: Check, action, resource: &str| Check {
        statement: Some(Statement { action, resource: resource.to_owned() }),
        ..check
    };
    let users = "arn:aws:iam::123456789012:user/*";
    let checks = vec![
        check(Section::Settings, "MAX_DISABLE", Status::Warning, "keys may be disabled, but none in a run")
            .fix("raise MAX_DISABLE, or set ENABLE_AUTO_EXPIRE to false"),
        check(Section::Settings, "keys", Status::Ok, "the settings of `keys` can be used"),
        check(
            Section::Credentials,
            "caller",
            Status::Ok,
            "arn:aws:sts::123456789012:assumed-role/sleuth/jane\u{1b}[2K",
        ),
        check(Section::Permissions, "iam:GetAccountSummary", Status::Ok, "allowed, tried (how many users there are)"),
        lacks(
            check(
                Section::Permissions,
                "iam:ListAccessKeys",
                Status::Failed,
                "not allowed: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/sleuth/jane is not authorized \
                 to perform: iam:ListAccessKeys (keys of a user)",
            )
            .fix("allow iam:ListAccessKeys on *"),
            "iam:ListAccessKeys",
            "*",
        ),
        lacks(
            check(Section::Permissions, "iam:UpdateAccessKey", Status::Failed, "not allowed, as IAM simulates")
                .fix(format!("allow iam:UpdateAccessKey on {users}")),
            "iam:UpdateAccessKey",
            users,
        ),
        check(Section::Permissions, "ec2:DescribeInstances", Status::Unchecked, "Throttling").fix("run this again"),
        check(Section::Permissions, "s3:GetObject", Status::Skipped, "not known"),
        check(Section::Channels, "SNS_TOPIC", Status::Ok, "the topic; nothing was sent"),
    ];
    let account = Account { id: Some("123456789012".to_owned()), alias: Some("acme".to_owned()) };
    let caller = Some("arn:aws:sts::123456789012:assumed-role/sleuth/jane".to_owned());
    let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    Diagnosis { account, caller, ..Diagnosis::new(now, vec!["keys"], checks) }
}

#[test]
fn table_fits_the_terminal() {
    for width in [60, 72, 80, 89, 90, 100, 139, 140, 200] {
        let text = table(&diagnosis(), Look { width: Some(width), colours: false });
        // The policy is there to be copied.
        let (checks, policy) = text.split_once("\n{\n").unwrap();
        let widest = checks.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} > {width}\n{text}");
        assert!(serde_json::from_str::<serde_json::Value>(&format!("{{{policy}")).is_ok(), "{policy}");
    }
}

#[test]
fn table_in_a_terminal() {
    insta::assert_snapshot!(table(&diagnosis(), Look { width: Some(100), colours: false }));
}

#[test]
fn failures_are_told_in_words_and_in_colours() {
    let plain = table(&diagnosis(), Look::PLAIN);
    for word in ["✓ ok", "! warning", "✗ failed", "? unchecked", "- skipped"] {
        assert!(plain.contains(word), "{plain}");
    }
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(table(&diagnosis(), Look { width: None, colours: true }).contains('\u{1b}'));
}
