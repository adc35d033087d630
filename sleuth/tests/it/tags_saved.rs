//! Inventories that are saved and audited again; and what an audit must be allowed to do.

use aws_sdk_iam::config::Credentials;
use serde_json::{Value, json};

use crate::{
    cloud::{iam_user, launched, minutes_ago},
    documentation::{blocks, read},
    support::{Emulator, sleuth},
    tags::{CODE, IRELAND, TERMINATE, VIRGINIA, audit, aws, changes, end, errors, old, rules, run},
};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn saved_inventory_is_audited_as_the_account_was_by_any_rules() {
    let aws = aws(&[]);
    for (region, tags) in [
        (IRELAND, &[("owner", "alice")][..]),
        (IRELAND, &[("Code", "c"), ("Team", "")]),
        (VIRGINIA, &[("aws:autoscaling:groupName", "web"), ("owner", "bob")]),
    ] {
        old(&aws, region, tags).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("instances.json");
    let file = file.to_str().unwrap();
    let by_code = rules(CODE);
    let by_team = rules("[[rule]]\ntag = 'Team'\naction = 'stop'\n");

    let live = audit(&aws, &by_code, &["--save", file], &[TERMINATE]).await;
    assert_eq!((live.code, live.stderr.as_str()), (0, ""));
    let now = live.report()["generated_at"].as_str().unwrap().to_owned();
    let other = audit(&aws, &by_team, &["--now", &now], &[TERMINATE]).await;
    assert_eq!(other.report()["summary"]["by_rule"], json!({"Team": 3}));
    let calls = aws.calls().await.len();

    let from = async |rules| audit(&aws, rules, &["--from", file], &[TERMINATE]).await;
    assert_eq!(from(&by_code).await.stdout, live.stdout);
    assert_eq!(from(&by_team).await.stdout, other.stdout);
    assert_eq!(aws.calls().await.len(), calls, "AWS was called");
}

#[tokio::test]
async fn inventory_of_the_other_audit_is_refused() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    let text = sleuth::snapshot::format(&sleuth::demo::keys::inventory().unwrap()).unwrap();
    std::fs::write(keys.path(), text).unwrap();
    let path = keys.path().to_str().unwrap();
    let ended = sleuth(&["tags", "--tags", "Code", "--from", path], NOWHERE, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let said = "holds `keys-inventory` version 1; `tags-inventory` version 1 is needed";
    assert!(ended.stderr.contains(path) && ended.stderr.contains(said), "{ended:?}");
}

#[tokio::test]
async fn findings_end_with_three_only_if_asked_to() {
    let soon = "2026-07-01T00:04:59Z";
    let later = "2026-07-01T00:05:00Z";
    for (tags, now, fail_on, code) in [
        (json!({}), later, None, 0),
        (json!({}), later, Some("violation"), 3),
        (json!({}), later, Some("grace"), 3),
        (json!({}), soon, Some("violation"), 0),
        (json!({}), soon, Some("grace"), 3),
        (json!({"code": "c"}), later, Some("grace"), 0),
        (json!({"SleuthExempt": "2026-07-01"}), later, Some("violation"), 0),
        (json!({"SleuthExempt": "2026-06-30"}), later, Some("violation"), 3),
    ] {
        let instance = json!({"id": "i-1", "state": "running", "launched": "2026-07-01T00:00:00Z", "tags": tags});
        let region = json!({"name": IRELAND, "instances": [instance]});
        let account = json!({"id": null, "alias": null});
        let inventory = json!({"taken_at": "2026-07-01T00:00:00Z", "account": account, "regions": [region]});
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = json!({"version": 1, "kind": "tags-inventory", "inventory": inventory}).to_string();
        std::fs::write(file.path(), text).unwrap();
        let mut arguments = vec!["tags", "--tags", "Code", "--now", now, "--from", file.path().to_str().unwrap()];
        arguments.extend(fail_on.iter().flat_map(|status| ["--fail-on", status]));
        let ended = sleuth(&arguments, NOWHERE, &[]).await;
        assert_eq!(ended.code, code, "{tags} at {now}, {fail_on:?}: {ended:?}");
    }
}

/// The actions that the policies of the documentation allow: those of a plain run, and those of one that acts.
fn documented() -> (Vec<String>, Vec<String>) {
    let text = read("docs/permissions.md");
    let policies = blocks(&text, "json").into_iter().map(|block| serde_json::from_str::<Value>(block).unwrap());
    let actions = |policy: Value| -> Vec<String> {
        let statements = policy["Statement"].as_array().unwrap().iter();
        let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
        actions.map(|action| action.as_str().unwrap().to_owned()).collect()
    };
    let of_ec2 = |actions: &Vec<String>| actions.iter().any(|action| action.starts_with("ec2:"));
    let (reads, acts): (Vec<_>, Vec<_>) =
        policies.map(actions).filter(of_ec2).partition(|actions| actions.contains(&"ec2:DescribeRegions".to_owned()));
    (reads.concat(), acts.concat())
}

/// An AWS that checks policies, and somebody whom they bind.
struct Bound {
    aws: Emulator,
    iam: aws_sdk_iam::Client,
    id: String,
    secret: String,
}

impl Bound {
    async fn new() -> Self {
        let aws = aws(&[("INITIAL_NO_AUTH_ACTION_COUNT", "0")]);
        let bench = Credentials::new("bench", "bench", None, None, "test");
        let config = aws_sdk_iam::config::Builder::from(&aws.sdk()).credentials_provider(bench);
        let iam = aws_sdk_iam::Client::from_conf(config.build());
        iam.create_user().user_name("auditor").send().await.unwrap();
        let key = iam.create_access_key().user_name("auditor").send().await.unwrap().access_key.unwrap();
        Self { aws, iam, id: key.access_key_id, secret: key.secret_access_key }
    }

    /// Audits with these permissions.
    async fn audit(&self, actions: &[String], flags: &[&str], settings: &[(&str, &str)]) -> (i32, Value) {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let put = self.iam.put_user_policy().user_name("auditor").policy_name("audit").policy_document(policy);
        put.send().await.unwrap();
        let credentials = [
            ("AWS_ACCESS_KEY_ID", self.id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.as_str()),
            ("OWNER_LOOKUP_SECONDS", "60"),
        ];
        let ended = run(&self.aws, flags, &[&credentials, settings].concat()).await;
        (ended.code, ended.report())
    }
}

#[tokio::test]
async fn documented_permissions_suffice_and_none_of_them_is_idle() {
    let bound = Bound::new().await;
    let aws = &bound.aws;
    let doomed = old(aws, IRELAND, &[]).await;
    aws.events(IRELAND, &[launched(&iam_user("alice"), &doomed, minutes_ago((3 * 24 + 1) * 60))]).await;
    let rules = rules(&format!(
        "{CODE}[[rule]]\ntag = 'Team'\nrepair = {{ default = 'Ops' }}\nscope.tagged = true\n\
         [[rule]]\ntag = 'Project'\naction = 'stop'\nscope.tagged = true\n"
    ));
    let flags = ["--rules", rules.path().to_str().unwrap(), "--override-protection"];
    let (plain, acts) = documented();
    // What protects instances is read where they may be stopped, by a plain run too.
    let (looks, acts): (Vec<String>, Vec<String>) = acts.into_iter().partition(|action| action.contains(":Describe"));
    let reads = [&plain[..], &looks].concat();

    let notify = [("TAG_ACTION", "notify")];
    for (all, flags, setting) in [(&plain, &flags[..2], &notify), (&reads, &flags[..], &[TERMINATE])] {
        let (code, report) = bound.audit(all, flags, setting).await;
        assert_eq!((code, errors(&report)), (0, vec![]), "{report}");
        assert_eq!(report["instances"][0]["owner"]["name"], "alice");
        for idle in all {
            let fewer: Vec<String> = all.iter().filter(|action| *action != idle).cloned().collect();
            let (code, report) = bound.audit(&fewer, flags, setting).await;
            assert_eq!(code, 4, "nobody misses {idle}: {report}");
        }
    }

    let (code, report) = bound.audit(&reads, &[&flags[..], &["--apply"]].concat(), &[TERMINATE]).await;
    assert_eq!((code, end(&report, &doomed)), (4, ["terminate", "failed", "running"]));
    let stopped = old(aws, VIRGINIA, &[("Code", "c"), ("Team", "t")]).await;
    let mended = old(aws, VIRGINIA, &[("Code", "c"), ("Project", "p")]).await;
    aws.protect(IRELAND, &doomed, crate::cloud::Protection::Termination).await;
    let all = [&reads[..], &acts].concat();
    let (code, report) = bound.audit(&all, &[&flags[..], &["--apply"]].concat(), &[TERMINATE]).await;
    assert_eq!((code, errors(&report)), (0, vec![]), "{report}");
    assert_eq!(end(&report, &doomed), ["terminate", "done", "terminated"]);
    assert_eq!(end(&report, &stopped), ["stop", "done", "stopped"]);
    assert_eq!(end(&report, &mended), ["repair", "done", "running"]);
    let calls = changes(aws).await;
    for action in acts {
        let operation = action.strip_prefix("ec2:").unwrap();
        assert!(calls.iter().any(|call| call.contains(operation)), "nobody uses {action}: {calls:?}");
    }
}
