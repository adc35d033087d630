//! Cuts lines into pieces that keep a channel's limits, by whole lines wherever that is possible.

use crate::notification::Line;

/// Text that a channel already gave its form, in units that must not be cut: a character, an escape, a mention.
pub(crate) type Units = Vec<String>;

/// A line in a channel's form, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shaped {
    pub(crate) subject: String,
    /// The whole line as plain text; empty where a line goes on.
    pub(crate) plain: String,
    pub(crate) text: String,
}

/// A line to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) subject: String,
    pub(crate) plain: String,
    pub(crate) units: Units,
}

impl Source {
    /// Words that are about nobody.
    pub(crate) fn words(text: &str, units: Units) -> Self {
        Self { subject: String::new(), plain: text.to_owned(), units }
    }

    /// A line in a channel's form.
    pub(crate) fn line(line: &Line, units: Units) -> Self {
        Self { subject: line.subject.clone(), plain: line.plain(), units }
    }
}

/// Lays `lines` into blocks of at most `max` each, as `size` measures, joined by line breaks.
///
/// Lines stay whole; one that is longer than `max` alone goes on in the next line, cut between two units.
pub(crate) fn blocks(lines: Vec<Source>, max: usize, size: fn(&str) -> usize) -> Vec<Vec<Shaped>> {
    let shaped = lines.into_iter().flat_map(|Source { subject, plain, units }| {
        let texts = wrap(units, max, size).into_iter();
        texts.enumerate().map(move |(index, text)| Shaped {
            subject: subject.clone(),
            plain: if index == 0 { plain.clone() } else { String::new() },
            text,
        })
    });
    let mut blocks: Vec<Vec<Shaped>> = Vec::new();
    let mut used = 0;
    for line in shaped {
        let need = size(&line.text);
        match blocks.last_mut() {
            Some(block) if used + 1 + need <= max => {
                used += 1 + need;
                block.push(line);
            }
            _ => {
                used = need;
                blocks.push(vec![line]);
            }
        }
    }
    blocks
}

/// The lines of a block as one text.
pub(crate) fn join(block: &[Shaped]) -> String {
    let lines: Vec<&str> = block.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n")
}

/// Packs blocks into parts: a part takes blocks while their weights, with the `head` of the part (counted from 0), stay within `max`.
pub(crate) fn pack<T>(
    blocks: Vec<T>,
    max: usize,
    head: impl Fn(usize) -> usize,
    weight: impl Fn(&T) -> usize,
) -> Vec<Vec<T>> {
    let mut parts: Vec<Vec<T>> = Vec::new();
    let mut used = 0;
    for block in blocks {
        let need = weight(&block);
        match parts.last_mut() {
            Some(part) if used + need <= max => {
                used += need;
                part.push(block);
            }
            _ => {
                used = head(parts.len()) + need;
                parts.push(vec![block]);
            }
        }
    }
    parts
}

/// What follows a title to say which part this is; nothing if it is the only one.
pub(crate) fn number(part: usize, of: usize) -> String {
    if of > 1 { format!(" ({part}/{of})") } else { String::new() }
}

/// Shortens `text` to at most `max` characters, the last one an ellipsis if something was cut.
pub(crate) fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{kept}…")
}

fn wrap(units: Units, max: usize, size: fn(&str) -> usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for unit in units {
        let need = size(&unit);
        if used + need > max && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        used += need;
        if let Some(line) = lines.last_mut() {
            line.push_str(&unit);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Units {
        text.chars().map(String::from).collect()
    }

    fn chars(text: &str) -> usize {
        text.chars().count()
    }

    #[test]
    fn lines_stay_whole_while_they_fit() {
        let lines = ["aaa", "bbb", "ccc"].map(|text| Source::words(text, units(text))).to_vec();
        let texts: Vec<String> = blocks(lines, 7, chars).iter().map(|block| join(block)).collect();
        assert_eq!(texts, ["aaa\nbbb", "ccc"]);
    }

    #[test]
    fn a_line_over_the_limit_goes_on_in_the_next_one() {
        let units = ["aa", "<@U1>", "b"].map(ToOwned::to_owned).to_vec();
        let lines = vec![Source { subject: "x".into(), plain: "aa somebody b".into(), units }];
        let laid = blocks(lines, 6, chars);
        let texts: Vec<String> = laid.iter().map(|block| join(block)).collect();
        assert_eq!(texts, ["aa", "<@U1>b"]);
        assert!(laid.iter().flatten().all(|line| line.subject == "x"));
    }

    #[test]
    fn clipping_keeps_within_the_limit_and_shows_the_cut() {
        assert_eq!(clip("héllo", 5), "héllo");
        assert_eq!(clip("héllo!", 5), "héll…");
    }
}
