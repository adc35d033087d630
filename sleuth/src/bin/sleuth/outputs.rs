//! Where reports go: one to stdout, others into files.

use std::path::PathBuf;

use sleuth::target::{Target, TargetError};

use crate::cli::{Output, ReportForm};

/// The outputs of a run, files open.
#[derive(Debug)]
pub(crate) struct Outputs<Form> {
    pub(crate) stdout: Form,
    pub(crate) files: Vec<(Form, Target)>,
}

/// Outputs that cannot be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("--output names more than one form for stdout: give all others a file, as in --output json=FILE")]
    TwoOnStdout,
    #[error("{} is to be written twice: --output and --save need a file each", .0.display())]
    SameFile(PathBuf),
    #[error(transparent)]
    File(#[from] TargetError),
}

impl<Form> Outputs<Form> {
    /// Stdout only.
    pub(crate) const fn stdout(form: Form) -> Self {
        Self { stdout: form, files: Vec::new() }
    }
}

impl Outputs<ReportForm> {
    /// Opens all files, before there is anything to write. The table is shown if no form is for stdout: a run that prints
    /// nothing hides what it found.
    pub(crate) fn open(wanted: Vec<Output>, saved: Option<&Target>) -> Result<Self, OutputError> {
        let mut stdout = None;
        let mut files: Vec<(ReportForm, Target)> = Vec::new();
        for Output { form, file } in wanted {
            let Some(file) = file else {
                if stdout.replace(form).is_some() {
                    return Err(OutputError::TwoOnStdout);
                }
                continue;
            };
            let target = Target::new(&file)?;
            let known = files.iter().map(|(_, target)| target).chain(saved);
            if known.map(Target::path).any(|path| path == target.path()) {
                return Err(OutputError::SameFile(file));
            }
            files.push((form, target));
        }
        Ok(Self { stdout: stdout.unwrap_or(ReportForm::Table), files })
    }
}
