//! What rules have to keep that were understood: a rule in itself, and all of them together.

use std::collections::BTreeSet;

use super::{
    Empty, RESERVED, Repair, Rule, Scope, TagKey,
    read::Draft,
    tree::{Complaints, Node, quoted},
};

/// Checks a rule in itself.
pub(super) fn alone(draft: &Draft<'_>, out: &mut Complaints) {
    if draft.knows(&["empty", "iam-user", "pattern", "required", "scope", "values"]) {
        violable(draft, out);
    }
    if draft.knows(&["values"]) {
        values(draft, out);
    }
    if draft.knows(&["repair"]) {
        repair(draft, out);
    }
}

/// A rule that no instance can violate was meant to be something else.
fn violable(Draft { rule, node, .. }: &Draft<'_>, out: &mut Complaints) {
    let scope = &rule.scope;
    let has_tag = scope.name.is_some() || !scope.tags.is_empty();
    if scope.tagged == Some(false) && has_tag {
        let tagged = node.nearest(&["scope", "tagged"]);
        out.note(tagged, "is `false`, but the scope asks for tags: there is no such instance");
        return;
    }
    let why = match &rule.tag {
        TagKey::Any(_) if !rule.required => "nothing is required",
        TagKey::Any(_) if has_tag || scope.tagged == Some(true) => "every instance in its scope has a tag",
        TagKey::Named { .. } if !rule.required && scope.tagged == Some(false) => {
            "the tag is not required, and no instance in its scope has it"
        }
        TagKey::Named { .. } if !rule.required && !judges_values(rule) && rule.empty != Empty::Wrong => {
            "the tag is not required, and every value is allowed"
        }
        _ => return,
    };
    out.note_at(node.at, format!("the rule can never be violated: {why}"));
}

fn judges_values(rule: &Rule) -> bool {
    rule.values.is_some() || rule.pattern.is_some() || rule.iam_user
}

fn values(draft: &Draft<'_>, out: &mut Complaints) {
    let Draft { rule, node, .. } = draft;
    let Some(values) = &rule.values else { return };
    let list = node.nearest(&["values"]);
    if draft.knows(&["empty"]) && rule.empty != Empty::Value && values.iter().any(|value| value.trim().is_empty()) {
        out.note(list, format!("has an empty value, but empty values count as {}", rule.empty.as_str()));
    }
    if let Some(pattern) = &rule.pattern
        && !values.iter().any(|value| pattern.matches(value))
    {
        let pattern = quoted(pattern.as_str());
        out.note(node.nearest(&["pattern"]), format!("{pattern} matches none of the allowed values"));
    }
}

fn repair(draft: &Draft<'_>, out: &mut Complaints) {
    let Draft { rule, node, .. } = draft;
    let (Some(repair), TagKey::Named { key, aliases, case_sensitive }) = (&rule.repair, &rule.tag) else { return };
    let place = node.nearest(&["repair"]);
    if key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED)) {
        out.note(place, format!("cannot set {}: only AWS writes tags that begin with `{RESERVED}`", quoted(key)));
    }
    if draft.knows(&["empty", "required"]) && !rule.required && rule.empty != Empty::Wrong {
        out.note(place, "can never act: the tag is not required, and an empty value is not wrong");
    }
    match repair {
        Repair::Default(value) => sets(draft, value, place.nearest(&["default"]), out),
        Repair::LaunchUser { fallback: Some(value) } => sets(draft, value, place.nearest(&["fallback"]), out),
        Repair::LaunchUser { fallback: None } => {}
        Repair::Today { .. } => {
            if rule.iam_user {
                out.note(place, "sets a date, which is no IAM user");
            }
            let dates = |values: &Vec<String>| values.iter().any(|value| is_date(value));
            if draft.knows(&["values"]) && !rule.values.as_ref().is_none_or(dates) {
                out.note(place, "sets a date, which is none of the allowed values");
            }
        }
        Repair::CopyOf(source) => {
            let is_source =
                |key: &String| key == source || !case_sensitive && key.to_lowercase() == source.to_lowercase();
            let knows_keys = draft.knows(&["aliases", "case-sensitive"]);
            if knows_keys && std::iter::once(key).chain(aliases).any(is_source) {
                out.note(place.nearest(&["copy"]), format!("copies {}, which is the tag itself", quoted(source)));
            }
        }
    }
}

/// Checks that a value a repair sets would not violate the rule again.
fn sets(draft: &Draft<'_>, value: &str, place: &Node, out: &mut Complaints) {
    let shown = quoted(value);
    if value.trim().is_empty() {
        out.note(place, "sets an empty value");
        return;
    }
    if let Some(values) = &draft.rule.values
        && draft.knows(&["values"])
        && !values.iter().any(|allowed| allowed == value)
    {
        out.note(place, format!("sets {shown}, which is none of the allowed values"));
    }
    if let Some(pattern) = &draft.rule.pattern
        && !pattern.matches(value)
    {
        out.note(place, format!("sets {shown}, which does not match the pattern {}", quoted(pattern.as_str())));
    }
}

/// Whether a text looks like `2026-12-31`.
fn is_date(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Checks all rules together: ids are unique, and the order of the rules decides nothing.
pub(super) fn together(drafts: &[Draft<'_>], out: &mut Complaints) {
    for (index, later) in drafts.iter().enumerate() {
        let mut earlier = drafts.iter().take(index);
        if let Some(first) = drafts.iter().take(index).find(|first| first.rule.id == later.rule.id)
            && first.knows(&["id"])
            && later.knows(&["id"])
        {
            let other = place_of_id(first).at;
            let text = match later.node.get("id") {
                Some(_) => format!("{} names another rule already", quoted(&later.rule.id)),
                None => format!("{} has a rule already, so that this one needs an `id`", quoted(&later.rule.id)),
            };
            out.collision(place_of_id(later), other, text);
        }
        if let Some(first) = earlier.find(|first| collide(first, later)) {
            let (one, other) = (quoted(&later.rule.id), quoted(&first.rule.id));
            let both = "and an instance can be in the scope of both";
            let text = format!("of the rule {one} sets the same tag as that of {other}, {both}");
            out.collision(later.node.nearest(&["repair"]), first.node.nearest(&["repair"]).at, text);
        }
    }
}

fn place_of_id<'n>(draft: &Draft<'n>) -> &'n Node {
    draft.node.get("id").unwrap_or_else(|| draft.node.nearest(&["tag"]))
}

/// Whether two rules may set the same tag of the same instance.
fn collide(one: &Draft<'_>, other: &Draft<'_>) -> bool {
    let known = |draft: &Draft<'_>| draft.knows(&["aliases", "case-sensitive", "repair", "scope"]);
    let repairs = |draft: &Draft<'_>| known(draft) && draft.rule.repair.is_some();
    repairs(one)
        && repairs(other)
        && same_tag(&one.rule.tag, &other.rule.tag)
        && !apart(&one.rule.scope, &other.rule.scope)
}

/// Whether one of two rules writes what the other takes for its own tag.
fn same_tag(one: &TagKey, other: &TagKey) -> bool {
    let names = |tag: &TagKey| -> BTreeSet<String> {
        match tag {
            TagKey::Any(_) => BTreeSet::new(),
            TagKey::Named { key, aliases, .. } => {
                std::iter::once(key).chain(aliases).map(|key| key.to_lowercase()).collect()
            }
        }
    };
    names(one).contains(&other.as_str().to_lowercase()) || names(other).contains(&one.as_str().to_lowercase())
}

/// Whether no instance can be in both scopes. Patterns may always overlap.
fn apart(one: &Scope, other: &Scope) -> bool {
    fn disjoint<T: PartialEq>(one: &[T], other: &[T]) -> bool {
        !one.is_empty() && !other.is_empty() && !one.iter().any(|element| other.contains(element))
    }
    let tags_differ = one.tags.iter().any(|(key, value)| {
        let same = |(other, _): &(&String, &String)| other.to_lowercase() == key.to_lowercase();
        other.tags.iter().find(same).is_some_and(|(_, other)| other != value)
    });
    let has_tags = |scope: &Scope| scope.tagged == Some(true) || scope.name.is_some() || !scope.tags.is_empty();
    let tagged_differs = |one: &Scope, other: &Scope| one.tagged == Some(false) && has_tags(other);
    disjoint(&one.regions, &other.regions)
        || disjoint(&one.vpcs, &other.vpcs)
        || disjoint(&one.states, &other.states)
        || tags_differ
        || tagged_differs(one, other)
        || tagged_differs(other, one)
}
