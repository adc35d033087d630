//! Regular expressions of rules.

use std::fmt;

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A regular expression that has to match the whole value. Matching takes time linear in the value's length.
#[derive(Clone)]
pub struct Pattern {
    written: String,
    whole: Regex,
}

impl Pattern {
    /// Reads a pattern, in the syntax of <https://docs.rs/regex-lite/latest/regex_lite/#syntax>. The error says what is
    /// wrong with it.
    pub fn parse(written: &str) -> Result<Self, String> {
        // By itself first: `a)|(b` would be fine within the parentheses.
        Regex::new(written).map_err(|error| error.to_string())?;
        let whole = Regex::new(&format!(r"\A(?:{written})\z")).map_err(|error| error.to_string())?;
        Ok(Self { written: written.to_owned(), whole })
    }

    /// Whether all of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.written)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values_match() {
        let pattern = Pattern::parse("LOL|GGG").unwrap();
        assert!(pattern.matches("LOL") && pattern.matches("GGG"));
        for value in ["LOLx", "xGGG", "", "lol", "LOL\n"] {
            assert!(!pattern.matches(value), "{value:?}");
        }
    }

    #[test]
    fn what_cannot_stand_alone_is_refused() {
        for written in ["a)|(b", "(", "[", "*"] {
            assert!(Pattern::parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn verbose_patterns_with_comments_stay_whole() {
        // A comment at the end must not swallow the closing parenthesis.
        for written in ["(?x) abc # letters", "(?x)abc#"] {
            if let Ok(pattern) = Pattern::parse(written) {
                assert!(pattern.matches("abc") && !pattern.matches("abcd"), "{written}");
            }
        }
    }
}
