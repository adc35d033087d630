//! What no call can tell is asked of IAM's simulation.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{
    permissions::Found,
    stores::{bucket, objects, runs},
    timely,
};
use crate::{
    config::SecretArn,
    doctor::{
        Check,
        channels::found::TEST_OBJECT,
        judge::{Question, Simulated, judge},
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
        let asked: Vec<Question> = needs.iter().flat_map(|need| place.questions(*need)).collect();
        let simulated = simulate(aws, &place, &asked, end).await;
        let judged = asked.iter().enumerate().map(|(number, asked)| {
            let tried: Vec<_> = self.tried.iter().filter(|tried| tried.is_about(asked)).cloned().collect();
            let unasked = || Err(Trouble::Unclear("nobody asked".to_owned()));
            judge(asked, &tried, &simulated.get(&number).cloned().unwrap_or_else(unasked))
        });
        judged.collect()
    }

    /// Whether no call told anything about a permission.
    fn is_open(&self, asked: &Question) -> bool {
        let mut tried = self.tried.iter().filter(|tried| tried.is_about(asked));
        tried.all(|tried| matches!(tried.result, Err(Trouble::Unclear(_))))
    }
}

/// Asks about those permissions of which nothing is known yet, about the same resource together. By number.
async fn simulate(
    aws: &impl Examine,
    place: &Place<'_>,
    asked: &[Question],
    end: Option<Instant>,
) -> BTreeMap<usize, Simulated> {
    let mut results = BTreeMap::new();
    let mut by_resource: BTreeMap<String, Vec<(usize, &'static str)>> = BTreeMap::new();
    for (number, asked) in asked.iter().enumerate().filter(|(_, asked)| place.found.is_open(asked)) {
        match place.example(asked) {
            Ok(resource) => by_resource.entry(resource).or_default().push((number, asked.need.action)),
            Err(why) => {
                results.insert(number, Err(Trouble::Unclear(why.to_owned())));
            }
        }
    }
    if by_resource.is_empty() {
        return results;
    }
    let mut principal = principal(aws, place.caller, end).await;
    for (resource, questions) in by_resource {
        let actions: Vec<&'static str> = questions.iter().map(|(_, action)| *action).collect();
        let answer = match &principal {
            Ok(principal) => timely(end, aws.simulate(principal, &actions, &resource)).await,
            Err(trouble) => Err(trouble.clone()),
        };
        for (number, action) in questions {
            let result = match &answer {
                Ok(decided) => decision(decided, action),
                Err(trouble) => Err(trouble.clone()),
            };
            results.insert(number, result);
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
    /// What has to be known of a need: one permission, or one for each secret.
    fn questions(&self, need: Need) -> Vec<Question> {
        let store = match need.resource {
            Resource::Secret(store) => store,
            Resource::Runs => {
                let (partition, runs) = (partition(&self.caller.arn), runs(self.wants));
                return runs.iter().map(|runs| Question::new(need, objects(partition, runs))).collect();
            }
            resource => return vec![Question::new(need, self.pattern(resource))],
        };
        let secrets = self.wants.secrets.iter().filter(|(_, secret)| secret.store() == store);
        let question = |(names, secret): &(Vec<&'static str>, SecretArn)| Question {
            purpose: format!("{}: {}", need.purpose, names.join(", ")),
            ..Question::new(need, secret.to_string())
        };
        secrets.map(question).collect()
    }

    /// The resource as a policy names it, where there is one.
    fn pattern(&self, resource: Resource) -> String {
        let (partition, account) = (partition(&self.caller.arn), &self.caller.account);
        let archive = self.wants.archive.as_ref();
        match resource {
            Resource::Any | Resource::Secret(_) | Resource::Runs => "*".to_owned(),
            Resource::Users => format!("arn:{partition}:iam::{account}:user/*"),
            Resource::Instances => format!("arn:{partition}:ec2:*:{account}:instance/*"),
            Resource::Topic => self.wants.topic.clone().unwrap_or_default(),
            Resource::Reports => archive.map(|archive| objects(partition, archive)).unwrap_or_default(),
            Resource::Bucket => archive.map(|archive| bucket(partition, archive)).unwrap_or_default(),
            Resource::Key => archive.and_then(|archive| archive.kms_key.clone()).unwrap_or_default(),
            Resource::Domain => format!("arn:{partition}:es:{}:{account}:domain/DOMAIN/*", self.search_region()),
            Resource::Collection => format!("arn:{partition}:aoss:{}:{account}:collection/ID", self.search_region()),
            Resource::Table => self.table(),
            Resource::Logs => format!("arn:{partition}:s3:::BUCKET/AWSLogs/*"),
            Resource::Role => {
                let role = self.wants.role.as_ref().map_or("ROLE", |role| role.0.as_str());
                let other = if self.wants.accounts.is_some() { "*" } else { "OTHER" };
                format!("arn:{partition}:iam::{other}:role/{role}")
            }
        }
    }

    /// One such resource, or why none is known.
    fn example(&self, asked: &Question) -> Result<String, &'static str> {
        let (partition, account) = (partition(&self.caller.arn), &self.caller.account);
        match asked.need.resource {
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
            Resource::Reports | Resource::Runs => {
                Ok(format!("{}{TEST_OBJECT}.json", asked.resource.trim_end_matches('*')))
            }
            // IAM knows keys by their ARNs only: no policy can name an alias as its resource.
            Resource::Key if !asked.resource.contains(":key/") => Err("ARCHIVE_KMS_KEY is not the ARN of a key"),
            Resource::Logs => Err("no setting names the bucket of the trail"),
            Resource::Role => match &self.found.other {
                Some(other) => Ok(asked.resource.replace("::*:", &format!("::{other}:"))),
                None if self.wants.accounts.is_some() => Err("the other accounts are not known"),
                None => Err("no setting names the other accounts"),
            },
            Resource::Domain | Resource::Collection => Err("no setting names the ARN of what is at SEARCH_URL"),
            _ => Ok(asked.resource.clone()),
        }
    }

    fn search_region(&self) -> &str {
        let region = self.wants.search.as_ref().and_then(|search| search.region.as_ref()).or(self.region.as_ref());
        region.map_or("*", |region| region.0.as_str())
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
