//! The events of a state machine that audits many accounts.

use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::Value;
use sleuth::facts::is_account;

use crate::outcome::diagnostic;

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StepEvent {
    /// The name of the run: part of the names of its files.
    pub(crate) run: String,
    #[serde(flatten)]
    pub(crate) step: Step,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub(crate) enum Step {
    /// List the accounts.
    List {
        /// The execution of the state machine.
        execution: String,
    },
    /// Read an account and plan what is to be done in it.
    Plan {
        /// Its id.
        account: String,
    },
    /// Count all plans.
    Gate,
    /// Do what was planned for an account.
    Apply {
        /// Its id.
        account: String,
    },
    /// Make one report of all, and tell people.
    Consolidate {
        /// The execution of the state machine.
        execution: String,
    },
}

/// Longest name of a run: that of executions
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>).
const LONGEST_RUN: usize = 80;

impl StepEvent {
    /// The step that an event is; `None` if it is none. One that cannot be understood is refused: any other event starts the
    /// audits, which this one was not meant to.
    pub(crate) fn of(event: &Value) -> Result<Option<Self>, Diagnostic> {
        if event.get("step").is_none() {
            return Ok(None);
        }
        let refused = |reason: String| diagnostic("Configuration", &format!("this step cannot be done: {reason}"));
        let step: Self = serde_json::from_value(event.clone()).map_err(|error| refused(error.to_string()))?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        if step.run.is_empty() || step.run.len() > LONGEST_RUN || !step.run.chars().all(allowed) {
            return Err(refused(format!("run must have 1 to {LONGEST_RUN} letters, digits and ._:-")));
        }
        match &step.step {
            Step::Plan { account } | Step::Apply { account } if !is_account(account) => {
                Err(refused("account must be the id of an account, 12 digits".to_owned()))
            }
            _ => Ok(Some(step)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_are_told_from_other_events() {
        let step = |event: Value| StepEvent::of(&event).unwrap().map(|event| event.step);
        assert_eq!(step(json!({"source": "aws.events", "time": "2026-01-01T00:00:00Z"})), None);
        assert_eq!(step(json!({"step": "gate", "run": "2026-01-01T00:00:00Z"})), Some(Step::Gate));
        let plan = json!({"step": "plan", "run": "r", "account": "123456789012"});
        assert_eq!(step(plan), Some(Step::Plan { account: "123456789012".into() }));
    }

    #[test]
    fn a_step_that_is_not_understood_starts_nothing() {
        for (event, reason) in [
            (json!({"step": "lst", "run": "r"}), "unknown variant `lst`"),
            (json!({"step": "gate"}), "missing field `run`"),
            (json!({"step": "plan", "run": "r"}), "missing field `account`"),
            (json!({"step": "plan", "run": "r", "account": "1/../2"}), "account must be the id"),
            (json!({"step": "gate", "run": "../other"}), "run must have"),
            (json!({"step": "gate", "run": ""}), "run must have"),
            (json!({"step": 1, "run": "r"}), "this step cannot be done"),
        ] {
            let refused = StepEvent::of(&event).unwrap_err();
            assert_eq!(refused.error_type, "Sleuth.Configuration");
            assert!(refused.error_message.contains(reason), "{event}: {}", refused.error_message);
        }
    }
}
