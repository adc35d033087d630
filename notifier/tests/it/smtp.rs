//! An SMTP server of our own, for one test. Ends with it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use notifier::{EmailAddress, EmailSettings, OwnerDomains, SmtpLogin, SmtpServer};
use serde::Deserialize;
use serde_json::Value;

pub(crate) const USER: &str = "AKIAUSERUSER";
pub(crate) const PASSWORD: &str = "hush-hush";

/// `tests/smtp/server.py`, which knows how to be a difficult server.
pub(crate) struct Smtp {
    process: Child,
    output: BufReader<ChildStdout>,
    pub(crate) port: u16,
    /// The certificate of who vouches for it.
    pub(crate) authority: String,
}

/// What the server was told.
#[derive(Debug, Deserialize)]
pub(crate) struct Told {
    pub(crate) connections: usize,
    /// All that clients said, decrypted.
    pub(crate) said: String,
    pub(crate) messages: Vec<Mail>,
}

/// A message that the server took.
#[derive(Debug, Deserialize)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) encrypted: bool,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) raw: String,
}

impl Mail {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found: Vec<_> = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name)).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", self.headers);
        &found[0].1
    }
}

impl Told {
    /// Who was sent something, in that order.
    pub(crate) fn recipients(&self) -> Vec<&str> {
        self.messages.iter().flat_map(|mail| mail.to.iter().map(String::as_str)).collect()
    }
}

impl Smtp {
    pub(crate) fn start(orders: &Value) -> Self {
        let tools = std::env::var("SLEUTH_TOOLS").unwrap_or_else(|_| {
            panic!("SLEUTH_TOOLS is not set: run scripts/test, or `export SLEUTH_TOOLS=$(scripts/tools)`")
        });
        let mut process = Command::new(Path::new(&tools).join("bin/python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py"))
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

    /// The server by its URL, with its authority.
    pub(crate) fn server(&self, scheme: &str) -> SmtpServer {
        let server = self.strange(scheme);
        if scheme.ends_with("none") { server } else { server.trusting(self.authority.as_bytes()).unwrap() }
    }

    /// The server by its URL, as somebody who does not know its authority sees it.
    pub(crate) fn strange(&self, scheme: &str) -> SmtpServer {
        let (scheme, rest) = scheme.split_once('?').map_or((scheme, String::new()), |(s, q)| (s, format!("?{q}")));
        SmtpServer::parse(&format!("{scheme}://127.0.0.1:{}{rest}", self.port)).unwrap()
    }

    /// Without TLS and login, from one sender to these.
    pub(crate) fn plain(&self, to: &[&str]) -> EmailSettings {
        settings(self.server("smtp?tls=none"), None, to)
    }

    /// Ends the server.
    pub(crate) fn told(mut self) -> Told {
        drop(self.process.stdin.take());
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It has nothing to lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn login() -> SmtpLogin {
    SmtpLogin { user: USER.into(), password: PASSWORD.into() }
}

pub(crate) fn settings(server: SmtpServer, login: Option<SmtpLogin>, to: &[&str]) -> EmailSettings {
    EmailSettings {
        server,
        login,
        from: EmailAddress::parse("Sleuth <sleuth@example.com>").unwrap(),
        to: to.iter().map(|to| EmailAddress::parse(to).unwrap()).collect(),
        owners: OwnerDomains::none(),
    }
}
