//! What changed about instances.

use std::collections::{BTreeMap, BTreeSet};

use super::{Done, Entry, Grade, Run, Side, Subject};
use crate::{
    report::{
        Outcome,
        saved::{Instance, Instances},
    },
    tags::{InstanceId, RegionName, Status},
};

/// Where an instance is, and which it is.
type Place<'a> = (&'a RegionName, &'a InstanceId);

/// What became of all instances.
pub(super) fn entries(old: &Instances, new: &Instances) -> Vec<Entry> {
    let (before, after) = (by_place(old), by_place(new));
    let places: BTreeSet<&Place<'_>> = before.keys().chain(after.keys()).collect();
    let entry = |place: &Place<'_>| {
        let (was, is) = (before.get(place), after.get(place));
        let seen = is.or(was)?;
        let (missed, missed_now) = (was.is_none(), is.is_none());
        let (was, why) = look(old, place, was.copied());
        let (is, why_now) = look(new, place, is.copied());
        // That an instance in order could not be seen again is said once, of the region or the report.
        let in_order = (was.is_fine() && missed_now && why_now.is_some()) || (is.is_fine() && missed && why.is_some());
        (!in_order).then(|| Entry::new(subject(seen), was, is, why_now.or(why)))
    };
    places.into_iter().filter_map(entry).collect()
}

fn by_place(audit: &Instances) -> BTreeMap<Place<'_>, &Instance> {
    audit.instances.iter().map(|instance| ((&instance.region, &instance.instance_id), instance)).collect()
}

/// What is said of an instance, and why if nobody knows.
fn look(audit: &Instances, (region, _): &Place<'_>, found: Option<&Instance>) -> (Side, Option<String>) {
    match found {
        Some(instance) if instance.status == Status::Unknown => (side(instance), Some(unjudged(instance))),
        Some(instance) => (side(instance), None),
        None => match unseen(audit, region) {
            Some(reason) => (Side::unseen(), Some(reason)),
            None => (Side::absent(), None),
        },
    }
}

/// Why instances of a region may be missing.
fn unseen(audit: &Instances, region: &RegionName) -> Option<String> {
    if audit.instances.iter().any(|instance| !instance.events.is_empty()) {
        return Some("the report is about the instances of an event only".to_owned());
    }
    match audit.regions.iter().find(|asked| asked.region == *region) {
        None => Some(format!("{region} was not asked")),
        Some(asked) if !asked.complete => Some(format!("not all instances of {region} were seen")),
        Some(asked) if asked.canary == Some(false) => Some(format!("the canary of {region} was not seen")),
        Some(_) => None,
    }
}

/// What could not be judged.
fn unjudged(instance: &Instance) -> String {
    let unknown = instance.violations.iter().filter(|violation| violation.kind == "unknown");
    let messages: Vec<&str> = unknown.map(|violation| violation.message.as_str()).collect();
    match (messages.is_empty(), &instance.reason) {
        (false, _) => messages.join("; "),
        (true, Some(reason)) => reason.clone(),
        (true, None) => "it could not be judged".to_owned(),
    }
}

fn subject(instance: &Instance) -> Subject {
    Subject::Instance {
        region: instance.region.clone(),
        instance_id: instance.instance_id.clone(),
        name: instance.name.clone(),
        owner: instance.owner.name.clone(),
    }
}

fn side(instance: &Instance) -> Side {
    let severity = match instance.status {
        Status::Unknown => None,
        Status::Compliant => Some(0),
        Status::Grace => Some(1),
        Status::Violation => Some(2),
    };
    let grade = |due: Option<bool>| match due {
        None => Grade::Unknown,
        Some(false) => Grade::Grace,
        Some(true) => Grade::Due,
    };
    let rules = instance.rules().into_iter().map(|(rule, due)| (rule.to_owned(), grade(due))).collect();
    Side { rules, ..Side::found(instance.status.as_str(), severity, instance.is_exempt()) }
}

/// What a run did.
pub(super) fn done(by: Run, audit: &Instances) -> Vec<Done> {
    let done = audit.instances.iter().filter(|found| found.action.changes() && found.outcome == Outcome::Done);
    let of = |found: &Instance| Done {
        by,
        subject: subject(found),
        action: found.action.as_str(),
        reason: found.reason.clone(),
    };
    done.map(of).collect()
}
