//! The examination through a port in memory: what cannot be had of an emulator.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use notifier::{
    Channel, Login, Notifier, RetryPolicy, SearchIndex, SearchUrl,
    memory::Memory,
    slack::{SlackBot, SlackChannel},
};
use serde_json::json;
use sleuth::{
    config::{ArchiveConfig, Audit, Flags, Outputs, Role, TagFlags, TagsConfig},
    doctor::{
        Check, Diagnosis, Status,
        examine::{Order, examine},
        settings::Settings,
    },
    exit::Exit,
    organization::{Asked, Listing},
    ports::{
        accounts::Unread,
        doctor::{Answer, Call, Caller, Decision, Examine, Trial, Trouble},
    },
    rules_source::{self, RulesError},
    tags::{Instance, InstanceId, Protection, RegionName, RuleSet, State},
};
use tokio::time::Instant;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

const USER: &str = "arn:aws:iam::123456789012:user/auditor";
const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/sleuth/somebody";

/// An account that allows everything but what it is told not to.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) caller: &'static str,
    pub(crate) expiry: Option<DateTime<Utc>>,
    /// Calls that fail, by action.
    pub(crate) failing: BTreeMap<&'static str, Trouble>,
    /// What IAM simulates; `None`: that is denied.
    pub(crate) simulated: Option<Decision>,
    /// The ARN of the caller's role, if it may be read.
    pub(crate) role: Option<&'static str>,
    pub(crate) instances: Vec<Instance>,
    /// The accounts of the organization.
    pub(crate) listing: Result<Listing, Unread>,
    /// Accounts that cannot be entered.
    pub(crate) closed: BTreeMap<&'static str, Trouble>,
    /// Calls that fail in those that can be.
    pub(crate) inside: BTreeMap<&'static str, Trouble>,
    /// Those that were tried to be entered.
    pub(crate) entered: Mutex<Vec<String>>,
    pub(crate) channel: Memory,
    /// Another channel, instead of that one.
    pub(crate) other: Option<Channel>,
    /// Where the search index is.
    pub(crate) index: String,
    /// The keys of the archive's objects.
    pub(crate) objects: Vec<&'static str>,
    /// What was written into the archive: bucket and prefix, name, text.
    pub(crate) kept: Mutex<Vec<(String, String, String)>>,
    /// A call that is never answered.
    pub(crate) hanging: Option<&'static str>,
    /// Every call, and whose policies were simulated with which actions.
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) simulations: Mutex<Vec<String>>,
}

pub(crate) fn denied() -> Trouble {
    Trouble::Denied("AccessDenied: no".to_owned())
}

pub(crate) fn lost() -> Trouble {
    Trouble::Unanswered("Throttling: Rate exceeded".to_owned())
}

fn now() -> DateTime<Utc> {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

impl Default for Fake {
    fn default() -> Self {
        let instance = |id: &str, state| Instance::new(InstanceId(id.to_owned()), state);
        Self {
            caller: USER,
            expiry: None,
            failing: BTreeMap::new(),
            simulated: Some(Decision::Allowed),
            role: None,
            instances: vec![instance("i-running", State::Running), instance("i-stopped", State::Stopped)],
            listing: Ok(Listing::default()),
            closed: BTreeMap::new(),
            inside: BTreeMap::new(),
            entered: Mutex::default(),
            channel: Memory::default(),
            other: None,
            index: String::new(),
            objects: vec!["sleuth/1/keys/2026-07-01/a.html", "sleuth/1/keys/2026-07-01/a.json"],
            kept: Mutex::default(),
            hanging: None,
            calls: Mutex::default(),
            simulations: Mutex::default(),
        }
    }
}

impl Fake {
    pub(crate) fn without(action: &'static str, trouble: Trouble) -> Self {
        Self { failing: BTreeMap::from([(action, trouble)]), ..Self::default() }
    }

    pub(crate) async fn examine(&self, audits: &[Audit], settings: &[(&str, &str)]) -> Diagnosis {
        self.in_order(audits, settings, Order { now: now(), end: None, send_test: false }).await
    }

    async fn in_order(&self, audits: &[Audit], settings: &[(&str, &str)], order: Order) -> Diagnosis {
        let environment: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let settings = Settings::read(&environment, audits.to_vec(), &Flags::default(), &TagFlags::default());
        examine(self, &settings, order).await
    }

    fn trials(&self) -> Vec<Trial> {
        let calls = self.calls.lock().unwrap().clone();
        let trial = |call| match call {
            Call::Trial(_, trial) => Some(trial),
            _ => None,
        };
        calls.into_iter().filter_map(trial).collect()
    }
}

impl Examine for Fake {
    type Role = Role;

    fn region(&self) -> Option<RegionName> {
        Some(RegionName("eu-west-1".to_owned()))
    }

    async fn expiry(&self) -> Option<DateTime<Utc>> {
        self.expiry
    }

    async fn caller(&self) -> Result<Caller, Trouble> {
        match self.failing.get("sts:GetCallerIdentity") {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(Caller { account: "123456789012".to_owned(), arn: self.caller.to_owned() }),
        }
    }

    async fn role(&self, _: &str) -> Result<String, Trouble> {
        self.role.map(ToOwned::to_owned).ok_or_else(denied)
    }

    async fn ask(&self, call: &Call) -> Result<Answer, Trouble> {
        self.calls.lock().unwrap().push(call.clone());
        if self.hanging == Some(call.action()) {
            std::future::pending::<()>().await;
        }
        if let Some(trouble) = self.failing.get(call.action()) {
            return Err(trouble.clone());
        }
        let names = |names: &[&str]| Answer::Names(names.iter().map(ToString::to_string).collect());
        Ok(match call {
            Call::AccountAliases => names(&["acme"]),
            Call::UserDetails | Call::Users => names(&["alice", "bob"]),
            Call::AccessKeys(user) if user.0 == "bob" => names(&["AKIABOB"]),
            Call::AccessKeys(_) => names(&[]),
            Call::Regions => names(&["eu-west-1", "us-east-1"]),
            Call::Instances(_) => Answer::Instances(self.instances.clone()),
            Call::Reports(_) => names(&self.objects),
            Call::Protection(..) => Answer::Protection(Protection { termination: true, stop: false }),
            _ => Answer::Allowed,
        })
    }

    async fn accounts(&self, asked: &Asked) -> Result<Listing, Unread> {
        match asked {
            Asked::Organization { .. } => self.listing.clone(),
            Asked::Listed(members) => Ok(Listing { members: members.clone(), skipped: Vec::new() }),
        }
    }

    async fn role_elsewhere(&self, role: &Role) -> Result<Role, Trouble> {
        self.failing.get("external id").map_or_else(|| Ok(role.clone()), |trouble| Err(trouble.clone()))
    }

    async fn enter(&self, _: &Role, _: &Caller, account: &str) -> Result<Self, Trouble> {
        self.entered.lock().unwrap().push(account.to_owned());
        match self.closed.get(account) {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(Self { failing: self.inside.clone(), ..Self::default() }),
        }
    }

    async fn simulate(
        &self,
        principal: &str,
        actions: &[&'static str],
        resource: &str,
    ) -> Result<Vec<(&'static str, Decision)>, Trouble> {
        let asked = format!("{principal}: {} on {resource}", actions.join(", "));
        self.simulations.lock().unwrap().push(asked);
        let decision = self.simulated.clone().ok_or_else(denied)?;
        Ok(actions.iter().map(|action| (*action, decision.clone())).collect())
    }

    async fn rules(&self, config: &TagsConfig) -> Result<RuleSet, RulesError> {
        rules_source::known(&config.rules).map(Option::unwrap_or_default)
    }

    async fn notifier(&self, _: &Outputs) -> Result<Notifier, Trouble> {
        match self.failing.get("notifier") {
            Some(trouble) => Err(trouble.clone()),
            None => {
                let channel = self.other.clone().unwrap_or_else(|| Channel::Memory(self.channel.clone()));
                Ok(Notifier::new(vec![channel]))
            }
        }
    }

    async fn search(&self, config: &Outputs) -> Result<SearchIndex, Trouble> {
        let search = config.search.as_ref().unwrap();
        let (url, retry) = (SearchUrl::parse(&self.index).unwrap(), impatient());
        Ok(SearchIndex::new(url, Login::None, search.index.clone(), retry).unwrap())
    }

    async fn keep(&self, archive: &ArchiveConfig, name: &str, content: &str) -> Result<(), Trouble> {
        let place = format!("{}/{}", archive.bucket, archive.prefix);
        self.kept.lock().unwrap().push((place, name.to_owned(), content.to_owned()));
        self.failing.get("keep").map_or(Ok(()), |trouble| Err(trouble.clone()))
    }
}

fn impatient() -> RetryPolicy {
    RetryPolicy { budget: Duration::ZERO, ..RetryPolicy::default() }
}

/// A server that gives one answer to requests of a method.
async fn answering(answers: Vec<(&str, ResponseTemplate)>) -> MockServer {
    let server = MockServer::start().await;
    for (name, answer) in answers {
        Mock::given(method(name)).respond_with(answer).mount(&server).await;
    }
    server
}

pub(crate) fn check<'a>(diagnosis: &'a Diagnosis, name: &str) -> &'a Check {
    let found = diagnosis.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check of {name}: {diagnosis:#?}"))
}

pub(crate) fn not_ok(diagnosis: &Diagnosis) -> Vec<(&str, Status)> {
    let bad = diagnosis.checks.iter().filter(|check| check.status != Status::Ok);
    bad.map(|check| (check.name.as_str(), check.status)).collect()
}

pub(crate) const SLACK: (&str, &str) = ("SLACK_URL", "https://hooks.slack.com/services/T/B/x");
const DISABLE: (&str, &str) = ("ENABLE_AUTO_EXPIRE", "true");
const TAGS: [(&str, &str); 4] =
    [SLACK, ("REQUIRED_TAGS", "team"), ("TAG_ACTION", "terminate"), ("CANARY_TAGS", "true")];

#[tokio::test]
async fn all_is_well_where_everything_is_allowed() {
    let fake = Fake::default();
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK, DISABLE]).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (Vec::new(), Exit::Done), "{diagnosis:#?}");
    assert_eq!(diagnosis.account.to_string(), "123456789012 (acme)");
    // The key of the second user, as the first has none.
    assert!(fake.calls.lock().unwrap().iter().any(|call| matches!(call, Call::LastUse(key) if key.0 == "AKIABOB")));
    assert_eq!(
        *fake.simulations.lock().unwrap(),
        [format!("{USER}: iam:UpdateAccessKey on arn:aws:iam::123456789012:user/alice")]
    );
    assert!(fake.channel.sent().is_empty());
}

#[tokio::test]
async fn what_is_denied_is_missing_and_what_is_throttled_is_not() {
    for (trouble, status, missing) in [(denied(), Status::Failed, true), (lost(), Status::Unchecked, false)] {
        let fake = Fake::without("iam:GetAccountSummary", trouble);
        let diagnosis = fake.examine(&[Audit::Keys], &[SLACK]).await;
        assert_eq!(not_ok(&diagnosis), [("iam:GetAccountSummary", status)]);
        assert_eq!((diagnosis.exit(), diagnosis.missing.is_some()), (Exit::Incomplete, missing));
    }
}

#[tokio::test]
async fn where_the_fast_call_is_denied_the_others_are_looked_at() {
    let mut fake = Fake::without("iam:GetAccountAuthorizationDetails", denied());
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK]).await;
    assert_eq!(not_ok(&diagnosis), [("iam:GetAccountAuthorizationDetails", Status::Warning)]);
    assert_eq!(diagnosis.exit(), Exit::Done);
    fake.failing.insert("iam:ListUserTags", denied());
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK]).await;
    assert_eq!(check(&diagnosis, "iam:ListUserTags").status, Status::Failed);
    assert_eq!(diagnosis.exit(), Exit::Incomplete);
}

#[tokio::test]
async fn what_cannot_be_simulated_is_not_known() {
    let fake = Fake { simulated: None, ..Fake::default() };
    let topic = ("SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:keys");
    let diagnosis = fake.examine(&[Audit::Keys], &[topic, DISABLE]).await;
    assert_eq!(not_ok(&diagnosis), [("sns:Publish", Status::Skipped), ("iam:UpdateAccessKey", Status::Skipped)]);
    assert_eq!(diagnosis.exit(), Exit::Done);
    // Who was told no once does not ask again.
    assert_eq!(fake.simulations.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn role_is_simulated_by_its_own_arn() {
    let path = "arn:aws:iam::123456789012:role/team/sleuth";
    for (role, asked) in [(Some(path), path), (None, "arn:aws:iam::123456789012:role/sleuth")] {
        let fake = Fake { caller: ROLE, role, ..Fake::default() };
        fake.examine(&[Audit::Keys], &[SLACK, DISABLE]).await;
        let simulations = fake.simulations.lock().unwrap();
        assert!(simulations[0].starts_with(&format!("{asked}: ")), "{simulations:?}");
    }
}

#[tokio::test]
async fn root_and_federated_users_are_not_simulated() {
    for (caller, warned) in
        [("arn:aws:iam::123456789012:root", true), ("arn:aws:sts::123456789012:federated-user/bob", false)]
    {
        let fake = Fake { caller, ..Fake::default() };
        let diagnosis = fake.examine(&[Audit::Keys], &[SLACK, DISABLE]).await;
        assert_eq!(check(&diagnosis, "iam:UpdateAccessKey").status, Status::Skipped);
        assert_eq!(check(&diagnosis, "caller").status == Status::Warning, warned);
        assert!(fake.simulations.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn trials_are_made_on_instances_that_they_would_do_least_to() {
    let fake = Fake::default();
    let diagnosis = fake.examine(&[Audit::Tags], &[&TAGS[..], &[("OVERRIDE_PROTECTION", "true")]].concat()).await;
    assert_eq!(not_ok(&diagnosis), [], "{diagnosis:#?}");
    let id = |id: &str| InstanceId(id.to_owned());
    let as_it_is = Protection { termination: true, stop: false };
    assert_eq!(
        fake.trials(),
        [
            Trial::Tag(id("i-running"), vec!["canary_timestamp".to_owned()]),
            Trial::Stop(id("i-stopped")),
            Trial::Terminate(id("i-stopped")),
            Trial::Protect(id("i-running"), as_it_is),
        ]
    );
}

#[tokio::test]
async fn nothing_is_tried_that_settings_do_not_allow() {
    let fake = Fake::default();
    let diagnosis = fake.examine(&[Audit::Tags], &[SLACK, ("REQUIRED_TAGS", "team")]).await;
    assert_eq!((not_ok(&diagnosis), fake.trials()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn without_an_instance_changes_are_simulated() {
    let fake = Fake { instances: Vec::new(), ..Fake::default() };
    let diagnosis = fake.examine(&[Audit::Tags], &TAGS).await;
    assert_eq!(not_ok(&diagnosis), []);
    let found = &check(&diagnosis, "ec2:TerminateInstances").found;
    assert!(found.contains("as IAM simulates") && found.contains("no instance is known"), "{found}");
    assert_eq!(fake.trials(), []);
}

#[tokio::test]
async fn watch_without_regions_looks_at_that_of_the_run() {
    let fake = Fake::without("ec2:DescribeRegions", denied());
    let diagnosis = fake.examine(&[Audit::Watch], &TAGS).await;
    assert_eq!(not_ok(&diagnosis), [("s3:GetObject", Status::Skipped)]);
    let calls = fake.calls.lock().unwrap();
    let asked: Vec<_> = calls.iter().filter(|call| matches!(call, Call::Instances(_))).collect();
    assert_eq!(asked, [&Call::Instances(RegionName("eu-west-1".to_owned()))]);
}

#[tokio::test]
async fn region_that_is_not_enabled_is_a_wrong_setting() {
    let fake = Fake::default();
    let diagnosis = fake.examine(&[Audit::Tags], &[&TAGS[..], &[("REGIONS", "eu-west-1,me-south-1")]].concat()).await;
    assert_eq!(not_ok(&diagnosis), [("REGIONS", Status::Failed)]);
    assert_eq!(diagnosis.exit(), Exit::Usage);
    // Who may not list regions need not with REGIONS, and nobody knows then.
    let fake = Fake::without("ec2:DescribeRegions", denied());
    let diagnosis = fake.examine(&[Audit::Tags], &[&TAGS[..], &[("REGIONS", "eu-west-1")]].concat()).await;
    assert_eq!(not_ok(&diagnosis), []);
}

#[tokio::test]
async fn secret_that_may_not_be_read_is_a_missing_permission() {
    const ACTION: &str = "secretsmanager:GetSecretValue";
    let secret = ("SLACK_URL", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack");
    let fake = Fake { failing: BTreeMap::from([(ACTION, denied()), ("notifier", denied())]), ..Fake::default() };
    let diagnosis = fake.examine(&[Audit::Keys], &[secret]).await;
    let failed = [(ACTION, Status::Failed), ("SLACK_URL", Status::Failed)];
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (failed.to_vec(), Exit::Incomplete));
    let check = check(&diagnosis, ACTION);
    assert_eq!(check.statement.clone().unwrap().resource, secret.1);
    assert!(check.found.ends_with("(secrets that settings name: SLACK_URL)"), "{check:?}");
    let fake = Fake { failing: BTreeMap::from([(ACTION, lost()), ("notifier", lost())]), ..Fake::default() };
    let diagnosis = fake.examine(&[Audit::Keys], &[secret]).await;
    assert_eq!(not_ok(&diagnosis), [(ACTION, Status::Unchecked), ("SLACK_URL", Status::Unchecked)]);
}

#[tokio::test]
async fn every_secret_is_tried_by_itself() {
    let arn = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}");
    let (slack, mail) = (arn("slack"), arn("mail"));
    let settings = [
        ("SLACK_URL", slack.as_str()),
        ("SMTP_URL", "smtps://smtp.example.com"),
        ("SMTP_USER", &mail),
        ("SMTP_PASSWORD", &mail),
        ("EMAIL_FROM", "sleuth@example.com"),
        ("EMAIL_TO", "ops@example.com"),
    ];
    let fake = Fake::default();
    let diagnosis = fake.examine(&[Audit::Keys], &settings).await;
    assert_eq!(not_ok(&diagnosis), []);
    let checks = diagnosis.checks.iter().filter(|check| check.name == "secretsmanager:GetSecretValue");
    let found: Vec<&str> = checks.map(|check| check.found.as_str()).collect();
    assert_eq!(
        found,
        [
            "allowed, tried (secrets that settings name: SLACK_URL)",
            "allowed, tried (secrets that settings name: SMTP_USER, SMTP_PASSWORD)",
        ]
    );
    let calls = fake.calls.lock().unwrap();
    assert_eq!(calls.iter().filter(|call| matches!(call, Call::Secret(_))).count(), 2);
}

const ARCHIVE: (&str, &str) = ("ARCHIVE", "s3://reports/sleuth");

#[tokio::test]
async fn archive_is_simulated_and_written_to_only_if_that_is_asked_for() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/0a1b";
    let fake = Fake::default();
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK, ARCHIVE, ("ARCHIVE_KMS_KEY", key)]).await;
    assert_eq!(not_ok(&diagnosis), []);
    assert!(check(&diagnosis, "ARCHIVE").found.contains("nothing was written"));
    let mut simulations = fake.simulations.lock().unwrap().clone();
    simulations.sort();
    let object = "arn:aws:s3:::reports/sleuth/sleuth-doctor.json";
    assert_eq!(
        simulations,
        [format!("{USER}: kms:GenerateDataKey on {key}"), format!("{USER}: s3:PutObject on {object}")]
    );
    assert!(fake.kept.lock().unwrap().is_empty());

    let order = Order { now: now(), end: None, send_test: true };
    let diagnosis = fake.in_order(&[Audit::Keys], &[SLACK, ARCHIVE], order).await;
    assert_eq!(not_ok(&diagnosis), []);
    let [(place, name, text)] = fake.kept.lock().unwrap().clone().try_into().unwrap();
    assert_eq!((place.as_str(), name.as_str()), ("reports/sleuth/", "sleuth-doctor"));
    assert!(text.contains("can be deleted") && text.contains("123456789012"), "{text}");
    let refusing = Fake::without("keep", Trouble::Unclear("the store does not say that it is encrypted".to_owned()));
    let diagnosis = refusing.in_order(&[Audit::Keys], &[SLACK, ARCHIVE], order).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![("ARCHIVE", Status::Failed)], Exit::Incomplete));
}

#[tokio::test]
async fn archive_that_the_callers_policies_do_not_allow_may_be_allowed_by_the_bucket() {
    let fake = Fake { simulated: Some(Decision::NotAllowed), ..Fake::default() };
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK, ARCHIVE, ("ARCHIVE_KMS_KEY", "alias/reports")]).await;
    // Whose alias that is cannot be simulated.
    let expected = [("s3:PutObject", Status::Warning), ("kms:GenerateDataKey", Status::Skipped)];
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (expected.to_vec(), Exit::Done));
    let missing = check(&diagnosis, "s3:PutObject").statement.clone().unwrap();
    assert_eq!(missing.resource, "arn:aws:s3:::reports/sleuth/*");
}

#[tokio::test]
async fn digest_lists_and_reads_reports_and_writes_none() {
    let fake = Fake::default();
    let order = Order { now: now(), end: None, send_test: true };
    let diagnosis = fake.in_order(&[Audit::Digest], &[SLACK, ARCHIVE], order).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (Vec::new(), Exit::Done), "{diagnosis:#?}");
    let permissions: Vec<&str> = diagnosis.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(permissions, ["digest", "caller", "s3:ListBucket", "s3:GetObject", "SLACK_URL", "ARCHIVE"]);
    assert!(check(&diagnosis, "ARCHIVE").found.contains("the digest only reads it"));
    assert!(fake.kept.lock().unwrap().is_empty());
    let read = |call: &Call| matches!(call, Call::Report(_, key) if key.ends_with("a.json"));
    assert!(fake.calls.lock().unwrap().iter().any(read));

    // Without a report nothing can be read, and IAM is asked.
    let empty = Fake { objects: Vec::new(), ..Fake::default() };
    let diagnosis = empty.examine(&[Audit::Digest], &[SLACK, ARCHIVE]).await;
    let found = &check(&diagnosis, "s3:GetObject").found;
    assert!(found.contains("as IAM simulates") && found.contains("no report is known"), "{found}");
    for (action, resource) in
        [("s3:ListBucket", "arn:aws:s3:::reports"), ("s3:GetObject", "arn:aws:s3:::reports/sleuth/*")]
    {
        let diagnosis = Fake::without(action, denied()).examine(&[Audit::Digest], &[SLACK, ARCHIVE]).await;
        assert_eq!(not_ok(&diagnosis), [(action, Status::Failed)]);
        assert_eq!(check(&diagnosis, action).statement.clone().unwrap().resource, resource);
    }
}

#[tokio::test]
async fn digest_without_a_store_is_a_wrong_setting() {
    let diagnosis = Fake::default().examine(&[Audit::Digest], &[SLACK]).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![("ARCHIVE", Status::Failed)], Exit::Usage));
}

/// Signed, by its address; the fake has its own.
const DOMAIN: (&str, &str) = ("SEARCH_URL", "https://search-audits-abc.eu-west-1.es.amazonaws.com");

#[tokio::test]
async fn search_that_is_answered_is_a_permission_that_was_tried() {
    let found = json!({
        "timed_out": false, "_shards": { "total": 1, "failed": 0 }, "hits": { "hits": [] },
    });
    let found = || ResponseTemplate::new(200).set_body_json(&found);
    let nothing = ResponseTemplate::new(404).set_body_json(json!({ "error": { "type": "index_not_found_exception" } }));
    let forbidden = || ResponseTemplate::new(403).set_body_json(json!({ "Message": "not authorized" }));
    for (get, post, permission, output) in [
        (nothing.clone(), found(), Status::Ok, Status::Warning),
        (forbidden(), found(), Status::Ok, Status::Skipped),
        (nothing.clone(), forbidden(), Status::Failed, Status::Failed),
        (nothing, ResponseTemplate::new(503), Status::Unchecked, Status::Unchecked),
    ] {
        let server = answering(vec![("GET", get), ("POST", post)]).await;
        let fake = Fake { index: server.uri(), ..Fake::default() };
        let order = Order { now: now(), end: None, send_test: true };
        let diagnosis = fake.in_order(&[Audit::Keys], &[SLACK, DOMAIN], order).await;
        let statuses = ["es:ESHttpPost", "SEARCH_URL"].map(|name| check(&diagnosis, name).status);
        assert_eq!(statuses, [permission, output], "{diagnosis:#?}");
        let requests = server.received_requests().await.unwrap();
        assert!(requests.iter().all(|r| r.method.as_str() == "GET" || r.url.path().ends_with("/_search")));
        if permission == Status::Failed {
            let missing = check(&diagnosis, "es:ESHttpPost").statement.clone().unwrap();
            assert_eq!(missing.resource, "arn:aws:es:eu-west-1:123456789012:domain/DOMAIN/*");
        }
    }
}

#[tokio::test]
async fn user_who_may_not_search_may_still_be_one_who_writes() {
    let denied = ResponseTemplate::new(403).set_body_json(json!({ "error": { "type": "security_exception" } }));
    let server = answering(vec![("POST", denied)]).await;
    let fake = Fake { index: server.uri(), ..Fake::default() };
    let settings = [SLACK, DOMAIN, ("SEARCH_USER", "sleuth"), ("SEARCH_PASSWORD", "hush")];
    let diagnosis = fake.examine(&[Audit::Keys], &settings).await;
    assert_eq!(not_ok(&diagnosis), [("SEARCH_URL", Status::Skipped)]);
}

#[tokio::test]
async fn bot_is_asked_what_it_may_do_before_it_is_sent_anything() {
    let answer = ResponseTemplate::new(200).set_body_json(json!({"ok": true, "team": "Larkspur", "user": "sleuth"}));
    let server = answering(vec![("POST", answer.insert_header("x-oauth-scopes", "files:write"))]).await;
    let channel = SlackChannel::parse("#keys").unwrap();
    let bot = SlackBot::new("xoxb-hush".to_owned().into(), channel, &server.uri(), impatient()).unwrap();
    let fake = Fake { other: Some(Channel::SlackBot(bot)), ..Fake::default() };
    let settings = [("SLACK_BOT_TOKEN", "xoxb-hush"), ("SLACK_CHANNEL", "#keys")];
    let diagnosis = fake.examine(&[Audit::Keys], &settings).await;
    let statuses: Vec<_> = not_ok(&diagnosis).into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [Status::Failed, Status::Warning, Status::Warning], "{diagnosis:#?}");
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.iter().map(|request| request.url.path()).collect::<Vec<_>>(), ["/auth.test"]);
}

#[tokio::test]
async fn table_that_may_not_be_read_is_a_missing_permission() {
    let fake = Fake::without("dynamodb:Scan", denied());
    let diagnosis = fake.examine(&[Audit::Tags], &[SLACK, ("TAG_RULES_TABLE", "rules")]).await;
    assert_eq!(not_ok(&diagnosis), [("tag rules", Status::Skipped), ("dynamodb:Scan", Status::Failed)]);
    let statement = check(&diagnosis, "dynamodb:Scan").statement.clone().unwrap();
    assert_eq!(statement.resource, "arn:aws:dynamodb:eu-west-1:123456789012:table/rules");
    assert_eq!(diagnosis.exit(), Exit::Incomplete);
}

#[tokio::test]
async fn credentials_that_are_not_taken_end_the_search() {
    let fake = Fake::without("sts:GetCallerIdentity", Trouble::Unclear("InvalidClientTokenId".to_owned()));
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK]).await;
    assert_eq!(not_ok(&diagnosis), [("caller", Status::Failed), ("permissions", Status::Skipped)]);
    assert!(fake.calls.lock().unwrap().is_empty());
    let fake = Fake::without("sts:GetCallerIdentity", lost());
    let diagnosis = fake.examine(&[Audit::Keys], &[SLACK]).await;
    assert_eq!(check(&diagnosis, "caller").status, Status::Unchecked);
}

#[tokio::test]
async fn credentials_that_are_about_to_end_are_warned_of() {
    for (minutes, status) in [(14, Status::Warning), (60, Status::Ok)] {
        let fake = Fake { expiry: Some(now() + TimeDelta::minutes(minutes)), ..Fake::default() };
        let diagnosis = fake.examine(&[Audit::Keys], &[SLACK]).await;
        assert_eq!(check(&diagnosis, "expiry").status, status);
    }
}

#[tokio::test]
async fn nothing_is_sent_but_the_test_message_that_is_asked_for() {
    let fake = Fake::default();
    let order = Order { now: now(), end: None, send_test: true };
    let diagnosis = fake.in_order(&[Audit::Keys], &[SLACK], order).await;
    assert_eq!(not_ok(&diagnosis), []);
    let titles: Vec<String> = fake.channel.sent().into_iter().map(|sent| sent.title).collect();
    assert_eq!(titles, ["Sleuth test message, nothing is wrong"]);
    let refusing = Fake { channel: Memory::refusing("channel_not_found"), ..Fake::default() };
    let diagnosis = refusing.in_order(&[Audit::Keys], &[SLACK], order).await;
    assert_eq!(not_ok(&diagnosis), [("SLACK_URL", Status::Failed)]);
    assert!(check(&diagnosis, "SLACK_URL").found.ends_with(": channel_not_found"));
}

#[tokio::test]
async fn no_channel_is_a_warning() {
    let diagnosis = Fake::default().examine(&[Audit::Keys], &[]).await;
    assert_eq!((not_ok(&diagnosis), diagnosis.exit()), (vec![("channels", Status::Warning)], Exit::Done));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_in_time_could_not_be_checked() {
    let fake = Fake { hanging: Some("iam:ListAccessKeys"), ..Fake::default() };
    let order = Order { now: now(), end: Some(Instant::now() + Duration::from_secs(60)), send_test: false };
    let diagnosis = fake.in_order(&[Audit::Keys], &[SLACK], order).await;
    assert_eq!(check(&diagnosis, "iam:ListAccessKeys").status, Status::Unchecked);
    assert_eq!(
        (check(&diagnosis, "iam:GetAccountAuthorizationDetails").status, diagnosis.exit()),
        (Status::Ok, Exit::Incomplete)
    );
}
