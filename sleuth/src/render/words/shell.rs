//! Commands for people to copy.

/// A command, its words as a POSIX shell takes them.
pub(in crate::render) fn command(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word as it is, if it is plain, else in single quotes. Names come from the account, and an account may hold any.
fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    let printable: String = word.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("'{}'", printable.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_not_plain_are_quoted() {
        for (word, expected) in [
            ("alice", "alice"),
            ("a.b+c=d,e@f-g_h", "a.b+c=d,e@f-g_h"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(rm -rf /)", "'$(rm -rf /)'"),
            ("it's", r"'it'\''s'"),
            ("a\nb", "'a\u{fffd}b'"),
        ] {
            assert_eq!(command(&["x", word]), format!("x {expected}"));
        }
    }
}
