//! The users as the file has them now.

use super::users::{Users, UsersError};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Tells one state of the file from another: inode, size and time of change in
/// seconds and nanoseconds.
type Stamp = Option<(u64, u64, i64, i64)>;

/// Reads the file again when it has changed, so that a removed user is out
/// with the next request.
#[derive(Debug)]
pub(super) struct WatchedUsers {
    path: PathBuf,
    state: Mutex<(Stamp, Arc<Users>)>,
}

impl WatchedUsers {
    pub(super) fn load(path: &Path) -> Result<Self, UsersError> {
        let stamp = stamp(path);
        let users = Arc::new(Users::load(path)?);
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new((stamp, users)),
        })
    }

    /// The users. A file that cannot be used leaves those in force that were.
    pub(super) fn now(&self) -> Arc<Users> {
        let stamp = stamp(&self.path);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 != stamp {
            state.0 = stamp;
            match Users::load(&self.path) {
                Ok(users) => state.1 = Arc::new(users),
                Err(error) => tracing::error!("{error}; the users stay as they were"),
            }
        }
        Arc::clone(&state.1)
    }

    /// Reads the file now, changed or not.
    pub(super) fn reread(&self) -> Result<(), UsersError> {
        let stamp = stamp(&self.path);
        let users = Arc::new(Users::load(&self.path)?);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (stamp, users);
        Ok(())
    }
}

fn stamp(path: &Path) -> Stamp {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.size(), meta.ctime(), meta.ctime_nsec()))
}
