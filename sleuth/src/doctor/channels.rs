//! Outputs, one small function each: whether it is set, and the settings with nothing but it, so that one that is
//! broken does not hide another. What is said of them is in `found`.

use std::time::Duration;

use notifier::RetryPolicy;

use super::{Check, Section, Status};
use crate::config::{ArchiveConfig, EmailConfig, Outputs, SearchLogin, SlackUrl};

pub mod found;

/// An output that settings name.
#[derive(Debug, Clone)]
pub struct Output {
    /// The setting that names it.
    pub name: &'static str,
    /// What is known of it without asking anybody.
    pub about: String,
    /// What it is.
    pub kind: Kind,
    /// The settings with nothing but it.
    pub alone: Outputs,
}

/// What can be done with an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// People can be sent a message. `readers`: whether anybody gets one that is for everybody.
    Channel {
        /// Whether anybody gets what is for everybody.
        readers: bool,
    },
    /// Documents can be searched for.
    Index,
    /// Objects can be kept.
    Archive(ArchiveConfig),
}

/// All outputs there are. A new one is a new line here, and a field in [`silent`].
const OUTPUTS: [fn(&Outputs) -> Option<Output>; 6] = [slack, bot, sns, email, search, archive];

/// How long an output that does not answer is asked again: somebody is waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// The settings without any output. Every field is named, so that nobody adds an output and forgets it here.
fn silent(set: &Outputs) -> Outputs {
    let Outputs { slack: _, bot: _, topic: _, email: _, search: _, archive: _, retry } = set;
    let retry = RetryPolicy { budget: retry.budget.min(PATIENCE), ..*retry };
    Outputs { retry, ..Outputs::default() }
}

/// A channel of which everybody who is there gets what is for everybody.
fn channel(name: &'static str, about: String, alone: Outputs) -> Output {
    Output { name, about, kind: Kind::Channel { readers: true }, alone }
}

fn slack(set: &Outputs) -> Option<Output> {
    let url = set.slack.as_ref()?;
    let about = match url {
        SlackUrl::Plain(_) => "a Slack webhook, well-formed".to_owned(),
        SlackUrl::Kept(arn) => format!("a Slack webhook, read from {arn}"),
    };
    Some(channel("SLACK_URL", about, Outputs { slack: Some(url.clone()), ..silent(set) }))
}

fn bot(set: &Outputs) -> Option<Output> {
    let bot = set.bot.as_ref()?;
    let about = format!("a Slack bot that posts to {}", bot.channel);
    Some(channel("SLACK_BOT_TOKEN", about, Outputs { bot: Some(bot.clone()), ..silent(set) }))
}

fn sns(set: &Outputs) -> Option<Output> {
    let topic = set.topic.as_ref()?;
    Some(channel("SNS_TOPIC", format!("the topic {topic}"), Outputs { topic: Some(topic.clone()), ..silent(set) }))
}

fn email(set: &Outputs) -> Option<Output> {
    let email = set.email.as_ref()?;
    let EmailConfig { server, from, to, owners, .. } = email;
    let readers = match to.len() {
        0 => "owners only".to_owned(),
        count => {
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} reader{plural}{}", if owners.is_none() { "" } else { " and owners" })
        }
    };
    let about = format!("e-mail from {from} by {server} to {readers}");
    let alone = Outputs { email: Some(email.clone()), ..silent(set) };
    Some(Output { name: "SMTP_URL", about, kind: Kind::Channel { readers: !to.is_empty() }, alone })
}

fn search(set: &Outputs) -> Option<Output> {
    let search = set.search.as_ref()?;
    let login = match &search.login {
        SearchLogin::None => "without a login",
        SearchLogin::Basic(..) => "by name and password",
        SearchLogin::SigV4 => "by the AWS credentials",
    };
    let about = format!("the index {} at {}, {login}", search.index, search.url);
    let alone = Outputs { search: Some(search.clone()), ..silent(set) };
    Some(Output { name: "SEARCH_URL", about, kind: Kind::Index, alone })
}

fn archive(set: &Outputs) -> Option<Output> {
    let archive = set.archive.as_ref()?;
    let about = format!("s3://{}/{}", archive.bucket, archive.prefix);
    let alone = Outputs { archive: Some(archive.clone()), ..silent(set) };
    Some(Output { name: "ARCHIVE", about, kind: Kind::Archive(archive.clone()), alone })
}

/// The outputs that settings name.
pub fn outputs(set: &Outputs) -> Vec<Output> {
    OUTPUTS.iter().filter_map(|output| output(set)).collect()
}

/// Whether nobody is told everything.
pub fn none(set: &Outputs) -> bool {
    !set.reach_people()
}

/// What is said if nobody is told anything.
pub fn nobody() -> Check {
    Check::new(Section::Channels, "channels", Status::Warning, "none is set: findings stand in the report only")
        .fix("set a channel, such as SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, KeysConfig};

    fn common(settings: &[(&str, &str)]) -> Outputs {
        let environment: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        KeysConfig::new(&environment, Flags::default()).unwrap().common.outputs
    }

    const SLACK: (&str, &str) = ("SLACK_URL", "https://hooks.slack.com/services/T/B/hush");
    const TOPIC: (&str, &str) = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");

    #[test]
    fn each_output_is_looked_at_alone() {
        assert!(none(&common(&[])));
        let outputs = outputs(&common(&[SLACK, TOPIC]));
        let names: Vec<_> = outputs.iter().map(|output| output.name).collect();
        assert_eq!(names, ["SLACK_URL", "SNS_TOPIC"]);
        for output in &outputs {
            assert_eq!(super::outputs(&output.alone).len(), 1, "{output:?}");
        }
        let shown = format!("{outputs:?}");
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn all_outputs_there_are_can_be_looked_at_and_show_no_secret() {
        let outputs = outputs(&common(&[
            SLACK,
            TOPIC,
            ("SLACK_BOT_TOKEN", "xoxb-hush"),
            ("SLACK_CHANNEL", "#keys"),
            ("SMTP_URL", "smtps://smtp.example.com"),
            ("SMTP_USER", "hush-user"),
            ("SMTP_PASSWORD", "hush"),
            ("EMAIL_FROM", "sleuth@example.com"),
            ("EMAIL_TO", "ops@example.com"),
            ("SEARCH_URL", "https://search.example.com"),
            ("SEARCH_USER", "sleuth"),
            ("SEARCH_PASSWORD", "hush"),
            ("ARCHIVE", "s3://reports/sleuth"),
        ]));
        let names: Vec<_> = outputs.iter().map(|output| output.name).collect();
        assert_eq!(names, ["SLACK_URL", "SLACK_BOT_TOKEN", "SNS_TOPIC", "SMTP_URL", "SEARCH_URL", "ARCHIVE"]);
        for output in &outputs {
            assert_eq!(super::outputs(&output.alone).len(), 1, "{output:?}");
        }
        let shown = format!("{outputs:?}");
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn stores_tell_nobody() {
        assert!(none(&common(&[("ARCHIVE", "s3://reports"), ("SEARCH_URL", "https://search.example.com")])));
        assert!(!none(&common(&[TOPIC])));
    }

    #[test]
    fn mail_that_only_owners_get_has_no_readers() {
        let mail = [TOPIC, ("SMTP_URL", "smtps://smtp.example.com"), ("EMAIL_FROM", "sleuth@example.com")];
        let of = |more: &[(&str, &str)]| {
            let [_, output] = outputs(&common(&[&mail[..], more].concat())).try_into().unwrap();
            (output.kind, output.about)
        };
        let (kind, about) = of(&[("EMAIL_OWNER_DOMAINS", "example.com")]);
        assert_eq!(kind, Kind::Channel { readers: false });
        assert!(about.ends_with("to owners only"), "{about}");
        let (kind, about) = of(&[("EMAIL_OWNER_DOMAINS", "example.com"), ("EMAIL_TO", "a@example.com,b@example.com")]);
        assert_eq!(kind, Kind::Channel { readers: true });
        assert!(about.ends_with("by smtp.example.com:465 to 2 readers and owners"), "{about}");
    }
}
