//! All users of an account, in as few calls as may be made.

use aws_sdk_iam::{
    operation::list_entities_for_policy::ListEntitiesForPolicyError,
    types::{EntityType, UserDetail},
};
use tokio::time::Instant;

use super::{Iam, PAGE, read_error, strange, tags, time};

use crate::{
    aws::error::is_denied,
    deadline::before,
    facts::{ReadError, UserName},
    keys::alerts::{QUARANTINE_POLICIES, quarantine_policy},
    ports::{ListedUser, Users},
};

/// The call is not allowed, which another call may be.
pub(super) struct Denied;

impl Iam {
    /// All users with their tags and policies, in a few calls.
    pub(super) async fn users_with_details(&self, end: Option<Instant>) -> (Users, Option<Denied>) {
        const CALL: &str = "GetAccountAuthorizationDetails";
        let mut users = Users::default();
        let call = self.iam.get_account_authorization_details().filter(EntityType::User).max_items(PAGE);
        let mut pages = call.into_paginator().send();
        loop {
            match before(end, pages.next()).await {
                Ok(None) => return (users, None),
                Ok(Some(Ok(page))) => {
                    for user in page.user_detail_list() {
                        match detailed(user) {
                            Some(user) => users.found.push(user),
                            None => users.errors.push(strange(CALL, "a user without a name")),
                        }
                    }
                }
                Ok(Some(Err(error))) => {
                    let denied = is_denied(&error).then_some(Denied);
                    users.errors.push(read_error(CALL, &error));
                    users.broke_off = true;
                    return (users, denied);
                }
                Err(over) => {
                    users.errors.push(over);
                    users.broke_off = true;
                    return (users, None);
                }
            }
        }
    }

    /// All users, without tags.
    pub(super) async fn users_only(&self, end: Option<Instant>) -> Users {
        let mut users = Users::default();
        let mut partition = None;
        let mut pages = self.iam.list_users().into_paginator().page_size(PAGE).items().send();
        let error = loop {
            match before(end, pages.next()).await {
                Ok(Some(Ok(user))) => {
                    partition = partition.or_else(|| user.arn.split(':').nth(1).map(ToOwned::to_owned));
                    users.found.push(ListedUser {
                        name: UserName(user.user_name),
                        created: time(&user.create_date),
                        tags: None,
                        quarantine: Vec::new(),
                    });
                }
                Ok(None) => break None,
                Ok(Some(Err(error))) => break Some(read_error("ListUsers", &error)),
                Err(over) => break Some(over),
            }
        };
        users.broke_off = error.is_some();
        users.errors.extend(error);
        // Of what could not be listed at all there is nothing more to ask.
        if let Some(partition) = partition {
            self.mark_quarantined(&mut users, &partition, end).await;
        }
        users
    }

    /// Notes who is quarantined, where the listing does not say: a call a policy, not a call a user. So only policies whose
    /// names are known are seen.
    async fn mark_quarantined(&self, users: &mut Users, partition: &str, end: Option<Instant>) {
        for policy in QUARANTINE_POLICIES {
            let arn = format!("arn:{partition}:iam::aws:policy/{policy}");
            match self.attached_to(arn, end).await {
                Ok(names) => {
                    for user in users.found.iter_mut().filter(|user| names.contains(&user.name.0)) {
                        user.quarantine.push(policy.to_owned());
                    }
                }
                Err(error) => {
                    // What one of them is answered, the others are.
                    users.errors.push(error);
                    return;
                }
            }
        }
    }

    /// The users that a policy of AWS is attached to.
    async fn attached_to(&self, arn: String, end: Option<Instant>) -> Result<Vec<String>, ReadError> {
        let call = self.iam.list_entities_for_policy().policy_arn(arn).entity_filter(EntityType::User);
        let mut pages = call.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = before(end, pages.next()).await? {
            match page {
                Ok(page) => names.extend(page.policy_users().iter().filter_map(|user| user.user_name.clone())),
                // Not every partition has every version of the policy.
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(ListEntitiesForPolicyError::is_no_such_entity_exception) =>
                {
                    break;
                }
                Err(error) => return Err(read_error("ListEntitiesForPolicy", &error)),
            }
        }
        Ok(names)
    }
}

fn detailed(user: &UserDetail) -> Option<ListedUser> {
    let policies = user.attached_managed_policies().iter().filter_map(|policy| policy.policy_arn());
    Some(ListedUser {
        name: UserName(user.user_name()?.to_owned()),
        created: user.create_date.as_ref().and_then(time),
        tags: Some(tags(user.tags())),
        quarantine: policies.filter_map(quarantine_policy).map(ToOwned::to_owned).collect(),
    })
}
