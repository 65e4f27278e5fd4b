//! What parts the splitter finds, by hand-written messages.

use untrackd::{
    limits::Limits,
    message::{Ambiguity, Part, Transfer, field::read_header_block, splitter::Splitter},
    skip::Skip,
};

struct Found<'a> {
    body: &'a str,
    parts: Vec<Part>,
    ambiguities: Vec<(String, Ambiguity)>,
}

impl<'a> Found<'a> {
    fn in_message(message: &'a str) -> Self {
        Self::within(message, &Limits::default())
    }

    fn within(message: &'a str, limits: &Limits) -> Self {
        let block = read_header_block(message.as_bytes(), 0, limits);
        let fields = block.fields.iter();
        let top: Vec<_> = fields
            .map(|f| (f.name.to_vec(), f.value.to_vec()))
            .collect();
        let body = &message[block.end..];
        let mut splitter = Splitter::new(limits, &top);
        let mut parts = Vec::new();
        splitter.advance(body.as_bytes(), &mut parts);
        splitter.finish(body.as_bytes(), &mut parts);
        let ambiguities = splitter.ambiguities().iter();
        Self {
            body,
            parts,
            ambiguities: ambiguities.map(|(p, a)| (p.to_string(), *a)).collect(),
        }
    }

    /// Path, media type and text of each part.
    fn texts(&self) -> Vec<(String, &str, &str)> {
        let parts = self.parts.iter();
        parts
            .map(|p| {
                (
                    p.path.to_string(),
                    p.media_type.as_str(),
                    &self.body[p.body.clone()],
                )
            })
            .collect()
    }

    fn skips(&self) -> Vec<Option<Skip>> {
        self.parts.iter().map(|p| p.skip).collect()
    }
}

fn text(
    path: &str,
    media_type: &'static str,
    text: &'static str,
) -> (String, &'static str, &'static str) {
    (path.into(), media_type, text)
}

#[test]
fn a_message_of_one_part_is_part_one() {
    let found = Found::in_message("Content-Type: text/html\n\n<p>\n--x\n");
    assert_eq!(found.texts(), [text("1", "text/html", "<p>\n--x\n")]);
    let found = Found::in_message("Subject: nothing\r\n\r\n");
    assert_eq!(found.texts(), [text("1", "text/plain", "")]);
}

#[test]
fn the_line_end_before_a_delimiter_is_the_delimiters() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\none\r\n\r\n--b\t \r\n\
         Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\ntwo\r\n--b--\r\nepilogue\r\n",
    );
    assert_eq!(
        found.texts(),
        [
            text("1", "text/plain", "one\r\n"),
            text("2", "text/html", "two")
        ]
    );
    assert_eq!(found.parts[1].transfer, Transfer::Base64);
    assert_eq!(found.ambiguities, []);
}

#[test]
fn parts_are_numbered_as_imap_does() {
    // After the example in RFC 3501 section 6.4.5.
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=a\n\n\
         --a\n\n1\n\
         --a\nContent-Type: message/rfc822\n\nSubject: single\n\n2.1\n\
         --a\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\n3.1\n\
         --b\nContent-Type: multipart/alternative; boundary=c\n\n\
         --c\n\n3.2.1\n--c\n\n3.2.2\n--c--\n\
         --b--\n\
         --a\nContent-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n\n4.1.1\n\
         --a--\n",
    );
    let (paths, texts): (Vec<_>, Vec<_>) = found.texts().into_iter().map(|t| (t.0, t.2)).unzip();
    assert_eq!(paths, ["1", "2.1", "3.1", "3.2.1", "3.2.2", "4.1.1"]);
    assert_eq!(texts, paths);
}

#[test]
fn a_boundary_within_a_line_ends_nothing() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\nx --b\n --b\n<img>\n--b--\n",
    );
    assert_eq!(
        found.texts(),
        [text("1", "text/html", "x --b\n --b\n<img>")]
    );
    assert_eq!(found.parts[0].ambiguities, []);
}

#[test]
fn a_line_that_only_begins_with_a_boundary_ends_nothing_and_is_noted() {
    let message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--bX\n<img>\n--b--\n";
    let found = Found::in_message(message);
    assert_eq!(found.texts(), [text("1", "text/plain", "x\n--bX\n<img>")]);
    assert_eq!(found.parts[0].ambiguities, [Ambiguity::BoundaryReuse]);
    assert_eq!(found.skips(), [None]);
    // With fields after it, it begins a part of its own for some readers.
    let message = message.replace("<img>", "Content-Type: text/html\n\n<img>");
    assert_eq!(Found::in_message(&message).skips(), [Some(Skip::Ambiguous)]);
}

#[test]
fn an_outer_delimiter_ends_an_unterminated_multipart() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\none\n--a\n\ntwo\n--a--\n",
    );
    assert_eq!(
        found.texts(),
        [
            text("1.1", "text/plain", "one"),
            text("2", "text/plain", "two")
        ]
    );
    assert_eq!(found.ambiguities, [("1".into(), Ambiguity::Unterminated)]);
}

#[test]
fn parts_of_a_digest_are_messages() {
    let found = Found::in_message(
        "Content-Type: multipart/digest; boundary=a\n\n--a\n\nContent-Type: text/html\n\n<p>\n--a\n\
         Content-Type: text/plain\n\nx\n--a--\n",
    );
    assert_eq!(
        found.texts(),
        [
            text("1.1", "text/html", "<p>"),
            text("2", "text/plain", "x")
        ]
    );
}

#[test]
fn a_message_that_is_itself_encoded_is_a_leaf() {
    let found = Found::in_message(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoK\n",
    );
    assert_eq!(
        found.texts(),
        [text("1", "message/rfc822", "U3ViamVjdDogeAoK\n")]
    );
    assert_eq!(found.parts[0].transfer, Transfer::Base64);
}

#[test]
fn everything_below_a_signed_multipart_is_left_alone() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=a\n\n\
         --a\nContent-Type: multipart/signed; boundary=b\n\n\
         --b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>\n--c--\n\
         --b\nContent-Type: application/pgp-signature\n\nx\n--b--\n\
         --a\nContent-Type: text/html\n\nfooter\n--a--\n",
    );
    let signed = Some(Skip::Signed);
    assert_eq!(found.skips(), [signed, signed, None]);
}

#[test]
fn inline_pgp_is_left_alone() {
    let found = Found::in_message(
        "Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n",
    );
    assert_eq!(found.skips(), [Some(Skip::Encrypted)]);
}

#[test]
fn a_multipart_in_which_no_part_is_found_is_one_unread_part() {
    for top in ["multipart/mixed; boundary=b", "multipart/mixed"] {
        let message = format!("Content-Type: {top}\n\nsome <img> text\n");
        let found = Found::in_message(&message);
        assert_eq!(
            found.texts(),
            [text("1", "multipart/mixed", "some <img> text\n")]
        );
        assert_eq!(found.skips(), [Some(Skip::Ambiguous)]);
    }
}

#[test]
fn a_header_block_that_ends_at_a_malformed_line_is_noted() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n<p>no blank line\n--b--\n",
    );
    assert_eq!(found.texts(), [text("1", "text/html", "<p>no blank line")]);
    assert_eq!(found.parts[0].ambiguities, [Ambiguity::HeaderSyntax]);
    assert_eq!(found.skips(), [None]);
}

#[test]
fn a_header_block_that_may_go_on_after_a_malformed_line_is_left_alone() {
    for fields in [
        "Content-Type: text/html\n!!\nContent-Transfer-Encoding: base64\n",
        "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n!!\nX: y\n",
        "X: y\nContent-Type : text/html\n",
        "Content-Type: text/html\nX: a\rb\n",
        "Content-Type: text/html\nX: a\0b\n",
    ] {
        let message =
            format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n{fields}\n<p>\n--b--\n");
        let found = Found::in_message(&message);
        assert_eq!(found.skips(), [Some(Skip::Ambiguous)], "{fields:?}");
    }
}

#[test]
fn a_carriage_return_that_may_end_a_delimiter_line_is_left_alone() {
    for inside in ["x\r--b\ry", "x\n--b\ry", "x\n--b\0\ny"] {
        let message =
            format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{inside}\n--b--\n");
        assert_eq!(
            Found::in_message(&message).skips(),
            [Some(Skip::Ambiguous)],
            "{inside:?}"
        );
    }
    let in_preamble = "Content-Type: multipart/mixed; boundary=b\n\nx\r--b\r\ry\n--b\n\nz\n--b--\n";
    assert_eq!(
        Found::in_message(in_preamble).skips(),
        [Some(Skip::Ambiguous)]
    );
}

#[test]
fn a_nul_in_a_body_is_noted() {
    let found = Found::in_message("Subject: x\n\na\0b");
    assert_eq!(found.parts[0].ambiguities, [Ambiguity::Nul]);
    assert_eq!(found.skips(), [None]);
}

#[test]
fn the_same_boundary_twice_is_noted_and_its_parts_are_read() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
    );
    assert_eq!(
        found.texts(),
        [
            text("1.1", "text/plain", "one"),
            text("2", "text/plain", "two")
        ]
    );
    // The second close delimiter is the outer one's, so nothing is left open.
    assert_eq!(found.ambiguities, [("1".into(), Ambiguity::BoundaryReuse),]);
}

#[test]
fn a_part_after_the_close_delimiter_is_noted() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n",
    );
    assert_eq!(found.texts(), [text("1", "text/plain", "one")]);
    assert_eq!(
        found.ambiguities,
        [(String::new(), Ambiguity::BoundaryReuse)]
    );
}

#[test]
fn limits_end_in_named_skips() {
    let message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nX: 56789\n\ntwo\n--b\n\nthree\n--b--\n";
    let parts = Limits {
        parts: 1,
        ..Limits::default()
    };
    let found = Found::within(message, &parts);
    assert_eq!(found.skips(), [None, Some(Skip::Parts)]);
    assert_eq!(found.texts()[1].2, "X: 56789\n\ntwo\n--b\n\nthree\n--b--\n");

    let body = message.split_once("\n\n").map(|m| m.1).unwrap_or_default();
    let top = [(
        b"Content-Type".to_vec(),
        b"multipart/mixed; boundary=b".to_vec(),
    )];
    let headers = Limits {
        header_bytes: 8,
        ..Limits::default()
    };
    let mut splitter = Splitter::new(&headers, &top);
    let mut found = Vec::new();
    splitter.finish(body.as_bytes(), &mut found);
    let skips: Vec<_> = found.iter().map(|p| p.skip).collect();
    assert_eq!(skips, [None, Some(Skip::Headers), None]);

    let depth = Limits {
        depth: 0,
        ..Limits::default()
    };
    let found = Found::within(message, &depth);
    assert_eq!(found.skips(), [Some(Skip::Depth)]);
    assert_eq!(found.texts()[0].1, "multipart/mixed");
}

#[test]
fn empty_parts_are_parts() {
    let found = Found::in_message(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\nX: y\n--b--",
    );
    let empty = ["1", "2", "3"].map(|p| text(p, "text/plain", ""));
    assert_eq!(found.texts(), empty);
}
