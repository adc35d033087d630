//! The tag that keeps an instance from every action for some time.

use chrono::{DateTime, NaiveDate, Utc};

use crate::facts::Tags;

/// The tag: `2026-12-31 reason`. Its key is matched without case.
pub const TAG: &str = "SleuthExempt";

/// What the tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exemption {
    /// The instance is left alone up to the end of this day, in UTC.
    Until {
        /// The last day.
        day: NaiveDate,
        /// Why, as written.
        reason: String,
    },
    /// It was, up to the end of this day.
    Over(NaiveDate),
    /// It does not begin with a date, so that it would never end.
    Unclear(String),
}

impl Exemption {
    /// What the tags of an instance say, if they say anything. Of several tags that differ in case the longest exemption
    /// counts.
    pub fn of(tags: &Tags, now: DateTime<Utc>) -> Option<Self> {
        let said = tags.iter().filter(|(key, _)| key.eq_ignore_ascii_case(TAG));
        said.map(|(_, value)| Self::parse(value.trim(), now.date_naive())).max_by_key(Self::length)
    }

    fn parse(value: &str, today: NaiveDate) -> Self {
        // Ten characters, as `%m` would also take one digit; then anything that does not go on with the date.
        let (date, rest) = value.split_at_checked(10).unwrap_or((value, ""));
        let ends = !rest.starts_with(|c: char| c.is_ascii_digit());
        match NaiveDate::parse_from_str(date, "%Y-%m-%d").ok().filter(|_| date.len() == 10 && ends) {
            Some(day) if day >= today => {
                let reason = rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
                Self::Until { day, reason: reason.to_owned() }
            }
            Some(day) => Self::Over(day),
            None => Self::Unclear(value.to_owned()),
        }
    }

    fn length(&self) -> Option<NaiveDate> {
        match self {
            Self::Until { day, .. } | Self::Over(day) => Some(*day),
            Self::Unclear(_) => None,
        }
    }

    /// What is to be said of a tag that is no exemption.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::Until { .. } => None,
            Self::Over(day) => Some(format!("its exemption ended on {day}")),
            Self::Unclear(value) => Some(format!(
                "its tag {TAG} is `{value}`, which is no exemption: it must begin with a date as in 2026-12-31"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemption(tags: &[(&str, &str)]) -> Option<Exemption> {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Exemption::of(&tags, "2026-07-01T23:59:59Z".parse().unwrap())
    }

    fn until(day: &str, reason: &str) -> Exemption {
        Exemption::Until { day: day.parse().unwrap(), reason: reason.to_owned() }
    }

    #[test]
    fn date_exempts_through_its_day() {
        assert_eq!(exemption(&[("SleuthExempt", "2026-07-01 load test")]), Some(until("2026-07-01", "load test")));
        for value in ["2026-12-31, ask Jo", "2026-12-31: ask Jo", "2026-12-31 - ask Jo"] {
            assert_eq!(exemption(&[("SleuthExempt", value)]), Some(until("2026-12-31", "ask Jo")), "{value}");
        }
        assert_eq!(exemption(&[("sleuthexempt", "2026-12-31")]), Some(until("2026-12-31", "")));
        let over = exemption(&[("SleuthExempt", "2026-06-30 load test")]);
        assert_eq!(over, Some(Exemption::Over("2026-06-30".parse().unwrap())));
        assert_eq!(over.unwrap().complaint().unwrap(), "its exemption ended on 2026-06-30");
    }

    #[test]
    fn without_a_date_nothing_is_exempt() {
        assert_eq!(exemption(&[("Other", "2026-12-31")]), None);
        for value in [
            "",
            "true",
            "forever",
            "31.12.2026",
            "2026-13-01",
            "2026-7-1",
            "20261231",
            "2026-12-310",
            "until 2026-12-31",
        ] {
            assert_eq!(exemption(&[("SleuthExempt", value)]), Some(Exemption::Unclear(value.into())), "{value}");
        }
    }

    #[test]
    fn longest_of_several_counts() {
        let tags = [("SLEUTHEXEMPT", "2026-06-01"), ("SleuthExempt", "2026-08-01 b"), ("sleuthexempt", "maybe")];
        assert_eq!(exemption(&tags), Some(until("2026-08-01", "b")));
    }
}
