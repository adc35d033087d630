//! Outputs, one small function each: whether it is set, and the settings with nothing but it, so that one that is
//! broken does not hide another.

use notifier::{Colour, DeliveryReport, Group, Line, Messages, Notification, PartResult, Span};

use super::{Check, Section, Status};
use crate::{
    config::{Outputs, SlackUrl},
    ports::doctor::Trouble,
};

/// An output that settings name.
#[derive(Debug, Clone)]
pub struct Output {
    /// The setting that names it.
    pub name: &'static str,
    /// What is known of it without asking anybody.
    pub about: String,
    /// The settings with nothing but it.
    pub alone: Outputs,
}

/// All outputs there are. A new one is a new line here, and a field in [`silent`].
const OUTPUTS: [fn(&Outputs) -> Option<Output>; 4] = [slack, bot, sns, email];

/// The settings without any output. Every field is named, so that nobody adds an output and forgets it here.
fn silent(set: &Outputs) -> Outputs {
    let Outputs { slack: _, bot: _, topic: _, email: _, search: _, archive: _, retry } = set;
    Outputs { retry: *retry, ..Outputs::default() }
}

fn slack(set: &Outputs) -> Option<Output> {
    let url = set.slack.as_ref()?;
    let about = match url {
        SlackUrl::Plain(_) => "a Slack webhook, well-formed".to_owned(),
        SlackUrl::Kept(arn) => format!("a Slack webhook, read from {arn}"),
    };
    let alone = Outputs { slack: Some(url.clone()), ..silent(set) };
    Some(Output { name: "SLACK_URL", about, alone })
}

fn sns(set: &Outputs) -> Option<Output> {
    let topic = set.topic.as_ref()?;
    let alone = Outputs { topic: Some(topic.clone()), ..silent(set) };
    Some(Output { name: "SNS_TOPIC", about: format!("the topic {topic}"), alone })
}

fn bot(set: &Outputs) -> Option<Output> {
    let bot = set.bot.as_ref()?;
    let about = format!("a Slack bot that posts to {}", bot.channel);
    let alone = Outputs { bot: Some(bot.clone()), ..silent(set) };
    Some(Output { name: "SLACK_BOT_TOKEN", about, alone })
}

fn email(set: &Outputs) -> Option<Output> {
    let email = set.email.as_ref()?;
    let to = if email.to.is_empty() { "owners only".to_owned() } else { format!("{} readers", email.to.len()) };
    let alone = Outputs { email: Some(email.clone()), ..silent(set) };
    Some(Output { name: "SMTP_URL", about: format!("e-mail to {to}"), alone })
}

/// The outputs that settings name.
pub fn outputs(set: &Outputs) -> Vec<Output> {
    OUTPUTS.iter().filter_map(|output| output(set)).collect()
}

/// Whether nobody is told anything.
pub fn none(set: &Outputs) -> bool {
    outputs(set).is_empty()
}

/// What is said if there is no output.
pub fn nobody() -> Check {
    Check::new(Section::Channels, "channels", Status::Warning, "none is set: findings stand in the report only")
        .fix("set a channel, such as SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL or SNS_TOPIC")
}

/// An output of which nothing was asked but to be there.
pub fn opened(output: &Output) -> Check {
    let found = format!("{}; nothing was sent (--send-test sends a test message)", output.about);
    Check::new(Section::Channels, output.name, Status::Ok, found)
}

/// An output that is not to be had.
pub fn unopened(output: &Output, trouble: &Trouble) -> Check {
    let check = |status| Check::new(Section::Channels, output.name, status, trouble.to_string());
    match trouble {
        Trouble::Unanswered(_) => check(Status::Unchecked).fix("run this again"),
        Trouble::Denied(_) | Trouble::Unclear(_) => {
            check(Status::Failed).fix("a run that sends does not begin without it: mend what it names, or unset it")
        }
    }
}

/// The test message, about an account.
pub fn test_message(account: &str) -> Messages {
    let line = Line {
        subject: "test".to_owned(),
        spans: vec![Span::Text("Somebody ran `sleuth doctor --send-test`. There is nothing to do.".to_owned())],
    };
    Messages::to_all(vec![Notification {
        title: "Sleuth test message, nothing is wrong".to_owned(),
        alert: String::new(),
        instructions: String::new(),
        account: account.to_owned(),
        groups: vec![Group { heading: "Test".to_owned(), colour: Colour::Grey, lines: vec![line] }],
    }])
}

/// What came of the test message.
pub fn sent(output: &Output, report: &DeliveryReport) -> Vec<Check> {
    let check = |status, found: String| Check::new(Section::Channels, output.name, status, found);
    if report.parts.is_empty() {
        let found = format!("{}; it takes no message of this kind, so that nothing was sent", output.about);
        return vec![check(Status::Skipped, found)];
    }
    let each = report.parts.iter().map(|part| match &part.result {
        PartResult::Delivered => {
            check(Status::Ok, format!("{}; took the test message ({})", output.about, part.channel))
        }
        PartResult::Redirected { reason } => check(Status::Warning, format!("{}: {reason}", part.channel)),
        PartResult::Undelivered { reason, .. } => {
            check(Status::Failed, format!("did not take the test message ({}): {reason}", part.channel))
                .fix("mend what it names, or what AWS allows; then send again")
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use notifier::{Channel, Notifier, memory::Memory};

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

    #[tokio::test]
    async fn what_came_of_the_test_message_is_told() {
        let [output] = outputs(&common(&[TOPIC])).try_into().unwrap();
        let (takes, refuses) = (Memory::default(), Memory::refusing("NotFound"));
        let message = test_message("123456789012");
        let report = Notifier::new(vec![Channel::Memory(takes.clone())]).send(&message, None).await;
        assert_eq!(sent(&output, &report)[0].status, Status::Ok);
        assert_eq!(takes.sent()[0].title, "Sleuth test message, nothing is wrong");
        let report = Notifier::new(vec![Channel::Memory(refuses)]).send(&message, None).await;
        let [check] = sent(&output, &report).try_into().unwrap();
        assert_eq!(check.status, Status::Failed);
        assert!(check.found.ends_with(": NotFound"), "{check:?}");
    }
}
