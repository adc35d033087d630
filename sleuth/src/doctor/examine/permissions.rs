//! Which calls may be made: tries those that read, and changes of EC2 as a dry run.

use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use super::{first, outputs::Opened, timely};
use crate::{
    doctor::{
        Check,
        judge::Tried,
        needs::{Need, Wants},
        settings,
    },
    facts::UserName,
    keys::AccessKeyId,
    ports::doctor::{Answer, Call, Examine, Trial, Trouble},
    tags::{Instance, Protection, RegionName, State, exempt},
};

/// How many regions are asked side by side.
const SIDE_BY_SIDE: usize = 8;
/// How many users are asked for their keys until one has some.
const USERS: usize = 10;

/// What was tried and found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Calls, and what they answered.
    pub(super) tried: Vec<Tried>,
    /// The account's alias.
    pub(super) alias: Option<String>,
    /// A user.
    pub(super) user: Option<UserName>,
    /// Instances, some of each region.
    pub(super) instances: Vec<(RegionName, Instance)>,
    /// An account that is to be entered.
    pub(super) other: Option<String>,
    /// The partition that all of it is in.
    pub(super) partition: String,
    /// The regions that are enabled, if they could be listed.
    enabled: Option<Vec<String>>,
}

impl Found {
    /// Tries what `wants` need.
    pub(super) async fn look(
        aws: &impl Examine,
        wants: &Wants,
        opened: &[Opened],
        partition: &str,
        end: Option<Instant>,
    ) -> Self {
        let mut found = Self { partition: partition.to_owned(), ..Self::default() };
        let needs = wants.needs(&[]);
        found.try_calls(aws, &needs, [Call::AccountAliases], end).await;
        found.look_at_users(aws, wants, partition, end).await;
        if needs.iter().any(|need| need.action == "ec2:DescribeInstances") {
            found.look_at_regions(aws, wants, &needs, end).await;
            found.look_at_an_instance(aws, wants, &needs, end).await;
        }
        let table = wants.table.iter().cloned().map(Call::Rules);
        found.try_calls(aws, &needs, table, end).await;
        found.look_at_stores(aws, wants, opened, end).await;
        found
    }

    /// The actions that were denied anywhere.
    pub(super) fn denied(&self) -> Vec<&'static str> {
        let denied = self.tried.iter().filter(|tried| matches!(tried.result, Err(Trouble::Denied(_))));
        denied.map(|tried| tried.action).collect()
    }

    /// Whether the regions that are named are enabled, if that is known.
    pub(super) fn regions(&self, wants: &Wants) -> Option<Check> {
        Some(settings::regions(wants.regions.as_deref()?, self.enabled.as_deref()?))
    }

    /// Tries those of some calls that are needed, one after the other; the last answer.
    async fn try_calls(
        &mut self,
        aws: &impl Examine,
        needs: &[Need],
        calls: impl IntoIterator<Item = Call>,
        end: Option<Instant>,
    ) -> Option<Answer> {
        let mut last = None;
        for call in calls {
            if needs.iter().any(|need| need.action == call.action()) {
                last = self.note(&call, timely(end, aws.ask(&call)).await);
            }
        }
        last
    }

    /// Keeps what came of a call.
    fn note(&mut self, call: &Call, result: Result<Answer, Trouble>) -> Option<Answer> {
        let answer = result.as_ref().ok().cloned();
        if let (Call::AccountAliases, Some(answer)) = (call, &answer) {
            self.alias = first(answer).cloned();
        }
        let (action, region) = (call.action(), call.region().cloned());
        self.tried.push(Tried { action, region, resource: None, result: result.map(|_| ()) });
        answer
    }

    /// Keeps that there was nothing to try a call on.
    fn untried(&mut self, needs: &[Need], action: &'static str, why: &str) {
        if needs.iter().any(|need| need.action == action) {
            let result = Err(Trouble::Unclear(why.to_owned()));
            self.tried.push(Tried { action, region: None, resource: None, result });
        }
    }

    async fn look_at_users(&mut self, aws: &impl Examine, wants: &Wants, partition: &str, end: Option<Instant>) {
        let needs = wants.needs(&[]);
        let listed = self.try_calls(aws, &needs, [Call::UserDetails], end).await;
        let needs = wants.needs(&self.denied());
        let listed = match listed {
            Some(listed) => Some(listed),
            None => self.try_calls(aws, &needs, [Call::Users], end).await,
        };
        self.try_calls(aws, &needs, [Call::PolicyUsers(partition.to_owned())], end).await;
        let listed = match listed {
            Some(Answer::Names(names)) => names,
            _ => Vec::new(),
        };
        let users: Vec<UserName> = listed.into_iter().take(USERS).map(UserName).collect();
        self.user = users.first().cloned();
        match &users.first() {
            None => {
                for action in ["iam:ListUserTags", "iam:ListAccessKeys"] {
                    self.untried(&needs, action, "no user is known to try it on");
                }
            }
            Some(user) => {
                self.try_calls(aws, &needs, [Call::UserTags((*user).clone())], end).await;
            }
        }
        let key = self.look_for_a_key(aws, &needs, users, end).await;
        match key {
            Some(key) => {
                self.try_calls(aws, &needs, [Call::LastUse(key)], end).await;
            }
            None => self.untried(&needs, "iam:GetAccessKeyLastUsed", "no access key is known to try it on"),
        }
        self.try_calls(aws, &needs, [Call::AccountSummary, Call::MakeReport, Call::CredentialReport], end).await;
    }

    /// An access key of one of these users. The first who has some, or may not be asked about, is the last one asked.
    async fn look_for_a_key(
        &mut self,
        aws: &impl Examine,
        needs: &[Need],
        users: Vec<UserName>,
        end: Option<Instant>,
    ) -> Option<AccessKeyId> {
        for user in users {
            let answer = self.try_calls(aws, needs, [Call::AccessKeys(user)], end).await?;
            if let Some(key) = first(&answer) {
                return Some(AccessKeyId(key.clone()));
            }
        }
        None
    }

    async fn look_at_regions(&mut self, aws: &impl Examine, wants: &Wants, needs: &[Need], end: Option<Instant>) {
        // With REGIONS nobody needs to list them, but who may can tell whether they are enabled.
        let enabled = match wants.regions {
            None => self.try_calls(aws, needs, [Call::Regions], end).await,
            Some(_) => timely(end, aws.ask(&Call::Regions)).await.ok(),
        };
        if let Some(Answer::Names(names)) = enabled {
            self.enabled = Some(names);
        }
        let regions = match (&wants.regions, &self.enabled) {
            (Some(named), _) => named.clone(),
            (None, Some(enabled)) => enabled.iter().cloned().map(RegionName).collect(),
            (None, None) => aws.region().into_iter().collect(),
        };
        let calls = regions.into_iter().flat_map(|region| [Call::Instances(region.clone()), Call::Events(region)]);
        let calls = calls.filter(|call| needs.iter().any(|need| need.action == call.action()));
        let asked = calls.map(async |call: Call| {
            let result = timely(end, aws.ask(&call)).await;
            (call, result)
        });
        let answers: Vec<_> = Box::pin(stream::iter(asked).buffered(SIDE_BY_SIDE).collect()).await;
        for (call, result) in answers {
            if let (Some(Answer::Instances(found)), Some(region)) = (self.note(&call, result), call.region()) {
                self.instances.extend(found.into_iter().map(|instance| (region.clone(), instance)));
            }
        }
    }

    async fn look_at_an_instance(&mut self, aws: &impl Examine, wants: &Wants, needs: &[Need], end: Option<Instant>) {
        const NONE: &str = "no instance is known to try it on";
        let mut protection = None;
        match self.pick(harm_of_a_change) {
            Some((region, instance)) => {
                let answer = self.try_calls(aws, needs, [Call::Protection(region, instance.id)], end).await;
                protection = match answer {
                    Some(Answer::Protection(protection)) => Some(protection),
                    _ => None,
                };
            }
            None => self.untried(needs, "ec2:DescribeInstanceAttribute", NONE),
        }
        for (action, harm) in [
            ("ec2:CreateTags", harm_of_a_change as fn(&State) -> u8),
            ("ec2:StopInstances", harm_of_stopping),
            ("ec2:TerminateInstances", harm_of_terminating),
            ("ec2:ModifyInstanceAttribute", harm_of_a_change),
        ] {
            let trial = self.pick(harm).map(|(region, instance)| (region, trial(action, instance, wants, protection)));
            match trial {
                Some((region, Ok(trial))) => {
                    self.try_calls(aws, needs, [Call::Trial(region, trial)], end).await;
                }
                Some((_, Err(why))) => self.untried(needs, action, why),
                None => self.untried(needs, action, NONE),
            }
        }
    }

    /// An instance to try something on. Nothing is done to it; still it is one that it would do the least to. Exempt
    /// ones may be out of reach by a policy, as docs/permissions.md has one.
    fn pick(&self, harm: impl Fn(&State) -> u8) -> Option<(RegionName, Instance)> {
        let rank = |instance: &Instance| {
            let exempt = instance.tags.contains_key(exempt::TAG);
            (exempt, instance.spot, harm(&instance.state))
        };
        self.instances.iter().min_by_key(|(_, instance)| rank(instance)).cloned()
    }
}

/// A change that is to be tried on an instance, or why it cannot be.
fn trial(
    action: &str,
    instance: Instance,
    wants: &Wants,
    protection: Option<Protection>,
) -> Result<Trial, &'static str> {
    let id = instance.id;
    match action {
        "ec2:CreateTags" => match &wants.sets {
            Some(keys) => Ok(Trial::Tag(id, keys.clone())),
            None => Err("the rules are not known that say which tags are set"),
        },
        "ec2:StopInstances" => Ok(Trial::Stop(id)),
        "ec2:TerminateInstances" => Ok(Trial::Terminate(id)),
        _ => match protection {
            Some(protection) => Ok(Trial::Protect(id, protection)),
            None => Err("what protects the instance is not known"),
        },
    }
}

fn harm_of_a_change(state: &State) -> u8 {
    u8::from(is_gone(state))
}

fn harm_of_stopping(state: &State) -> u8 {
    match state {
        State::Stopped => 0,
        state if is_gone(state) => 2,
        _ => 1,
    }
}

fn harm_of_terminating(state: &State) -> u8 {
    match state {
        State::Terminated => 0,
        State::ShuttingDown => 1,
        State::Stopped => 2,
        _ => 3,
    }
}

fn is_gone(state: &State) -> bool {
    matches!(state, State::ShuttingDown | State::Terminated)
}
