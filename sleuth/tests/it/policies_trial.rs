//! A function as Terraform configures it, put to the test: its settings, its policy, and an account in which there is
//! something to do for each of them.

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_ssm::{config::Region, types::ParameterType};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::{
    channels::receiver,
    cloud::{Call, Protection, iam_user, launched, minutes_ago, tagged},
    lambda::{BOTH, Function},
    policies_rendered::{ACCOUNT, Configuration, text},
    servers::Search,
    support::{Emulator, sleuth},
    tags::{IRELAND, VIRGINIA, old},
    tags_rules::{rule, table},
    trail::{cloudtrail_notification, sns_event},
    watch::{launch, queued},
};

/// The buckets of `terraform/tests/policies`.
const REPORTS: &str = "larkspur-reports";
const TRAIL: &str = "acme-trail";
/// The domain of OpenSearch Service there.
const DOMAIN: &str = "reports";

/// Seconds. Protection is not switched off if there may not be the time to switch it on again.
const TIMEOUT: &str = "300";

/// What a run is given to do, and what has to be true after it.
struct Task {
    /// One after the other.
    events: Vec<Value>,
    facts: Vec<Fact>,
}

enum Fact {
    /// So many keys of an account do not work any more.
    Inactive(Emulator, usize),
    /// An instance is in a state.
    State(Emulator, String, &'static str),
    /// An instance has a tag.
    Tag(Emulator, String, &'static str, &'static str),
    /// There is a report in the archive.
    Archived,
    /// The digest knows of a key that was disabled.
    Digested,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What went wrong, or was not done.
    pub(crate) flaws: Vec<String>,
    /// What the log warns of.
    pub(crate) warnings: BTreeSet<String>,
    /// What was called: accounts and actions.
    pub(crate) calls: BTreeSet<(String, String)>,
}

/// An AWS in which policies are checked, and what else a function talks to, for one run after another.
pub(crate) struct Bench {
    pub(crate) aws: Emulator,
    slack: MockServer,
    search: Search,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let aws = Emulator::with(&[("REGIONS", "eu-west-1,us-east-1"), ("INITIAL_NO_AUTH_ACTION_COUNT", "inf")]);
        let (slack, search) = (receiver(vec![ResponseTemplate::new(200)]).await, Search::start());
        let bench = Self { aws, slack, search };
        // Indices outlive the runs.
        let settings = [("SEARCH_URL", bench.search.url.as_str())];
        assert_eq!(sleuth(&["search", "setup"], &bench.aws.url, &settings).await.code, 0);
        bench
    }

    /// Runs a function once, with its policy and no other, in an account that is made for it.
    pub(crate) async fn run(&self, configuration: &Configuration) -> Ended {
        self.aws.tell("reset", &Value::Null).await;
        self.aws.tell("search", &json!({"domain": DOMAIN, "url": self.search.url})).await;
        let mut settings = configuration.environment.clone();
        self.secrets(settings.values()).await;
        if let Some(url) = settings.remove("SEARCH_URL").filter(|url| !url.contains(".aoss.")) {
            assert!(url.ends_with(".es.amazonaws.com"), "{url}");
            settings.extend([("SEARCH_URL", &*self.aws.url), ("SEARCH_AUTH", "sigv4")].map(owned));
        }
        if let Some(topic) = settings.get("SNS_TOPIC") {
            let name = topic.rsplit(':').next().unwrap();
            aws_sdk_sns::Client::new(&self.sdk()).create_topic().name(name).send().await.unwrap();
        }
        for bucket in [REPORTS, TRAIL] {
            self.aws.bucket(bucket).await;
        }
        let mut policy = configuration.policy.clone();
        let task = match configuration.audit() {
            _ if settings.contains_key("ACCOUNTS") => {
                let (task, left_out, id) = self.organization(configuration).await;
                settings.entry("EXCLUDE_ACCOUNTS".to_owned()).and_modify(|units| *units = left_out);
                policy = within(&policy, &id);
                task
            }
            "keys" => self.keys(configuration).await,
            "tags" => self.tags(configuration).await,
            "watch" => self.watch(configuration).await,
            "digest" => self.digest(configuration).await,
            other => panic!("nobody knows how to put {other} to the test"),
        };
        settings.extend(self.role(&configuration.function(), &policy).await);
        settings.extend([("AWS_REGION", IRELAND), ("AWS_LAMBDA_FUNCTION_TIMEOUT", TIMEOUT)].map(owned));
        let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();

        self.aws.check_policies(true).await;
        let before = self.aws.calls().await.len();
        let function = Function::start_with(BOTH, &self.aws.url, &settings).await;
        let mut answers = Vec::new();
        for event in &task.events {
            answers.push(function.invoke(event.to_string()).await);
        }
        let calls = self.aws.calls().await.split_off(before);
        self.aws.check_policies(false).await;

        let mut flaws: Vec<String> = answers.iter().filter_map(|answer| answer.get("errorMessage")).map(text).collect();
        let answer = answers.last().unwrap();
        // Of the watch, what did not keep it from dealing with an event stands in the log only.
        flaws.extend(function.reports().iter().flat_map(errors));
        for fact in &task.facts {
            flaws.extend(self.missing(fact, answer).await);
        }
        let calls = calls.iter().map(|call| (call.account.clone(), action(call))).collect();
        Ended { flaws, warnings: warnings(&function.log()), calls }
    }

    /// Everything in the region of the fixtures.
    fn sdk(&self) -> SdkConfig {
        self.aws.sdk().into_builder().region(Region::new(IRELAND)).build()
    }

    /// Makes a role with a policy. Returns the credentials of a session.
    pub(crate) async fn role(&self, name: &str, policy: &Value) -> BTreeMap<String, String> {
        let arn = role(&self.aws, name, policy).await;
        let session = self.aws.sts().assume_role().role_arn(arn).role_session_name(name).send().await.unwrap();
        let credentials = session.credentials.unwrap();
        [
            ("AWS_ACCESS_KEY_ID", &*credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
            ("AWS_SESSION_TOKEN", &credentials.session_token),
        ]
        .map(owned)
        .into()
    }

    /// Makes the secrets that settings name: all of them the address of Slack.
    async fn secrets(&self, settings: impl Iterator<Item = &String>) {
        for arn in settings {
            let parts: Vec<&str> = arn.split(':').collect();
            match parts.as_slice() {
                [_, _, "ssm", .., name] => {
                    let put = aws_sdk_ssm::Client::new(&self.sdk()).put_parameter().r#type(ParameterType::SecureString);
                    let name = name.trim_start_matches("parameter");
                    put.name(name).value(self.slack.uri()).send().await.unwrap();
                }
                [_, _, "secretsmanager", .., name] => {
                    // moto takes the end of the ARN from a tag.
                    let (name, end) = name.rsplit_once('-').unwrap();
                    let end = aws_sdk_secretsmanager::types::Tag::builder().key("_custom_id_").value(end).build();
                    let client = aws_sdk_secretsmanager::Client::new(&self.sdk());
                    let create = client.create_secret().name(name).secret_string(self.slack.uri()).tags(end);
                    assert_eq!(create.send().await.unwrap().arn().unwrap(), arn);
                }
                _ => {}
            }
        }
    }

    /// A key that is too old, one that is unused for so long that its owner is warned, and the canary.
    async fn keys(&self, configuration: &Configuration) -> Task {
        users(&self.aws).await;
        if let Some(canary) = configuration.environment.get("CANARY_USER") {
            self.aws.user(canary, &[]).await;
        }
        let disables = usize::from(configuration.is("ENABLE_AUTO_EXPIRE", "true"));
        let mut facts = vec![Fact::Inactive(self.aws.elsewhere(ACCOUNT), disables)];
        facts.extend(configuration.environment.contains_key("ARCHIVE").then_some(Fact::Archived));
        Task { events: vec![json!({})], facts }
    }

    /// Instances to repair, to stop and to terminate, of which the last is protected, and the canary of each region.
    async fn tags(&self, configuration: &Configuration) -> Task {
        self.rules().await;
        let mut facts = furnished(configuration, &self.aws).await;
        facts.extend(configuration.environment.contains_key("ARCHIVE").then_some(Fact::Archived));
        Task { events: vec![json!({})], facts }
    }

    async fn rules(&self) {
        let rules = [
            rule(1, "Owner", "UserLookup", ""),
            [rule(2, "Project", "", ""), vec![("OnViolation", "stop".to_owned())]].concat(),
            [rule(3, "Code", "", ""), vec![("OnViolation", "terminate".to_owned())]].concat(),
        ];
        table(&self.sdk(), "sleuth-rules", &rules).await;
    }

    /// The same instances, here and in each other account, in log files that a message of the queue names.
    async fn watch(&self, configuration: &Configuration) -> Task {
        self.rules().await;
        let (mut facts, mut files) = (Vec::new(), Vec::new());
        for account in configuration.members.keys().map(String::as_str).chain([ACCOUNT]) {
            let aws = self.aws.elsewhere(account);
            if let Some(policy) = configuration.members.get(account) {
                role(&aws, &configuration.environment["ASSUME_ROLE_NAME"], policy).await;
            }
            let three = instances(&aws).await;
            // Of the first it is not seen who launched it.
            let [mended, stopped, doomed] = &three;
            let tagged = tagged(&iam_user("bob"), mended, &[("Project", "x")], Utc::now());
            files.push(aws.log_file(TRAIL, IRELAND, &[tagged, launch(&[stopped, doomed], &[])]).await);
            facts.extend(changed(configuration, &aws, &three));
        }
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let notification = cloudtrail_notification(TRAIL, &files);
        Task { events: vec![queued(&[("one", &sns_event(&notification.to_string()))])], facts }
    }

    /// The same in this account and each other one of an organization, and the steps of a run over all. Also the unit that
    /// is to be left out, and the organization.
    async fn organization(&self, configuration: &Configuration) -> (Task, String, String) {
        let ids: Vec<&str> = configuration.members.keys().map(String::as_str).chain([ACCOUNT]).collect();
        let accounts = ids.iter().map(|id| json!({"id": id, "unit": "Work"}));
        // Of what is not left out there is nothing else.
        let left_out = configuration.environment.contains_key("EXCLUDE_ACCOUNTS");
        let left_out = left_out.then(|| json!({"id": "333333333333", "unit": "Sandbox"}));
        let accounts: Vec<Value> = accounts.chain(left_out).collect();
        let organization = self.aws.tell("organization", &json!({"accounts": accounts})).await;
        self.rules().await;
        let mut facts = vec![Fact::Archived];
        for id in &ids {
            let aws = self.aws.elsewhere(id);
            if let Some(policy) = configuration.members.get(*id) {
                role(&aws, &configuration.environment["ASSUME_ROLE_NAME"], policy).await;
            }
            if configuration.is("AUDITS", "keys") {
                users(&aws).await;
                facts.push(Fact::Inactive(aws, 1));
            } else {
                facts.extend(furnished(configuration, &aws).await);
            }
        }
        let execution = json!("arn:aws:states:eu-west-1:123456789012:execution:sleuth:one");
        let step = |step: &str| json!({"step": step, "run": "one", "execution": execution});
        let each = |step: &str| -> Vec<Value> {
            ids.iter().map(|id| json!({"step": step, "run": "one", "account": id})).collect()
        };
        let events = [vec![step("list")], each("plan"), vec![step("gate")], each("apply"), vec![step("consolidate")]];
        let left_out = organization["units"]["Sandbox"].as_str().unwrap_or_default().to_owned();
        (Task { events: events.concat(), facts }, left_out, text(&organization["id"]))
    }

    /// An audit that is over, and kept.
    async fn digest(&self, configuration: &Configuration) -> Task {
        users(&self.aws).await;
        let mut settings = vec![("ENABLE_AUTO_EXPIRE", "true")];
        if let Some(archive) = configuration.environment.get("ARCHIVE") {
            settings.push(("ARCHIVE", archive));
        } else {
            settings.push(("SEARCH_URL", &self.search.url));
        }
        let ended = sleuth(&["keys", "--apply"], &self.aws.url, &settings).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        // The time of a digest ends a quarter of an hour before that of its schedule.
        let time = Utc::now() + TimeDelta::minutes(16);
        let event = json!({"detail-type": "Scheduled Event", "time": time});
        Task { events: vec![event], facts: vec![Fact::Digested] }
    }

    /// What is not as it should be.
    async fn missing(&self, fact: &Fact, answer: &Value) -> Option<String> {
        match fact {
            Fact::Inactive(aws, keys) => {
                let inactive = aws.inactive().await.len();
                (inactive != *keys).then(|| format!("{inactive} keys are disabled, not {keys}"))
            }
            Fact::State(aws, id, state) => {
                let found = aws.states(IRELAND).await[id].clone();
                (found != *state).then(|| format!("an instance is {found}, not {state}"))
            }
            Fact::Tag(aws, id, key, value) => {
                let tags = aws.tags(IRELAND, id).await;
                (tags.get(*key).map(String::as_str) != Some(*value)).then(|| format!("{key} is not {value}"))
            }
            Fact::Archived => {
                let objects = self.aws.s3().list_objects_v2().bucket(REPORTS).send().await.unwrap();
                objects.contents().is_empty().then(|| "nothing was archived".to_owned())
            }
            Fact::Digested => {
                let disabled = answer["audits"][0]["summary"]["disabled"].as_u64().unwrap_or_default();
                (disabled == 0).then(|| "the digest knows of no key".to_owned())
            }
        }
    }
}

/// The policy with another organization in the place of the one that it names.
fn within(policy: &Value, organization: &str) -> Value {
    let mut policy = policy.clone();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        if let Some(condition) = statement.pointer_mut("/Condition/StringEquals/aws:ResourceOrgID") {
            *condition = json!(organization);
        }
    }
    policy
}

/// A key that is too old, and one that is unused for so long that its owner is warned.
async fn users(aws: &Emulator) {
    aws.user("alice", &[("Slack", "U024BE7LH")]).await;
    aws.user("bob", &[("Slack", "U0BOB00000")]).await;
    aws.key("bob", 55, Some(55)).await;
    aws.key("alice", 100, Some(1)).await;
}

/// The canaries that the settings ask for, and three instances; how these end.
async fn furnished(configuration: &Configuration, aws: &Emulator) -> Vec<Fact> {
    if configuration.environment.contains_key("CANARY_TAGS") {
        for region in [IRELAND, VIRGINIA] {
            let name = format!("api-canary-{region}");
            let tags = [("created_by", "a"), ("project", "b"), ("department", "c"), ("Name", name.as_str())];
            let canary = old(aws, region, &tags).await;
            aws.change(region, &canary, json!({"state": "stopped"})).await;
        }
    }
    let three = instances(aws).await;
    if configuration.is("OVERRIDE_PROTECTION", "true") {
        aws.protect(IRELAND, &three[2], Protection::Termination).await;
    }
    changed(configuration, aws, &three)
}

/// Three instances, each of which breaks one rule: one to repair, one to stop, one to terminate.
async fn instances(aws: &Emulator) -> [String; 3] {
    let three = [
        old(aws, IRELAND, &[("Project", "x"), ("Code", "x")]).await,
        old(aws, IRELAND, &[("Owner", "bob"), ("Code", "x")]).await,
        old(aws, IRELAND, &[("Owner", "bob"), ("Project", "x")]).await,
    ];
    aws.events(IRELAND, &[launched(&iam_user("alice"), &three[0], minutes_ago((3 * 24 + 1) * 60))]).await;
    three
}

/// How these instances end, as far as the function may go.
fn changed(configuration: &Configuration, aws: &Emulator, [mended, stopped, doomed]: &[String; 3]) -> Vec<Fact> {
    let here = || aws.elsewhere(&aws.account);
    let may = |actions: &[&str]| actions.iter().any(|action| configuration.is("TAG_ACTION", action));
    let stop = if may(&["stop", "terminate"]) { "stopped" } else { "running" };
    let terminate = if may(&["terminate"]) { "terminated" } else { "running" };
    let mut facts = vec![Fact::State(here(), stopped.clone(), stop), Fact::State(here(), doomed.clone(), terminate)];
    facts.extend(may(&["repair", "stop", "terminate"]).then(|| Fact::Tag(here(), mended.clone(), "Owner", "alice")));
    facts
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Makes a role with a policy. Returns its ARN.
async fn role(aws: &Emulator, name: &str, policy: &Value) -> String {
    let iam = aws.iam();
    let made = iam.create_role().role_name(name).assume_role_policy_document("{}").send().await.unwrap();
    let put = iam.put_role_policy().role_name(name).policy_name("audit").policy_document(policy.to_string());
    put.send().await.unwrap();
    made.role.unwrap().arn
}

/// The errors of a report.
fn errors(report: &Value) -> Vec<String> {
    let errors = report["errors"].as_array().unwrap();
    errors.iter().map(|error| format!("{}: {}", text(&error["operation"]), text(&error["message"]))).collect()
}

/// What a function's log warns of.
fn warnings(log: &str) -> BTreeSet<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["level"] == "WARN").map(|line| line["message"].to_string()).collect()
}

/// What has to be allowed for a call.
fn action(call: &Call) -> String {
    let Call { service, operation, .. } = call;
    match (service.as_str(), operation.as_str()) {
        ("s3", "ListObjectsV2") => "s3:ListBucket".to_owned(),
        ("es", operation) if operation.starts_with("POST ") => "es:ESHttpPost".to_owned(),
        _ => format!("{service}:{operation}"),
    }
}
