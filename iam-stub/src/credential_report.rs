//! The credential report: a line for the root user and each user, with no more than two keys.

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{Account, Key, User, user_arn};

/// The columns, as AWS has them.
pub const COLUMNS: [&str; 23] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
    "additional_credentials_info",
];

const ABSENT: &str = "N/A";

/// The report on `account`, as CSV.
pub fn csv(account: &Account, now: DateTime<Utc>) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail, and all lines are of the same length.
    let _ = table.write_record(COLUMNS);
    let _ = table.write_record(root(account, now));
    for (name, user) in &account.users {
        let _ = table.write_record(line(&account.id, name, user));
    }
    table.into_inner().unwrap_or_default()
}

fn root(account: &Account, now: DateTime<Utc>) -> Vec<String> {
    let created = now - TimeDelta::days(2_000);
    let key = account.root_keys.then(|| Key::new("", created));
    let mut line = vec!["<root_account>".to_owned(), format!("arn:aws:iam::{}:root", account.id), date(created)];
    line.extend(["not_supported", "no_information", "not_supported", "not_supported", "true"].map(str::to_owned));
    line.extend(slot(key.as_ref()));
    line.extend(slot(None));
    line.extend(certificates());
    line.push(ABSENT.to_owned());
    line
}

fn line(account: &str, name: &str, user: &User) -> Vec<String> {
    let mut line = vec![name.to_owned(), user_arn(account, name), date(user.created)];
    line.extend(["false", ABSENT, ABSENT, ABSENT, "false"].map(str::to_owned));
    line.extend(slot(user.keys.first()));
    line.extend(slot(user.keys.get(1)));
    line.extend(certificates());
    let more = user.keys.len().saturating_sub(2);
    line.push(if more > 0 { format!("{more} more") } else { ABSENT.to_owned() });
    line
}

/// Whether the key is active, when it was created or changed, and its last use.
fn slot(key: Option<&Key>) -> [String; 5] {
    let used = key.and_then(|key| key.last_used.as_ref());
    let or_absent = |text: Option<&String>| text.map_or(ABSENT, String::as_str).to_owned();
    [
        key.is_some_and(|key| key.status == "Active").to_string(),
        key.map_or_else(|| ABSENT.to_owned(), |key| date(key.changed)),
        used.map_or_else(|| ABSENT.to_owned(), |used| date(used.time)),
        or_absent(used.map(|used| &used.region)),
        or_absent(used.map(|used| &used.service)),
    ]
}

fn certificates() -> [String; 4] {
    ["false", ABSENT, "false", ABSENT].map(str::to_owned)
}

fn date(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> DateTime<Utc> {
        format!("{day}T09:00:00Z").parse().unwrap()
    }

    fn lines(account: &Account) -> Vec<String> {
        let text = String::from_utf8(csv(account, at("2026-03-02"))).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn there_are_two_slots_and_a_line_for_root() {
        let user = User::new(at("2025-01-01"))
            .with(Key::new("AKIA-1", at("2025-02-01")).status("Inactive"))
            .with(Key::new("AKIA-2", at("2025-03-01")).used(at("2026-01-01")))
            .with(Key::new("AKIA-3", at("2025-04-01")));
        let lines = lines(&Account::default().with("alice", user));
        assert_eq!(lines[0], COLUMNS.join(","));
        assert!(lines[1].starts_with("<root_account>,arn:aws:iam::123456789012:root,"));
        assert_eq!(
            lines[2],
            "alice,arn:aws:iam::123456789012:user/alice,2025-01-01T09:00:00+00:00,false,N/A,N/A,N/A,false,\
             false,2025-02-01T09:00:00+00:00,N/A,N/A,N/A,\
             true,2025-03-01T09:00:00+00:00,2026-01-01T09:00:00+00:00,eu-west-1,s3,false,N/A,false,N/A,1 more"
        );
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn key_of_root_is_shown() {
        let key = |root_keys| lines(&Account { root_keys, ..Account::default() })[1].split(',').nth(8) == Some("true");
        assert_eq!((key(true), key(false)), (true, false));
    }
}
