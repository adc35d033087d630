//! A file that something will be written to: all of it or nothing, readable by its owner only.

use std::{
    io::{Error, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written", path.display())]
pub struct TargetError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: Error,
}

/// A file that can be written, as far as one can know before there is anything to write.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Target {
    /// Makes sure that `path` can be written. What stands there and is not a regular file, a device for example, is not
    /// replaced; a symbolic link is followed.
    pub fn new(path: &Path) -> Result<Self, TargetError> {
        let refused = |why: &str| TargetError { path: path.into(), source: Error::new(ErrorKind::InvalidInput, why) };
        let real = match path.canonicalize() {
            Ok(real) if real.is_file() => real,
            Ok(_) => return Err(refused("it exists and is not a regular file")),
            Err(_) if path.is_symlink() => return Err(refused("it is a link to nothing")),
            Err(_) if path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                return Err(refused("it is the name of a folder"));
            }
            Err(_) => {
                let name = path.file_name().ok_or_else(|| refused("it is the name of a folder"))?;
                let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let folder = folder.canonicalize().map_err(|_| refused("its folder does not exist"))?;
                folder.join(name)
            }
        };
        let folder = real.parent().filter(|folder| folder.is_dir());
        let folder = folder.ok_or_else(|| refused("its folder does not exist"))?;
        let file = tempfile::NamedTempFile::new_in(folder).map_err(|error| refused(&error.kind().to_string()))?;
        Ok(Self { path: real, file })
    }

    /// Where it is, links followed: two targets of the same path are the same file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it. A failure leaves what was there before.
    pub fn write(mut self, text: &str) -> Result<(), TargetError> {
        let written = self.file.write_all(text.as_bytes());
        let kept = written.and_then(|()| self.file.persist(&self.path).map(|_| ()).map_err(|error| error.error));
        kept.map_err(|source| TargetError { path: self.path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_written_whole_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let target = Target::new(&path).unwrap();
        assert!(!path.exists(), "there is nothing to write yet");
        target.write("text").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "text");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn file_that_is_not_written_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        std::fs::write(&path, "before").unwrap();
        drop(Target::new(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        let target = Target::new(&path).unwrap();
        std::fs::remove_dir_all(folder.path()).unwrap();
        let error = target.write("after").unwrap_err();
        assert!(error.to_string().contains("report.html cannot be written"), "{error}");
    }

    #[test]
    fn two_names_of_a_file_are_one_path() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        let [one, other] = [folder.path().join("x"), link.join("x")].map(|path| Target::new(&path).unwrap());
        assert_eq!(one.path(), other.path());
    }
}
