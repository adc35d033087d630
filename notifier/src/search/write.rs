//! Writing documents, and an account of every one.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use reqwest::{Method, StatusCode};
use tokio::time::Instant;

use super::{
    bulk::{self, Document, Entry, Unclear},
    http::Body,
    index::SearchIndex,
    problem::{Problem, judge},
};
use crate::{
    delivery::{PartDelivery, PartResult},
    retry::{Failure, Patience},
};

impl SearchIndex {
    /// Writes the documents, and says what became of them: a part for those of each request that were taken, and one
    /// for those that were not. The text of the latter is what was sent, at most 100 kB of it in whole documents, and can
    /// be sent to `_bulk` as it is; the reason says how many more there are.
    ///
    /// What is refused for now is sent again, and only that; what is refused for good does not stop the rest. The last
    /// request is answered when a search finds what it wrote, but on Serverless, and unless that takes too long.
    pub async fn write(&self, title: &str, documents: Vec<Document>, until: Option<Instant>) -> Vec<PartDelivery> {
        let mut patience = self.patience(until);
        let mut chunks = VecDeque::from(bulk::chunks(documents));
        let mut closed: Option<String> = None;
        let mut parts = Vec::new();
        while let Some(chunk) = chunks.pop_front() {
            let mut sent = match &closed {
                Some(reason) => Sent::refused(chunk, &format!("not tried, because an earlier part failed: {reason}")),
                None => self.send(chunk, chunks.is_empty(), &mut patience).await,
            };
            for half in sent.halves() {
                chunks.push_front(half);
            }
            closed = closed.or(sent.ends.take());
            parts.extend(sent.parts(title));
        }
        let of = parts.len();
        parts.iter_mut().zip(1..).for_each(|(part, number)| (part.part, part.of) = (number, of));
        parts
    }

    /// Sends one request's documents until all are taken or refused, or the `patience` ends. An index is refreshed as a
    /// whole, so that only the `last` request waits for that.
    async fn send(&self, waiting: Vec<Entry>, last: bool, patience: &mut Patience<'_>) -> Sent {
        // Serverless refuses to (https://github.com/opensearch-project/opensearch-spark/pull/530).
        let until_found = last && !self.http.access.is_serverless();
        let sent = Mutex::new(Sent { waiting, until_found, ..Sent::default() });
        let (attempts, outcome) = patience.persist(|| self.attempt(&sent)).await;
        let mut sent = sent.into_inner().unwrap_or_else(PoisonError::into_inner);
        sent.attempts = attempts;
        if let Err(failure) = outcome {
            let (reason, ends) = match failure {
                Failure::Refused(reason) => (reason, false),
                Failure::Closed(reason) | Failure::Passing { reason, .. } => (reason, true),
            };
            sent.ends = ends.then(|| reason.clone());
            sent.refused.extend(sent.waiting.drain(..).map(|entry| (entry, reason.clone())));
        }
        sent
    }

    /// Sends what is waiting, and leaves there what has to be sent again.
    async fn attempt(&self, sent: &Mutex<Sent>) -> Result<(), Failure> {
        // Who refreshes an index seldom or never would keep every attempt waiting: without an answer, the next does not.
        let until_found = std::mem::take(&mut lock(sent).until_found);
        let path = format!("/{}/_bulk{}", self.index, if until_found { "?refresh=wait_for" } else { "" });
        let body = Body::Lines(bulk::lines(&lock(sent).waiting));
        let answer = self.http.send(Method::POST, &path, &body).await?;
        let mut sent = lock(sent);
        sent.until_found = until_found && !answer.status.is_server_error();
        if answer.status == StatusCode::PAYLOAD_TOO_LARGE && sent.waiting.len() > 1 {
            sent.too_large = std::mem::take(&mut sent.waiting);
            return Ok(());
        }
        if !answer.status.is_success() {
            return Err(judge(&answer, &self.http.access));
        }
        let problems = bulk::read(&answer.body, &sent.waiting).map_err(|unclear| match unclear {
            Unclear::NoAnswer => Failure::Closed("not an answer of OpenSearch: is the address right?".to_owned()),
            // Nothing is written twice by asking again.
            Unclear::Other(reason) => Failure::Passing { reason, retry_after: None },
        })?;
        self.sort(problems, &mut sent)
    }

    /// Sorts documents by what was said of each.
    fn sort(&self, problems: Vec<Option<Problem>>, sent: &mut Sent) -> Result<(), Failure> {
        let (mut closed, mut passing) = (None, None);
        for (entry, problem) in std::mem::take(&mut sent.waiting).into_iter().zip(problems) {
            match problem.map(|problem| problem.failure(&self.http.access)) {
                None => sent.taken += 1,
                Some(Failure::Refused(reason)) => sent.refused.push((entry, reason)),
                Some(Failure::Closed(reason)) => {
                    closed.get_or_insert(reason);
                    sent.waiting.push(entry);
                }
                Some(Failure::Passing { reason, .. }) => {
                    passing.get_or_insert(reason);
                    sent.waiting.push(entry);
                }
            }
        }
        match (closed, passing) {
            (Some(reason), _) => Err(Failure::Closed(reason)),
            (None, Some(reason)) => Err(Failure::Passing { reason, retry_after: None }),
            (None, None) => Ok(()),
        }
    }
}

/// What became of the documents of one request.
#[derive(Default)]
struct Sent {
    /// To be sent, once more or at all.
    waiting: Vec<Entry>,
    /// Whether OpenSearch is to answer no sooner than what it writes can be found
    /// (<https://docs.opensearch.org/latest/api-reference/document-apis/bulk/#query-parameters>).
    until_found: bool,
    attempts: u32,
    taken: usize,
    /// With the reason.
    refused: Vec<(Entry, String)>,
    /// To be sent in two requests.
    too_large: Vec<Entry>,
    /// Why nothing else will be taken either.
    ends: Option<String>,
}

/// Attempts come one after another: nobody ever waits for another.
fn lock(sent: &Mutex<Sent>) -> MutexGuard<'_, Sent> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sent {
    fn refused(entries: Vec<Entry>, reason: &str) -> Self {
        Self { refused: entries.into_iter().map(|entry| (entry, reason.to_owned())).collect(), ..Self::default() }
    }

    /// The requests to send instead, the last one first.
    fn halves(&mut self) -> impl Iterator<Item = Vec<Entry>> + use<> {
        let mut first = std::mem::take(&mut self.too_large);
        let second = first.split_off(first.len() / 2);
        [second, first].into_iter().filter(|half| !half.is_empty())
    }

    /// What to report. The numbers of the parts are not known yet.
    fn parts(self, title: &str) -> impl Iterator<Item = PartDelivery> + use<> {
        let taken = (self.taken > 0).then_some(PartResult::Delivered);
        let refused = (!self.refused.is_empty()).then(|| {
            let mut reason = reasons(&self.refused);
            let entries: Vec<Entry> = self.refused.into_iter().map(|(entry, _)| entry).collect();
            let (text, more) = bulk::first_lines(&entries, LONGEST_TEXT);
            if more > 0 {
                reason = format!("{reason}; the text lacks {more} of them");
            }
            tracing::error!(channel = CHANNEL, title, documents = entries.len(), reason, "documents not written");
            PartResult::Undelivered { reason, text }
        });
        let (title, attempts) = (title.to_owned(), self.attempts);
        taken.into_iter().chain(refused).map(move |result| PartDelivery {
            channel: CHANNEL,
            title: title.clone(),
            part: 0,
            of: 0,
            attempts,
            result,
            subjects: Vec::new(),
        })
    }
}

const CHANNEL: &str = "search";

/// How much of what was not written is kept, in bytes: it goes into a report, whose lines in CloudWatch have at most 1 MiB
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>) and whose findings say the same.
const LONGEST_TEXT: usize = 100_000;

/// How many reasons, and how many subjects of each, are named.
const NAMED: usize = 3;

/// Why documents were refused: each reason once, with what it is about.
fn reasons(refused: &[(Entry, String)]) -> String {
    let mut about: Vec<(&str, Vec<&str>)> = Vec::new();
    for (entry, reason) in refused {
        match about.iter_mut().find(|(known, _)| known == reason) {
            Some((_, subjects)) => subjects.push(&entry.subject),
            None => about.push((reason, vec![&entry.subject])),
        }
    }
    let named = about.iter().take(NAMED).map(|(reason, subjects)| {
        let named = subjects.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        format!("{reason} ({named}{})", more(subjects.len()))
    });
    let count = refused.len();
    let documents = if count == 1 { "document" } else { "documents" };
    format!("{count} {documents} not written: {}{}", named.collect::<Vec<_>>().join("; "), more(about.len()))
}

fn more(count: usize) -> String {
    if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() }
}
