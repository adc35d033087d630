//! Who launched an instance, by CloudTrail.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inventory::InstanceId;

/// A launch that CloudTrail recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// When.
    pub at: DateTime<Utc>,
    /// Who called.
    pub by: Principal,
}

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum Principal {
    /// An IAM user.
    User {
        /// Name.
        name: String,
    },
    /// Somebody who assumed a role; the session name says who, if whoever assumed it set it so.
    Role {
        /// Name of the role.
        #[serde(default)]
        role: Option<String>,
        /// Name of the session.
        session: String,
    },
    /// The root user.
    Root,
    /// An AWS service, such as `autoscaling.amazonaws.com`.
    Service {
        /// Its name.
        name: String,
    },
    /// Anybody else, such as a federated user, by the id that CloudTrail gives.
    Other {
        /// The id.
        id: String,
    },
}

/// Start of the names of roles that only AWS services assume
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>).
const SERVICE_LINKED: &str = "AWSServiceRoleFor";

impl Launch {
    /// The launch of `instance`, by a record that CloudTrail found by its id: the JSON of one record, of whose fields any may
    /// be missing. Of a launch of many instances CloudTrail leaves out the answer that names them; an answer that is there
    /// must name this one (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
    pub fn of_record(record: &str, instance: &InstanceId) -> Option<Self> {
        let record: Value = serde_json::from_str(record).ok()?;
        let launched = text(&record, "/eventName") == Some("RunInstances")
            && text(&record, "/eventSource") == Some("ec2.amazonaws.com")
            && text(&record, "/errorCode").is_none();
        let items = record.pointer("/responseElements/instancesSet/items").and_then(Value::as_array);
        let this = |item: &Value| text(item, "/instanceId") == Some(&instance.0);
        if !launched || !items.is_none_or(|items| items.iter().any(this)) {
            return None;
        }
        let at = text(&record, "/eventTime")?.parse().ok()?;
        Some(Self { at, by: Principal::of_identity(record.get("userIdentity")?)? })
    }
}

impl Principal {
    /// Who a record's `userIdentity` is
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>).
    pub fn of_identity(identity: &Value) -> Option<Self> {
        let owned = |pointer| text(identity, pointer).map(ToOwned::to_owned);
        match text(identity, "/type") {
            Some("IAMUser") => owned("/userName").map(|name| Self::User { name }),
            Some("Root") => Some(Self::Root),
            Some("AWSService") => owned("/invokedBy").map(|name| Self::Service { name }),
            Some("AssumedRole") => {
                let role = owned("/sessionContext/sessionIssuer/userName");
                let id = text(identity, "/principalId").and_then(|id| id.split_once(':')).map(|(_, session)| session);
                let arn = || text(identity, "/arn").and_then(|arn| arn.rsplit_once('/')).map(|(_, session)| session);
                let session = id.or_else(arn)?.to_owned();
                let linked = role.as_ref().is_some_and(|role| role.starts_with(SERVICE_LINKED));
                match owned("/invokedBy").filter(|_| linked) {
                    Some(name) => Some(Self::Service { name }),
                    None if linked => Some(Self::Service { name: session }),
                    None => Some(Self::Role { role, session }),
                }
            }
            _ => owned("/principalId").or_else(|| owned("/arn")).map(|id| Self::Other { id }),
        }
    }

    /// The name of the person, as far as there is one. A service is nobody, and neither is an instance, whose id is the name
    /// of the session of its role.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Role { session, .. } if is_instance_id(session) => None,
            Self::User { name } => Some(name),
            Self::Role { session, .. } => Some(session),
            Self::Root => Some("root"),
            Self::Other { id } => Some(id),
            Self::Service { .. } => None,
        }
    }
}

/// Whether this is the id of an instance: `i-` and 8 or 17 hexadecimal digits
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>).
pub(super) fn is_instance_id(text: &str) -> bool {
    let digits = text.strip_prefix("i-").unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text in a value, if there is one and it is not empty.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn principal(identity: &Value) -> Option<Principal> {
        Principal::of_identity(identity)
    }

    #[test]
    fn people_roles_root_and_services_are_told_apart() {
        let user = principal(&json!({"type": "IAMUser", "userName": "bob", "principalId": "AIDA1"}));
        assert_eq!(user, Some(Principal::User { name: "bob".into() }));
        assert_eq!(principal(&json!({"type": "Root", "principalId": "111122223333"})), Some(Principal::Root));
        let service = principal(&json!({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}));
        assert_eq!(service.unwrap().person(), None);
        assert_eq!(
            principal(&json!({"type": "FederatedUser", "principalId": "111122223333:eve"})),
            Some(Principal::Other { id: "111122223333:eve".into() })
        );
        assert_eq!(principal(&json!({"type": "IAMUser"})), None);
    }

    #[test]
    fn session_of_an_assumed_role_is_the_person() {
        let issuer = |role: &str| json!({"sessionIssuer": {"type": "Role", "userName": role}});
        let by_id =
            json!({"type": "AssumedRole", "principalId": "AROA1:bob@example.com", "sessionContext": issuer("Dev")});
        let role = Principal::Role { role: Some("Dev".into()), session: "bob@example.com".into() };
        assert_eq!(principal(&by_id), Some(role));
        let by_arn = json!({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Dev/bob"});
        assert_eq!(principal(&by_arn).unwrap().person(), Some("bob"));
        let through = json!({"type": "AssumedRole", "principalId": "AROA1:bob", "invokedBy": "cloudformation.amazonaws.com",
            "sessionContext": issuer("Dev")});
        assert_eq!(principal(&through).unwrap().person(), Some("bob"));
        let linked = json!({"type": "AssumedRole", "principalId": "AROA1:AutoScaling", "invokedBy":
            "autoscaling.amazonaws.com", "sessionContext": issuer("AWSServiceRoleForAutoScaling")});
        assert_eq!(principal(&linked), Some(Principal::Service { name: "autoscaling.amazonaws.com".into() }));
    }

    #[test]
    fn session_that_is_an_instance_is_nobody() {
        let person =
            |session: &str| Principal::Role { role: None, session: session.into() }.person().map(ToOwned::to_owned);
        assert_eq!((person("i-0a11f2c3d4e5f6071"), person("i-0a11f2c3")), (None, None));
        for name in ["i-ling@example.com", "i-0a11f2c3d4e5f607", "i-", "bob"] {
            assert_eq!(person(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn only_a_launch_of_this_instance_that_succeeded_counts() {
        let record = json!({"eventName": "RunInstances", "eventSource": "ec2.amazonaws.com",
            "eventTime": "2026-07-24T10:57:13Z", "userIdentity": {"type": "Root"},
            "responseElements": {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}});
        let launch = |record: &Value, id: &str| Launch::of_record(&record.to_string(), &InstanceId(id.into()));
        let at = "2026-07-24T10:57:13Z".parse().unwrap();
        assert_eq!(launch(&record, "i-2"), Some(Launch { at, by: Principal::Root }));
        assert_eq!(launch(&record, "i-3"), None);
        let with = |field: &str, value: Value| {
            let mut record = record.clone();
            record[field] = value;
            launch(&record, "i-2")
        };
        assert_eq!(with("errorCode", json!("Client.InstanceLimitExceeded")), None);
        assert_eq!(with("eventName", json!("StartInstances")), None);
        assert!(with("responseElements", json!(null)).is_some(), "left out, as it was too large");
        assert_eq!(with("responseElements", json!({"instancesSet": {"items": []}})), None);
        assert_eq!(with("userIdentity", json!(null)), None);
        assert_eq!(Launch::of_record("{", &InstanceId("i-2".into())), None);
    }
}
