//! How a status looks.

use maud::{Markup, html};

use crate::{keys::Status as OfKey, tags::Status as OfInstance};

/// What a status means to a reader, the worst first. Each is a colour in `style.css`, never only that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    Bad,
    Unknown,
    Warn,
    Soft,
    Good,
    Off,
}

impl Tone {
    /// Its class in the style sheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Soft => "soft",
            Self::Good => "good",
            Self::Off => "off",
        }
    }
}

impl From<OfKey> for Tone {
    fn from(status: OfKey) -> Self {
        match status {
            OfKey::Expired => Self::Bad,
            OfKey::Unknown => Self::Unknown,
            OfKey::Old => Self::Warn,
            OfKey::Stagnant => Self::Soft,
            OfKey::Good => Self::Good,
            OfKey::Disabled => Self::Off,
        }
    }
}

impl From<OfInstance> for Tone {
    fn from(status: OfInstance) -> Self {
        match status {
            OfInstance::Violation => Self::Bad,
            OfInstance::Unknown => Self::Unknown,
            OfInstance::Grace => Self::Warn,
            OfInstance::Compliant => Self::Good,
        }
    }
}

/// A status that findings may have, and how many do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) word: &'static str,
    pub(super) tone: Tone,
    pub(super) count: usize,
}

/// A status as a pill.
pub(super) fn pill(tone: Tone, words: &str) -> Markup {
    html! { span class={ "pill " (tone.class()) } { (words) } }
}
