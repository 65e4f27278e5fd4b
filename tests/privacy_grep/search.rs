//! Searches files for texts in all the forms that they could be written in.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE};
use data_encoding::HEXLOWER;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Shortest form in hexadecimal or base64 that is looked for; a shorter one
/// occurs by chance.
const MIN_CODED: usize = 8;

/// What is looked for.
pub(crate) struct Needles {
    /// Plain, percent-encoded and hexadecimal; upper and lower case are the
    /// same.
    any_case: AhoCorasick,
    any_case_texts: Vec<String>,
    /// Base64.
    as_is: AhoCorasick,
    as_is_texts: Vec<String>,
}

impl Needles {
    pub(crate) fn of(texts: impl IntoIterator<Item = String>) -> Self {
        let mut any_case = BTreeSet::new();
        let mut as_is = BTreeSet::new();
        for text in texts {
            let lower = text.to_lowercase();
            any_case.insert(utf8_percent_encode(&lower, NON_ALPHANUMERIC).to_string());
            // As RFC 3986 section 2.3 has it, which is less.
            any_case.insert(lower.replace('@', "%40").replace('+', "%2b"));
            for text in [text.as_str(), &lower] {
                let hex = HEXLOWER.encode(text.as_bytes());
                if hex.len() >= MIN_CODED {
                    any_case.insert(hex);
                }
                for coded in in_base64(text) {
                    if coded.len() >= MIN_CODED {
                        as_is.insert(coded);
                    }
                }
            }
            any_case.insert(lower);
        }
        let build = |texts: &BTreeSet<String>, any_case| {
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .ascii_case_insensitive(any_case)
                .build(texts)
                .unwrap()
        };
        Self {
            any_case: build(&any_case, true),
            as_is: build(&as_is, false),
            any_case_texts: any_case.into_iter().collect(),
            as_is_texts: as_is.into_iter().collect(),
        }
    }

    /// Which of the forms were found.
    pub(crate) fn found_in(&self, files: &[(PathBuf, Vec<u8>)]) -> BTreeSet<&str> {
        let hits = |search: &AhoCorasick, bytes: &[u8]| -> Vec<usize> {
            let hits = search.find_overlapping_iter(bytes);
            hits.map(|hit| hit.pattern().as_usize()).collect()
        };
        let mut found = BTreeSet::new();
        for (_, bytes) in files {
            for n in hits(&self.any_case, bytes) {
                found.insert(self.any_case_texts[n].as_str());
            }
            for n in hits(&self.as_is, bytes) {
                found.insert(self.as_is_texts[n].as_str());
            }
        }
        found
    }

    /// Where anything was found, with what stands around it.
    pub(crate) fn find_in(&self, files: &[(PathBuf, Vec<u8>)]) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (file, bytes) in files {
            let searches = [
                (&self.any_case, &self.any_case_texts),
                (&self.as_is, &self.as_is_texts),
            ];
            for (search, texts) in searches {
                for hit in search.find_overlapping_iter(bytes) {
                    let around = hit.start().saturating_sub(40)..(hit.end() + 20).min(bytes.len());
                    found.insert(format!(
                        "{}: {:?} in {:?}",
                        file.display(),
                        texts[hit.pattern().as_usize()],
                        String::from_utf8_lossy(&bytes[around])
                    ));
                }
            }
        }
        found.into_iter().collect()
    }
}

/// What every base64 of a longer text has in common that holds this text:
/// where the text begins in a group of three bytes is not known.
fn in_base64(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text.as_bytes());
        // Six bits a character: leave out those that hold bits of others.
        let first = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        for coded in [
            BASE64_STANDARD.encode(&bytes),
            BASE64_URL_SAFE.encode(&bytes),
        ] {
            forms.push(coded[first.min(end)..end].to_owned());
        }
    }
    forms
}

/// The database and its companions with their bytes, but not the keys.
pub(crate) fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    files.into_iter().map(read).collect()
}
