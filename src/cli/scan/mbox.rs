//! Finds the messages of a file without reading it into memory: an mbox (RFC
//! 4155) holds many, any other file is one.

use std::{
    io::{self, BufRead, Read, Seek, SeekFrom},
    ops::Range,
};

/// A message in a file. The bytes between messages (separator lines, the
/// blank line before each) belong to none and are copied as they are.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::cli) struct Message {
    pub(in crate::cli) span: Range<u64>,
    /// Which message of an mbox, from 1.
    pub(in crate::cli) number: Option<usize>,
}

impl Message {
    pub(in crate::cli) fn length(&self) -> u64 {
        self.span.end.saturating_sub(self.span.start)
    }
}

/// How much of a line is looked at; a separator line is far shorter.
const LINE: u64 = 512;

/// Finds the messages of a file.
///
/// A file that begins with a `From ` line is an mbox. A later `From ` line
/// begins a message if a blank line stands before it and a time of day in it:
/// a sentence that begins so, which its writer should have quoted but did
/// not, ends no message then.
pub(in crate::cli) fn messages(file: &mut (impl BufRead + Seek)) -> io::Result<Vec<Message>> {
    file.seek(SeekFrom::Start(0))?;
    let mut found: Vec<Message> = Vec::new();
    let mut line = Vec::new();
    let mut at = 0;
    let mut start = None;
    // Length of the blank line just before `at`, 0 if there is none.
    let mut blank = 0;
    loop {
        line.clear();
        let mut length = as_u64(file.by_ref().take(LINE).read_until(b'\n', &mut line)?);
        if length == 0 {
            break;
        }
        if !line.ends_with(b"\n") {
            length = length.saturating_add(as_u64(file.skip_until(b'\n')?));
        }
        let is_separator = line.starts_with(b"From ")
            && (at == 0 || (start.is_some() && blank > 0 && has_time(&line)));
        if is_separator {
            if let Some(start) = start {
                push(&mut found, start..at - blank);
            }
            start = Some(at + length);
        } else if at == 0 {
            break;
        }
        at += length;
        blank = match line.as_slice() {
            b"\n" | b"\r\n" => length,
            _ => 0,
        };
    }
    match start {
        Some(start) => push(&mut found, start..(at - blank).max(start)),
        None => found.push(Message {
            span: 0..file.seek(SeekFrom::End(0))?,
            number: None,
        }),
    }
    Ok(found)
}

/// The bytes of a message.
pub(in crate::cli) fn read(
    file: &mut (impl Read + Seek),
    message: &Message,
) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(message.span.start))?;
    let length = message.length();
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn push(found: &mut Vec<Message>, span: Range<u64>) {
    let number = Some(found.len() + 1);
    let end = span.end.max(span.start);
    found.push(Message {
        span: span.start..end,
        number,
    });
}

/// Whether a time of day, `12:34`, stands in the line.
fn has_time(line: &[u8]) -> bool {
    line.windows(5).any(|w| {
        matches!(w, [a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()))
    })
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn found(text: &str) -> Vec<(Option<usize>, &str)> {
        let messages = messages(&mut Cursor::new(text.as_bytes())).unwrap();
        messages
            .into_iter()
            .map(|m| {
                let span =
                    usize::try_from(m.span.start).unwrap()..usize::try_from(m.span.end).unwrap();
                (m.number, &text[span])
            })
            .collect()
    }

    const A: &str = "From ann@example.org Sat Nov 21 18:40:00 2026\n";
    const B: &str = "From bob@example.org Sat Nov 21 18:41:00 2026\n";

    #[test]
    fn a_file_without_a_separator_is_one_message() {
        assert_eq!(found("Subject: a\n\nb\n"), [(None, "Subject: a\n\nb\n")]);
        assert_eq!(found(""), [(None, "")]);
        let later = format!("Subject: a\n\n{B}\n");
        assert_eq!(found(&later), [(None, later.as_str())]);
    }

    #[test]
    fn separators_and_the_blank_lines_before_them_belong_to_no_message() {
        let text = format!("{A}S: 1\n\none\n\n{B}S: 2\n\ntwo\n\n");
        assert_eq!(
            found(&text),
            [(Some(1), "S: 1\n\none\n"), (Some(2), "S: 2\n\ntwo\n")]
        );
    }

    #[test]
    fn line_ends_of_two_bytes_and_a_missing_last_one() {
        let text = format!("{A}S: 1\r\n\r\none\r\n\r\n{B}S: 2\r\n\r\ntwo");
        assert_eq!(
            found(&text),
            [
                (Some(1), "S: 1\r\n\r\none\r\n"),
                (Some(2), "S: 2\r\n\r\ntwo")
            ]
        );
    }

    #[test]
    fn a_sentence_that_begins_with_from_ends_no_message() {
        let text = format!("{A}S: 1\n\none\n\nFrom here on it rains.\nFrom x 12:00\n");
        assert_eq!(found(&text).len(), 1);
    }

    #[test]
    fn empty_messages_and_long_lines_do_no_harm() {
        assert_eq!(found(A), [(Some(1), "")]);
        let text = format!("{A}\n{B}");
        assert_eq!(found(&text), [(Some(1), ""), (Some(2), "")]);
        let long = format!("{A}S: {}\n\n{B}S: 2\n", "x".repeat(5000));
        assert_eq!(found(&long).len(), 2);
        assert_eq!(found(&long)[1].1, "S: 2\n");
    }
}
