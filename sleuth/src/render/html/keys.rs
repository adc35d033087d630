//! The report on access keys as an HTML page.

use maud::{Markup, html};

use super::{
    accounts::Findings,
    chart::{Bar, Limit, histogram, shares},
    grid::{Cell, Head, Holds, Row, grid},
    page::{Heading, page},
    parts::{Alarm, Fact, alarms, deliveries, errors, policy, said},
    tone::{Kind, Tone, pill},
};
use crate::{
    keys::{Days, Status},
    render::{
        text::{count, printable},
        words::keys as words,
    },
    report::keys::{Finding, KeysReport, LastUseKnown, Summary},
};

/// The whole page.
pub fn html(report: &KeysReport) -> String {
    let summary = &report.audit.summary;
    let kinds = kinds(summary);
    let (bars, limit) = ages(report);
    let rows: Vec<Row> = report.audit.keys.iter().map(|finding| row(report, finding)).collect();
    let body = html! {
        (alarms(&notable(report)))
        section.card.overview aria-label="Overview" {
            p.headline {
                (count(summary.keys, "key")) " of " (count(summary.users, "user"))
                @if summary.exempt > 0 { ", " (summary.exempt) " exempt" }
            }
            div.charts {
                (shares("Keys by status", &kinds))
                (histogram("Keys by age in days", &bars, Some(&limit)))
            }
        }
        (grid("Access keys, the worst first", &heads(report), &kinds, &rows))
        @for line in words::legend(report) { p.note { (said(&line)) } }
        (errors(report))
        (deliveries(report))
        (policy(&in_force(report), &html! {}))
    };
    page(&Heading::of(report, "Access keys"), &body)
}

/// The findings that are not in order, for a page on many accounts.
pub fn findings(report: &KeysReport) -> Findings {
    let quiet = |finding: &&Finding| matches!(finding.status, Status::Good | Status::Disabled);
    let (quiet, loud): (Vec<&Finding>, Vec<&Finding>) = report.audit.keys.iter().partition(quiet);
    let rows = loud.into_iter().map(|finding| row(report, finding)).collect();
    Findings { heads: heads(report).to_vec(), rows, in_order: quiet.len() }
}

fn notable(report: &KeysReport) -> Vec<Alarm> {
    let alerts = report.audit.alerts.iter().map(|alert| Alarm {
        tone: Tone::Bad,
        subject: alert.user.as_ref().map_or_else(|| "Root user".to_owned(), |user| user.0.clone()),
        words: alert.message.clone(),
    });
    // That disabling is switched off is no failure.
    let tone = if report.brake.is_some() { Tone::Bad } else { Tone::Off };
    let note = words::note(report).map(|words| Alarm { tone, subject: "Changes".to_owned(), words });
    alerts.chain(note).collect()
}

fn kinds(summary: &Summary) -> [Kind; 6] {
    [
        (Status::Expired, summary.expired),
        (Status::Unknown, summary.unknown),
        (Status::Old, summary.old),
        (Status::Stagnant, summary.stagnant),
        (Status::Good, summary.good),
        (Status::Disabled, summary.disabled),
    ]
    .map(|(status, count)| Kind { word: status.as_str(), tone: status.into(), count })
}

/// How many bars there are up to the age at which keys expire, and as many beyond it, the last of them for all older ones.
const BARS: i64 = 6;

/// Keys by age.
fn ages(report: &KeysReport) -> (Vec<Bar>, Limit) {
    let Days(limit) = report.audit.policy.ages.expiration_age();
    let width = (limit + BARS - 1).div_euclid(BARS).max(1);
    let label = |bar: i64| format!("{}{}", bar * width, if bar == 2 * BARS { "+" } else { "" });
    let mut bars: Vec<Bar> = (0..=2 * BARS).map(|bar| Bar::new(label(bar))).collect();
    let mut ageless = Bar::new("?".to_owned());
    for finding in &report.audit.keys {
        let tone = Tone::from(finding.status);
        let bar = finding.age_days.map(|Days(age)| (age.max(0) / width).min(2 * BARS));
        match bar.and_then(|bar| bars.get_mut(usize::try_from(bar).ok()?)) {
            Some(bar) => bar.add(tone),
            None => ageless.add(tone),
        }
    }
    if !ageless.counts.is_empty() {
        bars.push(ageless);
    }
    let share = |days: i64| i32::try_from(days).map_or(f64::MAX, f64::from);
    (bars, Limit { at: share(limit) / share(width), label: format!("keys expire at {}", Days(limit)) })
}

fn heads(report: &KeysReport) -> [Head; 8] {
    let done = if report.applied { "What was done" } else { "What would be done" };
    [
        ("Status", Holds::Words),
        ("User", Holds::Names),
        ("Key", Holds::Words),
        ("Age in days", Holds::Numbers),
        ("Last access", Holds::Numbers),
        ("Slack", Holds::Names),
        ("Auto-expire", Holds::Words),
        (done, Holds::Sentences),
    ]
    .map(|(name, holds)| Head { name, holds })
}

fn row(report: &KeysReport, finding: &Finding) -> Row {
    let tone = Tone::from(finding.status);
    let status = html! {
        (pill(tone, &words::status(finding)))
        @if finding.exempt { " " (pill(Tone::Off, "exempt")) }
    };
    // Somebody asked, and nothing is known: another thing than nobody asked.
    let idle = finding.idle_days.filter(|_| finding.last_use != LastUseKnown::NotAsked);
    let cells = vec![
        Cell { shown: status, order: Some(tone as i64) },
        Cell::new(who(finding)),
        Cell::new(html! {
            @match &finding.key_id { Some(key) => code { (printable(&key.0)) }, None => "-" }
        }),
        Cell::number(&words::days(finding.age_days), finding.age_days.map(|Days(days)| days)),
        Cell::number(&words::last_access(finding), idle.map(|Days(days)| days)),
        Cell::new(html! { (printable(&words::slack(finding))) }),
        Cell::new(html! { (words::auto_expire(finding)) }),
        Cell::new(html! { (said(&words::short(report, finding))) }),
    ];
    Row { status: finding.status.as_str(), cells }
}

fn who(finding: &Finding) -> Markup {
    html! {
        b { (printable(&finding.user.0)) }
        @if finding.name != finding.user.0 { small { (printable(&finding.name)) } }
    }
}

fn in_force(report: &KeysReport) -> Vec<Fact> {
    let policy = &report.audit.policy;
    let percent = policy.max_disable_percent.map(|percent| format!(", and at most {percent} % of the working ones"));
    let brake = format!("at most {} in a run{}", count(policy.max_disable, "key"), percent.unwrap_or_default());
    let off = "off: ENABLE_AUTO_EXPIRE is not true".to_owned();
    let mut facts = vec![
        (
            "Expired by age",
            format!("at {}, warned about from {}", policy.ages.expiration_age(), policy.ages.warning_age()),
        ),
        (
            "Expired by inactivity",
            format!(
                "after {}, warned about from {}",
                policy.ages.inactivity_age(),
                policy.ages.inactivity_warning_age()
            ),
        ),
        ("Disabling", if policy.enable_auto_expire { brake } else { off }),
    ];
    if let Some(made_at) = report.audit.credential_report {
        facts.push(("Credential report", made_at.format("%Y-%m-%d %H:%M UTC").to_string()));
    }
    facts
}
