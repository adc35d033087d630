//! What is said about access keys beside their findings: in columns, above and below them.

use notifier::SlackTarget;

use crate::{
    keys::{Action, Days, Status},
    render::text::count,
    report::keys::{Finding, KeysReport, LastUseKnown, Summary},
};

/// The `Slack` tag, and whether nobody can be called by it.
pub(in crate::render) fn slack(finding: &Finding) -> String {
    match finding.slack.as_deref() {
        None => "-".to_owned(),
        Some(tag) if SlackTarget::parse(tag).is_some() => tag.to_owned(),
        Some(tag) => format!("{tag} (names nobody)"),
    }
}

/// Whether the key may be disabled.
pub(in crate::render) const fn auto_expire(finding: &Finding) -> &'static str {
    match finding.auto_expire {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unclear",
    }
}

/// The verdict, and by which limit.
pub(in crate::render) fn status(finding: &Finding) -> String {
    match (finding.status, finding.cause) {
        (Status::Expired, Some(cause)) => format!("expired ({})", cause.as_str()),
        (status, _) => status.as_str().to_owned(),
    }
}

/// A number of days.
pub(in crate::render) fn days(days: Option<Days>) -> String {
    days.map_or_else(|| "?".to_owned(), |days| days.0.to_string())
}

/// Days since the last use, where somebody asked.
pub(in crate::render) fn last_access(finding: &Finding) -> String {
    match finding.last_use {
        LastUseKnown::NotAsked => "-".to_owned(),
        _ => days(finding.idle_days),
    }
}

/// What a reader of all findings should know first.
pub(in crate::render) fn note(report: &KeysReport) -> Option<String> {
    if let Some(reason) = &report.brake {
        return Some(format!("NO KEY IS DISABLED: {reason}"));
    }
    let held =
        report.audit.keys.iter().filter(|key| key.action == Action::Disable && key.auto_expire == Some(true)).count();
    if report.audit.policy.enable_auto_expire || held == 0 {
        return None;
    }
    let brake = if held > report.audit.policy.max_disable {
        format!(
            ", and {held} keys are more than MAX_DISABLE ({}) would allow in one run",
            report.audit.policy.max_disable
        )
    } else {
        String::new()
    };
    Some(format!("Disabling is switched off: ENABLE_AUTO_EXPIRE is not true{brake}"))
}

/// What the signs in the columns mean that are not plain.
pub(in crate::render) fn legend(report: &KeysReport) -> Vec<String> {
    // Of what is unknown the reason says why.
    let mut judged = report.audit.keys.iter().filter(|key| key.status != Status::Unknown);
    let not_asked = judged.clone().any(|key| key.last_use == LastUseKnown::NotAsked);
    let by_report = report.audit.credential_report.filter(|_| judged.any(|key| key.key_id.is_none()));
    let not_asked =
        not_asked.then(|| "Last access `-`: not asked for, as it could not change the verdict; --all asks.".to_owned());
    let by_report = by_report.map(|made_at| {
        format!(
            "Key ID `-`, good or disabled: by the credential report of {}, which has no ids.",
            made_at.format("%Y-%m-%d %H:%M UTC")
        )
    });
    not_asked.into_iter().chain(by_report).collect()
}

/// The counts.
pub(in crate::render) fn summary(summary: &Summary) -> String {
    // Alerts stand above, each in a line of its own.
    let Summary { users, keys, good, old, stagnant, expired, disabled, unknown, exempt, alerts: _ } = summary;
    format!(
        "{}, {}: {expired} expired, {unknown} unknown, {old} old, {stagnant} stagnant, {good} good, {disabled} \
         disabled; {exempt} exempt",
        count(*users, "user"),
        count(*keys, "key"),
    )
}
