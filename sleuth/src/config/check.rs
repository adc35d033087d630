//! The rules of single settings. Collects every problem.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use notifier::slack::WebhookUrl;

use super::{Environment, Flags, Problem, SecretArn, SlackUrl};
use crate::keys::{Days, Policy, PolicyError};

/// Largest number of days that is accepted: a hundred years.
const MOST_DAYS: i64 = 36_500;

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

/// Collects problems.
pub(super) struct Check(pub(super) Vec<Problem>);

impl Check {
    /// Notes a problem. `None` is what the setting is worth then.
    pub(super) fn fail<T>(&mut self, name: &'static str, value: Option<&str>, rule: String) -> Option<T> {
        self.note(name, value, rule);
        None
    }

    fn note(&mut self, name: &'static str, value: Option<&str>, rule: String) {
        // An address in the wrong place may be the webhook.
        let secret = |value: &str| ["://", "/services/", "hooks."].iter().any(|part| value.contains(part));
        let value = value.filter(|value| !secret(value)).map(ToOwned::to_owned);
        self.0.push(Problem { name, value, rule });
    }

    pub(super) fn boolean(&mut self, name: &'static str, value: Option<&str>) -> bool {
        match value.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.note(name, value, "must be `true` or `false`".to_owned());
                false
            }
        }
    }

    /// One of some words, in any case; the first if none is given.
    pub(super) fn one_of<const N: usize>(
        &mut self,
        name: &'static str,
        value: Option<&str>,
        words: [&'static str; N],
    ) -> Option<&'static str> {
        let Some(value) = value else { return words.first().copied() };
        let found = words.into_iter().find(|word| value.trim().eq_ignore_ascii_case(word));
        found.or_else(|| {
            let allowed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            self.fail(name, Some(value), format!("must be {}", allowed.join(" or ")))
        })
    }

    /// A whole number that is not 0.
    pub(super) fn count(&mut self, name: &'static str, value: Option<&str>, most: usize) -> Option<NonZeroUsize> {
        let value = value?;
        match value.trim().parse::<NonZeroUsize>() {
            Ok(count) if count.get() <= most => Some(count),
            _ => self.fail(name, Some(value), format!("must be a whole number from 1 to {most}")),
        }
    }

    pub(super) fn number<N>(&mut self, name: &'static str, value: Option<&str>, most: N) -> Option<N>
    where
        N: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let value = value?;
        match value.trim().parse() {
            Ok(number) if number <= most => Some(number),
            _ => self.fail(name, Some(value), format!("must be a whole number from 0 to {most}")),
        }
    }

    /// A name as IAM allows it
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html#API_CreateUser_RequestParameters>).
    pub(super) fn user_name(&mut self, name: &'static str, value: Option<&str>) -> Option<String> {
        let value = value?.trim();
        let allowed = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
        if allowed && value.len() <= 64 {
            return Some(value.to_owned());
        }
        self.fail(
            name,
            Some(value),
            "must be the name of an IAM user: letters, digits and _+=,.@-, at most 64".to_owned(),
        )
    }

    /// A webhook, or the ARN of a secret that holds one.
    pub(super) fn slack_url(&mut self, name: &'static str, url: &str) -> Option<SlackUrl> {
        if url.starts_with("arn:") {
            let rule = "must be the ARN of a secret of Secrets Manager or of a parameter of Systems Manager";
            let arn = SecretArn::parse(url);
            return arn.map(SlackUrl::Kept).or_else(|| self.fail(name, Some(url), rule.to_owned()));
        }
        match WebhookUrl::parse(url) {
            Ok(url) => Some(SlackUrl::Plain(url)),
            Err(error) => self.fail(name, None, error.to_string()),
        }
    }

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
