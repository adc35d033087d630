//! The lines between the rooms: who may use what. ARCHITECTURE.md says why.

use std::path::{Path, PathBuf};

/// A room: where it is, and words that must not stand in it.
struct Rule {
    room: &'static str,
    without: &'static [&'static [&'static str]],
    because: &'static str,
}

/// The world outside: what a room that only thinks does not touch.
const OUTSIDE: &[&str] = &[
    "aws_sdk",
    "aws_config",
    "aws_smithy",
    "async ",
    "tokio",
    "reqwest",
    "std::env",
    "std::fs",
    "std::io",
    "crate::aws",
    "crate::config",
];

/// What the rooms that judge do not touch either: the machinery around them, and the rest of the way.
const THE_WAY: &[&str] = &[
    "futures",
    "notifier",
    "tracing",
    "crate::gather",
    "crate::apply",
    "crate::ports",
    "crate::render",
    "crate::report",
    "crate::run",
];

const RULES: &[Rule] = &[
    Rule {
        room: "sleuth/src/keys",
        without: &[OUTSIDE, THE_WAY, &["crate::tags"]],
        because: "the rules about keys are pure: std, chrono, serde, and each other",
    },
    Rule {
        room: "sleuth/src/tags",
        without: &[OUTSIDE, THE_WAY, &["crate::keys"]],
        because: "the rules about tags are pure: std, chrono, serde, and each other",
    },
    Rule {
        room: "sleuth/src/organization",
        without: &[OUTSIDE, THE_WAY, &["crate::keys", "crate::tags"]],
        because: "which accounts there are, and how much may be changed in all of them, is pure",
    },
    Rule { room: "sleuth/src/report", without: &[OUTSIDE], because: "a report is data" },
    Rule {
        room: "sleuth/src/render",
        without: &[OUTSIDE, &["tracing"]],
        because: "rendering is a pure function of the report",
    },
    Rule {
        room: "sleuth/src/gather",
        without: &[&["aws_", "WriteKeys", "WriteInstances", "crate::apply", "crate::aws"]],
        because: "who gathers cannot change anything",
    },
    Rule {
        room: "sleuth/src/doctor",
        without: &[
            &["aws_", "reqwest", "std::env", "std::fs", "crate::aws", "crate::apply", "crate::run"],
            &["WriteKeys", "WriteInstances"],
        ],
        because: "who examines changes nothing, and asks through a port",
    },
    Rule {
        room: "sleuth/src/aws/doctor/instances",
        without: &[&["stop_instances", "terminate_instances", "create_tags", "modify_instance_attribute"]],
        because: "changes are tried in one place, as dry runs",
    },
    Rule {
        room: "sleuth/src/aws/doctor",
        without: &[&["WriteKeys", "WriteInstances", "update_access_key", "put_", "delete_", "publish"]],
        because: "who examines changes nothing",
    },
    Rule { room: "notifier/src", without: &[&["sleuth::"]], because: "the notifier knows nothing of audits" },
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// All source files of the workspace, by path from its root.
fn workspace() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = ["sleuth/src", "notifier/src"].iter().flat_map(|folder| sources(&root.join(folder)));
    let named = files.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text)
    });
    let files: Vec<_> = named.collect();
    assert!(files.len() > 25, "the sources were not found: {files:?}");
    files
}

/// What the compiler sees of a file but for its tests, which may be a file of their own.
fn code(path: &str, text: &str) -> String {
    if path.ends_with("/tests.rs") {
        return String::new();
    }
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.to_owned() + "\n").collect()
}

fn is_in(path: &str, room: &str) -> bool {
    path == format!("{room}.rs") || path.starts_with(&format!("{room}/"))
}

#[test]
fn rooms_use_only_what_they_may() {
    let mut broken = Vec::new();
    for (path, text) in workspace() {
        for rule in RULES.iter().filter(|rule| is_in(&path, rule.room)) {
            for word in rule.without.iter().copied().flatten().filter(|word| code(&path, &text).contains(**word)) {
                broken.push(format!("{path} says `{word}`, but {}", rule.because));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn aws_sdk_is_named_in_one_room_only() {
    for (path, text) in workspace().iter().filter(|(path, _)| path.starts_with("sleuth/")) {
        let named = code(path, text).contains("aws_sdk_") || code(path, text).contains("aws_config::");
        assert!(!named || is_in(path, "sleuth/src/aws"), "{path} names the AWS SDK");
    }
}

#[test]
fn every_room_has_a_door_and_stays_small() {
    for (path, text) in workspace() {
        assert!(text.starts_with("//!") || path.ends_with("tests.rs"), "{path} does not say what it is");
        let lines = code(&path, &text).lines().count();
        assert!(lines <= 330, "{path} has {lines} lines of code");
    }
}
