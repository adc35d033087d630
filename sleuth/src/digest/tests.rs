use serde_json::{Value, json};

use super::*;
use crate::{
    demo,
    keys::Action as OnKey,
    render::json::pretty,
    report::{
        documents,
        keys::KeysReport,
        saved::{SavedReport, parse},
        tags::TagsReport,
    },
    run,
    tags::Action as OnTags,
};

/// The demo's run on access keys, as if it had acted: one key was disabled, the next could not be, the others were held.
pub(crate) fn keys_run() -> KeysReport {
    let inventory = demo::keys::inventory().unwrap();
    let mut report = run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory));
    report.applied = true;
    report.errors.clear();
    let planned = report.audit.keys.iter_mut().filter(|key| key.outcome == Outcome::Planned);
    let mut disabled = 0;
    for key in planned {
        (key.outcome, key.reason) = match (key.action, disabled) {
            (OnKey::Disable, 0) => (Outcome::Done, None),
            (OnKey::Disable, _) => (Outcome::Failed, Some("AccessDenied".to_owned())),
            _ => (Outcome::Done, None),
        };
        disabled += usize::from(key.action == OnKey::Disable);
    }
    report
}

/// The demo's run on instances, as if all that was planned had been done.
pub(crate) fn tags_run() -> TagsReport {
    let inventory = demo::tags::inventory().unwrap();
    let mut report = run::tags::dry(&inventory, &demo::tags::policy().unwrap(), demo::tags::now(&inventory));
    report.applied = true;
    report.errors.clear();
    for found in report.audit.instances.iter_mut().filter(|found| found.outcome == Outcome::Planned) {
        found.outcome = Outcome::Done;
        match found.action {
            OnTags::Terminate => found.state = State::Terminated,
            OnTags::Stop => found.state = State::Stopping,
            _ => {}
        }
    }
    report
}

fn saved(report: &impl Serialize) -> SavedReport {
    parse(&pretty(report).unwrap()).unwrap()
}

/// The day that ends a second after the demo's runs.
pub(crate) fn day() -> Span {
    let to: DateTime<Utc> = "2026-03-02T09:00:01Z".parse().unwrap();
    Span { from: to - chrono::TimeDelta::days(1), to }
}

/// A digest of both runs.
pub(crate) fn digest() -> Digest {
    let mut collection = Collection::new(day());
    collection.report(&saved(&keys_run()));
    collection.report(&saved(&tags_run()));
    collection.finish()
}

#[test]
fn what_was_done_is_told_by_owner() {
    let digest = digest();
    let [account] = digest.accounts.as_slice() else { panic!("{digest:#?}") };
    assert_eq!(account.account.to_string(), "111122223333 (larkspur-logistics)");
    assert_eq!(account.summary, digest.summary);
    let (keys, tags) = (keys_run(), tags_run());
    let of_keys =
        |action, outcome| keys.audit.keys.iter().filter(|key| key.action == action && key.outcome == outcome).count();
    let of_tags = |action, outcome| {
        tags.audit.instances.iter().filter(|found| found.action == action && found.outcome == outcome).count()
    };
    let changes = [OnTags::Repair, OnTags::Stop, OnTags::Terminate];
    let expected = Counts {
        runs: 2,
        disabled: 1,
        repaired: of_tags(OnTags::Repair, Outcome::Done),
        stopped: of_tags(OnTags::Stop, Outcome::Done),
        terminated: of_tags(OnTags::Terminate, Outcome::Done),
        failed: of_keys(OnKey::Disable, Outcome::Failed),
        held: of_keys(OnKey::Disable, Outcome::Held)
            + changes.into_iter().map(|action| of_tags(action, Outcome::Held)).sum::<usize>(),
        notices: of_keys(OnKey::Warn, Outcome::Done) + of_tags(OnTags::Notify, Outcome::Done),
    };
    assert_eq!(account.summary, expected);
    assert!(expected.failed > 0 && expected.repaired > 0 && expected.held > 0 && expected.notices > 0, "{expected:?}");
    assert_eq!(account.held.values().sum::<usize>(), expected.held);
    let deeds = account.owners.iter().map(|owner| owner.deeds.len()).sum::<usize>();
    assert_eq!(deeds, 1 + expected.failed + expected.repaired + expected.stopped + expected.terminated);
    // Each owner once, those of nobody known last.
    let owners: Vec<&Option<String>> = account.owners.iter().map(|owner| &owner.owner).collect();
    assert!(owners.windows(2).all(|pair| pair[0].is_some() && pair[0] != pair[1]), "{owners:?}");
}

#[test]
fn what_is_told_twice_counts_once_whatever_comes_first() {
    let (keys, tags) = (keys_run(), tags_run());
    let documents = [documents::of_keys(&keys), documents::of_tags(&tags)].concat();
    let one = digest();
    let mut turned = Collection::new(day());
    for document in documents.iter().rev() {
        turned.document(&document.id, &Value::Object(document.body.clone()));
    }
    // Documents alone say the same …
    assert_eq!(turned.clone().finish(), one);
    // … and so do both.
    for _ in 0..2 {
        turned.report(&saved(&tags));
        turned.report(&saved(&keys));
    }
    assert_eq!(turned.finish(), one);
}

#[test]
fn run_that_did_not_act_did_nothing() {
    let mut report = keys_run();
    report.applied = false;
    report.errors.push(ReportError {
        subject: "bob".into(),
        operation: "ListAccessKeys".into(),
        message: "denied".into(),
    });
    let mut collection = Collection::new(day());
    collection.report(&saved(&report));
    for document in documents::of_keys(&report) {
        collection.document(&document.id, &Value::Object(document.body.clone()));
    }
    let digest = collection.finish();
    assert!(digest.accounts.is_empty(), "{digest:#?}");
    // But that it could not see everything is said.
    let [run] = digest.incomplete.as_slice() else { panic!("{digest:#?}") };
    assert_eq!((run.count, run.first.as_str()), (1, "bob: ListAccessKeys: denied"));
    assert!(!digest.is_empty() && digest.is_complete());
}

#[test]
fn time_begins_with_its_start_and_ends_before_its_end() {
    let at: DateTime<Utc> = "2026-03-02T09:00:00Z".parse().unwrap();
    let second = chrono::TimeDelta::seconds(1);
    for (from, to, runs) in
        [(at, at + second, 1), (at - second, at, 0), (at - second, at + second, 1), (at + second, at + second * 2, 0)]
    {
        let mut collection = Collection::new(Span { from, to });
        collection.report(&saved(&keys_run()));
        assert_eq!(collection.finish().summary.runs, runs, "{from} {to}");
        let mut collection = Collection::new(Span { from, to });
        for document in documents::of_keys(&keys_run()) {
            collection.document(&document.id, &Value::Object(document.body.clone()));
        }
        assert_eq!(collection.finish().summary.runs, runs, "{from} {to}");
    }
}

#[test]
fn accounts_are_apart() {
    let mut other = keys_run();
    other.account = Account { id: Some("444455556666".into()), alias: None };
    let mut collection = Collection::new(day());
    collection.report(&saved(&keys_run()));
    collection.report(&saved(&other));
    let digest = collection.finish();
    let ids: Vec<_> = digest.accounts.iter().map(|of| of.account.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["111122223333", "444455556666"]);
    assert_eq!((digest.summary.runs, digest.summary.disabled), (2, 2));
}

#[test]
fn documents_of_others_are_passed_over_and_broken_ones_are_not() {
    let mut collection = Collection::new(day());
    collection.document("1", &json!({"kind": "nginx"}));
    collection.document("2", &json!("text"));
    assert!(collection.clone().finish().errors.is_empty());
    let mut broken = Value::Object(documents::of_tags(&tags_run())[1].body.clone());
    broken.as_object_mut().unwrap().remove("outcome");
    collection.document("3", &broken);
    let digest = collection.finish();
    let [error] = digest.errors.as_slice() else { panic!("{digest:#?}") };
    assert_eq!((error.subject.as_str(), error.operation.as_str()), ("3", "search"));
    assert!(error.message.contains("missing field `outcome`"), "{error:?}");
    assert!(!digest.is_complete());
}

#[test]
fn digest_that_nobody_took_is_not_complete() {
    let mut found = Collection::new(day()).finish();
    let (reason, text) = ("gone".to_owned(), "x".to_owned());
    let part = notifier::PartDelivery {
        channel: "slack",
        title: "t".into(),
        part: 1,
        of: 2,
        attempts: 1,
        result: notifier::PartResult::Undelivered { reason, text },
        subjects: Vec::new(),
    };
    found.record_delivery(DeliveryReport { parts: vec![part] });
    assert!(!found.is_complete());
    assert_eq!((found.errors[0].subject.as_str(), found.errors[0].message.as_str()), ("slack: t, part 1 of 2", "gone"));
}
