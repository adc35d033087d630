//! What the tests stand on: the emulator, an account in it, the binary.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use aws_sdk_iam::{
    config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider},
    types::Tag,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sleuth::{demo, report::keys::KeysReport, run};

/// A tool that `scripts/tools` installed.
pub(crate) fn tool(name: &str) -> PathBuf {
    let tools = std::env::var("SLEUTH_TOOLS").unwrap_or_else(|_| {
        panic!("SLEUTH_TOOLS is not set: run scripts/test, or `export SLEUTH_TOOLS=$(scripts/tools)`")
    });
    Path::new(&tools).join("bin").join(name)
}

/// An AWS of our own, for one test, seen from one account. Ends with the test.
pub(crate) struct Emulator {
    process: Option<Child>,
    pub(crate) url: String,
    pub(crate) account: String,
}

impl Emulator {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// An emulator with these variables: `PAGE_SIZE`, `REGIONS`, `LOOKUP_RATE`, or moto's own.
    pub(crate) fn with(environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(tool("python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/emulator.py"))
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        assert!(!port.is_empty(), "the emulator did not start");
        let (url, account) = (format!("http://127.0.0.1:{}", port.trim()), "123456789012".to_owned());
        Self { process: Some(process), url, account }
    }

    /// The same AWS, seen from another account: what is launched there is there, and not here.
    pub(crate) fn elsewhere(&self, account: &str) -> Self {
        Self { process: None, url: self.url.clone(), account: account.to_owned() }
    }

    /// An access key of the account. That of `bench` is for what a test itself does.
    pub(crate) fn credentials(&self, name: &str) -> Credentials {
        Credentials::new(format!("{name}-{}", self.account), name, None, None, "test")
    }

    pub(crate) fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.sdk())
    }

    /// For clients of any other service.
    pub(crate) fn sdk(&self) -> aws_config::SdkConfig {
        aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials("root")))
            .build()
    }

    pub(crate) fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.sdk())
    }

    /// A call of SQS, whose SDK is not worth its compile time here.
    pub(crate) async fn sqs(&self, operation: &str, body: Value) -> Value {
        let scope = format!("root-{}/20260101/us-east-1/sqs/aws4_request", self.account);
        let answer = reqwest::Client::new()
            .post(&self.url)
            .header("X-Amz-Target", format!("AmazonSQS.{operation}"))
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("Authorization", format!("AWS4-HMAC-SHA256 Credential={scope}"))
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json().await.unwrap()
    }

    /// Creates a user.
    pub(crate) async fn user(&self, name: &str, tags: &[(&str, &str)]) {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build().unwrap());
        self.iam().create_user().user_name(name).set_tags(Some(tags.collect())).send().await.unwrap();
    }

    /// Creates a key for `user`, so many days old and unused. Returns its id.
    pub(crate) async fn key(&self, user: &str, age: i64, idle: Option<i64>) -> String {
        let key = self.iam().create_access_key().user_name(user).send().await.unwrap().access_key.unwrap();
        let body = json!({"id": key.access_key_id, "created": ago(age), "last_used": idle.map(ago)});
        self.tell("access-key", &body).await;
        key.access_key_id
    }

    /// Tells the emulator what no call of AWS can: sleuth/tests/emulator/emulator.py lists it.
    pub(crate) async fn tell(&self, what: &str, body: &Value) -> Value {
        let answer = reqwest::Client::new().post(format!("{}/test/{what}", self.url)).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json().await.unwrap()
    }

    /// From now on the emulator checks policies, or does not.
    pub(crate) async fn check_policies(&self, whether: bool) {
        let unchecked = if whether { "0" } else { "inf" };
        let reset = reqwest::Client::new().post(format!("{}/moto-api/reset-auth", self.url)).body(unchecked);
        assert!(reset.header("Content-Type", "text/plain").send().await.unwrap().status().is_success());
    }

    /// The status of every key of the account, read back from it.
    pub(crate) async fn statuses(&self) -> BTreeMap<String, String> {
        let mut statuses = BTreeMap::new();
        let mut users = self.iam().list_users().into_paginator().items().send();
        while let Some(user) = users.next().await {
            let mut keys =
                self.iam().list_access_keys().user_name(user.unwrap().user_name).into_paginator().items().send();
            while let Some(key) = keys.next().await {
                let key = key.unwrap();
                statuses.insert(key.access_key_id.unwrap(), key.status.unwrap().as_str().to_owned());
            }
        }
        statuses
    }

    /// The keys of the account that do not work.
    pub(crate) async fn inactive(&self) -> Vec<String> {
        self.statuses().await.into_iter().filter(|(_, status)| status == "Inactive").map(|(id, _)| id).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A time so many days ago, and an hour more, so that it stays that many days for the length of a test.
pub(crate) fn ago(days: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::days(days) - TimeDelta::hours(1)
}

/// The environment of a run that can reach nothing but `aws`.
pub(crate) fn environment(aws: &str) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", aws),
        ("AWS_ACCESS_KEY_ID", "root"),
        ("AWS_SECRET_ACCESS_KEY", "root"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("NO_PROXY", "127.0.0.1"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

/// Runs `sleuth` with these settings only.
pub(crate) async fn sleuth(arguments: &[&str], aws: &str, settings: &[(&str, &str)]) -> Ended {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_sleuth"))
        .args(arguments)
        .env_clear()
        .envs(environment(aws))
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    Ended::from(output)
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// The JSON report.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The finding about a key.
pub(crate) fn finding<'a>(report: &'a Value, key: &str) -> &'a Value {
    let keys = report["keys"].as_array().unwrap();
    keys.iter().find(|finding| finding["key_id"] == key).unwrap_or_else(|| panic!("no finding about {key}: {report}"))
}

/// The report on the demo's account.
pub(crate) fn demo_report() -> KeysReport {
    let inventory = demo::keys::inventory().unwrap();
    run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory))
}
