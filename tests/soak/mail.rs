//! Files of mail as an MTA would hand them to a milter.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One message, taken apart as an MTA does it.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// Where it comes from, for messages about it.
    pub(crate) name: String,
    /// Name and value of each field; the value begins after the colon and
    /// has bare LF where it is folded.
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// With CRLF line ends.
    pub(crate) body: Vec<u8>,
}

/// Postfix's `header_size_limit`: what goes beyond is cut off.
const MAX_FIELD: usize = 102_400;

impl Mail {
    /// Takes a file's content apart.
    ///
    /// The header block ends at the empty line, or before the first line that
    /// is no field, as in Postfix. Line ends become CRLF, since SMTP carries
    /// no others; a value is a C string, so it ends at a NUL.
    pub(crate) fn parse(name: String, content: &[u8]) -> Self {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut lines = content.split_inclusive(|&b| b == b'\n').peekable();
        // The line of an mbox that comes before a message.
        lines.next_if(|line| line.starts_with(b"From "));
        while let Some(line) = lines.peek() {
            let line = without_line_end(line);
            if line.is_empty() {
                lines.next();
                break;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                let Some((_, value)) = fields.last_mut() else {
                    break;
                };
                value.push(b'\n');
                value.extend_from_slice(line);
            } else if let Some((name, value)) = field(line) {
                fields.push((name.to_vec(), value.to_vec()));
            } else {
                break;
            }
            lines.next();
        }
        for (_, value) in &mut fields {
            if let Some(end) = value.iter().position(|&b| b == 0) {
                value.truncate(end);
            }
            value.truncate(MAX_FIELD);
        }
        let mut body = Vec::with_capacity(content.len());
        for line in lines {
            body.extend_from_slice(without_line_end(line));
            body.extend_from_slice(b"\r\n");
        }
        Self { name, fields, body }
    }

    /// The mail as an SMTP client sends it.
    pub(crate) fn to_smtp(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            out.extend_from_slice(name);
            out.push(b':');
            for (i, line) in value.split(|&b| b == b'\n').enumerate() {
                if i > 0 {
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(line);
            }
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A field's name and value (RFC 5322 section 2.2). White space before the
/// colon is obsolete, but MTAs take it.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&b| b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, &line[colon + 1..]))
}

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
