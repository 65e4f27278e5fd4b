//! What is told about a list.

use super::{super::Needs, ListFormat, header::slug};
use serde::Serialize;
use std::{fmt, path::PathBuf};

/// What is told about a list: where it comes from, what of it is used.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ListInfo {
    /// Its title as the file states it; otherwise format and file name.
    pub name: String,
    /// Its format.
    pub format: ListFormat,
    /// Its file.
    pub path: PathBuf,
    /// What a hit needs beside a URL that matches before it is an open pixel.
    pub needs: Needs,
    /// How many entries are used.
    pub used: usize,
    /// How many entries were understood but are of no use here: filters for
    /// scripts or for the layout of web sites, and the like.
    pub unused: usize,
    /// How many entries were not understood.
    pub not_understood: usize,
    /// The first twenty of those.
    pub misread: Vec<Misread>,
    /// The version or date that the file states; otherwise the beginning of
    /// `sha256`.
    pub version: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The licence as the file states it, or the first line of a licence file
    /// beside it; otherwise `unknown`.
    pub licence: String,
}

impl ListInfo {
    /// Name and version.
    pub fn shown(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// What the identifiers of all its hits begin with, whatever its version.
    pub fn id_stem(&self) -> String {
        format!("list-{}-", slug(&self.name))
    }
}

impl fmt::Display for ListInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs = self.needs.list_key();
        write!(
            f,
            "list {} ({}, {needs}): version {}, {} entries used, {} of no use for mail, \
             {} not understood; licence {}; SHA-256 {}; {}",
            self.name,
            self.format.name(),
            self.version,
            self.used,
            self.unused,
            self.not_understood,
            self.licence,
            self.sha256,
            self.path.display()
        )
    }
}

/// An entry that was not understood.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Misread {
    /// Where it stands: a line, or the name of an entry.
    pub place: String,
    /// Why.
    pub problem: String,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}
