//! Findings about access keys in words.

use chrono::TimeDelta;

mod beside;

pub(in crate::render) use beside::{auto_expire, days, last_access, legend, note, slack, status, summary};

use super::UNCERTAIN;
use crate::{
    decision::both,
    keys::{AccessKeyId, Action, Days, Status},
    report::{
        Outcome,
        keys::{Finding, KeysReport},
    },
};

/// What was, would be or could not be done about a finding, or when it expires.
pub(in crate::render) fn consequence(report: &KeysReport, finding: &Finding) -> String {
    let reason = finding.reason.as_deref();
    let because = reason.unwrap_or("no reason is known");
    match (finding.action, finding.outcome) {
        (Action::Disable, Outcome::Planned | Outcome::None) => "would be disabled".to_owned(),
        (Action::Disable, Outcome::Done) => "was disabled".to_owned(),
        // That nobody knows is not that it could not be.
        (Action::Disable, Outcome::Failed) if because.starts_with(UNCERTAIN) => because.to_owned(),
        (Action::Disable, Outcome::Failed) => format!("could not be disabled: {because}"),
        (Action::Disable, Outcome::Held) => format!("would be disabled, but {because}"),
        (Action::Warn, _) => both(Some(expiry(report, finding)), finding.reason.clone()).unwrap_or_default(),
        (Action::None, _) => reason.unwrap_or_default().to_owned(),
    }
}

/// When a key that is warned about expires, and what that means. "Unless it is used" is said only where use helps.
fn expiry(report: &KeysReport, finding: &Finding) -> String {
    let ages = report.audit.policy.ages;
    let by_age = finding.age_days.map(|age| age.until(ages.expiration_age()));
    let by_inactivity = finding.idle_days.map(|idle| idle.until(ages.inactivity_age()));
    let Some(by_age) = by_age else { return "expires soon".to_owned() };
    // Nobody asks for the last use of a key whose age decides.
    let by_inactivity = by_inactivity.unwrap_or(by_age);
    let policy = &report.audit.policy;
    let acts = policy.enable_auto_expire && policy.max_disable > 0 && report.brake.is_none();
    let verb = if acts && finding.auto_expire == Some(true) { "will be disabled" } else { "expires" };
    let when = |left: Days| {
        let date = TimeDelta::try_days(left.0).and_then(|days| report.generated_at.checked_add_signed(days));
        let date = date.map(|date| format!(" ({})", date.format("%Y-%m-%d"))).unwrap_or_default();
        format!("{verb} in {left}{date}")
    };
    match finding.status {
        _ if by_age <= by_inactivity => when(by_age),
        Status::Old => format!("{} unless it is used, in {by_age} at the latest", when(by_inactivity)),
        _ => format!("{} unless it is used", when(by_inactivity)),
    }
}

/// The same for a table, which also says what became of warnings and notices.
pub(in crate::render) fn action(report: &KeysReport, finding: &Finding) -> String {
    let words = consequence(report, finding);
    match (finding.action, finding.outcome, &finding.reason) {
        (Action::Warn, Outcome::Planned, _) => format!("would warn: {words}"),
        (Action::Warn, Outcome::Done, _) => format!("notice was sent: {words}"),
        (Action::Warn, Outcome::Failed, _) => format!("notice could not be sent: {words}"),
        (Action::Warn, _, _) => format!("no notice was sent: {words}"),
        (Action::Disable, Outcome::Done, Some(note)) => format!("{words}; {note}"),
        _ => words,
    }
}

/// What stands beside a finding. Of what could not be read only which call it was: the rest stands among the errors.
pub(in crate::render) fn short(report: &KeysReport, finding: &Finding) -> String {
    let words = action(report, finding);
    match words.match_indices(": ").nth(1) {
        Some((end, _)) if finding.status == Status::Unknown => words.get(..end).unwrap_or(&words).to_owned(),
        _ => words,
    }
}

/// Age and last use.
pub(in crate::render) fn history(finding: &Finding) -> String {
    let age = finding.age_days.map_or_else(|| "of unknown age".to_owned(), |age| format!("{age} old"));
    match (finding.last_used, finding.idle_days) {
        (Some(_), Some(Days(0))) => format!("{age}, last used less than a day ago{}", place(finding)),
        (Some(_), Some(idle)) => format!("{age}, last used {idle} ago{}", place(finding)),
        (None, Some(_)) => format!("{age}, never used"),
        (_, None) => age,
    }
}

fn place(finding: &Finding) -> String {
    match (&finding.last_used_service, &finding.last_used_region) {
        (Some(service), Some(region)) => format!(" ({service} in {region})"),
        (Some(service), None) => format!(" ({service})"),
        _ => String::new(),
    }
}

/// An access key id that its owner recognises and others cannot look up: `AKIA…7F3Q`.
pub(crate) fn masked(key: &AccessKeyId) -> String {
    let chars: Vec<char> = key.0.chars().collect();
    match (chars.get(..4), chars.len().checked_sub(4).and_then(|start| chars.get(start..))) {
        (Some(first), Some(last)) if chars.len() >= 12 => first.iter().chain(&['…']).chain(last).collect(),
        _ => key.0.clone(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        config::{Flags, KeysConfig},
        facts::{Reading, UserName},
        keys::{AccessKey, Inventory, KeyStatus, LastUse, User},
        run,
    };

    /// The words about a key of these ages, with limits of 90/80 by age and of `inactivity` and `idle_warning`.
    fn words(age: i64, idle: i64, inactivity: &str, idle_warning: &str, auto_expire: &str) -> String {
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let ago = |days| now - TimeDelta::days(days);
        let last_used = Reading::Read(LastUse::At { time: ago(idle), service: None, region: None });
        let key = AccessKey {
            id: Some(AccessKeyId("AKIA1".into())),
            status: KeyStatus::Active,
            created: Some(ago(age)),
            last_used: Some(last_used),
        };
        let user = User {
            name: UserName("alice".into()),
            tags: Reading::Read(std::collections::BTreeMap::new()),
            keys: Reading::Read(vec![key]),
            path: None,
            quarantine: Vec::new(),
        };
        let inventory = Inventory { users: vec![user], ..Inventory::empty(now) };
        let settings = [
            ("INACTIVITY_AGE", inactivity),
            ("INACTIVITY_WARNING_AGE", idle_warning),
            ("ENABLE_AUTO_EXPIRE", auto_expire),
        ];
        let settings = settings.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
        let report = run::keys::dry(&inventory, &KeysConfig::new(&settings, Flags::default()).unwrap(), now);
        consequence(&report, &report.audit.keys[0])
    }

    #[test]
    fn expiry_is_told_by_the_limit_that_comes_first() {
        for (age, idle, inactivity, idle_warning, expected) in [
            (85, 0, "60", "50", "expires in 5 days (2026-06-02)"),
            (80, 50, "60", "50", "expires in 10 days (2026-06-07)"),
            (80, 59, "60", "50", "expires in 1 day (2026-05-29) unless it is used, in 10 days at the latest"),
            (55, 55, "60", "50", "expires in 5 days (2026-06-02) unless it is used"),
            // A stagnant key that age ends first: using it does not help.
            (70, 55, "85", "50", "expires in 20 days (2026-06-17)"),
        ] {
            assert_eq!(words(age, idle, inactivity, idle_warning, "false"), expected, "age {age}, idle {idle}");
        }
    }

    #[test]
    fn expiry_that_means_being_disabled_says_so() {
        assert_eq!(words(85, 0, "60", "50", "true"), "will be disabled in 5 days (2026-06-02)");
    }

    #[test]
    fn switched_off_is_said() {
        assert_eq!(words(95, 0, "60", "50", "false"), "would be disabled, but disabling is switched off");
        assert_eq!(words(95, 0, "60", "50", "true"), "would be disabled");
    }
}
