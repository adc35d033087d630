//! Sleuth's own doings, which are not to be answered.

use super::Event;

/// Who Sleuth is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The accounts and roles whose sessions are its own, or the ARNs of users.
    arns: Vec<String>,
}

impl Own {
    /// Who calls under this ARN, as `sts:GetCallerIdentity` gives it. Every session of a role counts: functions that share a
    /// role are all Sleuth's.
    pub fn of(arn: &str) -> Self {
        Self { arns: vec![without_session(arn).to_owned()] }
    }

    /// Also these.
    pub fn add(&mut self, other: Self) {
        self.arns.extend(other.arns);
    }

    /// Whether Sleuth itself made a call.
    pub fn made(&self, event: &Event) -> bool {
        let by = event.arn.as_deref().map(without_session);
        by.is_some_and(|by| self.arns.iter().any(|own| own == by))
    }
}

/// The ARN of a session without the session's name: `arn:aws:sts::111122223333:assumed-role/Role`.
fn without_session(arn: &str) -> &str {
    match arn.split_once(":assumed-role/") {
        Some(_) => arn.rsplit_once('/').map_or(arn, |(role, _)| role),
        None => arn,
    }
}

#[cfg(test)]
mod tests;
