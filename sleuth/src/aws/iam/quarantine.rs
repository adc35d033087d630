//! Who is quarantined, where the listing of users does not say.

use aws_sdk_iam::{operation::list_entities_for_policy::ListEntitiesForPolicyError, types::EntityType};
use tokio::time::Instant;

use super::Iam;
use crate::{
    aws::error::read_error, deadline::before, facts::ReadError, keys::alerts::QUARANTINE_POLICIES, ports::Users,
};

impl Iam {
    /// Notes who is quarantined, where the listing does not say: a call a policy, not a call a user. So only policies whose
    /// names are known are seen.
    pub(super) async fn mark_quarantined(&self, users: &mut Users, partition: &str, end: Option<Instant>) {
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
