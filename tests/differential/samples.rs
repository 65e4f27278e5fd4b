//! What is compared: the fixtures of `tests/mail`, and the files below
//! `UNTRACKD_MAIL` if that is set.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The fixtures, as they came and as they were cleaned, with LF and with CRLF.
pub(crate) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut out = Vec::new();
    for path in files(&root) {
        if path.extension().is_none_or(|e| e != "eml") {
            continue;
        }
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let mail = fs::read(&path).unwrap();
        out.push((format!("{name} with CRLF"), crlf(&mail)));
        out.push((name, mail));
    }
    assert!(out.len() > 200, "the fixtures are not where they were");
    out
}

/// The files below `UNTRACKD_MAIL`; none if it is not set.
pub(crate) fn outside() -> Vec<PathBuf> {
    env::var_os("UNTRACKD_MAIL").map_or_else(Vec::new, |dir| {
        let found = files(Path::new(&dir));
        assert!(!found.is_empty(), "nothing in UNTRACKD_MAIL");
        found
    })
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut out: Vec<_> = walkdir::WalkDir::new(root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    out.sort();
    out
}

fn crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 40);
    for &b in mail {
        if b == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(b);
    }
    out
}
