//! stdout, stderr, colours and widths.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sleuth::{exit::Exit, render::table::Look};
use tracing_subscriber::EnvFilter;

/// Narrower terminals get tables of this width, which their own line breaks make hard to read, but not wrong.
const NARROWEST: u16 = 60;

/// How a table may look on stdout. Colours and a fixed width are for terminals only, colours not with `NO_COLOR`.
pub(crate) fn look() -> Look {
    let terminal = io::stdout().is_terminal();
    let width = terminal.then(|| Term::stdout().size().1.max(NARROWEST));
    Look { width, colours: terminal && console::colors_enabled() }
}

/// Writes the report, and nothing else, to stdout.
pub(crate) fn report(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A progress bar on stderr, shown only if that is a terminal.
pub(crate) fn progress(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

/// Logs to stderr: warnings, or with `DEBUG` whatever our own crates have to say.
pub(crate) fn start_log(debug: bool) {
    // Changes are named as they are made. The SDK warns of every source of credentials that has none; if it matters, our own error says so.
    let filter = if debug {
        "warn,sleuth=debug,notifier=debug,aws_config=error"
    } else {
        "warn,sleuth::apply=info,aws_config=error"
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && console::colors_enabled_stderr())
        .without_time()
        .with_target(false)
        .init();
}

/// Says on stderr what went wrong.
pub(crate) fn failed(error: &anyhow::Error, exit: Exit) -> ExitCode {
    // There is nowhere left to say that this failed.
    let _ = writeln!(io::stderr(), "sleuth: {error:#}");
    exit.into()
}

/// A note to the person at the terminal.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The reader of our output went away, as `head` does. Not an error.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
