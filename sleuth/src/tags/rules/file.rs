//! Rules in a file, TOML or JSON. docs/tag-rules.md describes it.

use std::fmt;

use super::{
    Response, RuleSet, read,
    tree::{Complaint, Complaints},
};

mod json;
mod toml;

/// What a rule file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML, the form for people.
    Toml,
    /// JSON, the form for programs.
    Json,
}

impl Format {
    /// The format of a file or object of this name: JSON if it ends in `.json`, else TOML.
    pub fn of_name(name: &str) -> Self {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let json = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Toml }
    }
}

/// Something that is wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// Everything that is wrong with a rule file, in the order of the file. Never empty. Shows one mistake a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

/// Reads a rule file. A file that is wrong anywhere is no rule file: nothing is taken from it.
pub fn parse(text: &str, format: Format) -> Result<RuleSet, Mistakes> {
    // Some editors begin a file with a mark that is no part of its text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = match format {
        Format::Toml => toml::tree(text),
        Format::Json => json::tree(text),
    };
    let mut complaints = Complaints::default();
    let rules = match tree {
        Ok(root) => read::rule_set(&root, Response::default(), &mut complaints),
        Err(broken) => {
            complaints = broken;
            RuleSet::default()
        }
    };
    if complaints.0.is_empty() { Ok(rules) } else { Err(mistakes(text, complaints)) }
}

/// Complaints with lines and columns.
fn mistakes(text: &str, Complaints(mut complaints): Complaints) -> Mistakes {
    complaints.sort_by(|one, other| (one.at, &one.text).cmp(&(other.at, &other.text)));
    complaints.dedup();
    let mistake = |Complaint { at, text: message, other }: Complaint| {
        let (line, column) = position(text, at);
        let message = match other.map(|other| position(text, other)) {
            Some((other, _)) => format!("{message} (line {other})"),
            None => message,
        };
        Mistake { line, column, message }
    };
    Mistakes(complaints.into_iter().map(mistake).collect())
}

/// Line and column of a byte.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.char_indices().take_while(|(index, _)| *index < at).map(|(_, char)| char);
    before.fold((1, 1), |(line, column), char| match char {
        '\n' => (line + 1, 1),
        _ => (line, column + 1),
    })
}

#[cfg(test)]
mod tests;
