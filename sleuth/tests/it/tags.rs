//! `sleuth tags` over HTTP, in two regions: dry, applied, applied again, and stopped by the brake.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::support::{Emulator, Ended, sleuth};

pub(crate) const IRELAND: &str = "eu-west-1";
pub(crate) const VIRGINIA: &str = "us-east-1";
pub(crate) const TERMINATE: (&str, &str) = ("TAG_ACTION", "terminate");
/// An instance without the tag `Code` is to be terminated.
pub(crate) const CODE: &str = "[[rule]]\ntag = 'Code'\naction = 'terminate'\n";

/// An AWS in which only Ireland and Virginia are enabled.
pub(crate) fn aws(settings: &[(&str, &str)]) -> Emulator {
    Emulator::with(&[&[("REGIONS", "eu-west-1,us-east-1")], settings].concat())
}

/// Launches an instance and makes it three days old, which it stays for the length of a test.
pub(crate) async fn old(aws: &Emulator, region: &str, tags: &[(&str, &str)]) -> String {
    let id = aws.launch(region, tags).await;
    aws.back_date(region, &id, (3 * 24 + 1) * 60).await;
    id
}

/// A file of rules.
pub(crate) fn rules(text: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Audits by `rules`. CloudTrail, which is slow, is not asked unless `settings` say so.
pub(crate) async fn audit(aws: &Emulator, rules: &NamedTempFile, flags: &[&str], settings: &[(&str, &str)]) -> Ended {
    let rules = ("TAG_RULES_FILE", rules.path().to_str().unwrap());
    run(aws, flags, &[&[rules], settings].concat()).await
}

/// Audits by whatever rules the settings name.
pub(crate) async fn run(aws: &Emulator, flags: &[&str], settings: &[(&str, &str)]) -> Ended {
    let arguments = [&["tags", "--output", "json"], flags].concat();
    sleuth(&arguments, &aws.url, &[&[("OWNER_LOOKUP_SECONDS", "0")], settings].concat()).await
}

/// The finding about an instance.
pub(crate) fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let instances = report["instances"].as_array().unwrap();
    let found = instances.iter().find(|finding| finding["instance_id"] == id);
    found.unwrap_or_else(|| panic!("no finding about {id}: {report}"))
}

/// What a finding calls for, what came of it, and the state in which it left the instance.
pub(crate) fn end<'a>(report: &'a Value, id: &str) -> [&'a str; 3] {
    ["action", "outcome", "state"].map(|field| finding(report, id)[field].as_str().unwrap())
}

/// The reason of a finding, without the remark that most of these runs have no channel.
pub(crate) fn reason<'a>(report: &'a Value, id: &str) -> &'a str {
    let reason = finding(report, id)["reason"].as_str().unwrap_or_default();
    let untold = "nobody was told: no channel is set, see SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL and SNS_TOPIC";
    reason.strip_suffix(untold).map_or(reason, |rest| rest.trim_end_matches("; "))
}

/// The errors, each as `subject: operation`.
pub(crate) fn errors(report: &Value) -> Vec<String> {
    let word = |error: &Value, field: &str| error[field].as_str().unwrap().to_owned();
    let errors = report["errors"].as_array().unwrap().iter();
    errors.map(|error| format!("{}: {}", word(error, "subject"), word(error, "operation"))).collect()
}

/// What EC2 was told to change so far: `region operation instance`, sorted.
pub(crate) async fn changes(aws: &Emulator) -> Vec<String> {
    let writes = aws.writes().await.into_iter().filter(|call| call.service == "ec2");
    let id = |body: &str| body.split(['=', '&']).find(|word| word.starts_with("i-")).unwrap_or_default().to_owned();
    let mut changes: Vec<String> =
        writes.map(|call| format!("{} {} {}", call.region, call.operation, id(&call.body))).collect();
    changes.sort();
    changes
}

/// How often an operation was called in a region.
pub(crate) async fn count(aws: &Emulator, region: &str, operation: &str) -> usize {
    let calls = aws.calls().await;
    calls.iter().filter(|call| call.region == region && call.operation == operation).count()
}

const RULES: &str = "
    [defaults]
    action = 'terminate'

    [[rule]]
    tag = 'Code'
    values = ['LOL', 'GGG']

    [[rule]]
    tag = 'Team'
    repair = { default = 'Ops' }

    [[rule]]
    tag = 'Project'
    action = 'stop'
";

/// An instance of every kind, in one region.
struct Kinds {
    region: &'static str,
    good: String,
    /// Its `team` is empty.
    mended: String,
    /// Without `Project`.
    stopped: String,
    /// The same, and stopped before.
    idle: String,
    /// Its `Code` is not allowed.
    doomed: String,
    /// The same, launched a moment ago.
    young: String,
    /// The same, with an exemption.
    exempt: String,
}

impl Kinds {
    async fn launch(aws: &Emulator, region: &'static str) -> Self {
        let bad = [("Code", "XXX"), ("Team", "Web"), ("Project", "p")];
        let kinds = Self {
            region,
            good: old(aws, region, &[("CODE", "LOL"), ("team", "Web"), ("Project", "p")]).await,
            mended: old(aws, region, &[("Code", "GGG"), ("team", ""), ("Project", "p")]).await,
            stopped: old(aws, region, &[("Code", "GGG"), ("Team", "Web")]).await,
            idle: old(aws, region, &[("Code", "GGG"), ("Team", "Web")]).await,
            doomed: old(aws, region, &bad).await,
            young: aws.launch(region, &bad).await,
            exempt: old(aws, region, &[&bad[..], &[("SleuthExempt", "2999-12-31 load test")]].concat()).await,
        };
        aws.change(region, &kinds.idle, json!({"state": "stopped"})).await;
        kinds
    }

    fn all(&self) -> [&String; 7] {
        let Self { region: _, good, mended, stopped, idle, doomed, young, exempt } = self;
        [good, mended, stopped, idle, doomed, young, exempt]
    }

    /// The instances that are not to be changed: their statuses and what is done about them.
    fn assert_left_alone(&self, report: &Value) {
        for (id, status, action) in [
            (&self.good, "compliant", "none"),
            (&self.young, "grace", "none"),
            (&self.exempt, "violation", "none"),
            (&self.idle, "violation", "notify"),
        ] {
            let found = finding(report, id);
            assert_eq!((&found["status"], &found["action"]), (&json!(status), &json!(action)), "{found}");
        }
        assert!(reason(report, &self.young).starts_with("in its grace period for "), "{report}");
        assert_eq!(reason(report, &self.exempt), "exempt until 2999-12-31: load test");
        assert!(reason(report, &self.idle).ends_with("it is stopped already"), "{report}");
    }
}

/// States and tags of all of them.
async fn snapshot(aws: &Emulator, kinds: &[Kinds]) -> Value {
    let mut tags = Vec::new();
    for kinds in kinds {
        for id in kinds.all() {
            tags.push(aws.tags(kinds.region, id).await);
        }
    }
    json!({"states": [aws.states(IRELAND).await, aws.states(VIRGINIA).await], "tags": tags})
}

#[tokio::test]
async fn dry_run_shows_everything_in_all_regions_and_changes_nothing() {
    let aws = aws(&[]);
    let kinds = [Kinds::launch(&aws, IRELAND).await, Kinds::launch(&aws, VIRGINIA).await];
    let (before, rules) = (snapshot(&aws, &kinds).await, rules(RULES));

    let ended = audit(&aws, &rules, &["--terminate"], &[]).await;

    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    let report = ended.report();
    assert_eq!((&report["kind"], &report["applied"], &report["brake"]), (&json!("tags"), &json!(false), &Value::Null));
    let region = |name| json!({"region": name, "instances": 7, "complete": true, "canary": null, "held": null});
    assert_eq!(report["regions"], json!([region(IRELAND), region(VIRGINIA)]));
    let summary = json!({"regions": 2, "instances": 14, "violation": 10, "unknown": 0, "grace": 2, "compliant": 2,
        "exempt": 2, "managed": 0, "by_rule": {"Code": 2, "Project": 4, "Team": 2}, "by_owner": {"unknown": 8},
        "by_region": {IRELAND: 4, VIRGINIA: 4}});
    assert_eq!(report["summary"], summary);
    for kinds in &kinds {
        assert_eq!(end(&report, &kinds.mended), ["repair", "planned", "running"]);
        assert_eq!(end(&report, &kinds.stopped), ["stop", "planned", "running"]);
        assert_eq!(end(&report, &kinds.doomed), ["terminate", "planned", "running"]);
        kinds.assert_left_alone(&report);
        assert_eq!(finding(&report, &kinds.mended)["repairs"], json!({"team": "Ops"}));
        let wrong = json!([{"rule": "Code", "tag": "Code", "kind": "not_allowed", "key": "Code", "value": "XXX",
            "message": "`Code` is `XXX`, allowed: LOL, GGG", "response": "terminate", "grace_left_minutes": 0}]);
        assert_eq!(finding(&report, &kinds.doomed)["violations"], wrong);
    }
    assert_eq!(audit(&aws, &rules, &["--terminate", "--fail-on", "violation"], &[]).await.code, 3);
    assert_eq!(aws.writes().await, [], "a dry run wrote");
    assert_eq!(snapshot(&aws, &kinds).await, before);
}

#[tokio::test]
async fn apply_changes_exactly_the_right_instances_once() {
    let aws = aws(&[]);
    let kinds = [Kinds::launch(&aws, IRELAND).await, Kinds::launch(&aws, VIRGINIA).await];
    let (mut expected, rules) = (snapshot(&aws, &kinds).await, rules(RULES));

    let first = audit(&aws, &rules, &["--apply", "--regions", "us-east-1,eu-west-1"], &[TERMINATE]).await;

    assert_eq!(first.code, 0, "{first:?}");
    let report = first.report();
    assert_eq!((&report["applied"], &report["errors"]), (&json!(true), &json!([])));
    for (at, kinds) in kinds.iter().enumerate() {
        assert_eq!(end(&report, &kinds.mended), ["repair", "done", "running"]);
        assert_eq!(end(&report, &kinds.stopped), ["stop", "done", "stopped"]);
        assert_eq!(end(&report, &kinds.doomed), ["terminate", "done", "terminated"]);
        assert_eq!(
            finding(&report, &kinds.doomed)["reason"],
            "nobody was told: no channel is set, see SLACK_URL, SLACK_BOT_TOKEN, SMTP_URL and SNS_TOPIC"
        );
        kinds.assert_left_alone(&report);
        expected["states"][at][&kinds.stopped] = json!("stopped");
        expected["states"][at][&kinds.doomed] = json!("terminated");
        let place = at * kinds.all().len() + kinds.all().iter().position(|id| **id == kinds.mended).unwrap();
        expected["tags"][place]["team"] = json!("Ops");
    }
    assert_eq!(snapshot(&aws, &kinds).await, expected);
    let mut done: Vec<String> = kinds
        .iter()
        .flat_map(|Kinds { region, mended, stopped, doomed, .. }| {
            [
                format!("{region} CreateTags {mended}"),
                format!("{region} StopInstances {stopped}"),
                format!("{region} TerminateInstances {doomed}"),
            ]
        })
        .collect();
    done.sort();
    assert_eq!(changes(&aws).await, done);
    assert_eq!(count(&aws, VIRGINIA, "DescribeRegions").await, 0, "the regions were named");

    let second = audit(&aws, &rules, &["--apply"], &[TERMINATE]).await;
    assert_eq!(second.code, 0, "{second:?}");
    let summary = &second.report()["summary"];
    assert_eq!((&summary["instances"], &summary["compliant"]), (&json!(12), &json!(4)), "{summary}");
    assert_eq!(finding(&second.report(), &kinds[0].stopped)["action"], "notify");
    assert_eq!(changes(&aws).await, done, "a second run changed something");
}

#[tokio::test]
async fn brake_stops_all_changes_in_all_regions() {
    let aws = aws(&[]);
    let kinds = [Kinds::launch(&aws, IRELAND).await, Kinds::launch(&aws, VIRGINIA).await];
    let (before, rules) = (snapshot(&aws, &kinds).await, rules(RULES));
    for (limit, said) in [
        ("MAX_TERMINATE", "2 instances were to be terminated, MAX_TERMINATE is 1"),
        ("MAX_STOP", "2 instances were to be stopped, MAX_STOP is 1"),
    ] {
        let ended = audit(&aws, &rules, &["--apply"], &[TERMINATE, (limit, "1")]).await;
        assert_eq!(ended.code, 4, "{ended:?}");
        let report = ended.report();
        assert_eq!((&report["brake"], errors(&report)), (&json!(said), vec!["account: brake".to_owned()]));
        for id in kinds.iter().flat_map(|kinds| [&kinds.mended, &kinds.stopped, &kinds.doomed]) {
            assert_eq!(end(&report, id)[1..], ["held", "running"]);
            assert_eq!(reason(&report, id), "the brake stopped all changes of this run");
        }
    }
    assert_eq!(aws.writes().await, []);
    assert_eq!(snapshot(&aws, &kinds).await, before);
}

#[tokio::test]
async fn untagged_instance_is_terminated_and_a_tagged_one_repaired_first() {
    let aws = aws(&[]);
    let bare = old(&aws, IRELAND, &[]).await;
    let half = old(&aws, IRELAND, &[("Name", "web")]).await;
    let rules = rules(
        "
        [[rule]]
        id = 'untagged'
        tag = '*'
        action = 'terminate'

        [[rule]]
        tag = 'Team'
        repair = { default = 'Ops' }
        scope.tagged = true

        [[rule]]
        tag = 'Code'
        action = 'terminate'
        scope.tagged = true
        ",
    );

    let report = audit(&aws, &rules, &["--apply"], &[TERMINATE]).await.report();
    assert_eq!(end(&report, &bare), ["terminate", "done", "terminated"]);
    assert_eq!(finding(&report, &bare)["violations"][0]["message"], "it has no tags");
    assert_eq!(end(&report, &half), ["repair", "done", "running"]);
    assert!(reason(&report, &half).ends_with("what else is wrong is left to the next run"), "{report}");
    assert_eq!(aws.tags(IRELAND, &half).await["Team"], "Ops");

    let report = audit(&aws, &rules, &["--apply"], &[TERMINATE]).await.report();
    assert_eq!(end(&report, &half), ["terminate", "done", "terminated"]);
    assert_eq!(aws.states(IRELAND).await[&half], "terminated");
}

#[tokio::test]
async fn nothing_goes_beyond_tag_action() {
    let aws = aws(&[]);
    let kinds = Kinds::launch(&aws, IRELAND).await;
    let rules = rules(RULES);
    let run = async |action: &str| {
        let ended = audit(&aws, &rules, &["--apply"], &[("TAG_ACTION", action)]).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.report()
    };

    let report = run("").await;
    assert_eq!(report["policy"]["tag_action"], "notify");
    for id in [&kinds.mended, &kinds.stopped, &kinds.doomed] {
        assert_eq!((end(&report, id)[1], reason(&report, id)), ("held", "TAG_ACTION is notify"));
    }
    assert_eq!(aws.writes().await, []);

    let report = run("repair").await;
    assert_eq!(end(&report, &kinds.mended), ["repair", "done", "running"]);
    assert_eq!((end(&report, &kinds.stopped)[1], reason(&report, &kinds.stopped)), ("held", "TAG_ACTION is repair"));
    let mut done = vec![format!("{IRELAND} CreateTags {}", kinds.mended)];
    assert_eq!(changes(&aws).await, done);

    let report = run("Stop").await;
    assert_eq!(end(&report, &kinds.stopped), ["stop", "done", "stopped"]);
    assert_eq!((end(&report, &kinds.doomed)[1], reason(&report, &kinds.doomed)), ("held", "TAG_ACTION is stop"));
    done.push(format!("{IRELAND} StopInstances {}", kinds.stopped));
    assert_eq!(changes(&aws).await, done);
}
