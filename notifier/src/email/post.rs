//! Letter by letter, so that no recipient stops another.

use std::sync::{Mutex, PoisonError};

use super::{
    address::EmailAddress,
    compose::compose,
    judge::{About, Fault},
    payload::EmailMessage,
    session::Session,
};
use crate::retry::{Failure, Part, Patience};

/// One message to one reader.
#[derive(Debug)]
pub(super) struct Letter {
    /// `email` or `email_owner`.
    pub(super) channel: &'static str,
    /// Who of the channel's readers this is for.
    pub(super) reader: usize,
    pub(super) to: EmailAddress,
    pub(super) part: Part<EmailMessage>,
}

/// What came of a letter.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) attempts: u32,
    pub(super) result: Result<(), Fault>,
}

/// Posts `letters` in order. A recipient whom the server will not take for now is tried again after all others had
/// their turn: a full mailbox must not use up everybody's time.
pub(super) async fn post(
    from: &EmailAddress,
    letters: &[Letter],
    session: &Session<'_>,
    patience: &mut Patience<'_>,
) -> Vec<Posted> {
    let mut round = Round { from, session, closed: None, last: false };
    let mut posted = Vec::with_capacity(letters.len());
    for letter in letters {
        posted.push(round.post(letter, patience).await);
    }
    round.last = true;
    for (letter, posted) in letters.iter().zip(&mut posted).filter(|(_, posted)| is_for_later(&posted.result)) {
        let again = round.post(letter, patience).await;
        if again.attempts > 0 {
            *posted = Posted { attempts: posted.attempts + again.attempts, ..again };
        }
    }
    posted
}

fn is_for_later(result: &Result<(), Fault>) -> bool {
    matches!(result, Err(Fault { failure: Failure::Passing { .. }, about: About::Recipient, .. }))
}

struct Round<'a> {
    from: &'a EmailAddress,
    session: &'a Session<'a>,
    /// Why no letter would be taken any more.
    closed: Option<String>,
    /// There will be no other.
    last: bool,
}

impl Round<'_> {
    async fn post(&mut self, letter: &Letter, patience: &mut Patience<'_>) -> Posted {
        if let Some(reason) = &self.closed {
            let reason = format!("not tried, because an earlier part failed: {reason}");
            return Posted { attempts: 0, result: Err(Fault::refused(About::Server, reason)) };
        }
        let posted = match compose(self.from, &letter.to, &letter.part.body) {
            Ok(mail) => self.persist(letter, &mail, patience).await,
            Err(error) => {
                let reason = format!("the message cannot be made: {error}");
                Posted { attempts: 0, result: Err(Fault::refused(About::Letter, reason)) }
            }
        };
        if let Err(Fault {
            failure: Failure::Closed(reason) | Failure::Passing { reason, .. },
            about: About::Server,
            ..
        }) = &posted.result
        {
            self.closed = Some(reason.clone());
        }
        posted
    }

    async fn persist(&self, letter: &Letter, mail: &[u8], patience: &mut Patience<'_>) -> Posted {
        let last = Mutex::new(About::Server);
        let attempt = || async {
            let result = self.session.send(letter.to.address(), mail).await;
            if !self.last && is_for_later(&result) {
                return Ok(result);
            }
            result.map(Ok).map_err(|fault| {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = fault.about;
                fault.failure
            })
        };
        let (attempts, result) = patience.persist(attempt).await;
        let result = result.unwrap_or_else(|failure| {
            let about = match failure {
                // That may be the end of the run, whatever the last answer was about.
                Failure::Closed(_) => About::Server,
                _ => last.into_inner().unwrap_or_else(PoisonError::into_inner),
            };
            Err(Fault { failure, about, lost: false })
        });
        Posted { attempts, result }
    }
}
