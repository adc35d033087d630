//! Servers that reports go to: OpenSearch and SMTP, on this machine, for one test each.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::tool;

/// `osmem-server`, an OpenSearch in memory: a double, which knows templates, bulk requests and searches, but no logins.
pub(crate) struct Search {
    process: Child,
    pub(crate) url: String,
}

impl Search {
    pub(crate) fn start() -> Self {
        let where_it_is = "import osmem_server; print(osmem_server.resolve_binary(), end='')";
        let found = Command::new(tool("python")).args(["-c", where_it_is]).output().unwrap();
        let binary = String::from_utf8(found.stdout).unwrap();
        let mut process = Command::new(binary).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        Self { process, url: ready["url"].as_str().unwrap().to_owned() }
    }

    /// The documents of a kind.
    pub(crate) async fn documents(&self, kind: &str) -> Vec<Value> {
        let ask = async |path: &str, body: Value| {
            let request = reqwest::Client::new().post(format!("{}/aws-audits/{path}", self.url)).json(&body);
            request.send().await.unwrap().json::<Value>().await.unwrap()
        };
        ask("_refresh", json!({})).await;
        let found = ask("_search", json!({"size": 1_000, "query": {"term": {"kind": kind}}})).await;
        found["hits"]["hits"].as_array().unwrap().iter().map(|hit| hit["_source"].clone()).collect()
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The mail server of the notifier's tests, which does as it is told.
pub(crate) struct Smtp {
    process: Child,
    output: BufReader<ChildStdout>,
    pub(crate) port: u16,
    /// The certificate of who vouches for it.
    pub(crate) authority: String,
}

impl Smtp {
    pub(crate) fn start(orders: &Value) -> Self {
        let mut process = Command::new(tool("python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../notifier/tests/smtp/server.py"))
            .arg(orders.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        let port = started["port"].as_u64().unwrap().try_into().unwrap();
        Self { process, output, port, authority: started["authority"].as_str().unwrap().to_owned() }
    }

    /// Ends it. Returns the messages that it took.
    pub(crate) fn messages(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        let mut told = String::new();
        self.output.read_to_string(&mut told).unwrap();
        self.process.wait().unwrap();
        serde_json::from_str::<Value>(&told).unwrap()["messages"].as_array().unwrap().clone()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
