//! The arguments of `sleuth digest`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use super::{Form, time};

pub(super) const ENVIRONMENT: &str = "\
Environment (an empty value means \"not set\"; see docs/configuration.md):
  DIGEST_SINCE                 see --since
  DIGEST_ALWAYS                see --always
  DIGEST_TITLE                 title of messages
  DIGEST_TEXT                  what readers should know or do";

/// Arguments of `sleuth digest`.
#[derive(Debug, Args)]
pub(crate) struct DigestArguments {
    /// Reports as JSON, or folders with such files [default: what --from names]
    #[arg(value_name = "FILE", conflicts_with = "from")]
    pub(crate) files: Vec<PathBuf>,

    /// How far back, as in 24h, 7days or 90min [env: DIGEST_SINCE] [default: 24h]
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Count back from this time instead of the current one, as in 2026-12-31T09:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) now: Option<DateTime<Utc>>,

    /// Where the reports of runs are kept [default: wherever they are, the archive first]
    #[arg(long, value_name = "STORE")]
    pub(crate) from: Option<Store>,

    /// Form of what is printed on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub(crate) output: Form,

    /// Send the digest through the channels that are set
    #[arg(long)]
    pub(crate) send: bool,

    /// With --send: send it also if nothing was done [env: DIGEST_ALWAYS]
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
