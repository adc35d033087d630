//! Which reports the archive holds about some time.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use super::{Archive, JSON, UNKNOWN};
use crate::{
    facts::{self, ReadError},
    ports::digest::Listed,
};

/// The folders of an account that hold reports.
const KINDS: [&str; 2] = ["keys", "tags"];
/// Most listings under way at once.
const CONCURRENCY: usize = 8;
/// Most days that are listed one by one.
const MOST_DAYS: i64 = 31;

/// The days on which a run of that time may have been filed.
fn days(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> {
    let last = to.date_naive();
    std::iter::successors(Some(from.date_naive()), |day| day.checked_add_signed(TimeDelta::days(1)))
        .take_while(move |day| *day <= last)
}

/// One listing of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    /// What all keys begin with.
    pub(super) prefix: String,
    /// What all keys come after, in the order of their bytes, in which S3 lists them.
    pub(super) after: Option<String>,
}

/// The listings that show the reports in the folder of an account and kind: one a day, or of more than [`MOST_DAYS`] one of
/// all from the first day on, as a folder has few reports a day and a page holds 1000.
fn stretches(folder: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Stretch> {
    if (to.date_naive() - from.date_naive()).num_days() >= MOST_DAYS {
        let after = Some(format!("{folder}{}", from.date_naive()));
        return vec![Stretch { prefix: folder.to_owned(), after }];
    }
    days(from, to).map(|day| Stretch { prefix: format!("{folder}{day}/"), after: None }).collect()
}

/// Whether what stands under a key is a report for programs, in the folder of an account and kind, of a day until `last`.
fn is_report(folder: &str, key: &str, last: NaiveDate) -> bool {
    let day =
        key.strip_prefix(folder).and_then(|rest| rest.split('/').next()).and_then(|day| day.parse::<NaiveDate>().ok());
    key.ends_with(JSON) && day.is_some_and(|day| day <= last)
}

/// Whether a folder is that of an account: a bucket may hold other things.
fn is_account(name: &str) -> bool {
    name == UNKNOWN || facts::is_account(name)
}

/// The last name in a path of folders.
fn last_name(folder: &str) -> &str {
    folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

impl Archive {
    /// The JSON reports of all accounts that were filed from `from` to `to`, by key, and what could not be listed,
    /// which is waited for until `end`.
    pub async fn list(&self, from: DateTime<Utc>, to: DateTime<Utc>, end: Option<Instant>) -> Listed {
        let mut listed = Listed::default();
        let mut accounts = match self.folders(&self.config.prefix, end).await {
            Ok(folders) => folders,
            Err(error) => {
                listed.errors.push(self.unlisted(&self.config.prefix, error));
                return listed;
            }
        };
        accounts.retain(|folder| is_account(last_name(folder)));
        let folders = accounts.iter().flat_map(|account| KINDS.map(|kind| format!("{account}{kind}/")));
        let all = folders
            .flat_map(|folder| stretches(&folder, from, to).into_iter().map(move |stretch| (folder.clone(), stretch)));
        let all: Vec<(String, Stretch)> = all.collect();
        let mut answers: Vec<_> = stream::iter(all.into_iter().enumerate())
            .map(|(place, (folder, stretch))| async move {
                let keys = self.objects(&stretch, end).await;
                (place, folder, stretch, keys)
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        answers.sort_by_key(|(place, ..)| *place);
        for (_, folder, stretch, keys) in answers {
            match keys {
                Ok(keys) => {
                    listed.names.extend(keys.into_iter().filter(|key| is_report(&folder, key, to.date_naive())));
                }
                Err(error) => listed.errors.push(self.unlisted(&stretch.prefix, error)),
            }
        }
        listed
    }

    /// What could not be listed, by its address.
    fn unlisted(&self, prefix: &str, error: ReadError) -> (String, ReadError) {
        (format!("s3://{}/{prefix}", self.config.bucket), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_time_are_all_that_it_touches() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let days: Vec<_> =
            days(at("2026-02-27T23:59:59Z"), at("2026-03-01T00:00:00Z")).map(|day| day.to_string()).collect();
        assert_eq!(days, ["2026-02-27", "2026-02-28", "2026-03-01"]);
    }

    #[test]
    fn long_time_is_listed_at_once() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let month = stretches("p/1/keys/", at("2026-01-01T00:00:00Z"), at("2026-01-31T00:00:00Z"));
        assert_eq!(month.len(), 31);
        assert_eq!(month[0], Stretch { prefix: "p/1/keys/2026-01-01/".into(), after: None });
        let longer = stretches("p/1/keys/", at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
        assert_eq!(longer, [Stretch { prefix: "p/1/keys/".into(), after: Some("p/1/keys/2026-01-01".into()) }]);
        assert!(longer[0].after.as_deref() < Some("p/1/keys/2026-01-01/a.json"), "the first day is listed");
        assert!(longer[0].after.as_deref() > Some("p/1/keys/2025-12-31/a.json"), "the day before is not");
    }

    #[test]
    fn only_reports_of_accounts_count() {
        let accounts = ["123456789012", "unknown", "12345678901", "1234567890123", "12345678901a", "backup", ""];
        assert_eq!(accounts.map(is_account), [true, true, false, false, false, false, false]);
        assert_eq!(last_name("a/123456789012/"), "123456789012");
        let last = "2026-03-02".parse().unwrap();
        for (key, expected) in [
            ("p/keys/2026-03-02/r.json", true),
            ("p/keys/2026-03-03/r.json", false),
            ("p/keys/2026-03-02/r.html", false),
            ("p/keys/notes/r.json", false),
            ("p/tags/2026-03-02/r.json", false),
        ] {
            assert_eq!(is_report("p/keys/", key, last), expected, "{key}");
        }
    }
}
