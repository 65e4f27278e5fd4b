//! Properties that hold for every message and every edit.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::fmt::Debug;
use untrackd::{
    edit::{Edit, apply, normalize},
    limits::Limits,
    message::{
        Ambiguity, Part, PartPath, Transfer, charset,
        splitter::Splitter,
        transfer::{Decoded, decode},
    },
};

/// Runs a property with the same cases each time.
fn check<S>(cases: u32, strategy: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S: Strategy,
    S::Value: Debug,
{
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    if let Err(e) = TestRunner::new_with_rng(config, rng).run(strategy, property) {
        panic!("{e}");
    }
}

type Split = (Vec<Part>, Vec<(PartPath, Ambiguity)>);

fn split(content_type: &str, body: &[u8], chunk: usize) -> Split {
    let limits = Limits {
        depth: 4,
        parts: 12,
        header_bytes: 120,
        ..Limits::default()
    };
    let top = [(b"Content-Type".to_vec(), content_type.as_bytes().to_vec())];
    let mut splitter = Splitter::new(&limits, &top);
    let mut parts = Vec::new();
    for end in (0..body.len()).step_by(chunk) {
        splitter.advance(&body[..end], &mut parts);
    }
    splitter.finish(body, &mut parts);
    (parts, splitter.ambiguities().to_vec())
}

/// Lines that mean something to a splitter, and some that nearly do.
fn lines() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "",
        "",
        "",
        "text",
        "--a",
        "--a",
        "--b",
        "--b--",
        "--a--",
        "--a \t",
        "--ab",
        "--a--x",
        "x --a",
        "--",
        "-",
        "\r--a\rx",
        "--a\rx",
        "--b\0",
        "\0",
        "a: b",
        " folded",
        "From x",
        ":",
        "X : y",
        "Content-Type: multipart/mixed; boundary=a",
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart/digest; boundary=\"b\"",
        "Content-Type: multipart/signed; boundary=b",
        "Content-Type: multipart/mixed",
        "Content-Type: message/rfc822",
        "Content-Type: text/html; charset=utf-8",
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "-----BEGIN PGP MESSAGE-----",
        "-----END PGP MESSAGE-----",
        "X: 0123456789012345678901234567890123456789012345678901234567890123456789",
    ]);
    vec(line, 0..60).prop_map(|l| l.join("\n"))
}

#[test]
fn the_same_parts_come_out_for_every_chunking_and_kind_of_line_end() {
    check(1500, &(lines(), any::<u64>()), |(text, mixture)| {
        let crlf = text.replace('\n', "\r\n");
        let mixed: String = text
            .split_inclusive('\n')
            .enumerate()
            .map(|(i, l)| {
                if mixture >> (i % 64) & 1 == 0 {
                    l.to_owned()
                } else {
                    l.replace('\n', "\r\n")
                }
            })
            .collect();
        for body in [&text, &crlf, &mixed] {
            for top in ["multipart/mixed; boundary=a", "message/rfc822"] {
                let whole = split(top, body.as_bytes(), usize::MAX);
                for chunk in [1, 7, 4096, 65_535] {
                    prop_assert_eq!(&split(top, body.as_bytes(), chunk), &whole);
                }
                let mut at = 0;
                for part in &whole.0 {
                    prop_assert!(part.body.start >= at && part.body.end >= part.body.start);
                    at = part.body.end;
                }
                prop_assert!(at <= body.len());
            }
        }
        Ok(())
    });
}

#[test]
fn lf_and_crlf_messages_have_the_same_parts() {
    // Not for bare carriage returns, which then stand before line ends.
    check(1000, &lines(), |text| {
        let lf = text.replace('\r', "");
        let crlf = lf.replace('\n', "\r\n");
        let shape = |body: &str| -> Vec<_> {
            let (parts, noted) = split("multipart/mixed; boundary=a", body.as_bytes(), 4096);
            let texts = parts.into_iter().map(|p| {
                let text = body[p.body].replace("\r\n", "\n");
                (p.path, p.media_type, p.transfer, text)
            });
            // The limit on header bytes counts the carriage returns too.
            texts.map(|t| (t, noted.len())).collect()
        };
        if lf.split("\n\n").all(|block| block.len() < 60) {
            prop_assert_eq!(shape(&lf), shape(&crlf));
        }
        Ok(())
    });
}

/// Edits as places between 0 and 1, the share of what follows that they
/// replace, and the new bytes.
fn edits() -> impl Strategy<Value = Vec<(f64, f64, Vec<u8>)>> {
    let text = prop_oneof![
        "[ -~]{0,12}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            &b"--b"[..],
            b".",
            b"From x",
            b"a \t",
            b"\r\n",
            b"\n",
            b"=",
            b"\xff\0",
            b"\r",
        ])
        .prop_map(<[u8]>::to_vec),
        "-{70,90}".prop_map(String::into_bytes),
    ];
    vec((0.0..1.0f64, 0.0..0.2f64, text), 0..6)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn placed(shares: Vec<(f64, f64, Vec<u8>)>, len: usize) -> Vec<Edit> {
    let at = |share: f64| (share * (len as f64 + 1.0)) as usize;
    let mut edits: Vec<_> = shares
        .into_iter()
        .map(|(start, size, bytes)| {
            let start = at(start).min(len);
            Edit::new(start..(start + at(size)).min(len), bytes)
        })
        .collect();
    normalize(&mut edits);
    edits
}

fn decoded<'a>(raw: &'a [u8], transfer: &Transfer) -> Result<Decoded<'a>, TestCaseError> {
    decode(raw, transfer, 1 << 20).map_err(|s| TestCaseError::fail(s.name()))
}

/// The raw part after edits of what it decodes to, once it is certain that it
/// decodes to the edited bytes.
fn round_trip(
    raw: &[u8],
    transfer: &Transfer,
    shares: Vec<(f64, f64, Vec<u8>)>,
) -> Result<(Vec<u8>, Vec<Edit>), TestCaseError> {
    let before = decoded(raw, transfer)?;
    let mut edits = placed(shares, before.bytes().len());
    let encoded = before.encode(&edits, &Limits::default());
    for refused in encoded.refused.iter().rev() {
        edits.remove(*refused);
    }
    let after = apply(raw, &encoded.edits);
    let expected = apply(before.bytes(), &edits);
    let found = decoded(&after, transfer)?;
    prop_assert_eq!(
        String::from_utf8_lossy(found.bytes()),
        String::from_utf8_lossy(&expected),
        "raw {:?} edits {:?} after {:?}",
        String::from_utf8_lossy(raw),
        edits,
        String::from_utf8_lossy(&after)
    );
    Ok((after, encoded.edits))
}

#[test]
fn quoted_printable_decodes_to_the_edited_text() {
    let piece = prop_oneof![
        4 => "[ -~]{0,20}".prop_map(String::into_bytes),
        2 => prop::sample::select(vec![
            &b"=\r\n"[..], b"=\n", b"= \t\r\n", b"\r\n", b"\n", b" \r\n", b"=3D", b"=e9", b"==", b"=zz",
            b"=", b"=0D=0A", b"=20", b"\t", b"\xc3\xa9", b"\0", b"\r", b"=\r",
        ]).prop_map(<[u8]>::to_vec),
    ];
    // Repeated, so that some are longer than what is remembered of the line
    // starts.
    let raw = (vec(piece, 0..30), prop_oneof![9 => Just(1), 1 => Just(60)])
        .prop_map(|(pieces, times)| pieces.concat().repeat(times));
    check(4000, &(raw, edits()), |(raw, shares)| {
        let (after, made) = round_trip(&raw, &Transfer::QuotedPrintable, shares)?;
        for edit in &made {
            let at_line_start = |at: usize| at == 0 || raw[at - 1] == b'\n';
            prop_assert!(at_line_start(edit.span.start));
            prop_assert!(edit.span.end == raw.len() || at_line_start(edit.span.end));
            for line in edit.bytes.split(|b| *b == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                prop_assert!(line.len() <= 76);
                prop_assert!(
                    !line.starts_with(b"--")
                        && !line.starts_with(b".")
                        && !line.starts_with(b"From ")
                );
                prop_assert!(line.iter().all(|b| matches!(b, b'\t' | b' '..=b'~')));
                prop_assert!(!line.ends_with(b" ") && !line.ends_with(b"\t"));
            }
        }
        if made.is_empty() {
            prop_assert_eq!(after, raw);
        }
        Ok(())
    });
}

#[test]
fn base64_decodes_to_the_edited_bytes() {
    use data_encoding::BASE64;
    let layout = (
        1usize..90,
        prop::sample::select(vec!["\r\n", "\n", " \n"]),
        any::<bool>(),
        any::<bool>(),
    );
    let input = (vec(any::<u8>(), 0..400), layout, edits());
    check(
        3000,
        &input,
        |(bytes, (width, line_end, is_padded, ends_line), shares)| {
            let mut digits = BASE64.encode(&bytes);
            if !is_padded {
                digits.truncate(digits.trim_end_matches('=').len());
            }
            let lines: Vec<_> = digits.as_bytes().chunks(width).collect();
            let mut raw = lines.join(line_end.as_bytes());
            if ends_line {
                raw.extend_from_slice(line_end.as_bytes());
            }
            let (after, made) = round_trip(&raw, &Transfer::Base64, shares)?;
            prop_assert!(made.len() <= 1);
            for edit in &made {
                prop_assert!(edit.span.start == 0 || raw[edit.span.start - 1] == b'\n');
                let blanks = |t: &[u8]| t.len() - t.trim_ascii_end().len();
                if !after.trim_ascii().is_empty() && !bytes.is_empty() {
                    prop_assert_eq!(blanks(&after), blanks(&raw));
                }
            }
            Ok(())
        },
    );
}

#[test]
fn identity_never_makes_a_line_too_long() {
    let line = prop_oneof!["[a-z]{0,40}", "[a-z]{900,1100}"];
    check(500, &(vec(line, 0..6), edits()), |(lines, shares)| {
        let raw = lines.join("\r\n");
        let (after, _) = round_trip(raw.as_bytes(), &Transfer::Identity, shares)?;
        let longest = |t: &[u8]| {
            t.split(|b| *b == b'\n')
                .map(|l| l.trim_ascii_end().len())
                .max()
                .unwrap_or(0)
        };
        if longest(raw.as_bytes()) <= 998 {
            prop_assert!(longest(&after) <= 998);
        }
        Ok(())
    });
}

#[test]
fn text_in_any_charset_comes_back_as_edited() {
    let text = prop_oneof!["[ -~]{0,80}", "[a-z<>\"あ-ん漢字é𝄞\u{feff}]{0,60}"];
    let label = prop::sample::select(vec![
        "utf-16le",
        "utf-16be",
        "utf-16",
        "iso-2022-jp",
        "utf-8",
    ]);
    check(3000, &(text, label, edits()), |(text, label, shares)| {
        let source: Vec<u8> = match label {
            "utf-16le" | "utf-16" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            "iso-2022-jp" => encoding_rs::ISO_2022_JP.encode(&text).0.into_owned(),
            _ => text.into_bytes(),
        };
        let Ok(opened) = charset::open(&source, Some(label)) else {
            return Ok(());
        };
        let edits = placed(shares, opened.bytes().len());
        let expected = apply(opened.bytes(), &edits);
        let Ok(restored) = opened.restore(edits) else {
            return Ok(());
        };
        let after = apply(&source, &restored);
        // What the edit changed may be read as another charset altogether,
        // once nothing is left that shows it; the label says what it is.
        let Ok(found) = charset::open(&after, Some(label)) else {
            return Err(TestCaseError::fail("the edited text cannot be read"));
        };
        if found.encoding() == opened.encoding() {
            prop_assert_eq!(found.bytes(), expected);
        }
        Ok(())
    });
}

#[test]
fn anything_at_all_is_read_without_panic() {
    let input = (vec(any::<u8>(), 0..300), "[ -~\r\n]{0,80}");
    check(2000, &input, |(bytes, value)| {
        split(&format!("multipart/mixed; boundary=a{value}"), &bytes, 7);
        split(&value, &bytes, 7);
        for transfer in [
            Transfer::Base64,
            Transfer::QuotedPrintable,
            Transfer::Identity,
        ] {
            if let Ok(decoded) = decode(&bytes, &transfer, 100) {
                let _ = charset::open(decoded.bytes(), Some(&value));
                let wild = [
                    Edit::new(9..9, "x"),
                    Edit::new(0..1000, "y"),
                    Edit::new(1..1, "z"),
                ];
                decoded.encode(&wild, &Limits::default());
            }
        }
        Ok(())
    });
}
