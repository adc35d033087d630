//! `sleuth doctor` over HTTP: policies that the emulator checks, dry runs, channels, exit codes.

use std::collections::BTreeSet;

use aws_sdk_s3::types::ServerSideEncryption;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::{
    channels::{messages_in, topic},
    documentation::{blocks, read},
    servers::{Search, Smtp},
    support::{Emulator, Ended, sleuth},
    tags::{IRELAND, VIRGINIA, old},
};

const DISABLE: (&str, &str) = ("ENABLE_AUTO_EXPIRE", "true");
const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// An account with two users, one of them with a key, in which policies are checked, and a user who may do what is
/// allowed.
pub(crate) struct Account {
    pub(crate) aws: Emulator,
    auditor: (String, String),
}

impl Account {
    /// What moto checks has neither resources nor conditions for most calls, so that actions are allowed on anything.
    pub(crate) async fn allowing(actions: &BTreeSet<String>) -> Self {
        let aws = Emulator::with(&[("REGIONS", "eu-west-1,us-east-1"), ("INITIAL_NO_AUTH_ACTION_COUNT", "1000000")]);
        aws.user("alice", &[("Slack", "U024BE7LH")]).await;
        aws.key("alice", 70, Some(1)).await;
        aws.user("auditor", &[]).await;
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
        ]});
        let put = aws.iam().put_user_policy().user_name("auditor").policy_name("audit");
        put.policy_document(policy.to_string()).send().await.unwrap();
        let key = aws.iam().create_access_key().user_name("auditor").send().await.unwrap().access_key.unwrap();
        Self { aws, auditor: (key.access_key_id, key.secret_access_key) }
    }

    /// From now on policies are checked.
    pub(crate) async fn enforce(&self) {
        self.aws.check_policies(true).await;
    }

    pub(crate) async fn doctor(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
        let credentials =
            [("AWS_ACCESS_KEY_ID", self.auditor.0.as_str()), ("AWS_SECRET_ACCESS_KEY", self.auditor.1.as_str())];
        let arguments = [&["doctor", "--output", "json"], arguments].concat();
        sleuth(&arguments, &self.aws.url, &[&credentials, settings].concat()).await
    }
}

/// The actions of the documented policies that begin with one of these, and some more.
fn documented(services: &[&str], more: &[&str]) -> BTreeSet<String> {
    let text = read("docs/permissions.md");
    let policies = blocks(&text, "json").into_iter().map(|block| serde_json::from_str::<Value>(block).unwrap());
    let statements = policies.flat_map(|policy| policy["Statement"].as_array().unwrap().clone());
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap().clone());
    let actions = actions.map(|action| action.as_str().unwrap().to_owned());
    let mut actions: BTreeSet<String> =
        actions.filter(|action| services.iter().any(|service| action.starts_with(service))).collect();
    actions.extend(more.iter().map(ToString::to_string));
    actions
}

pub(crate) fn of_keys() -> BTreeSet<String> {
    documented(&["iam:"], &["iam:ListUserTags", "iam:UpdateAccessKey", "sns:Publish", SIMULATE])
}

fn of_tags() -> BTreeSet<String> {
    documented(&["iam:", "ec2:", "cloudtrail:"], &["sns:Publish", SIMULATE])
}

pub(crate) fn without(mut actions: BTreeSet<String>, action: &str) -> BTreeSet<String> {
    assert!(actions.remove(action), "{actions:?} lacks {action}");
    actions
}

pub(crate) fn check<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    let checks = diagnosis["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check of {name}: {diagnosis:#}"))
}

/// The checks that are not `ok`, with their status.
pub(crate) fn not_ok(ended: &Ended) -> Vec<(String, String)> {
    let diagnosis = ended.report();
    let checks = diagnosis["checks"].as_array().unwrap().iter().filter(|check| check["status"] != "ok");
    let word = |check: &Value, field: &str| check[field].as_str().unwrap().to_owned();
    checks.map(|check| (word(check, "name"), word(check, "status"))).collect()
}

pub(crate) fn only(name: &str, status: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), status.to_owned())]
}

#[tokio::test]
async fn documented_policy_is_all_that_the_audit_of_keys_needs() {
    let account = Account::allowing(&of_keys()).await;
    let (topic, _) = topic(&account.aws).await;
    account.enforce().await;
    let before = account.aws.calls().await.len();
    let settings = [DISABLE, ("SNS_TOPIC", topic.as_str())];
    let ended = account.doctor(&["keys"], &settings).await;
    assert_eq!((ended.code, not_ok(&ended)), (0, Vec::new()), "{ended:#?}");
    let diagnosis = ended.report();
    assert_eq!(diagnosis["caller"], "arn:aws:iam::123456789012:user/auditor");
    assert!(check(&diagnosis, "iam:UpdateAccessKey")["found"].as_str().unwrap().contains("IAM simulates"));
    let calls = account.aws.calls().await;
    assert!(calls.len() - before > 6 && calls[before..].iter().all(|call| !call.writes()), "{calls:#?}");
}

#[tokio::test]
async fn permission_that_is_missing_is_named_with_its_statement() {
    let account = Account::allowing(&without(of_keys(), "iam:ListAccessKeys")).await;
    account.enforce().await;
    let ended = account.doctor(&["keys"], &[DISABLE, ("SNS_TOPIC", "arn:aws:sns:us-east-1:123456789012:keys")]).await;
    let diagnosis = ended.report();
    let denied = check(&diagnosis, "iam:ListAccessKeys");
    assert_eq!((ended.code, &denied["status"]), (4, &json!("failed")), "{ended:#?}");
    assert!(denied["found"].as_str().unwrap().starts_with("not allowed: "), "{denied}");
    assert_eq!(denied["statement"], json!({"Effect": "Allow", "Action": ["iam:ListAccessKeys"], "Resource": "*"}));
    assert_eq!(diagnosis["missing"]["Statement"], json!([denied["statement"]]));
    // The last use of no key could be tried; IAM simulates that it may be.
    assert_eq!(not_ok(&ended), only("iam:ListAccessKeys", "failed"));
}

#[tokio::test]
async fn who_may_not_simulate_is_not_told_that_anything_is_missing() {
    let account = Account::allowing(&without(of_keys(), SIMULATE)).await;
    account.enforce().await;
    let ended = account.doctor(&["keys"], &[DISABLE, ("SLACK_URL", "http://127.0.0.1:9/x")]).await;
    assert_eq!((ended.code, not_ok(&ended)), (0, only("iam:UpdateAccessKey", "skipped")), "{ended:#?}");
    let found = check(&ended.report(), "iam:UpdateAccessKey")["found"].as_str().unwrap().to_owned();
    assert!(found.starts_with("not known: it could not be simulated: "), "{found}");
}

#[tokio::test]
async fn throttled_and_cut_calls_could_not_be_checked() {
    for fault in [
        json!({"operation": "ListAccessKeys", "code": "Throttling", "message": "Rate exceeded"}),
        json!({"operation": "ListAccessKeys", "cut": 20}),
        json!({"operation": "ListAccessKeys", "code": "ServiceUnavailable", "status": 503}),
    ] {
        let account = Account::allowing(&of_keys()).await;
        account.aws.fault(fault.clone()).await;
        account.enforce().await;
        let ended = account.doctor(&["keys"], &[DISABLE, ("SLACK_URL", "http://127.0.0.1:9/x")]).await;
        assert_eq!((ended.code, not_ok(&ended)), (4, only("iam:ListAccessKeys", "unchecked")), "{fault} {ended:#?}");
        assert_eq!(ended.report()["missing"], json!(null));
    }
}

/// Settings with which everything may be done to instances.
const TERMINATE: [(&str, &str); 5] = [
    ("REQUIRED_TAGS", "team"),
    ("TAG_ACTION", "terminate"),
    ("OVERRIDE_PROTECTION", "true"),
    ("CANARY_TAGS", "true"),
    ("SLACK_URL", "http://127.0.0.1:9/x"),
];

#[tokio::test]
async fn documented_policies_are_all_that_the_audit_of_tags_needs_and_nothing_is_changed() {
    let account = Account::allowing(&of_tags()).await;
    let id = old(&account.aws, IRELAND, &[("Name", "x")]).await;
    account.enforce().await;
    let before = account.aws.calls().await.len();
    let ended = account.doctor(&["tags"], &TERMINATE).await;
    assert_eq!((ended.code, not_ok(&ended)), (0, Vec::new()), "{ended:#?}");
    let trials = ["ec2:CreateTags", "ec2:StopInstances", "ec2:TerminateInstances", "ec2:ModifyInstanceAttribute"];
    for trial in trials {
        let found = check(&ended.report(), trial)["found"].as_str().unwrap().to_owned();
        assert!(found.starts_with("allowed, as EC2 says of a dry run"), "{trial}: {found}");
    }
    let calls = account.aws.calls().await.split_off(before);
    let changes: Vec<_> = calls.iter().filter(|call| trials.iter().any(|t| t.ends_with(&call.operation))).collect();
    assert_eq!(changes.len(), 5, "{calls:#?}");
    assert!(changes.iter().all(|call| call.body.split('&').any(|field| field == "DryRun=true")), "{changes:#?}");
    assert!(calls.iter().all(|call| !call.writes()), "{calls:#?}");
    let both: BTreeSet<&str> =
        calls.iter().filter(|call| call.operation == "DescribeInstances").map(|call| call.region.as_str()).collect();
    assert_eq!(both, BTreeSet::from([IRELAND, VIRGINIA]));
    assert_eq!(account.aws.states(IRELAND).await[&id], "running");
    assert_eq!(account.aws.tags(IRELAND, &id).await.len(), 1);
}

#[tokio::test]
async fn change_that_is_denied_is_told_by_its_dry_run() {
    let account = Account::allowing(&without(of_tags(), "ec2:TerminateInstances")).await;
    let id = old(&account.aws, IRELAND, &[]).await;
    account.enforce().await;
    let ended = account.doctor(&["tags"], &TERMINATE).await;
    assert_eq!((ended.code, not_ok(&ended)), (4, only("ec2:TerminateInstances", "failed")), "{ended:#?}");
    let statement = json!({"Effect": "Allow", "Action": ["ec2:TerminateInstances"],
        "Resource": "arn:aws:ec2:*:123456789012:instance/*"});
    assert_eq!(check(&ended.report(), "ec2:TerminateInstances")["statement"], statement);
    assert_eq!(account.aws.states(IRELAND).await[&id], "running");
}

#[tokio::test]
async fn instances_that_may_not_be_read_are_missing_in_all_regions() {
    let account = Account::allowing(&without(of_tags(), "ec2:DescribeInstances")).await;
    account.enforce().await;
    let ended = account.doctor(&["tags"], &TERMINATE).await;
    assert_eq!((ended.code, not_ok(&ended)), (4, only("ec2:DescribeInstances", "failed")), "{ended:#?}");
    let found = check(&ended.report(), "ec2:DescribeInstances")["found"].as_str().unwrap().to_owned();
    assert!(found.starts_with("not allowed in any of 2 regions: "), "{found}");
}

#[tokio::test]
async fn topic_that_may_not_be_published_to_is_told_before_and_by_the_test_message() {
    let account = Account::allowing(&without(of_keys(), "sns:Publish")).await;
    let (topic, _) = topic(&account.aws).await;
    account.enforce().await;
    let settings = [("SNS_TOPIC", topic.as_str())];
    let ended = account.doctor(&["keys"], &settings).await;
    assert_eq!((ended.code, not_ok(&ended)), (0, only("sns:Publish", "warning")), "{ended:#?}");
    let statement = json!({"Effect": "Allow", "Action": ["sns:Publish"], "Resource": topic});
    assert_eq!(check(&ended.report(), "sns:Publish")["statement"], statement);
    let ended = account.doctor(&["keys", "--send-test"], &settings).await;
    assert_eq!(ended.code, 4, "{ended:#?}");
    assert_eq!(not_ok(&ended), [only("sns:Publish", "warning"), only("SNS_TOPIC", "failed")].concat());
}

#[tokio::test]
async fn test_message_arrives_only_if_it_is_asked_for() {
    let aws = Emulator::start();
    let (topic, queue) = topic(&aws).await;
    let settings = [("SNS_TOPIC", topic.as_str())];
    let ended = sleuth(&["doctor", "keys"], &aws.url, &settings).await;
    assert!(ended.stdout.contains("nothing was sent"), "{ended:#?}");
    assert!(messages_in(&aws, &queue).await.is_empty());
    let ended = sleuth(&["doctor", "keys", "--send-test"], &aws.url, &settings).await;
    assert!(ended.stdout.contains("took the test message"), "{ended:#?}");
    let [message] = messages_in(&aws, &queue).await.try_into().unwrap();
    assert_eq!(message["Subject"], "Sleuth test message, nothing is wrong");
}

#[tokio::test]
async fn wrong_settings_are_told_beside_what_can_be_checked() {
    let account = Account::allowing(&of_keys()).await;
    account.enforce().await;
    let settings = [("REQUIRED_TAGS", "a,a"), ("TAG_ACTION", "explode"), ("SLACK_URL", "http://127.0.0.1:9/x")];
    let ended = account.doctor(&["all"], &settings).await;
    let diagnosis = ended.report();
    assert_eq!((ended.code, &diagnosis["audits"]), (2, &json!(["keys", "tags", "watch"])), "{ended:#?}");
    assert_eq!(check(&diagnosis, "TAG_ACTION")["status"], "failed");
    for fine in ["keys", "caller", "iam:ListAccessKeys", "SLACK_URL"] {
        assert_eq!(check(&diagnosis, fine)["status"], "ok", "{fine}");
    }
    let rules = account.doctor(&["tags"], &[("TAG_RULES_FILE", "/nowhere/rules.toml")]).await;
    assert_eq!((rules.code, &check(&rules.report(), "tag rules")["status"]), (2, &json!("failed")), "{rules:#?}");
}

#[tokio::test]
async fn without_credentials_settings_are_checked_all_the_same() {
    let nobody = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("WARNING_AGE", "soon")];
    let ended = sleuth(&["doctor", "keys", "--output", "json"], "http://127.0.0.1:9", &nobody).await;
    let diagnosis = ended.report();
    assert_eq!((ended.code, &check(&diagnosis, "WARNING_AGE")["status"]), (2, &json!("failed")), "{ended:#?}");
    assert_eq!(check(&diagnosis, "AWS credentials")["status"], "failed");
    assert_eq!(check(&diagnosis, "permissions")["status"], "skipped");
}

#[tokio::test]
async fn what_is_examined_is_what_audits_names() {
    let aws = Emulator::start();
    for (settings, audits) in
        [(vec![], json!(["keys"])), (vec![("AUDITS", "tags,keys"), ("REQUIRED_TAGS", "team")], json!(["keys", "tags"]))]
    {
        let ended = sleuth(&["doctor", "--output", "json"], &aws.url, &settings).await;
        assert_eq!(ended.report()["audits"], audits);
    }
    let ended = sleuth(&["doctor"], &aws.url, &[("AUDITS", "everything")]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
}

const ARCHIVE: (&str, &str) = ("ARCHIVE", "s3://larkspur-reports/sleuth");
const BUCKET: &str = "larkspur-reports";
/// What is asked once and not again.
const RETRY: (&str, &str) = ("NOTIFY_RETRY_SECONDS", "0");

fn nobody_is_told() -> Vec<(String, String)> {
    only("channels", "warning")
}

pub(crate) fn said(ended: &Ended, name: &str) -> String {
    check(&ended.report(), name)["found"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn archive_gets_an_object_only_if_that_is_asked_for_and_allowed() {
    let actions: BTreeSet<String> = of_keys().into_iter().chain(["s3:PutObject".to_owned()]).collect();
    let account = Account::allowing(&actions).await;
    account.aws.bucket(BUCKET).await;
    account.enforce().await;
    let ended = account.doctor(&["keys"], &[ARCHIVE]).await;
    assert_eq!((ended.code, not_ok(&ended)), (0, nobody_is_told()), "{ended:#?}");
    assert!(said(&ended, "ARCHIVE").contains("nothing was written"), "{ended:#?}");
    assert!(said(&ended, "s3:PutObject").starts_with("allowed, as IAM simulates"), "{ended:#?}");
    let ended = account.doctor(&["keys", "--send-test"], &[ARCHIVE]).await;
    assert_eq!((ended.code, not_ok(&ended)), (0, nobody_is_told()), "{ended:#?}");
    assert!(said(&ended, "ARCHIVE").contains("written, and encrypted"), "{ended:#?}");

    let refused = Account::allowing(&of_keys()).await;
    refused.aws.bucket(BUCKET).await;
    refused.enforce().await;
    let ended = refused.doctor(&["keys", "--send-test"], &[ARCHIVE]).await;
    let expected = [only("s3:PutObject", "warning"), nobody_is_told(), only("ARCHIVE", "failed")].concat();
    assert_eq!((ended.code, not_ok(&ended)), (4, expected), "{ended:#?}");
    assert!(said(&ended, "ARCHIVE").contains("AccessDenied"), "{ended:#?}");
}

#[tokio::test]
async fn test_object_says_what_it_is_and_is_taken_for_no_report() {
    let aws = Emulator::start();
    aws.bucket(BUCKET).await;
    let objects = async || {
        let listed = aws.s3().list_objects_v2().bucket(BUCKET).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect::<Vec<_>>()
    };
    sleuth(&["doctor", "keys"], &aws.url, &[ARCHIVE]).await;
    assert!(objects().await.is_empty());
    sleuth(&["doctor", "keys", "--send-test"], &aws.url, &[ARCHIVE]).await;
    assert_eq!(objects().await, ["sleuth/sleuth-doctor.json"]);
    let object = aws.s3().get_object().bucket(BUCKET).key("sleuth/sleuth-doctor.json").send().await.unwrap();
    assert_eq!(object.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
    let text: Value = serde_json::from_slice(&object.body.collect().await.unwrap().to_vec()).unwrap();
    assert!(text["about"].as_str().unwrap().contains("can be deleted"), "{text}");
    let digest = sleuth(&["digest", "--output", "json"], &aws.url, &[ARCHIVE]).await;
    assert_eq!((digest.code, &digest.report()["errors"]), (0, &json!([])), "{digest:#?}");
    let elsewhere = [("ARCHIVE", "s3://not-ours-at-all")];
    let elsewhere = sleuth(&["doctor", "keys", "--send-test"], &aws.url, &elsewhere).await;
    assert!(elsewhere.code == 4 && elsewhere.stdout.contains("NoSuchBucket"), "{elsewhere:#?}");
}

#[tokio::test]
async fn digest_needs_to_list_and_read_reports() {
    let actions = documented(&["s3:"], &["sns:Publish", SIMULATE]);
    for lacking in [None, Some("s3:ListBucket"), Some("s3:GetObject")] {
        let allowed = lacking.map_or_else(|| actions.clone(), |action| without(actions.clone(), action));
        let account = Account::allowing(&allowed).await;
        account.aws.bucket(BUCKET).await;
        let put = account.aws.s3().put_object().bucket(BUCKET).key("sleuth/1/keys/2026-07-01/a.json");
        put.body(b"{}".to_vec().into()).send().await.unwrap();
        let (topic, _) = topic(&account.aws).await;
        account.enforce().await;
        let settings = [("AUDITS", "digest"), ARCHIVE, ("SNS_TOPIC", topic.as_str())];
        let ended = account.doctor(&[], &settings).await;
        assert_eq!(ended.report()["audits"], json!(["digest"]), "{ended:#?}");
        assert_eq!(not_ok(&ended), lacking.map_or_else(Vec::new, |action| only(action, "failed")), "{ended:#?}");
        assert_eq!(ended.code, if lacking.is_some() { 4 } else { 0 });
    }
}

#[tokio::test]
async fn index_is_looked_at_and_nothing_is_written() {
    let (aws, search) = (Emulator::start(), Search::start());
    let settings = [("SEARCH_URL", search.url.as_str())];
    let looked = async || {
        let arguments = ["doctor", "keys", "--send-test", "--output", "json"];
        let ended = sleuth(&arguments, &aws.url, &settings).await;
        let status = check(&ended.report(), "SEARCH_URL")["status"].as_str().unwrap().to_owned();
        (status, said(&ended, "SEARCH_URL"))
    };
    for _ in 0..2 {
        let (status, found) = looked().await;
        assert!(status == "warning" && found.contains("there is no index template, there is no index"), "{found}");
    }
    assert_eq!(sleuth(&["search", "setup"], &aws.url, &settings).await.code, 0);
    let (status, found) = looked().await;
    assert!(status == "ok" && found.contains("reachable, and set up"), "{status}: {found}");
    let nobody = [("SEARCH_URL", "http://127.0.0.1:9"), RETRY];
    let ended = sleuth(&["doctor", "keys", "--output", "json"], &aws.url, &nobody).await;
    assert_eq!((ended.code, &check(&ended.report(), "SEARCH_URL")["status"]), (4, &json!("unchecked")), "{ended:#?}");
}

#[tokio::test]
async fn mail_server_is_logged_in_to_without_a_message() {
    let aws = Emulator::start();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    let look = ["doctor", "keys", "--output", "json"];
    let send = [&look[..], &["--send-test"]].concat();
    for (arguments, password, status, sent) in
        [(&look[..], "hush-hush", "ok", 0), (&send[..], "hush-hush", "ok", 1), (&look[..], "hush-other", "failed", 0)]
    {
        let server = Smtp::start(&json!({"tls": "implicit", "login": ["sleuth-user", "hush-hush"]}));
        std::fs::write(&authority, &server.authority).unwrap();
        let url = format!("smtps://127.0.0.1:{}", server.port);
        let settings = [
            ("SMTP_URL", url.as_str()),
            ("SMTP_CA_FILE", authority.to_str().unwrap()),
            ("SMTP_USER", "sleuth-user"),
            ("SMTP_PASSWORD", password),
            ("EMAIL_FROM", "sleuth@larkspur.example"),
            ("EMAIL_TO", "ops@larkspur.example"),
        ];
        let ended = sleuth(arguments, &aws.url, &settings).await;
        assert_eq!(check(&ended.report(), "SMTP_URL")["status"], status, "{ended:#?}");
        assert!(!ended.stdout.contains("hush") && !ended.stderr.contains("hush"), "{ended:#?}");
        assert_eq!(server.messages().len(), sent);
    }
}

#[tokio::test]
async fn bot_is_asked_for_its_scopes() {
    let (aws, slack) = (Emulator::start(), MockServer::start().await);
    aws.user("alice", &[]).await;
    aws.key("alice", 70, Some(1)).await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"ok": true, "team": "Larkspur", "user": "sleuth"}));
    let answer = answer.insert_header("x-oauth-scopes", "chat:write,users:read,users:read.email");
    Mock::given(path("/auth.test")).respond_with(answer).mount(&slack).await;
    let url = slack.uri();
    let settings = [("SLACK_BOT_TOKEN", "xoxb-hush"), ("SLACK_CHANNEL", "#keys"), ("SLACK_API_URL", &url), RETRY];
    let arguments = ["doctor", "keys", "--output", "json"];
    let ended = sleuth(&arguments, &aws.url, &settings).await;
    assert!(said(&ended, "SLACK_BOT_TOKEN").contains("sleuth of Larkspur"), "{ended:#?}");
    assert_eq!((ended.code, not_ok(&ended)), (0, only("SLACK_BOT_TOKEN", "warning")), "{ended:#?}");
    assert!(ended.stdout.contains("lacks the scope files:write") && !ended.stdout.contains("hush"), "{ended:#?}");
    let archived = sleuth(&arguments, &aws.url, &[&settings[..], &[ARCHIVE]].concat()).await;
    assert!(archived.code == 0 && !archived.stdout.contains("lacks the scope"), "{archived:#?}");
    let requests = slack.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.url.path() == "/auth.test"), "{requests:#?}");
}

#[tokio::test]
async fn secret_is_a_permission_and_what_it_holds_a_setting() {
    let actions = of_keys().into_iter().chain(["secretsmanager:GetSecretValue".to_owned()]).collect();
    let account = Account::allowing(&actions).await;
    let secrets = aws_sdk_secretsmanager::Client::new(&account.aws.sdk());
    let secret = secrets.create_secret().name("search").secret_string(r#"{"a": "hush", "b": "hush"}"#);
    let secret = secret.send().await.unwrap();
    account.enforce().await;
    let search = Search::start();
    let settings = [
        ("SEARCH_URL", search.url.as_str()),
        ("SEARCH_USER", "sleuth"),
        ("SEARCH_PASSWORD", secret.arn().unwrap()),
        ("SLACK_URL", "http://127.0.0.1:9/x"),
    ];
    let ended = account.doctor(&["keys"], &settings).await;
    let permission = "secretsmanager:GetSecretValue";
    assert_eq!(said(&ended, permission), "allowed, tried (secrets that settings name: SEARCH_PASSWORD)");
    assert_eq!((ended.code, not_ok(&ended)), (4, only("SEARCH_URL", "failed")), "{ended:#?}");
    assert!(!ended.stdout.contains("hush"), "{ended:#?}");
}
