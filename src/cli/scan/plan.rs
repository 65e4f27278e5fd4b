//! Which files are scanned, and where the cleaned ones go.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// One file to scan.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::cli) struct Job {
    pub(in crate::cli) input: Input,
    /// Where the cleaned file goes, if it is to be written.
    pub(in crate::cli) output: Option<PathBuf>,
}

#[derive(Debug, Eq, PartialEq)]
pub(in crate::cli) enum Input {
    File(PathBuf),
    Stdin,
}

impl Input {
    /// The name as it is shown.
    pub(in crate::cli) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "-".to_owned(),
        }
    }
}

/// A path that cannot be scanned, and why.
#[derive(Debug)]
pub(in crate::cli) struct PlanError {
    pub(in crate::cli) path: String,
    pub(in crate::cli) reason: String,
}

/// All files below the given paths, in a stable order: as the paths were
/// given, and by name within directories.
pub(in crate::cli) struct Plan {
    pub(in crate::cli) jobs: Vec<Job>,
    pub(in crate::cli) errors: Vec<PlanError>,
    write: Option<PathBuf>,
    taken: HashSet<PathBuf>,
}

impl Plan {
    /// `write` is the directory for cleaned files; it exists.
    pub(in crate::cli) fn new(paths: &[PathBuf], write: Option<&Path>) -> Self {
        let mut plan = Self {
            jobs: Vec::new(),
            errors: Vec::new(),
            write: write.map(|dir| fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned())),
            taken: HashSet::new(),
        };
        for path in paths {
            plan.add(path);
        }
        plan
    }

    fn add(&mut self, path: &Path) {
        if path == Path::new("-") {
            self.push(Input::Stdin, Path::new("stdin.eml"));
            return;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_directory(path),
            Ok(_) => {
                let name = path.file_name().map_or_else(PathBuf::new, PathBuf::from);
                self.push(Input::File(path.to_owned()), &name);
            }
            Err(e) => self.error(path, &e.to_string()),
        }
    }

    fn add_directory(&mut self, root: &Path) {
        let write = self.write.clone();
        let wanted = move |entry: &DirEntry| !is_output(entry, write.as_deref());
        let walk = WalkDir::new(root).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(move |entry| wanted(entry) && !is_maildir_tmp(entry)) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && !is_maildir_index(&entry) => {
                    let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
                    self.push(Input::File(entry.path().to_owned()), relative);
                }
                Ok(_) => {}
                Err(e) => {
                    let path = e.path().unwrap_or(root).to_owned();
                    let reason = e
                        .io_error()
                        .map_or_else(|| e.to_string(), ToString::to_string);
                    self.error(&path, &reason);
                }
            }
        }
    }

    fn push(&mut self, input: Input, relative: &Path) {
        let output = self.write.as_ref().map(|dir| dir.join(relative));
        if let Some(output) = &output {
            let refusal = if !self.taken.insert(output.clone()) {
                Some("another input has the same name in the output directory")
            } else if is_same(&input, output) {
                Some("would be overwritten by its own output; choose another --write directory")
            } else {
                None
            };
            if let Some(reason) = refusal {
                let name = input.name();
                self.error(Path::new(&name), reason);
                return;
            }
        }
        self.jobs.push(Job { input, output });
    }

    fn error(&mut self, path: &Path, reason: &str) {
        self.errors.push(PlanError {
            path: path.display().to_string(),
            reason: reason.to_owned(),
        });
    }
}

fn is_same(input: &Input, output: &Path) -> bool {
    let Input::File(input) = input else {
        return false;
    };
    match (fs::canonicalize(input), fs::canonicalize(output)) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    }
}

/// The output directory may lie in a scanned one; what is in it is no input.
fn is_output(entry: &DirEntry, write: Option<&Path>) -> bool {
    entry.depth() > 0
        && entry.file_type().is_dir()
        && write.is_some_and(|write| fs::canonicalize(entry.path()).is_ok_and(|path| path == write))
}

/// Messages in the `tmp` of a Maildir are not delivered yet.
fn is_maildir_tmp(entry: &DirEntry) -> bool {
    entry.file_type().is_dir()
        && entry.file_name() == "tmp"
        && entry.path().parent().is_some_and(is_maildir)
}

/// A file beside `cur` and `new` belongs to the mail server, not to the mail.
fn is_maildir_index(entry: &DirEntry) -> bool {
    entry.path().parent().is_some_and(is_maildir)
}

fn is_maildir(dir: &Path) -> bool {
    dir.join("cur").is_dir() && dir.join("new").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(dir: &Path, files: &[&str]) {
        for file in files {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
    }

    fn names(plan: &Plan, root: &Path) -> Vec<String> {
        let jobs = plan.jobs.iter();
        jobs.map(|job| match &job.input {
            Input::File(path) => path.strip_prefix(root).unwrap().display().to_string(),
            Input::Stdin => "-".into(),
        })
        .collect()
    }

    #[test]
    fn directories_are_walked_in_order_and_keep_their_shape() {
        let dir = tempfile::tempdir().unwrap();
        let out = tempfile::tempdir().unwrap();
        touch(dir.path(), &["b.eml", "a.eml", "sub/c.eml", "tmp/d.eml"]);
        let plan = Plan::new(&[dir.path().to_owned()], Some(out.path()));
        assert_eq!(
            names(&plan, dir.path()),
            ["a.eml", "b.eml", "sub/c.eml", "tmp/d.eml"]
        );
        let canonical = fs::canonicalize(out.path()).unwrap();
        assert_eq!(plan.jobs[2].output, Some(canonical.join("sub/c.eml")));
        assert!(plan.errors.is_empty());
    }

    #[test]
    fn of_a_maildir_only_cur_and_new_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let box_ = [
            "cur/1:2,S",
            "new/2",
            "tmp/3",
            "dovecot-uidlist",
            ".Sent/cur/4:2,S",
            ".Sent/new/5",
            ".Sent/tmp/6",
        ];
        touch(dir.path(), &box_);
        let plan = Plan::new(&[dir.path().to_owned()], None);
        assert_eq!(
            names(&plan, dir.path()),
            [".Sent/cur/4:2,S", ".Sent/new/5", "cur/1:2,S", "new/2"]
        );
    }

    #[test]
    fn nothing_is_overwritten_that_was_not_written() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["a/1", "b/1", "out/1"]);
        let at = |name: &str| dir.path().join(name);
        let out = at("out");
        let plan = Plan::new(&[at("a/1"), at("b/1"), at("out/1")], Some(&out));
        assert_eq!(plan.jobs.len(), 1);
        assert_eq!(plan.errors.len(), 2);
        assert!(plan.errors[0].reason.contains("same name"));
        let plan = Plan::new(&[at("out/1")], Some(&out));
        assert!(plan.errors[0].reason.contains("its own output"));
        // The output directory inside the input is no input.
        let plan = Plan::new(&[dir.path().to_owned()], Some(&out));
        assert_eq!(names(&plan, dir.path()), ["a/1", "b/1"]);
    }

    #[test]
    fn a_path_that_is_not_there_is_told() {
        let plan = Plan::new(&["/nonexistent/mail".into()], None);
        assert_eq!(plan.errors[0].path, "/nonexistent/mail");
    }
}
