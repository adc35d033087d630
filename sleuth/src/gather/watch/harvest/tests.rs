use std::{
    io::{self, Cursor},
    sync::Mutex,
};

use serde_json::{Value, json};

use super::*;
use crate::tags::watch::{
    event::open,
    tests::{fixture, fixtures},
};

/// What a file answers.
#[derive(Debug, Clone)]
enum Answer {
    Denied,
    Holds(String),
    /// It breaks off after that.
    Cut(String),
}

/// Files in memory: each answers one after the other, and the last one again and again.
#[derive(Debug, Default)]
struct FakeLogs {
    files: BTreeMap<String, Vec<Answer>>,
    opened: Mutex<Vec<String>>,
}

impl FakeLogs {
    fn with(mut self, name: &str, answers: &[Answer]) -> Self {
        self.files.insert(key(name), answers.to_vec());
        self
    }

    fn opened(&self, name: &str) -> usize {
        self.opened.lock().unwrap().iter().filter(|opened| **opened == key(name)).count()
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the connection broke"))
    }
}

impl ReadLogs for FakeLogs {
    type Bytes = Box<dyn Read + Send>;

    async fn open(&self, object: &LogObject) -> Result<Self::Bytes, ReadError> {
        let before = {
            let mut opened = self.opened.lock().unwrap();
            opened.push(object.key.clone());
            opened.iter().filter(|opened| **opened == object.key).count() - 1
        };
        let answers = self.files.get(&object.key).map_or(&[][..], Vec::as_slice);
        match answers.get(before).or(answers.last()).cloned().unwrap_or(Answer::Denied) {
            Answer::Denied => Err(ReadError { operation: "GetObject".into(), message: "NoSuchKey".into() }),
            Answer::Holds(text) => Ok(Box::new(Cursor::new(text))),
            Answer::Cut(text) => Ok(Box::new(Cursor::new(text).chain(Broken))),
        }
    }
}

fn key(name: &str) -> String {
    format!("AWSLogs/123456789012/CloudTrail/eu-west-1/{name}.json.gz")
}

/// The notice of files, in an SQS message or in none.
fn notice(message: &str, names: &[&str]) -> Vec<Leaf> {
    let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
    let body = json!({"s3Bucket": "b", "s3ObjectKey": keys});
    if message.is_empty() {
        return open(&body);
    }
    open(&json!({"Records": [{"eventSource": "aws:sqs", "messageId": message, "body": body.to_string()}]}))
}

fn log(records: &[Value]) -> String {
    json!({"Records": records}).to_string()
}

fn holds(records: &[Value]) -> Answer {
    Answer::Holds(log(records))
}

fn start() -> Value {
    fixture("record-start-instances")
}

fn tag() -> Value {
    fixture("record-create-tags")
}

/// The start of an instance as another event.
fn started(id: &str) -> Value {
    let mut record = start();
    record["eventID"] = json!(id);
    record
}

async fn take(logs: &FakeLogs, leaves: Vec<Leaf>) -> Harvest {
    take_with(logs, leaves, Admission { seen: &Seen::default(), regions: None }, None).await
}

async fn take_with(logs: &FakeLogs, leaves: Vec<Leaf>, admission: Admission<'_>, end: Option<Instant>) -> Harvest {
    let mut found = Harvest::default();
    let concurrency = NonZeroUsize::new(4).unwrap();
    let reading = Reading { concurrency, patience: Duration::from_secs(60), end };
    harvest(&mut found, logs, leaves, admission, reading, |_, _| ()).await;
    found
}

/// Messages that brought what happened, by event.
fn brought(harvest: &Harvest) -> Vec<(String, String)> {
    let line = |(sighting, messages): &(Sighting, BTreeSet<String>)| {
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        (sighting.event.name.clone(), messages.join(" "))
    };
    harvest.sightings.iter().map(line).collect()
}

fn failures(harvest: &Harvest) -> Vec<String> {
    let line = |Failure { subject, error, messages }: &Failure| {
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        format!("{subject} ({}): {error}", messages.join(" "))
    };
    harvest.failures.iter().map(line).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn missing_file_is_asked_for_again_and_then_reported() {
    let logs = FakeLogs::default().with("late", &[Answer::Denied, Answer::Denied, Answer::Denied, holds(&[start()])]);
    let begun = Instant::now();
    let found = take(&logs, notice("m-1", &["late", "never"])).await;
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert_eq!((logs.opened("late"), found.files, found.records), (4, 1, 1));
    assert_eq!(brought(&found), pairs(&[("StartInstances", "m-1")]));
    assert!((5..20).contains(&logs.opened("never")), "{}", logs.opened("never"));
    assert_eq!(failures(&found), [format!("s3://b/{} (m-1): GetObject: NoSuchKey", key("never"))]);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_cut_counts_only_once() {
    let whole = log(&[start(), tag(), json!({}), fixture("record-sts-assume-role")]);
    // More than is read at once, so that the records before the cut were already taken.
    let half = format!("{},{}", log(&[start(), tag()]).strip_suffix("]}").unwrap(), " ".repeat(500_000));
    let again = [Answer::Cut(half.clone()), Answer::Cut(half.clone()), Answer::Holds(whole)];
    let logs = FakeLogs::default().with("cut", &again).with("broken", &[Answer::Cut(half)]);
    let found = take(&logs, notice("m-1", &["cut"])).await;
    assert_eq!((logs.opened("cut"), found.files, found.records), (3, 1, 4));
    assert_eq!(brought(&found), pairs(&[("StartInstances", "m-1"), ("CreateTags", "m-1")]));
    assert_eq!(found.skipped, Skipped::from([(Skip::OtherService, 1)]));
    assert_eq!(found.failures.len(), 1, "{:?}", failures(&found));
    // What breaks off to the end counts as far as it goes, and is reported.
    let found = take(&logs, notice("m-2", &["broken"])).await;
    assert_eq!((found.files, found.records), (1, 2), "{:?}", failures(&found));
    assert_eq!(brought(&found), pairs(&[("StartInstances", "m-2"), ("CreateTags", "m-2")]));
    let cut = "GetObject: it could not be read to its end: the connection broke";
    assert_eq!(failures(&found), [format!("s3://b/{} (m-2): {cut}", key("broken"))]);
}

#[tokio::test(start_paused = true)]
async fn bad_file_is_not_asked_for_again_and_takes_no_other_down() {
    let garbage = Answer::Holds("\u{0}garbage".into());
    let broken = log(&[start()]).strip_suffix("]}").unwrap().to_owned();
    let logs = FakeLogs::default()
        .with("1-garbage", &[garbage])
        .with("2-broken", &[Answer::Holds(broken)])
        .with("3-good", &[holds(&[tag()])])
        .with("4-no-log", &[Answer::Holds("{}".into())]);
    let begun = Instant::now();
    let found = take(&logs, notice("m-1", &["4-no-log", "3-good", "2-broken", "1-garbage"])).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(logs.opened.lock().unwrap().len(), 4);
    assert_eq!(brought(&found), pairs(&[("StartInstances", "m-1"), ("CreateTags", "m-1")]));
    assert_eq!(found.files, 2);
    let wrong: Vec<String> = failures(&found).iter().map(|line| line.split(": ").nth(2).unwrap().to_owned()).collect();
    assert!(failures(&found)[0].contains("1-garbage") && failures(&found)[1].contains("2-broken"));
    assert_eq!(
        wrong,
        ["after 0 bytes", &format!("after {} bytes", log(&[start()]).len() - 2), "it is no log of CloudTrail"]
    );
}

#[tokio::test(start_paused = true)]
async fn file_that_two_messages_name_is_read_once_for_both() {
    let logs = FakeLogs::default().with("good", &[holds(&[start()])]).with("bad", &[Answer::Holds("x".into())]);
    let leaves = [notice("m-1", &["good", "bad"]), notice("m-2", &["bad", "good"]), notice("m-3", &["good"])].concat();
    let found = take(&logs, leaves).await;
    assert_eq!((logs.opened("good"), logs.opened("bad"), found.files), (1, 1, 1));
    assert_eq!(brought(&found), pairs(&[("StartInstances", "m-1 m-2 m-3")]));
    assert_eq!(found.failures.len(), 1);
    assert_eq!(found.failures[0].messages, BTreeSet::from(["m-1".to_owned(), "m-2".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn event_is_taken_once_whoever_brings_it() {
    let mut same_id = start();
    same_id["awsRegion"] = json!("us-east-1");
    let mut nameless = start();
    nameless["eventID"] = json!(null);
    let logs = FakeLogs::default()
        .with("1", &[holds(&[start(), tag(), start()])])
        .with("2", &[holds(&[start(), same_id, nameless.clone(), nameless])]);
    let found = take(&logs, [notice("m-1", &["1"]), notice("m-2", &["2"])].concat()).await;
    assert_eq!(found.skipped, Skipped::from([(Skip::Duplicate, 2)]));
    let wanted = [
        ("StartInstances", "m-1 m-2"),
        ("CreateTags", "m-1"),
        ("StartInstances", "m-2"),
        ("StartInstances", "m-2"),
        ("StartInstances", "m-2"),
    ];
    assert_eq!((brought(&found), found.records), (pairs(&wanted), 7));
}

/// An id is no proof: a record that says otherwise is taken for itself.
#[tokio::test(start_paused = true)]
async fn same_id_with_other_instances_is_another_event() {
    let mut other = start();
    other["responseElements"]["instancesSet"]["items"][0]["instanceId"] = json!("i-0246adb36420e01d6");
    let logs = FakeLogs::default().with("1", &[holds(&[start(), other])]);
    let found = take(&logs, notice("m-1", &["1"])).await;
    assert_eq!((found.sightings.len(), found.skipped.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_dealt_with_or_is_elsewhere_is_skipped() {
    let logs = FakeLogs::default().with("1", &[holds(&[started("old"), started("new"), tag()])]);
    let mut seen = Seen::default();
    seen.insert("old".into());
    let admission = Admission { seen: &seen, regions: None };
    let found = take_with(&logs, notice("m-1", &["1"]), admission, None).await;
    assert_eq!((found.sightings.len(), found.skipped), (2, Skipped::from([(Skip::Duplicate, 1)])));
    let nowhere = [RegionName("us-east-1".into())];
    let admission = Admission { seen: &seen, regions: Some(&nowhere) };
    let found = take_with(&logs, notice("m-1", &["1"]), admission, None).await;
    assert_eq!(found.sightings, []);
    assert_eq!(found.skipped, Skipped::from([(Skip::Duplicate, 1), (Skip::OtherRegion, 2)]));
    let here = [RegionName("us-east-1".into()), RegionName("eu-west-1".into())];
    let admission = Admission { seen: &Seen::default(), regions: Some(&here) };
    assert_eq!(take_with(&logs, notice("m-1", &["1"]), admission, None).await.sightings.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn every_record_is_counted_as_what_it_is() {
    let records: Vec<Value> = fixtures("record-").into_values().collect();
    let logs = FakeLogs::default().with("1", &[holds(&records)]);
    let found = take(&logs, notice("m-1", &["1"])).await;
    let skipped = [(Skip::OtherService, 3), (Skip::FailedCall, 3), (Skip::Insights, 1)];
    assert_eq!(found.skipped, Skipped::from(skipped));
    assert_eq!(found.failures.len(), 1, "of one nobody knows which instances it launched: {:?}", failures(&found));
    assert_eq!(found.records, records.len());
    assert_eq!(found.sightings.len(), records.len() - 3 - 3 - 1 - 1);
    assert_eq!(found.accounts(), BTreeSet::from(["123456789012", "210987654321"]));
}

#[tokio::test(start_paused = true)]
async fn records_and_notices_need_no_file() {
    let mut event = fixture("sqs-mixed");
    let more = json!({"eventSource": "aws:sqs", "messageId": "m-9", "body": start().to_string()});
    event["Records"].as_array_mut().unwrap().push(more);
    event["Records"][0]["body"] = json!(fixture("eventbridge-tag-change").to_string());
    event["Records"][0]["messageId"] = json!("m-0");
    let found = take(&FakeLogs::default(), open(&event)).await;
    assert_eq!(brought(&found), pairs(&[("Tag Change on Resource", "m-0"), ("StartInstances", "m-9")]));
    assert_eq!((found.files, found.records), (0, 1));
    assert_eq!(found.skipped, Skipped::from([(Skip::TestEvent, 1)]));
    let [strange] = &failures(&found)[..] else { panic!("{:?}", failures(&found)) };
    let start = "the event (5cfd70e6-b613-45a1-a737-58113ccb94a0): parse: an unknown event: ";
    assert!(strange.starts_with(start), "{strange}");
}

#[tokio::test(start_paused = true)]
async fn record_without_an_account_is_of_that_of_its_file() {
    let mut record = start();
    record.as_object_mut().unwrap().remove("recipientAccountId");
    let logs = FakeLogs::default().with("1", &[holds(&[record])]);
    let found = take(&logs, notice("m-1", &["1"])).await;
    assert_eq!(found.accounts(), BTreeSet::from(["123456789012"]));
}

#[tokio::test(start_paused = true)]
async fn first_records_that_cannot_be_understood_are_named_and_the_others_counted() {
    let records = vec![json!({"eventName": "RunInstances"}); MOST_MISREAD + 2];
    let logs = FakeLogs::default().with("1", &[holds(&records)]);
    let found = take(&logs, notice("m-1", &["1"])).await;
    assert_eq!((found.failures.len(), found.records), (MOST_MISREAD + 1, MOST_MISREAD + 2));
    assert!(found.failures.iter().all(|failure| failure.messages.contains("m-1")));
    assert!(failures(&found)[MOST_MISREAD].ends_with("parse: 2 more cannot be understood"));
}

#[tokio::test(start_paused = true)]
async fn records_beyond_the_most_are_left_out_and_that_is_said() {
    let mut found = Leaves::default();
    let record = start().to_string();
    (0..MOST_SIGHTINGS + 2).for_each(|_| found.record(&record, None));
    assert_eq!((found.sightings.len(), found.too_many, found.records), (MOST_SIGHTINGS, 2, MOST_SIGHTINGS + 2));
    found.sightings.clear();
    let mut harvest = Harvest::default();
    let admission = Admission { seen: &Seen::default(), regions: None };
    harvest.take(found, &"x", &BTreeSet::from(["m-1".to_owned()]), admission);
    let said = "x (m-1): parse: 2 records about instances were left out: more than 20000 in a file";
    assert_eq!(failures(&harvest), [said]);
}

#[tokio::test(start_paused = true)]
async fn half_of_the_time_is_waited_for_at_the_most_and_nothing_once_it_is_over() {
    let logs = FakeLogs::default().with("good", &[holds(&[start()])]);
    let admission = Admission { seen: &Seen::default(), regions: None };
    let begun = Instant::now();
    let soon = Some(begun + Duration::from_secs(3));
    let found = take_with(&logs, notice("m-1", &["good", "never"]), admission, soon).await;
    assert_eq!((begun.elapsed().as_millis(), found.sightings.len(), found.failures.len()), (1_500, 1, 1));
    let over = take_with(&logs, notice("m-1", &["good"]), admission, Some(Instant::now())).await;
    assert_eq!(logs.opened("good"), 1);
    assert_eq!(over.failures[0].error.operation, "deadline");
    assert!(over.failures[0].messages.contains("m-1"));
}

#[tokio::test(start_paused = true)]
async fn own_doings_are_dropped_and_counted() {
    let records = [fixture("record-own-role-create-tags"), start(), fixture("record-own-role-create-tags")];
    let logs = FakeLogs::default().with("1", &[holds(&records)]);
    let mut found = take(&logs, notice("m-1", &["1"])).await;
    found.drop_own(&Own::of("arn:aws:sts::210987654321:assumed-role/sleuth-tags/x"));
    assert_eq!((found.sightings.len(), found.skipped.get(&Skip::OwnCall)), (2, None));
    found.drop_own(&Own::of("arn:aws:sts::123456789012:assumed-role/sleuth-tags/x"));
    assert_eq!(brought(&found), pairs(&[("StartInstances", "m-1")]));
    assert_eq!(found.skipped, Skipped::from([(Skip::OwnCall, 1), (Skip::Duplicate, 1)]));
}

#[tokio::test(start_paused = true)]
async fn progress_goes_from_none_to_all_files() {
    let logs = FakeLogs::default().with("1", &[holds(&[start()])]);
    let heard = Mutex::new(Vec::new());
    let reading = Reading { concurrency: NonZeroUsize::MIN, patience: Duration::ZERO, end: None };
    let admission = Admission { seen: &Seen::default(), regions: None };
    let progress = |done, total| heard.lock().unwrap().push((done, total));
    harvest(&mut Harvest::default(), &logs, notice("m", &["1", "2"]), admission, reading, progress).await;
    assert_eq!(*heard.lock().unwrap(), [(0, 2), (1, 2), (2, 2)]);
}
