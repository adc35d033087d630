use std::{collections::BTreeSet, fmt::Write as _};

use super::*;
use crate::{
    digest::{
        Collection, Span,
        tests::{day, digest, keys_run},
    },
    facts::ReadError,
    keys,
    render::json::pretty,
    report::saved::parse,
};

fn texts() -> Texts {
    Texts { title: "AWS Sleuth Digest".to_owned(), text: "Ask #cloud.".to_owned() }
}

/// What a notification says, a line each.
fn said(messages: &Messages) -> String {
    let [notification] = messages.everyone.as_slice() else { panic!("{messages:?}") };
    let Notification { title, alert, instructions, account, groups } = notification;
    let mut text = format!("{title}\n{alert}\n{instructions}\n{account}\n");
    for group in groups.iter().filter(|group| !group.lines.is_empty()) {
        let _ = writeln!(text, "{:?} {}", group.colour, group.heading);
        text.extend(group.lines.iter().map(|line| format!("  {}\n", line.plain())));
    }
    text
}

#[test]
fn message_of_a_day() {
    insta::assert_snapshot!(said(&messages(&digest(), &texts(), true)));
}

#[test]
fn every_line_has_a_subject_of_its_own() {
    let messages = messages(&digest(), &texts(), true);
    let lines: Vec<&Line> = messages.everyone[0].groups.iter().flat_map(|group| &group.lines).collect();
    let subjects: BTreeSet<&str> = lines.iter().map(|line| line.subject.as_str()).collect();
    assert_eq!(subjects.len(), lines.len(), "{subjects:?}");
}

#[test]
fn day_on_which_nothing_was_done_is_told_only_if_wanted() {
    let nothing = || Collection::new(day()).finish();
    assert_eq!(messages(&nothing(), &texts(), true), Messages::default());
    let loud = said(&messages(&nothing(), &texts(), false));
    assert!(loud.contains("Grey Nothing was changed\n  nothing was done in 0 runs\n"), "{loud}");
}

#[test]
fn day_on_which_all_was_held_is_told() {
    let mut run = keys_run();
    run.audit.keys.retain(|key| key.action == keys::Action::Disable);
    assert!(!run.audit.keys.is_empty());
    for key in &mut run.audit.keys {
        (key.outcome, key.reason) = (Outcome::Held, Some("disabling is switched off".to_owned()));
    }
    let mut collection = Collection::new(day());
    collection.report(&parse(&pretty(&run).unwrap()).unwrap());
    let digest = collection.finish();
    assert!(digest.summary.held > 0 && digest.accounts.iter().all(|account| account.owners.is_empty()), "{digest:#?}");
    let said = said(&messages(&digest, &texts(), true));
    assert!(said.contains("disabling is switched off"), "{said}");
}

#[test]
fn report_that_could_not_be_read_is_always_told() {
    let mut collection = Collection::new(Span { ..day() });
    let (operation, message) = ("GetObject".to_owned(), "AccessDenied".to_owned());
    collection.fail("r.json", &ReadError { operation, message });
    let said = said(&messages(&collection.finish(), &texts(), true));
    assert!(said.contains("Red Reports that could not be read"), "{said}");
    assert!(said.contains("\n  r.json: GetObject: AccessDenied\n"), "{said}");
}
