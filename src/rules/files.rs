//! Rule files as they are written, and what proving them gives: for people
//! who read or write rules. The service uses [`RuleSet`] alone.

use super::details::{self, RuleDetails};
use super::{
    Category, Mistake, RuleSet, RulesError,
    load::{self, Source},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Rule files that belong together.
pub struct RuleFiles {
    sources: Vec<Source>,
    /// What cannot be read, or does not belong here.
    mistakes: Vec<Mistake>,
    /// What to call all of them together.
    root: String,
}

impl RuleFiles {
    /// The files that are compiled into the program.
    pub fn shipped() -> Self {
        Self {
            sources: load::shipped_sources(),
            mistakes: Vec::new(),
            root: "rules".to_owned(),
        }
    }

    /// The files of a directory as [`RuleSet::from_dir`] reads them.
    pub fn of_dir(dir: &Path) -> Self {
        let (sources, mistakes) = load::sources_of_dir(dir);
        Self {
            sources,
            mistakes,
            root: dir.display().to_string(),
        }
    }

    /// Single files, as if they were a whole set. The folder that a file is in
    /// is its category, unless one is given.
    pub fn of_files(paths: &[PathBuf], category: Option<Category>) -> Self {
        let mut files = Self {
            sources: Vec::new(),
            mistakes: Vec::new(),
            root: "the files together".to_owned(),
        };
        for path in paths {
            let shown = path.display().to_string();
            match fs::read_to_string(path) {
                Ok(content) => files.sources.push(Source {
                    relative: relative(path, category),
                    shown,
                    content,
                }),
                Err(e) => {
                    let problem = format!("cannot read this: {e}");
                    files.mistakes.push(Mistake::of(&shown, problem));
                }
            }
        }
        files
    }

    /// One file that has been read already, as if it were a whole set.
    pub fn of_text(name: &str, category: Category, content: &str) -> Self {
        Self {
            sources: vec![Source {
                shown: name.to_owned(),
                relative: format!("{}/{name}", category.name()),
                content: content.to_owned(),
            }],
            mistakes: Vec::new(),
            root: name.to_owned(),
        }
    }

    /// The names of the files, as they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let in_set = self.sources.iter().filter(|s| s.is_rule_file());
        in_set.map(|source| source.shown.as_str())
    }

    /// Loads the files as a set, and runs their examples.
    ///
    /// # Errors
    ///
    /// Every mistake in every file.
    pub fn prove(&self) -> Result<RuleSet, RulesError> {
        RuleSet::from_sources(
            self.sources.clone(),
            self.mistakes.clone(),
            &self.root,
            true,
        )
    }

    /// Every rule as it is written, with its examples, in the order of the
    /// files; of a file that cannot be read as rules, none.
    pub fn rules(&self) -> Vec<RuleDetails> {
        let in_set = self.sources.iter().filter(|s| s.is_rule_file());
        in_set.flat_map(details::read).collect()
    }
}

/// The name of a file below its directory of rules: its folder, which is the
/// category, and itself.
fn relative(path: &Path, category: Option<Category>) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = match category {
        Some(category) => category.name().to_owned(),
        None => {
            // `acme.toml` alone lies in the working directory.
            let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let parent = whole.parent().and_then(Path::file_name);
            parent.unwrap_or_default().to_string_lossy().into_owned()
        }
    };
    format!("{folder}/{file}")
}
