//! The report on instances as an HTML page.

use maud::{Markup, html};

use super::{
    accounts::Findings,
    chart::{Bar, histogram, shares},
    grid::{Cell, Head, Holds, Row, grid},
    page::{Heading, page},
    parts::{Alarm, Fact, alarms, deliveries, errors, policy, said},
    tone::{Kind, Tone, pill},
};
use crate::{
    render::{
        text::{count, printable},
        words::tags as words,
    },
    report::tags::{Finding, Summary, TagsReport},
    tags::{Status, rules::explain::explain},
};

/// The whole page.
pub fn html(report: &TagsReport) -> String {
    let summary = &report.audit.summary;
    let kinds = kinds(summary);
    let rows: Vec<Row> = report.audit.instances.iter().map(row).collect();
    let body = html! {
        (alarms(&notable(report)))
        section.card.overview aria-label="Overview" {
            p.headline {
                (count(summary.instances, "instance")) " in " (count(summary.regions, "region"))
                @if summary.exempt > 0 { ", " (summary.exempt) " exempt" }
                @if summary.managed > 0 { ", " (summary.managed) " managed" }
            }
            div.charts {
                div {
                    (shares("Instances by status", &kinds))
                    @for line in words::summary(summary).iter().skip(1) { p.note { (said(line)) } }
                }
                (histogram("Instances by age", &ages(report), None))
            }
        }
        (grid("Instances, the worst first", &heads(report), &kinds, &rows))
        (errors(report))
        (deliveries(report))
        (policy(&in_force(report), &rules(report)))
    };
    page(&Heading::of(report, "Tags of EC2 instances"), &body)
}

/// The findings that are not in order, for a page on many accounts.
pub fn findings(report: &TagsReport) -> Findings {
    let (quiet, loud): (Vec<&Finding>, Vec<&Finding>) =
        report.audit.instances.iter().partition(|finding| finding.status == Status::Compliant);
    let rows = loud.into_iter().map(row).collect();
    Findings { heads: heads(report).to_vec(), rows, in_order: quiet.len() }
}

fn notable(report: &TagsReport) -> Vec<Alarm> {
    let alarm = |words| Alarm { tone: Tone::Bad, subject: "Changes".to_owned(), words };
    words::notes(report).into_iter().map(alarm).collect()
}

fn kinds(summary: &Summary) -> [Kind; 4] {
    [
        (Status::Violation, summary.violation),
        (Status::Unknown, summary.unknown),
        (Status::Grace, summary.grace),
        (Status::Compliant, summary.compliant),
    ]
    .map(|(status, count)| Kind { word: status.as_str(), tone: status.into(), count })
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Ages in minutes below which an instance is counted in a bar.
const AGES: [(&str, i64); 7] = [
    ("<1 h", HOUR),
    ("<1 day", DAY),
    ("<1 wk", 7 * DAY),
    ("<30 d", 30 * DAY),
    ("<90 d", 90 * DAY),
    ("<1 yr", 365 * DAY),
    ("older", i64::MAX),
];

fn ages(report: &TagsReport) -> Vec<Bar> {
    let mut bars: Vec<Bar> = AGES.iter().map(|(label, _)| Bar::new((*label).to_owned())).collect();
    let mut ageless = Bar::new("?".to_owned());
    for finding in &report.audit.instances {
        let place = finding.age_minutes.and_then(|age| AGES.iter().position(|(_, below)| age < *below));
        let bar = place.and_then(|place| bars.get_mut(place)).unwrap_or(&mut ageless);
        bar.add(finding.status.into());
    }
    if !ageless.counts.is_empty() {
        bars.push(ageless);
    }
    bars
}

fn heads(report: &TagsReport) -> [Head; 8] {
    let done = if report.applied { "What was done" } else { "What would be done" };
    [
        ("Status", Holds::Words),
        ("Instance", Holds::Names),
        ("Region", Holds::Words),
        ("State", Holds::Words),
        ("Age", Holds::Numbers),
        ("Owner", Holds::Names),
        ("What is wrong", Holds::Sentences),
        (done, Holds::Sentences),
    ]
    .map(|(name, holds)| Head { name, holds })
}

fn row(finding: &Finding) -> Row {
    let tone = Tone::from(finding.status);
    let status = html! {
        (pill(tone, finding.status.as_str()))
        @if finding.is_exempt() { " " (pill(Tone::Off, if finding.canary { "canary" } else { "exempt" })) }
    };
    let cells = vec![
        Cell { shown: status, order: Some(tone as i64) },
        Cell::new(html! {
            @if let Some(name) = &finding.name { b { (printable(name)) } }
            code { (printable(&finding.instance_id.0)) }
        }),
        Cell::new(html! { (printable(&finding.region.0)) }),
        Cell::new(html! { (finding.state.as_str()) }),
        Cell::number(&words::short_age(finding.age_minutes), finding.age_minutes),
        Cell::new(html! { (printable(&words::owner(finding))) }),
        Cell::new(html! { (said(&words::found(finding))) }),
        Cell::new(html! { (said(&words::action(finding))) }),
    ];
    Row { status: finding.status.as_str(), cells }
}

fn in_force(report: &TagsReport) -> Vec<Fact> {
    let policy = &report.audit.policy;
    let protection = if policy.override_protection { "switched off where it is in the way" } else { "respected" };
    vec![
        ("Severest action", format!("{} (TAG_ACTION)", policy.tag_action.as_str())),
        ("Brake", format!("at most {} stopped and {} terminated in a run", policy.max_stop, policy.max_terminate)),
        ("Grace", format!("{}, where a rule does not say", count(policy.grace_minutes as usize, "minute"))),
        ("Protection", protection.to_owned()),
        ("Canaries", policy.canary_tags.clone().unwrap_or_else(|| "nobody looks for them".to_owned())),
        ("Owners", format!("by the tags {}", policy.owner_tags.join(", "))),
        ("Rules", format!("from {}", policy.rules_from)),
    ]
}

fn rules(report: &TagsReport) -> Markup {
    html! {
        ul.rules {
            @for rule in explain(&report.audit.policy.rules) {
                li { b { (printable(&rule.id)) } " " (said(&rule.text)) }
            }
        }
    }
}
