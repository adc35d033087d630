//! What an invocation answers: a summary of each audit, or what went wrong.

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::{Value, json};
use sleuth::{
    render::json::log_lines,
    report::{Report, ReportError},
};

/// An error that names its kind.
pub(crate) fn diagnostic(kind: &str, message: &impl ToString) -> Diagnostic {
    Diagnostic { error_type: format!("Sleuth.{kind}"), error_message: message.to_string() }
}

/// Why an audit did not begin: a setting to be mended, or something that another invocation may find in order.
pub(crate) fn not_begun(is_setting: bool, message: &impl ToString) -> Diagnostic {
    of_kind(is_setting, "Incomplete", message)
}

/// An error of a setting, or one of the kind `passing`.
pub(crate) fn of_kind(is_setting: bool, passing: &str, message: &impl ToString) -> Diagnostic {
    diagnostic(if is_setting { "Configuration" } else { passing }, message)
}

/// One answer out of those of all audits. One that failed fails the invocation.
pub(crate) fn together(answers: impl Iterator<Item = Result<Value, Diagnostic>>) -> Result<Value, Diagnostic> {
    let (mut audits, mut failed) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Ok(audit) => audits.push(audit),
            Err(error) => failed.push(error),
        }
    }
    let failed = failed.into_iter().reduce(|one, other| Diagnostic {
        error_message: format!("{}; {}", one.error_message, other.error_message),
        ..one
    });
    failed.map_or_else(|| Ok(json!({ "audits": audits })), Err)
}

/// The whole report, as JSON, on stdout, which is the function's log.
pub(crate) fn log(report: &Report<impl Serialize>) {
    print(report);
}

/// The same of any report.
pub(crate) fn print(report: &impl Serialize) {
    use std::io::Write as _;

    let written = log_lines(report).map_err(std::io::Error::from).and_then(|lines| {
        // In one go: audits run side by side.
        let mut stdout = std::io::stdout().lock();
        lines.iter().try_for_each(|line| writeln!(stdout, "{line}"))
    });
    if let Err(error) = written {
        tracing::error!(%error, "the report could not be logged");
    }
}

/// How many errors an answer names, and how much of what each is about and of what it says: a file in a bucket has a long
/// name.
const SHOWN: usize = 3;
const CHARACTERS: usize = 200;

/// The answer of one audit: `summary` and the counts in `done`, or what went wrong, short enough for an alarm; the log has
/// the rest.
pub(crate) fn answer<Audit>(
    report: &Report<Audit>,
    summary: impl Serialize,
    done: &Value,
) -> Result<Value, Diagnostic> {
    if report.is_complete() {
        return Ok(json!({
            "version": report.version,
            "kind": report.kind,
            "account": report.account,
            "generated_at": report.generated_at,
            "summary": summary,
            "done": done,
        }));
    }
    Err(incomplete(report.kind, report.errors.iter()))
}

/// That not everything could be read, done or delivered.
pub(crate) fn incomplete<'a>(kind: &str, errors: impl Iterator<Item = &'a ReportError> + Clone) -> Diagnostic {
    let short = |text: &str| -> String { text.chars().take(CHARACTERS).collect() };
    let shown: Vec<String> = errors
        .clone()
        .take(SHOWN)
        .map(|error| {
            format!("{}: {}", short(&error.subject), short(&format!("{}: {}", error.operation, error.message)))
        })
        .collect();
    let more = match errors.count().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; and {more} more, see the log"),
    };
    diagnostic("Incomplete", &format!("{kind}: incomplete: {}{more}", shown.join("; ")))
}
