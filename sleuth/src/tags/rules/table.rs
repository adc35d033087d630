//! Rules in a DynamoDB table, an item each: the form of the serverless policy engine, with more that an item may say.

use std::collections::BTreeMap;

use super::{
    Response, RuleSet, read, scalar,
    tree::{Complaints, Entry, Node, Value, choice, quoted, unknown},
};

/// The attributes of an item, as text.
pub type Row = BTreeMap<String, String>;

/// What an item may have.
pub(super) const ATTRIBUTES: &[&str] = &[
    "Action",
    "Aliases",
    "Default",
    "Grace",
    "IamUser",
    "Managed",
    "Name",
    "OnViolation",
    "Pattern",
    "Regions",
    "Required",
    "RuleId",
    "States",
    "TagKey",
    "Tagged",
    "Values",
    "Vpcs",
];
/// What an unknown launcher is called where the rule does not say.
const UNDEFINED: &str = "Undefined";

/// Reads a table. What rules do not call for is not done: without `OnViolation` owners are told. Every mistake names its
/// rule and attribute.
pub fn parse(rows: &[Row]) -> Result<RuleSet, Vec<String>> {
    if rows.is_empty() {
        return Err(vec!["the table has no rules".to_owned()]);
    }
    let mut complaints = Complaints::default();
    let labels: Vec<String> = rows.iter().enumerate().map(|(index, row)| label(index, row)).collect();
    let items = rows.iter().zip(&labels).enumerate();
    let nodes = items.map(|(at, (row, label))| Item { at, row, out: &mut complaints }.rule(label)).collect();
    let rule = Entry { at: 0, key: "rule".to_owned(), node: Node::new(0, "rule", Value::List(nodes)) };
    let rules = read::rule_set(&Node::new(0, "", Value::Table(vec![rule])), Response::Notify, &mut complaints);
    if complaints.0.is_empty() {
        return Ok(rules);
    }
    complaints.0.sort_by_key(|complaint| complaint.at);
    let named = complaints.0.into_iter().map(|complaint| {
        let label = labels.get(complaint.at).map(String::as_str).unwrap_or_default();
        format!("rule {label}: {}", complaint.text)
    });
    Err(named.collect())
}

/// What a rule is called: its number, or its place among the items.
fn label(index: usize, row: &Row) -> String {
    let id = row.get("RuleId").map(|id| id.trim()).filter(|id| !id.is_empty());
    id.map_or_else(|| format!("without RuleId, item {}", index + 1), |id| id.replace(char::is_control, " "))
}

/// An item that is being read.
struct Item<'r> {
    at: usize,
    row: &'r Row,
    out: &'r mut Complaints,
}

impl<'r> Item<'r> {
    /// The rule of an item, as a tree.
    fn rule(&mut self, label: &str) -> Node {
        for key in self.row.keys().filter(|key| !ATTRIBUTES.contains(&key.as_str())) {
            self.out.note_at(self.at, unknown(key, ATTRIBUTES));
        }
        let mut entries = vec![
            self.entry("id", "RuleId", Value::Text(label.to_owned())),
            self.entry("tag", "TagKey", Value::Text(self.get("TagKey").unwrap_or_default().to_owned())),
        ];
        if !self.get("RuleId").is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit())) {
            self.note("RuleId", "must be a whole number");
        }
        let required = self.flag("required", "Required").unwrap_or_else(|| {
            self.note("Required", "is missing: it must be `Y` or `N`");
            self.entry("required", "Required", Value::Wrong)
        });
        let repair = self.repair();
        // The engine sets a tag that is there and empty, required or not.
        if repair.is_some() && required.node.value == Value::Truth(false) && self.get("TagKey") != Some("*") {
            entries.push(self.entry("empty", "Required", Value::Text("wrong".to_owned())));
        }
        entries.push(required);
        entries.extend(repair);
        entries.extend(self.flag("iam-user", "IamUser"));
        entries.extend(self.list("values", "Values", '|'));
        entries.extend(self.list("aliases", "Aliases", ','));
        entries.extend(self.word("action", "OnViolation"));
        entries.extend(self.word("managed", "Managed"));
        let text = |value: &str| Value::Text(value.to_owned());
        entries.extend(self.get("Pattern").map(|pattern| self.entry("pattern", "Pattern", text(pattern))));
        entries.extend(self.get("Grace").map(|grace| {
            let number = grace.bytes().all(|b| b.is_ascii_digit());
            let value = if number { Value::Number(grace.to_owned()) } else { text(grace) };
            self.entry("grace", "Grace", value)
        }));
        entries.extend(self.scope());
        Node::new(self.at, "rule", Value::Table(entries))
    }

    fn scope(&mut self) -> Option<Entry> {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut entries = Vec::new();
        entries.extend(self.list("regions", "Regions", ','));
        entries.extend(self.list("vpcs", "Vpcs", ','));
        entries.extend(self.get("States").map(|states| {
            let states = states.split(',').map(|state| text(&state.trim().to_ascii_lowercase()));
            let nodes = states.map(|state| Node::new(self.at, "States", state));
            self.entry("states", "States", Value::List(nodes.collect()))
        }));
        entries.extend(self.get("Name").map(|name| self.entry("name", "Name", text(name))));
        entries.extend(self.flag("tagged", "Tagged"));
        (!entries.is_empty()).then(|| self.entry("scope", "Tagged", Value::Table(entries)))
    }

    /// What `Action` and `Default` mean together.
    fn repair(&mut self) -> Option<Entry> {
        let words = ["Update", "UserLookup", "Function"];
        let default = self.get("Default");
        let text = |text: &str| Value::Text(text.to_owned());
        let Some(action) = self.get("Action") else {
            if default.is_some() {
                self.note("Default", format!("needs an `Action`: {}", choice(words, "or")));
            }
            return None;
        };
        let repair = match (words.into_iter().find(|word| word.eq_ignore_ascii_case(action)), default) {
            (Some("Update"), Some(default)) => Value::Table(vec![self.entry("default", "Default", text(default))]),
            (Some("Update"), None) => self.wrong("Default", "is missing: the action `Update` sets it"),
            (Some("UserLookup"), default) => Value::Table(vec![
                self.entry("launch-user", "Action", Value::Truth(true)),
                self.entry(
                    "fallback",
                    if default.is_some() { "Default" } else { "Action" },
                    text(default.unwrap_or(UNDEFINED)),
                ),
            ]),
            (Some(_), Some(default)) if scalar::today(default).is_some() => text(default),
            (Some(_), default) => {
                let given = default.map_or_else(|| "nothing".to_owned(), quoted);
                let wanted = "must be `today()` or `today()+30d` for the action `Function`";
                self.wrong("Default", format!("{wanted}, not {given}"))
            }
            (None, _) => self.wrong("Action", format!("must be {}, not {}", choice(words, "or"), quoted(action))),
        };
        Some(self.entry("repair", "Action", repair))
    }

    /// An attribute that says something.
    fn get(&self, name: &str) -> Option<&'r str> {
        self.row.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn flag(&mut self, key: &str, name: &str) -> Option<Entry> {
        let value = match self.get(name)? {
            "Y" | "y" => Value::Truth(true),
            "N" | "n" => Value::Truth(false),
            other => {
                self.note(name, format!("must be `Y` or `N`, not {}", quoted(other)));
                Value::Wrong
            }
        };
        Some(self.entry(key, name, value))
    }

    fn word(&self, key: &str, name: &str) -> Option<Entry> {
        self.get(name).map(|word| self.entry(key, name, Value::Text(word.to_ascii_lowercase())))
    }

    fn list(&self, key: &str, name: &str, separator: char) -> Option<Entry> {
        let element = |text: &str| Node::new(self.at, name, Value::Text(text.trim().to_owned()));
        let elements = self.get(name)?.split(separator).map(element);
        Some(self.entry(key, name, Value::List(elements.collect())))
    }

    fn entry(&self, key: &str, name: &str, value: Value) -> Entry {
        Entry { at: self.at, key: key.to_owned(), node: Node::new(self.at, name, value) }
    }

    /// Says what is wrong with an attribute, which is worth nothing then.
    fn wrong(&mut self, name: &str, text: impl std::fmt::Display) -> Value {
        self.note(name, text);
        Value::Wrong
    }

    fn note(&mut self, name: &str, text: impl std::fmt::Display) {
        self.out.note_at(self.at, format!("`{name}` {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::rules::{Rule, file};

    /// Items written as `RuleId=1 TagKey=a`.
    fn rows(texts: &[&str]) -> Vec<Row> {
        let row = |text: &&str| -> Row {
            let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.replace('_', " "))).collect()
        };
        texts.iter().map(row).collect()
    }

    fn toml(text: &str) -> Vec<Rule> {
        file::parse(text, file::Format::Toml).unwrap().rules
    }

    #[test]
    fn the_rules_of_the_policy_engine_mean_what_they_meant() {
        let table = rows(&[
            "RuleId=1 TagKey=Team Action=Update Required=Y Default=Ops",
            "RuleId=2 TagKey=Owner Action=userlookup Required=y Default=",
            "RuleId=3 TagKey=Created Action=FUNCTION Required=Y Default=today()",
            "RuleId=4 TagKey=Expiry Action=Function Required=N Default=today()_+_30d",
            "RuleId=5 TagKey=Note Required=Y Action=",
            "RuleId=6 TagKey=By Action=UserLookup Required=N Default=nobody",
        ]);
        let expected = toml(
            "[[rule]]\nid = '1'\ntag = 'Team'\nrepair = { default = 'Ops' }\n\
             [[rule]]\nid = '2'\ntag = 'Owner'\nrepair = { launch-user = true, fallback = 'Undefined' }\n\
             [[rule]]\nid = '3'\ntag = 'Created'\nrepair = 'today()'\n\
             [[rule]]\nid = '4'\ntag = 'Expiry'\nrequired = false\nempty = 'wrong'\nrepair = 'today()+30d'\n\
             [[rule]]\nid = '5'\ntag = 'Note'\n\
             [[rule]]\nid = '6'\ntag = 'By'\nrequired = false\nempty = 'wrong'\n\
             repair = { launch-user = true, fallback = 'nobody' }",
        );
        assert_eq!(parse(&table).unwrap().rules, expected);
    }

    #[test]
    fn an_item_can_say_all_that_a_file_can() {
        let table = rows(&[
            "RuleId=7 TagKey=Code Required=N Values=LOL|GGG Pattern=[A-Z]{3} Grace=2h OnViolation=Terminate \
             Managed=Act Aliases=code-name,_c Regions=eu-west-1,us-east-1 Vpcs=vpc-0abc1234 States=Running,stopped Name=web-.* \
             Tagged=Y IamUser=Y",
            "RuleId=8 TagKey=* Required=Y Grace=5",
        ]);
        let expected = toml(
            "[[rule]]\nid = '7'\ntag = 'Code'\nrequired = false\nvalues = ['LOL', 'GGG']\npattern = '[A-Z]{3}'\n\
             grace = 120\naction = 'terminate'\nmanaged = 'act'\naliases = ['code-name', 'c']\niam-user = true\n\
             [rule.scope]\nregions = ['eu-west-1', 'us-east-1']\nvpcs = ['vpc-0abc1234']\n\
             states = ['running', 'stopped']\nname = 'web-.*'\ntagged = true\n\
             [[rule]]\nid = '8'\ntag = '*'\ngrace = 5",
        );
        assert_eq!(parse(&table).unwrap().rules, expected);
    }

    #[test]
    fn every_mistake_names_its_rule_and_attribute() {
        let table = rows(&[
            "RuleId=1 TagKey=a Required=Y Tagged=maybe OnViolations=stop",
            "RuleId=1 TagKey=b Required=Y Action=Update",
            "RuleId=x TagKey=c Required=N Action=Delete",
            "TagKey=d Action=Function Default=tomorrow",
            "RuleId=5 Required=Y Default=x States=gone",
            "RuleId=6 TagKey=f Required=Y Action=Update Default=C Values=A||B Pattern=[ Grace=soon Regions=Ireland",
            "RuleId=7 TagKey=g Required=N IamUser=perhaps",
            "RuleId=8 TagKey=h Required=N",
            "RuleId=9 TagKey=* Required=N Action=Update Default=x",
            "RuleId=10 TagKey=i Required=Y Action=UserLookup Values=Ops",
            "RuleId=11 TagKey=I Required=Y Action=Update Default=x OnViolation=kill Managed=no",
        ]);
        let words = "`Update`, `UserLookup` or `Function`";
        let grace =
            "`Grace` must be minutes from 0 to 525600, or a text such as `90m`, `2h` or `3d`, not the text `soon`";
        let date = "`Default` must be `today()` or `today()+30d` for the action `Function`, not `tomorrow`";
        let clash = "of the rule `11` sets the same tag as that of `10`, and an instance can be in the scope of both";
        let expected = [
            "rule 1: `OnViolations` is unknown; did you mean `OnViolation`?".to_owned(),
            "rule 1: `Tagged` must be `Y` or `N`, not `maybe`".to_owned(),
            "rule 1: `Default` is missing: the action `Update` sets it".to_owned(),
            "rule 1: `RuleId` `1` names another rule already".to_owned(),
            "rule x: `RuleId` must be a whole number".to_owned(),
            format!("rule x: `Action` must be {words}, not `Delete`"),
            "rule without RuleId, item 4: `RuleId` must be a whole number".to_owned(),
            "rule without RuleId, item 4: `Required` is missing: it must be `Y` or `N`".to_owned(),
            format!("rule without RuleId, item 4: {date}"),
            format!("rule 5: `Default` needs an `Action`: {words}"),
            "rule 5: `TagKey` must not be empty".to_owned(),
            "rule 5: `States` must be `pending`, `running`, `stopping` or `stopped`, not the text `gone`".to_owned(),
            "rule 6: `Regions` names `Ireland`, which is no region; `eu-west-1` is one".to_owned(),
            "rule 6: `Pattern` is no regular expression: `[`: found unclosed character class".to_owned(),
            format!("rule 6: {grace}"),
            "rule 6: `Values` has an empty value, but empty values count as missing".to_owned(),
            "rule 6: `Default` sets `C`, which is none of the allowed values".to_owned(),
            "rule 7: `IamUser` must be `Y` or `N`, not `perhaps`".to_owned(),
            "rule 8: the rule can never be violated: the tag is not required, and every value is allowed".to_owned(),
            "rule 9: `Action` cannot be asked of `*`, which stands for any tag".to_owned(),
            "rule 9: the rule can never be violated: nothing is required".to_owned(),
            "rule 10: `Action` sets `Undefined`, which is none of the allowed values".to_owned(),
            "rule 11: `OnViolation` must be `notify`, `stop` or `terminate`, not the text `kill`".to_owned(),
            "rule 11: `Managed` must be `notify` or `act`, not the text `no`".to_owned(),
            format!("rule 11: `Action` {clash}"),
        ];
        assert_eq!(parse(&table).unwrap_err(), expected);
        assert_eq!(parse(&[]).unwrap_err(), ["the table has no rules"]);
    }
}
