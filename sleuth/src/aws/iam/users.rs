//! All users of an account, in as few calls as may be made.

use aws_sdk_iam::types::{EntityType, UserDetail};
use tokio::time::Instant;

use super::{Iam, PAGE, tags};
use crate::{
    aws::{
        error::{is_denied, read_error, strange},
        time,
    },
    deadline::before,
    facts::UserName,
    keys::alerts::quarantine_policy,
    ports::{ListedUser, Users},
};

/// The call is not allowed, by AWS or by `AUTHORIZATION_DETAILS`, which another call may be.
pub(in crate::aws) struct Denied;

impl Iam {
    /// All users with their tags and policies, in a few calls.
    pub(in crate::aws) async fn users_with_details(&self, end: Option<Instant>) -> (Users, Option<Denied>) {
        const CALL: &str = "GetAccountAuthorizationDetails";
        let mut users = Users::default();
        if !self.details {
            return (users, Some(Denied));
        }
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

    /// All users, without tags and policies, and the partition they are in, if there are any.
    pub(in crate::aws) async fn users_only(&self, end: Option<Instant>) -> (Users, Option<String>) {
        let mut users = Users::default();
        let mut partition = None;
        let mut pages = self.iam.list_users().into_paginator().page_size(PAGE).items().send();
        let error = loop {
            match before(end, pages.next()).await {
                Ok(Some(Ok(user))) => {
                    partition = partition.or_else(|| user.arn.split(':').nth(1).map(ToOwned::to_owned));
                    users.found.push(ListedUser {
                        name: UserName(user.user_name),
                        path: Some(user.path),
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
        (users, partition)
    }
}

fn detailed(user: &UserDetail) -> Option<ListedUser> {
    let policies = user.attached_managed_policies().iter().filter_map(|policy| policy.policy_arn());
    Some(ListedUser {
        name: UserName(user.user_name()?.to_owned()),
        path: user.path().map(ToOwned::to_owned),
        created: user.create_date.as_ref().and_then(time),
        tags: Some(tags(user.tags())),
        quarantine: policies.filter_map(quarantine_policy).map(ToOwned::to_owned).collect(),
    })
}
