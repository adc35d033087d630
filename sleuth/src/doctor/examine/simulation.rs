//! What no call can tell is asked of IAM's simulation.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{permissions::Found, timely};
use crate::{
    doctor::{
        Check,
        judge::{Simulated, judge},
        needs::{Need, Resource, Wants},
        principal::{Principal, partition},
    },
    ports::doctor::{Caller, Decision, Examine, Trouble},
    tags::RegionName,
};

/// Names for ARNs of things that are not known. IAM simulates also for what does not exist.
const ANY_USER: &str = "sleuth";
const ANY_INSTANCE: &str = "i-00000000000000000";

impl Found {
    /// A check for every permission that is needed.
    pub(super) async fn judged(
        &self,
        aws: &impl Examine,
        wants: &Wants,
        caller: &Caller,
        end: Option<Instant>,
    ) -> Vec<Check> {
        let needs = wants.needs(&self.denied());
        let place = Place { found: self, wants, caller, region: aws.region() };
        let open: Vec<&Need> = needs.iter().filter(|need| self.is_open(need.action)).collect();
        let simulated = simulate(aws, &place, &open, end).await;
        let judged = needs.iter().map(|need| {
            let tried: Vec<_> = self.tried.iter().filter(|tried| tried.action == need.action).cloned().collect();
            let unasked = || Err(Trouble::Unclear("nobody asked".to_owned()));
            let simulated = simulated.get(need.action).cloned().unwrap_or_else(unasked);
            judge(need, &place.pattern(need.resource), &tried, &simulated)
        });
        judged.collect()
    }

    /// Whether no call told anything about an action.
    fn is_open(&self, action: &str) -> bool {
        let mut tried = self.tried.iter().filter(|tried| tried.action == action);
        tried.all(|tried| matches!(tried.result, Err(Trouble::Unclear(_))))
    }
}

/// Asks about some actions, those about the same resource together.
async fn simulate(
    aws: &impl Examine,
    place: &Place<'_>,
    open: &[&Need],
    end: Option<Instant>,
) -> BTreeMap<&'static str, Simulated> {
    let mut results = BTreeMap::new();
    let mut by_resource: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for need in open {
        match place.example(need.resource) {
            Ok(resource) => by_resource.entry(resource).or_default().push(need.action),
            Err(why) => {
                results.insert(need.action, Err(Trouble::Unclear(why.to_owned())));
            }
        }
    }
    if by_resource.is_empty() {
        return results;
    }
    let mut principal = principal(aws, place.caller, end).await;
    for (resource, actions) in by_resource {
        let answer = match &principal {
            Ok(principal) => timely(end, aws.simulate(principal, &actions, &resource)).await,
            Err(trouble) => Err(trouble.clone()),
        };
        for action in actions {
            let result = match &answer {
                Ok(decided) => decision(decided, action),
                Err(trouble) => Err(trouble.clone()),
            };
            results.insert(action, result);
        }
        // What is denied for one is denied for all.
        if let Err(trouble @ Trouble::Denied(_)) = answer {
            principal = Err(trouble);
        }
    }
    results
}

fn decision(decided: &[(&'static str, Decision)], action: &str) -> Simulated {
    let found = decided.iter().find(|(name, _)| *name == action).map(|(_, decision)| decision.clone());
    found.ok_or_else(|| Trouble::Unclear("IAM did not say".to_owned()))
}

/// The ARN of whom policies are attached to.
async fn principal(aws: &impl Examine, caller: &Caller, end: Option<Instant>) -> Result<String, Trouble> {
    match Principal::of(&caller.arn) {
        Principal::User(arn) => Ok(arn),
        // Without a path it is this, and IAM says if there is no such role.
        Principal::Role { name, arn } => match timely(end, aws.role(&name)).await {
            Ok(arn) => Ok(arn),
            Err(Trouble::Denied(_) | Trouble::Unclear(_)) => Ok(arn),
            Err(lost @ Trouble::Unanswered(_)) => Err(lost),
        },
        Principal::Root => Err(Trouble::Unclear(
            "the caller is the root user, who may do everything that no organization forbids".to_owned(),
        )),
        Principal::Other => Err(Trouble::Unclear(format!("{} is neither a user nor a role", caller.arn))),
    }
}

/// What ARNs are made of.
struct Place<'a> {
    found: &'a Found,
    wants: &'a Wants,
    caller: &'a Caller,
    region: Option<RegionName>,
}

impl Place<'_> {
    /// The resource as a policy names it.
    fn pattern(&self, resource: Resource) -> String {
        let (partition, account) = (partition(&self.caller.arn), &self.caller.account);
        match resource {
            Resource::Any => "*".to_owned(),
            Resource::Users => format!("arn:{partition}:iam::{account}:user/*"),
            Resource::Instances => format!("arn:{partition}:ec2:*:{account}:instance/*"),
            Resource::Topic => self.wants.topic.clone().unwrap_or_default(),
            Resource::Secret => self.wants.secret.as_ref().map(ToString::to_string).unwrap_or_default(),
            Resource::Table => self.table(),
            Resource::Logs => format!("arn:{partition}:s3:::BUCKET/AWSLogs/*"),
            Resource::Role => {
                let role = self.wants.role.as_ref().map_or("ROLE", |role| role.0.as_str());
                format!("arn:{partition}:iam::OTHER:role/{role}")
            }
        }
    }

    /// One such resource, or why none is known.
    fn example(&self, resource: Resource) -> Result<String, &'static str> {
        let (partition, account) = (partition(&self.caller.arn), &self.caller.account);
        match resource {
            Resource::Users => {
                let name = self.found.user.as_ref().map_or(ANY_USER, |user| user.0.as_str());
                Ok(format!("arn:{partition}:iam::{account}:user/{name}"))
            }
            Resource::Instances => {
                let known = self.found.instances.first();
                let region = known.map(|(region, _)| region).or(self.region.as_ref());
                let region = region.map_or("us-east-1", |region| region.0.as_str());
                let id = known.map_or(ANY_INSTANCE, |(_, instance)| instance.id.0.as_str());
                Ok(format!("arn:{partition}:ec2:{region}:{account}:instance/{id}"))
            }
            Resource::Logs => Err("no setting names the bucket of the trail"),
            Resource::Role => Err("no setting names the other accounts"),
            resource => Ok(self.pattern(resource)),
        }
    }

    /// The table of rules by its ARN.
    fn table(&self) -> String {
        let Some(table) = &self.wants.table else { return "*".to_owned() };
        if table.name.starts_with("arn:") {
            return table.name.clone();
        }
        let region = self.region.as_ref().map_or("*", |region| region.0.as_str());
        let (partition, account) = (partition(&self.caller.arn), &self.caller.account);
        format!("arn:{partition}:dynamodb:{region}:{account}:table/{}", table.name)
    }
}
