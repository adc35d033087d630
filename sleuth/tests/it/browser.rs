//! HTML reports in a real browser: `tests/browser/report.py` has the claims, one a test here.

use std::{path::Path, process::Command};

use sleuth::{demo, render::html, run};

use crate::support::{demo_report, tool};

/// Holds a claim against the report on access keys.
fn keys(claim: &str) {
    hold(claim, &[html::keys::html(&demo_report())]);
}

/// Holds a claim against both reports.
fn both(claim: &str) {
    let inventory = demo::tags::inventory().unwrap();
    let of_tags = run::tags::dry(&inventory, &demo::tags::policy().unwrap(), demo::tags::now(&inventory));
    hold(claim, &[html::keys::html(&demo_report()), html::tags::html(&of_tags)]);
}

fn hold(claim: &str, pages: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let files = pages.iter().enumerate().map(|(index, page)| {
        let path = folder.path().join(format!("{index}.html"));
        std::fs::write(&path, page).unwrap();
        path
    });
    let ended = Command::new(tool("python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.py"))
        .arg(claim)
        .args(files)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(ended.status.success(), "{claim}: {}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn is_sorted_by_any_heading() {
    keys("is_sorted_by_any_heading");
}

#[test]
fn is_filtered_by_words_and_status() {
    keys("is_filtered_by_words_and_status");
}

#[test]
fn is_dark_where_people_want_that() {
    both("is_dark_where_people_want_that");
}

#[test]
fn is_printed_whole() {
    both("is_printed_whole");
}

#[test]
fn fits_every_screen() {
    both("fits_every_screen");
}

#[test]
fn is_read_without_a_script() {
    both("is_read_without_a_script");
}

#[test]
fn can_be_read_by_everybody() {
    both("can_be_read_by_everybody");
}

#[test]
fn allows_nothing_else() {
    both("allows_nothing_else");
}
