//! Whether everything is set up: settings, credentials, permissions, channels, and what to mend.
//!
//! - `needs`: which calls an audit makes with the given settings, as data.
//! - `settings`: what is wrong with settings, and what only looks wrong.
//! - `principal`: whose policies decide about the caller.
//! - `judge`: what calls that were tried and policies that were simulated say of a permission.
//! - `channels`: outputs, one small function each, and what is said of them.
//! - `accounts`: what is said of many accounts.
//! - `examine`: asks AWS through a port, and puts it all together. The rest is pure.
//!
//! Nothing is changed, and nothing is sent or written unless that is asked for: calls that read are made in their smallest form,
//! changes of EC2 as a dry run, and about all else IAM is asked to simulate.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::{exit::Exit, facts::Account};

pub mod accounts;
pub mod channels;
pub mod examine;
pub mod judge;
pub mod needs;
pub mod principal;
pub mod settings;

/// What was found of everything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Version of this form.
    pub version: u32,
    /// `doctor`.
    pub kind: &'static str,
    /// When.
    pub generated_at: DateTime<Utc>,
    /// The audits that it is about.
    pub audits: Vec<&'static str>,
    /// Whose account it is.
    pub account: Account,
    /// Who called, by ARN, if that is known.
    pub caller: Option<String>,
    /// How many checks there are of each status.
    pub summary: BTreeMap<Status, usize>,
    /// A policy with all that is missing, to be added to those of the caller; `None` if nothing is.
    pub missing: Option<Policy>,
    /// The checks, by section.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What kind of thing.
    pub section: Section,
    /// What: a setting, a permission, a channel.
    pub name: String,
    /// How it is.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The statement of a policy that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// A run works, but not as it was probably meant.
    Warning,
    /// Wrong or missing: a run does not begin, or does not do all.
    Failed,
    /// AWS or a channel did not answer, or not now. Another run may know.
    Unchecked,
    /// It cannot be found out, or not without changing something.
    Skipped,
}

/// The kinds of things, in the order of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Settings and tag rules.
    Settings,
    /// Who calls AWS.
    Credentials,
    /// Which calls AWS lets them make.
    Permissions,
    /// Other accounts that are audited.
    Accounts,
    /// Who is told.
    Channels,
}

/// A statement of a policy that allows one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The action, such as `iam:ListAccessKeys`.
    pub action: &'static str,
    /// The resource, `*` for any.
    pub resource: String,
}

/// A policy, in the form that IAM takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// Version of the language.
    pub version: &'static str,
    /// What is allowed.
    pub statement: Vec<Allowed>,
}

/// What a policy allows about one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Allowed {
    /// `Allow`.
    pub effect: &'static str,
    /// The actions, in order of name.
    pub action: BTreeSet<&'static str>,
    /// The resource.
    pub resource: String,
}

impl Allowed {
    fn new(resource: &str, action: BTreeSet<&'static str>) -> Self {
        Self { effect: "Allow", action, resource: resource.to_owned() }
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Allowed::new(&self.resource, BTreeSet::from([self.action])).serialize(serializer)
    }
}

/// Version of the JSON form.
const VERSION: u32 = 1;

impl Status {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Warning, Self::Failed, Self::Unchecked, Self::Skipped];

    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Unchecked => "unchecked",
            Self::Skipped => "skipped",
        }
    }
}

impl Section {
    /// All of them, in the order of a run.
    pub const ALL: [Self; 5] = [Self::Settings, Self::Credentials, Self::Permissions, Self::Accounts, Self::Channels];

    /// The word used as a heading.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Credentials => "Credentials",
            Self::Permissions => "Permissions",
            Self::Accounts => "Accounts",
            Self::Channels => "Channels",
        }
    }
}

impl Check {
    /// A check with this result, about which there is nothing to be done.
    pub fn new(section: Section, name: impl Into<String>, status: Status, found: impl Into<String>) -> Self {
        Self { section, name: name.into(), status, found: found.into(), fix: None, statement: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

impl Diagnosis {
    /// What `checks` say together.
    pub fn new(now: DateTime<Utc>, audits: Vec<&'static str>, mut checks: Vec<Check>) -> Self {
        checks.sort_by_key(|check| check.section);
        let mut summary: BTreeMap<Status, usize> = Status::ALL.map(|status| (status, 0)).into();
        for check in &checks {
            *summary.entry(check.status).or_default() += 1;
        }
        let (account, caller) = (Account::default(), None);
        let missing = missing(&checks);
        Self { version: VERSION, kind: "doctor", generated_at: now, audits, account, caller, summary, missing, checks }
    }

    /// How it ends: a wrong setting goes before all that is missing or was not to be had.
    pub fn exit(&self) -> Exit {
        let has = |status: Status| self.checks.iter().filter(move |check| check.status == status);
        if has(Status::Failed).any(|check| check.section == Section::Settings) {
            Exit::Usage
        } else if has(Status::Failed).chain(has(Status::Unchecked)).next().is_some() {
            Exit::Incomplete
        } else {
            Exit::Done
        }
    }
}

/// One policy of all statements that are missing, those about the same resource in one.
fn missing(checks: &[Check]) -> Option<Policy> {
    let mut by_resource: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for statement in checks.iter().filter_map(|check| check.statement.as_ref()) {
        by_resource.entry(&statement.resource).or_default().insert(statement.action);
    }
    let statement: Vec<Allowed> =
        by_resource.into_iter().map(|(resource, action)| Allowed::new(resource, action)).collect();
    (!statement.is_empty()).then_some(Policy { version: "2012-10-17", statement })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(section: Section, status: Status) -> Check {
        Check::new(section, "x", status, "y")
    }

    fn exit(checks: &[Check]) -> Exit {
        Diagnosis::new(DateTime::UNIX_EPOCH, vec!["keys"], checks.to_vec()).exit()
    }

    #[test]
    fn wrong_setting_ends_with_two_and_what_is_missing_with_four() {
        use {Section::*, Status::*};
        assert_eq!(exit(&[check(Settings, Ok), check(Channels, Warning), check(Permissions, Skipped)]), Exit::Done);
        assert_eq!(exit(&[check(Permissions, Failed)]), Exit::Incomplete);
        assert_eq!(exit(&[check(Permissions, Unchecked)]), Exit::Incomplete);
        assert_eq!(exit(&[check(Settings, Unchecked)]), Exit::Incomplete);
        assert_eq!(exit(&[check(Permissions, Failed), check(Settings, Failed)]), Exit::Usage);
    }

    #[test]
    fn missing_statements_are_one_policy() {
        let lacks = |action, resource: &str| Check {
            statement: Some(Statement { action, resource: resource.to_owned() }),
            ..check(Section::Permissions, Status::Failed)
        };
        let checks =
            vec![lacks("iam:ListUsers", "*"), lacks("sns:Publish", "arn:t"), lacks("ec2:DescribeRegions", "*")];
        let diagnosis = Diagnosis::new(DateTime::UNIX_EPOCH, vec!["keys"], checks);
        assert_eq!(
            serde_json::to_value(&diagnosis.missing).unwrap(),
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["ec2:DescribeRegions", "iam:ListUsers"], "Resource": "*"},
                {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": "arn:t"},
            ]})
        );
        assert_eq!(diagnosis.summary[&Status::Failed], 3);
        assert_eq!(Diagnosis::new(DateTime::UNIX_EPOCH, Vec::new(), Vec::new()).missing, None);
    }
}
