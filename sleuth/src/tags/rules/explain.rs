//! Rules in words, so that people see what they asked for.

use super::{Empty, Managed, Repair, Response, Rule, RuleSet, Scope, TagKey, tree::quoted};
use crate::tags::inventory::State;

/// A rule in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Id of the rule.
    pub id: String,
    /// A few plain sentences, on one line.
    pub text: String,
}

/// Says of each rule whom it is about, what it asks and what becomes of violators. In the order of the rules.
pub fn explain(rules: &RuleSet) -> Vec<Explained> {
    let explained = |rule: &Rule| Explained { id: rule.id.clone(), text: text(rule) };
    rules.rules.iter().map(explained).collect()
}

fn text(rule: &Rule) -> String {
    let demand = format!("{}: {}.", scope(&rule.scope), demand(rule));
    let sentences = [Some(demand), rule.repair.as_ref().map(|set| repair(rule, set)), Some(consequence(rule))];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whom it is about: "Running or stopped instances in eu-west-1".
fn scope(scope: &Scope) -> String {
    let mut text = listed(scope.states.iter().map(State::as_str), "or");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text.push_str(" instances");
    let mut limit = |words: String| {
        text.push(' ');
        text.push_str(&words);
    };
    if !scope.regions.is_empty() {
        limit(format!("in {}", listed(scope.regions.iter().map(|region| region.0.as_str()), "or")));
    }
    if !scope.vpcs.is_empty() {
        limit(format!("of {}", listed(scope.vpcs.iter().map(String::as_str), "or")));
    }
    if let Some(name) = &scope.name {
        limit(format!("whose name matches {}", quoted(name.as_str())));
    }
    for (index, (key, value)) in scope.tags.iter().enumerate() {
        let word = if index == 0 { "tagged" } else { "and" };
        limit(format!("{word} {} = {}", quoted(key), quoted(value)));
    }
    match scope.tagged {
        Some(true) => limit("that have any tag".to_owned()),
        Some(false) => limit("without tags".to_owned()),
        None => {}
    }
    text
}

/// What it asks of the tag, with how keys and empty values are taken.
fn demand(rule: &Rule) -> String {
    let TagKey::Named { key, aliases, case_sensitive } = &rule.tag else {
        return "there must be a tag, whichever (those that AWS sets do not count)".to_owned();
    };
    let mut tag = quoted(key);
    if !aliases.is_empty() {
        tag = format!("{tag} or {}", listed(aliases.iter().map(|alias| quoted(alias)), "or"));
    }
    let mut value = Vec::new();
    if let Some(values) = &rule.values {
        value.push(match values.as_slice() {
            [only] => format!("with {}", quoted(only)),
            values => {
                format!("with one of {}", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "))
            }
        });
    }
    if let Some(pattern) = &rule.pattern {
        value.push(format!("with a value that matches {}", quoted(pattern.as_str())));
    }
    if rule.iam_user {
        value.push("with the name of an IAM user".to_owned());
    }
    let value = match value.is_empty() {
        true if rule.required => String::new(),
        true => "not empty".to_owned(),
        false => value.join(" and "),
    };
    let demand = match (rule.required, value.as_str()) {
        (true, "") => format!("{tag} must be there"),
        (true, value) => format!("{tag} must be there, {value}"),
        (false, value) => format!("{tag} need not be there, but if so, then {value}"),
    };
    let case = if *case_sensitive { "the key exactly so" } else { "upper and lower case of the key alike" };
    let empty = match rule.empty {
        Empty::Missing => "an empty value counts as missing",
        Empty::Wrong => "an empty value is wrong",
        Empty::Value => "an empty value is a value",
    };
    format!("{demand} ({case}; {empty})")
}

fn repair(rule: &Rule, repair: &Repair) -> String {
    let when = match (rule.required, rule.empty) {
        (true, Empty::Value) => "missing",
        (true, Empty::Missing | Empty::Wrong) => "missing or empty",
        (false, _) => "empty",
    };
    let to = match repair {
        Repair::Default(value) => quoted(value),
        Repair::LaunchUser { fallback: None } => "whoever launched the instance".to_owned(),
        Repair::LaunchUser { fallback: Some(value) } => {
            format!("whoever launched the instance, or to {} if CloudTrail does not know", quoted(value))
        }
        Repair::Today { plus_days: 0 } => "the date of the run".to_owned(),
        Repair::Today { plus_days } => format!("the date {} after the run", counted(*plus_days, "day")),
        Repair::CopyOf(key) => format!("the value of {}", quoted(key)),
    };
    format!("If it is {when}, it is set to {to}.")
}

fn consequence(rule: &Rule) -> String {
    let when = match rule.grace_minutes {
        None => "After the grace period of the run".to_owned(),
        Some(0) => "From launch on".to_owned(),
        Some(minutes) => format!("{} after launch", duration(minutes)),
    };
    let whom = if rule.repair.is_some() { "violators that are not repaired" } else { "violators" };
    let done = match rule.action {
        Response::Notify => return format!("{when} {whom} are reported."),
        Response::Stop => "stopped",
        Response::Terminate => "terminated",
    };
    let managed = match rule.managed {
        Managed::Notify => "managed instances are only reported",
        Managed::Act => "managed instances too",
    };
    format!("{when} {whom} are {done}; {managed}.")
}

/// Minutes in the largest unit that they fill.
fn duration(minutes: u32) -> String {
    let units = [(24 * 60, "day"), (60, "hour")];
    let whole = units.into_iter().find(|(length, _)| minutes.is_multiple_of(*length));
    whole.map_or_else(|| counted(minutes, "minute"), |(length, unit)| counted(minutes / length, unit))
}

fn counted(number: u32, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// Words as in "a, b or c".
fn listed<T: AsRef<str>>(words: impl IntoIterator<Item = T>, last: &str) -> String {
    let words: Vec<T> = words.into_iter().collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((end, others)) if !others.is_empty() => format!("{} {last} {end}", others.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::rules::file::{Format, parse};

    #[test]
    fn rules_are_told_in_words() {
        for (rule, words) in [
            (
                "tag = 'Code'\nvalues = ['LOL', 'GGG', 'BRB']\nrepair = { default = 'LOL' }\ngrace = 5\n\
                 action = 'terminate'",
                "Running or stopped instances: `Code` must be there, with one of `LOL`, `GGG`, `BRB` (upper and lower \
                 case of the key alike; an empty value counts as missing). If it is missing or empty, it is set to \
                 `LOL`. 5 minutes after launch violators that are not repaired are terminated; managed instances are \
                 only reported.",
            ),
            (
                "tag = '*'\naction = 'stop'\nmanaged = 'act'\ngrace = 0",
                "Running or stopped instances: there must be a tag, whichever (those that AWS sets do not count). From \
                 launch on violators are stopped; managed instances too.",
            ),
            (
                "tag = 'Owner'\naliases = ['by', 'creator']\ncase-sensitive = true\niam-user = true\n\
                 pattern = '[a-z]+'\nempty = 'value'\nrepair = { launch-user = true, fallback = 'nobody' }\n\
                 grace = '2h'\n[rule.scope]\nregions = ['eu-west-1', 'eu-west-2']\nvpcs = ['vpc-0abc1234']\n\
                 states = ['running']\nname = 'web-.*'\ntags = { Env = 'prod', Tier = '1' }\ntagged = true",
                "Running instances in eu-west-1 or eu-west-2 of vpc-0abc1234 whose name matches `web-.*` tagged `Env` \
                 = `prod` and `Tier` = `1` that have any tag: `Owner` or `by` or `creator` must be there, with a value \
                 that matches `[a-z]+` and with the name of an IAM user (the key exactly so; an empty value is a \
                 value). If it is missing, it is set to whoever launched the instance, or to `nobody` if CloudTrail \
                 does not know. 2 hours after launch violators that are not repaired are reported.",
            ),
            (
                "tag = 'Expiry'\nrequired = false\nempty = 'wrong'\nrepair = 'today()+1d'\ngrace = '1d'",
                "Running or stopped instances: `Expiry` need not be there, but if so, then not empty (upper and lower \
                 case of the key alike; an empty value is wrong). If it is empty, it is set to the date 1 day after \
                 the run. 1 day after launch violators that are not repaired are reported.",
            ),
            (
                "tag = 'Team'\nrequired = false\nvalues = ['Ops']\nscope.tagged = true",
                "Running or stopped instances that have any tag: `Team` need not be there, but if so, then with `Ops` \
                 (upper and lower case of the key alike; an empty value counts as missing). After the grace period of \
                 the run violators are reported.",
            ),
            (
                "tag = 'Team'\nscope.tagged = false\nrepair = { copy = 'Owner' }\ngrace = 1",
                "Running or stopped instances without tags: `Team` must be there (upper and lower case of the key \
                 alike; an empty value counts as missing). If it is missing or empty, it is set to the value of `Owner`. 1 \
                 minute after launch violators that are not repaired are reported.",
            ),
        ] {
            let rules = parse(&format!("[[rule]]\nid = 'x'\n{rule}"), Format::Toml).unwrap();
            assert_eq!(explain(&rules), [Explained { id: "x".to_owned(), text: words.to_owned() }]);
        }
    }
}
