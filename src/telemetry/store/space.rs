//! How much is free where the database stands.

use std::path::Path;

/// Bytes that this user may still fill on the file system of this file or
/// its folder; `None` if the system does not say.
pub(crate) fn free(path: &Path) -> Option<u64> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_has_space_and_one_that_is_not_has_no_answer() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free(&dir.path().join("log.db")).unwrap() > 0);
        assert_eq!(free(&dir.path().join("none/log.db")), None);
    }
}
