//! What a document of the search index says was done. `report::documents` writes them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Action, Collection, Deed, Incomplete, Target,
    collection::{Run, name},
    reports::entry,
};
use crate::{
    facts::{Account, ReadError, UserName},
    keys::AccessKeyId,
    report::{
        Outcome,
        documents::{KEY_AUDIT, KEY_FINDING, TAG_AUDIT, TAG_VIOLATOR},
    },
    tags::{InstanceId, RegionName, State, owner::FoundBy},
};

/// What all documents have.
#[derive(Deserialize)]
struct Label {
    #[serde(rename = "@timestamp")]
    at: DateTime<Utc>,
    kind: String,
    run: String,
    account: Option<String>,
    account_name: Option<String>,
    applied: bool,
}

/// The document of a whole run.
#[derive(Deserialize)]
struct Rollup {
    errors: usize,
    first_error: Option<String>,
}

/// What documents about findings have in common.
#[derive(Deserialize)]
struct Found {
    action: String,
    outcome: Outcome,
    reason: Option<String>,
    name: Option<String>,
}

/// The document of an access key.
#[derive(Deserialize)]
struct OfKey {
    user: UserName,
    key_id: Option<AccessKeyId>,
    age_days: Option<i64>,
    idle_days: Option<i64>,
}

/// The document of an instance.
#[derive(Deserialize)]
struct OfInstance {
    id: InstanceId,
    region: RegionName,
    state: State,
    age: Option<i64>,
    tags: Vec<String>,
    owner: Option<String>,
    owner_found_by: Option<FoundBy>,
    owner_detail: Option<String>,
    #[serde(default)]
    repairs: Vec<String>,
    #[serde(default)]
    wrong: Vec<String>,
}

impl Collection {
    /// Takes in a document, of which `subject` is the name in errors. Kinds that are not known are passed over: others may use
    /// the same index.
    pub fn document(&mut self, subject: &str, source: &Value) {
        if let Err(error) = self.take(source) {
            let message = format!("it is no document of Sleuth's: {error}");
            self.fail(subject, &ReadError { operation: "search".to_owned(), message });
        }
    }

    fn take(&mut self, source: &Value) -> Result<(), serde_json::Error> {
        let kind = source.get("kind").and_then(Value::as_str).unwrap_or_default();
        let audit = match kind {
            KEY_AUDIT | KEY_FINDING => "keys",
            TAG_AUDIT | TAG_VIOLATOR => "tags",
            _ => return Ok(()),
        };
        let Label { at, kind, run, account, account_name, applied } = Label::deserialize(source)?;
        if !self.span.contains(at) {
            return Ok(());
        }
        let account = Account { id: account, alias: account_name };
        let id: Run = (name(&account), audit, run.clone());
        if [KEY_AUDIT, TAG_AUDIT].contains(&kind.as_str()) {
            let Rollup { errors: count, first_error } = Rollup::deserialize(source)?;
            if let Some(first) = first_error.filter(|_| count > 0) {
                self.lack(id.clone(), Incomplete { account: account.clone(), audit, at, run, count, first });
            }
            if applied {
                self.ran(&account, id);
            }
            return Ok(());
        }
        if !applied {
            return Ok(());
        }
        let found = Found::deserialize(source)?;
        let notice = ["notify", "warn"].contains(&found.action.as_str());
        let action = Action::parse(&found.action);
        let (subject, owner, (found_by, detail), target) = target(audit, &found, source)?;
        let Found { outcome, reason, .. } = found;
        let told = reason.clone();
        let deed = |action| (owner, Deed { at, run, target, found_by, detail, action, outcome, reason });
        if let Some((word, entry)) = entry(action, notice, outcome, told.as_deref(), deed) {
            self.add(&account, (id, subject, word), entry);
        }
        Ok(())
    }
}

/// The name of what a document is about, its owner, how that was found, and it itself.
type About = (String, Option<String>, (Option<FoundBy>, Option<String>), Target);

fn target(audit: &str, found: &Found, source: &Value) -> Result<About, serde_json::Error> {
    if audit == "keys" {
        let OfKey { user, key_id, age_days, idle_days } = OfKey::deserialize(source)?;
        let subject = key_id.as_ref().map_or_else(|| user.to_string(), |key| format!("{user} {key}"));
        let owner = found.name.clone().unwrap_or_else(|| user.to_string());
        return Ok((subject, Some(owner), (None, None), Target::Key { user, key_id, age_days, idle_days }));
    }
    let OfInstance { id, region, state, age, tags, owner, owner_found_by, owner_detail, repairs, wrong } =
        OfInstance::deserialize(source)?;
    let subject = format!("{region} {id}");
    let name = found.name.clone();
    let target = Target::Instance { region, instance_id: id, name, state, age_minutes: age, tags, repairs, wrong };
    Ok((subject, owner, (owner_found_by, owner_detail), target))
}
