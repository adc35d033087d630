//! The policy: four ages in days, and how a key is judged by them.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(pub i64);

impl Days {
    /// Whole days from `then` to `now`, rounded down. A `then` in the future counts as now: a clock that is slow can only
    /// make a key look younger, never older.
    pub fn between(then: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self(now.signed_duration_since(then).max(TimeDelta::zero()).num_days())
    }

    /// Days from this age to `limit`; 0 if it is reached.
    #[must_use]
    pub fn until(self, limit: Self) -> Self {
        Self((limit.0 - self.0).max(0))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} day{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

/// Ages at which keys are warned about and expire. Checked: see [`Policy::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Policy {
    expiration_age: Days,
    warning_age: Days,
    inactivity_age: Days,
    inactivity_warning_age: Days,
}

/// Four ages as they are written down.
#[derive(Deserialize)]
struct Unchecked {
    expiration_age: Days,
    warning_age: Days,
    inactivity_age: Days,
    inactivity_warning_age: Days,
}

impl TryFrom<Unchecked> for Policy {
    type Error = PolicyError;

    fn try_from(ages: Unchecked) -> Result<Self, PolicyError> {
        let Unchecked { expiration_age, warning_age, inactivity_age, inactivity_warning_age } = ages;
        let checked = Self::new(expiration_age, warning_age, inactivity_age, inactivity_warning_age);
        checked.map_err(|broken| broken.into_iter().next().unwrap_or(PolicyError::WarningNotBeforeExpiration))
    }
}

/// Two ages that do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Nobody would be warned before a key expires by age.
    #[error("the warning age must be lower than the expiration age")]
    WarningNotBeforeExpiration,
    /// A key cannot be unused for longer than it exists, so this age would never be reached first.
    #[error("the inactivity age must be at most the expiration age")]
    InactivityAfterExpiration,
    /// Nobody would be warned before a key expires by inactivity.
    #[error("the inactivity warning age must be lower than the inactivity age")]
    InactivityWarningNotBeforeInactivity,
}

impl Policy {
    /// A policy of four ages, in days: `warning < expiration`, `inactivity <= expiration`, `inactivity_warning < inactivity`.
    pub fn new(
        expiration: Days,
        warning: Days,
        inactivity: Days,
        inactivity_warning: Days,
    ) -> Result<Self, Vec<PolicyError>> {
        let broken = Self::check(Some(expiration), Some(warning), Some(inactivity), Some(inactivity_warning));
        if broken.is_empty() {
            Ok(Self {
                expiration_age: expiration,
                warning_age: warning,
                inactivity_age: inactivity,
                inactivity_warning_age: inactivity_warning,
            })
        } else {
            Err(broken)
        }
    }

    /// The rules that these ages break, as far as they are known.
    pub fn check(
        expiration: Option<Days>,
        warning: Option<Days>,
        inactivity: Option<Days>,
        inactivity_warning: Option<Days>,
    ) -> Vec<PolicyError> {
        // Nothing is known to be broken where one side is unknown.
        let ordered = |one: Option<Days>, other: Option<Days>, fits: fn(&Days, &Days) -> bool| {
            one.zip(other).is_none_or(|(one, other)| fits(&one, &other))
        };
        let rules = [
            (ordered(warning, expiration, Days::lt), PolicyError::WarningNotBeforeExpiration),
            (ordered(inactivity, expiration, Days::le), PolicyError::InactivityAfterExpiration),
            (ordered(inactivity_warning, inactivity, Days::lt), PolicyError::InactivityWarningNotBeforeInactivity),
        ];
        rules.into_iter().filter(|(kept, _)| !kept).map(|(_, error)| error).collect()
    }

    /// Age at which a key expires.
    pub fn expiration_age(&self) -> Days {
        self.expiration_age
    }

    /// Time without use after which a key expires.
    pub fn inactivity_age(&self) -> Days {
        self.inactivity_age
    }

    /// Days since creation at which the owner of a key is warned.
    pub fn warning_age(&self) -> Days {
        self.warning_age
    }

    /// Days since its last use at which the owner of a key is warned.
    pub fn inactivity_warning_age(&self) -> Days {
        self.inactivity_warning_age
    }

    /// Days until a key of this age and idleness expires if it is not used, by whichever limit comes first.
    pub fn days_left(&self, age: Days, idle: Days) -> Days {
        match self.classify(age, idle).0 {
            Status::Expired => Days(0),
            _ => age.until(self.expiration_age).min(idle.until(self.inactivity_age)),
        }
    }

    /// Whether a key of this age is judged the same whenever it was last used, and so are the days that its owner is
    /// given if it is close to expiring. A key cannot be idle for longer than it exists, and severity grows with idleness,
    /// so the two ends decide.
    pub fn decides_by_age(&self, age: Days) -> bool {
        let (used_now, never_used) = (self.classify(age, Days(0)), self.classify(age, age));
        let same_days = || self.days_left(age, Days(0)) == self.days_left(age, age);
        used_now == never_used && (used_now.0 == Status::Good || same_days())
    }

    /// Judges a working key by its age and the time since its last use. The first rule that holds decides.
    pub fn classify(&self, age: Days, idle: Days) -> (Status, Option<Cause>) {
        if age >= self.expiration_age {
            (Status::Expired, Some(Cause::Age))
        } else if idle >= self.inactivity_age {
            (Status::Expired, Some(Cause::Inactivity))
        } else if age >= self.warning_age {
            (Status::Old, Some(Cause::Age))
        } else if idle >= self.inactivity_warning_age {
            (Status::Stagnant, Some(Cause::Inactivity))
        } else {
            (Status::Good, None)
        }
    }
}

/// What a key is. The order is that of severity, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Too old, or unused for too long.
    Expired,
    /// Something about it could not be read.
    Unknown,
    /// Close to expiring by age.
    Old,
    /// Close to expiring by inactivity.
    Stagnant,
    /// In order.
    Good,
    /// Does not work any more.
    Disabled,
}

impl Status {
    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::Old => "old",
            Self::Stagnant => "stagnant",
            Self::Good => "good",
            Self::Disabled => "disabled",
        }
    }
}

/// Why a key is warned about or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// Days since its creation.
    Age,
    /// Days since its last use.
    Inactivity,
}

impl Cause {
    /// The word used in all outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Inactivity => "inactivity",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(
        expiration: i64,
        warning: i64,
        inactivity: i64,
        inactivity_warning: i64,
    ) -> Result<Policy, Vec<PolicyError>> {
        Policy::new(Days(expiration), Days(warning), Days(inactivity), Days(inactivity_warning))
    }

    #[test]
    fn every_row_of_the_table_at_its_boundaries() {
        use Cause::{Age, Inactivity};
        use Status::{Expired, Good, Old, Stagnant};
        let policy = policy(90, 80, 60, 50).unwrap();
        for (age, idle, expected) in [
            // creation age >= EXPIRATION_AGE
            (89, 0, (Old, Some(Age))),
            (90, 0, (Expired, Some(Age))),
            (91, 0, (Expired, Some(Age))),
            // last-use age >= INACTIVITY_AGE, behind the first rule and before the warnings
            (79, 59, (Stagnant, Some(Inactivity))),
            (79, 60, (Expired, Some(Inactivity))),
            (79, 61, (Expired, Some(Inactivity))),
            (89, 60, (Expired, Some(Inactivity))),
            (90, 60, (Expired, Some(Age))),
            // creation age >= WARNING_AGE
            (79, 0, (Good, None)),
            (80, 0, (Old, Some(Age))),
            (81, 0, (Old, Some(Age))),
            (80, 59, (Old, Some(Age))),
            // last-use age >= INACTIVITY_WARNING_AGE
            (79, 49, (Good, None)),
            (79, 50, (Stagnant, Some(Inactivity))),
            (79, 51, (Stagnant, Some(Inactivity))),
            (0, 0, (Good, None)),
        ] {
            assert_eq!(policy.classify(Days(age), Days(idle)), expected, "age {age}, idle {idle}");
        }
    }

    #[test]
    fn a_threshold_of_zero_holds_from_the_first_day() {
        let policy = policy(1, 0, 1, 0).unwrap();
        assert_eq!(policy.classify(Days(0), Days(0)), (Status::Old, Some(Cause::Age)));
        assert_eq!(policy.classify(Days(1), Days(0)), (Status::Expired, Some(Cause::Age)));
    }

    #[test]
    fn equal_or_crossed_thresholds_are_refused_all_at_once() {
        use PolicyError::{
            InactivityAfterExpiration as Late, InactivityWarningNotBeforeInactivity as Idle,
            WarningNotBeforeExpiration as Warn,
        };
        for (ages, errors) in [
            ((90, 90, 90, 80), vec![Warn]),
            ((90, 91, 90, 80), vec![Warn]),
            ((0, 0, 0, 0), vec![Warn, Idle]),
            ((90, 80, 91, 80), vec![Late]),
            ((90, 80, 60, 60), vec![Idle]),
            ((90, 95, 91, 92), vec![Warn, Late, Idle]),
        ] {
            assert_eq!(policy(ages.0, ages.1, ages.2, ages.3).unwrap_err(), errors, "{ages:?}");
        }
    }

    #[test]
    fn days_are_whole_and_rounded_down() {
        let then: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
        for (now, days) in [
            ("2026-01-01T12:00:00Z", 0),
            ("2026-01-02T11:59:59Z", 0),
            ("2026-01-02T12:00:00Z", 1),
            ("2026-04-01T11:59:59Z", 89),
            ("2026-04-01T12:00:00Z", 90),
            // a clock that is behind
            ("2026-01-01T11:59:59Z", 0),
            ("2025-01-01T12:00:00Z", 0),
        ] {
            assert_eq!(Days::between(then, now.parse().unwrap()), Days(days), "{now}");
        }
    }

    /// Severity of the verdicts on a working key.
    fn severity(status: Status) -> u8 {
        match status {
            Status::Good => 0,
            Status::Stagnant => 1,
            Status::Old => 2,
            Status::Expired => 3,
            Status::Unknown | Status::Disabled => panic!("not a verdict on a working key"),
        }
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let pair = |upper: std::ops::RangeInclusive<i64>| upper.prop_flat_map(|limit| (Just(limit), 0..limit));
        pair(1..=400).prop_flat_map(move |(expiration, warning)| {
            pair(1..=expiration).prop_map(move |(inactivity, inactivity_warning)| {
                policy(expiration, warning, inactivity, inactivity_warning).unwrap()
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn severity_grows_with_age_and_idleness(policy in any_policy(), age in 0i64..500, idle in 0i64..500, more in 0i64..50) {
            let at = |age, idle| severity(policy.classify(Days(age), Days(idle)).0);
            prop_assert!(at(age, idle) <= at(age + more, idle));
            prop_assert!(at(age, idle) <= at(age, idle + more));
        }

        #[test]
        fn age_decides_only_where_no_last_use_could_change_the_verdict(policy in any_policy(), age in 0i64..500) {
            let age = Days(age);
            let judged = |idle| {
                let (status, cause) = policy.classify(age, Days(idle));
                let told = status != Status::Good;
                (status, cause, told.then(|| policy.days_left(age, Days(idle))))
            };
            let all_the_same = (0..=age.0).all(|idle| judged(idle) == judged(0));
            prop_assert_eq!(policy.decides_by_age(age), all_the_same);
        }
    }
}
