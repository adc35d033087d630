//! What a report says it could not read, as far as findings may be missing because of it.

use crate::report::saved::{SavedAudit, SavedError, SavedReport};

/// Operations that are not about what findings there are: changes and messages, what names an account or an owner, and a
/// shortcut in whose place everybody is read.
const HARMLESS: [&str; 13] = [
    "CreateTags",
    "GenerateCredentialReport",
    "GetCallerIdentity",
    "GetCredentialReport",
    "ListAccountAliases",
    "LookupEvents",
    "ModifyInstanceAttribute",
    "StopInstances",
    "TerminateInstances",
    "UpdateAccessKey",
    "archive",
    "deliver",
    "save",
];
/// What stopped all changes: with `doubt` beside it in the report, a limit.
const BRAKE: &str = "brake";
/// What is said of the whole account but not of its users and keys.
const OF_ALERTS: [&str; 2] = ["GetAccountSummary", "ListEntitiesForPolicy"];
/// The subject of what concerns a whole account.
const ACCOUNT: &str = "account";

/// Errors of reading; none if there were none.
pub(super) struct Doubt<'a>(Vec<&'a SavedError>);

/// What a report could not read.
pub(super) fn of(report: &SavedReport) -> Doubt<'_> {
    // A report on keys of before limits and doubt were told apart may mean either.
    let limit = report.doubt.is_some() || matches!(report.audit, SavedAudit::Tags(_));
    let harmless = |operation: &str| HARMLESS.contains(&operation) || (limit && operation == BRAKE);
    Doubt(report.errors.iter().filter(|error| !harmless(&error.operation)).collect())
}

impl Doubt<'_> {
    pub(super) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Why keys of this user may be missing.
    pub(super) fn about_keys(&self, user: &str) -> Option<String> {
        let mut errors = self.0.iter();
        let about = |error: &&&SavedError| {
            let all = error.subject == ACCOUNT && !OF_ALERTS.contains(&error.operation.as_str());
            all || error.subject == user
        };
        errors.find(about).map(|error| said(error))
    }

    /// Why alerts may be missing.
    pub(super) fn about_alerts(&self) -> Option<String> {
        self.0.iter().find(|error| error.subject == ACCOUNT).map(|error| said(error))
    }
}

fn said(error: &SavedError) -> String {
    format!("{}: {}", error.operation, error.message)
}
