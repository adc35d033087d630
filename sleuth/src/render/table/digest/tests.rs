use super::*;
use crate::{
    digest::{
        Collection, Incomplete,
        tests::{day, digest},
    },
    report::ReportError,
};

#[test]
fn table_of_a_day() {
    let mut found = digest();
    found.incomplete.push(Incomplete {
        account: found.accounts[0].account.clone(),
        audit: "keys",
        at: day().from,
        run: "r".to_owned(),
        count: 3,
        first: "bob: ListAccessKeys: AccessDenied".to_owned(),
    });
    let (subject, operation, message) = ("a.json".to_owned(), "GetObject".to_owned(), "AccessDenied".to_owned());
    found.errors.push(ReportError { subject, operation, message });
    insta::assert_snapshot!(table(&found, Look { width: Some(120), colours: false }));
}

#[test]
fn day_on_which_nothing_was_done_says_so() {
    let found = Collection::new(day()).finish();
    assert_eq!(
        table(&found, Look::PLAIN),
        "What was done from 2026-03-01 09:00 UTC to 2026-03-02 09:00 UTC: nothing was done in 0 runs\n"
    );
}
