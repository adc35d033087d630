//! Reads what events hold and the log files that they name.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    num::NonZeroUsize,
    time::Duration,
};

use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::{sync::Semaphore, task::spawn_blocking, time::Instant};

use super::pauses::Pauses;
use crate::{
    deadline::before,
    facts::ReadError,
    logfile::{self, LogError},
    ports::watch::ReadLogs,
    tags::{
        RegionName,
        watch::{
            LogObject, Sighting, Skip, Skipped,
            event::{Content, Leaf, open},
            identity::Own,
            record::{self, Record},
            seen::Seen,
        },
    },
};

/// Most records about instances that are taken from one file: more than any log has, less than a function's memory.
const MOST_SIGHTINGS: usize = 20_000;
/// Most records of a file of which it is said what cannot be understood; the others are counted.
const MOST_MISREAD: usize = 5;

/// What decides whether a sighting is followed up.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    /// What was dealt with before.
    pub seen: &'a Seen,
    /// The regions; `None`: all.
    pub regions: Option<&'a [RegionName]>,
}

/// What came of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Harvest {
    /// What happened to instances, and the messages that brought it.
    pub sightings: Vec<(Sighting, BTreeSet<String>)>,
    /// Log files read.
    pub files: usize,
    /// Records read, in files or not.
    pub records: usize,
    /// What did not concern the watch.
    pub skipped: Skipped,
    /// What could not be read or understood.
    pub failures: Vec<Failure>,
    /// Where in `sightings` an event is.
    places: BTreeMap<Place, usize>,
}

/// An event by its id, in its account and region.
type Place = (String, String, RegionName);

/// Something that could not be read or understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it is about.
    pub subject: String,
    /// What is wrong.
    pub error: ReadError,
    /// The messages that brought it.
    pub messages: BTreeSet<String>,
}

/// What one file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Leaves {
    pub(super) records: usize,
    skipped: Skipped,
    sightings: Vec<Sighting>,
    misread: Vec<String>,
    misread_more: usize,
    too_many: usize,
}

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// How many side by side.
    pub concurrency: NonZeroUsize,
    /// How long one is asked for again that is not there, or not to be read.
    pub patience: Duration,
    /// When to stop.
    pub end: Option<Instant>,
}

/// Takes everything that `leaves` hold or name into `harvest`, each file once. `progress` hears how many of how many files
/// are done.
pub async fn harvest(
    harvest: &mut Harvest,
    logs: &impl ReadLogs,
    leaves: Vec<Leaf>,
    admission: Admission<'_>,
    Reading { concurrency, patience, end }: Reading,
    progress: impl Fn(usize, usize),
) {
    let mut files: BTreeMap<LogObject, BTreeSet<String>> = BTreeMap::new();
    let mut in_event: BTreeMap<BTreeSet<String>, Leaves> = BTreeMap::new();
    for Leaf { message, content } in leaves {
        let messages = BTreeSet::from_iter(message);
        match content {
            Ok(Content::Log(object)) => files.entry(object).or_default().extend(messages),
            Ok(Content::Record { json, account }) => {
                in_event.entry(messages).or_default().record(&json, account.as_deref());
            }
            Ok(Content::Seen(sighting)) => harvest.admit(sighting, &messages, admission),
            Ok(Content::Skipped(skip)) => *harvest.skipped.entry(skip).or_default() += 1,
            Err(message) => in_event.entry(messages).or_default().misread(message),
        }
    }
    for (messages, found) in in_event {
        harvest.take(found, &"the event", &messages, admission);
    }
    let total = files.len();
    progress(0, total);
    // As many files are read at once as there are cores to unpack them; the others are asked for meanwhile.
    let cores = Semaphore::new(std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    let cores = &cores;
    let mut readings = stream::iter(files)
        .map(|(object, messages)| async move {
            let found = read(logs, &object, cores, Pauses::within(patience, end), end).await;
            (object, messages, found)
        })
        .buffer_unordered(concurrency.get());
    let mut done = BTreeMap::new();
    while let Some((object, messages, found)) = readings.next().await {
        done.insert(object, (messages, found));
        progress(done.len(), total);
    }
    drop(readings);
    // In the order of their names, whichever was read first.
    for (object, (messages, (found, error))) in done {
        harvest.files += usize::from(found.records > 0 || error.is_none());
        harvest.take(found, &object, &messages, admission);
        if let Some(ReadError { operation, message }) = error {
            harvest.fail(&object, &operation, message, &messages);
        }
    }
}

impl Harvest {
    /// Takes in what a file holds.
    pub(super) fn take(
        &mut self,
        found: Leaves,
        subject: &impl ToString,
        messages: &BTreeSet<String>,
        admission: Admission<'_>,
    ) {
        self.records += found.records;
        for (skip, count) in found.skipped {
            *self.skipped.entry(skip).or_default() += count;
        }
        for sighting in found.sightings {
            self.admit(sighting, messages, admission);
        }
        let more = (found.misread_more > 0).then(|| format!("{} more cannot be understood", found.misread_more));
        let too_many = (found.too_many > 0).then(|| {
            format!("{} records about instances were left out: more than {MOST_SIGHTINGS} in a file", found.too_many)
        });
        for message in found.misread.into_iter().chain(more).chain(too_many) {
            self.fail(subject, "parse", message, messages);
        }
    }

    fn admit(&mut self, sighting: Sighting, messages: &BTreeSet<String>, admission: Admission<'_>) {
        let Admission { seen, regions } = admission;
        let id = sighting.event.id.as_deref();
        let place = id.map(|id| (id.to_owned(), sighting.account.clone(), sighting.region.clone()));
        let before = place.as_ref().and_then(|place| self.places.get(place)).copied();
        let skip = match () {
            () if id.is_some_and(|id| seen.contains(id)) => Skip::Duplicate,
            () if regions.is_some_and(|regions| !regions.contains(&sighting.region)) => Skip::OtherRegion,
            // Two messages may bring the same.
            () => match before.and_then(|before| self.sightings.get_mut(before)) {
                Some((same, brought)) if *same == sighting => {
                    brought.extend(messages.iter().cloned());
                    Skip::Duplicate
                }
                _ => {
                    self.places.extend(place.map(|place| (place, self.sightings.len())));
                    return self.sightings.push((sighting, messages.clone()));
                }
            },
        };
        *self.skipped.entry(skip).or_default() += 1;
    }

    /// Drops what Sleuth itself did.
    pub fn drop_own(&mut self, own: &Own) {
        let before = self.sightings.len();
        self.sightings.retain(|(sighting, _)| !own.made(&sighting.event));
        // They have moved, and nothing is admitted after that.
        self.places.clear();
        let dropped = before - self.sightings.len();
        if dropped > 0 {
            *self.skipped.entry(Skip::OwnCall).or_default() += dropped;
        }
    }

    /// The accounts in which something happened.
    pub fn accounts(&self) -> BTreeSet<&str> {
        self.sightings.iter().map(|(sighting, _)| sighting.account.as_str()).collect()
    }

    /// Takes in what could not be read or understood.
    pub(super) fn fail(
        &mut self,
        subject: &impl ToString,
        operation: &str,
        message: String,
        messages: &BTreeSet<String>,
    ) {
        let error = ReadError { operation: operation.to_owned(), message };
        self.failures.push(Failure { subject: subject.to_string(), error, messages: messages.clone() });
    }
}

/// Reads a file, again while that may help.
async fn read(
    logs: &impl ReadLogs,
    object: &LogObject,
    cores: &Semaphore,
    mut pauses: Pauses,
    end: Option<Instant>,
) -> (Leaves, Option<ReadError>) {
    loop {
        let (found, error, passing) = match attempt(logs, object, cores, end).await {
            Err(error) => (Leaves::default(), error, true),
            Ok((found, None)) => return (found, None),
            Ok((found, Some(error))) => {
                let passing = matches!(error, LogError::Read(_));
                let error = ReadError { operation: "GetObject".to_owned(), message: error.to_string() };
                (found, error, passing)
            }
        };
        if !passing || !pauses.wait().await {
            return (found, Some(error));
        }
        tracing::debug!(%object, %error, "a log file is read again");
    }
}

async fn attempt(
    logs: &impl ReadLogs,
    object: &LogObject,
    cores: &Semaphore,
    end: Option<Instant>,
) -> Result<(Leaves, Option<LogError>), ReadError> {
    let bytes = before(end, logs.open(object)).await??;
    // It is never closed.
    let _core = before(end, cores.acquire()).await?.ok();
    let account = object.account().map(ToOwned::to_owned);
    let sifted = spawn_blocking(move || sift(bytes, account.as_deref())).await;
    sifted.map_err(|error| ReadError { operation: "GetObject".to_owned(), message: error.to_string() })
}

/// What a log file holds, and why not all of it could be read. `account`: whose log it is, where records do not say.
fn sift(bytes: impl Read, account: Option<&str>) -> (Leaves, Option<LogError>) {
    let mut found = Leaves::default();
    let ended = logfile::read(bytes, |record| found.record(record, account));
    (found, ended.err())
}

impl Leaves {
    /// Takes in a record. `account`: whose it is, if it does not say.
    pub(super) fn record(&mut self, json: &str, account: Option<&str>) {
        self.records += 1;
        match record::read(json, account) {
            Ok(Record::Skipped(skip)) => *self.skipped.entry(skip).or_default() += 1,
            Ok(Record::Seen(sighting)) if self.sightings.len() < MOST_SIGHTINGS => self.sightings.push(*sighting),
            Ok(Record::Seen(_)) => self.too_many += 1,
            Err(message) => self.misread(message),
        }
    }

    fn misread(&mut self, message: String) {
        if self.misread.len() < MOST_MISREAD {
            self.misread.push(message);
        } else {
            self.misread_more += 1;
        }
    }

    /// Takes in the records of an event, and what cannot be understood of it. What else it holds is given back.
    pub(super) fn event(&mut self, event: &Value) -> Vec<Leaf> {
        let mut left = Vec::new();
        for leaf in open(event) {
            match leaf.content {
                Ok(Content::Record { json, account }) => self.record(&json, account.as_deref()),
                Err(message) => self.misread(message),
                Ok(content) => left.push(Leaf { content: Ok(content), ..leaf }),
            }
        }
        left
    }
}

#[cfg(test)]
mod tests;
