//! Direct messages: each owner by themselves, and nobody able to stop another.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use serde::Deserialize;
use tokio::time::Instant;

use super::{gate::Gate, post};
use crate::{
    delivery::{PartDelivery, PartResult},
    notification::OwnerMessage,
    retry::{Failure, Part, Patience, RetryPolicy},
    slack::{
        api::{Fault, WebApi},
        payload::{self, Message},
    },
    slack_id::{SlackId, SlackTarget},
};

/// How many people are told side by side, so that one whose message hangs does not use up the time of the others.
const LANES: usize = 8;

/// What came of the direct messages of a run.
pub(super) struct Told {
    parts: Vec<Direct>,
    /// What only people who cannot be told by themselves were to be told.
    left: BTreeSet<String>,
}

/// What came of one part.
struct Direct {
    delivery: PartDelivery,
    /// Whether it went to somebody who is there to read it, as far as Slack knows.
    checked: bool,
}

impl Told {
    /// The subjects that all who were to be told of them know everything about.
    pub(super) fn subjects(&self) -> BTreeSet<&str> {
        let of = |told: bool| {
            let parts = self.parts.iter().filter(move |part| part.is_told() == told);
            parts.flat_map(|part| &part.delivery.subjects).map(String::as_str)
        };
        let untold: BTreeSet<&str> = of(false).chain(self.left.iter().map(String::as_str)).collect();
        of(true).filter(|subject| !untold.contains(subject) && !subject.is_empty()).collect()
    }

    /// The parts, once it is known what became of the channel's: what was not delivered is redirected if the channel got
    /// every line of it, whatever the reason.
    pub(super) fn settle(self, channel: &[PartDelivery]) -> Vec<PartDelivery> {
        let of = |delivered: bool| {
            let parts = channel.iter().filter(move |part| (part.result == PartResult::Delivered) == delivered);
            parts.flat_map(|part| &part.subjects)
        };
        let missed: BTreeSet<&String> = of(false).collect();
        // A line about nobody in particular may be another one in the channel.
        let told: BTreeSet<&String> =
            of(true).filter(|subject| !missed.contains(subject) && !subject.is_empty()).collect();
        let mut redirected: BTreeMap<String, usize> = BTreeMap::new();
        let mut settle = |Direct { delivery, .. }| match delivery.result {
            PartResult::Undelivered { reason, .. }
                if delivery.subjects.iter().all(|subject| told.contains(subject)) =>
            {
                *redirected.entry(reason.clone()).or_default() += 1;
                PartDelivery { result: PartResult::Redirected { reason }, ..delivery }
            }
            PartResult::Undelivered { reason, text } => {
                let reason = format!("{reason}; the channel did not get it either");
                let PartDelivery { channel, ref title, part, of, .. } = delivery;
                tracing::error!(channel, title, part, of, reason, "part not delivered");
                PartDelivery { result: PartResult::Undelivered { reason, text }, ..delivery }
            }
            _ => delivery,
        };
        let settled = self.parts.into_iter().map(&mut settle).collect();
        for (reason, parts) in redirected {
            tracing::warn!(reason, parts, "not sent as direct messages, but to the channel");
        }
        settled
    }
}

impl Direct {
    /// Whether somebody got it. What Slack took for an account that may be deactivated is told to the channel, too.
    fn is_told(&self) -> bool {
        self.checked && self.delivery.result == PartResult::Delivered
    }
}

/// Tells every owner who can be told, until a time if there is one.
pub(super) async fn tell(api: &WebApi, policy: &RetryPolicy, owners: &[OwnerMessage], until: Option<Instant>) -> Told {
    let (people, left) = people(owners);
    let round = Round::new(api, policy, until);
    let tasks = people.iter().enumerate().zip(std::iter::repeat(&round)).map(in_place);
    let mut told: Vec<(usize, Vec<Direct>)> = stream::iter(tasks).buffer_unordered(LANES).collect().await;
    told.sort_by_key(|(place, _)| *place);
    Told { parts: told.into_iter().flat_map(|(_, parts)| parts).collect(), left }
}

/// A task, and the place of its result. As a closure it would keep the run from being `Send`.
async fn in_place(((place, person), round): ((usize, &Person<'_>), &Round<'_>)) -> (usize, Vec<Direct>) {
    (place, round.tell(person).await)
}

/// Somebody as a tag names them, and all that they are to be told.
struct Person<'a> {
    name: Name<'a>,
    messages: Vec<&'a OwnerMessage>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'a> {
    Id(&'a str),
    Email(&'a str),
}

/// Everybody once, in the order in which they are named, and the subjects of those who cannot be told by themselves.
fn people(owners: &[OwnerMessage]) -> (Vec<Person<'_>>, BTreeSet<String>) {
    let mut people: Vec<Person<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    let mut left = BTreeSet::new();
    for message in owners {
        let name = match &message.to.slack {
            Some(SlackTarget::Id(SlackId::User(id))) => Name::Id(id),
            Some(SlackTarget::Email(email)) => Name::Email(email),
            Some(SlackTarget::Id(SlackId::Group(_))) | None => {
                left.extend(message.notification.subjects().map(ToOwned::to_owned));
                continue;
            }
        };
        let index = *known.entry(name).or_insert(people.len());
        match people.get_mut(index) {
            Some(person) => person.messages.push(message),
            None => people.push(Person { name, messages: vec![message] }),
        }
    }
    (people, left)
}

/// The direct messages of one run.
struct Round<'a> {
    api: &'a WebApi,
    policy: &'a RetryPolicy,
    until: Option<Instant>,
    lookups: Gate,
    profiles: Gate,
    posts: Gate,
}

/// The answer of users.lookupByEmail and users.info: the parts used.
#[derive(Deserialize)]
struct Profile {
    user: User,
}

/// Somebody who can be written to.
#[derive(Default)]
struct Found {
    id: String,
    /// Whether Slack says that they have not left.
    checked: bool,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    deleted: bool,
}

impl<'a> Round<'a> {
    fn new(api: &'a WebApi, policy: &'a RetryPolicy, until: Option<Instant>) -> Self {
        // The pace is that of one channel, a message a second. Each person is a channel of their own, so that what
        // counts is the limit of the workspace: several hundred messages a minute, of which half the pace takes about a
        // hundred. users.lookupByEmail takes 50 calls a minute (tier 3), users.info 100 (tier 4)
        // (https://docs.slack.dev/apis/web-api/rate-limits/): they are made 43 and 81 times.
        let gate = |gap| Gate::new(gap, policy.budget);
        let (lookups, profiles, posts) = (gate(policy.pace * 5 / 4), gate(policy.pace * 2 / 3), gate(policy.pace / 2));
        Self { api, policy, until, lookups, profiles, posts }
    }

    /// All messages of one person, one after another. Who cannot be reached is not tried again.
    async fn tell(&self, person: &Person<'_>) -> Vec<Direct> {
        let mut patience = Patience::new(self.policy, self.until).over("the time for direct messages was over");
        let (Found { id, checked }, mut failed) = match self.find(person.name, &mut patience).await {
            Ok(found) => (found, None),
            Err(fault) => (Found::default(), Some(fault)),
        };
        let mut told = Vec::new();
        for message in &person.messages {
            for part in payload::parts(&message.notification) {
                let (attempts, sent) = match &failed {
                    Some(fault) => (0, Err(fault.clone())),
                    None => {
                        let pause = if told.is_empty() { Duration::ZERO } else { self.policy.pace };
                        patience.wait(pause).await;
                        self.posts.pass(&mut patience, || post(self.api, &id, &part.body)).await
                    }
                };
                failed = sent.as_ref().err().filter(|fault| !is_about_one_message(fault)).cloned();
                told.push(direct(&message.to.name, part, attempts, sent.map(|_| checked)));
            }
        }
        told
    }

    /// Who is there, or may be.
    async fn find(&self, name: Name<'_>, patience: &mut Patience<'_>) -> Result<Found, Fault> {
        let user = match name {
            Name::Email(email) => {
                let who = [("email", email)];
                let ask = || self.api.get::<Profile>("users.lookupByEmail", &who);
                self.lookups.pass(patience, ask).await.1?.user
            }
            Name::Id(id) => match self.profile(id).await {
                Ok(user) => user,
                Err(fault @ Fault::Addressee(_)) => return Err(fault),
                // Who may not be asked about may be there.
                Err(Fault::Failure(_)) => return Ok(Found { id: id.to_owned(), checked: false }),
            },
        };
        // Slack takes messages to people who have left (https://github.com/slackapi/python-slack-sdk/issues/1156).
        if user.deleted {
            return Err(Fault::Addressee("the account is deactivated".to_owned()));
        }
        Ok(Found { id: user.id, checked: true })
    }

    /// Asks in time of its own, and not for long: it is the message that matters.
    async fn profile(&self, id: &str) -> Result<User, Fault> {
        let brief = RetryPolicy { budget: self.policy.budget / 4, ..*self.policy };
        let mut patience = Patience::new(&brief, self.until);
        let who = [("user", id)];
        let ask = || self.api.get::<Profile>("users.info", &who);
        let (attempts, profile) = self.profiles.pass(&mut patience, ask).await;
        if let (1.., Err(Fault::Failure(failure))) = (attempts, &profile) {
            let reason = failure.clone().into_reason();
            tracing::warn!(reason, "not known whether somebody has left Slack; the channel is told, too");
        }
        profile.map(|profile| profile.user)
    }
}

fn is_about_one_message(fault: &Fault) -> bool {
    matches!(fault, Fault::Failure(Failure::Refused(_)))
}

/// What came of a part, before the channel was asked. `sent`: whether the reader was checked.
fn direct(to: &str, part: Part<Message>, attempts: u32, sent: Result<bool, Fault>) -> Direct {
    let title = format!("{} to {to}", part.title);
    let checked = sent.as_ref().is_ok_and(|checked| *checked);
    let result = match sent {
        Ok(_) => PartResult::Delivered,
        Err(fault) => PartResult::Undelivered { reason: fault.into_failure().into_reason(), text: part.text },
    };
    let Part { part: number, of, subjects, .. } = part;
    let delivery = PartDelivery { channel: "slack_dm", title, part: number, of, attempts, result, subjects };
    Direct { delivery, checked }
}
