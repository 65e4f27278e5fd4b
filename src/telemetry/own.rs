//! To whom files belong that a command makes in the service's folders.
//!
//! The milter and the dashboard run as users of their own; an administrator
//! runs commands as root. A file that root makes there would be closed to them.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, fchown},
    path::Path,
};

/// Gives a file that was just made to whom its folder belongs. Only root can,
/// and only root needs to.
pub(crate) fn hand_over(file: &File, path: &Path) -> io::Result<()> {
    let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) else {
        return Ok(());
    };
    give(file, &fs::metadata(dir)?)
}

/// Makes a folder with those above it, and gives what it has made to whom the
/// first one belongs that was there.
pub(crate) fn make_folder(dir: &Path, mode: u32) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    if let Some(above) = dir.parent() {
        make_folder(above, mode)?;
    }
    match DirBuilder::new().mode(mode).create(dir) {
        Ok(()) => hand_over(&File::open(dir)?, dir),
        // Another program was faster.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
    }
}

/// Gives a file to whom another one belongs.
pub(crate) fn give(file: &File, model: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (model.uid(), model.gid()) || own.uid() != 0 {
        return Ok(());
    }
    fchown(file, Some(model.uid()), Some(model.gid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_with_their_mode() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        make_folder(&folder, 0o750).unwrap();
        make_folder(&folder, 0o750).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o750);
        assert_eq!(
            fs::metadata(dir.path().join("a")).unwrap().mode() & 0o777,
            0o750
        );
    }
}
