//! `--output`: forms of a report, and the files they go to.

use std::{path::PathBuf, str::FromStr};

/// Forms of the report on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportForm {
    Table,
    Json,
    Csv,
    Markdown,
    Html,
    Ocsf,
}

impl ReportForm {
    const ALL: [(&'static str, Self); 6] = [
        ("table", Self::Table),
        ("json", Self::Json),
        ("csv", Self::Csv),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
        ("ocsf", Self::Ocsf),
    ];
}

/// A report that is wanted: `FORM` on stdout, `FORM=FILE` in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) form: ReportForm,
    /// `None`: stdout.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (form, file) = match text.split_once('=') {
            Some((form, file)) => (form, Some(file)),
            None => (text, None),
        };
        let known = ReportForm::ALL.iter().find(|(name, _)| *name == form);
        let Some((_, form)) = known else {
            let names: Vec<&str> = ReportForm::ALL.iter().map(|(name, _)| *name).collect();
            return Err(format!("the form must be one of {}", names.join(", ")));
        };
        match file {
            Some("") => Err("there must be a file after `=`, or `-` for stdout".to_owned()),
            file => Ok(Self { form: *form, file: file.filter(|file| *file != "-").map(PathBuf::from) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_file_are_told_apart() {
        let output = |form, file: Option<&str>| Ok(Output { form, file: file.map(PathBuf::from) });
        assert_eq!("json".parse(), output(ReportForm::Json, None));
        assert_eq!("csv=-".parse(), output(ReportForm::Csv, None));
        assert_eq!("html=a=b.html".parse(), output(ReportForm::Html, Some("a=b.html")));
        assert_eq!("ocsf=./-".parse(), output(ReportForm::Ocsf, Some("./-")));
    }

    #[test]
    fn other_forms_and_missing_files_are_refused() {
        let refused = |text: &str| text.parse::<Output>().unwrap_err();
        assert_eq!(refused("xml=x"), "the form must be one of table, json, csv, markdown, html, ocsf");
        assert_eq!(refused("html="), "there must be a file after `=`, or `-` for stdout");
    }
}
