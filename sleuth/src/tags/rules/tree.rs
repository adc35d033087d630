//! What a rule set looks like before it is understood. Files, tables and lists all become this tree, so that one
//! reader interprets them, with the same words about the same mistakes.

use std::fmt;

/// A value, where it stands and what it is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Where it stands; what the number means is up to whoever built the tree.
    pub(super) at: usize,
    /// The key or attribute it stands under; that of the list for elements of lists.
    pub(super) name: String,
    pub(super) value: Value,
}

/// What can stand in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// As it was written, since not every number fits a type.
    Number(String),
    Truth(bool),
    /// Dates and times, which only TOML has.
    Date(String),
    /// Which only JSON has.
    Null,
    /// Something that was complained about already.
    Wrong,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the key stands.
    pub(super) at: usize,
    pub(super) key: String,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn new(at: usize, name: &str, value: Value) -> Self {
        Self { at, name: name.to_owned(), value }
    }

    /// The value of a key, if this is a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Table(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value at the end of a path, or the last one on the way there: the place to complain about what is not
    /// written out.
    pub(super) fn nearest(&self, path: &[&str]) -> &Self {
        let mut node = self;
        for key in path {
            match node.get(key) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }
}

impl fmt::Display for Value {
    /// What it is and, if that is short, what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "the text {}", quoted(text)),
            Self::Number(number) => write!(f, "the number {}", quoted(number)),
            Self::Truth(truth) => write!(f, "`{truth}`"),
            Self::Date(date) => write!(f, "the date {}", quoted(date)),
            Self::Null => f.write_str("`null`"),
            Self::Wrong => f.write_str("this"),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
        }
    }
}

/// Something that is wrong with a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) at: usize,
    pub(super) text: String,
    /// Where that stands which it collides with.
    pub(super) other: Option<usize>,
}

/// Everything that is wrong with a tree.
#[derive(Debug, Default)]
pub(super) struct Complaints(pub(super) Vec<Complaint>);

impl Complaints {
    /// Says something of a value, by its name.
    pub(super) fn note(&mut self, node: &Node, text: impl fmt::Display) {
        // What has no name is the whole.
        let name = if node.name.is_empty() { String::new() } else { format!("{} ", quoted(&node.name)) };
        self.note_at(node.at, format!("{name}{text}"));
    }

    /// Says something of a place.
    pub(super) fn note_at(&mut self, at: usize, text: String) {
        self.0.push(Complaint { at, text, other: None });
    }

    /// Says of a value that it collides with another.
    pub(super) fn collision(&mut self, node: &Node, other: usize, text: impl fmt::Display) {
        self.0.push(Complaint { at: node.at, text: format!("{} {text}", quoted(&node.name)), other: Some(other) });
    }

    /// The same with `None` to go on with.
    pub(super) fn refuse<T>(&mut self, node: &Node, text: impl fmt::Display) -> Option<T> {
        self.note(node, text);
        None
    }
}

/// A text in backticks, on one line and not too long.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let shown: String = text.chars().take(MOST).flat_map(escaped).collect();
    let rest = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("`{shown}{rest}`")
}

fn escaped(char: char) -> impl Iterator<Item = char> {
    let escape = char.is_control().then(|| char.escape_debug());
    let plain = escape.is_none().then_some(char);
    escape.into_iter().flatten().chain(plain)
}

/// Words as in "`a`, `b` or `c`".
pub(super) fn choice<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    match words.split_last() {
        Some((one, [])) => one.clone(),
        Some((end, others)) => format!("{} {last} {end}", others.join(", ")),
        None => String::new(),
    }
}

/// What to say of a key that is not known.
pub(super) fn unknown(key: &str, known: &[&str]) -> String {
    match nearest(key, known) {
        Some(near) => format!("{} is unknown; did you mean `{near}`?", quoted(key)),
        None => format!("{} is unknown; there are {}", quoted(key), choice(known.iter().copied(), "and")),
    }
}

/// The known key that `key` was probably meant to be.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    let key = plain(key);
    let most = if key.chars().count() < 4 { 1 } else { 2 };
    let near = known.iter().map(|known| (distance(&key, &plain(known)), *known));
    near.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

/// Letters to insert, leave out or change to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for ((diagonal, above), b) in row.iter().zip(row.iter().skip(1)).zip(&other) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(a != *b));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        for (one, other, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("rule", "rules", 1),
            ("kitten", "sitting", 3),
            ("abc", "abc", 0),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn near_keys_are_suggested_and_far_ones_are_not() {
        let known = ["case-sensitive", "required", "tag", "tags"];
        for (key, near) in [
            ("requires", Some("required")),
            ("Required", Some("required")),
            ("case_sensitive", Some("case-sensitive")),
            ("tga", None),
            ("tg", Some("tag")),
            ("owner", None),
            ("", None),
        ] {
            assert_eq!(nearest(key, &known), near, "{key}");
        }
    }

    #[test]
    fn quoted_texts_stay_on_one_short_line() {
        assert_eq!(quoted("a\nb\u{7}"), r"`a\nb\u{7}`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(80)));
        assert_eq!(quoted("Größe"), "`Größe`");
    }
}
