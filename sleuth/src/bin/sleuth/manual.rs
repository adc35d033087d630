//! `sleuth completions` and `sleuth man`: both are made of the arguments as they are.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;
use sleuth::{exit::Exit, version};

use crate::{
    cli::{BadArgument, Cli},
    output,
};

/// Prints the script for a shell.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    output::report(&script(shell)?)?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sleuth", &mut script);
    Ok(String::from_utf8(script)?)
}

/// Writes the manual pages: `sleuth.1`, and one for each command.
pub(crate) fn pages(folder: &Path) -> anyhow::Result<Exit> {
    if !folder.is_dir() {
        return Err(BadArgument("the folder for the manual pages does not exist").into());
    }
    // Without commit and features, so that all builds of a release have the same pages.
    let command = Cli::command().version(version::VERSION);
    clap_mangen::generate_to(command, folder).context("the manual pages could not be written")?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use clap::{Command, ValueEnum as _};

    use super::*;

    /// The commands that people see, as they are typed, `sleuth` first.
    fn commands(command: &Command, typed: &str) -> Vec<String> {
        let seen = command.get_subcommands().filter(|inner| !inner.is_hide_set());
        let inner = seen.flat_map(|inner| commands(inner, &format!("{typed} {}", inner.get_name())));
        [typed.to_owned()].into_iter().chain(inner).collect()
    }

    fn all() -> Vec<String> {
        let all = commands(&Cli::command(), "sleuth");
        assert!(all.len() > 10 && all.contains(&"sleuth watch replay".to_owned()), "{all:?}");
        all
    }

    #[test]
    fn every_command_has_a_manual_page_with_its_flags() {
        let folder = tempfile::tempdir().unwrap();
        pages(folder.path()).unwrap();
        let written =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let wanted = all().iter().map(|typed| format!("{}.1", typed.replace(' ', "-"))).collect();
        assert_eq!(written.collect::<BTreeSet<String>>(), wanted);

        let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let of_keys = page("sleuth-keys.1");
        for word in ["\\-\\-expiration\\-age", "ENABLE_AUTO_EXPIRE", "Exit codes"] {
            assert!(of_keys.contains(word), "no {word} in {of_keys}");
        }
        for typed in all().iter().skip(1).filter(|typed| typed.matches(' ').count() == 1) {
            let name = typed.replace([' ', '-'], "\\-");
            assert!(page("sleuth.1").contains(&name), "sleuth.1 does not name {name}");
        }
        let first = page("sleuth.1");
        assert!(first.contains(version::VERSION) && !first.contains("commit"), "of a release, not of a build: {first}");
    }

    #[test]
    fn folder_that_does_not_exist_is_a_mistake_of_who_named_it() {
        let error = pages(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.is::<BadArgument>(), "{error:#}");
    }

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let script = script(*shell).unwrap();
            for typed in all() {
                let name = typed.rsplit(' ').next().unwrap();
                assert!(script.contains(name), "{shell} does not complete {typed}");
            }
            assert!(script.contains("expiration-age"), "{shell} completes no flags");
        }
    }
}
