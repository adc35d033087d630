//! What a failure of the server means: for this message, this recipient, or everything that is still to be sent.

use std::io;

use lettre::transport::smtp::Error;
use secrecy::ExposeSecret;

use super::server::SmtpLogin;
use crate::{
    layout::clip,
    retry::{Failure, root_cause},
    text::one_line,
};

/// Longest answer of a server that is quoted, in characters.
const QUOTED_CHARACTERS: usize = 300;

/// How far a message had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Connecting and greeting.
    Opening,
    /// Beginning TLS.
    StartTls,
    /// Logging in.
    Login,
    /// Naming the sender.
    Sender,
    /// Naming the recipient.
    Recipient,
    /// Asking to send the message.
    Data,
    /// Sending the message.
    Text,
}

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The server, or the way to it: no message would fare better.
    Server,
    /// One message.
    Letter,
    /// One recipient.
    Recipient,
}

/// A failure, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) failure: Failure,
    pub(super) about: About,
    /// The server ended the connection before it had been given the message.
    pub(super) lost: bool,
}

impl Fault {
    fn passing(about: About, reason: String) -> Self {
        Self { failure: Failure::Passing { reason, retry_after: None }, about, lost: false }
    }

    fn closed(reason: String) -> Self {
        Self { failure: Failure::Closed(reason), about: About::Server, lost: false }
    }

    pub(super) fn refused(about: About, reason: String) -> Self {
        Self { failure: Failure::Refused(reason), about, lost: false }
    }

    /// The server said nothing in time.
    pub(super) fn silence(stage: Stage) -> Self {
        let hint = match stage {
            Stage::Opening => ": is it the right port, and smtps:// or smtp:// as it needs?",
            _ => "",
        };
        Self::passing(About::Server, format!("no answer in time{hint}"))
    }
}

/// Judges a failure at a stage. The login is known so that it can be kept out of what the server is quoted with.
pub(super) fn judge(stage: Stage, error: &Error, login: Option<&SmtpLogin>) -> Fault {
    match error.status() {
        Some(code) => answered(stage, code.into(), &answer(stage, error, login)),
        None if error.is_client() => unable(stage),
        None => unanswered(stage, error),
    }
}

/// The server's words, if they are fit to be quoted. Those about a login may repeat it.
fn answer(stage: Stage, error: &Error, login: Option<&SmtpLogin>) -> String {
    let status = error.status().map(|code| code.to_string()).unwrap_or_default();
    let words = root_cause(error);
    if stage == Stage::Login || words.is_empty() {
        return status;
    }
    let secrets = login.iter().flat_map(|login| [&login.user, &login.password]).map(ExposeSecret::expose_secret);
    let words = secrets
        .filter(|secret| !secret.is_empty())
        .fold(format!("{status} {words}"), |words, secret| words.replace(secret, "[redacted]"));
    clip(&one_line(&words), QUOTED_CHARACTERS)
}

/// The server said no (<https://www.rfc-editor.org/rfc/rfc5321#section-4.2>): for now if the code begins with 4.
fn answered(stage: Stage, code: u16, answer: &str) -> Fault {
    match (code, stage) {
        // It closes the connection, for whatever reason.
        (421, _) => Fault { lost: stage != Stage::Text, ..Fault::passing(About::Server, answer.to_owned()) },
        (400..500, Stage::Opening | Stage::StartTls) => Fault::passing(About::Server, answer.to_owned()),
        (400..500, Stage::Login) => {
            Fault::passing(About::Server, format!("the server cannot check the login now ({answer})"))
        }
        (400..500, Stage::Recipient) => Fault::passing(About::Recipient, answer.to_owned()),
        (400..500, _) => Fault::passing(About::Letter, answer.to_owned()),
        (_, Stage::Opening) => Fault::closed(format!("the server takes no mail from here: {answer}")),
        (_, Stage::StartTls) => Fault::closed(format!("the server refuses to begin TLS: {answer}")),
        (_, Stage::Login) => {
            Fault::closed(format!("the server refuses the login ({answer}): check SMTP_USER and SMTP_PASSWORD"))
        }
        // https://www.rfc-editor.org/rfc/rfc4954#section-6
        (530 | 534 | 535 | 538, _) => {
            Fault::closed(format!("the server wants a login: check SMTP_USER and SMTP_PASSWORD: {answer}"))
        }
        (_, Stage::Sender) => Fault::closed(format!("the server refuses the sender: check EMAIL_FROM: {answer}")),
        (_, Stage::Recipient) => Fault::refused(About::Recipient, answer.to_owned()),
        (_, Stage::Data | Stage::Text) => Fault::refused(About::Letter, answer.to_owned()),
    }
}

/// The server lacks what is needed, which is known before anything is sent that it should not see.
fn unable(stage: Stage) -> Fault {
    Fault::closed(match stage {
        Stage::StartTls => {
            "the server offers no STARTTLS, and nothing is sent in the clear: try smtps://, or another port".to_owned()
        }
        Stage::Login => "the server offers no login by PLAIN or LOGIN: is it the right port?".to_owned(),
        _ => "the server cannot be talked to".to_owned(),
    })
}

/// No answer, half of one, or none that is SMTP.
fn unanswered(stage: Stage, error: &Error) -> Fault {
    let cause = clip(&one_line(&root_cause(error)), QUOTED_CHARACTERS);
    if error.is_response() {
        // The end of the connection looks like half an answer.
        let lost = stage != Stage::Text;
        return Fault { lost, ..Fault::passing(About::Server, format!("no answer that is understood: {cause}")) };
    }
    match io_kind(error) {
        // How the TLS library reports what it does not like about the other side. It will not like it better later.
        Some(io::ErrorKind::InvalidData) if cause.contains("certificate") => Fault::closed(format!(
            "the server's certificate is not trusted ({cause}): is it for this name, and its authority known here?"
        )),
        Some(io::ErrorKind::InvalidData) => {
            Fault::closed(format!("no TLS with the server ({cause}): smtps:// and smtp:// need ports of their own"))
        }
        _ if stage == Stage::Opening => Fault::passing(About::Server, format!("no connection: {cause}")),
        _ => Fault { lost: stage != Stage::Text, ..Fault::passing(About::Server, format!("no answer: {cause}")) },
    }
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(stage: Stage, code: u16) -> (&'static str, About) {
        let fault = answered(stage, code, "words");
        let kind = match fault.failure {
            Failure::Passing { .. } => "passing",
            Failure::Refused(_) => "refused",
            Failure::Closed(_) => "closed",
        };
        (kind, fault.about)
    }

    #[test]
    fn answers_are_about_what_was_asked() {
        for (stage, code, expected) in [
            (Stage::Opening, 421, ("passing", About::Server)),
            (Stage::Opening, 554, ("closed", About::Server)),
            (Stage::StartTls, 454, ("passing", About::Server)),
            (Stage::Login, 454, ("passing", About::Server)),
            (Stage::Login, 535, ("closed", About::Server)),
            (Stage::Sender, 454, ("passing", About::Letter)),
            (Stage::Sender, 530, ("closed", About::Server)),
            (Stage::Sender, 553, ("closed", About::Server)),
            (Stage::Recipient, 450, ("passing", About::Recipient)),
            (Stage::Recipient, 550, ("refused", About::Recipient)),
            (Stage::Recipient, 421, ("passing", About::Server)),
            (Stage::Data, 451, ("passing", About::Letter)),
            (Stage::Text, 454, ("passing", About::Letter)),
            (Stage::Text, 552, ("refused", About::Letter)),
            (Stage::Text, 535, ("closed", About::Server)),
        ] {
            assert_eq!(summary(stage, code), expected, "{code} at {stage:?}");
        }
    }

    #[test]
    fn message_that_may_have_been_taken_is_not_given_to_another_connection_at_once() {
        assert!(answered(Stage::Sender, 421, "bye").lost);
        assert!(!answered(Stage::Text, 421, "bye").lost);
        assert!(!answered(Stage::Recipient, 450, "busy").lost);
    }
}
