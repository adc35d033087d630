//! The notifier from outside: payloads, splitting, and sending over HTTP and SMTP to servers on this machine.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "tests name the tools by environment variable")]

mod bot;
mod email;
mod payloads;
mod search;
mod search_server;
mod slack_users;
mod smtp;
mod topic;
mod webhook;

use std::time::Duration;

use notifier::{Colour, Group, Line, Mention, Notification, RetryPolicy, SlackId, Span};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// One line that mentions somebody and says something.
pub(crate) fn line(subject: &str, slack: Option<&str>, name: &str, text: &str) -> Line {
    Line {
        subject: subject.into(),
        spans: vec![
            Span::Mention(Mention { name: name.into(), label: "login".into(), slack: slack.and_then(SlackId::parse) }),
            Span::Text(text.into()),
        ],
    }
}

pub(crate) fn notification(lines: Vec<Line>) -> Notification {
    Notification {
        title: "AWS IAM Key Expiration Report".into(),
        alert: String::new(),
        instructions: "Rotate your key: <https://wiki.example.com/keys|how to>.\nQuestions: #platform".into(),
        account: "123456789012 (acme & sons)".into(),
        groups: vec![Group { heading: "Expired".into(), colour: Colour::Red, lines }],
    }
}

/// A policy that gives up within seconds.
pub(crate) fn impatient() -> RetryPolicy {
    RetryPolicy {
        timeout: Duration::from_millis(300),
        budget: Duration::from_secs(2),
        first_wait: Duration::from_millis(10),
        longest_wait: Duration::from_millis(100),
        pace: Duration::ZERO,
    }
}

/// A server that gives these answers in turn, the last one for ever.
pub(crate) async fn answering(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (index, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(any()).respond_with(answer);
        if index < last { mock.up_to_n_times(1).mount(&server).await } else { mock.mount(&server).await }
    }
    server
}
