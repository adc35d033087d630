use notifier::{Messages, Notification, PartResult};

use super::*;
use crate::{
    demo::reports::{of_keys, of_tags},
    facts::{AccountOwner, Reading},
    outputs::Deliverable,
    report::{Outcome, keys::KeysReport},
};

fn again<Audit: Serialize + serde::de::DeserializeOwned>(report: &Report<Audit>) -> Report<Audit> {
    let Reading::Read(report) = serde_json::from_str(&serde_json::to_string(&Reading::Read(report)).unwrap()).unwrap()
    else {
        panic!("it was read")
    };
    report
}

#[test]
fn reports_are_read_as_they_were_written() {
    let mut keys = of_keys();
    keys.account_owner = Some(AccountOwner { slack: Some("U1".into()), email: None });
    assert_eq!(again(&keys), keys);
    let (tags, text) = (of_tags(), |report: &_| serde_json::to_string(report).unwrap());
    // What could not be read of an instance stands in the words, and not once more in the fault.
    assert_eq!(text(&again(&tags)), text(&tags));
}

#[test]
fn reports_of_another_kind_are_not_read() {
    let text = serde_json::to_string(&of_tags()).unwrap();
    assert!(serde_json::from_str::<KeysReport>(&text).is_err());
    let strange = text.replacen("\"tags\"", "\"watch\"", 1);
    assert!(serde_json::from_str::<Report<crate::report::tags::TagAudit>>(&strange).is_err());
}

/// The demo's account under several ids.
fn several(ids: &[&str]) -> AccountsReport<crate::report::keys::KeyAudit> {
    let report = |id: &&str| {
        let mut report = of_keys();
        report.account.id = Some((*id).to_owned());
        report.account.alias = None;
        report
    };
    let members = ids.iter().map(|id| Member { name: Some(format!("name of {id}")), ..Member::new(id) }).collect();
    let parts = Parts { reports: ids.iter().map(report).collect(), failed: Vec::new(), members, skipped: Vec::new() };
    AccountsReport::new(parts, of_keys().generated_at)
}

fn messages(report: &AccountsReport<crate::report::keys::KeyAudit>) -> Messages {
    let settings = crate::config::KeysConfig::new(&[], crate::config::Flags::default()).unwrap();
    report.messages(&settings.texts, Some("https://example.com/report"))
}

fn titles(messages: &[Notification]) -> Vec<&str> {
    messages.iter().map(|message| message.title.as_str()).collect()
}

#[test]
fn number_of_messages_does_not_grow_with_the_accounts() {
    let (one, ten) = (several(&["1"]), several(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]));
    let (of_one, of_ten) = (messages(&one), messages(&ten));
    assert_eq!(titles(&of_one.everyone), titles(&of_ten.everyone));
    assert_eq!(of_one.owners.len(), of_ten.owners.len());
    let lines =
        |messages: &Messages| messages.owners[0].notification.groups.iter().map(|group| group.lines.len()).sum();
    let (few, many): (usize, usize) = (lines(&of_one), lines(&of_ten));
    assert_eq!(many, 10 * few);
    assert!(of_ten.owners[0].notification.groups[0].heading.starts_with("1 (name of 1): "));
    assert_eq!(of_one.owners[0].notification.account, "1 (name of 1)");
}

#[test]
fn who_was_told_is_recorded_in_the_account_it_is_about() {
    let mut report = several(&["1", "2"]);
    let everyone = messages(&report).everyone;
    let parts = everyone.iter().map(|message| {
        let subjects: Vec<String> =
            message.groups.iter().flat_map(|group| &group.lines).map(|line| line.subject.clone()).collect();
        // Of the second account nobody hears anything.
        let (lost, told): (Vec<String>, Vec<String>) =
            subjects.into_iter().partition(|subject| subject.starts_with("2:"));
        let part = |result, subjects| PartDelivery {
            channel: "slack",
            title: message.title.clone(),
            part: 1,
            of: 2,
            attempts: 1,
            result,
            subjects,
        };
        let reason = || PartResult::Undelivered { reason: "gone".into(), text: "of both accounts".into() };
        vec![part(PartResult::Delivered, told), part(reason(), lost)]
    });
    let parts = parts.collect::<Vec<_>>().concat();
    report.record_delivery(DeliveryReport { parts });
    let warned = |report: &KeysReport| {
        let mut warned = report.audit.keys.iter().filter(|key| key.action == crate::keys::Action::Warn && !key.exempt);
        warned.next().unwrap().outcome
    };
    assert_eq!(report.accounts.iter().map(warned).collect::<Vec<_>>(), [Outcome::Done, Outcome::Failed]);
    assert!(report.accounts[1].errors.iter().any(|error| error.operation == "deliver"));
    assert!(!report.accounts[0].errors.iter().any(|error| error.operation == "deliver"));
    assert!(report.accounts.iter().all(|report| report.deliveries.parts.is_empty()));
}

#[test]
fn accounts_in_order_are_not_told_about() {
    let mut report = several(&["1"]);
    report.accounts.clear();
    report.count();
    assert_eq!(messages(&report), Messages::default());
    report.errors.push(ReportError {
        subject: "account 2".into(),
        operation: "AssumeRole".into(),
        message: "no".into(),
    });
    let told = messages(&report);
    assert_eq!((told.everyone.len(), told.owners.len(), told.overview.is_some()), (1, 0, true));
}

#[test]
fn changes_nobody_knows_of_are_no_changes_that_were_held() {
    let planned = |report: &KeysReport| {
        report
            .audit
            .keys
            .iter()
            .filter(|key| key.action == crate::keys::Action::Disable)
            .map(|key| key.outcome)
            .collect::<Vec<_>>()
    };
    let mut report = of_keys();
    for key in &mut report.audit.keys {
        if key.action == crate::keys::Action::Disable {
            key.outcome = Outcome::Planned;
        }
    }
    let (mut held, mut lost) = (report.clone(), report);
    held.hold("too much");
    lost.lose("who knows");
    assert!(planned(&held).iter().all(|outcome| *outcome == Outcome::Held) && held.brake.is_some());
    assert!(planned(&lost).iter().all(|outcome| *outcome == Outcome::Failed) && lost.brake == of_keys().brake);
}
