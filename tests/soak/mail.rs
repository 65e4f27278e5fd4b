//! Files of mail.

use super::common::mail::fields::Mail;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every file below a directory, in an order that is always the same.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap_or_else(|e| panic!("{}: {e}", directory.display())))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Every file below a directory as a mail.
pub(crate) fn mails(directory: &Path) -> Vec<Mail> {
    files(directory)
        .iter()
        .map(|path| {
            let content = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let name = path.strip_prefix(directory).unwrap_or(path);
            Mail::parse(name.display().to_string(), &content)
        })
        .collect()
}

#[test]
fn a_mail_is_taken_apart_as_an_mta_does_it() {
    let mail = Mail::parse(
        "m".into(),
        b"From a@example.com Mon\nSubject: a\r\n\tb\nX-Nul: c\0d\nOdd : e\n\n\nText\r\nend",
    );
    let fields: Vec<(&[u8], &[u8])> = mail
        .fields
        .iter()
        .map(|(name, value)| (name.as_slice(), value.as_slice()))
        .collect();
    assert_eq!(
        fields,
        [
            (&b"Subject"[..], &b" a\n\tb"[..]),
            (b"X-Nul", b" c"),
            (b"Odd", b" e"),
        ]
    );
    assert_eq!(mail.body, b"\r\nText\r\nend\r\n");
    assert_eq!(
        mail.to_smtp(),
        b"Subject: a\r\n\tb\r\nX-Nul: c\r\nOdd: e\r\n\r\n\r\nText\r\nend\r\n"
    );
    let headless = Mail::parse("h".into(), b"A: b\nno field\nC: d\n");
    assert_eq!(headless.fields.len(), 1);
    assert_eq!(headless.body, b"no field\r\nC: d\r\n");
}
