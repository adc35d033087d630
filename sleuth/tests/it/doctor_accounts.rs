//! `sleuth doctor` on many accounts: through a port in memory, and over HTTP.

use std::collections::BTreeMap;

use serde_json::json;
use sleuth::{
    config::Audit,
    doctor::{Diagnosis, Section, Status},
    exit::Exit,
    organization::{Listing, Member, Skipped},
    ports::{
        accounts::Unread,
        doctor::{Call, Decision, Trouble},
    },
};

use crate::{
    accounts::{DENIED, EXTERNAL_ID, five},
    doctor::{self as live, Account},
    doctor_fake::{Fake, SLACK, check, denied, lost, not_ok},
    support::sleuth,
};

const OWN: &str = "123456789012";
const OTHERS: [&str; 2] = ["222222222222", "444444444444"];
const ROLE: (&str, &str) = ("ASSUME_ROLE_NAME", "tools/sleuth");
const ORG: [(&str, &str); 3] = [SLACK, ("ACCOUNTS", "org"), ROLE];

fn organization(ids: &[&str]) -> Fake {
    let skipped = vec![Skipped { account: "333333333333".into(), name: None, reason: "suspended".into() }];
    let members = ids.iter().map(|id| Member::new(id)).collect();
    Fake { listing: Ok(Listing { members, skipped }), ..Fake::default() }
}

fn three() -> Fake {
    organization(&[OWN, OTHERS[0], OTHERS[1]])
}

/// What a listing that fails answers.
fn unlisted(operation: &str, trouble: Trouble) -> Fake {
    Fake { listing: Err(Unread { operation: operation.to_owned(), trouble }), ..Fake::default() }
}

fn forbidden() -> Trouble {
    Trouble::Denied("AccessDeniedException: User: x is not authorized to perform: y".to_owned())
}

fn has(diagnosis: &Diagnosis, name: &str) -> bool {
    diagnosis.checks.iter().any(|check| check.name == name)
}

fn with<'a>(settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&ORG[..], settings].concat()
}

#[tokio::test]
async fn every_other_account_is_entered_and_one_is_looked_at() {
    let fake = three();
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (Vec::new(), Exit::Done), "{diagnosis:#?}");
    assert_eq!(check(&diagnosis, "ACCOUNTS").section, Section::Settings);
    let accounts = check(&diagnosis, "accounts");
    assert_eq!(accounts.found, "3 accounts of the organization; 1 left out: 333333333333 suspended");
    assert_eq!(check(&diagnosis, "roles").found, "2 other accounts, entered by the role tools/sleuth");
    assert!(check(&diagnosis, "role").found.contains("222222222222 it may iam:GetAccountSummary"));
    assert_eq!(*fake.entered.lock().unwrap(), OTHERS);
    let asked = fake.calls.lock().unwrap().iter().filter(|call| matches!(call, Call::AccountTags(_))).count();
    assert_eq!((asked, fake.simulations.lock().unwrap().len()), (1, 0));
    for action in ["sts:AssumeRole", "organizations:ListAccounts", "organizations:ListTagsForResource"] {
        assert!(check(&diagnosis, action).found.starts_with("allowed, tried"), "{action}");
    }
}

#[tokio::test]
async fn list_needs_what_it_is_made_of() {
    let listing = |diagnosis: &Diagnosis| -> Vec<String> {
        let names = diagnosis.checks.iter().filter_map(|check| check.name.strip_prefix("organizations:List"));
        names.filter(|name| *name != "TagsForResource").map(ToOwned::to_owned).collect()
    };
    let unit = "ou-ab12-11111111";
    let below = ["AccountsForParent", "OrganizationalUnitsForParent"];
    for (settings, calls) in [
        (vec![], vec!["Accounts"]),
        (vec![("EXCLUDE_ACCOUNTS", OTHERS[0])], vec!["Accounts"]),
        (vec![("ORG_UNITS", unit)], below.to_vec()),
        (vec![("EXCLUDE_ACCOUNTS", unit)], [&["Roots"], &below[..]].concat()),
    ] {
        assert_eq!(listing(&three().examine(&[Audit::Keys], &with(&settings)).await), calls, "{settings:?}");
    }
    let listed = three().examine(&[Audit::Keys], &[SLACK, ROLE, ("ACCOUNTS", "123456789012,222222222222")]).await;
    assert_eq!((not_ok(&listed), listing(&listed)), (Vec::new(), Vec::new()));
    assert!(!has(&listed, "organizations:ListTagsForResource") && has(&listed, "sts:AssumeRole"));
}

#[tokio::test]
async fn list_that_is_denied_is_told_with_its_statement_or_whose_it_is() {
    const LIST: &str = "organizations:ListAccounts";
    let fake = unlisted("ListAccounts", forbidden());
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    let bad: Vec<_> = not_ok(&diagnosis).into_iter().filter(|(name, _)| *name != "sts:AssumeRole").collect();
    assert_eq!(bad, [(LIST, Status::Failed), ("accounts", Status::Skipped)]);
    assert_eq!(check(&diagnosis, LIST).statement.clone().unwrap().resource, "*");
    assert_eq!(diagnosis.exit(), Exit::Incomplete);
    assert!(fake.entered.lock().unwrap().is_empty());

    // It is no policy of the caller that is in the way.
    let fake =
        unlisted("ListAccounts", Trouble::Denied("AccessDeniedException: You don't have permissions".to_owned()));
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!((check(&diagnosis, LIST).status, check(&diagnosis, "accounts").status), (Status::Ok, Status::Failed));
    assert!(check(&diagnosis, "accounts").fix.clone().unwrap().contains("delegated administrators"));

    let diagnosis = unlisted("ListAccounts", lost()).examine(&[Audit::Keys], &ORG).await;
    let statuses = [LIST, "accounts"].map(|name| check(&diagnosis, name).status);
    assert_eq!((statuses, diagnosis.missing), ([Status::Unchecked; 2], None));
}

#[tokio::test]
async fn tags_of_accounts_that_may_not_be_read_are_a_missing_permission() {
    const TAGS: &str = "organizations:ListTagsForResource";
    let fake = Fake { failing: BTreeMap::from([(TAGS, denied())]), ..three() };
    assert_eq!(not_ok(&fake.examine(&[Audit::Keys], &ORG).await), [(TAGS, Status::Failed)]);
}

#[tokio::test]
async fn account_that_cannot_be_entered_is_named_and_no_permission_of_the_caller() {
    let fake = Fake { closed: BTreeMap::from([(OTHERS[0], denied())]), ..three() };
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![("roles", Status::Failed)], Exit::Incomplete));
    let found = &check(&diagnosis, "roles").found;
    assert!(
        found.starts_with("2 other accounts, of which 1 could not be entered") && found.contains(OTHERS[0]),
        "{found}"
    );

    // Of none it is not known who denies it, and IAM is asked.
    let closed = OTHERS.into_iter().map(|id| (id, denied())).collect::<BTreeMap<_, _>>();
    let fake = Fake { closed: closed.clone(), ..three() };
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!(not_ok(&diagnosis), [("roles", Status::Failed)]);
    let [asked] = fake.simulations.lock().unwrap().clone().try_into().unwrap();
    assert!(asked.ends_with("sts:AssumeRole on arn:aws:iam::222222222222:role/tools/sleuth"), "{asked}");
    let fake = Fake { closed, simulated: Some(Decision::NotAllowed), ..three() };
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!(not_ok(&diagnosis), [("sts:AssumeRole", Status::Failed), ("roles", Status::Failed)]);
    let missing = check(&diagnosis, "sts:AssumeRole").statement.clone().unwrap();
    assert_eq!(missing.resource, "arn:aws:iam::*:role/tools/sleuth");

    let fake = Fake { closed: BTreeMap::from([(OTHERS[0], lost())]), ..three() };
    assert_eq!(not_ok(&fake.examine(&[Audit::Keys], &ORG).await), [("roles", Status::Unchecked)]);
}

#[tokio::test]
async fn role_that_may_not_read_is_told() {
    let fake = Fake { inside: BTreeMap::from([("ec2:DescribeInstances", denied())]), ..three() };
    let rules = with(&[("REQUIRED_TAGS", "team")]);
    assert_eq!(not_ok(&fake.examine(&[Audit::Keys, Audit::Tags], &rules).await), [("role", Status::Failed)]);
    assert_eq!(not_ok(&fake.examine(&[Audit::Keys], &ORG).await), []);
}

#[tokio::test]
async fn other_accounts_without_a_role_are_a_wrong_setting() {
    let fake = three();
    let diagnosis = fake.examine(&[Audit::Keys], &ORG[..2]).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![("ASSUME_ROLE_NAME", Status::Failed)], Exit::Usage));
    assert_eq!(
        check(&diagnosis, "ASSUME_ROLE_NAME").found,
        "is not set: 2 accounts besides that of the credentials cannot be entered"
    );
    // The own account takes none.
    let alone = organization(&[OWN]);
    for settings in [&ORG[..2], &ORG] {
        let diagnosis = alone.examine(&[Audit::Keys], settings).await;
        assert!(not_ok(&diagnosis).is_empty() && !has(&diagnosis, "sts:AssumeRole"), "{diagnosis:#?}");
    }
}

#[tokio::test]
async fn who_audits_others_only_needs_nothing_at_home() {
    let fake = Fake { failing: BTreeMap::from([("iam:ListAccessKeys", denied())]), ..organization(&OTHERS) };
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!(not_ok(&diagnosis), []);
    assert!(diagnosis.checks.iter().all(|check| !check.name.starts_with("iam:")), "{diagnosis:#?}");
    assert_eq!(not_ok(&Fake::without("iam:ListAccessKeys", denied()).examine(&[Audit::Keys], &[SLACK]).await).len(), 1);
}

#[tokio::test]
async fn external_id_that_cannot_be_read_lets_nobody_in_and_is_never_shown() {
    let fake = Fake { failing: BTreeMap::from([("external id", denied())]), ..three() };
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/between-us";
    let diagnosis = fake.examine(&[Audit::Keys], &with(&[("ASSUME_ROLE_EXTERNAL_ID", arn)])).await;
    assert_eq!(not_ok(&diagnosis), [("roles", Status::Failed)]);
    assert!(fake.entered.lock().unwrap().is_empty());
    let found = &check(&diagnosis, "ssm:GetParameter").found;
    assert!(found.ends_with("(secrets that settings name: ASSUME_ROLE_EXTERNAL_ID)"), "{found}");
    let shown = three().examine(&[Audit::Keys], &with(&[("ASSUME_ROLE_EXTERNAL_ID", EXTERNAL_ID)])).await;
    assert!(!format!("{shown:?}").contains(EXTERNAL_ID), "{shown:#?}");
}

#[tokio::test]
async fn files_of_steps_are_a_permission_of_their_own() {
    let archive = with(&[("ARCHIVE", "s3://reports/sleuth")]);
    for (action, resource) in
        [("s3:ListBucket", "arn:aws:s3:::reports"), ("s3:GetObject", "arn:aws:s3:::reports/sleuth/runs/keys/*")]
    {
        let fake = Fake { failing: BTreeMap::from([(action, denied())]), ..three() };
        let diagnosis = fake.examine(&[Audit::Keys], &archive).await;
        assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![(action, Status::Warning)], Exit::Done));
        assert_eq!(check(&diagnosis, action).statement.clone().unwrap().resource, resource);
    }
    // Who audits one account reads nothing of the archive.
    assert!(!has(&three().examine(&[Audit::Keys], &[SLACK, archive[3]]).await, "s3:ListBucket"));
}

#[tokio::test]
async fn mistakes_about_accounts_are_told_with_all_others() {
    let settings = [SLACK, ("ACCOUNTS", "123456789012,12"), ("ORG_UNITS", "x"), ("WARNING_AGE", "soon")];
    let diagnosis = three().examine(&[Audit::Keys], &settings).await;
    let failed = |name| (name, Status::Failed);
    let bad: Vec<_> = not_ok(&diagnosis).into_iter().filter(|(_, status)| *status == Status::Failed).collect();
    assert_eq!(bad, [failed("WARNING_AGE"), failed("ORG_UNITS"), failed("ACCOUNTS")]);
    let diagnosis = three().examine(&[Audit::Keys], &[SLACK, ("ACCOUNTS", "no/such/file")]).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![failed("ACCOUNTS")], Exit::Usage));
    assert!(check(&diagnosis, "ACCOUNTS").found.contains("the file no/such/file, which cannot be read: "));
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), "12\nx\n").unwrap();
    let diagnosis = three().examine(&[Audit::Keys], &[SLACK, ("ACCOUNTS", list.path().to_str().unwrap())]).await;
    let found = &check(&diagnosis, "ACCOUNTS").found;
    assert!(found.contains("line 1: `12`") && found.contains("line 2: `x`"), "{found}");
    // The watch has no such list.
    assert!(!has(&three().examine(&[Audit::Watch], &with(&[("REQUIRED_TAGS", "team")])).await, "ACCOUNTS"));
}

#[tokio::test]
async fn accounts_are_not_looked_at_by_nobody() {
    let nobody = || Trouble::Unclear("InvalidClientTokenId".to_owned());
    let fake = Fake { failing: BTreeMap::from([("sts:GetCallerIdentity", nobody())]), ..three() };
    let diagnosis = fake.examine(&[Audit::Keys], &ORG).await;
    assert_eq!(check(&diagnosis, "accounts").status, Status::Skipped);
    assert!(fake.entered.lock().unwrap().is_empty());
}

#[tokio::test]
async fn brake_that_lets_nothing_through_in_any_account_is_warned_of() {
    let zero = ("MAX_DISABLE_TOTAL", "0");
    let warned = three().examine(&[Audit::Keys], &with(&[zero, ("ENABLE_AUTO_EXPIRE", "true")])).await;
    assert_eq!(not_ok(&warned), [("MAX_DISABLE_TOTAL", Status::Warning)]);
    assert_eq!(not_ok(&three().examine(&[Audit::Keys], &with(&[zero])).await), []);
}

#[tokio::test]
async fn organization_is_examined_and_nothing_is_changed() {
    let aws = five().await;
    let before = aws.calls().await.len();
    let settings = [
        ("ACCOUNTS", "org"),
        ROLE,
        ("ASSUME_ROLE_EXTERNAL_ID", EXTERNAL_ID),
        ("SLACK_URL", "http://127.0.0.1:9/x"),
        ("ENABLE_AUTO_EXPIRE", "true"),
    ];
    let ended = sleuth(&["doctor", "keys", "--output", "json"], &aws.url, &settings).await;
    let diagnosis = ended.report();
    assert_eq!(ended.code, 4, "{ended:#?}");
    let failed: Vec<_> = live::not_ok(&ended).into_iter().filter(|(_, status)| status == "failed").collect();
    assert_eq!(failed, live::only("roles", "failed"), "{ended:#?}");
    assert_eq!(
        live::said(&ended, "accounts"),
        "4 accounts of the organization; 1 left out: 333333333333 (closed shop) suspended"
    );
    let roles = live::said(&ended, "roles");
    let start = "3 other accounts, of which 1 could not be entered by the role tools/sleuth: 222222222222 (denied); ";
    assert!(roles.starts_with(start) && roles.contains("AccessDenied"), "{roles}");
    assert!(live::said(&ended, "role").contains("in 444444444444 (empty) it may iam:GetAccountSummary"));
    assert_eq!(live::check(&diagnosis, "sts:AssumeRole")["status"], "ok");
    assert!(!ended.stdout.contains(EXTERNAL_ID) && !ended.stderr.contains(EXTERNAL_ID), "{ended:#?}");
    let calls = aws.calls().await.split_off(before);
    assert!(calls.iter().all(|call| !call.writes()), "{calls:#?}");
    let entering: Vec<_> = calls.iter().filter(|call| call.operation == "AssumeRole").collect();
    assert!(entering.len() >= 3 && entering.iter().any(|call| call.body.contains(DENIED)), "{entering:#?}");
    assert!(entering.iter().all(|call| call.body.contains(&format!("ExternalId={EXTERNAL_ID}"))), "{entering:#?}");
}

#[tokio::test]
async fn list_that_no_policy_allows_is_named_with_its_statement() {
    let account = Account::allowing(&live::of_keys()).await;
    account.aws.tell("organization", &json!({"accounts": [{"id": OWN}, {"id": DENIED}]})).await;
    account.enforce().await;
    let ended = account.doctor(&["keys"], &[("ACCOUNTS", "org"), ROLE, ("SLACK_URL", "http://127.0.0.1:9/x")]).await;
    assert_eq!(live::check(&ended.report(), "accounts")["status"], "skipped", "{ended:#?}");
    let actions = ["organizations:ListAccounts", "organizations:ListTagsForResource"];
    let failed = ended.report()["missing"]["Statement"][0].clone();
    assert_eq!((ended.code, failed), (4, json!({"Effect": "Allow", "Action": actions, "Resource": "*"})), "{ended:#?}");
}

#[tokio::test]
async fn account_in_no_organization_is_told_so() {
    let account = Account::allowing(&live::of_keys()).await;
    let ended = account.doctor(&["keys"], &[("ACCOUNTS", "org"), ROLE, ("SLACK_URL", "http://127.0.0.1:9/x")]).await;
    let check = live::check(&ended.report(), "accounts").clone();
    assert!(check["status"] == "failed" && check["found"].as_str().unwrap().contains("in no organization"), "{check}");
}
