//! The Lambda function as it is shipped, under AWS's own Runtime Interface Emulator.

mod metrics;
mod watch;

use std::{
    ffi::OsStr,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sleuth::version;
use tempfile::NamedTempFile;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    cloud::{assumed_role, launched, minutes_ago},
    support::{Emulator, environment, tool},
};

/// A function with every audit: as it is built with these tests.
pub(crate) const BOTH: &str = env!("CARGO_BIN_EXE_sleuth-lambda");
pub(crate) const KEYS: &str = "SLEUTH_LAMBDA_KEYS";
pub(crate) const TAGS: &str = "SLEUTH_LAMBDA_TAGS";

/// The function as it is shipped, if `scripts/test` built it, else as it is built with these tests.
pub(crate) fn bootstrap(shipped: &str) -> PathBuf {
    std::env::var_os(shipped).map_or_else(|| BOTH.into(), PathBuf::from)
}

/// The function's timeout, in seconds.
const TIMEOUT: &str = "20";

/// A function under the emulator, and its log.
pub(crate) struct Function {
    emulator: Child,
    url: String,
    log: NamedTempFile,
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("127.0.0.1:{}", listener.local_addr().unwrap().port())
}

impl Function {
    pub(crate) async fn start(shipped: &str, aws: &str, settings: &[(&str, &str)]) -> Self {
        Self::start_with(bootstrap(shipped), aws, settings).await
    }

    pub(crate) async fn start_with(bootstrap: impl AsRef<OsStr>, aws: &str, settings: &[(&str, &str)]) -> Self {
        let (address, log) = (free_address(), NamedTempFile::new().unwrap());
        // Both streams at the end of one file.
        let end = std::fs::OpenOptions::new().append(true).open(log.path()).unwrap();
        let emulator = Command::new(tool("aws-lambda-rie"))
            .args(["--runtime-interface-emulator-address", &address, "--runtime-api-address", &free_address()])
            .arg(bootstrap)
            .env_clear()
            .envs(environment(aws))
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "sleuth"), ("AWS_LAMBDA_FUNCTION_TIMEOUT", TIMEOUT)])
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(end.try_clone().unwrap())
            .stderr(end)
            // The emulator starts the function; the group is what ends both.
            .process_group(0)
            .spawn()
            .unwrap();
        let started = Instant::now();
        while tokio::net::TcpStream::connect(&address).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the runtime emulator did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { emulator, url: format!("http://{address}/2015-03-31/functions/function/invocations"), log }
    }

    pub(crate) async fn invoke(&self, event: impl Into<reqwest::Body>) -> Value {
        let answer = reqwest::Client::new().post(&self.url).body(event).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{}", self.log()))
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// The reports in the log.
    pub(crate) fn reports(&self) -> Vec<Value> {
        let lines = self.log();
        let objects = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        objects.filter(|object| object["kind"].is_string() && object["deliveries"].is_array()).collect()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let group = format!("-{}", self.emulator.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.emulator.wait();
    }
}

fn scheduled() -> String {
    json!({"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2026-10-08T16:53:06Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/daily"], "detail": {}})
    .to_string()
}

#[tokio::test]
async fn any_event_starts_the_audit_and_rubbish_gets_a_clear_answer() {
    let aws = Emulator::start();
    aws.user("alice", &[]).await;
    aws.key("alice", 85, Some(1)).await;
    let function = Function::start(KEYS, &aws.url, &[]).await;
    for event in ["{}", "null", &scheduled(), "\"hello\"", "[1, 2]", "42"] {
        let answer = function.invoke(event.to_owned()).await;
        assert_eq!(answer["audits"][0]["summary"]["old"], 1, "{event}: {answer}\n{}", function.log());
    }
    for rubbish in ["{", "not json", ""] {
        let answer = function.invoke(rubbish).await;
        assert!(answer["errorMessage"].is_string(), "{rubbish}: {answer}");
    }
    assert_eq!(function.invoke("{}").await["audits"][0]["kind"], "keys", "the function lives on");
}

#[tokio::test]
async fn log_begins_with_the_build() {
    // A mistake in the settings ends an invocation at once.
    let function = Function::start(KEYS, "http://127.0.0.1:9", &[("AUDITS", "nothing")]).await;
    assert!(function.invoke("{}").await["errorMessage"].is_string());
    let log = function.log();
    let first = log.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()).unwrap();
    assert_eq!(first["message"], "started", "{log}");
    assert_eq!((&first["version"], &first["commit"]), (&json!(version::VERSION), &json!(version::COMMIT)), "{log}");
    let features = first["features"].as_str().unwrap();
    // As it is shipped, or as it is built with these tests.
    assert!(["keys", "cli keys tags"].contains(&features), "{log}");
}

#[tokio::test]
async fn expired_keys_are_disabled_owners_told_and_the_report_logged() {
    let aws = Emulator::start();
    aws.user("alice", &[("Slack", "U024BE7LH")]).await;
    let expired = aws.key("alice", 90, Some(1)).await;
    let good = aws.key("alice", 1, Some(1)).await;
    let slack = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&slack).await;
    let hush = format!("{}/hush-hush", slack.uri());
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("SLACK_URL", hush.as_str()), ("DEBUG", "1")];
    let function = Function::start(KEYS, &aws.url, &settings).await;

    let first = &function.invoke(scheduled()).await["audits"][0];
    assert_eq!((&first["done"]["disabled"], &first["summary"]["expired"]), (&json!(1), &json!(1)), "{first}");
    let second = &function.invoke(scheduled()).await["audits"][0];
    assert_eq!((&second["done"]["disabled"], &second["summary"]["disabled"]), (&json!(0), &json!(1)), "{second}");

    let statuses = aws.statuses().await;
    assert_eq!((statuses[&expired].as_str(), statuses[&good].as_str()), ("Inactive", "Active"));
    let requests = slack.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "one message about one key, once");
    assert!(String::from_utf8_lossy(&requests[0].body).contains("was disabled"));
    // Of each run: before acting, before telling, at the end.
    let outcomes: Vec<Value> = function.reports().iter().map(|report| report["keys"][0]["outcome"].clone()).collect();
    assert_eq!(outcomes[..3], [json!("planned"), json!("done"), json!("done")], "{}", function.log());
    assert!(!function.log().contains("hush-hush"), "{}", function.log());
}

#[tokio::test]
async fn undelivered_notice_fails_the_invocation_and_stays_in_the_log() {
    let aws = Emulator::start();
    aws.user("alice", &[]).await;
    aws.key("alice", 90, Some(1)).await;
    let slack = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(404).set_body_string("no_service")).mount(&slack).await;
    let uri = slack.uri();
    let settings = [("ENABLE_AUTO_EXPIRE", "true"), ("SLACK_URL", uri.as_str())];
    let function = Function::start(KEYS, &aws.url, &settings).await;

    let answer = function.invoke("{}").await;

    assert_eq!(answer["errorType"], "Sleuth.Incomplete");
    let message = answer["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("keys: incomplete: slack: AWS IAM Key Expiration Report, part 1 of 1: deliver:"),
        "{message}"
    );
    assert_eq!(aws.inactive().await.len(), 1, "what could be done is done");
    let report = function.reports().pop().unwrap();
    assert_eq!(report["keys"][0]["reason"], "nobody was told: slack: HTTP 404, `no_service`");
    assert!(report["deliveries"][0]["text"].as_str().unwrap().contains("was disabled"), "{report}");
}

#[tokio::test]
async fn function_that_runs_out_of_time_still_answers_and_logs() {
    let aws = MockServer::start().await;
    let silence = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    Mock::given(any()).respond_with(silence).mount(&aws).await;
    let function = Function::start(KEYS, &aws.uri(), &[]).await;
    let answer = function.invoke("{}").await;
    let message = answer["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains("account: deadline: the time of the run was over"), "{answer}");
    assert!(!function.reports().is_empty(), "{}", function.log());
}

#[tokio::test]
async fn bad_configuration_fails_before_the_first_call() {
    let aws = MockServer::start().await;
    let function = Function::start(KEYS, &aws.uri(), &[("WARNING_AGE", "91")]).await;
    let answer = function.invoke("{}").await;
    let message = answer["errorMessage"].as_str().unwrap();
    assert!(message.contains("WARNING_AGE is `91`: must be lower than EXPIRATION_AGE, which is 90"), "{message}");
    assert_eq!(aws.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn function_of_one_audit_refuses_the_other() {
    for (shipped, has, lacks) in [(KEYS, "keys", "tags"), (TAGS, "tags", "keys")] {
        if std::env::var_os(shipped).is_none() {
            return; // Only scripts/test builds those functions.
        }
        let aws = MockServer::start().await;
        for audits in [lacks, "keys,tags", "both"] {
            let function = Function::start(shipped, &aws.uri(), &[("AUDITS", audits)]).await;
            let answer = function.invoke("{}").await;
            let rule = format!("AUDITS is `{audits}`: must name audits that this function was built with: {has}");
            assert_eq!(answer["errorType"], "Sleuth.Configuration");
            assert!(answer["errorMessage"].as_str().unwrap().contains(&rule), "{answer}");
        }
        assert_eq!(aws.received_requests().await.unwrap().len(), 0);
    }
}

/// Rules for functions: `created_by` is set, who has no `Team` is terminated.
pub(crate) fn rules() -> NamedTempFile {
    let rules = "[[rule]]\ntag = \"created_by\"\nrepair = { launch-user = true }\n\
                 [[rule]]\ntag = \"Team\"\naction = \"terminate\"\n";
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rules).unwrap();
    file
}

#[tokio::test]
async fn function_of_the_tag_audit_changes_instances_and_logs_the_report() {
    let aws = Emulator::start();
    let bad = aws.launch("eu-west-1", &[("created_by", "bob")]).await;
    let mended = aws.launch("us-east-1", &[("Team", "a")]).await;
    for (region, id) in [("eu-west-1", &bad), ("us-east-1", &mended)] {
        aws.back_date(region, id, 60).await;
    }
    let launch = launched(&assumed_role("Dev", "carol"), &mended, minutes_ago(60));
    aws.events("us-east-1", &[launch]).await;
    let file = rules();
    let settings = [
        ("AUDITS", "tags"),
        ("TAG_RULES_FILE", file.path().to_str().unwrap()),
        ("TAG_ACTION", "terminate"),
        ("REGIONS", "eu-west-1,us-east-1"),
    ];
    let function = Function::start(TAGS, &aws.url, &settings).await;

    let answer = &function.invoke(scheduled()).await["audits"][0];

    let done = json!({"notified": 0, "repaired": 1, "stopped": 0, "terminated": 1});
    assert_eq!((&answer["kind"], &answer["done"]), (&json!("tags"), &done), "{answer}\n{}", function.log());
    assert_eq!(aws.states("eu-west-1").await[&bad], "terminated");
    assert_eq!(aws.tags("us-east-1", &mended).await["created_by"], "carol");
    let reports = function.reports();
    assert_eq!(reports.iter().map(|report| &report["kind"]).collect::<Vec<_>>(), ["tags"; 3], "{}", function.log());
}
