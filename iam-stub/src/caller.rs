//! Who calls: the account's own user, or a session of a role in another account.

use chrono::{DateTime, Utc};
use hyper::{HeaderMap, header::AUTHORIZATION};

use crate::{
    account::user_arn,
    xml::{around, element, time},
};

/// What the ids of a session's credentials begin with. The number of its account is the rest.
const PREFIX: &str = "ASIASTUB";

/// Who calls.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

impl Caller {
    /// By the credentials that the request is signed with; any but a session's are those of `home`. No signature is
    /// checked.
    pub(crate) fn of(headers: &HeaderMap, home: &str) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let signed = text(AUTHORIZATION.as_str()).split_once("Credential=").map(|(_, rest)| rest);
        let id = signed.and_then(|rest| rest.split('/').next()).and_then(|id| id.strip_prefix(PREFIX));
        match id {
            Some(account) => Self {
                account: account.to_owned(),
                arn: format!("arn:aws:sts::{account}:assumed-role/{}", text("x-amz-security-token")),
            },
            None => Self { account: home.to_owned(), arn: user_arn(home, "auditor") },
        }
    }
}

/// A session that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Session<'a> {
    pub(crate) account: &'a str,
    role: &'a str,
    name: &'a str,
}

impl<'a> Session<'a> {
    /// The session of this name, with the role `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
    pub(crate) fn of(role: &'a str, name: &'a str) -> Option<Self> {
        let mut parts = role.split(':').skip(4);
        let (account, path) = (parts.next()?, parts.next()?.strip_prefix("role/")?);
        let role = path.rsplit('/').next().unwrap_or(path);
        Some(Self { account, role, name })
    }

    /// Its credentials. The token says who they are.
    pub(crate) fn answer(&self, until: DateTime<Utc>) -> String {
        let who = format!("{}/{}", self.role, self.name);
        let credentials = [
            element("AccessKeyId", &format!("{PREFIX}{}", self.account)),
            element("SecretAccessKey", "invented"),
            element("SessionToken", &who),
            element("Expiration", &time(until)),
        ];
        let user = [
            element("AssumedRoleId", &format!("AROAEXAMPLE:{}", self.name)),
            element("Arn", &format!("arn:aws:sts::{}:assumed-role/{who}", self.account)),
        ];
        around("Credentials", &credentials.concat()) + &around("AssumedRoleUser", &user.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_is_of_a_role_in_an_account() {
        let session = Session::of("arn:aws:iam::200000000001:role/tools/sleuth", "s");
        assert_eq!(session, Some(Session { account: "200000000001", role: "sleuth", name: "s" }));
        assert_eq!(Session::of("arn:aws:iam::200000000001:user/alice", "s"), None);
        assert_eq!(Session::of("sleuth", "s"), None);
    }
}
