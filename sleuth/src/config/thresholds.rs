//! The ages of the audit of access keys, from flags and environment.

use super::{check::Check, keys::Environment};
use crate::keys::{Days, Policy, PolicyError};

/// Largest number of days that is accepted: a hundred years.
const MOST_DAYS: i64 = 36_500;

/// Thresholds from the command line, which go before the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--expiration-age`
    pub expiration_age: Option<String>,
    /// `--warning-age`
    pub warning_age: Option<String>,
    /// `--inactivity-age`
    pub inactivity_age: Option<String>,
    /// `--inactivity-warning-age`
    pub inactivity_warning_age: Option<String>,
}

/// A threshold and where it came from.
pub(super) struct Threshold {
    /// The variable, or the flag if that was given.
    name: &'static str,
    flag: &'static str,
    value: Option<String>,
}

pub(super) struct Thresholds {
    expiration: Threshold,
    warning: Threshold,
    inactivity: Threshold,
    inactivity_warning: Threshold,
}

impl Thresholds {
    pub(super) fn new(env: &Environment, flags: Flags) -> Self {
        let pick = |given: Option<String>, flag, value: &Option<String>, name| match given {
            Some(given) => Threshold { name: flag, flag, value: Some(given) },
            None => Threshold { name, flag, value: value.clone() },
        };
        Self {
            expiration: pick(flags.expiration_age, "--expiration-age", &env.expiration_age, "EXPIRATION_AGE"),
            warning: pick(flags.warning_age, "--warning-age", &env.warning_age, "WARNING_AGE"),
            inactivity: pick(flags.inactivity_age, "--inactivity-age", &env.inactivity_age, "INACTIVITY_AGE"),
            inactivity_warning: pick(
                flags.inactivity_warning_age,
                "--inactivity-warning-age",
                &env.inactivity_warning_age,
                "INACTIVITY_WARNING_AGE",
            ),
        }
    }
}

impl Check {
    /// A threshold in days, or its default. `None` if it is not a number.
    fn days(&mut self, threshold: &Threshold, default: i64) -> Option<Days> {
        let Some(value) = &threshold.value else { return Some(Days(default)) };
        match value.trim().parse() {
            Ok(days) if (0..=MOST_DAYS).contains(&days) => Some(Days(days)),
            _ => {
                self.fail(threshold.name, Some(value), format!("must be a whole number of days from 0 to {MOST_DAYS}"))
            }
        }
    }

    pub(super) fn policy(&mut self, thresholds: &Thresholds) -> Option<Policy> {
        let Thresholds { expiration, warning, inactivity, inactivity_warning } = thresholds;
        let problems = self.0.len();
        let expiration_age = self.days(expiration, 90);
        let warning_age = self.days(warning, 80);
        let (inactivity_age, inactivity_warning_age) =
            if inactivity.value.is_none() && inactivity_warning.value.is_none() {
                // By default a key expires by inactivity when it expires by age, so that inactivity plays no part.
                (expiration_age, warning_age)
            } else {
                (self.one_of_pair(inactivity, inactivity_warning), self.one_of_pair(inactivity_warning, inactivity))
            };
        let inherited = inactivity.value.is_none();
        for error in Policy::check(expiration_age, warning_age, inactivity_age, inactivity_warning_age) {
            let (this, age, other, limit, how) = match error {
                PolicyError::WarningNotBeforeExpiration => {
                    (warning, warning_age, expiration, expiration_age, "lower than")
                }
                PolicyError::InactivityAfterExpiration => {
                    (inactivity, inactivity_age, expiration, expiration_age, "at most")
                }
                // A default that follows a wrong pair says nothing new.
                PolicyError::InactivityWarningNotBeforeInactivity if inherited => continue,
                PolicyError::InactivityWarningNotBeforeInactivity => {
                    (inactivity_warning, inactivity_warning_age, inactivity, inactivity_age, "lower than")
                }
            };
            let default = if this.value.is_none() { "the default; " } else { "" };
            let value = shown(age);
            let rule = format!("{default}must be {how} {}, which is {}", other.name, shown(limit));
            self.note(this.name, Some(&value), rule);
        }
        if self.0.len() > problems {
            return None;
        }
        Policy::new(expiration_age?, warning_age?, inactivity_age?, inactivity_warning_age?).ok()
    }

    /// An age that makes sense only if its other is set too.
    fn one_of_pair(&mut self, this: &Threshold, other: &Threshold) -> Option<Days> {
        let value = this.value.as_deref()?;
        if other.value.is_none() {
            let other = if this.name.starts_with("--") { other.flag } else { other.name };
            let rule = format!("needs {other} too: set both or neither");
            self.note(this.name, Some(value), rule);
        }
        self.days(this, 0)
    }
}

fn shown(age: Option<Days>) -> String {
    age.map(|age| age.0.to_string()).unwrap_or_default()
}
