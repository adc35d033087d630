use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};

use super::*;
use crate::{
    digest::tests::{day, digest, keys_run, tags_run},
    ports::digest::Listed,
    render::json::pretty,
    report::documents,
};

/// A store in memory, which lists more than it has if told so.
#[derive(Default)]
struct Store {
    kept: BTreeMap<String, Kept>,
    missing: Vec<String>,
    errors: Vec<(String, ReadError)>,
    slow: bool,
}

fn denied() -> ReadError {
    ReadError { operation: "GetObject".to_owned(), message: "AccessDenied".to_owned() }
}

impl ReadReports for Store {
    async fn list(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Listed {
        assert_eq!((from, to), (day().from, day().to));
        let names = self.kept.keys().chain(&self.missing).cloned().collect();
        Listed { names, errors: self.errors.clone() }
    }

    async fn read(&self, name: &str) -> Result<Kept, ReadError> {
        if self.slow {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        self.kept.get(name).cloned().ok_or_else(denied)
    }
}

fn reading() -> Reading {
    Reading { span: day(), concurrency: NonZeroUsize::new(2).unwrap(), end: None }
}

async fn gathered(store: &Store, reading: Reading) -> crate::digest::Digest {
    let mut collection = Collection::new(day());
    gather(&mut collection, store, reading, |_, _| ()).await;
    collection.finish()
}

fn both() -> Store {
    let report = |text: String| Kept::Report(text);
    let kept = [("a.json", pretty(&keys_run())), ("b.json", pretty(&tags_run()))];
    Store {
        kept: kept.into_iter().map(|(name, text)| (name.to_owned(), report(text.unwrap()))).collect(),
        ..Store::default()
    }
}

#[tokio::test]
async fn all_reports_of_a_store_are_taken_in() {
    assert_eq!(gathered(&both(), reading()).await, digest());
}

#[tokio::test]
async fn two_stores_that_overlap_are_one_digest() {
    let documents = [documents::of_keys(&keys_run()), documents::of_tags(&tags_run())].concat();
    let documents =
        documents.into_iter().map(|document| (document.id, serde_json::Value::Object(document.body))).collect();
    let index = Store { kept: BTreeMap::from([("index".to_owned(), Kept::Documents(documents))]), ..Store::default() };
    let mut collection = Collection::new(day());
    gather(&mut collection, &both(), reading(), |_, _| ()).await;
    gather(&mut collection, &index, reading(), |_, _| ()).await;
    assert_eq!(collection.finish(), digest());
}

#[tokio::test]
async fn what_cannot_be_read_is_said_beside_the_others() {
    let mut store = both();
    store.missing = vec!["gone.json".to_owned()];
    store.kept.insert("bad.json".to_owned(), Kept::Report("{}".to_owned()));
    store.errors = vec![("444455556666".to_owned(), denied())];
    let found = gathered(&store, reading()).await;
    assert_eq!(found.accounts, digest().accounts);
    let errors: Vec<String> =
        found.errors.iter().map(|e| format!("{} {}: {}", e.subject, e.operation, e.message)).collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert_eq!(errors[0], "444455556666 GetObject: AccessDenied");
    assert!(errors[1].starts_with("bad.json read: not a report") && errors[1].contains("missing field"), "{errors:?}");
    assert_eq!(errors[2], "gone.json GetObject: AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_read_in_time_is_said() {
    let store = Store { slow: true, ..both() };
    let end = Some(Instant::now() + Duration::from_secs(1));
    let found = gathered(&store, Reading { end, ..reading() }).await;
    assert!(found.accounts.is_empty());
    assert_eq!(found.errors.len(), 2);
    assert!(found.errors.iter().all(|error| error.operation == "deadline"), "{:?}", found.errors);
    let found = gathered(&store, Reading { end: Some(Instant::now()), ..reading() }).await;
    assert_eq!(found.errors.len(), 1, "{:?}", found.errors);
}

#[tokio::test]
async fn folders_are_read_at_any_depth() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("111122223333/keys/2026-03-02");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("r1.json"), pretty(&keys_run()).unwrap()).unwrap();
    std::fs::write(folder.path().join("tags.json"), pretty(&tags_run()).unwrap()).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no report").unwrap();
    let files = Files::of(&[folder.path().to_owned()]).unwrap();
    let mut collection = Collection::new(day());
    gather(&mut collection, &files, reading(), |_, _| ()).await;
    assert_eq!(collection.finish(), digest());
}

#[test]
fn names_that_stand_for_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = |name: std::path::PathBuf| {
        let error = Files::of(&[name]).unwrap_err();
        format!("{error}: {}", std::error::Error::source(&error).unwrap())
    };
    assert!(said(folder.path().to_owned()).ends_with("cannot be read: there is no file in it that ends in .json"));
    assert!(said(folder.path().join("none.json")).contains("none.json cannot be read: No such file"));
}
