//! The rules of single settings. Collects every problem.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use notifier::slack::WebhookUrl;

use super::{Problem, SecretArn, SlackUrl};

/// Collects problems.
#[derive(Debug, Default)]
pub(super) struct Check(pub(super) Vec<Problem>);

impl Check {
    /// Notes a problem. `None` is what the setting is worth then.
    pub(super) fn fail<T>(&mut self, name: &'static str, value: Option<&str>, rule: String) -> Option<T> {
        self.note(name, value, rule);
        None
    }

    pub(super) fn note(&mut self, name: &'static str, value: Option<&str>, rule: String) {
        // An address in the wrong place may be the webhook, and there are tokens of Slack.
        let secret = |value: &str| ["://", "/services/", "hooks.", "xox"].iter().any(|part| value.contains(part));
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

    /// Paths as IAM allows them, with commas in between. `*` and `?` are left out, as they mean something in a policy, and
    /// the comma; and `/`, which every path begins with
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html#API_CreateUser_RequestParameters>).
    pub(super) fn user_paths(&mut self, name: &'static str, value: Option<&str>) -> Vec<String> {
        let paths = value.unwrap_or_default().split(',').map(str::trim).filter(|path| !path.is_empty());
        let (good, bad): (Vec<&str>, Vec<&str>) = paths.partition(|path| {
            let within = path.strip_prefix('/').and_then(|path| path.strip_suffix('/'));
            let allowed = |within: &str| within.bytes().all(|b| b.is_ascii_graphic() && !b"*?".contains(&b));
            within.is_some_and(|within| !within.is_empty() && allowed(within)) && path.len() <= 512
        });
        for path in bad {
            let rule = "must be paths of IAM users that begin and end with `/`, as in `/admins/`, with commas in between; \
                        not `/` alone, and without `*` and `?`";
            self.note(name, Some(path), rule.to_owned());
        }
        good.into_iter().map(ToOwned::to_owned).collect()
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
}
