//! Accounts where not everything may be read. The emulator checks the policies.

use serde_json::json;

use crate::support::{Emulator, finding, sleuth};

/// What the command needs to read an account, one call at a time.
const READS: [&str; 8] = [
    "iam:GetAccountAuthorizationDetails",
    "iam:ListUsers",
    "iam:ListUserTags",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccountAliases",
    "iam:GetAccountSummary",
    "iam:ListEntitiesForPolicy",
];

struct Account {
    aws: Emulator,
    auditor: (String, String),
    keys: Vec<String>,
}

/// Three users, and one whose credentials may do only what `statements` say.
async fn account(statements: serde_json::Value) -> Account {
    let aws = Emulator::with(&[("PAGE_SIZE", "1"), ("INITIAL_NO_AUTH_ACTION_COUNT", "1000000")]);
    let mut keys = Vec::new();
    for user in ["alice", "bob", "carol"] {
        aws.user(user, &[("Slack", "U024BE7LH"), ("Name", user)]).await;
        keys.push(aws.key(user, 70, Some(1)).await);
    }
    aws.user("auditor", &[]).await;
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let put = aws.iam().put_user_policy().user_name("auditor").policy_name("audit").policy_document(policy);
    put.send().await.unwrap();
    let key = aws.iam().create_access_key().user_name("auditor").send().await.unwrap().access_key.unwrap();
    aws.check_policies(true).await;
    Account { aws, auditor: (key.access_key_id, key.secret_access_key), keys }
}

impl Account {
    async fn audit(&self) -> (i32, serde_json::Value) {
        let credentials =
            [("AWS_ACCESS_KEY_ID", self.auditor.0.as_str()), ("AWS_SECRET_ACCESS_KEY", self.auditor.1.as_str())];
        let arguments = ["keys", "--output", "json", "--inactivity-age", "60", "--inactivity-warning-age", "50"];
        let ended = sleuth(&arguments, &self.aws.url, &credentials).await;
        (ended.code, ended.report())
    }
}

fn allow(without: &str) -> serde_json::Value {
    let actions: Vec<&str> = READS.into_iter().filter(|action| *action != without).collect();
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}

#[tokio::test]
async fn users_are_listed_one_by_one_where_the_fast_call_is_denied() {
    let fast = account(allow("")).await.audit().await;
    let account = account(allow("iam:GetAccountAuthorizationDetails")).await;
    let (code, report) = account.audit().await;
    assert_eq!((fast.0, code), (0, 0), "{report}");
    assert_eq!(report["summary"], fast.1["summary"]);
    let key = finding(&report, &account.keys[0]);
    assert_eq!((&key["slack"], &key["status"]), (&json!("U024BE7LH"), &json!("good")), "{key}");
}

#[tokio::test]
async fn unread_last_use_is_unknown() {
    let account = account(allow("iam:GetAccessKeyLastUsed")).await;
    let (code, report) = account.audit().await;
    // The auditor's own key was made a moment ago.
    assert_eq!((code, &report["summary"]["unknown"]), (4, &json!(3)), "{report}");
    assert_eq!(finding(&report, &account.keys[0])["idle_days"], json!(null));
}

#[tokio::test]
async fn an_account_nothing_may_be_read_of_is_not_an_account_in_order() {
    let account = account(json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}])).await;
    let (code, report) = account.audit().await;
    assert_eq!((code, &report["summary"]["users"]), (4, &json!(0)), "{report}");
    let operations: Vec<_> = report["errors"].as_array().unwrap().iter().map(|e| e["operation"].clone()).collect();
    assert_eq!(operations, ["ListAccountAliases", "GetAccountSummary", "ListUsers", "doubt"], "{report}");
}
