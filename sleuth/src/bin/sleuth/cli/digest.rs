//! The arguments of `sleuth digest`.

use std::{path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use super::{Form, time};

/// Arguments of `sleuth digest`.
#[derive(Debug, Args)]
pub(crate) struct DigestArguments {
    /// Reports as JSON, or folders with such files [default: what --from names]
    #[arg(value_name = "FILE", conflicts_with = "from")]
    pub(crate) files: Vec<PathBuf>,

    /// How far back, as in 24h, 7days or 90min
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    pub(crate) since: Duration,

    /// Count back from this time instead of the current one, as in 2026-12-31T09:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) now: Option<DateTime<Utc>>,

    /// Where the reports of runs are kept [default: wherever they are, the archive first]
    #[arg(long, value_name = "STORE")]
    pub(crate) from: Option<Store>,

    /// Form of what is printed on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Send the digest through the channels that are set, as SLACK_URL and SNS_TOPIC
    #[arg(long)]
    pub(crate) send: bool,

    /// With --send: send it also if nothing was done
    #[arg(long, requires = "send")]
    pub(crate) always: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// The folder or bucket of ARCHIVE
    Archive,
    /// The index of SEARCH_URL
    Search,
}

/// Longest time that is looked back, in days: ten years.
const MOST_DAYS: u64 = 3_660;

fn duration(text: &str) -> Result<Duration, String> {
    let time =
        humantime::parse_duration(text).map_err(|error| format!("must be a time as in 24h or 7days: {error}"))?;
    let most = Duration::from_secs(MOST_DAYS * 24 * 60 * 60);
    if time.is_zero() || time > most {
        return Err(format!("must be longer than 0, and at most {MOST_DAYS} days"));
    }
    Ok(time)
}
