//! The stub as a process: prints where it answers, and ends with its stdin.

use std::{io, time::Duration};

use clap::{Parser, ValueEnum};
use iam_stub::{Account, Faults, ReportState, Stub, organization};

/// An invented IAM account on a port of 127.0.0.1, or those of an organization, until stdin is closed.
///
/// GET /calls tells how often each action was called, GET /accounts what the accounts are, POST /reset forgets the calls.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many users
    #[arg(long, default_value_t = 100)]
    users: usize,
    /// An organization of so many accounts in place of one: of fifty one has 3,000 users, five have 500, the others 5 to 50
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["users", "kind"])]
    accounts: Option<usize>,
    /// In what state their keys are
    #[arg(long, value_enum, default_value_t = Kind::Healthy)]
    kind: Kind,
    /// How long each answer takes
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency_ms: u64,
    /// Calls a second that are let through
    #[arg(long, value_name = "CALLS")]
    rate: Option<f64>,
    /// Calls at once that are let through after a pause
    #[arg(long, value_name = "CALLS", default_value_t = 1.0)]
    burst: f64,
    /// Probability that a call is throttled
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0)]
    throttled: f64,
    /// Probability that a call fails with HTTP 500
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0)]
    failing: f64,
    /// Probability that the connection is closed instead of an answer
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0)]
    dropped: f64,
    /// Most items on a page
    #[arg(long, value_name = "ITEMS")]
    page: Option<usize>,
    /// How often the credential report is not yet complete
    #[arg(long, value_name = "CALLS", default_value_t = 0)]
    report_polls: usize,
    /// Where the random numbers start, those of the accounts' sizes among them
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// One user in ten has a key that is not good
    Healthy,
    /// Nine users in ten have an expired key
    Neglected,
}

#[expect(clippy::disallowed_methods, reason = "a binary reads the clock")]
#[expect(clippy::print_stdout, reason = "the first line says where the stub is")]
fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let now = chrono::Utc::now();
    let accounts = match (arguments.accounts, arguments.kind) {
        (Some(number), _) => organization(number.max(1), arguments.seed, now),
        (None, Kind::Healthy) => vec![Account::healthy(arguments.users, now)],
        (None, Kind::Neglected) => vec![Account::neglected(arguments.users, now)],
    };
    let faults = Faults {
        latency: Duration::from_millis(arguments.latency_ms),
        rate: arguments.rate,
        burst: arguments.burst,
        throttled: arguments.throttled,
        failing: arguments.failing,
        dropped: arguments.dropped,
        page: arguments.page,
        seed: arguments.seed,
        report: ReportState { polls: arguments.report_polls, ..ReportState::default() },
        recording: false,
        ..Faults::default()
    };
    let stub = Stub::start_all(accounts, faults);
    println!("{}", stub.url());
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
