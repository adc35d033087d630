use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::tags::{
    inventory::{RegionName, State},
    rules::{Empty, Managed, Pattern, Repair, Rule, Scope, TagKey},
};

/// A TOML text as JSON of the same content.
fn as_json(text: &str) -> String {
    serde_json::to_string_pretty(&text.parse::<::toml::Table>().unwrap()).unwrap()
}

fn mistakes_of(text: &str, format: Format) -> String {
    parse(text, format).map_or_else(|mistakes| mistakes.to_string(), |rules| panic!("no mistakes in {text}: {rules:?}"))
}

#[test]
fn every_key_of_the_file_becomes_what_it_says() {
    let text = r#"
        [defaults]
        action = "stop"
        grace = "2h"

        [[rule]]
        tag = "Code"
        id = "code"
        aliases = ["code-name"]
        case-sensitive = true
        required = false
        empty = "wrong"
        values = ["LOL", "GGG", "BRB"]
        pattern = "[A-Z]{3}"
        iam-user = true
        grace = 5
        action = "terminate"
        managed = "act"
        repair = { default = "LOL" }
        [rule.scope]
        regions = ["eu-west-1", "us-gov-east-1"]
        vpcs = ["vpc-0abc1234", "vpc-0123456789abcdef0"]
        states = ["pending", "stopping"]
        name = "web-.*"
        tags = { Env = "prod" }
        tagged = true

        [[rule]]
        tag = "Owner"
        repair = "launch-user"

        [[rule]]
        tag = "*"
    "#;
    let code = Rule {
        id: "code".to_owned(),
        tag: TagKey::Named { key: "Code".to_owned(), aliases: vec!["code-name".to_owned()], case_sensitive: true },
        required: false,
        empty: Empty::Wrong,
        values: Some(["LOL", "GGG", "BRB"].map(ToOwned::to_owned).to_vec()),
        pattern: Some(Pattern::parse("[A-Z]{3}").unwrap()),
        iam_user: true,
        scope: Scope {
            regions: ["eu-west-1", "us-gov-east-1"].map(|name| RegionName(name.to_owned())).to_vec(),
            vpcs: ["vpc-0abc1234", "vpc-0123456789abcdef0"].map(ToOwned::to_owned).to_vec(),
            states: vec![State::Pending, State::Stopping],
            name: Some(Pattern::parse("web-.*").unwrap()),
            tags: [("Env".to_owned(), "prod".to_owned())].into(),
            tagged: Some(true),
        },
        repair: Some(Repair::Default("LOL".to_owned())),
        grace_minutes: Some(5),
        action: Response::Terminate,
        managed: Managed::Act,
    };
    let plain = |key: &str| Rule { action: Response::Stop, grace_minutes: Some(120), ..Rule::requires(key) };
    let owner = Rule { repair: Some(Repair::LaunchUser { fallback: None }), ..plain("Owner") };
    let expected = RuleSet { rules: vec![plain("*"), owner, code] };
    assert_eq!(parse(text, Format::Toml).unwrap(), expected);
    assert_eq!(parse(&as_json(text), Format::Json).unwrap(), expected);
}

#[test]
fn defaults_hold_where_a_rule_does_not_say() {
    let text = "[defaults]\nmanaged = 'act'\ncase-sensitive = true\nempty = 'value'\nstates = ['running']\n\
                [[rule]]\ntag = 'a'\nscope.tagged = true\n[[rule]]\ntag = '*'\n[[rule]]\ntag = 'b'\nempty = 'wrong'";
    let rules = parse(text, Format::Toml).unwrap().rules;
    let empty: Vec<Empty> = rules.iter().map(|rule| rule.empty).collect();
    assert_eq!(empty, [Empty::Missing, Empty::Value, Empty::Wrong], "any tag has no value of its own");
    for rule in rules {
        assert_eq!((rule.managed, rule.scope.states.as_slice()), (Managed::Act, &[State::Running][..]));
        assert!(!matches!(rule.tag, TagKey::Named { case_sensitive: false, .. }));
    }
}

#[test]
fn repairs_and_times_can_be_written_in_several_ways() {
    let days = |plus_days| Repair::Today { plus_days };
    let launcher = |fallback: Option<&str>| Repair::LaunchUser { fallback: fallback.map(ToOwned::to_owned) };
    for (repair, expected) in [
        ("'launch-user'", launcher(None)),
        ("{ launch-user = true }", launcher(None)),
        ("{ launch-user = true, fallback = 'Undefined' }", launcher(Some("Undefined"))),
        ("'today()'", days(0)),
        ("'Today() + 30d'", days(30)),
        ("{ today = true }", days(0)),
        ("{ today = true, plus = '30d' }", days(30)),
        ("{ copy = 'Team' }", Repair::CopyOf("Team".to_owned())),
        ("{ default = 'today()' }", Repair::Default("today()".to_owned())),
    ] {
        let rules = parse(&format!("[[rule]]\ntag = 'a'\nrepair = {repair}"), Format::Toml).unwrap();
        assert_eq!(rules.rules[0].repair, Some(expected), "{repair}");
    }
    for (grace, minutes) in [("0", 0), ("0x10", 16), ("525_600", 525_600), ("'90m'", 90), ("'2h'", 120), ("'3d'", 4320)]
    {
        let rules = parse(&format!("[[rule]]\ntag = 'a'\ngrace = {grace}"), Format::Toml).unwrap();
        assert_eq!(rules.rules[0].grace_minutes, Some(minutes), "{grace}");
    }
}

#[test]
fn rules_whose_scopes_are_apart_may_set_the_same_tag() {
    for (one, other, apart) in [
        ("{}", "{}", false),
        ("regions = ['eu-west-1']", "{}", false),
        ("regions = ['eu-west-1']", "regions = ['eu-west-2']", true),
        ("regions = ['eu-west-1', 'eu-west-2']", "regions = ['eu-west-2']", false),
        ("vpcs = ['vpc-00000001']", "vpcs = ['vpc-00000002']", true),
        ("states = ['running']", "states = ['stopped']", true),
        ("states = ['running']", "{}", false),
        ("tags = { Env = 'a' }", "tags = { env = 'b' }", true),
        ("tags = { Env = 'a' }", "tags = { Team = 'b' }", false),
        ("name = 'a.*'", "name = 'b.*'", false),
        ("tagged = true", "tagged = false", true),
        ("tagged = true", "{}", false),
        ("tagged = false", "name = 'a.*'", true),
    ] {
        let scope = |words: &str| if words == "{}" { words.to_owned() } else { format!("{{ {words} }}") };
        let rule = |id: &str, tag: &str, words: &str| {
            format!("[[rule]]\nid = '{id}'\ntag = '{tag}'\nrepair = 'today()'\nscope = {}\n", scope(words))
        };
        for text in [rule("x", "A", one) + &rule("y", "a", other), rule("y", "a", other) + &rule("x", "A", one)] {
            assert_eq!(parse(&text, Format::Toml).is_ok(), apart, "{text}");
        }
    }
}

#[test]
fn mistakes_stand_where_the_wrong_value_is_in_both_formats() {
    let toml = "# Größen\n[[rule]]\ntag = 'ä'\nvalues = ['ää', 5]\nrequires = true\ngrace = '1y'\n";
    let json = "{\"rule\": [\n  {\"tag\": \"ä\", \"values\": [\"ää\", 5],\n   \"requires\": true, \"grace\": \"1y\"}]}";
    let messages = [
        "`values` must be a text, not the number `5`",
        "`requires` is unknown; did you mean `required`?",
        "`grace` must be minutes from 0 to 525600, or a text such as `90m`, `2h` or `3d`, not the text `1y`",
    ];
    for (text, format, places) in
        [(toml, Format::Toml, [(4, 17), (5, 1), (6, 9)]), (json, Format::Json, [(2, 33), (3, 4), (3, 31)])]
    {
        let expected = places.into_iter().zip(messages);
        let expected: Vec<Mistake> =
            expected.map(|((line, column), message)| Mistake { line, column, message: message.to_owned() }).collect();
        assert_eq!(parse(text, format).unwrap_err().0, expected);
        let marked = format!("\u{feff}{text}");
        assert_eq!(parse(&marked, format).unwrap_err().0, expected, "with a byte order mark");
    }
}

#[test]
fn json_is_strict() {
    for (text, mistake) in [
        ("", "line 1, column 1: not valid JSON: there is nothing"),
        ("[]", "line 1, column 1: must be a table, not a list"),
        ("{\"rule\": [],}", "line 1, column 12: not valid JSON: trailing commas are not allowed"),
        ("{\n// rules\n}", "line 2, column 1: not valid JSON: comments are not allowed"),
        (
            "{\"rule\": [{\"tag\": \"a\"}]} 5",
            "line 1, column 26: not valid JSON: text cannot contain more than one JSON value",
        ),
        ("{\"rule\": [{\"tag\": null}]}", "line 1, column 19: `tag` must be a text, not `null`"),
        ("{\"rule\": [{\"tag\": \"a\", \"tag\": \"b\"}]}", "line 1, column 24: `tag` is given twice"),
        ("{\"rule\": [{\"tag\": \"a\"", "line 1, column 11: not valid JSON: unterminated object"),
    ] {
        assert_eq!(mistakes_of(text, Format::Json), mistake, "{text}");
    }
}

#[test]
fn mistake_is_on_one_line_whatever_the_key() {
    let text = r#"{"rule": [{"tag": "a", "scope": {"tags": {"b\nc": 5}}}]}"#;
    let expected = r"line 1, column 51: `b\nc` must be a text, not the number `5`";
    assert_eq!(mistakes_of(text, Format::Json), expected);
}

#[test]
fn every_syntax_mistake_of_a_toml_file_is_told() {
    let text = "[[rule]]\ntag = 'a\ngrace = 5 minutes\nrequired = yes\n[[rule]]\ntag = 'b'\ntag = 'c'";
    let expected = "line 2, column 9: not valid TOML: invalid literal string, expected `'`\n\
                    line 3, column 9: not valid TOML: string values must be quoted, expected literal string\n\
                    line 4, column 12: not valid TOML: string values must be quoted, expected literal string\n\
                    line 7, column 1: not valid TOML: duplicate key";
    assert_eq!(mistakes_of(text, Format::Toml), expected);
}

#[test]
fn names_tell_the_format() {
    for (name, format) in [
        ("rules.toml", Format::Toml),
        ("rules.json", Format::Json),
        ("s3/rules.JSON", Format::Json),
        ("rules", Format::Toml),
        ("json", Format::Toml),
    ] {
        assert_eq!(Format::of_name(name), format, "{name}");
    }
}

#[test]
fn mistakes_are_told_in_the_same_words_in_both_formats() {
    let mut told = String::new();
    for text in include_str!("mistakes.txt").split("\n---\n").map(str::trim) {
        let toml = parse(text, Format::Toml).unwrap_err();
        let json = parse(&as_json(text), Format::Json).unwrap_err();
        let messages = |mistakes: &Mistakes| {
            // The line of the other place is another one in JSON.
            let words = |mistake: &Mistake| mistake.message.split(" (line ").next().unwrap().to_owned();
            let mut messages: Vec<String> = mistakes.0.iter().map(words).collect();
            messages.sort();
            messages
        };
        assert_eq!(messages(&toml), messages(&json), "{text}");
        write!(told, "{text}\n=>\n{toml}\n\n").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_documented_rule_files_are_rule_files() {
    let text = include_str!("../../../../../docs/tag-rules.md");
    for (fence, format, least) in [("```toml\n", Format::Toml, 4), ("```json\n", Format::Json, 1)] {
        let blocks: Vec<&str> = text.split(fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(blocks.len() >= least, "{fence}");
        for block in blocks {
            parse(block, format).unwrap_or_else(|mistakes| panic!("{mistakes}\nin\n{block}"));
        }
    }
}

#[test]
fn every_key_is_documented_in_its_section() {
    let text = include_str!("../../../../../docs/tag-rules.md");
    let attributes = crate::tags::rules::table::ATTRIBUTES;
    for (title, keys) in [
        ("## A rule", read::RULE),
        ("## Scope", read::SCOPE),
        ("## Repairs", read::REPAIR),
        ("## Defaults", read::DEFAULTS),
        ("## Rules in a DynamoDB table", attributes),
    ] {
        let section = text.split(&format!("{title}\n")).nth(1).unwrap_or_else(|| panic!("{title} is missing"));
        let section = section.split("\n## ").next().unwrap();
        for key in keys {
            assert!(section.contains(&format!("`{key}`")), "`{key}` is not documented under {title}");
        }
    }
}

/// TOML of a JSON value, in one line. The escapes of JSON strings are good in TOML too.
fn inline(value: &Json) -> String {
    match value {
        Json::Object(table) => {
            let pairs = table.iter().map(|(key, value)| format!("{} = {}", json!(key), inline(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Json::Array(list) => format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// One of some values, or nothing.
fn any_of(values: Vec<Json>) -> impl Strategy<Value = Option<Json>> {
    proptest::option::of(proptest::sample::select(values))
}

/// A valid rule on a tag of its own.
fn any_rule(index: usize) -> impl Strategy<Value = Json> {
    let tag = format!("Tag {index} \"ü\"");
    let judged = (
        any_of(vec![json!(["A", "B"]), json!(["A"])]),
        any_of(vec![json!("[A-Z]"), json!("A|B|\\d+")]),
        any_of(vec![json!([format!("Other {index}")])]),
        any_of(vec![json!(true), json!(false)]),
        any_of(vec![json!("missing"), json!("wrong"), json!("value")]),
    );
    let answered = (
        any_of(vec![json!("launch-user"), json!({"default": "A"}), json!({"copy": "Source \\ \n"})]),
        any_of(vec![json!(0), json!(5), json!("90m"), json!("3d")]),
        any_of(vec![json!("notify"), json!("stop"), json!("terminate")]),
        any_of(vec![json!("notify"), json!("act")]),
    );
    let scope = (
        any_of(vec![json!(["eu-west-1"]), json!(["eu-west-1", "us-east-1"])]),
        any_of(vec![json!(["vpc-0abc1234"])]),
        any_of(vec![json!(["running"]), json!(["stopped", "pending"])]),
        any_of(vec![json!({"Env": "prod"}), json!({"a.b": "", "c": "d"})]),
        any_of(vec![json!(true)]),
    );
    (judged, answered, scope).prop_map(move |(judged, answered, scope)| {
        let given = |pairs: Vec<(&str, Option<Json>)>| -> Json {
            let given = pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            Json::Object(given.collect())
        };
        let (values, pattern, aliases, case_sensitive, empty) = judged;
        let (repair, grace, action, managed) = answered;
        let (regions, vpcs, states, tags, tagged) = scope;
        let scope =
            [("regions", regions), ("vpcs", vpcs), ("states", states), ("tags", tags), ("tagged", tagged)].to_vec();
        given(vec![
            ("tag", Some(json!(tag))),
            ("values", values),
            ("pattern", pattern),
            ("aliases", aliases),
            ("case-sensitive", case_sensitive),
            ("empty", empty),
            ("repair", repair),
            ("grace", grace),
            ("action", action),
            ("managed", managed),
            ("scope", Some(given(scope))),
        ])
    })
}

fn any_rules() -> impl Strategy<Value = Vec<Json>> {
    (1usize..5).prop_flat_map(|count| (0..count).map(any_rule).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_rules_in_toml_and_json_and_in_any_order_are_the_same_set(
        (rules, shuffled) in any_rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle()))
    ) {
        let json = json!({ "defaults": { "grace": "1h" }, "rule": rules }).to_string();
        let rule = |rule: &Json| {
            let pairs = rule.as_object().unwrap().iter();
            let lines: Vec<String> = pairs.map(|(key, value)| format!("{key} = {}\n", inline(value))).collect();
            format!("[[rule]]\n{}", lines.concat())
        };
        let toml = format!("[defaults]\ngrace = 60\n{}", shuffled.iter().map(rule).collect::<String>());
        let expected = parse(&json, Format::Json).unwrap();
        prop_assert_eq!(expected.rules.len(), rules.len());
        prop_assert_eq!(parse(&toml, Format::Toml).unwrap(), expected);
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,60}", rule in "[\\[\\]{}\"'=,:a-c\\n ]{0,60}") {
        for text in [text, format!("[[rule]]\n{rule}"), format!("{{\"rule\": [{rule}]}}"), rule] {
            for format in [Format::Toml, Format::Json] {
                if let Err(mistakes) = parse(&text, format) {
                    prop_assert!(!mistakes.0.is_empty());
                    prop_assert!(mistakes.0.iter().all(|mistake| !mistake.message.contains('\n')));
                }
            }
        }
    }
}
