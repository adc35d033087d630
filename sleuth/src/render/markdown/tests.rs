//! What stands on the page, of the demo and of hostile data.

use super::{keys, tags};
use crate::{
    demo::reports::{of_keys, of_tags},
    facts::UserName,
};

#[test]
fn page_of_the_keys() {
    insta::assert_snapshot!(keys::markdown(&of_keys()));
}

#[test]
fn page_of_the_tags() {
    insta::assert_snapshot!(tags::markdown(&of_tags()));
}

#[test]
fn no_key_id_is_whole() {
    let report = of_keys();
    let page = keys::markdown(&report);
    for key in report.audit.keys.iter().filter_map(|finding| finding.key_id.as_ref()) {
        assert!(!page.contains(&key.0), "{key:?} is in {page}");
    }
    assert!(page.contains("`noor.haddad AKIA…YF4V`"), "{page}");
}

#[test]
fn hostile_data_breaks_no_row_and_calls_nobody() {
    let mut report = of_keys();
    for key in &mut report.audit.keys {
        key.user = UserName("@everyone|\n<script>`#1`".into());
        key.reason = Some("@alice | fixes #12 <img src=x>\n## heading".into());
    }
    let page = keys::markdown(&report);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > report.audit.keys.len() && rows.iter().all(|row| row.matches('|').count() == 7), "{rows:#?}");
    let page = page.replace("&#124;", "");
    for bad in ["<script>", "<img", "@everyone", "@alice", "#12"] {
        assert!(!page.contains(bad), "{bad} is in {page}");
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("## ")).count(), 1, "{page}");
}

#[test]
fn page_says_what_was_applied_and_what_stopped_it() {
    let mut report = of_tags();
    report.applied = true;
    report.brake = Some("too many instances".into());
    let page = tags::markdown(&report);
    assert!(page.contains("applied: what it says was done was done") && page.contains("| What was done |"), "{page}");
    assert!(page.contains("> [!CAUTION]\n> NO INSTANCE IS CHANGED: too many instances\n"), "{page}");
}

#[test]
fn page_says_calmly_that_disabling_is_switched_off() {
    let mut report = of_keys();
    report.audit.policy.enable_auto_expire = false;
    let page = keys::markdown(&report);
    assert!(page.contains("> [!NOTE]\n> Disabling is switched off: ENABLE\\_AUTO\\_EXPIRE is not true\n"), "{page}");
    report.brake = Some("too many".into());
    assert!(keys::markdown(&report).contains("> [!CAUTION]\n> NO KEY IS DISABLED: too many\n"));
}
