//! One writer at a time: a lock that the operating system drops when the process dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::StoreError;

/// Held as long as this process may write.
#[derive(Debug)]
pub(super) struct Lock {
    /// Closing the file gives the lock back.
    _file: File,
}

impl Lock {
    /// Takes the lock beside the database file, without waiting.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let prepare = |source| StoreError::Prepare { path: path.clone().into(), source };
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(prepare)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.display().to_string())),
            Err(TryLockError::Error(source)) => Err(prepare(source)),
        }
    }
}
