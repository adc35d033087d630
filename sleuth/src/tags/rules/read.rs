//! From the tree to the rules. What single rules and all of them together have to keep is checked in `check`.

use super::{
    AnyTag, Empty, Managed, Repair, Response, Rule, RuleSet, Scope, TagKey, check, scalar,
    tree::{Complaints, Node, Value, choice, quoted, unknown},
};
use crate::tags::inventory::State;

pub(super) const ROOT: &[&str] = &["defaults", "rule"];
pub(super) const DEFAULTS: &[&str] = &["action", "case-sensitive", "empty", "grace", "managed", "states"];
pub(super) const RULE: &[&str] = &[
    "action",
    "aliases",
    "case-sensitive",
    "empty",
    "grace",
    "iam-user",
    "id",
    "managed",
    "pattern",
    "repair",
    "required",
    "scope",
    "tag",
    "values",
];
pub(super) const REPAIR: &[&str] = &["copy", "default", "fallback", "launch-user", "plus", "today"];
pub(super) const SCOPE: &[&str] = &["name", "regions", "states", "tagged", "tags", "vpcs"];
/// What would be said of one tag, and so cannot be said of any.
const OF_ONE_TAG: &[&str] = &["aliases", "case-sensitive", "empty", "iam-user", "pattern", "repair", "values"];

/// A rule with the tree it was read from.
pub(super) struct Draft<'n> {
    pub(super) rule: Rule,
    pub(super) node: &'n Node,
    /// Keys whose values were not understood: nothing is said of what depends on them.
    bad: Vec<&'static str>,
}

impl Draft<'_> {
    /// Whether all of these were understood.
    pub(super) fn knows(&self, keys: &[&str]) -> bool {
        !self.bad.iter().any(|bad| keys.contains(bad))
    }
}

/// What a rule has that does not say.
struct Defaults {
    action: Response,
    grace: Option<u32>,
    managed: Managed,
    case_sensitive: bool,
    empty: Empty,
    states: Vec<State>,
}

/// Reads all rules. `response` is what is done about violators if nothing is said of that. What is returned is worth
/// something only if nothing was complained about.
pub(super) fn rule_set(root: &Node, response: Response, out: &mut Complaints) -> RuleSet {
    let Some(mut fields) = Fields::open(root, ROOT, out) else { return RuleSet::default() };
    let defaults = fields.read("defaults", |node, out| defaults(node, response, out));
    let defaults = defaults.unwrap_or_else(|| Defaults::new(response));
    let nodes = match root.get("rule") {
        None => &[],
        Some(Node { value: Value::List(nodes), .. }) => nodes.as_slice(),
        Some(node) => {
            scalar::wrong_kind::<()>(node, "a list of tables", out);
            return RuleSet::default();
        }
    };
    // A misspelt `rule` was complained about already.
    if nodes.is_empty() && out.0.is_empty() {
        let at = root.get("rule").map_or(root.at, |node| node.at);
        out.note_at(at, "there are no rules".to_owned());
    }
    let drafts: Vec<Draft<'_>> = nodes.iter().filter_map(|node| rule(node, &defaults, out)).collect();
    for draft in &drafts {
        check::alone(draft, out);
    }
    check::together(&drafts, out);
    let mut rules: Vec<Rule> = drafts.into_iter().map(|draft| draft.rule).collect();
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    RuleSet { rules }
}

/// A table that is being read.
struct Fields<'n, 'o> {
    node: &'n Node,
    out: &'o mut Complaints,
    bad: Vec<&'static str>,
}

impl<'n, 'o> Fields<'n, 'o> {
    /// Begins to read a table that may have these keys.
    fn open(node: &'n Node, known: &[&str], out: &'o mut Complaints) -> Option<Self> {
        let Value::Table(entries) = &node.value else { return scalar::wrong_kind(node, "a table", out) };
        for (index, entry) in entries.iter().enumerate() {
            if !known.contains(&entry.key.as_str()) {
                out.note_at(entry.at, unknown(&entry.key, known));
            } else if entries.iter().take(index).any(|earlier| earlier.key == entry.key) {
                out.note_at(entry.at, format!("{} is given twice", quoted(&entry.key)));
            }
        }
        Some(Self { node, out, bad: Vec::new() })
    }

    /// Reads the value of a key, if there is one.
    fn read<T>(&mut self, key: &'static str, reader: impl FnOnce(&'n Node, &mut Complaints) -> Option<T>) -> Option<T> {
        let node = self.node.get(key)?;
        if node.value == Value::Wrong {
            self.bad.push(key);
            return None;
        }
        let before = self.out.0.len();
        let value = reader(node, self.out);
        if self.out.0.len() > before {
            self.bad.push(key);
        }
        value
    }
}

impl Defaults {
    fn new(action: Response) -> Self {
        Self {
            action,
            grace: None,
            managed: Managed::default(),
            case_sensitive: false,
            empty: Empty::default(),
            states: State::AUDITED.to_vec(),
        }
    }
}

fn defaults(node: &Node, response: Response, out: &mut Complaints) -> Option<Defaults> {
    let mut fields = Fields::open(node, DEFAULTS, out)?;
    let plain = Defaults::new(response);
    Some(Defaults {
        action: fields.read("action", scalar::response).unwrap_or(plain.action),
        grace: fields.read("grace", scalar::minutes),
        managed: fields.read("managed", scalar::managed).unwrap_or(plain.managed),
        case_sensitive: fields.read("case-sensitive", scalar::truth).unwrap_or(plain.case_sensitive),
        empty: fields.read("empty", scalar::empty).unwrap_or(plain.empty),
        states: fields.read("states", states).unwrap_or(plain.states),
    })
}

fn rule<'n>(node: &'n Node, defaults: &Defaults, out: &mut Complaints) -> Option<Draft<'n>> {
    let mut fields = Fields::open(node, RULE, out)?;
    if node.get("tag").is_none() {
        fields.out.note_at(node.at, "`tag` is missing".to_owned());
    }
    let tag = tag(&mut fields, defaults);
    let any = matches!(tag, Some(TagKey::Any(_)));
    let id = fields.read("id", scalar::some_text).map(ToOwned::to_owned);
    let scope = fields.read("scope", |node, out| scope(node, defaults, out));
    let rule = Rule {
        id: id.unwrap_or_else(|| tag.as_ref().map_or_else(String::new, |tag| tag.as_str().to_owned())),
        required: fields.read("required", scalar::truth).unwrap_or(true),
        empty: fields.read("empty", scalar::empty).unwrap_or(if any { Empty::default() } else { defaults.empty }),
        values: fields.read("values", |node, out| scalar::list(node, scalar::value, String::clone, out)),
        pattern: fields.read("pattern", scalar::pattern),
        iam_user: fields.read("iam-user", scalar::truth).unwrap_or(false),
        scope: scope.unwrap_or_else(|| Scope { states: defaults.states.clone(), ..Scope::default() }),
        repair: fields.read("repair", repair),
        grace_minutes: fields.read("grace", scalar::minutes).or(defaults.grace),
        action: fields.read("action", scalar::response).unwrap_or(defaults.action),
        managed: fields.read("managed", scalar::managed).unwrap_or(defaults.managed),
        tag: tag.unwrap_or_else(|| TagKey::named("")),
    };
    if any {
        for key in OF_ONE_TAG {
            if let Some(node) = node.get(key) {
                fields.out.note(node, "cannot be asked of `*`, which stands for any tag");
                fields.bad.push(key);
            }
        }
    }
    let bad = fields.bad;
    (node.get("tag").is_some() && !bad.contains(&"tag")).then_some(Draft { rule, node, bad })
}

fn tag(fields: &mut Fields<'_, '_>, defaults: &Defaults) -> Option<TagKey> {
    let key = fields.read("tag", |node, out| match &node.value {
        Value::Text(text) if text == "*" => Some("*".to_owned()),
        _ => scalar::key(node, out),
    });
    let case_sensitive = fields.read("case-sensitive", scalar::truth).unwrap_or(defaults.case_sensitive);
    let same = |key: &String| if case_sensitive { key.clone() } else { key.to_lowercase() };
    let itself = key.as_ref().map(same);
    let aliases = fields.read("aliases", |node, out| {
        let alias = |node: &Node, out: &mut Complaints| {
            let alias = scalar::key(node, out)?;
            if itself == Some(same(&alias)) {
                return out.refuse(node, format!("names {}, which is the tag itself", quoted(&alias)));
            }
            Some(alias)
        };
        scalar::list(node, alias, same, out)
    });
    Some(match key? {
        key if key == "*" => TagKey::Any(AnyTag::Any),
        key => TagKey::Named { key, aliases: aliases.unwrap_or_default(), case_sensitive },
    })
}

fn states(node: &Node, out: &mut Complaints) -> Option<Vec<State>> {
    scalar::list(node, scalar::state, |state| state.as_str().to_owned(), out)
}

fn scope(node: &Node, defaults: &Defaults, out: &mut Complaints) -> Option<Scope> {
    let mut fields = Fields::open(node, SCOPE, out)?;
    let plain = |text: &String| text.clone();
    Some(Scope {
        regions: fields
            .read("regions", |node, out| scalar::list(node, scalar::region, |region| region.0.clone(), out))
            .unwrap_or_default(),
        vpcs: fields.read("vpcs", |node, out| scalar::list(node, scalar::vpc, plain, out)).unwrap_or_default(),
        states: fields.read("states", states).unwrap_or_else(|| defaults.states.clone()),
        name: fields.read("name", scalar::pattern),
        tags: fields.read("tags", scope_tags).unwrap_or_default(),
        tagged: fields.read("tagged", scalar::truth),
    })
}

fn scope_tags(node: &Node, out: &mut Complaints) -> Option<std::collections::BTreeMap<String, String>> {
    let Value::Table(entries) = &node.value else { return scalar::wrong_kind(node, "a table", out) };
    if entries.is_empty() {
        return out.refuse(node, "must not be an empty table; leave it out");
    }
    for (index, entry) in entries.iter().enumerate() {
        let same = |earlier: &str| earlier.to_lowercase() == entry.key.to_lowercase();
        if entry.key.trim().is_empty() {
            out.note_at(entry.at, "the key of a tag must not be empty".to_owned());
        } else if let Some(problem) = scalar::key_problem(&entry.key) {
            out.note_at(entry.at, format!("the key of a tag {problem}"));
        } else if entries.iter().take(index).any(|earlier| same(&earlier.key)) {
            out.note_at(entry.at, format!("{} is given twice: keys are compared without case", quoted(&entry.key)));
        }
    }
    let pairs = entries.iter().map(|entry| Some((entry.key.clone(), scalar::value(&entry.node, out)?)));
    Some(pairs.flatten().collect())
}

fn repair(node: &Node, out: &mut Complaints) -> Option<Repair> {
    let sources = ["copy", "default", "launch-user", "today"];
    match &node.value {
        Value::Table(_) => {}
        Value::Text(text) if text == "launch-user" => return Some(Repair::LaunchUser { fallback: None }),
        Value::Text(text) => {
            if let Some(plus_days) = scalar::today(text) {
                return Some(Repair::Today { plus_days });
            }
            let wanted = format!("`launch-user`, `today()`, `today()+30d` or a table with {}", choice(sources, "or"));
            return scalar::wrong_kind(node, &wanted, out);
        }
        _ => return scalar::wrong_kind(node, "a text or a table", out),
    }
    let mut fields = Fields::open(node, REPAIR, out)?;
    let given: Vec<&str> = sources.into_iter().filter(|source| node.get(source).is_some()).collect();
    let default = fields.read("default", scalar::value);
    let launch_user = fields.read("launch-user", scalar::mark);
    let fallback = fields.read("fallback", scalar::value);
    let today = fields.read("today", scalar::mark);
    let plus = fields.read("plus", scalar::days);
    let copy = fields.read("copy", scalar::key);
    for (key, source) in [("fallback", "launch-user"), ("plus", "today")] {
        if let (Some(node), false) = (node.get(key), given.contains(&source)) {
            fields.out.note(node, format!("goes with `{source}` only"));
        }
    }
    match given.as_slice() {
        ["default"] => default.map(Repair::Default),
        ["launch-user"] => launch_user.map(|()| Repair::LaunchUser { fallback }),
        ["today"] => today.map(|()| Repair::Today { plus_days: plus.unwrap_or(0) }),
        ["copy"] => copy.map(Repair::CopyOf),
        [] => out.refuse(node, format!("must have one of {}", choice(sources, "and"))),
        _ => out.refuse(node, format!("can have only one of {}", choice(given.iter().copied(), "and"))),
    }
}
