//! Tells the program which commit and which features it is built from: `SLEUTH_COMMIT` and `SLEUTH_FEATURES` of
//! `version.rs`.
//!
//! The commit is that of the environment variable `SLEUTH_COMMIT`, else what git says, else what `cargo package` wrote
//! into the crate, else `unknown`. Only a release is asked which it is: with every commit the whole program would be
//! compiled anew, which whoever develops it need not wait for.
#![expect(clippy::disallowed_methods, reason = "this is how a build script is told its features")]

use std::{env, fs, path::Path, process::Command};

/// What the program is made of, from the root of the workspace. A change of it marks the commit as `-dirty`.
const SOURCES: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "notifier/Cargo.toml",
    "notifier/src",
    "sleuth/Cargo.toml",
    "sleuth/build.rs",
    "sleuth/src",
];

/// What changes in a repository when another commit is checked out or made, besides the branch itself.
const PLACES: [&str; 4] = ["HEAD", "logs/HEAD", "packed-refs", "reftable/tables.list"];

/// The features that make a difference to who uses the program.
const FEATURES: [&str; 3] = ["cli", "keys", "tags"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SLEUTH_COMMIT");
    let given = env::var("SLEUTH_COMMIT").ok().filter(|commit| !commit.is_empty());
    let found = || match env::var("PROFILE").as_deref() {
        Ok("release") => of_git().or_else(of_package).unwrap_or_else(|| "unknown".to_owned()),
        _ => "development".to_owned(),
    };
    let commit = given.unwrap_or_else(found);
    println!("cargo:rustc-env=SLEUTH_COMMIT={commit}");

    let built = |name: &&str| env::var_os(format!("CARGO_FEATURE_{}", name.to_uppercase())).is_some();
    let features: Vec<&str> = FEATURES.into_iter().filter(built).collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(" ") };
    println!("cargo:rustc-env=SLEUTH_FEATURES={features}");
}

/// The commit of the repository whose root is the workspace: that of one around it, into which the crate was copied,
/// would be the wrong one.
fn of_git() -> Option<String> {
    if !Path::new("../.git").exists() {
        return None;
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_default();
    for place in PLACES.iter().copied().chain([branch.as_str()]) {
        let path = git(&["rev-parse", "--git-path", place]).filter(|path| Path::new("..").join(path).exists());
        // A path that does not exist would have every build run this again.
        if let Some(path) = path.filter(|_| !place.is_empty()) {
            println!("cargo:rerun-if-changed={}", Path::new("..").join(path).display());
        }
    }
    for source in SOURCES {
        println!("cargo:rerun-if-changed=../{source}");
    }
    let changed = git(&[&["status", "--porcelain", "--"], SOURCES.as_slice()].concat())?;
    Some(if changed.is_empty() { commit } else { commit + "-dirty" })
}

/// What git says in the root of the workspace, if it says anything but no.
fn git(arguments: &[&str]) -> Option<String> {
    let said = Command::new("git")
        .args(["-C", "..", "--no-optional-locks"])
        .args(arguments)
        // A hook of git that builds has these set, perhaps for another repository.
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output()
        .ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    said.status.success().then(|| text.trim().to_owned())
}

/// The commit that `cargo package` made the crate from.
fn of_package() -> Option<String> {
    let written = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let commit = written.split_once("\"sha1\": \"")?.1.get(..12)?;
    let dirty = written.contains("\"dirty\": true");
    let hexadecimal = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| if dirty { format!("{commit}-dirty") } else { commit.to_owned() })
}
