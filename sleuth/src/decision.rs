//! What a plan decides about an action.

/// Whether the action will be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// There is nothing to do; the reason, if there is one to give.
    Nothing(Option<String>),
    /// It will, if the plan is applied.
    Proceed,
    /// It will not, for this reason.
    Held(String),
}

/// What stops all changes of a run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brake {
    /// More was to be changed than the limits allow. What was found is whole.
    Limits(String),
    /// The account may not have been seen whole: what was not found may be there all the same.
    Doubt(String),
}

impl Brake {
    /// Why.
    pub fn reason(&self) -> &str {
        match self {
            Self::Limits(reason) | Self::Doubt(reason) => reason,
        }
    }
}

/// Two remarks as one, as far as there are any.
pub(crate) fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    [one, other].into_iter().flatten().reduce(|one, other| format!("{one}; {other}"))
}
