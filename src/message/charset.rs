//! Charsets: a part's text as bytes that an HTML parser can take.
//!
//! Nearly every charset in mail agrees with ASCII on the bytes of markup and
//! URLs, and is scanned in place, so that an edit changes its own span only.
//! UTF-16 and ISO-2022-JP do not; their text goes through UTF-8 and back, if
//! the way back reproduces the bytes.

use crate::{
    edit::{Edit, apply},
    skip::Skip,
};
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;

/// Charsets that encoding_rs does not know and that do not agree with ASCII
/// byte for byte, by the beginning of their labels in lower case.
const FOREIGN: &[&str] = &[
    "bocu",
    "cp037",
    "cp500",
    "csiso2022",
    "csunicode",
    "csutf7",
    "ebcdic",
    "hz",
    "ibm037",
    "ibm500",
    "iso-10646",
    "iso-2022",
    "iso2022",
    "scsu",
    "ucs-2",
    "ucs-4",
    "ucs2",
    "ucs4",
    "unicode-1-1-utf-7",
    "unicode-2-0-utf-7",
    "utf-32",
    "utf-7",
    "utf-ebcdic",
    "utf32",
    "utf7",
    "x-unicode-2-0-utf-7",
];

/// Bytes that switch the character set in a stateful charset: escape, shift
/// out, shift in; and those that begin a sequence in HZ and UTF-7.
const SWITCHES: &[u8] = &[0x0e, 0x0f, 0x1b, b'~', b'+'];

/// How much of a page browsers search for its charset.
const PRESCAN: usize = 1024;

/// A part's text, ready to be scanned.
#[derive(Debug)]
pub struct Text<'a>(Form<'a>);

#[derive(Debug)]
enum Form<'a> {
    InPlace {
        bytes: &'a [u8],
        encoding: &'static Encoding,
        /// The text is ASCII under a label of another kind, and must stay so.
        stays_plain: bool,
    },
    Transcoded {
        source: &'a [u8],
        text: String,
        codec: Codec,
    },
}

/// A charset that goes through UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Codec {
    Iso2022Jp,
    Utf16Be,
    Utf16Le,
}

/// How bytes with a label are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    InPlace(&'static Encoding),
    Plain,
    Through(Codec),
    Unreadable,
}

/// Opens the text of a part; `label` is the charset parameter.
///
/// A byte order mark overrides the label. Without a label, and with one that
/// names nothing known, the bytes are taken as UTF-8 or windows-1252: they
/// are scanned in place, so nothing is lost if they are neither.
///
/// # Errors
///
/// [`Skip::Charset`] if the charset does not agree with ASCII and its text
/// cannot be carried to UTF-8 and back unchanged.
pub fn open<'a>(decoded: &'a [u8], label: Option<&str>) -> Result<Text<'a>, Skip> {
    let in_place = |encoding, stays_plain| {
        Ok(Text(Form::InPlace {
            bytes: decoded,
            encoding,
            stays_plain,
        }))
    };
    let codec = match reading(decoded, label) {
        Reading::InPlace(encoding) => return in_place(encoding, false),
        Reading::Plain => return in_place(WINDOWS_1252, true),
        Reading::Through(codec) => codec,
        Reading::Unreadable => return Err(Skip::Charset),
    };
    let text = codec.decode(decoded).ok_or(Skip::Charset)?;
    if codec.encode(&text).as_deref() != Some(decoded) {
        return Err(Skip::Charset);
    }
    Ok(Text(Form::Transcoded {
        source: decoded,
        text,
        codec,
    }))
}

/// Opens the text of a page, which may state a charset of its own.
///
/// That one counts where there is no label (HTML standard, section 13.2.3.2);
/// a label that contradicts it in what is markup is not believed.
///
/// # Errors
///
/// As [`open`].
pub fn open_page<'a>(decoded: &'a [u8], label: Option<&str>) -> Result<Text<'a>, Skip> {
    let Some(own) = meta_charset(decoded).filter(|own| is_stateful(own)) else {
        return open(decoded, label);
    };
    if Encoding::for_bom(decoded).is_some() || is_plain(decoded) {
        return open(decoded, label);
    }
    match label.map(str::trim).filter(|l| !l.is_empty()) {
        Some(label) if is_ascii_compatible(Some(label)) => Err(Skip::Charset),
        Some(label) => open(decoded, Some(label)),
        None => open(decoded, Some(&own)),
    }
}

/// Whether markup in this charset can be other bytes than ASCII. A page that
/// calls itself UTF-16 in ASCII is not.
fn is_stateful(label: &str) -> bool {
    let is_utf_16 = label.to_ascii_lowercase().starts_with("utf-16");
    !is_utf_16 && !is_ascii_compatible(Some(label))
}

/// What follows the first `charset=` where browsers look for it.
fn meta_charset(html: &[u8]) -> Option<String> {
    let start = html.get(..PRESCAN).unwrap_or(html).to_ascii_lowercase();
    let at = memmem::find(&start, b"charset")? + b"charset".len();
    let rest = start.get(at..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest
        .strip_prefix(b"\"")
        .or(rest.strip_prefix(b"'"))
        .unwrap_or(rest);
    let end = rest
        .iter()
        .position(|b| matches!(b, b'"' | b'\'' | b'>' | b';' | b'/') || b.is_ascii_whitespace());
    let label = rest.get(..end.unwrap_or(rest.len()))?;
    Some(String::from_utf8_lossy(label).into_owned())
}

impl Text<'_> {
    /// The text in [`encoding`](Self::encoding).
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Form::InPlace { bytes, .. } => bytes,
            Form::Transcoded { text, .. } => text.as_bytes(),
        }
    }

    /// An encoding that agrees with ASCII: the charset itself, or UTF-8 where
    /// the text was transcoded.
    pub fn encoding(&self) -> &'static Encoding {
        match &self.0 {
            Form::InPlace { encoding, .. } => encoding,
            Form::Transcoded { .. } => UTF_8,
        }
    }

    /// Turns sorted, disjoint edits of [`bytes`](Self::bytes) into edits of
    /// the bytes that were opened: the same ones, or one that replaces what
    /// differs after encoding anew.
    ///
    /// # Errors
    ///
    /// [`Skip::Charset`] if the edited text cannot be written in the charset.
    pub fn restore(&self, edits: Vec<Edit>) -> Result<Vec<Edit>, Skip> {
        let (source, text, codec) = match &self.0 {
            Form::InPlace { stays_plain, .. } => {
                let is_kept = !stays_plain || edits.iter().all(|e| is_plain(&e.bytes));
                return if is_kept {
                    Ok(edits)
                } else {
                    Err(Skip::Charset)
                };
            }
            Form::Transcoded {
                source,
                text,
                codec,
            } => (*source, text, codec),
        };
        let edited = apply(text.as_bytes(), &edits);
        let edited = String::from_utf8(edited).map_err(|_| Skip::Charset)?;
        let new = codec.encode(&edited).ok_or(Skip::Charset)?;
        // What is written must be read as what was meant, and in the order of
        // bytes that it had: a mark overrides the label.
        if Encoding::for_bom(&new) != Encoding::for_bom(source) {
            return Err(Skip::Charset);
        }
        if codec.decode(&new).as_deref() != Some(edited.as_str()) {
            return Err(Skip::Charset);
        }
        Ok(difference(source, &new).into_iter().collect())
    }
}

/// The one edit that turns `old` into `new`.
fn difference(old: &[u8], new: &[u8]) -> Option<Edit> {
    if old == new {
        return None;
    }
    let common = |a: &mut dyn Iterator<Item = (&u8, &u8)>| a.take_while(|(x, y)| x == y).count();
    let head = common(&mut old.iter().zip(new));
    let (old_rest, new_rest) = (old.get(head..)?, new.get(head..)?);
    let tail = common(&mut old_rest.iter().rev().zip(new_rest.iter().rev()));
    let bytes = new_rest.get(..new_rest.len() - tail)?;
    Some(Edit::new(head..old.len() - tail, bytes))
}

/// Whether markup in a charset of this label can be scanned in place.
///
/// An absent or unknown label counts as such, unless it is of a charset that
/// is known not to agree with ASCII.
pub(super) fn is_ascii_compatible(label: Option<&str>) -> bool {
    let Some(label) = label else {
        return true;
    };
    match Encoding::for_label(label.trim().as_bytes()) {
        Some(encoding) => encoding.is_ascii_compatible(),
        None => !is_foreign(label),
    }
}

fn is_foreign(label: &str) -> bool {
    let label = label.trim().to_ascii_lowercase();
    FOREIGN.iter().any(|f| label.starts_with(f))
}

fn reading(bytes: &[u8], label: Option<&str>) -> Reading {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return of_encoding(encoding, bytes, label);
    }
    let Some(label) = label.map(str::trim).filter(|l| !l.is_empty()) else {
        return Reading::InPlace(WINDOWS_1252);
    };
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) => of_encoding(encoding, bytes, Some(label)),
        None if is_foreign(label) => stateless(bytes).unwrap_or(Reading::Unreadable),
        None if std::str::from_utf8(bytes).is_ok() => Reading::InPlace(UTF_8),
        None => Reading::InPlace(WINDOWS_1252),
    }
}

fn of_encoding(encoding: &'static Encoding, bytes: &[u8], label: Option<&str>) -> Reading {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        utf_16(encoding, bytes, label)
    } else if encoding == ISO_2022_JP {
        stateless(bytes).unwrap_or(Reading::Through(Codec::Iso2022Jp))
    } else if encoding == REPLACEMENT {
        stateless(bytes).unwrap_or(Reading::Unreadable)
    } else {
        Reading::InPlace(encoding)
    }
}

/// ASCII text that a stateful charset reads as such too.
fn stateless(bytes: &[u8]) -> Option<Reading> {
    is_plain(bytes).then_some(Reading::Plain)
}

fn is_plain(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|b| b.is_ascii() && *b != 0 && !SWITCHES.contains(b))
}

fn utf_16(encoding: &'static Encoding, bytes: &[u8], label: Option<&str>) -> Reading {
    let has_mark = Encoding::for_bom(bytes).is_some();
    let zeros = |parity: usize| {
        let every = bytes.iter().take(4096).skip(parity).step_by(2);
        every.filter(|b| **b == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if !has_mark && even + odd == 0 && bytes.is_ascii() {
        // Not UTF-16, whatever the label says: no markup could be in it.
        return Reading::Plain;
    }
    let names_order = label.is_some_and(|l| {
        let l = l.to_ascii_lowercase();
        l.ends_with("le") || l.ends_with("be")
    });
    // "utf-16" without a mark is big-endian by RFC 2781, little-endian by
    // the Encoding Standard; ASCII markup in it shows which.
    let is_big = if has_mark || names_order || even == odd {
        encoding == UTF_16BE
    } else {
        even > odd
    };
    Reading::Through(if is_big {
        Codec::Utf16Be
    } else {
        Codec::Utf16Le
    })
}

impl Codec {
    fn decode(self, bytes: &[u8]) -> Option<String> {
        let encoding = match self {
            Self::Iso2022Jp => ISO_2022_JP,
            Self::Utf16Be => UTF_16BE,
            Self::Utf16Le => UTF_16LE,
        };
        // A byte order mark is kept, as U+FEFF, so that it is written again.
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
        Some(text.into_owned())
    }

    fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Iso2022Jp => {
                let (bytes, _, has_unmappable) = ISO_2022_JP.encode(text);
                (!has_unmappable).then(|| bytes.into_owned())
            }
            Self::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_state_a_charset_of_its_own() {
        let page = |meta: &str| format!("<meta {meta}>\x1b$B<!\x1b(B<img>").into_bytes();
        let read = |meta: &str, label: Option<&str>| {
            open_page(&page(meta), label).map(|t| t.bytes().ends_with(b"<!\x1b(B<img>"))
        };
        for meta in ["charset=iso-2022-jp", "content='a; charset = ISO-2022-JP'"] {
            assert_eq!(read(meta, None), Ok(false), "{meta}");
            assert_eq!(read(meta, Some("iso-2022-jp")), Ok(false), "{meta}");
            assert_eq!(read(meta, Some("utf-8")), Err(Skip::Charset), "{meta}");
        }
        for meta in ["charset=utf-8", "charset=utf-16", "charset", ""] {
            assert_eq!(read(meta, None), Ok(true), "{meta}");
        }
        assert_eq!(read("charset=utf-7", None), Err(Skip::Charset));
    }

    fn utf_16(text: &str, to: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to).collect()
    }

    fn opened(bytes: &[u8], label: Option<&str>) -> Option<(Vec<u8>, &'static str)> {
        let text = open(bytes, label).ok()?;
        Some((text.bytes().to_vec(), text.encoding().name()))
    }

    #[test]
    fn charsets_that_agree_with_ascii_are_scanned_in_place() {
        for (label, expected) in [
            (None, "windows-1252"),
            (Some(""), "windows-1252"),
            (Some("US-ASCII"), "windows-1252"),
            (Some(" utf-8 "), "UTF-8"),
            (Some("Shift_JIS"), "Shift_JIS"),
            (Some("gb2312"), "GBK"),
        ] {
            let found = opened(b"caf\xe9", label);
            assert_eq!(found, Some((b"caf\xe9".to_vec(), expected)), "{label:?}");
        }
    }

    #[test]
    fn unknown_labels_are_taken_for_utf_8_or_windows_1252() {
        let name = |b: &[u8]| opened(b, Some("x-nobody-knows")).map(|o| o.1);
        assert_eq!(name("é".as_bytes()), Some("UTF-8"));
        assert_eq!(name(b"\xe9"), Some("windows-1252"));
    }

    #[test]
    fn utf_16_goes_through_utf_8_in_either_order() {
        let html = "<p>é𝄞</p>";
        let (le, be) = (
            utf_16(html, u16::to_le_bytes),
            utf_16(html, u16::to_be_bytes),
        );
        let expected = Some((html.as_bytes().to_vec(), "UTF-8"));
        assert_eq!(opened(&le, Some("utf-16le")), expected);
        assert_eq!(opened(&be, Some("utf-16be")), expected);
        assert_eq!(opened(&le, Some("utf-16")), expected);
        assert_eq!(opened(&be, Some("utf-16")), expected);
    }

    #[test]
    fn no_edit_takes_a_byte_order_mark_away_or_makes_one() {
        // Read in the other order, U+FFFE is a mark.
        for text in ["\u{feff}<p>", "x\u{feff}<p>", "x\u{fffe}<p>"] {
            let source = utf_16(text, u16::to_be_bytes);
            let opened = open(&source, Some("utf-16be")).unwrap();
            let first = text.chars().next().unwrap().len_utf8();
            let edit = |bytes: &str| opened.restore(vec![Edit::new(0..first, bytes)]);
            assert_eq!(edit(""), Err(Skip::Charset), "{text:?}");
            let kept = text.starts_with('x');
            assert_eq!(edit("y").is_ok(), kept, "{text:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_overrides_the_label_and_is_kept() {
        let be = utf_16("\u{feff}a", u16::to_be_bytes);
        assert_eq!(
            opened(&be, Some("utf-8")),
            Some(("\u{feff}a".as_bytes().to_vec(), "UTF-8"))
        );
        assert_eq!(
            opened(b"\xef\xbb\xbfa", Some("utf-16")),
            Some((b"\xef\xbb\xbfa".to_vec(), "UTF-8"))
        );
    }

    #[test]
    fn an_edit_of_transcoded_text_replaces_what_differs() {
        let le = utf_16("abc", u16::to_le_bytes);
        let restored =
            open(&le, Some("utf-16le")).and_then(|t| t.restore(vec![Edit::new(1..2, "é")]));
        assert_eq!(restored, Ok(vec![Edit::new(2..3, b"\xe9".to_vec())]));
        let same = open(&le, Some("utf-16le")).and_then(|t| t.restore(vec![Edit::new(1..2, "b")]));
        assert_eq!(same, Ok(Vec::new()));
    }

    #[test]
    fn iso_2022_jp_goes_through_utf_8_if_it_comes_back_unchanged() {
        let jp = b"<b>\x1b$B$\"\x1b(B</b>";
        assert_eq!(
            opened(jp, Some("iso-2022-jp")),
            Some(("<b>あ</b>".as_bytes().to_vec(), "UTF-8"))
        );
        // Two escapes where one is enough: not what an encoder writes.
        let odd = b"\x1b(B\x1b$B$\"\x1b(B";
        assert_eq!(open(odd, Some("iso-2022-jp")).err(), Some(Skip::Charset));
        let restored =
            open(jp, Some("iso-2022-jp")).and_then(|t| t.restore(vec![Edit::new(0..3, "é")]));
        assert_eq!(restored, Err(Skip::Charset));
    }

    #[test]
    fn stateful_charsets_are_read_only_where_they_are_ascii() {
        for label in ["utf-7", "iso-2022-kr", "hz-gb-2312", "utf-32"] {
            assert!(open(b"<p>plain</p>", Some(label)).is_ok(), "{label}");
            assert_eq!(
                open(b"+AGE- ~{\x1b", Some(label)).err(),
                Some(Skip::Charset),
                "{label}"
            );
            assert!(!is_ascii_compatible(Some(label)), "{label}");
        }
    }

    #[test]
    fn ascii_under_a_stateful_label_stays_ascii() {
        let restored = |bytes: &str| {
            let text = open(b"<p>", Some("utf-7"));
            text.and_then(|t| t.restore(vec![Edit::new(1..2, bytes)]))
        };
        assert_eq!(restored("b"), Ok(vec![Edit::new(1..2, "b")]));
        assert_eq!(restored("+AGE-"), Err(Skip::Charset));
    }

    #[test]
    fn half_a_code_unit_or_a_lone_surrogate_is_refused() {
        for bytes in [&b"a\0b"[..], b"a\0\x00\xd8b\0"] {
            assert_eq!(open(bytes, Some("utf-16le")).err(), Some(Skip::Charset));
        }
    }
}
