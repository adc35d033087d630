//! Texts of others that stand in Markdown as what they are: no markup, nobody called, nothing linked.

use crate::render::text::printable;

/// Breaks a word for programs, not for the eye.
const BREAK: char = '\u{200b}';

/// What stands between backticks as code, the rest as it is.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len().saturating_sub(1);
    let part = |(index, part): (usize, &&str)| match index % 2 {
        0 => escaped(part),
        // It has no end.
        _ if index == last => format!("\\`{}", escaped(part)),
        _ => code(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// A name or an id: code, in which GitHub and GitLab look for nothing.
pub(super) fn code(text: &str) -> String {
    let text = printable(text);
    // A pipe ends a cell even there, and a backtick the code.
    let plain = !text.trim().is_empty() && !text.contains(['|', '`']);
    if plain { format!("`{text}`") } else { escaped(&text) }
}

/// A text without markup. What GitHub and GitLab take for people (`@alice`), for other issues (`#12`, `GH-12`, `!12`) and
/// for addresses is broken: a report would call strangers, and be linked from issues that have nothing to do with it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let text = printable(text).replace("www.", &format!("www{BREAK}.")).replace("://", &format!(":{BREAK}//"));
    for c in text.chars() {
        match c {
            '&' => escaped.extend("&amp;".chars().chain([BREAK])),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '|' => escaped.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' => escaped.extend(['\\', c]),
            '@' => escaped.extend([c, BREAK]),
            '#' | '!' | '~' | '$' | '%' => escaped.extend(['\\', c, BREAK]),
            // `-` begins a list or underlines a heading, and is in every date.
            '-' if escaped.ends_with("GH") || escaped.ends_with("gh") => escaped.extend([c, BREAK]),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escaped("a|b <img> `x` *y* _z_ [l](u) \\"), r"a&#124;b &lt;img&gt; \`x\` \*y\* \_z\_ \[l\](u) \\");
        assert_eq!(escaped("one\ntwo\u{1b}"), "one\u{fffd}two\u{fffd}");
    }

    #[test]
    fn nobody_is_called_and_nothing_linked() {
        assert_eq!(escaped("@alice"), "@\u{200b}alice");
        assert_eq!(escaped("a/b#12 GH-12 !7"), "a/b\\#\u{200b}12 GH-\u{200b}12 \\!\u{200b}7");
        assert_eq!(escaped("https://x.example www.x.example"), "https:\u{200b}//x.example www\u{200b}.x.example");
    }

    #[test]
    fn code_is_kept_and_what_is_no_code_is_escaped() {
        assert_eq!(prose("`@a` is <missing>"), "`@a` is &lt;missing&gt;");
        assert_eq!(prose("half `@a"), "half \\`@\u{200b}a");
        assert_eq!(prose("`a|b` ``"), "a&#124;b ");
        assert_eq!(code("@a`b"), "@\u{200b}a\\`b");
    }

    /// What is left of a text when all code is taken out, as Markdown has it: code ends at as many backticks as it began
    /// with, and a backslash has a meaning only outside.
    fn outside(markdown: &str) -> String {
        let (mut left, mut rest) = (String::new(), markdown);
        while let Some(c) = rest.chars().next() {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            let run = &rest[..ticks];
            let ends = |from: usize| {
                let inside = &rest[from..];
                let at = from + inside.find(run)?;
                let length = rest[at..].len() - rest[at..].trim_start_matches('`').len();
                Some((at, length))
            };
            if ticks > 0 {
                let mut end = ends(ticks);
                while let Some((at, length)) = end.filter(|(_, length)| *length != ticks) {
                    end = ends(at + length);
                }
                rest = end.map_or(&rest[ticks..], |(at, length)| &rest[at + length..]);
            } else if c == '\\' {
                rest = rest.char_indices().nth(2).map_or("", |(at, _)| &rest[at..]);
            } else {
                left.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        left
    }

    proptest! {
        #[test]
        fn any_text_stays_in_its_cell(text in "[a-c@#|`<>\\\\\n!-]{0,16}") {
            for said in [prose(&text), code(&text), escaped(&text)] {
                prop_assert!(!said.contains(['|', '\n']), "{}", said);
                let outside = outside(&said).replace("&#124;", "");
                prop_assert!(!outside.contains(['<', '>']), "{}", said);
                let called = outside.split('@').skip(1).any(|rest| !rest.starts_with(BREAK));
                prop_assert!(!called && !outside.contains('#'), "{}", said);
            }
        }
    }
}
