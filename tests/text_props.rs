//! What holds for every plain text that can be put together from these pieces:
//! nothing but the links changes, chunks make no difference, and a cleaned
//! text is clean.

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

const WRAPPED: &str = "https://abc12def.r.us-east-1.awstrack.me/L0/https:%2F%2Fexample.org%2Fsummer%3Fsize=42/1/0100018d0123abcd-0123abcd-0123-4567-89ab-0123456789ab-000000/AbCdEfGhIjKlMnOpQrStUvWxYz0=360";
const PLAIN: &str = "https://example.org/summer?size=42";

/// Pieces of text; `@` stands for the wrapped link.
const PIECES: &[&str] = &[
    "@ ",
    "<@>",
    "(@)",
    "\"@\"",
    " @ ",
    " @, ",
    "@. ",
    "@\r\n",
    " @ \r\n",
    "<@\r\n>",
    "<URL:@>",
    "[x](@)",
    "\r\n> @\r\n>> ",
    "@|",
    "@\u{3092}",
    "\u{300c}@\u{300d}",
    "@... ",
    "@,@ ",
    "https://shop.example.org/a",
    "http://",
    "://",
    "words and ",
    "\r\n",
    "\r\n\r\n",
    " \r\n",
    ">",
    "> ",
    "\u{e9}t\u{e9} ",
    "=3D",
    "-- \r\n",
    "From x",
    ".",
    "\t",
    "b=1&c=2",
    "Unsubscribe: ",
    "Log in: ",
];

/// Those after which the link must be gone, wherever they stand.
const SURE: &[&str] = &[
    "\r\n\r\n\r\nwords <@>\r\n\r\n",
    "\r\n\r\n\r\nwords @ words\r\n\r\n",
];

#[derive(Debug)]
struct Case {
    text: String,
    is_sure: bool,
    transfer: usize,
    delsp: bool,
    chunk: usize,
}

fn case() -> impl Strategy<Value = Case> {
    (
        vec(0..PIECES.len(), 0..12),
        0..3usize,
        0..3usize,
        any::<bool>(),
        1..200usize,
    )
        .prop_map(|(pieces, sure, transfer, delsp, chunk)| {
            let pieces = pieces.iter().map(|p| PIECES[*p]);
            // Lines of another quote depth would not be joined.
            let pieces = pieces.filter(|p| !delsp || !p.contains(['>']) || p.contains("@>"));
            let sure = SURE.get(sure).copied();
            let text: String = pieces.chain(sure).collect();
            let text = if delsp {
                // A space that is to stay stands before the one that goes.
                let (begins, ends) = WRAPPED.split_at(90);
                text.replace(" \r\n", "  \r\n")
                    .replace('@', &format!("{begins} \r\n{ends}"))
            } else {
                text.replace('@', WRAPPED)
            };
            Case {
                text,
                is_sure: sure.is_some(),
                transfer,
                delsp,
                chunk,
            }
        })
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive("\r\n") {
        let content = line.trim_end_matches("\r\n");
        let mut column = 0;
        for (n, byte) in content.bytes().enumerate() {
            let is_last = n + 1 == content.len();
            let piece = match byte {
                b' ' | b'\t' if is_last => format!("={byte:02X}"),
                b'=' | b'\r' | b'\n' | 0x7f.. => format!("={byte:02X}"),
                _ => char::from(byte).to_string(),
            };
            if column + piece.len() > 70 {
                out += "=\r\n";
                column = 0;
            }
            column += piece.len();
            out += &piece;
        }
        out += &line[content.len()..];
    }
    out
}

fn undo_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    percent_encoding::percent_decode_str(&joined.replace('%', "=25").replace('=', "%"))
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn encode(text: &str, transfer: usize) -> String {
    match transfer {
        0 => text.to_owned(),
        1 => quoted_printable(text),
        _ => STANDARD
            .encode(text)
            .as_bytes()
            .chunks(76)
            .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
            .collect(),
    }
}

fn decode(body: &str, transfer: usize) -> String {
    match transfer {
        0 => body.to_owned(),
        1 => undo_quoted_printable(body),
        _ => {
            let digits: String = body.split_whitespace().collect();
            String::from_utf8(STANDARD.decode(digits).unwrap()).unwrap()
        }
    }
}

fn mail(case: &Case) -> Vec<u8> {
    let transfer = ["8bit", "quoted-printable", "base64"][case.transfer];
    let flow = if case.delsp {
        "; format=flowed; delsp=yes"
    } else {
        ""
    };
    format!(
        "From: a@example.org\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8{flow}\r\n\
         Content-Transfer-Encoding: {transfer}\r\n\r\n{}",
        encode(&case.text, case.transfer)
    )
    .into_bytes()
}

fn clean(mail: &[u8]) -> raw::Cleaned {
    raw::clean(&CLEANER, Envelope::default(), mail, Box::new(|| false))
}

fn body(mail: &[u8]) -> &str {
    let end = read_header_block(mail, 0, CLEANER.limits()).end;
    std::str::from_utf8(&mail[end..]).unwrap()
}

/// Without white space and quote marks, which a joined link loses.
fn skeleton(text: &str, delsp: bool) -> String {
    let is_kept = |c: &char| !delsp || !c.is_ascii_whitespace() && *c != '>';
    text.chars().filter(is_kept).collect()
}

#[test]
fn nothing_but_links_changes_and_only_once() {
    // A fixed seed: a failure can be had again.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let config = ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new_with_rng(config, rng)
        .run(&case(), |case| {
            let mail = mail(&case);
            let cleaned = clean(&mail);
            prop_assert!(cleaned.outcome.skips.is_empty());

            let block = read_header_block(&mail, 0, CLEANER.limits());
            let mut cleaning = CLEANER.begin(Envelope::default(), Box::new(|| false));
            for field in &block.fields {
                cleaning.header(field.name, field.value);
            }
            for piece in mail[block.end..].chunks(case.chunk) {
                cleaning.body(piece);
            }
            let chunked = cleaning.finish();
            prop_assert_eq!(&chunked.findings, &cleaned.outcome.findings);
            let whole = cleaned
                .bytes
                .as_deref()
                .map(|b| body(b).as_bytes().to_vec());
            prop_assert_eq!(chunked.body, whole);

            prop_assert!(!case.is_sure || cleaned.bytes.is_some());
            let Some(bytes) = cleaned.bytes else {
                return Ok(());
            };
            let text = decode(body(&bytes), case.transfer);
            prop_assert_eq!(
                skeleton(&text.replace(PLAIN, WRAPPED), case.delsp),
                skeleton(&case.text, case.delsp)
            );
            prop_assert!(text.contains(PLAIN));
            if case.is_sure {
                let (_, last) = text.rsplit_once("words ").unwrap();
                prop_assert!(!last.contains("awstrack"));
            }
            prop_assert!(clean(&bytes).bytes.is_none());
            Ok(())
        })
        .unwrap();
}
