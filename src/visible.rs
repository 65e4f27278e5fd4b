//! Makes visible what a text from a stranger would do unseen.
//!
//! URLs, header values and file names come from strangers. Shown as they are,
//! on a terminal, in a page, in a report or in the journal, they could move the
//! cursor, change the title or reverse the reading direction of what stands
//! beside them.

use std::{borrow::Cow, fmt::Write as _};

/// `text` with everything that could control a terminal made visible: C0
/// (tabs too) and C1 controls, DEL, line and paragraph separators, the
/// bidirectional controls of Unicode and characters without a shape.
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most texts are ASCII, and a byte is looked at faster than a character.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if is_control(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// JSON text in which control characters stand as escapes, also those that
/// JSON would allow as they are (RFC 8259 section 7). What it means stays.
pub fn json(text: String) -> String {
    if !text.contains(is_control) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if is_control(c) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// C0 and C1 controls, line and paragraph separators, bidirectional controls
/// (Unicode UAX #9), and characters that are not seen at all.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        assert!(matches!(printable("grün 字 🦊 a/b"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_stays_json() {
        let text = "\x1b\u{9b}\u{202e}\u{e0041}\"";
        let line = json(serde_json::to_string(text).unwrap());
        assert_eq!(line, "\"\\u001b\\u009b\\u202e\\udb40\\udc41\\\"\"");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }

    #[test]
    fn controls_are_made_visible() {
        for (text, expected) in [
            ("\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
            ("a\r\n\tb", "a\\r\\n\\tb"),
            ("\u{7f}\u{9b}31m", "\\u{7f}\\u{9b}31m"),
            (
                "moc\u{202e}gpj\u{2066}x\u{2069}",
                "moc\\u{202e}gpj\\u{2066}x\\u{2069}",
            ),
            ("\u{200f}\u{61c}\u{2028}", "\\u{200f}\\u{61c}\\u{2028}"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
