//! Where rules come from: a DynamoDB table, a file, a list of tags; and settings that cannot be used.

use std::{collections::HashMap, io::Write as _};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};

use crate::{
    cloud::{iam_user, launched, minutes_ago},
    support::{Emulator, sleuth},
    tags::{CODE, IRELAND, TERMINATE, VIRGINIA, aws, changes, count, end, finding, old, rules, run},
};

/// A table of rules, each given by its attributes; the first of them is `RuleId`, a number.
pub(crate) async fn table(sdk: &SdkConfig, name: &str, rules: &[Vec<(&str, String)>]) {
    let client = aws_sdk_dynamodb::Client::new(sdk);
    let id = AttributeDefinition::builder().attribute_name("RuleId").attribute_type(ScalarAttributeType::N);
    let key = KeySchemaElement::builder().attribute_name("RuleId").key_type(KeyType::Hash);
    let create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    for rule in rules {
        let value = |key: &str, value: &String| match key {
            "RuleId" => AttributeValue::N(value.clone()),
            _ => AttributeValue::S(value.clone()),
        };
        let item: HashMap<String, AttributeValue> =
            rule.iter().map(|(key, text)| ((*key).to_owned(), value(key, text))).collect();
        client.put_item().table_name(name).set_item(Some(item)).send().await.unwrap();
    }
}

/// A rule of the serverless policy engine.
pub(crate) fn rule(id: usize, tag: &'static str, action: &str, default: &str) -> Vec<(&'static str, String)> {
    let rule = [("RuleId", id.to_string()), ("TagKey", tag.into()), ("Required", "Y".into())];
    let rest = [("Action", action.to_owned()), ("Default", default.to_owned())];
    rule.into_iter().chain(rest).filter(|(_, value)| !value.is_empty()).collect()
}

#[tokio::test]
async fn rules_of_a_table_are_read_over_all_pages() {
    let aws = aws(&[]);
    let bare = old(&aws, IRELAND, &[("Name", "x"), ("Team", "")]).await;
    let full = old(&aws, VIRGINIA, &[("Team", "Web"), ("owner", "carol"), ("CREATED", "2020-01-01")]).await;
    aws.events(IRELAND, &[launched(&iam_user("alice"), &bare, minutes_ago((3 * 24 + 1) * 60))]).await;
    // What is true of any Pad tag makes each of these rules so long that a page of 1 MB holds no more than two.
    let long = (0..1500).map(|at| format!("{at:0>250}")).collect::<Vec<_>>().join("|");
    let pad = |id: usize| {
        vec![
            ("RuleId", id.to_string()),
            ("TagKey", format!("Pad{id}")),
            ("Required", "N".to_owned()),
            ("Values", long.clone()),
        ]
    };
    let mut rules: Vec<_> = (1..=3).map(pad).collect();
    rules.push(rule(4, "Team", "Update", "Ops"));
    rules.push(rule(5, "Owner", "UserLookup", ""));
    rules.push(rule(6, "Created", "Function", "today()"));
    table(&aws.sdk(), "rules", &rules).await;

    let settings = [("TAG_RULES_TABLE", "rules"), ("TAG_ACTION", "repair"), ("OWNER_LOOKUP_SECONDS", "60")];
    let ended = run(&aws, &["--apply"], &settings).await;

    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    assert_eq!((&report["policy"]["rules_from"], count(&aws, VIRGINIA, "Scan").await), (&json!("table rules"), 2));
    let ids: Vec<_> = report["policy"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].clone()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6"]);
    let today = &report["generated_at"].as_str().unwrap()[..10];
    let set = json!({"Team": "Ops", "Owner": "alice", "Created": today});
    assert_eq!((end(&report, &bare), &finding(&report, &bare)["repairs"]), (["repair", "done", "running"], &set));
    let tags = json!({"Name": "x", "Team": "Ops", "Owner": "alice", "Created": today});
    assert_eq!(json!(aws.tags(IRELAND, &bare).await), tags);
    assert_eq!(finding(&report, &full)["status"], "compliant");
    assert_eq!(changes(&aws).await, [format!("{IRELAND} CreateTags {bare}")]);
}

#[tokio::test]
async fn rules_of_a_table_that_cannot_be_used_stop_the_run() {
    let aws = aws(&[]);
    let mut wrong = rule(7, "Team", "Update", "");
    wrong.push(("OnViolaton", "stop".to_owned()));
    table(&aws.sdk(), "wrong", &[rule(8, "Owner", "UserLookup", ""), wrong, rule(9, "Created", "Dance", "x")]).await;
    table(&aws.sdk(), "empty", &[]).await;
    for (name, said) in [
        (
            "wrong",
            "sleuth: TAG_RULES_TABLE is `wrong`: its rules cannot be used:
  rule 7: `OnViolaton` is unknown; did you mean `OnViolation`?
  rule 7: `Default` is missing: the action `Update` sets it
  rule 9: `Action` must be `Update`, `UserLookup` or `Function`, not `Dance`
",
        ),
        ("empty", "sleuth: TAG_RULES_TABLE is `empty`: its rules cannot be used:\n  the table has no rules\n"),
        ("absent", "sleuth: TAG_RULES_TABLE is `absent`: ResourceNotFoundException: Requested resource not found\n"),
    ] {
        let ended = run(&aws, &["--apply"], &[("TAG_RULES_TABLE", name), TERMINATE]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert_eq!(ended.stderr, said);
    }
    let calls = aws.calls().await;
    assert!(calls.iter().all(|call| call.service == "dynamodb"), "something was read: {calls:?}");
}

#[tokio::test]
async fn flags_of_its_forerunner_work() {
    let aws = aws(&[]);
    let bad = [("CREATED_BY", "alice"), ("Code", "lol")];
    let young = aws.launch(IRELAND, &bad).await;
    aws.back_date(IRELAND, &young, 20).await;
    let doomed = old(&aws, IRELAND, &bad).await;
    let good = old(&aws, IRELAND, &[("created_by", "alice"), ("code", "GGG")]).await;
    let elsewhere = old(&aws, VIRGINIA, &[]).await;
    let tags = "created_by,Code=LOL|GGG";
    // All of them go before the environment.
    let settings = [("TAG_ACTION", "notify"), ("REGIONS", VIRGINIA), ("REQUIRED_TAGS", "x"), ("GRACE_MINUTES", "10")];
    let flags = ["--regions", IRELAND, "--tags", tags, "--grace", "30", "--terminate"];

    let dry = run(&aws, &flags, &settings).await;
    assert_eq!((dry.code, end(&dry.report(), &doomed)), (0, ["terminate", "planned", "running"]));
    let from_environment = [("REGIONS", IRELAND), ("REQUIRED_TAGS", tags), ("GRACE_MINUTES", "30"), TERMINATE];
    let same = run(&aws, &["--now", dry.report()["generated_at"].as_str().unwrap()], &from_environment).await;
    assert_eq!(same.report(), dry.report());
    assert_eq!(aws.writes().await, []);

    let ended = run(&aws, &[&flags[..], &["--apply"]].concat(), &settings).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = ended.report();
    assert_eq!(finding(&report, &young)["status"], "grace");
    assert_eq!(finding(&report, &good)["status"], "compliant");
    assert_eq!(end(&report, &doomed), ["terminate", "done", "terminated"]);
    assert_eq!(changes(&aws).await, [format!("{IRELAND} TerminateInstances {doomed}")]);
    assert_eq!(aws.states(VIRGINIA).await[&elsewhere], "running");
    let calls = aws.calls().await;
    let ec2 = calls.iter().filter(|call| call.service == "ec2");
    assert!(ec2.clone().count() > 0 && ec2.clone().all(|call| call.region == IRELAND), "{calls:?}");
}

#[tokio::test]
async fn bad_settings_are_all_reported_before_the_first_call() {
    let aws = Emulator::start();
    let settings = [
        ("TAG_ACTION", "destroy"),
        ("GRACE_MINUTES", "soon"),
        ("MAX_STOP", "-1"),
        ("OVERRIDE_PROTECTION", "yes"),
        ("REGIONS", "Ireland"),
        ("CANARY_TAGS", "=x"),
        ("OWNER_TAGS", "owner,,x"),
        ("OWNER_LOOKUP_SECONDS", "long"),
        ("SNS_TOPIC", "tags"),
        ("TAG_RULES_TABLE", "a/b"),
    ];
    let ended = run(&aws, &["--apply"], &settings).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @r"
    sleuth: these settings cannot be used:
      TAG_ACTION is `destroy`: must be `notify` or `repair` or `stop` or `terminate`
      TAG_RULES_TABLE is `a/b`: must be the name or ARN of a DynamoDB table
      MAX_STOP is `-1`: must be a whole number from 0 to 1000000
      OVERRIDE_PROTECTION is `yes`: must be `true` or `false`
      GRACE_MINUTES is `soon`: must be a whole number from 0 to 525600
      REGIONS is `Ireland`: must be `all`, or regions as in eu-west-1,us-east-1
      CANARY_TAGS is `=x`: must be `true` (for created_by,project,department,Name=api-canary-{region}), or tags as in Name=canary-{region},team
      OWNER_TAGS is `owner,,x`: must be tag keys as in owner,created_by
      OWNER_LOOKUP_SECONDS is `long`: must be a whole number from 0 to 86400
      SNS_TOPIC is `tags`: must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME
    ");
    let ended = run(&aws, &["--apply", "--grace", "a", "--regions", "b", "--tags", "a,a,=x"], &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @r"
    sleuth: these settings cannot be used:
      --tags is `a,a,=x`: entry 2, `a`: the tag `a` is named twice
      --tags is `a,a,=x`: entry 3, `=x`: a tag is missing
      --grace is `a`: must be a whole number from 0 to 525600
      --regions is `b`: must be `all`, or regions as in eu-west-1,us-east-1
    ");
    for nothing in ["", "false"] {
        let ended = run(&aws, &["--apply"], &[TERMINATE, ("CREATED_BY_VALIDATE", nothing)]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        insta::allow_duplicates! { insta::assert_snapshot!(ended.stderr, @r"
        sleuth: these settings cannot be used:
          TAG_RULES_FILE is not set: no rules are set; set this, or --rules, TAG_RULES_TABLE, --tags or REQUIRED_TAGS (docs/tag-rules.md)
        "); }
    }
    let ended = run(&aws, &["--apply", "--rules", "/nowhere/rules.toml"], &[TERMINATE]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"sleuth: /nowhere/rules.toml cannot be read: No such file or directory (os error 2)");
    let both = run(&aws, &["--rules", "x", "--tags", "y"], &[]).await;
    assert!(both.code == 2 && both.stderr.contains("cannot be used with"), "{both:?}");
    assert_eq!(aws.calls().await, []);
}

/// `sleuth rules check` of a file with this text.
async fn check(suffix: &str, text: &str, flags: &[&str]) -> (i32, String, String) {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    let ended = sleuth(&[&["rules", "check", path], flags].concat(), "http://127.0.0.1:9", &[]).await;
    (ended.code, ended.stdout, ended.stderr.replace(path, "FILE"))
}

#[tokio::test]
async fn rules_are_checked_and_explained() {
    let good = format!("{CODE}grace = '2h'\n[[rule]]\ntag = 'Owner'\nrepair = 'launch-user'\n");
    let (code, words, stderr) = check(".toml", &good, &[]).await;
    assert_eq!((code, stderr.as_str()), (0, ""));
    insta::assert_snapshot!(words, @r"
    Code: Running or stopped instances: `Code` must be there (upper and lower case of the key alike; an empty value counts as missing). 2 hours after launch violators are terminated; managed instances are only reported.
    Owner: Running or stopped instances: `Owner` must be there (upper and lower case of the key alike; an empty value counts as missing). If it is missing or empty, it is set to whoever launched the instance. After the grace period of the run violators that are not repaired are reported.
    2 rules, no mistakes
    ");

    let as_json = json!({"rule": [{"tag": "Owner", "repair": "launch-user"},
        {"tag": "Code", "action": "terminate", "grace": "2h"}]});
    let (code, of_json, _) = check(".json", &as_json.to_string(), &["--output", "json"]).await;
    let (_, of_toml, _) = check(".toml", &good, &["--output", "json"]).await;
    assert_eq!((code, &of_json), (0, &of_toml), "the form and the order play no part");
    let rules: Value = serde_json::from_str(&of_json).unwrap();
    let code = json!({"id": "Code", "tag": {"key": "Code", "case_sensitive": false}, "required": true,
        "empty": "missing", "values": null, "pattern": null, "iam_user": false,
        "scope": {"states": ["running", "stopped"]}, "repair": null, "grace_minutes": 120, "action": "terminate",
        "managed": "notify"});
    assert_eq!(rules[0], code);
}

#[tokio::test]
async fn mistakes_in_rules_are_told_with_line_and_column() {
    let bad = "[[rule]]\ntag = 'Code'\nvalue = ['a']\naction = 'kill'\n\n[[rule]]\ntag = '*'\npattern = '('\n";
    for flags in [&[][..], &["--output", "json"]] {
        let (code, stdout, stderr) = check(".toml", bad, flags).await;
        assert_eq!((code, stdout.as_str()), (2, ""));
        insta::allow_duplicates! { insta::assert_snapshot!(stderr, @r"
        sleuth: the rules in FILE cannot be used:
        line 3, column 1: `value` is unknown; did you mean `values`?
        line 4, column 10: `action` must be `notify`, `stop` or `terminate`, not the text `kill`
        line 8, column 11: `pattern` cannot be asked of `*`, which stands for any tag
        line 8, column 11: `pattern` is no regular expression: `(`: found open group without closing ')'
        "); }
    }
    let (code, stdout, stderr) = check(".json", "{\n  \"rule\": [{\"tag\": 1}]\n}", &[]).await;
    assert_eq!((code, stdout.as_str()), (2, ""));
    insta::assert_snapshot!(stderr, @r"
    sleuth: the rules in FILE cannot be used:
    line 2, column 20: `tag` must be a text, not the number `1`
    ");
    let missing = sleuth(&["rules", "check", "/nowhere/rules.toml"], "http://127.0.0.1:9", &[]).await;
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(missing.stderr, @"sleuth: /nowhere/rules.toml cannot be read: No such file or directory (os error 2)");

    // An audit refuses them in the same words, before the first call.
    let aws = Emulator::start();
    let rules = rules(bad);
    let ended = run(&aws, &["--rules", rules.path().to_str().unwrap()], &[]).await;
    let (_, _, told) = check(".toml", bad, &[]).await;
    assert_eq!((ended.code, ended.stderr.replace(rules.path().to_str().unwrap(), "FILE")), (2, told));
    assert_eq!(aws.calls().await, []);
}
