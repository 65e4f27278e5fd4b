//! The mail that is measured, by name: made-up mail of each class, or all
//! mail below a directory.

use crate::{
    mail::{self, Coding},
    stage::Subject,
};
use std::{env, fs, path::Path, sync::Arc};
use untrackd::clean::Cleaner;
use walkdir::WalkDir;

/// Where `make bench CORPUS=DIR` says which directory.
const CORPUS: &str = "BENCH_CORPUS";

/// Messages of a kind.
pub(crate) struct Class {
    /// What it is called in tables.
    pub(crate) name: String,
    /// At least one; times are those of all together.
    pub(crate) subjects: Vec<Subject>,
}

impl Class {
    fn of(cleaner: &Arc<Cleaner>, name: impl Into<String>, mail: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            subjects: vec![Subject::new(cleaner, mail)],
        }
    }

    /// The bytes of all bodies.
    pub(crate) fn body_bytes(&self) -> usize {
        self.subjects.iter().map(|s| s.body.len()).sum()
    }

    /// The bytes of all HTML without transfer encodings.
    pub(crate) fn html_bytes(&self) -> usize {
        self.subjects.iter().map(Subject::html_bytes).sum()
    }
}

/// What is to be measured.
pub(crate) fn all(cleaner: &Arc<Cleaner>) -> Vec<Class> {
    match env::var_os(CORPUS) {
        Some(dir) if !dir.is_empty() => corpus(cleaner, Path::new(&dir)),
        _ => made_up(cleaner),
    }
}

fn made_up(cleaner: &Arc<Cleaner>) -> Vec<Class> {
    let of = |name: &str, mail| Class::of(cleaner, name, mail);
    let mut out = vec![of("plain text 3 KB", mail::plain(3 << 10))];
    for kilobytes in [21, 78, 300] {
        for coding in Coding::ALL {
            let name = format!("newsletter {kilobytes} KB {}", coding.name());
            out.push(of(&name, mail::newsletter(kilobytes << 10, coding)));
        }
    }
    out.push(of("HTML 1 MB", mail::html(1 << 20)));
    out.push(of("2,000 links", mail::links(2_000)));
    out.push(of("attachments 20 MB", mail::attachments(20 << 20)));
    out
}

/// Two classes: the mail with HTML that is read, and the other mail.
fn corpus(cleaner: &Arc<Cleaner>, dir: &Path) -> Vec<Class> {
    let class = |name: &str| Class {
        name: name.to_owned(),
        subjects: Vec::new(),
    };
    let (mut html, mut other) = (class("mail with HTML"), class("other mail"));
    for entry in WalkDir::new(dir).sort_by_file_name().into_iter().flatten() {
        if !entry.file_type().is_file() {
            continue;
        }
        // What cannot be read, or is no mail, is not what is measured.
        let Ok(mail) = fs::read(entry.path()) else {
            continue;
        };
        let subject = Subject::new(cleaner, mail);
        if subject.header.is_empty() {
            continue;
        }
        let class = if subject.pages.is_empty() {
            &mut other
        } else {
            &mut html
        };
        class.subjects.push(subject);
    }
    for class in [&mut html, &mut other] {
        let (count, bytes) = (class.subjects.len(), class.body_bytes());
        println!("{}: {count} messages, {bytes} bytes of bodies", class.name);
    }
    let mut out = vec![html, other];
    out.retain(|class| !class.subjects.is_empty());
    assert!(!out.is_empty(), "no mail below {}", dir.display());
    out
}
