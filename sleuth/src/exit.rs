//! Exit codes of the command line. They are part of its interface and do not change.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// The program is at fault.
    Internal,
    /// The command line or a setting is wrong; nothing was read.
    Usage,
    /// There are findings of the kind that `--fail-on` names.
    Findings,
    /// Something could not be read, done or delivered. Outranks [`Exit::Findings`]: the findings may not be all.
    Incomplete,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Incomplete => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
