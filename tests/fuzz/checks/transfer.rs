//! Transfer codings and charsets: undone, edited and redone in place.

use super::chance::Chance;
use encoding_rs::Encoding;
use untrackd::{
    edit::{Edit, apply, normalize},
    limits::Limits,
    message::{
        Transfer, charset, pgp,
        transfer::{Decoded, decode},
        uuencode,
    },
};

/// More than any input decodes to.
const MAX: usize = 1 << 20;

/// What an edit may put in; some of it means something to a coding, a
/// delimiter or an MTA.
const PIECES: &[&[u8]] = &[
    b"",
    b"x",
    b"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
    b"https://example.org/?a=1&b=2",
    b"--b",
    b".",
    b"From x",
    b"a \t",
    b"\r\n",
    b"\n",
    b"\r",
    b"=",
    b"=\r\n",
    b"\xff\0",
    b"\xc3\xa9",
    b"----------------------------------------------------------------------------------",
];

const LABELS: &[&str] = &[
    "big5",
    "cp037",
    "euc-jp",
    "gb18030",
    "hz-gb-2312",
    "iso-2022-jp",
    "iso-8859-1",
    "koi8-r",
    "shift_jis",
    "us-ascii",
    "utf-16",
    "utf-16be",
    "utf-16le",
    "utf-7",
    "utf-8",
    "windows-1252",
    "x-user-defined",
];

pub fn check(input: &[u8]) {
    let mut chance = Chance::of(input);
    pgp::inline(input);
    uuencode::inline(input);
    assert_eq!(size(input, &Transfer::Uuencode), None);
    for transfer in [
        Transfer::Base64,
        Transfer::Identity,
        Transfer::QuotedPrintable,
        Transfer::Unknown,
    ] {
        round_trip(input, &transfer, &mut chance);
    }
    let label = chance.one(LABELS);
    in_charset(input, label, &mut chance);
    if let Ok(decoded) = decode(input, &Transfer::QuotedPrintable, MAX) {
        in_charset(decoded.bytes(), label, &mut chance);
    }
}

fn size(raw: &[u8], transfer: &Transfer) -> Option<usize> {
    decode(raw, transfer, MAX).ok().map(|d| d.bytes().len())
}

/// Edits at random places; sorted and disjoint.
fn edits(text: &[u8], chance: &mut Chance) -> Vec<Edit> {
    let mut edits: Vec<_> = (0..chance.below(5))
        .map(|_| {
            let start = chance.below(text.len() + 1);
            let length = *chance.one(&[0, 1, 7, 80, 500]);
            let end = (start + length).min(text.len());
            Edit::new(start..end, *chance.one(PIECES))
        })
        .collect();
    normalize(&mut edits);
    edits
}

fn added(edits: &[Edit]) -> usize {
    edits.iter().map(|e| e.bytes.len()).sum()
}

fn assert_disjoint(edits: &[Edit], length: usize) {
    let mut at = 0;
    for edit in edits {
        assert!(at <= edit.span.start && edit.span.start <= edit.span.end);
        at = edit.span.end;
    }
    assert!(at <= length);
}

/// The edited part decodes to the edited text, and what is not edited stays.
fn round_trip(raw: &[u8], transfer: &Transfer, chance: &mut Chance) {
    let Ok(before) = decode(raw, transfer, MAX) else {
        return;
    };
    let length = before.bytes().len();
    assert!(length <= raw.len(), "decoding never makes more");
    assert!(
        decode(raw, transfer, length).is_ok(),
        "as large as the limit"
    );
    if length > 0 {
        assert!(
            decode(raw, transfer, length - 1).is_err(),
            "larger than the limit"
        );
    }
    let nothing = before.encode(&[], &Limits::default());
    assert!(nothing.edits.is_empty() && nothing.refused.is_empty());

    let mut edits = edits(before.bytes(), chance);
    let encoded = before.encode(&edits, &Limits::default());
    assert_disjoint(&encoded.edits, raw.len());
    for refused in encoded.refused.iter().rev() {
        edits.remove(*refused);
    }
    let after = apply(raw, &encoded.edits);
    assert!(
        after.len() <= 4 * (raw.len() + added(&edits)) + 256,
        "grew to {}",
        after.len()
    );
    let expected = apply(before.bytes(), &edits);
    let found = decode(&after, transfer, 4 * MAX);
    let found = found
        .as_ref()
        .map(Decoded::bytes)
        .expect("it still decodes");
    assert!(
        found == expected,
        "{transfer:?}: {edits:?} made {:?} of {:?}, where {:?} was meant",
        String::from_utf8_lossy(found),
        String::from_utf8_lossy(before.bytes()),
        String::from_utf8_lossy(&expected)
    );
    wild(&before);
}

/// Edits that are none of this text are refused, whatever they are.
fn wild(decoded: &Decoded<'_>) {
    let wild = [
        Edit::new(9..9, "x"),
        Edit::new(0..usize::MAX, "y"),
        Edit::new(1..1, "z"),
    ];
    decoded.encode(&wild, &Limits::default());
}

/// Text in a charset comes back as edited.
fn in_charset(source: &[u8], label: &str, chance: &mut Chance) {
    let Ok(opened) = charset::open(source, Some(label)) else {
        return;
    };
    assert!(
        opened
            .restore(Vec::new())
            .is_ok_and(|edits| edits.is_empty())
    );
    let edits = edits(opened.bytes(), chance);
    let expected = apply(opened.bytes(), &edits);
    let Ok(restored) = opened.restore(edits.clone()) else {
        return;
    };
    if opened.bytes().as_ptr() == source.as_ptr() {
        assert_eq!(restored, edits, "it is edited in place");
        return;
    }
    assert_disjoint(&restored, source.len());
    let after = apply(source, &restored);
    let mark = Encoding::for_bom(source);
    assert_eq!(Encoding::for_bom(&after), mark, "{label}");
    // What the edit changed may be read as another charset altogether, once
    // nothing is left that shows it; the label says what it is.
    let Ok(found) = charset::open(&after, Some(label)) else {
        return;
    };
    // Nor does "utf-16" say in which order the bytes are.
    let is_certain = mark.is_some() || label != "utf-16";
    if is_certain && found.encoding() == opened.encoding() {
        assert_eq!(found.bytes(), expected, "{label}");
    }
}
