//! Whether the file that is written to is still the one at its path. A process goes on writing to a file that somebody has
//! removed, and all of it is gone with the process.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::fault::trouble;
use crate::store::{StoreError, StoreErrorKind};

/// What tells a file from every other one that exists at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity([u64; 2]);

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self([metadata.dev(), metadata.ino()])
    }

    /// Elsewhere a file that is open cannot be removed.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self([0; 2])
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|metadata| Identity::of(&metadata))
}

/// The database and its write-ahead log, as they were when they were opened.
#[derive(Debug)]
pub(super) struct OpenFiles {
    files: Vec<(PathBuf, Identity)>,
}

/// The write-ahead log of the database at `path` (SQLite docs: the same name with `-wal` behind it).
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-wal");
    name.into()
}

impl OpenFiles {
    /// The files of the database at `path`, on which a connection has read and stays open: only then is the log there, and
    /// stays the same.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let files = [path.to_owned(), log_of(path)];
        let known = |path: PathBuf| identity(&path).map(|identity| (path, identity));
        Ok(Self { files: files.into_iter().map(known).collect::<io::Result<_>>()? })
    }

    /// `Ok` while the paths lead to the files that were opened.
    pub(super) fn are_in_place(&self) -> Result<(), StoreError> {
        for (path, opened) in &self.files {
            match identity(path) {
                Ok(found) if found == *opened => {}
                Ok(_) => {
                    let what = "another file has taken its place: open it anew";
                    return Err(trouble(StoreErrorKind::Unavailable, path, what));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let what = "the file is gone; what is written now would be lost";
                    return Err(trouble(StoreErrorKind::Unavailable, path, what));
                }
                Err(error) => return Err(trouble(StoreErrorKind::Unavailable, path, error)),
            }
        }
        Ok(())
    }
}
