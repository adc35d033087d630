//! Settings of the digest.

use std::time::Duration;

use serde::Deserialize;

use super::{Common, Problems, check::Check, read};
use crate::render::notification::digest::Texts;

/// How far back a digest looks if nothing else is said: a day.
const SINCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest time that is looked back: ten years.
const MOST: Duration = Duration::from_secs(3_660 * 24 * 60 * 60);

/// Everything a digest needs to know.
#[derive(Debug, Clone)]
pub struct DigestConfig {
    /// What every audit needs to know.
    pub common: Common,
    /// How far back to look: `DIGEST_SINCE`.
    pub since: Duration,
    /// Whether people are told also that nothing was done: `DIGEST_ALWAYS`.
    pub always: bool,
    /// Title and instructions of messages: `DIGEST_TITLE`, `DIGEST_TEXT`.
    pub texts: Texts,
}

/// What the command line says, before the environment.
#[derive(Debug, Clone, Default)]
pub struct DigestFlags {
    /// `--since`.
    pub since: Option<String>,
    /// `--always`.
    pub always: bool,
}

/// The settings as they stand in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
struct Environment {
    digest_since: Option<String>,
    digest_always: Option<String>,
    digest_title: Option<String>,
    digest_text: Option<String>,
}

impl DigestConfig {
    /// Checks all settings. An empty value means "not set".
    pub fn new(environment: &[(String, String)], flags: DigestFlags) -> Result<Self, Problems> {
        let env: Environment = read(environment)?;
        let mut check = Check::default();
        let (name, since) = match flags.since {
            Some(since) => ("--since", Some(since)),
            None => ("DIGEST_SINCE", env.digest_since),
        };
        let since = since.map_or(Some(SINCE), |since| {
            let known = humantime::parse_duration(since.trim()).ok().filter(|time| !time.is_zero() && *time <= MOST);
            let rule = "must be a time as in 24h, 7days or 90min, at most ten years";
            known.or_else(|| check.fail(name, Some(&since), rule.to_owned()))
        });
        let always = check.boolean("DIGEST_ALWAYS", env.digest_always.as_deref()) || flags.always;
        let common = Common::new(environment, &mut check)?;
        let texts = Texts {
            title: env.digest_title.unwrap_or_else(|| "AWS Sleuth Digest".to_owned()),
            text: env.digest_text.unwrap_or_default(),
        };
        match since {
            Some(since) if check.0.is_empty() => Ok(Self { common, since, always, texts }),
            _ => Err(Problems(check.0)),
        }
    }

    /// What only the Lambda function needs: a store, as nobody names files to it, and a channel, as nobody reads what it
    /// prints.
    pub fn suits_function(&self) -> Result<(), Problems> {
        let outputs = &self.common.outputs;
        let mut check = Check::default();
        if outputs.archive.is_none() && outputs.search.is_none() {
            check.note("ARCHIVE", Some(""), "a digest is made of what runs left: set ARCHIVE or SEARCH_URL".to_owned());
        }
        if !outputs.reach_people() {
            let rule = "a digest needs a channel: set SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC";
            check.note("SNS_TOPIC", Some(""), rule.to_owned());
        }
        if check.0.is_empty() { Ok(()) } else { Err(Problems(check.0)) }
    }
}
