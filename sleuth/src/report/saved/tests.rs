use serde_json::json;

use super::*;
use crate::{demo, render::json::pretty, run};

fn keys_report() -> Value {
    let inventory = demo::keys::inventory().unwrap();
    let report = run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory));
    serde_json::to_value(report).unwrap()
}

fn error(text: &str) -> String {
    let error = parse(text).unwrap_err();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

#[test]
fn what_was_printed_is_read_again() {
    let inventory = demo::keys::inventory().unwrap();
    let report = run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory));
    let saved = parse(&pretty(&report).unwrap()).unwrap();
    let SavedAudit::Keys(audit) = &saved.audit else { panic!("{saved:?}") };
    assert_eq!(
        (saved.account, saved.generated_at, saved.applied),
        (report.account.clone(), report.generated_at, false)
    );
    assert_eq!(saved.errors.len(), report.errors.len());
    assert!(saved.policy.contains_key("expiration_age"));
    let of = |status| report.audit.keys.iter().filter(|key| key.status == status).count();
    for status in [keys::Status::Expired, keys::Status::Unknown, keys::Status::Good] {
        assert_eq!(audit.keys.iter().filter(|key| key.status == status).count(), of(status), "{status:?}");
    }

    let inventory = demo::tags::inventory().unwrap();
    let report = run::tags::dry(&inventory, &demo::tags::policy().unwrap(), demo::tags::now(&inventory));
    let saved = parse(&pretty(&report).unwrap()).unwrap();
    let SavedAudit::Tags(audit) = &saved.audit else { panic!("{saved:?}") };
    assert_eq!(audit.instances.len(), report.audit.instances.len());
    assert_eq!(audit.regions.len(), report.audit.regions.len());
    let rules = |id: &str| audit.instances.iter().find(|found| found.instance_id.0 == id).unwrap().rules();
    assert_eq!(rules("i-0a16f2c3d4e5f6076"), BTreeMap::from([("cost-center", Some(true)), ("project", Some(true))]));
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    let mut report = keys_report();
    report["later"] = json!({"a": 1});
    report["account"]["partition"] = json!("aws");
    report["keys"][0]["later"] = json!([1]);
    report["errors"].as_array_mut().unwrap().clear();
    report["run"] = json!("0a1b2c");
    let saved = parse(&report.to_string()).unwrap();
    assert_eq!((saved.run().as_str(), saved.errors.len()), ("0a1b2c", 0));
    assert_eq!(saved.account.id.as_deref(), Some("111122223333"));
}

#[test]
fn run_without_a_name_is_known_by_its_time() {
    let mut report = keys_report();
    report.as_object_mut().unwrap().remove("run");
    assert_eq!(parse(&report.to_string()).unwrap().run(), "2026-03-02T09:00:00+00:00");
}

#[test]
fn what_is_no_report_is_said() {
    let changed = |change: fn(&mut Value)| {
        let mut report = keys_report();
        change(&mut report);
        error(&serde_json::to_string_pretty(&report).unwrap())
    };
    let form = "not a report that `sleuth keys` or `sleuth tags` printed with `--output json`: ";
    for (said, expected) in [
        (error("no JSON"), format!("{form}expected ident at line 1 column 2")),
        (error(r#"{"version":1}"#), format!("{form}missing field `kind` at line 1 column 13")),
        (
            error(r#"{"version":1,"kind":"keys-inventory","inventory":{}}"#),
            "holds `keys-inventory` version 1; `keys` or `tags` version 1 is needed".to_owned(),
        ),
        (
            changed(|report| report["version"] = json!(2)),
            "holds `keys` version 2; `keys` or `tags` version 1 is needed".to_owned(),
        ),
        (
            changed(|report| report["log_part"] = json!({"part": 1, "of": 3})),
            "holds part 1 of 3 of a report, as a function logs a long one; a whole one is needed".to_owned(),
        ),
    ] {
        assert_eq!(said, expected);
    }
    let said = changed(|report| report["keys"][0]["status"] = json!("fine"));
    assert!(said.starts_with(form) && said.contains("unknown variant `fine`") && said.contains(" at line "), "{said}");
    let said = changed(|report| drop(report.as_object_mut().unwrap().remove("applied")));
    assert!(said.starts_with(form) && said.contains("missing field `applied`"), "{said}");
    let said = changed(|report| drop(report["keys"][0].as_object_mut().unwrap().remove("outcome")));
    assert!(said.contains("missing field `outcome`"), "{said}");
}

#[test]
fn lines_of_a_log_are_told_from_a_report() {
    let mut lines = keys_report();
    let whole = format!("{lines}\n{lines}\n");
    assert!(error(&whole).contains("trailing characters at line 2"), "{}", error(&whole));
    lines["log_part"] = json!({"part": 1, "of": 2});
    assert!(error(&format!("{lines}\n{lines}\n")).starts_with("holds part 1 of 2 of a report"));
}
