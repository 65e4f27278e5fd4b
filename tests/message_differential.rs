//! On sane mail our part spans agree with mail-parser's.

use mail_builder::{MessageBuilder, headers::content_type::ContentType, mime::MimePart};
use mail_parser::{MessageParser, PartType};
use untrackd::{
    limits::Limits,
    message::{field::read_header_block, splitter::Splitter},
};

/// A leaf's media type and where its body begins and ends.
type Span = (String, usize, usize);

/// The spans of the leaf bodies in a raw message, as both readers see them.
fn spans(raw: &[u8]) -> (Vec<Span>, Vec<Span>) {
    let limits = Limits::default();
    let block = read_header_block(raw, 0, &limits);
    let fields = block.fields.iter();
    let top: Vec<_> = fields
        .map(|f| (f.name.to_vec(), f.value.to_vec()))
        .collect();
    let mut splitter = Splitter::new(&limits, &top);
    let mut parts = Vec::new();
    splitter.finish(&raw[block.end..], &mut parts);
    assert!(splitter.ambiguities().is_empty() && parts.iter().all(|p| p.ambiguities.is_empty()));
    let ours = parts
        .into_iter()
        .map(|p| {
            (
                p.media_type,
                p.body.start + block.end,
                p.body.end + block.end,
            )
        })
        .collect();

    let message = MessageParser::default().parse(raw).expect("a message");
    let mut theirs = Vec::new();
    collect(&message, &mut theirs);
    (ours, theirs)
}

fn collect(message: &mail_parser::Message<'_>, out: &mut Vec<Span>) {
    use mail_parser::MimeHeaders;
    for part in &message.parts {
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Message(nested) => collect(nested, out),
            _ => {
                let media_type = part.content_type().map_or_else(
                    || "text/plain".to_owned(),
                    |t| {
                        format!(
                            "{}/{}",
                            t.c_type,
                            t.c_subtype.as_deref().unwrap_or_default()
                        )
                    },
                );
                out.push((
                    media_type,
                    part.offset_body as usize,
                    part.offset_end as usize,
                ));
            }
        }
    }
    out.sort_by_key(|p| p.1);
}

fn compose(message: MessageBuilder<'_>) -> Vec<u8> {
    message
        .from("sender@example.org")
        .to("reader@example.com")
        .subject("Grüße")
        .date(1_700_000_000i64)
        .message_id("1@example.org")
        .write_to_vec()
        .expect("writing to memory")
}

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let long = "Ein längerer Text = mit vielen Zeichen, der umbrochen wird. ".repeat(40);
    let html =
        format!("<html><body><p>{long}</p><img src=\"https://example.org/o?a=b\"></body></html>");
    let image: Vec<u8> = (0..5000u32).map(|n| (n * 7 % 251) as u8).collect();
    let plain = compose(MessageBuilder::new().text_body("one line\r\n--not a boundary\r\n"));
    let alternative = compose(
        MessageBuilder::new()
            .text_body(long.as_str())
            .html_body(html.as_str()),
    );
    let related = compose(
        MessageBuilder::new()
            .text_body("short")
            .html_body(html.as_str())
            .inline("image/png", "a", image.as_slice())
            .attachment("application/pdf", "b.pdf", image.as_slice()),
    );
    let nested = compose(MessageBuilder::new().body(MimePart::new(
        "multipart/mixed",
        vec![
            MimePart::new("text/plain", "before"),
            MimePart::new(
                "multipart/alternative",
                vec![
                    MimePart::new("text/plain", long.as_str()),
                    MimePart::new(
                        ContentType::new("multipart/related").attribute("type", "text/html"),
                        vec![
                            MimePart::new("text/html", html.as_str()),
                            MimePart::new("image/gif", image.as_slice()),
                        ],
                    ),
                ],
            ),
            MimePart::new("text/plain", "after"),
        ],
    )));
    let header_end = b"Content-Type: message/rfc822\r\n\r\n";
    let forwarded = [
        b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=\"outer bound\"\r\n\r\npreamble\r\n--outer bound\r\n".as_slice(),
        header_end,
        &alternative,
        b"\r\n--outer bound\r\nContent-Type: text/plain\r\n\r\nend\r\n--outer bound--\r\nepilogue\r\n",
    ]
    .concat();
    vec![
        ("plain", plain),
        ("alternative", alternative),
        ("related", related),
        ("nested", nested),
        ("forwarded", forwarded),
    ]
}

#[test]
fn part_spans_agree_with_mail_parser_on_sane_mail() {
    for (name, raw) in samples() {
        let (ours, theirs) = spans(&raw);
        assert!(!ours.is_empty(), "{name}");
        assert_eq!(ours, theirs, "{name}: {}", String::from_utf8_lossy(&raw));
    }
}

#[test]
fn part_spans_agree_with_mail_parser_on_lf_mail() {
    for (name, raw) in samples() {
        let raw = String::from_utf8_lossy(&raw).replace("\r\n", "\n");
        let (ours, theirs) = spans(raw.as_bytes());
        assert_eq!(ours, theirs, "{name}: {raw}");
    }
}
