//! Actions that list something, page by page.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Error, invalid, no_user, required};
use crate::{
    account::{Account, User, user_arn, user_id},
    faults::Call,
    xml::{around, element, time},
};

/// A call that lists something.
pub(super) struct Listing<'a> {
    pub(super) account: &'a Account,
    pub(super) call: &'a Call,
    pub(super) most: Option<usize>,
}

impl Listing<'_> {
    pub(super) fn answer(&self) -> Result<String, Error> {
        match self.call.action.as_str() {
            "ListUsers" => self.named("Users", &self.account.users, |name, user| {
                around("member", &described(&self.account.id, name, user))
            }),
            "GetAccountAuthorizationDetails" => self.details(),
            "ListEntitiesForPolicy" => self.entities(),
            "ListUserTags" => self.named("Tags", &self.user()?.tags, |key, value| tag(key, value)),
            "ListAccessKeys" => self.keys(),
            unknown => Err((400, "InvalidAction", format!("Could not find operation {unknown}"))),
        }
    }

    fn user(&self) -> Result<&User, Error> {
        let name = required(self.call, "UserName")?;
        self.account.users.get(name).ok_or_else(|| no_user(name))
    }

    fn details(&self) -> Result<String, Error> {
        if !self.wanted("Filter.member.") {
            return Ok("<UserDetailList/><IsTruncated>false</IsTruncated>".to_owned());
        }
        let page =
            self.named("UserDetailList", &self.account.users, |name, user| detail(&self.account.id, name, user))?;
        Ok(page + "<GroupDetailList/><RoleDetailList/><Policies/>")
    }

    fn entities(&self) -> Result<String, Error> {
        let arn = required(self.call, "PolicyArn")?;
        let filter = self.call.get("EntityFilter");
        let wanted = filter.is_empty() || filter == "User";
        let after = self.marker()?;
        let users = self.account.users.range::<str, _>((after.as_deref().map_or(Unbounded, Excluded), Unbounded));
        let having = users.filter(|(_, user)| wanted && user.policies.iter().any(|policy| policy == arn));
        let page = self.page(
            "PolicyUsers",
            having.map(|(name, _)| name),
            |name| name,
            |name| around("member", &(element("UserName", name) + &element("UserId", &user_id(name)))),
        )?;
        Ok(page + "<PolicyGroups/><PolicyRoles/>")
    }

    fn keys(&self) -> Result<String, Error> {
        let (name, user) = (required(self.call, "UserName")?, self.user()?);
        let start = match self.marker()? {
            Some(after) => user.keys.iter().position(|key| key.id == after).map_or(usize::MAX, |before| before + 1),
            None => 0,
        };
        self.page(
            "AccessKeyMetadata",
            user.keys.iter().skip(start),
            |key| &key.id,
            |key| {
                let member = [
                    element("UserName", name),
                    element("AccessKeyId", &key.id),
                    element("Status", &key.status),
                    element("CreateDate", &time(key.created)),
                ];
                around("member", &member.concat())
            },
        )
    }

    /// Whether users are among the kinds that a list of parameters names; if it names none, all are wanted.
    fn wanted(&self, prefix: &str) -> bool {
        let mut kinds = self.call.parameters.iter().filter(|(name, _)| name.starts_with(prefix)).peekable();
        kinds.peek().is_none() || kinds.any(|(_, kind)| kind == "User")
    }

    /// The name of the last item of the page before. It is encoded, so that nobody takes it for anything.
    fn marker(&self) -> Result<Option<String>, Error> {
        match self.call.get("Marker") {
            "" => Ok(None),
            marker => {
                let decoded = STANDARD.decode(marker).ok().and_then(|name| String::from_utf8(name).ok());
                decoded.map(Some).ok_or_else(|| invalid("Invalid Marker"))
            }
        }
    }

    /// A page of items that stand under their names. It goes on after the name of the last one, so that items may come
    /// and go between two pages.
    fn named<T>(
        &self,
        list: &str,
        items: &BTreeMap<String, T>,
        member: impl Fn(&str, &T) -> String,
    ) -> Result<String, Error> {
        let after = self.marker()?;
        let rest = items.range::<str, _>((after.as_deref().map_or(Unbounded, Excluded), Unbounded));
        self.page(list, rest, |item| item.0, |(name, item)| member(name, item))
    }

    fn page<'t, T>(
        &self,
        list: &str,
        items: impl Iterator<Item = T>,
        name: impl Fn(&T) -> &'t str,
        member: impl Fn(&T) -> String,
    ) -> Result<String, Error> {
        let asked = match self.call.get("MaxItems") {
            "" => 100,
            number => match number.parse() {
                Ok(number @ 1..=1_000) => number,
                _ => return Err(invalid("MaxItems must be between 1 and 1000")),
            },
        };
        let mut items = items.peekable();
        let (mut members, mut end) = (String::new(), String::new());
        for item in items.by_ref().take(self.most.map_or(asked, |most| asked.min(most.max(1)))) {
            members.push_str(&member(&item));
            name(&item).clone_into(&mut end);
        }
        let position = if items.peek().is_some() {
            element("IsTruncated", "true") + &element("Marker", &STANDARD.encode(end))
        } else {
            element("IsTruncated", "false")
        };
        Ok(around(list, &members) + &position)
    }
}

fn described(account: &str, name: &str, user: &User) -> String {
    [
        element("Path", "/"),
        element("UserName", name),
        element("UserId", &user_id(name)),
        element("Arn", &user_arn(account, name)),
        element("CreateDate", &time(user.created)),
    ]
    .concat()
}

fn detail(account: &str, name: &str, user: &User) -> String {
    let tags = user.tags.iter().map(|(key, value)| tag(key, value)).collect::<String>();
    let policy = |arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        around("member", &(element("PolicyName", name) + &element("PolicyArn", arn)))
    };
    let policies = user.policies.iter().map(policy).collect::<String>();
    let lists = [around("AttachedManagedPolicies", &policies), "<GroupList/>".to_owned(), around("Tags", &tags)];
    around("member", &(described(account, name, user) + &lists.concat()))
}

fn tag(key: &str, value: &str) -> String {
    around("member", &(element("Key", key) + &element("Value", value)))
}
