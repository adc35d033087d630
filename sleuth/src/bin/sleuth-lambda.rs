//! `sleuth-lambda`, packaged as `bootstrap`: the daily audit as a Lambda function.
//!
//! Any event starts the audit that the environment describes; the event's content plays no part.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    start_log();
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        tracing::info!(request_id = event.context.request_id, "invoked");
        handle(event.context.deadline).await
    }))
    .await
}

/// One JSON object a line, as Lambda's own log format is.
fn start_log() {
    let debug = sleuth::config::debug(&sleuth::config::environment());
    let filter = if debug {
        "warn,sleuth=debug,sleuth_lambda=debug,notifier=debug"
    } else {
        "warn,sleuth=info,sleuth_lambda=info"
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .init();
}

#[cfg(feature = "keys")]
use keys::handle;

#[cfg(feature = "keys")]
mod keys {
    use std::{io::Write as _, time::Duration};

    use chrono::{DateTime, SubsecRound as _, Utc};
    use lambda_runtime::Diagnostic;
    use serde_json::{Value, json};
    use sleuth::{
        aws,
        config::{self, Flags, KeysConfig},
        deadline::Deadlines,
        gather::keys::gather,
        render::json::log_lines,
        report::{Outcome, keys::KeysReport},
        run,
    };
    use tokio::time::Instant;

    /// Runs the audit and answers with its summary. Fails, after everything that can be done is done, if something could not
    /// be read, done or delivered: so that alarms fire.
    ///
    /// `deadline`: when Lambda will end the function, in milliseconds since 1970.
    pub(super) async fn handle(deadline: u64) -> Result<Value, Diagnostic> {
        let config =
            KeysConfig::new(&config::environment(), Flags::default()).map_err(|e| diagnostic("Configuration", &e))?;
        let now = clock();
        let left = deadline.saturating_sub(now.timestamp_millis().unsigned_abs());
        let now = now.trunc_subsecs(0);
        let deadlines = Deadlines::within(Instant::now(), Duration::from_millis(left));
        let sdk = aws::connect(None, deadlines.read).await.map_err(|e| diagnostic("Credentials", &e))?;
        let iam = aws::iam::Iam::new(&sdk, config.common.retry_mode);
        let notifier = aws::notifier(&sdk, &config.common, deadlines.read)
            .await
            .map_err(|error| diagnostic(if error.is_setting() { "Configuration" } else { "Incomplete" }, &error))?;
        let inventory = gather(&iam, &run::keys::scope(&config, now, now, deadlines.read), |_, _| ()).await;
        let report =
            run::keys::wet(&iam, &inventory, &config, &notifier, now, deadlines, |_, report| log(report)).await;
        log(&report);
        if report.is_complete() { Ok(answer(&report)) } else { Err(failure(&report)) }
    }

    fn diagnostic(kind: &str, message: &impl ToString) -> Diagnostic {
        Diagnostic { error_type: format!("Sleuth.{kind}"), error_message: message.to_string() }
    }

    #[expect(clippy::disallowed_methods, reason = "a binary reads the clock, once")]
    fn clock() -> DateTime<Utc> {
        Utc::now()
    }

    /// The whole report, as JSON, on stdout, which is the function's log.
    fn log(report: &KeysReport) {
        let written = log_lines(report).map_err(std::io::Error::from).and_then(|lines| {
            let mut stdout = std::io::stdout().lock();
            lines.iter().try_for_each(|line| writeln!(stdout, "{line}"))
        });
        if let Err(error) = written {
            tracing::error!(%error, "the report could not be logged");
        }
    }

    fn answer(report: &KeysReport) -> Value {
        let done = |action| {
            report.audit.keys.iter().filter(|key| key.action == action && key.outcome == Outcome::Done).count()
        };
        json!({
            "version": report.version,
            "kind": report.kind,
            "account": report.account,
            "generated_at": report.generated_at,
            "summary": report.audit.summary,
            "warned": done(sleuth::keys::Action::Warn),
            "disabled_now": done(sleuth::keys::Action::Disable),
        })
    }

    /// What went wrong, short enough for an alarm; the report has the rest.
    fn failure(report: &KeysReport) -> Diagnostic {
        const SHOWN: usize = 3;
        const CHARACTERS: usize = 200;
        let shown: Vec<String> = report
            .errors
            .iter()
            .take(SHOWN)
            .map(|error| format!("{}: {}: {}", error.subject, error.operation, error.message))
            .map(|error| error.chars().take(CHARACTERS).collect())
            .collect();
        let more = match report.errors.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; and {more} more, see the log"),
        };
        diagnostic("Incomplete", &format!("incomplete: {}{more}", shown.join("; ")))
    }
}

#[cfg(not(feature = "keys"))]
fn handle(_deadline: u64) -> std::future::Ready<Result<Value, Error>> {
    std::future::ready(Err("this function was built without an audit".into()))
}
