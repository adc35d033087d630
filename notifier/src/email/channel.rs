//! Who gets what, and what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::time::Instant;

use super::{
    address::{EmailAddress, OwnerDomains},
    judge::{About, Fault},
    payload,
    post::{Letter, Posted, post},
    server::{SmtpLogin, SmtpServer, TlsSetup},
    session::{Dial, Session},
};
use crate::{
    delivery::{PartDelivery, PartResult},
    notification::{Messages, Notification, OwnerMessage},
    retry::{Failure, Patience, ProbeError, RetryPolicy},
};

const EVERYONE: &str = "email";
const OWNER: &str = "email_owner";

/// Where mail is submitted, and to whom it goes.
#[derive(Debug, Clone)]
pub struct EmailSettings {
    /// The server.
    pub server: SmtpServer,
    /// Who logs in there; none if nobody has to.
    pub login: Option<SmtpLogin>,
    /// The sender of all messages.
    pub from: EmailAddress,
    /// Who gets all findings.
    pub to: Vec<EmailAddress>,
    /// Which owners get theirs.
    pub owners: OwnerDomains,
}

/// E-mail to operators and owners.
#[derive(Debug, Clone)]
pub struct Email {
    dial: Arc<Dial>,
    from: EmailAddress,
    to: Vec<EmailAddress>,
    owners: OwnerDomains,
    policy: RetryPolicy,
}

impl Email {
    /// A channel with these settings. Fails if the certificates of this machine cannot be used.
    ///
    /// Of `policy`, `pace` is not observed: mail servers say themselves (with a code of 4xx) when they are sent too
    /// much.
    pub fn new(settings: EmailSettings, policy: RetryPolicy) -> Result<Self, TlsSetup> {
        let EmailSettings { server, login, from, to, owners } = settings;
        let tls = server.tls()?;
        let dial = Arc::new(Dial { server, tls, login, from: from.address().clone(), timeout: policy.timeout });
        let to = to.into_iter().fold(Vec::new(), |mut to: Vec<EmailAddress>, address| {
            if !to.iter().any(|known| known.address() == address.address()) {
                to.push(address);
            }
            to
        });
        Ok(Self { dial, from, to, owners, policy })
    }

    /// Connects, logs in, and names the sender: whether messages would be taken, without one. Nobody sees anything of
    /// it, and whether a reader would be taken is not known after it.
    pub async fn probe(&self) -> Result<(), ProbeError> {
        let session = Session::new(&self.dial);
        let mut patience = Patience::new(&self.policy, None);
        let attempt = || async { session.rehearse().await.map_err(|fault| fault.failure) };
        let (_, result) = patience.persist(attempt).await;
        session.close(None).await;
        result.map_err(ProbeError::new)
    }

    /// Sends all parts of all notifications to everybody they are for, a transaction each.
    pub(crate) async fn send(&self, messages: &Messages, until: Option<Instant>) -> Vec<PartDelivery> {
        let letters = self.letters(messages);
        let mut patience = Patience::new(&self.policy, until);
        let session = Session::new(&self.dial);
        let posted = post(&self.from, &letters, &session, &mut patience).await;
        session.close(until).await;
        report(letters, posted)
    }

    fn letters(&self, messages: &Messages) -> Vec<Letter> {
        let everyone = self.to.iter().enumerate().flat_map(|(reader, to)| {
            messages.everyone.iter().flat_map(move |notification| letters(EVERYONE, reader, to, notification))
        });
        let owners = self.reachable(&messages.owners);
        let owners = owners
            .iter()
            .enumerate()
            .flat_map(|(reader, (to, message))| letters(OWNER, reader, to, &message.notification).collect::<Vec<_>>());
        everyone.chain(owners).collect()
    }

    /// The owners who may be written to.
    fn reachable<'a>(&self, owners: &'a [OwnerMessage]) -> Vec<(EmailAddress, &'a OwnerMessage)> {
        let mut elsewhere = BTreeSet::new();
        let mut count = 0_usize;
        let mut reachable = Vec::new();
        for message in owners {
            let Some(address) = &message.to.email else { continue };
            match EmailAddress::parse(address) {
                Ok(to) if self.owners.allow(&to) => reachable.push((to.named(&message.to.name), message)),
                other => {
                    count += 1;
                    elsewhere.insert(other.map_or_else(|_| "(no address)".to_owned(), |to| to.domain().to_lowercase()));
                }
            }
        }
        if count > 0 && !self.owners.is_none() {
            let domains = elsewhere.into_iter().take(10).collect::<Vec<_>>().join(", ");
            tracing::warn!(owners = count, domains, "owners whose address is in no allowed domain are not written to");
        }
        reachable
    }
}

fn letters(
    channel: &'static str,
    reader: usize,
    to: &EmailAddress,
    notification: &Notification,
) -> impl Iterator<Item = Letter> {
    let parts = payload::parts(notification).into_iter();
    parts.map(move |part| Letter { channel, reader, to: to.clone(), part })
}

/// What came of all letters.
fn report(letters: Vec<Letter>, posted: Vec<Posted>) -> Vec<PartDelivery> {
    let told = told(&letters, &posted);
    let told: BTreeSet<(&str, &str)> = told.iter().map(|(channel, subject)| (*channel, subject.as_str())).collect();
    let delivery = |(letter, posted): (Letter, Posted)| delivery(letter, posted, &told);
    letters.into_iter().zip(posted).map(delivery).collect()
}

/// The channels and subjects of which at least one reader got everything: whoever got half of a finding was not told.
fn told(letters: &[Letter], posted: &[Posted]) -> BTreeSet<(&'static str, String)> {
    let mut whole: BTreeMap<(&'static str, &str, usize), bool> = BTreeMap::new();
    for (Letter { channel, reader, part, .. }, posted) in letters.iter().zip(posted) {
        for subject in &part.subjects {
            *whole.entry((channel, subject, *reader)).or_insert(true) &= posted.result.is_ok();
        }
    }
    whole
        .into_iter()
        .filter(|(_, whole)| *whole)
        .map(|((channel, subject, _), _)| (channel, subject.to_owned()))
        .collect()
}

fn delivery(letter: Letter, posted: Posted, told: &BTreeSet<(&str, &str)>) -> PartDelivery {
    let Letter { channel, to, part, .. } = letter;
    let mut subjects = part.subjects;
    let result = match posted.result {
        Ok(()) => PartResult::Delivered,
        Err(Fault { failure: Failure::Refused(reason), about: About::Recipient, .. })
            if channel == OWNER && subjects.iter().all(|subject| told.contains(&(EVERYONE, subject.as_str()))) =>
        {
            tracing::warn!(channel, title = part.title, reason, "an owner could not be written to");
            PartResult::Redirected { reason }
        }
        Err(Fault {
            failure: Failure::Refused(reason) | Failure::Closed(reason) | Failure::Passing { reason, .. },
            ..
        }) => {
            subjects.retain(|subject| !told.contains(&(channel, subject.as_str())));
            let (title, part, of, text) = (&part.title, part.part, part.of, part.text);
            tracing::error!(channel, title, part, of, reason, "part not delivered");
            PartResult::Undelivered { reason, text }
        }
    };
    PartDelivery {
        channel,
        title: format!("{} to {}", part.title, to.address()),
        part: part.part,
        of: part.of,
        attempts: posted.attempts,
        result,
        subjects,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{email::EmailMessage, retry::Part};

    const GONE: &str = "550 gone";

    /// What came of a letter about these subjects.
    fn one(channel: &'static str, reader: usize, subjects: &[&str], result: Result<(), Fault>) -> (Letter, Posted) {
        let body = EmailMessage { subject: "t".into(), text: "x".into(), html: "x".into() };
        let subjects = subjects.iter().map(ToString::to_string).collect();
        let part = Part { title: "t".into(), part: 1, of: 1, subjects, text: "x".into(), body };
        let to = EmailAddress::parse(&format!("{reader}@example.com")).unwrap();
        (Letter { channel, reader, to, part }, Posted { attempts: 1, result })
    }

    fn gone() -> Fault {
        Fault::refused(About::Recipient, GONE.into())
    }

    /// Whether somebody was told of each subject, and the results.
    fn told_of(all: Vec<(Letter, Posted)>) -> (Vec<(String, bool)>, Vec<PartResult>) {
        let (letters, posted) = all.into_iter().unzip();
        let report = crate::DeliveryReport { parts: report(letters, posted) };
        let told = report.told().into_iter().map(|(subject, told)| (subject.to_owned(), told.is_ok())).collect();
        (told, report.parts.into_iter().map(|part| part.result).collect())
    }

    #[test]
    fn one_reader_is_enough_to_be_told() {
        let all = vec![one(EVERYONE, 0, &["a"], Err(gone())), one(EVERYONE, 1, &["a"], Ok(()))];
        let (told, results) = told_of(all);
        assert_eq!(told, [("a".to_owned(), true)]);
        assert_eq!(results[0], PartResult::Undelivered { reason: GONE.into(), text: "x".into() });
    }

    #[test]
    fn halves_that_two_readers_got_tell_nobody() {
        let (told, _) = told_of(vec![
            one(EVERYONE, 0, &["a", "b"], Ok(())),
            one(EVERYONE, 0, &["b"], Err(gone())),
            one(EVERYONE, 1, &["a", "b"], Err(gone())),
            one(EVERYONE, 1, &["b"], Ok(())),
        ]);
        assert_eq!(told, [("a".to_owned(), true), ("b".to_owned(), false)]);
    }

    #[test]
    fn owner_is_redirected_only_to_what_somebody_got() {
        let redirected = |everyone, owner: &[&str]| {
            let (_, results) = told_of(vec![one(EVERYONE, 0, &["a"], everyone), one(OWNER, 0, owner, Err(gone()))]);
            matches!(results[1], PartResult::Redirected { .. })
        };
        assert!(redirected(Ok(()), &["a"]));
        assert!(!redirected(Ok(()), &["a", "b"]));
        assert!(!redirected(Err(gone()), &["a"]));
    }

    #[test]
    fn message_that_is_refused_for_what_it_says_is_not_redirected() {
        let refused = Err(Fault::refused(About::Letter, "554 spam".into()));
        let (_, results) = told_of(vec![one(EVERYONE, 0, &["a"], Ok(())), one(OWNER, 0, &["a"], refused)]);
        assert!(matches!(results[1], PartResult::Undelivered { .. }));
    }
}
