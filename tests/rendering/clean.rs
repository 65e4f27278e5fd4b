//! Cleans messages with the program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How many messages are cleaned at a time: enough that starting the program
/// does not count.
pub(crate) const BATCH: usize = 64;

pub(crate) struct Cleaner {
    program: PathBuf,
}

impl Cleaner {
    pub(crate) fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
        }
    }

    /// Each file with its content before and after.
    pub(crate) fn clean(&self, files: &[PathBuf]) -> Vec<(PathBuf, Vec<u8>, Vec<u8>)> {
        let directory = tempfile::tempdir().expect("a directory");
        let (before, after) = (
            directory.path().join("before"),
            directory.path().join("after"),
        );
        fs::create_dir(&before).expect("a directory");
        // Files of different directories may have the same name.
        let name = |number: usize| format!("{number}.eml");
        for (number, file) in files.iter().enumerate() {
            fs::copy(file, before.join(name(number)))
                .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        }
        let output = Command::new(&self.program)
            .args(["scan", "--quiet", "--write"])
            .arg(&after)
            .arg(&before)
            // The defaults, whatever is configured on this machine.
            .env_clear()
            .env("UNTRACKD_CONFIG", "/dev/null")
            .stdout(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        assert!(
            output.status.success(),
            "untrackd scan: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let read = |path: PathBuf| fs::read(path).expect("a message");
        files
            .iter()
            .enumerate()
            .map(|(number, file)| {
                let name = name(number);
                (
                    file.clone(),
                    read(before.join(&name)),
                    read(after.join(&name)),
                )
            })
            .collect()
    }
}
