//! The documentation says what the program does.

use std::{collections::BTreeSet, path::Path};

use notifier::{DeliveryReport, PartDelivery, PartResult};
use serde_json::Value;
use sleuth::{
    demo,
    keys::Inventory,
    render::table::{Look, keys::table},
    run, snapshot,
};

use crate::support::demo_report;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

/// The text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).unwrap_or_else(|| panic!("no {start}…{end}")).0
}

#[test]
fn readme_shows_the_real_table() {
    let text = table(&demo_report(), Look { width: Some(140), colours: false });
    let shown = text.split("\n\nIncomplete").next().unwrap();
    let readme = read("README.md");
    let block = between(&readme, "tests keep this block true -->\n```text\n", "\n```\n<!-- end of demo");
    assert_eq!(block, shown.trim_end(), "put this into README.md:\n{shown}");
}

/// The names of all fields of a JSON value.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                found.insert(name.clone());
                fields(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_report_is_documented() {
    let inventory = Inventory { root_keys: Some(true), ..demo::keys::inventory().unwrap() };
    let mut report = run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory));
    report.record_delivery(DeliveryReport {
        parts: vec![PartDelivery {
            channel: "slack",
            title: "t".into(),
            part: 1,
            of: 1,
            attempts: 1,
            result: PartResult::Undelivered { reason: "gone".into(), text: "x".into() },
            subjects: Vec::new(),
        }],
    });
    let mut names = BTreeSet::from(["log_part".to_owned()]);
    fields(&serde_json::to_value(report).unwrap(), &mut names);
    let documented = read("docs/report.md");
    let missing: Vec<_> = names.iter().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
    assert!(names.len() > 40 && missing.is_empty(), "docs/report.md lacks {missing:?}");
}

#[test]
fn inventory_in_the_documentation_can_be_read() {
    let documented = read("docs/inventory.md");
    let inventory: Inventory = snapshot::parse(between(&documented, "```json\n", "```")).unwrap();
    assert_eq!(inventory.users.len(), 2);
}

#[test]
fn every_setting_is_documented_and_in_the_help() {
    let source = read("sleuth/src/config/keys.rs") + &read("sleuth/src/config/common.rs");
    let settings: String =
        source.split("struct Environment {").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    let names: Vec<String> = settings
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("pub(super) ").split_once(':'))
        .map(|(name, _)| name.to_uppercase())
        .collect();
    let names: Vec<String> = names.into_iter().filter(|name| name != "AWS_PROFILE").collect();
    assert_eq!(names.len(), 19, "{names:?}");
    let (documented, help) = (read("docs/configuration.md"), read("sleuth/tests/it/snapshots/it__cli__help_keys.snap"));
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "docs/configuration.md lacks {name}");
        assert!(help.contains(&format!("  {name} ")), "the help lacks {name}");
    }
}
