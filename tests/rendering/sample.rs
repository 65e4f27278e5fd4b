//! Which messages are looked at.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Changes which messages are drawn; the same seed draws the same.
const SEED: &str = "untrackd rendering 1";

/// All files below a directory in an order that is random but always the
/// same, and that does not depend on which other files there are.
pub(crate) fn ranked(directory: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(directory).into_iter();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable directory"))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort_by_cached_key(|file| {
        let name = file.strip_prefix(directory).unwrap_or(file);
        let rank = Sha256::digest(format!("{SEED}:{}", name.display()));
        (rank.to_vec(), name.to_owned())
    });
    files
}
