//! The people of a Slack workspace, as table, JSON or CSV.

use comfy_table::Cell;
use notifier::slack::SlackUser;

use super::{
    csv::{defused, writer},
    table::{self, Look},
    text::printable,
};

const COLUMNS: [&str; 4] = ["ID", "Name", "Real Name", "Kind"];

fn fields(user: &SlackUser) -> [&str; 4] {
    [&user.id, &user.name, &user.real_name, user.kind.as_str()]
}

/// For people.
pub fn as_table(users: &[SlackUser], look: Look) -> String {
    let mut table = table::new(&COLUMNS, look);
    for user in users {
        table.add_row(fields(user).map(|field| Cell::new(printable(field))));
    }
    format!("{table}\n{} users\n", users.len())
}

/// For programs.
pub fn as_json(users: &[SlackUser]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(users).map(|json| json + "\n")
}

/// For spreadsheets (RFC 4180). What a spreadsheet would take for a formula gets a leading apostrophe.
pub fn as_csv(users: &[SlackUser]) -> Result<String, csv::Error> {
    let mut writer = writer();
    writer.write_record(["id", "name", "real_name", "kind"])?;
    for user in users {
        writer.write_record(fields(user).map(|field| defused(&printable(field))))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use notifier::slack::users::UserKind;

    use super::*;

    fn users() -> Vec<SlackUser> {
        let user = |id: &str, name: &str, real: &str| SlackUser {
            id: id.into(),
            name: name.into(),
            real_name: real.into(),
            kind: UserKind::Person,
        };
        vec![user("U1", "ann", "Ann \"A\", Jr."), user("U2", "=cmd()", "Bo\u{1b}[2J"), user("U3", "ünal", "")]
    }

    #[test]
    fn csv_is_quoted_and_defused() {
        insta::assert_snapshot!(as_csv(&users()).unwrap(), @r#"
        "id","name","real_name","kind"
        "U1","ann","Ann ""A"", Jr.","person"
        "U2","'=cmd()","Bo�[2J","person"
        "U3","ünal","","person"
        "#);
    }

    #[test]
    fn table_shows_no_control_characters() {
        let text = as_table(&users(), Look::PLAIN);
        assert!(!text.contains('\u{1b}') && text.contains("3 users"), "{text}");
    }
}
