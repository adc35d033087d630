//! A run over many accounts by AWS Step Functions: the definition that Terraform deploys, a distributed map over real
//! processes of the function as it is shipped.

use std::time::{Duration, Instant};

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    accounts::{BRAKED, DENIED, EMPTY, EXTERNAL_ID, PAYER, five},
    lambda::{Function, KEYS, TAGS, bootstrap},
    support::Emulator,
    tags::{IRELAND, old},
};

const BUCKET: &str = "larkspur-runs";
/// The time of a schedule's event.
const TIME: &str = "2026-11-21T09:00:00Z";
const DEFINITION: &str = include_str!("../../../terraform/modules/organization/state_machine.asl.json");

/// An organization, the function, the state machine and who is told.
struct Machine {
    aws: Emulator,
    slack: MockServer,
    arn: String,
}

/// How an execution ended.
struct Execution {
    status: String,
    error: String,
    output: String,
    events: Vec<Value>,
}

impl Machine {
    async fn start(settings: &[(&str, &str)]) -> Self {
        Self::of(KEYS, 50, settings).await
    }

    async fn of(shipped: &str, percent: u32, settings: &[(&str, &str)]) -> Self {
        let (aws, slack) = (five().await, MockServer::start().await);
        Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("ok")).mount(&slack).await;
        aws.bucket(BUCKET).await;
        let slack_url = format!("{}/services/T/B/x", slack.uri());
        let archive = format!("s3://{BUCKET}/sleuth");
        let mut environment = json!({
            "ACCOUNTS": "org", "ASSUME_ROLE_NAME": "tools/sleuth", "ASSUME_ROLE_EXTERNAL_ID": EXTERNAL_ID, "ARCHIVE": archive,
            "SLACK_URL": slack_url, "ENABLE_AUTO_EXPIRE": "true", "MAX_DISABLE": "3", "MAX_DISABLE_TOTAL": "4",
        });
        for (name, value) in settings {
            environment[*name] = json!(value);
        }
        let function = json!({"name": "sleuth", "program": bootstrap(shipped), "environment": environment, "timeout": 20, "processes": 3});
        let function = aws.tell("function", &function).await["arn"].as_str().unwrap().to_owned();
        let definition = DEFINITION
            .replace("${partition}", "aws")
            .replace("${function_arn}", &function)
            .replace("${timeout_seconds}", "25")
            .replace("${max_concurrency}", "3")
            .replace("${tolerated_failure_percentage}", &percent.to_string());
        assert!(!definition.contains("${"), "{definition}");
        let role = "arn:aws:iam::123456789012:role/states";
        let body = json!({"name": "sleuth", "definition": definition, "roleArn": role});
        let arn = states(&aws, "CreateStateMachine", &body).await["stateMachineArn"].as_str().unwrap().to_owned();
        Self { aws, slack, arn }
    }

    async fn execute(&self, name: &str, input: &Value) -> Execution {
        let body = json!({"stateMachineArn": self.arn, "name": name, "input": input.to_string()});
        let arn = states(&self.aws, "StartExecution", &body).await["executionArn"].clone();
        let started = Instant::now();
        loop {
            let told = states(&self.aws, "DescribeExecution", &json!({"executionArn": arn})).await;
            if told["status"] == "RUNNING" {
                assert!(started.elapsed() < Duration::from_secs(120), "{told}\n{}", self.log().await);
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            let history = states(&self.aws, "GetExecutionHistory", &json!({"executionArn": arn})).await;
            let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
            let error = format!("{}: {}", text("error"), text("cause"));
            let events = history["events"].as_array().unwrap().clone();
            return Execution { status: text("status"), error, output: text("output"), events };
        }
    }

    async fn run(&self) -> Execution {
        self.execute("scheduled", &json!({"time": TIME})).await
    }

    /// What goes wrong with invocations of the function whose event contains a text.
    async fn fault(&self, fault: &str, contains: &str, more: Value) {
        let mut body = json!({"name": "sleuth", "fault": fault, "contains": contains});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.aws.tell("function-fault", &body).await;
    }

    async fn log(&self) -> String {
        self.aws.tell("function-log", &json!({"name": "sleuth"})).await.as_str().unwrap().to_owned()
    }

    /// Keys that the function was told to disable.
    async fn disabled(&self) -> usize {
        let calls = self.aws.writes().await;
        calls.iter().filter(|call| call.operation == "UpdateAccessKey").count()
    }

    async fn messages(&self) -> Vec<String> {
        let messages = self.slack.received_requests().await.unwrap();
        messages.iter().map(|message| String::from_utf8_lossy(&message.body).into_owned()).collect()
    }

    /// Names of objects below the prefix, and their texts.
    async fn objects(&self) -> Vec<(String, String)> {
        let s3 = self.aws.s3();
        let listed = s3.list_objects_v2().bucket(BUCKET).into_paginator().send().try_collect().await.unwrap();
        let mut objects = Vec::new();
        for object in listed.iter().flat_map(ListObjectsV2Output::contents) {
            let key = object.key().unwrap();
            let body = s3.get_object().bucket(BUCKET).key(key).send().await.unwrap().body.collect().await.unwrap();
            let text = String::from_utf8(body.to_vec()).unwrap();
            objects.push((key.strip_prefix("sleuth/").unwrap().to_owned(), text));
        }
        objects
    }

    /// The report on all accounts.
    async fn report(&self) -> Value {
        let objects = self.objects().await;
        let is_report = |name: &str| name.starts_with("organization/") && name.strip_suffix(".json").is_some();
        let report = objects.iter().find(|(name, _)| is_report(name));
        let (_, text) =
            report.unwrap_or_else(|| panic!("{:?}", objects.iter().map(|(name, _)| name).collect::<Vec<_>>()));
        serde_json::from_str(text).unwrap()
    }
}

/// A call of Step Functions.
async fn states(aws: &Emulator, operation: &str, body: &Value) -> Value {
    let scope = "bench-123456789012/20260101/us-east-1/states/aws4_request";
    let call = reqwest::Client::new()
        .post(&aws.url)
        .header("X-Amz-Target", format!("AWSStepFunctions.{operation}"))
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("Authorization", format!("AWS4-HMAC-SHA256 Credential={scope}"));
    let answer = call.body(body.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{operation}: {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

fn ids(report: &Value) -> Vec<&str> {
    report["accounts"].as_array().unwrap().iter().map(|one| one["account"]["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn whole_organization_is_audited_applied_told_once_and_kept() {
    let machine = Machine::start(&[("EXCLUDE_ACCOUNTS", DENIED)]).await;
    let ended = machine.run().await;
    assert_eq!(ended.status, "SUCCEEDED", "{}\n{:#?}\n{}", ended.error, ended.events, machine.log().await);
    let output: Value = serde_json::from_str(&ended.output).unwrap();
    assert_eq!((&output["kind"], &output["run"]), (&json!("keys-accounts"), &json!(TIME)));
    assert_eq!((machine.aws.inactive().await.len(), machine.aws.elsewhere(BRAKED).inactive().await.len()), (1, 3));
    let report = machine.report().await;
    assert_eq!(ids(&report), [PAYER, EMPTY, BRAKED]);
    assert_eq!((&report["summary"]["disabled_now"], &report["applied"]), (&json!(4), &json!(true)));
    assert_eq!(report["skipped"].as_array().unwrap().len(), 2);
    // One message in short, one about all keys.
    let messages = machine.messages().await;
    assert_eq!(messages.len(), 2, "{messages:?}");
    for words in ["4 disabled now", "By account", "555555555555 (busy): 3 expired, 3 disabled now"] {
        assert!(messages[0].contains(words), "{words}: {}", messages[0]);
    }
    assert!(messages[1].contains("was disabled") && messages[1].contains("<@U0BUSY123>"), "{}", messages[1]);

    let objects = machine.objects().await;
    let names: Vec<&str> = objects.iter().map(|(name, _)| name.as_str()).collect();
    for id in [PAYER, EMPTY, BRAKED] {
        let own = |extension: &str| {
            names.iter().any(|name| name.starts_with(&format!("{id}/keys/")) && name.ends_with(extension))
        };
        assert!(own(".json") && own(".html"), "{id}: {names:?}");
    }
    let run = |name: &str| names.contains(&format!("runs/keys/{TIME}/{name}").as_str());
    assert!(run("claim.json") && run("gate.json") && run("done/555555555555.json") && !run("done/444444444444.json"));
    // Nobody reads an external id, or the address of a webhook.
    let log = machine.log().await;
    let told = objects.iter().map(|(_, text)| text).chain(&messages).chain([&log, &ended.output]);
    for text in told {
        assert!(!text.contains(EXTERNAL_ID) && !text.contains("/services/"), "{text}");
    }

    let again = machine.execute("duplicate", &json!({"time": TIME})).await;
    assert_eq!(again.status, "SUCCEEDED");
    let answer: Value = serde_json::from_str(&again.output).unwrap();
    assert_eq!(answer["duplicate"], true, "{answer}");
    assert_eq!((machine.messages().await.len(), machine.disabled().await), (2, 4));
}

#[tokio::test]
async fn account_that_cannot_be_entered_or_is_at_its_brake_is_told_and_costs_no_other() {
    let machine = Machine::start(&[("MAX_DISABLE", "2")]).await;
    let ended = machine.run().await;
    assert_eq!(ended.status, "FAILED");
    assert!(ended.error.starts_with("Sleuth.Incomplete"), "{}", ended.error);
    let report = machine.report().await;
    assert_eq!(report["errors"][0]["subject"], "account 222222222222 (denied)");
    assert_eq!((report["errors"].as_array().unwrap().len(), &report["brake"]), (1, &json!(null)), "{report}");
    assert_eq!(report["accounts"][2]["brake"], "3 keys were to be disabled, MAX_DISABLE is 2");
    assert_eq!((machine.aws.inactive().await.len(), machine.aws.elsewhere(BRAKED).inactive().await.len()), (1, 0));
    assert!(machine.messages().await[0].contains("account 222222222222 (denied): AssumeRole"));
}

#[tokio::test]
async fn brake_over_all_accounts_applies_nothing() {
    let machine = Machine::start(&[("MAX_DISABLE_TOTAL", "3"), ("EXCLUDE_ACCOUNTS", DENIED)]).await;
    let ended = machine.run().await;
    assert_eq!(ended.status, "FAILED");
    let said = "4 keys were to be disabled in 2 accounts, MAX_DISABLE_TOTAL is 3";
    assert_eq!(machine.report().await["brake"], said);
    assert_eq!(machine.disabled().await, 0);
    assert!(machine.messages().await.iter().all(|message| message.contains(said)), "{:?}", machine.messages().await);
    let entered = |name: &str| ended.events.iter().any(|event| event["stateEnteredEventDetails"]["name"] == name);
    assert!(entered("Gate") && entered("Consolidate") && !entered("Apply"));
}

#[tokio::test]
async fn worker_that_dies_hangs_or_talks_rubbish_is_named_and_costs_no_other() {
    let machine = Machine::start(&[("EXCLUDE_ACCOUNTS", DENIED)]).await;
    let plan = |account: &str| format!("\"step\":\"plan\",\"run\":\"{TIME}\",\"account\":\"{account}\"");
    // One dies whenever it is tried; one is tried again after its first process died; one does nothing and says rubbish.
    machine.fault("exit", &plan(EMPTY), json!({})).await;
    machine.fault("exit", &plan(PAYER), json!({"times": 1})).await;
    machine.fault("skip", &plan(BRAKED), json!({"answer": "rubbish"})).await;
    let machine = Machine { aws: machine.aws, slack: machine.slack, arn: machine.arn };
    let ended = machine.run().await;
    assert_eq!(ended.status, "FAILED", "{}", ended.output);
    let report = machine.report().await;
    let subjects: Vec<_> = report["errors"].as_array().unwrap().iter().map(|error| error["subject"].clone()).collect();
    assert_eq!(subjects, ["account 444444444444 (empty)", "account 555555555555 (busy)"], "{report}");
    assert!(report["errors"][0]["message"].as_str().unwrap().contains("its worker left no report"));
    assert_eq!((ids(&report), machine.disabled().await), (vec![PAYER], 1));
    assert!(machine.messages().await[0].contains("account 444444444444 (empty): worker"));
}

#[tokio::test]
async fn change_whose_worker_died_or_was_out_of_time_is_made_once_and_told() {
    let machine = Machine::start(&[("EXCLUDE_ACCOUNTS", DENIED)]).await;
    // It did all, and nobody heard of it: its time passes. The other dies right after its change.
    let apply = format!("\"step\":\"apply\",\"run\":\"{TIME}\",\"account\":\"{BRAKED}\"");
    machine.fault("hang", &apply, json!({"times": 1})).await;
    let dies = json!({"operation": "UpdateAccessKey", "account": PAYER, "kill": true, "done": true, "times": 1});
    machine.aws.tell("fault", &dies).await;
    let ended = machine.run().await;
    assert_eq!((machine.aws.inactive().await.len(), machine.aws.elsewhere(BRAKED).inactive().await.len()), (1, 3));
    assert_eq!(machine.disabled().await, 4, "each once");
    let report = machine.report().await;
    assert_eq!(report["summary"]["disabled_now"], 4, "{}: {report}", ended.error);
    let key = &report["accounts"][0]["keys"][0];
    assert_eq!(key["outcome"], "done", "{key}");
    assert!(key["reason"].as_str().unwrap().contains("an earlier one was broken off"), "{key}");
    assert!(machine.messages().await[1].contains("alice-0"), "its owner is told");
}

#[tokio::test]
async fn too_many_lost_workers_stop_all_changes() {
    let machine = Machine::of(KEYS, 10, &[("EXCLUDE_ACCOUNTS", DENIED)]).await;
    machine.fault("exit", &format!("\"account\":\"{EMPTY}\""), json!({})).await;
    let ended = machine.run().await;
    assert_eq!((ended.status.as_str(), machine.disabled().await), ("FAILED", 0));
    let report = machine.report().await;
    assert!(report["brake"].as_str().unwrap().starts_with("the plans were not counted"), "{report}");
    assert!(machine.messages().await[0].contains("the plans were not counted"));
}

#[tokio::test]
async fn steps_are_refused_by_functions_that_are_not_for_many_accounts() {
    let aws = five().await;
    let before = aws.calls().await.len();
    let function = |environment: Value| json!({"name": "single", "program": bootstrap(KEYS), "environment": environment, "timeout": 20});
    for (environment, said) in [(json!({}), "ACCOUNTS is not set"), (json!({"ACCOUNTS": "org"}), "ARCHIVE is not set")]
    {
        aws.tell("function", &function(environment)).await;
        let url = format!("{}/2015-03-31/functions/single/invocations", aws.url);
        let event = json!({"step": "gate", "run": "r"}).to_string();
        let scope = "AWS4-HMAC-SHA256 Credential=bench-123456789012/20260101/us-east-1/lambda/aws4_request";
        let answer = reqwest::Client::new().post(url).header("Authorization", scope).body(event).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["errorType"], "Sleuth.Configuration", "{answer}");
        assert!(answer["errorMessage"].as_str().unwrap().contains(said), "{answer}");
    }
    assert!(aws.calls().await[before..].iter().all(|call| call.service != "iam"));
}

#[tokio::test]
async fn instances_of_an_organization_are_terminated_by_counted_plans() {
    let settings = [
        ("AUDITS", "tags"),
        ("TAG_ACTION", "terminate"),
        ("REQUIRED_TAGS", "owner"),
        ("REGIONS", IRELAND),
        ("EXCLUDE_ACCOUNTS", DENIED),
        ("MAX_TERMINATE_TOTAL", "2"),
    ];
    let machine = Machine::of(TAGS, 50, &settings).await;
    let mut ids = Vec::new();
    for account in [PAYER, BRAKED] {
        ids.push((account, old(&machine.aws.elsewhere(account), IRELAND, &[]).await));
    }
    let ended = machine.run().await;
    assert_eq!(ended.status, "SUCCEEDED", "{}\n{}", ended.error, machine.log().await);
    for (account, id) in &ids {
        assert_eq!(machine.aws.elsewhere(account).states(IRELAND).await[id], "terminated");
    }
    let report = machine.report().await;
    assert_eq!((&report["kind"], &report["summary"]["terminated"]), (&json!("tags-accounts"), &json!(2)));

    // One more than all together may lose.
    for account in [PAYER, BRAKED, EMPTY] {
        ids.push((account, old(&machine.aws.elsewhere(account), IRELAND, &[]).await));
    }
    let ended = machine.execute("again", &json!({"run": "again"})).await;
    assert_eq!(ended.status, "FAILED");
    assert!(ended.error.contains("MAX_TERMINATE_TOTAL is 2"), "{}", ended.error);
    for (account, id) in &ids[2..] {
        assert_eq!(machine.aws.elsewhere(account).states(IRELAND).await[id], "running");
    }
}

#[tokio::test]
async fn one_invocation_does_all_accounts_too() {
    let (aws, slack) = (five().await, MockServer::start().await);
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("ok")).mount(&slack).await;
    let url = format!("{}/services/T/B/x", slack.uri());
    let settings = [
        ("ACCOUNTS", "org"),
        ("EXCLUDE_ACCOUNTS", DENIED),
        ("ASSUME_ROLE_NAME", "sleuth"),
        ("ENABLE_AUTO_EXPIRE", "true"),
        ("SLACK_URL", &url),
    ];
    let function = Function::start(KEYS, &aws.url, &settings).await;
    let answer = function.invoke("{}").await;
    let summary = &answer["audits"][0]["summary"];
    assert_eq!((&summary["audited"], &summary["disabled_now"]), (&json!(3), &json!(4)), "{answer}\n{}", function.log());
    assert_eq!((aws.inactive().await.len(), aws.elsewhere(BRAKED).inactive().await.len()), (1, 3));
    assert_eq!(slack.received_requests().await.unwrap().len(), 2);
    let reports = function.reports();
    let of_kind = |kind: &str| reports.iter().filter(|report| report["kind"] == kind).count();
    // Each account's before the changes, after them, and at the end; and one on all.
    assert_eq!((of_kind("keys"), of_kind("keys-accounts")), (9, 1));
}
