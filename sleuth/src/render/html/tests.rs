//! What stands in the page, of the demo and of hostile data.

use super::{keys, tags};
use crate::{
    demo::reports::{of_keys, of_tags},
    facts::{ReadError, UserName},
    organization::{Member, Skipped},
    outputs::Deliverable as _,
    report::{
        ReportError,
        accounts::{AccountsReport, Failed, Parts},
        keys::KeyAudit,
    },
};

/// A page without its style and script, a line an element, so that a change of it can be read.
fn readable(page: &str) -> String {
    let mut page = page.to_owned();
    for (start, end) in [("<style>", "</style>"), ("<script>", "</script>"), ("style-src", "; base-uri")] {
        let from = page.find(start).unwrap() + start.len();
        let to = from + page[from..].find(end).unwrap();
        page.replace_range(from..to, "…");
    }
    page.replace("><", ">\n<")
}

#[test]
fn page_of_the_keys() {
    insta::assert_snapshot!(readable(&keys::html(&of_keys())));
}

#[test]
fn page_of_the_tags() {
    insta::assert_snapshot!(readable(&tags::html(&of_tags())));
}

/// The demo's account beside one that could not be entered and one that is left out, by these names.
fn of_many(name: &str) -> AccountsReport<KeyAudit> {
    let member = |id: &str| Member { name: Some(name.to_owned()), ..Member::new(id) };
    let error = ReadError { operation: "AssumeRole".to_owned(), message: name.to_owned() };
    let mut report = of_keys();
    report.account.alias = None;
    let parts = Parts {
        reports: vec![report],
        failed: vec![Failed { member: member("222222222222"), error }],
        members: vec![member("111122223333"), member("222222222222")],
        skipped: vec![Skipped { account: "333333333333".into(), name: Some(name.into()), reason: name.into() }],
    };
    AccountsReport::new(parts, of_keys().generated_at)
}

#[test]
fn page_of_many_accounts() {
    insta::assert_snapshot!(readable(&of_many("shop").html()));
}

#[test]
fn hostile_names_of_accounts_are_text() {
    assert_tame(&of_many(HOSTILE).html());
}

#[test]
fn page_of_many_accounts_that_many_read_shows_no_whole_key_id() {
    let report = of_many("shop");
    assert!(report.html().contains("AKIA4LARKSPURZ8SMB3K"));
    assert!(!report.shared().html().contains("AKIA4LARKSPUR"));
}

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&\u{1b}";

/// What must not be in a page, however it is read.
fn assert_tame(page: &str) {
    assert!(!page.contains("<img") && !page.contains('\u{1b}'), "{page}");
    assert_eq!((page.matches("<script").count(), page.matches("</script>").count()), (1, 1));
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;"), "{page}");
    // No attribute holds a script or a style either, which the policy would forbid anyway.
    assert!(!page.contains(" style=") && !page.contains(" onclick"), "{page}");
}

#[test]
fn hostile_names_of_users_are_text() {
    let mut report = of_keys();
    let hostile = || HOSTILE.to_owned();
    report.account.alias = Some(hostile());
    report.brake = Some(hostile());
    report.audit.alerts[0].user = Some(UserName(hostile()));
    report.audit.alerts[0].message = hostile();
    for key in &mut report.audit.keys {
        key.user = UserName(hostile());
        (key.name, key.slack, key.reason) = (hostile() + "x", Some(hostile()), Some(hostile()));
    }
    report.errors = vec![ReportError { subject: hostile(), operation: hostile(), message: hostile() }];
    assert_tame(&keys::html(&report));
}

#[test]
fn hostile_tags_are_text() {
    let mut report = of_tags();
    let hostile = || HOSTILE.to_owned();
    report.audit.policy.rules_from = hostile();
    report.audit.policy.rules.rules[0].id = hostile();
    report.audit.regions[0].held = Some(hostile());
    report.audit.summary.by_owner.insert(hostile(), 1);
    for instance in &mut report.audit.instances {
        (instance.name, instance.owner.name, instance.reason) = (Some(hostile()), Some(hostile()), Some(hostile()));
        instance.repairs.insert(hostile(), hostile());
        for violation in &mut instance.violations {
            violation.message = hostile();
        }
    }
    assert_tame(&tags::html(&report));
}

#[test]
fn policy_of_the_page_allows_exactly_what_is_in_it() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use sha2::{Digest as _, Sha256};

    let page = keys::html(&of_keys());
    let inside = |start: &str, end: &str| page.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();
    let hash = |text: String| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let (style, script) = (hash(inside("<style>", "</style>")), hash(inside("<script>", "</script>")));
    let expected =
        format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'");
    assert_eq!(inside("Content-Security-Policy\" content=\"", "\">"), expected);
}

#[test]
fn page_says_what_was_applied_and_what_stopped_it() {
    let mut report = of_keys();
    assert!(keys::html(&report).contains("Plain run: nothing was changed or sent"));
    report.applied = true;
    report.brake = Some("too many keys".into());
    let page = keys::html(&report);
    assert!(page.contains("Applied: what it says was done was done") && page.contains("What was done"), "{page}");
    assert!(page.contains("NO KEY IS DISABLED: too many keys"), "{page}");
}

#[test]
fn page_of_an_empty_account_is_whole() {
    let mut report = of_keys();
    report.audit.keys.clear();
    report.audit.alerts.clear();
    report.audit.summary = crate::report::keys::Summary::default();
    let page = keys::html(&report);
    assert!(page.contains("There are none.") && page.contains("0 keys of 0 users"), "{page}");
    assert!(!page.contains("NaN") && !page.contains("inf\""), "{page}");
}

#[test]
fn every_key_is_counted_in_a_bar() {
    let report = of_keys();
    let page = keys::html(&report);
    let described = page.split_once("id=\"ages-desc\">").unwrap().1.split_once("</desc>").unwrap().0;
    let bars = described.split_once("; ").unwrap().0.split(", ");
    let counted: usize = bars.map(|bar| bar.rsplit_once(": ").unwrap().1.parse::<usize>().unwrap()).sum();
    assert_eq!(counted, report.audit.keys.len());
}
