//! Reading the rule files: the shipped ones and a directory's.

use super::{
    Category, ListInfo, Lists, Mistake, Rule, RuleSet, RulesError, compile::Compiler, index::Index,
};
use ahash::AHashMap;
use serde::{
    Deserialize,
    de::value::{Error as PlainError, StrDeserializer},
};
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};
use walkdir::WalkDir;

/// Name and content of each file under `rules/` when this was built.
pub(super) const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.in"));

/// A rule file: its name for messages, its name relative to the directory of
/// rules with `/` for a separator, and its content.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) shown: String,
    pub(super) relative: String,
    pub(super) content: String,
}

impl Source {
    /// Whether it is one of the rule files; what lies directly in the
    /// directory is for others.
    pub(super) fn is_rule_file(&self) -> bool {
        self.relative.contains('/')
    }
}

impl RuleSet {
    /// The shipped rules.
    ///
    /// # Errors
    ///
    /// A shipped file with a mistake, which the project's own tests exclude.
    pub fn builtin() -> Result<Self, RulesError> {
        Self::shipped(false)
    }

    /// The shipped rules; `prove` for the test that runs their examples.
    pub(super) fn shipped(prove: bool) -> Result<Self, RulesError> {
        Self::from_sources(shipped_sources(), Vec::new(), "rules", prove)
    }

    /// The rules of a directory, in place of the shipped ones; their examples
    /// are run.
    ///
    /// Reads `<category>/<vendor>.toml`; files directly in the directory are
    /// for others.
    ///
    /// # Errors
    ///
    /// Every mistake in every file, and files that cannot be read. There is
    /// no such thing as half a set: with one mistake nothing is returned. An
    /// empty directory is a mistake.
    pub fn from_dir(dir: &Path) -> Result<Self, RulesError> {
        let (sources, mistakes) = sources_of_dir(dir);
        Self::from_sources(sources, mistakes, &dir.display().to_string(), true)
    }

    /// The rules of `sources`; `mistakes` were made already, and `root` names
    /// all of them together. With `prove` the examples are run.
    pub(super) fn from_sources(
        mut sources: Vec<Source>,
        mut mistakes: Vec<Mistake>,
        root: &str,
        prove: bool,
    ) -> Result<Self, RulesError> {
        sources.retain(Source::is_rule_file);
        sources.sort_by(|a, b| a.relative.cmp(&b.relative));
        if sources.is_empty() && mistakes.is_empty() {
            let problem = "no rule files here; they are <category>/<vendor>.toml below it";
            mistakes.push(Mistake::of(root, problem.to_owned()));
        }
        let mut rules: Vec<Rule> = Vec::new();
        let mut places: AHashMap<String, Mistake> = AHashMap::new();
        for source in &sources {
            let (category, stem) = match category_and_stem(&source.relative) {
                Ok(found) => found,
                Err(problem) => {
                    mistakes.push(Mistake::of(&source.shown, problem));
                    continue;
                }
            };
            let mut compiler =
                Compiler::compile(&source.shown, stem, category, &source.content, prove);
            for (rule, span) in std::mem::take(&mut compiler.rules) {
                let id = rule.reference.id.to_string();
                let here = compiler.mistake(span.clone(), String::new());
                if let Some(there) = places.get(&id) {
                    let line = there.place.map_or(0, |(line, _)| line);
                    let problem = format!(
                        "the id {id:?} is taken by {}:{line}; choose another, since the block log refers to rules by id",
                        there.file
                    );
                    compiler.mistakes.push(compiler.mistake(span, problem));
                    continue;
                }
                places.insert(id, here);
                rules.push(rule);
            }
            mistakes.append(&mut compiler.mistakes);
        }
        let index = Index::build(&rules).unwrap_or_else(|problem| {
            mistakes.push(Mistake::of(root, problem));
            Index::default()
        });
        if !mistakes.is_empty() {
            return Err(RulesError { mistakes });
        }
        Ok(Self {
            version: version(&sources),
            rules,
            index,
            low_trust: false,
            lists: Lists::default(),
        })
    }
}

/// The files that are compiled into the program.
pub(super) fn shipped_sources() -> Vec<Source> {
    let sources = SHIPPED.iter().map(|(name, content)| Source {
        shown: (*name).to_owned(),
        relative: name.strip_prefix("rules/").unwrap_or(name).to_owned(),
        content: (*content).to_owned(),
    });
    sources.collect()
}

/// The files of a directory, and what cannot be read in it.
pub(super) fn sources_of_dir(dir: &Path) -> (Vec<Source>, Vec<Mistake>) {
    let (mut sources, mut mistakes) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(dir).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if !entry.file_type().is_file() => {}
            Ok(entry) => match read(dir, entry.path()) {
                Ok(source) => sources.extend(source),
                Err(e) => {
                    let problem = format!("cannot read this: {e}");
                    mistakes.push(Mistake::of(&entry.path().display().to_string(), problem));
                }
            },
            Err(e) => {
                let path = e.path().unwrap_or(dir).display().to_string();
                let reason = e
                    .io_error()
                    .map_or_else(|| e.to_string(), io::Error::to_string);
                mistakes.push(Mistake::of(&path, format!("cannot read this: {reason}")));
            }
        }
    }
    (sources, mistakes)
}

fn read(dir: &Path, path: &Path) -> io::Result<Option<Source>> {
    if path.extension().is_none_or(|e| e != "toml") {
        return Ok(None);
    }
    let relative = path.strip_prefix(dir).unwrap_or(path);
    let pieces: Vec<_> = relative.iter().map(|p| p.to_string_lossy()).collect();
    if pieces.len() < 2 {
        return Ok(None);
    }
    Ok(Some(Source {
        shown: path.display().to_string(),
        relative: pieces.join("/"),
        content: fs::read_to_string(path)?,
    }))
}

pub(super) fn category_and_stem(relative: &str) -> Result<(Category, &str), String> {
    let mut pieces = relative.split('/');
    let (folder, file) = (pieces.next(), pieces.next().unwrap_or_default());
    if pieces.next().is_some() {
        return Err("too deep; rule files are <category>/<vendor>.toml".to_owned());
    }
    let folder = folder.unwrap_or_default();
    let category = Category::deserialize(StrDeserializer::<PlainError>::new(folder))
        .map_err(|e| format!("the folder is no category: {e}"))?;
    Ok((category, file.strip_suffix(".toml").unwrap_or(file)))
}

fn version(sources: &[Source]) -> String {
    version_of(sources.iter().flat_map(|s| [&*s.relative, &*s.content]))
}

/// The version of rules with lists behind them; without any it stays.
pub(super) fn version_with(rules: &str, lists: &[ListInfo]) -> String {
    if lists.is_empty() {
        return rules.to_owned();
    }
    let of_lists = lists
        .iter()
        .flat_map(|list| [list.format.name(), list.needs.list_key(), &*list.sha256]);
    version_of([rules].into_iter().chain(of_lists))
}

/// The first twelve hex digits of a SHA-256.
fn version_of<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        // With its length before it, so that text cannot move from one file
        // to the next unnoticed.
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let digest = data_encoding::HEXLOWER.encode(&hash.finalize());
    digest.chars().take(12).collect()
}
