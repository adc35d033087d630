//! The actions: what the account says to a call if nothing goes wrong.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use list::Listing;

use crate::{
    account::Account,
    caller::{Caller, Session},
    credential_report,
    faults::{Answer, Call, ReportState},
    log::Log,
    xml::{around, element, response, time},
};

mod list;

/// An error answer: status, code, message.
type Error = (u16, &'static str, String);

/// All that an answer depends on.
pub(crate) struct Context<'a> {
    pub(crate) account: &'a mut Account,
    pub(crate) caller: &'a Caller,
    /// The accounts that there are a role in.
    pub(crate) members: &'a BTreeSet<String>,
    pub(crate) log: &'a mut Log,
    pub(crate) report: &'a ReportState,
    pub(crate) page: Option<usize>,
    pub(crate) now: DateTime<Utc>,
}

impl Context<'_> {
    /// The answer to a call.
    pub(crate) fn answer(&mut self, call: &Call) -> Answer {
        let inner = match call.action.as_str() {
            "GetCallerIdentity" => Ok(self.identity()),
            "AssumeRole" => self.assume(call),
            "ListAccountAliases" => Ok(self.aliases()),
            "GetAccountSummary" => Ok(self.summary()),
            "UpdateAccessKey" => self.update(call),
            "GetAccessKeyLastUsed" => self.last_used(call),
            "GenerateCredentialReport" => Ok(self.generate_report()),
            "GetCredentialReport" => self.report(),
            "Publish" => Ok(self.publish(call)),
            _ => Listing { account: self.account, call, most: self.page }.answer(),
        };
        match inner {
            Ok(inner) => Answer::Reply { status: 200, body: response(&call.action, &inner) },
            Err((status, code, message)) => Answer::error_saying(status, code, &message),
        }
    }

    fn identity(&self) -> String {
        element("Arn", &self.caller.arn)
            + &element("UserId", "AIDAEXAMPLEAUDITOR")
            + &element("Account", &self.caller.account)
    }

    fn assume(&self, call: &Call) -> Result<String, Error> {
        let (role, name) = (required(call, "RoleArn")?, required(call, "RoleSessionName")?);
        let session = Session::of(role, name).filter(|session| self.members.contains(session.account));
        let session = session.ok_or_else(|| {
            let message = format!("User: {} is not authorized to perform: sts:AssumeRole on {role}", self.caller.arn);
            (403, "AccessDenied", message)
        })?;
        Ok(session.answer(self.now + TimeDelta::hours(1)))
    }

    fn aliases(&self) -> String {
        let members = self.account.alias.iter().map(|alias| element("member", alias)).collect::<String>();
        around("AccountAliases", &members) + "<IsTruncated>false</IsTruncated>"
    }

    fn summary(&self) -> String {
        let entries = [
            ("AccessKeysPerUserQuota", 2),
            ("AccountAccessKeysPresent", usize::from(self.account.root_keys)),
            ("AccountMFAEnabled", 1),
            ("Users", self.account.users.len()),
            ("UsersQuota", 5_000),
        ];
        let entry = |(key, value): (&str, usize)| {
            around("entry", &(element("key", key) + &element("value", &value.to_string())))
        };
        around("SummaryMap", &entries.map(entry).concat())
    }

    fn update(&mut self, call: &Call) -> Result<String, Error> {
        let (user, id, status) = (required(call, "UserName")?, required(call, "AccessKeyId")?, call.get("Status"));
        if !["Active", "Inactive"].contains(&status) {
            return Err(invalid(&format!("the status is `{status}`: must be Active or Inactive")));
        }
        let found = self.account.users.get_mut(user).ok_or_else(|| no_user(user))?;
        let key = found.keys.iter_mut().find(|key| key.id == id).ok_or_else(|| no_key(id))?;
        status.clone_into(&mut key.status);
        key.changed = self.now;
        Ok(String::new())
    }

    fn last_used(&mut self, call: &Call) -> Result<String, Error> {
        let id = required(call, "AccessKeyId")?;
        if self.owner(id).is_none() {
            let names = self.account.users.iter().flat_map(|(name, user)| user.keys.iter().map(move |key| (key, name)));
            self.log.owners = names.map(|(key, name)| (key.id.clone(), name.clone())).collect();
        }
        let name = self.owner(id).ok_or_else(|| no_key(id))?;
        let key = self.account.users.get(name).and_then(|user| user.key(id)).ok_or_else(|| no_key(id))?;
        let used = match &key.last_used {
            Some(used) => {
                element("LastUsedDate", &time(used.time))
                    + &element("ServiceName", &used.service)
                    + &element("Region", &used.region)
            }
            None => element("ServiceName", "N/A") + &element("Region", "N/A"),
        };
        Ok(element("UserName", name) + &around("AccessKeyLastUsed", &used))
    }

    /// Whose key this is, as far as the hint still holds.
    fn owner(&self, id: &str) -> Option<&str> {
        let name = self.log.owners.get(id)?;
        self.account.users.get(name)?.key(id).map(|_| name.as_str())
    }

    fn generate_report(&mut self) -> String {
        let state = match self.log.reports {
            asked if asked >= self.report.polls => "COMPLETE",
            0 => "STARTED",
            _ => "INPROGRESS",
        };
        self.log.reports = self.log.reports.saturating_add(1);
        element("State", state)
    }

    fn report(&self) -> Result<String, Error> {
        // The call that found it complete counts, too.
        if self.report.polls > 0 && self.log.reports <= self.report.polls {
            return Err(match self.log.reports {
                0 => (410, "ReportNotPresent", "No report is present".to_owned()),
                _ => (404, "ReportInProgress", "The report is being generated".to_owned()),
            });
        }
        let account = self.report.snapshot.as_ref().unwrap_or(self.account);
        let age = TimeDelta::from_std(self.report.age).unwrap_or(TimeDelta::zero());
        let content = STANDARD.encode(credential_report::csv(account, self.now));
        Ok(element("Content", &content)
            + &element("ReportFormat", "text/csv")
            + &element("GeneratedTime", &time(self.now - age)))
    }

    fn publish(&mut self, call: &Call) -> String {
        self.log.published.push(call.get("Message").to_owned());
        element("MessageId", &format!("94f20ce6-13c5-43a0-9a9e-{:012}", self.log.published.len()))
    }
}

/// A parameter that must be there.
fn required<'a>(call: &'a Call, parameter: &str) -> Result<&'a str, Error> {
    match call.get(parameter) {
        "" => Err(invalid(&format!("{} needs {parameter}", call.action))),
        value => Ok(value),
    }
}

fn invalid(message: &str) -> Error {
    (400, "ValidationError", message.to_owned())
}

fn no_user(name: &str) -> Error {
    (404, "NoSuchEntity", format!("The user with name {name} cannot be found."))
}

fn no_key(id: &str) -> Error {
    (404, "NoSuchEntity", format!("The Access Key with id {id} cannot be found."))
}
