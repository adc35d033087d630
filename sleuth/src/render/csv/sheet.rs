//! Rows of cells.

use csv::{QuoteStyle, Terminator, WriterBuilder};
use serde_json::Value;

use crate::report::Report;

/// Why a report cannot be written as CSV. Neither happens to reports as they are.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// A row cannot be written.
    #[error(transparent)]
    Row(#[from] csv::Error),
    /// A finding has no form.
    #[error(transparent)]
    Finding(#[from] serde_json::Error),
}

/// What every row begins with.
const ENVELOPE: [&str; 5] = ["kind", "account.id", "account.alias", "generated_at", "applied"];

/// A table whose rows all begin with whose report it is, and of when.
pub(super) struct Sheet<'a> {
    envelope: [Value; 5],
    columns: &'a [&'a str],
    writer: csv::Writer<Vec<u8>>,
}

impl<'a> Sheet<'a> {
    /// An empty table with these columns, each the path of a field of a finding.
    pub(super) fn new<Audit>(report: &Report<Audit>, columns: &'a [&'a str]) -> Result<Self, CsvError> {
        let mut writer = writer();
        writer.write_record(ENVELOPE.iter().chain(columns))?;
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        let envelope = [
            Value::String(report.kind.to_owned()),
            text(&report.account.id),
            text(&report.account.alias),
            serde_json::to_value(report.generated_at).unwrap_or_default(),
            Value::Bool(report.applied),
        ];
        Ok(Self { envelope, columns, writer })
    }

    /// A row. Columns of which `row` has no field stay empty.
    pub(super) fn row(&mut self, row: &Value) -> Result<(), CsvError> {
        let fields = self.columns.iter().map(|column| at(row, column));
        self.writer.write_record(self.envelope.iter().chain(fields).map(cell))?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<String, CsvError> {
        let bytes = self.writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A writer that quotes every field: where the list separator is `;`, as in much of Europe, Excel splits there whatever is not
/// in quotes. Some readers take only those quotes for quotes with which a field begins, by their own separator: for them
/// [`defused`] makes harmless what they split off.
pub(in crate::render) fn writer() -> csv::Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).quote_style(QuoteStyle::Always).from_writer(Vec::new())
}

/// What is at a path such as `owner.name`.
fn at<'a>(row: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(row, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// A value as a cell. Only texts are defused: a number is one.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => defused(text),
        Value::Array(_) | Value::Object(_) => defused(&joined(value)),
    }
}

/// A list or a map as one text.
fn joined(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(entries) => entries.iter().map(joined).collect::<Vec<_>>().join(";"),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}={}", joined(value)));
            entries.collect::<Vec<_>>().join(";")
        }
    }
}

/// Signs with which a cell begins that a spreadsheet takes for a formula, also in the full width of East Asian scripts, or
/// that it skips before looking for one (<https://owasp.org/www-community/attacks/CSV_Injection>).
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Where a reader that does not separate by commas may end a cell or, not knowing of our quotes, a row.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// A text that no spreadsheet takes for a formula: names and tags are written by others, and a formula can send what is in
/// the sheet elsewhere. An apostrophe in front makes it a text. One that is there already is doubled, so that taking off
/// one apostrophe always gives the text back. The same is done behind each [`SEPARATORS`], where a reader that separates
/// otherwise begins a cell; there also with a quote, which that reader would take off. Control characters but for tabs and
/// line breaks are replaced.
pub(in crate::render) fn defused(text: &str) -> String {
    let mut defused = String::with_capacity(text.len() + 1);
    let mut before = None;
    for c in text.chars() {
        let sign = match before {
            None => FORMULA.contains(&c),
            Some(before) => {
                SEPARATORS.contains(&before) && !SEPARATORS.contains(&c) && (FORMULA.contains(&c) || c == '"')
            }
        };
        let apostrophe = c == '\'' && before.is_none_or(|before| SEPARATORS.contains(&before));
        if sign || apostrophe {
            defused.push('\'');
        }
        let kept = !c.is_control() || matches!(c, '\t' | '\r' | '\n');
        defused.push(if kept { c } else { '\u{fffd}' });
        before = Some(c);
    }
    defused
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{demo, report::keys::KeysReport, run};

    const COLUMNS: [&str; 3] = ["a", "b.c", "d"];

    fn report() -> KeysReport {
        let inventory = demo::keys::inventory().unwrap();
        run::keys::dry(&inventory, &demo::keys::config().unwrap(), demo::keys::now(&inventory))
    }

    /// The cells of the one row that is made of this, read by a parser that knows nothing of us.
    fn read_back(row: &Value) -> Vec<String> {
        let mut sheet = Sheet::new(&report(), &COLUMNS).unwrap();
        sheet.row(row).unwrap();
        let text = sheet.finish().unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1, "{text}");
        rows[0].iter().skip(ENVELOPE.len()).map(ToOwned::to_owned).collect()
    }

    /// The text that a cell was made of.
    fn armed(cell: &str) -> String {
        let parts = cell.split_inclusive(SEPARATORS);
        parts.map(|part| part.strip_prefix('\'').unwrap_or(part)).collect()
    }

    /// Every cell of the row that is made of this, for who separates by something else than commas.
    fn split_by(separator: u8, row: &Value) -> Vec<String> {
        let mut sheet = Sheet::new(&report(), &COLUMNS).unwrap();
        sheet.row(row).unwrap();
        let text = sheet.finish().unwrap();
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.delimiter(separator).flexible(true).has_headers(false).from_reader(text.as_bytes());
        reader.records().flat_map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn readers_that_separate_otherwise_see_no_formula() {
        for hostile in ["x;=cmd|'/C calc'!A0", "x;\"=cmd()", "x\n=cmd()", "x\r\n@x", "x\t+1", "x;;\"\"-1", "\";=1"] {
            let row = serde_json::json!({"a": {"note": hostile}, "b": {"c": [hostile]}, "d": hostile});
            for separator in [b';', b'\t'] {
                let cells = split_by(separator, &row);
                let harmless = |cell: &String| !cell.starts_with(['=', '+', '-', '@']);
                assert!(cells.len() > 1 && cells.iter().all(harmless), "{hostile:?}: {cells:?}");
            }
            assert_eq!(armed(&read_back(&row)[2]), hostile);
        }
    }

    #[test]
    fn formulas_are_texts() {
        let texts = ["=cmd()", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝x", "＋x", "－x", "＠x", "'x"];
        for text in texts {
            assert_eq!(defused(text), format!("'{text}"));
        }
        assert_eq!(["a=b", "1-2", "", "ünal"].map(defused), ["a=b", "1-2", "", "ünal"]);
        assert_eq!(["\r=x", "a;=b;'c;d", "a\n\"=b"].map(defused), ["'\r'=x", "a;'=b;''c;d", "a\n'\"=b"]);
        assert_eq!(defused("a\u{1b}[2J\0"), "a\u{fffd}[2J\u{fffd}");
    }

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(read_back(&serde_json::json!({"a": -7, "b": {"c": 1}, "d": true})), ["-7", "1", "true"]);
    }

    #[test]
    fn lists_and_maps_are_joined_and_defused() {
        let row = serde_json::json!({"a": {"=k": "v", "l": ""}, "b": {"c": ["x", "y"]}, "d": null});
        assert_eq!(read_back(&row), ["'=k=v;l=", "x;y", ""]);
    }

    #[test]
    fn rows_end_as_the_standard_says() {
        let mut sheet = Sheet::new(&report(), &["a"]).unwrap();
        sheet.row(&serde_json::json!({"a": "one\ntwo, \"three\""})).unwrap();
        let text = sheet.finish().unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 3, "{text:?}");
        assert_eq!(lines[0], r#""kind","account.id","account.alias","generated_at","applied","a""#);
        let envelope = r#""keys","111122223333","larkspur-logistics","2026-03-02T09:00:00Z","false","#;
        let row = format!("{envelope}\"one\ntwo, \"\"three\"\"\"");
        assert_eq!(lines[1..], [row.as_str(), ""]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(a in "(?s)[^\\p{Cc}\t\r\n]{0,12}", c in "(?s)['=+@,;\"\r\n\ta-]{0,8}", d in -9_i64..9) {
            let read = read_back(&serde_json::json!({"a": a, "b": {"c": c}, "d": d}));
            prop_assert_eq!(armed(&read[0]), a);
            prop_assert_eq!(armed(&read[1]), c);
            prop_assert_eq!(&read[2], &d.to_string());
        }

        #[test]
        fn no_text_begins_like_a_formula(text in "(?s).{0,8}") {
            prop_assert!(!defused(&text).starts_with(FORMULA));
        }

        #[test]
        fn no_cell_begins_like_a_formula_for_anybody(a in "(?s)['=@;\"\r\n\tax-]{0,10}", c in "(?s)['=+,;\"\n\ta]{0,10}") {
            let row = serde_json::json!({"a": a, "b": {"c": c}, "d": 1});
            for separator in [b';', b'\t'] {
                for cell in split_by(separator, &row) {
                    prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell:?}");
                }
            }
        }
    }
}
