//! Varied mail, made from a seed: half of it with trackers whose fate is
//! known, half of it with nothing to change.

pub(crate) mod encode;
pub(crate) mod fields;
pub(crate) mod random;
mod tracked;
mod trackers;
mod untouched;

use encode::{Charset, Encoding, base64_lines};
use random::Random;
use std::ops::Range;

/// What becomes of a span of a part's content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Becomes {
    /// Something that makes no request: a `data:` URL, or `none` in CSS.
    Blank,
    /// This URL, with `&` escaped as HTML wants it.
    Url(String),
}

/// A span that is to be changed.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// Where in the decoded content.
    pub(crate) span: Range<usize>,
    /// Into what.
    pub(crate) becomes: Becomes,
}

/// A stretch of a mail.
#[derive(Clone, Debug)]
pub(crate) enum Segment {
    /// Arrives byte for byte.
    Fixed(Vec<u8>),
    /// The content of a text part, in which some spans change.
    Part(Part),
}

/// A text part's content.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) encoding: Encoding,
    pub(crate) charset: Charset,
    /// Before transfer encoding.
    pub(crate) content: Vec<u8>,
    /// In order; none overlaps another.
    pub(crate) edits: Vec<Edit>,
    /// After transfer encoding, without the line end before the delimiter.
    pub(crate) raw: Vec<u8>,
}

/// One mail.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// The shape and a number.
    pub(crate) name: String,
    /// The first is unique among the mails of a corpus.
    pub(crate) recipients: Vec<String>,
    /// The header block first; together the whole mail.
    pub(crate) segments: Vec<Segment>,
}

impl Sample {
    /// The whole mail.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for segment in &self.segments {
            out.extend_from_slice(match segment {
                Segment::Fixed(bytes) => bytes,
                Segment::Part(part) => &part.raw,
            });
        }
        out
    }

    /// Whether something in it is to be changed.
    pub(crate) fn is_tracked(&self) -> bool {
        self.edits() != (0, 0)
    }

    /// How many spans become blank, and how many become another URL.
    pub(crate) fn edits(&self) -> (usize, usize) {
        let parts = self.segments.iter().filter_map(|segment| match segment {
            Segment::Fixed(_) => None,
            Segment::Part(part) => Some(part),
        });
        let (blank, url): (Vec<_>, Vec<_>) = parts
            .flat_map(|part| &part.edits)
            .partition(|edit| edit.becomes == Becomes::Blank);
        (blank.len(), url.len())
    }

    /// The reason for which it is left alone, if its shape has one.
    pub(crate) fn skip(&self) -> Option<&'static str> {
        let shape = self.name.split(" #").next()?;
        untouched::SKIPS
            .iter()
            .find(|(name, _)| *name == shape)
            .map(|(_, skip)| *skip)
    }
}

/// Makes one mail of its kind.
type Shape = fn(&mut Composer);

/// `rounds` mails of every shape, with trackers and without, taking turns.
pub(crate) fn corpus(seed: u64, rounds: usize) -> Vec<Sample> {
    let mut samples = Vec::new();
    for round in 0..rounds {
        for (name, shape) in tracked::SHAPES.iter().chain(untouched::SHAPES) {
            let number = samples.len();
            let seed = seed ^ (number as u64).wrapping_mul(0xA24B_AED4_963E_E407);
            let mut composer = Composer::new(Random::new(seed), number);
            shape(&mut composer);
            samples.push(composer.finish(format!("{name} #{round}")));
        }
    }
    samples
}

/// One short mail with one pixel, for tests that need any mail that changes.
pub(crate) fn tracked_sample(number: usize) -> Sample {
    let mut composer = Composer::new(Random::new(number as u64 + 77), number);
    tracked::quoted_printable(&mut composer);
    composer.finish(format!("tracked sample {number}"))
}

/// A mail of at least so many bytes, with one pixel at the end of its only
/// part: it takes several packets of the milter protocol.
pub(crate) fn large_sample(number: usize, bytes: usize) -> Sample {
    let mut composer = Composer::new(Random::new(number as u64 + 55), number);
    tracked::large(&mut composer, bytes);
    composer.finish(format!("large sample {number}"))
}

/// One short mail in which nothing is to be changed.
pub(crate) fn untouched_sample(number: usize) -> Sample {
    let mut composer = Composer::new(Random::new(number as u64 + 99), number);
    untouched::html_without_trackers(&mut composer);
    composer.finish(format!("untouched sample {number}"))
}

/// Puts a mail together from the top.
struct Composer {
    random: Random,
    recipients: Vec<String>,
    segments: Vec<Segment>,
}

impl Composer {
    fn new(random: Random, number: usize) -> Self {
        Self {
            random,
            recipients: vec![format!("reader{number}@example.net")],
            segments: vec![Segment::Fixed(Vec::new())],
        }
    }

    /// The usual fields, without the MIME ones.
    fn heading(&mut self) {
        let to = self.recipients[0].clone();
        let random = &mut self.random;
        let text = format!(
            "From: {} Desk <news@sender.example.com>\r\n\
             To: <{to}>\r\n\
             Subject: {}\r\n\
             Date: Tue, 04 Mar 2025 10:{:02}:{:02} +0100\r\n\
             Message-ID: <{}@sender.example.com>\r\n",
            random.word(),
            random.sentence(),
            random.below(60),
            random.below(60),
            random.hex(24),
        );
        self.text(&text);
    }

    /// The MIME fields of a text part and the empty line.
    fn text_fields(&mut self, subtype: &str, encoding: Encoding, charset: Charset) {
        self.text(&format!(
            "Content-Type: text/{subtype}; charset={}\r\n\
             Content-Transfer-Encoding: {}\r\n\r\n",
            charset.name(),
            encoding.name(),
        ));
    }

    /// The heading and the MIME fields of a mail with one text part.
    fn text_mail(&mut self, subtype: &str, encoding: Encoding, charset: Charset) {
        self.heading();
        self.text("MIME-Version: 1.0\r\n");
        self.text_fields(subtype, encoding, charset);
    }

    /// The heading of a multipart mail; returns the delimiter line with its
    /// leading line end, and the closing one.
    fn multipart_mail(&mut self, subtype_and_parameters: &str) -> (String, String) {
        self.heading();
        self.text("MIME-Version: 1.0\r\n");
        self.multipart_fields(subtype_and_parameters)
    }

    fn multipart_fields(&mut self, subtype_and_parameters: &str) -> (String, String) {
        let boundary = format!("=_{}", self.random.hex(20));
        self.text(&format!(
            "Content-Type: multipart/{subtype_and_parameters}; boundary=\"{boundary}\"\r\n\r\n"
        ));
        (
            format!("\r\n--{boundary}\r\n"),
            format!("\r\n--{boundary}--\r\n"),
        )
    }

    /// Adds bytes that arrive as they are.
    fn raw(&mut self, bytes: &[u8]) {
        if let Some(Segment::Fixed(last)) = self.segments.last_mut() {
            last.extend_from_slice(bytes);
        } else {
            self.segments.push(Segment::Fixed(bytes.to_vec()));
        }
    }

    /// Adds text that arrives as it is.
    fn text(&mut self, text: &str) {
        self.raw(text.as_bytes());
    }

    /// Adds text that arrives as it is, encoded.
    fn encoded(&mut self, encoding: Encoding, charset: Charset, text: &str) {
        self.raw(&encoding.encode(&charset.encode(text)));
    }

    /// Adds an attachment with its fields.
    fn attachment(&mut self, media_type: &str, file: &str, content: &[u8]) {
        self.text(&format!(
            "Content-Type: {media_type}; name=\"{file}\"\r\n\
             Content-Disposition: attachment; filename=\"{file}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        ));
        self.raw(&base64_lines(content));
    }

    /// Adds the content of a part in which spans change.
    fn part(&mut self, encoding: Encoding, charset: Charset, markup: &Markup) {
        let mut content = Vec::new();
        let mut edits = Vec::new();
        for (text, becomes) in &markup.pieces {
            let start = content.len();
            content.extend(charset.encode(text));
            if let Some(becomes) = becomes {
                edits.push(Edit {
                    span: start..content.len(),
                    becomes: becomes.clone(),
                });
            }
        }
        let raw = encoding.encode(&content);
        self.segments.push(Segment::Part(Part {
            encoding,
            charset,
            content,
            edits,
            raw,
        }));
    }

    fn finish(self, name: String) -> Sample {
        Sample {
            name,
            recipients: self.recipients,
            segments: self.segments,
        }
    }
}

/// HTML, with the spans marked that are to be changed.
#[derive(Default)]
struct Markup {
    pieces: Vec<(String, Option<Becomes>)>,
}

impl Markup {
    fn text(&mut self, text: &str) -> &mut Self {
        self.pieces.push((text.to_owned(), None));
        self
    }

    fn edit(&mut self, text: &str, becomes: Becomes) -> &mut Self {
        self.pieces.push((text.to_owned(), Some(becomes)));
        self
    }
}
