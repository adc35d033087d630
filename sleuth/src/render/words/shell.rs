//! Commands for people to copy.

/// A command, its words as a POSIX shell takes them.
pub(in crate::render) fn command(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// An option and its value. A value that begins with `-`, as a user's name may, is joined to the option: by itself it would be
/// taken for another.
pub(in crate::render) fn option(name: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') { vec![format!("{name}={value}")] } else { vec![name.to_owned(), value.to_owned()] }
}

/// A value in the shorthand of the AWS CLI, as in `Key=VALUE`: in double quotes if it is not plain, with quotes and backslashes
/// escaped. Without quotes a comma would begin the next member, and a bracket a list
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html>).
pub(in crate::render) fn shorthand(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_.:/+-".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', r#"\""#))
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
    fn value_that_looks_like_an_option_is_joined_to_its_own() {
        assert_eq!(option("--user-name", "alice"), ["--user-name", "alice"]);
        assert_eq!(option("--user-name", "--debug"), ["--user-name=--debug"]);
    }

    #[test]
    fn values_in_shorthand_are_quoted() {
        for (value, expected) in [
            ("cost-center", "cost-center"),
            ("aws:name/ünal", "aws:name/ünal"),
            ("", r#""""#),
            ("a,b", r#""a,b""#),
            ("a=b", r#""a=b""#),
            ("[x]", r#""[x]""#),
            ("a b", r#""a b""#),
            (r#"say "hi""#, r#""say \"hi\"""#),
            (r"back\slash", r#""back\\slash""#),
        ] {
            assert_eq!(shorthand(value), expected);
        }
        assert_eq!(command(&["x", &format!("Key={}", shorthand("a,b"))]), r#"x 'Key="a,b"'"#);
    }

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
