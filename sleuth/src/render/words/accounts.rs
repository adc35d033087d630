//! Many accounts in words.

use crate::{
    render::text::count,
    report::{
        Report,
        accounts::{Audited, Summary},
    },
};

/// How many accounts there are, and what became of them.
pub(in crate::render) fn accounts(summary: &Summary) -> String {
    let Summary { accounts, audited, incomplete, failed, skipped, .. } = summary;
    let mut words = format!("{}: {audited} audited", count(*accounts, "account"));
    let more = [(*incomplete, "of them not whole"), (*failed, "could not be"), (*skipped, "more left out")];
    for (number, what) in more.into_iter().filter(|(number, _)| *number > 0) {
        words = format!("{words}, {number} {what}");
    }
    words
}

/// The counts of all accounts that call for a look.
pub(in crate::render) fn totals<Audit: Audited>(summary: &Summary) -> String {
    let of = |name: &&str| summary.counts.get(*name).copied().unwrap_or_default();
    let all = of(&Audit::ALL);
    let parts: Vec<String> =
        Audit::LOUD.iter().map(|name| format!("{} {}", of(name), name.replace('_', " "))).collect();
    format!("{}: {}", count(all, Audit::THING), parts.join(", "))
}

/// What an account has that calls for a look, and how much of it; nothing if all is in order.
pub(in crate::render) fn loud<Audit: Audited>(one: &Report<Audit>) -> Option<(usize, String)> {
    let counts = one.audit.counts();
    let of = |name: &&str| counts.iter().find(|(known, _)| known == name).map_or(0, |(_, number)| *number);
    let loud: Vec<(usize, &str)> = Audit::LOUD.iter().map(|name| (of(name), *name)).filter(|(n, _)| *n > 0).collect();
    let mut parts: Vec<String> =
        loud.iter().map(|(number, name)| format!("{number} {}", name.replace('_', " "))).collect();
    if !one.errors.is_empty() {
        parts.push(count(one.errors.len(), "error"));
    }
    let number = loud.iter().map(|(number, _)| number).sum::<usize>() + one.errors.len();
    (number > 0).then(|| (number, parts.join(", ")))
}
