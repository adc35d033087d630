//! Rules as a list of required tags: `created_by,department,Code=LOL|GGG|BRB`.

use super::{
    Response, Rule, RuleSet, TagKey, read,
    tree::{Complaints, Entry, Node, Value, quoted},
};

/// Reads a list of required tags. `response` is what is done about violators. Every mistake names its entry.
pub fn parse(text: &str, response: Response) -> Result<RuleSet, Vec<String>> {
    if text.trim().is_empty() {
        return Err(vec!["no tags are named".to_owned()]);
    }
    let entries: Vec<&str> = text.split(',').map(str::trim).collect();
    let mut complaints = Complaints::default();
    let mut keys = Vec::new();
    let mut nodes = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let (key, values) = match entry.split_once('=') {
            Some((key, values)) => (key.trim(), Some(values.trim())),
            None => (*entry, None),
        };
        let known = key.to_lowercase();
        if key.is_empty() {
            complaints.note_at(at, "a tag is missing".to_owned());
        } else if keys.contains(&known) {
            complaints.note_at(at, format!("the tag {} is named twice", quoted(key)));
        } else if values.is_some_and(|values| values.split('|').any(|value| value.trim().is_empty())) {
            complaints.note_at(at, "a value is missing".to_owned());
        } else {
            nodes.push(node(at, key, values));
        }
        keys.push(known);
    }
    // Mistakes of the entries that were left out must not be joined by "there are no rules".
    let rules = if nodes.is_empty() { RuleSet::default() } else { rule_set(nodes, response, &mut complaints) };
    if complaints.0.is_empty() {
        return Ok(rules);
    }
    complaints.0.sort_by_key(|complaint| complaint.at);
    let named = complaints.0.into_iter().map(|complaint| {
        let entry = entries.get(complaint.at).copied().unwrap_or_default();
        let number = complaint.at + 1;
        match entry {
            "" => format!("entry {number}: {}", complaint.text),
            entry => format!("entry {number}, {}: {}", quoted(entry), complaint.text),
        }
    });
    Err(named.collect())
}

fn rule_set(nodes: Vec<Node>, response: Response, complaints: &mut Complaints) -> RuleSet {
    let rule = Entry { at: 0, key: "rule".to_owned(), node: Node::new(0, "rule", Value::List(nodes)) };
    read::rule_set(&Node::new(0, "", Value::Table(vec![rule])), response, complaints)
}

/// The rule that an entry stands for.
fn node(at: usize, key: &str, values: Option<&str>) -> Node {
    let text = |name: &str, text: &str| Node::new(at, name, Value::Text(text.to_owned()));
    let entry = |key: &str, node: Node| Entry { at, key: key.to_owned(), node };
    let tag = entry("tag", text("tag", key));
    let values = values.map(|values| {
        let values = values.split('|').map(|value| text("values", value.trim()));
        entry("values", Node::new(at, "values", Value::List(values.collect())))
    });
    Node::new(at, "rule", Value::Table(std::iter::once(tag).chain(values).collect()))
}

/// Makes the rules on this tag ask for the name of an IAM user. If there is none, one is added that requires the tag;
/// about its violators is done what the mildest of the rules does.
pub fn require_iam_user(rules: &mut RuleSet, key: &str) {
    let key = key.trim();
    let is_key = |name: &String| name.to_lowercase() == key.to_lowercase();
    let mut found = false;
    for rule in &mut rules.rules {
        let TagKey::Named { key, aliases, .. } = &rule.tag else { continue };
        if is_key(key) || aliases.iter().any(is_key) {
            rule.iam_user = true;
            found = true;
        }
    }
    if found {
        return;
    }
    let taken = |id: &str| rules.rules.iter().any(|rule| rule.id == id);
    let mut id = key.to_owned();
    while taken(&id) {
        id.push_str(" (IAM user)");
    }
    let action = rules.rules.iter().map(|rule| rule.action).min().unwrap_or_default();
    rules.rules.push(Rule { id, iam_user: true, action, ..Rule::requires(key) });
    rules.rules.sort_by(|one, other| one.id.cmp(&other.id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::rules::file;

    #[test]
    fn a_list_is_the_file_that_says_the_same() {
        let file = "[defaults]\naction = 'terminate'\n[[rule]]\ntag = 'created_by'\n[[rule]]\ntag = 'department'\n\
                    [[rule]]\ntag = 'Code'\nvalues = ['LOL', 'GGG', 'BRB']";
        let expected = file::parse(file, file::Format::Toml).unwrap();
        for text in ["created_by,department,Code=LOL|GGG|BRB", " Code = LOL | GGG |BRB , created_by\n, department "] {
            assert_eq!(parse(text, Response::Terminate).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn every_mistake_names_its_entry() {
        for (text, mistakes) in [
            ("", vec!["no tags are named"]),
            (" \n", vec!["no tags are named"]),
            (",", vec!["entry 1: a tag is missing", "entry 2: a tag is missing"]),
            (
                "a,,=x,b=,c=|x,A,d=x|x,*=y",
                vec![
                    "entry 2: a tag is missing",
                    "entry 3, `=x`: a tag is missing",
                    "entry 4, `b=`: a value is missing",
                    "entry 5, `c=|x`: a value is missing",
                    "entry 6, `A`: the tag `A` is named twice",
                    "entry 7, `d=x|x`: `values` names `x` twice",
                    "entry 8, `*=y`: `values` cannot be asked of `*`, which stands for any tag",
                ],
            ),
        ] {
            assert_eq!(parse(text, Response::Notify).unwrap_err(), mistakes, "{text}");
        }
    }

    #[test]
    fn a_rule_on_the_tag_asks_for_an_iam_user_or_one_is_added() {
        let ids = |rules: &RuleSet| {
            let asking = rules.rules.iter().filter(|rule| rule.iam_user);
            asking.map(|rule| (rule.id.clone(), rule.action)).collect::<Vec<_>>()
        };
        let mut rules = parse("Created_By,department", Response::Terminate).unwrap();
        require_iam_user(&mut rules, " created_by ");
        assert_eq!((rules.rules.len(), ids(&rules)), (2, vec![("Created_By".to_owned(), Response::Terminate)]));
        let mut rules = parse("department", Response::Stop).unwrap();
        require_iam_user(&mut rules, "created_by");
        assert_eq!((rules.rules.len(), ids(&rules)), (2, vec![("created_by".to_owned(), Response::Stop)]));
        assert!(rules.rules.iter().all(|rule| rule.required) && rules.rules.is_sorted_by_key(|rule| &rule.id));
        let text = "[[rule]]\ntag = 'Team'\nid = 'owner'\n[[rule]]\ntag = 'x'\naliases = ['Creator']";
        let mut rules = file::parse(text, file::Format::Toml).unwrap();
        require_iam_user(&mut rules, "creator");
        require_iam_user(&mut rules, "owner");
        let notify = |id: &str| (id.to_owned(), Response::Notify);
        assert_eq!(ids(&rules), [notify("owner (IAM user)"), notify("x")], "ids stay unique");
    }
}
