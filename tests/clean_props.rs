//! What holds for every mail that can be put together from these pieces:
//! untouched means identical, chunks make no difference, and a cleaned mail is
//! clean.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::sync::{Arc, LazyLock};
use untrackd::{
    clean::{Cleaner, Envelope, raw},
    message::field::read_header_block,
};

static CLEANER: LazyLock<Arc<Cleaner>> =
    LazyLock::new(|| Arc::new(Cleaner::builtin().expect("the built-in data load")));

/// Pieces of HTML; the first two hold something to change.
const PIECES: &[&str] = &[
    "<img src=\"https://t.example.org/i/5f4dcc3b5aa765d61d8327deb882cf99\" width=1 height=1>",
    "<a href=\"https://abc12def.r.us-east-1.awstrack.me/L0/https:%2F%2Fexample.org%2Fa%3Fb=1%26c=2/1/0100018d0123abcd-0123abcd-0123-4567-89ab-0123456789ab-000000/AbCdEfGhIjKlMnOpQrStUvWxYz0=360\">a</a>",
    "<p>Plain words, a = sign and ümläüts</p>",
    "<img src=\"https://img.example.org/logo.png\" width=200 height=80 alt=Logo>",
    "<!-- a comment -- with dashes --><br>",
    "<style>p { color: red; background: url(https://img.example.org/b.png) }</style>",
    "<table><tr><td>--BND</td></tr></table>",
    "</div></p><b><i>unclosed",
    "<a href='https://example.org/?x=1&y=2'>x</a>",
    ".",
    "From here",
];

#[derive(Clone, Debug)]
struct Part {
    transfer: usize,
    pieces: Vec<usize>,
    break_lines: bool,
}

fn part() -> impl Strategy<Value = Part> {
    (0..4usize, vec(0..PIECES.len(), 0..6), any::<bool>()).prop_map(
        |(transfer, pieces, break_lines)| Part {
            transfer,
            pieces,
            break_lines,
        },
    )
}

impl Part {
    fn has_tracking(&self) -> bool {
        // The pixel's element is no link in plain text, and leads nowhere.
        let tracks = |p: &usize| *p == 1 || *p == 0 && self.transfer != 3;
        self.pieces.iter().any(tracks)
    }

    /// Header block and body; transfer 3 is a plain-text part.
    fn bytes(&self) -> String {
        let separator = if self.break_lines { "\r\n" } else { "" };
        let text: String = self
            .pieces
            .iter()
            .map(|p| format!("{}{separator}", PIECES[*p]))
            .collect();
        let (transfer, body) = match self.transfer {
            0 | 3 => ("8bit", text),
            1 => ("quoted-printable", quoted_printable(&text)),
            _ => ("base64", base64_lines(&text)),
        };
        let media_type = if self.transfer == 3 { "plain" } else { "html" };
        format!(
            "Content-Type: text/{media_type}; charset=utf-8\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n{body}"
        )
    }
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive("\r\n") {
        let mut column = 0;
        for byte in line.trim_end_matches("\r\n").bytes() {
            let piece = match byte {
                b'=' | b'.' | b'-' | 0x7f.. => format!("={byte:02X}"),
                _ => char::from(byte).to_string(),
            };
            if column + piece.len() > 70 {
                out += "=\r\n";
                column = 0;
            }
            column += piece.len();
            out += &piece;
        }
        if line.ends_with("\r\n") {
            out += "\r\n";
        }
    }
    out
}

fn base64_lines(text: &str) -> String {
    STANDARD
        .encode(text)
        .as_bytes()
        .chunks(76)
        .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
        .collect()
}

fn mail(parts: &[Part], crlf: bool) -> Vec<u8> {
    let mut mail = String::from(
        "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_BND\"\r\n\r\npreamble\r\n",
    );
    for part in parts {
        mail += &format!("--=_BND\r\n{}\r\n", part.bytes());
    }
    mail += "--=_BND--\r\nepilogue\r\n";
    if !crlf {
        mail = mail.replace("\r\n", "\n");
    }
    mail.into_bytes()
}

fn clean(mail: &[u8]) -> raw::Cleaned {
    raw::clean(&CLEANER, Envelope::default(), mail, Box::new(|| false))
}

fn body(mail: &[u8]) -> &[u8] {
    &mail[read_header_block(mail, 0, CLEANER.limits()).end..]
}

#[test]
fn every_mail_keeps_the_promises() {
    // A fixed seed: a failure can be had again.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let strategy = (vec(part(), 0..5), any::<bool>(), 1..200usize);
    TestRunner::new_with_rng(config, rng)
        .run(&strategy, |(parts, crlf, chunk)| {
            let mail = mail(&parts, crlf);
            let cleaned = clean(&mail);
            let has_tracking = parts.iter().any(Part::has_tracking);
            prop_assert_eq!(cleaned.bytes.is_some(), has_tracking);
            prop_assert!(
                cleaned.outcome.skips.is_empty(),
                "{:?}",
                cleaned.outcome.skips
            );

            let block = read_header_block(&mail, 0, CLEANER.limits());
            let mut cleaning = CLEANER.begin(Envelope::default(), Box::new(|| false));
            for field in &block.fields {
                cleaning.header(field.name, field.value);
            }
            for piece in mail[block.end..].chunks(chunk) {
                cleaning.body(piece);
            }
            let chunked = cleaning.finish();
            prop_assert_eq!(&chunked.findings, &cleaned.outcome.findings);
            let whole = cleaned.bytes.as_deref().map(|b| body(b).to_vec());
            prop_assert_eq!(chunked.body, whole);

            if let Some(bytes) = cleaned.bytes {
                let text = String::from_utf8_lossy(&bytes);
                prop_assert!(!text.contains("awstrack.me"));
                // Plain-text parts keep the pixel, which nobody loads.
                if parts.iter().all(|p| p.transfer != 3) {
                    prop_assert!(!text.contains("t.example.org/i/"));
                }
                let again = clean(&bytes);
                prop_assert!(
                    !again
                        .outcome
                        .findings
                        .iter()
                        .any(|f| f.verdict.action.changes())
                );
                prop_assert!(again.bytes.is_none());
            }
            Ok(())
        })
        .unwrap();
}
