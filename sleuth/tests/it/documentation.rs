//! The documentation says what the program does.

use std::{collections::BTreeSet, num::NonZeroUsize, path::Path, process::Command, time::Duration};

use notifier::{DeliveryReport, PartDelivery, PartResult};
use serde_json::Value;
use sleuth::{
    config::{TagFlags, TagsConfig},
    demo,
    doctor::{
        Status,
        needs::{NEEDS, Part},
    },
    facts::{Account, ReadError},
    gather::watch::{Admission, OutOfReach, Reading, harvest, saved},
    keys,
    organization::{Member, Skipped},
    render::table::{self, Look},
    report::{
        accounts::{AccountsReport, Failed, Parts},
        keys::KeyAudit,
        tags::TagsReport,
        watch::WatchReport,
    },
    rules_source, run, snapshot, tags,
    tags::watch::seen::Seen,
};

use crate::support::demo_report;

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).unwrap_or_else(|| panic!("no {start}…{end}")).0
}

/// The blocks of a document that are marked as being in `language`.
pub(crate) fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    text.split(start.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn demo_of_tags() -> TagsReport {
    let inventory = demo::tags::inventory().unwrap();
    run::tags::dry(&inventory, &demo::tags::policy().unwrap(), demo::tags::now(&inventory))
}

#[test]
fn readme_shows_the_real_tables() {
    let look = Look { width: Some(140), colours: false };
    let readme = read("README.md");
    for (mark, text) in [
        ("demo", table::keys::table(&demo_report(), look)),
        ("demo of tags", table::tags::table(&demo_of_tags(), look)),
    ] {
        let shown = text.split("\n\nIncomplete").next().unwrap().trim_end();
        let start = format!("<!-- {mark}: tests keep this block true -->\n```text\n");
        let block = between(&readme, &start, &format!("\n```\n<!-- end of {mark} -->"));
        assert_eq!(block, shown, "put this into README.md:\n{shown}");
    }
}

/// What a run over an organization finds whose accounts have some of the users of the demo.
fn demo_of_many() -> AccountsReport<KeyAudit> {
    let (whole, config) = (demo::keys::inventory().unwrap(), demo::keys::config().unwrap());
    let now = demo::keys::now(&whole);
    let member = |id: &str, name: &str| Member { name: Some(name.to_owned()), ..Member::new(id) };
    let report = |member: &Member, users: &[&str]| {
        let mut inventory = whole.clone();
        inventory.account = Account { id: Some(member.id.clone()), alias: None };
        inventory.users.retain(|user| users.contains(&user.name.0.as_str()));
        (inventory.user_count, inventory.errors) = (Some(users.len()), Vec::new());
        run::keys::dry(&inventory, &config, now)
    };
    let members = [("111122223333", "logistics"), ("222233334444", "shop"), ("333344445555", "archive")];
    let members = members.map(|(id, name)| member(id, name)).to_vec();
    let denied = "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/sleuth/sleuth is not authorized to perform: \
                  sts:AssumeRole on resource: arn:aws:iam::333344445555:role/sleuth";
    let error = ReadError { operation: "AssumeRole".into(), message: denied.into() };
    let parts = Parts {
        reports: vec![
            report(&members[0], &["ci-deploy", "hana.suzuki", "grace.lindqvist", "elena.rossi"]),
            report(&members[1], &["amara.okafor"]),
        ],
        failed: vec![Failed { member: members[2].clone(), error }],
        members,
        skipped: vec![Skipped {
            account: "444455556666".into(),
            name: Some("old-warehouse".into()),
            reason: "suspended".into(),
        }],
    };
    AccountsReport::new(parts, now)
}

#[test]
fn page_on_many_accounts_shows_the_real_table() {
    let look = Look { width: Some(140), colours: false };
    let report = demo_of_many();
    let shown = table::accounts::table(&report, look, |one| table::keys::table(one, look));
    let (page, shown) = (read("docs/accounts.md"), shown.trim_end());
    let mark = "<!-- accounts: tests keep this block true -->\n```text\n";
    let block = between(&page, mark, "\n```\n<!-- end of accounts -->");
    assert_eq!(block, shown, "put this into docs/accounts.md:\n{shown}");
}

/// What `sleuth watch replay` makes of recorded events, twelve minutes after nine, by the rules of the demo.
async fn replayed(names: &[&str]) -> WatchReport {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = here.join("src/demo/rules.toml");
    let settings = [("TAG_RULES_FILE", rules.to_str().unwrap()), ("TAG_ACTION", "terminate")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = TagsConfig::new(&settings, TagFlags::default()).unwrap();
    let policy = run::tags::Policy::new(config, rules_source::load(&rules).unwrap());
    let files: Vec<_> = names.iter().map(|name| here.join("tests/fixtures/events").join(name)).collect();
    let seen = Seen::default();
    let admission = Admission { seen: &seen, regions: None };
    let (mut found, leaves) = saved(&files, admission, |_| ()).await;
    let reading = Reading { concurrency: NonZeroUsize::MIN, patience: Duration::ZERO, end: None };
    harvest(&mut found, &OutOfReach, leaves, admission, reading, |_, _| ()).await;
    run::watch::replay(&found, &policy, "2026-03-02T09:12:00Z".parse().unwrap()).await
}

#[tokio::test]
async fn documentation_of_the_watch_shows_the_real_table() {
    let names = [
        "record-run-instances-assumed-role.json",
        "record-run-instances-root.json",
        "record-run-instances-denied.json",
        "record-s3-put-object.json",
    ];
    let documented = read("docs/watch.md");
    for name in names {
        assert!(documented.contains(name), "docs/watch.md does not name {name}");
    }
    let look = Look { width: Some(140), colours: false };
    let shown = table::watch::table(&replayed(&names).await, look);
    let start = "<!-- replay: tests keep this block true -->\n```text\n";
    let block = between(&documented, start, "\n```\n<!-- end of replay -->");
    assert_eq!(block, shown.trim_end(), "put this into docs/watch.md:\n{shown}");
}

#[test]
fn readme_shows_the_rules_of_the_demo() {
    assert_eq!(blocks(&read("README.md"), "toml"), [read("sleuth/src/demo/rules.toml")]);
}

/// The names of all fields of a JSON value, but not the keys of those that are maps by names.
fn fields(value: &Value, maps: &[&str], found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                found.insert(name.clone());
                if !maps.contains(&name.as_str()) {
                    fields(value, maps, found);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, maps, found)),
        _ => {}
    }
}

fn undelivered() -> DeliveryReport {
    DeliveryReport {
        parts: vec![PartDelivery {
            channel: "slack",
            title: "t".into(),
            part: 1,
            of: 1,
            attempts: 1,
            result: PartResult::Undelivered { reason: "gone".into(), text: "x".into() },
            subjects: Vec::new(),
        }],
    }
}

#[test]
fn every_field_of_the_reports_is_documented() {
    let inventory = keys::Inventory { root_keys: Some(true), ..demo::keys::inventory().unwrap() };
    let mut of_keys = run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory));
    of_keys.record_delivery(undelivered());
    let mut of_tags = demo_of_tags();
    of_tags.record_delivery(undelivered());
    let documented = read("docs/report.md");
    let maps = ["tags", "repairs", "by_rule", "by_owner", "by_region"];
    for (report, least) in [(serde_json::to_value(of_keys).unwrap(), 40), (serde_json::to_value(of_tags).unwrap(), 70)]
    {
        let mut names = BTreeSet::from(["log_part".to_owned()]);
        fields(&report, &maps, &mut names);
        let missing: Vec<_> = names.iter().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "docs/report.md lacks {missing:?}");
        assert!(names.len() > least, "{}: {names:?}", names.len());
    }
}

#[tokio::test]
async fn every_field_of_the_watchs_report_is_documented() {
    let names = ["record-run-instances-assumed-role.json", "record-start-instances.json", "sqs-mixed.json"];
    let report = replayed(&names).await;
    assert!(!report.errors.is_empty() && !report.summary.skipped.is_empty(), "{report:#?}");
    let mut names = BTreeSet::new();
    let maps = ["tags", "repairs", "by_rule", "by_owner", "by_region", "skipped", "policy"];
    fields(&serde_json::to_value(report).unwrap(), &maps, &mut names);
    for name in ["records", "gone", "skipped", "accounts", "events", "by", "session", "arn", "source_ip"] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }
    let documented = read("docs/report.md");
    let missing: Vec<_> = names.iter().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/report.md lacks {missing:?}");
}

#[test]
fn every_field_of_an_examination_is_documented() {
    let documented = between(&read("docs/report.md"), "\n## The set-up\n", "\n## ").to_owned();
    let mut names = BTreeSet::new();
    let maps = ["summary", "missing", "statement"];
    fields(&serde_json::to_value(crate::doctor_table::diagnosis()).unwrap(), &maps, &mut names);
    let missing: Vec<_> = names.iter().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty() && names.len() == 17, "docs/report.md lacks {missing:?} of {names:?}");
    for status in Status::ALL {
        assert!(documented.contains(&format!("`{}`", status.as_str())), "{status:?}");
    }
}

#[test]
fn every_flag_of_the_doctor_is_documented() {
    let documented = between(&read("docs/configuration.md"), "\n## Checking the set-up\n", "\n## ").to_owned();
    let help = help_of(&["doctor"]);
    let own = flags(between(&help, "Options:\n", "Thresholds:\n"));
    assert_eq!(own, ["--send-test", "--output", "--timeout"]);
    for flag in own {
        assert!(documented.contains(&format!("\n| `{flag}` |")), "docs/configuration.md lacks {flag}");
    }
}

#[test]
fn every_reason_to_skip_is_documented() {
    let source = read("sleuth/src/tags/watch.rs");
    let words = between(&source, "pub const fn as_str(self) -> &'static str {\n", "\n    }\n");
    let words: Vec<&str> = words.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert!(words.len() > 12 && words.contains(&"own_call"), "{words:?}");
    let documented = read("docs/watch.md");
    for word in words {
        assert!(documented.contains(&format!("\n| `{word}` |")), "docs/watch.md has no row on {word}");
    }
}

#[test]
fn finding_in_the_documentation_is_one_of_the_demo() {
    let shown: Vec<Value> =
        blocks(&read("docs/report.md"), "json").into_iter().map(|block| serde_json::from_str(block).unwrap()).collect();
    let report = serde_json::to_value(demo_of_tags()).unwrap();
    let found = report["instances"].as_array().unwrap();
    assert!(shown.len() == 1 && found.contains(&shown[0]), "{shown:#?}");
}

#[test]
fn inventories_in_the_documentation_can_be_read() {
    let documented = read("docs/inventory.md");
    let [of_keys, of_tags] = blocks(&documented, "json").try_into().unwrap();
    let inventory: keys::Inventory = snapshot::parse(of_keys).unwrap();
    assert_eq!(inventory.users.len(), 2);
    let inventory: tags::Inventory = snapshot::parse(of_tags).unwrap();
    assert_eq!((inventory.regions.len(), inventory.regions[0].instances.len()), (2, 2));
    // All that it can hold is in it.
    let written: Value = serde_json::from_str(&snapshot::format(&inventory).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(of_tags).unwrap());
}

/// The environment variables that a file of the room `config` reads.
fn settings(source: &str) -> Vec<String> {
    let source = read(source);
    let fields = between(&source, "struct Environment {\n", "\n}");
    let names = fields.lines().filter_map(|line| line.trim().trim_start_matches("pub(super) ").split_once(':'));
    names.map(|(name, _)| name.to_uppercase()).filter(|name| name != "AWS_PROFILE").collect()
}

/// The settings of one audit, of which there are so many.
fn own_settings(audit: &str, count: usize) -> Vec<String> {
    let own = settings(&format!("sleuth/src/config/{audit}.rs"));
    assert_eq!(own.len(), count, "{own:?}");
    own
}

/// What `sleuth` says about a command.
fn help_of(command: &[&str]) -> String {
    let help = Command::new(env!("CARGO_BIN_EXE_sleuth")).args(command).arg("--help").output().unwrap();
    String::from_utf8(help.stdout).unwrap()
}

/// The flags in a part of a help, where each begins a line.
fn flags(help: &str) -> Vec<&str> {
    help.lines().filter_map(|line| line.trim().split(' ').next()).filter(|word| word.starts_with("--")).collect()
}

#[test]
fn every_setting_is_documented_and_in_the_help() {
    let documented = read("docs/configuration.md");
    let row = |name: &str| documented.contains(&format!("\n| `{name}` |"));
    let outputs = settings("sleuth/src/config/outputs.rs");
    let common = [settings("sleuth/src/config/common.rs"), outputs.clone()].concat();
    let (of_keys, of_tags, of_watch) = (own_settings("keys", 14), own_settings("tags", 15), own_settings("watch", 1));
    let role = own_settings("role", 2);
    // Each audit has a brake of its own over all accounts.
    let of_accounts = |braked: &[&str]| {
        let all = own_settings("accounts", 7);
        let own = move |name: &String| !name.ends_with("_TOTAL") || braked.contains(&name.as_str());
        all.into_iter().filter(own).chain(own_settings("role", 2)).collect::<Vec<_>>()
    };
    // The watch judges as the audit of tags does.
    let of_replay = [of_watch, role, of_tags.clone()].concat();
    let of_keys = [of_keys, of_accounts(&["MAX_DISABLE_TOTAL"])].concat();
    let of_tags = [of_tags, of_accounts(&["MAX_STOP_TOTAL", "MAX_TERMINATE_TOTAL"])].concat();
    // A replay sends nothing.
    let of_the_function = ["METRICS".to_owned()];
    let reading: Vec<String> =
        common.iter().filter(|name| !outputs.contains(name) && !of_the_function.contains(name)).cloned().collect();
    let commands: [(&[&str], Vec<String>, &Vec<String>); 3] =
        [(&["keys"], of_keys, &common), (&["tags"], of_tags, &common), (&["watch", "replay"], of_replay, &reading)];
    for (command, own, shared) in commands {
        let help = help_of(command);
        for name in own.iter().chain(shared) {
            assert!(row(name), "docs/configuration.md has no row on {name}");
            let named = help.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")));
            assert!(named, "the help of sleuth {} lacks {name}", command.join(" "));
        }
    }
    let help = help_of(&["digest"]);
    for name in own_settings("digest", 4) {
        assert!(row(&name), "docs/configuration.md has no row on {name}");
        assert!(help.contains(&name), "the help of sleuth digest lacks {name}");
    }
    // The command line runs the audit that it names.
    assert_eq!(settings("sleuth/src/config/audits.rs"), ["AUDITS"]);
    assert!(row("AUDITS"));
}

/// All Terraform files of a module as one text.
fn module(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../terraform/modules").join(name);
    let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "tf"));
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn every_setting_is_an_input_of_the_modules_that_it_concerns() {
    let common = [settings("sleuth/src/config/common.rs"), settings("sleuth/src/config/outputs.rs")].concat();
    let tags = own_settings("tags", 15);
    let role = own_settings("role", 2);
    let watch = [tags.clone(), own_settings("watch", 1), role].concat();
    for (name, own) in
        [("keys", own_settings("keys", 14)), ("tags", tags), ("watch", watch), ("digest", own_settings("digest", 4))]
    {
        let module = module(name);
        let lacks: Vec<&String> = (own.iter().chain(&common))
            // A digest reads no users.
            .filter(|setting| name != "digest" || *setting != "AUTHORIZATION_DETAILS")
            .filter(|setting| {
                let input = format!("variable \"{}\" {{", setting.to_lowercase());
                let handed_on = module.lines().any(|line| line.trim_start().starts_with(&format!("{setting} ")));
                !(module.contains(&input) && handed_on)
            })
            .collect();
        assert_eq!(lacks, Vec::<&String>::new(), "terraform/modules/{name}");
    }
}

#[test]
fn every_flag_of_the_tag_audit_is_documented() {
    let documented = read("docs/configuration.md");
    let help = help_of(&["tags"]);
    let flags = flags(between(&help, "Rules and limits:\n", "Many accounts:"));
    assert_eq!(flags.len(), 7, "{flags:?}");
    for flag in flags {
        assert!(documented.contains(&format!("| `{flag}` |")), "docs/configuration.md lacks {flag}");
    }
}

#[test]
fn every_flag_about_many_accounts_is_documented() {
    let documented = between(&read("docs/configuration.md"), "\n## Many accounts\n", "\n## ").to_owned();
    for command in ["keys", "tags"] {
        let help = help_of(&[command]);
        let own = flags(between(&help, "Many accounts:\n", "Environment"));
        assert_eq!(own, ["--accounts", "--org-units", "--exclude-accounts"]);
        for flag in own {
            assert!(documented.contains(&format!("| `{flag}` |")), "docs/configuration.md lacks {flag}");
        }
    }
}

#[test]
fn every_flag_of_the_replay_is_documented() {
    let documented = between(&read("docs/configuration.md"), "\n### Replaying\n", "\n## ").to_owned();
    let help = help_of(&["watch", "replay"]);
    let own = flags(between(&help, "Options:\n", "Rules and limits:\n"));
    assert_eq!(own, ["--live", "--output", "--now", "--timeout", "--fail-on"]);
    for flag in own {
        assert!(documented.contains(&format!("\n| `{flag}` |")), "docs/configuration.md lacks {flag}");
    }
    // The others are those of the audit.
    let limits = |help: &str, end: &str| between(help, "Rules and limits:\n", end).to_owned();
    assert_eq!(limits(&help, "Environment"), limits(&help_of(&["tags"]), "Many accounts"));
}

/// The actions in the first column of the tables of a section.
pub(crate) fn documented_actions(heading: &str) -> BTreeSet<String> {
    let documented = read("docs/permissions.md");
    let section = between(&documented, &format!("# {heading}\n"), "\n##").to_owned();
    let cells = section.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    let actions = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|word| word.contains(':'));
    actions.map(ToOwned::to_owned).collect()
}

#[test]
fn doctor_needs_what_the_documentation_says() {
    // Lambda's own, keys that only AWS knows whether they are used, and what only `sleuth search setup` needs.
    let others = [
        "kms:Decrypt",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "es:ESHttpGet",
        "es:ESHttpPut",
    ];
    for (heading, part, least) in [
        ("Both audits", Part::Both, 4),
        ("Outputs", Part::Outputs, 6),
        ("Access keys", Part::Keys, 10),
        ("EC2 tags", Part::Tags, 11),
        ("The watch", Part::Watch, 2),
        ("Many accounts", Part::Accounts, 8),
    ] {
        let needs = NEEDS.iter().filter(|need| need.part == part);
        let needs: BTreeSet<String> = needs.map(|need| need.action.to_owned()).collect();
        let mut documented = documented_actions(heading);
        documented.retain(|action| !others.contains(&action.as_str()));
        assert_eq!(needs, documented, "{heading}");
        assert!(needs.len() >= least, "{needs:?}");
    }
}

#[test]
fn policies_in_the_documentation_allow_calls_that_it_names() {
    let documented = read("docs/permissions.md");
    let policies = blocks(&documented, "json");
    assert_eq!(policies.len(), 9);
    for policy in policies {
        let policy: Value = serde_json::from_str(policy).unwrap_or_else(|error| panic!("{error}: {policy}"));
        assert_eq!(policy["Version"], "2012-10-17");
        for statement in policy["Statement"].as_array().unwrap() {
            assert_eq!(statement["Effect"], "Allow");
            assert!(statement["Resource"].is_string() || statement["Resource"].is_array(), "{statement}");
            let actions: Vec<&str> =
                statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
            assert!(actions.is_sorted(), "{actions:?}");
            for action in actions {
                assert!(
                    documented.contains(&format!("`{action}`")),
                    "docs/permissions.md does not say what for {action}"
                );
            }
        }
    }
}
