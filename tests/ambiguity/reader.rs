//! Plausible readers: a small, lenient MIME reader that can make each choice
//! which readers of mail are known to make differently.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// How a reader takes what the standards leave open or forbid. Each field is
/// one choice, and every combination is a reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    /// Of two fields or parameters of one name the last counts.
    last_wins: bool,
    /// A line that is no field is passed over; otherwise the body begins there.
    passes_malformed: bool,
    /// A carriage return alone ends a line.
    cr_ends_line: bool,
    /// A line that begins with a delimiter is one, and of two delimiters in a
    /// row the first counts.
    prefix_delimits: bool,
    /// NUL bytes are dropped before anything is read.
    drops_nul: bool,
    /// Comments and quotes are not understood.
    is_literal: bool,
    /// What cannot be read is guessed: fields are searched for a word that is
    /// known, a boundary is taken from the body, what is no base64 is plain.
    searches: bool,
    /// Damaged base64 is read up to the damage; otherwise past it.
    stops_at_damage: bool,
    /// A line that looks like a field is one, also after white space.
    ignores_folds: bool,
}

/// A field's name in lower case and its value, unfolded.
type Field = (String, Vec<u8>);

impl Reader {
    /// Every combination of choices.
    pub(crate) fn all() -> Vec<Self> {
        (0u32..512)
            .map(|n| {
                let is = |bit: u32| n & (1 << bit) != 0;
                Self {
                    last_wins: is(0),
                    passes_malformed: is(1),
                    cr_ends_line: is(2),
                    prefix_delimits: is(3),
                    drops_nul: is(4),
                    is_literal: is(5),
                    searches: is(6),
                    stops_at_damage: is(7),
                    ignores_folds: is(8),
                }
            })
            .collect()
    }

    /// Whether a part that this reader shows as HTML holds the URL.
    pub(crate) fn sees(&self, mail: &[u8], url: &str) -> bool {
        let mut mail = mail.to_vec();
        if self.drops_nul {
            mail.retain(|b| *b != 0);
        }
        let mut found = false;
        self.entity(&mail, "text/plain", 0, &mut |kind, body| {
            found |= is_page(kind) && texts(body).iter().any(|t| t.contains(url));
        });
        found
    }

    fn entity(&self, raw: &[u8], default: &str, depth: usize, page: &mut dyn FnMut(&str, &[u8])) {
        if depth > 6 {
            return;
        }
        let (fields, body) = self.header(raw);
        let stated = self.field(&fields, "content-type");
        let stated = stated.unwrap_or_else(|| default.as_bytes().to_vec());
        let value = String::from_utf8_lossy(&stated).into_owned();
        let kind = self.kind(&value, default);
        // A multipart has no encoding (RFC 2045 section 6.4).
        let is_decoded = self.searches || !kind.starts_with("multipart/");
        let body = if is_decoded {
            self.decoded(&fields, body)
        } else {
            body.to_vec()
        };
        // A page by its type or by the name of its file.
        if is_page(&kind) {
            page(&kind, &body);
        } else if is_named_page(&fields) {
            page("text/html", &body);
        } else if kind.starts_with("multipart/") {
            let stated = self.parameter(&value, "boundary");
            let Some(boundary) = stated.or_else(|| self.guessed_boundary(&body)) else {
                return;
            };
            let inner = if kind == "multipart/digest" {
                "message/rfc822"
            } else {
                "text/plain"
            };
            for part in self.parts(&body, boundary.as_bytes()) {
                self.entity(&part, inner, depth + 1, page);
            }
        } else if kind.starts_with("message/") {
            self.entity(&body, "text/plain", depth + 1, page);
        }
    }

    /// Lines with their line ends.
    fn lines<'a>(&self, text: &'a [u8]) -> Vec<&'a [u8]> {
        let mut out = Vec::new();
        let mut start = 0;
        for (at, b) in text.iter().enumerate() {
            let is_bare_cr = *b == b'\r' && text.get(at + 1) != Some(&b'\n');
            if *b == b'\n' || (is_bare_cr && self.cr_ends_line) {
                out.push(&text[start..=at]);
                start = at + 1;
            }
        }
        if start < text.len() {
            out.push(&text[start..]);
        }
        out
    }

    fn header<'a>(&self, raw: &'a [u8]) -> (Vec<Field>, &'a [u8]) {
        let mut fields: Vec<Field> = Vec::new();
        let mut at = 0;
        for line in self.lines(raw) {
            let text = line.trim_ascii_end();
            if text.is_empty() {
                return (fields, &raw[at + line.len()..]);
            }
            let is_field = text
                .to_ascii_lowercase()
                .trim_ascii_start()
                .starts_with(b"content-");
            let is_fold =
                matches!(line.first(), Some(b' ' | b'\t')) && !(is_field && self.ignores_folds);
            let colon = text.iter().position(|b| *b == b':');
            match (is_fold, colon) {
                (true, _) if !fields.is_empty() => {
                    if let Some((_, value)) = fields.last_mut() {
                        value.push(b' ');
                        value.extend_from_slice(text.trim_ascii());
                    }
                }
                (false, Some(i)) if !text[..i].trim_ascii().contains(&b' ') => {
                    let name = String::from_utf8_lossy(&text[..i])
                        .trim()
                        .to_ascii_lowercase();
                    fields.push((name, text[i + 1..].trim_ascii().to_vec()));
                }
                _ if self.passes_malformed => {}
                _ => return (fields, &raw[at..]),
            }
            at += line.len();
        }
        (fields, &raw[raw.len()..])
    }

    fn field(&self, fields: &[Field], name: &str) -> Option<Vec<u8>> {
        let mut values = fields.iter().filter(|f| f.0 == name).map(|f| f.1.clone());
        if self.last_wins {
            values.next_back()
        } else {
            values.next()
        }
    }

    fn kind(&self, value: &str, default: &str) -> String {
        let value = if self.is_literal {
            value.to_owned()
        } else {
            plain(value)
        };
        if self.searches {
            for kind in [
                "text/html",
                "multipart/mixed",
                "multipart/alternative",
                "message/rfc822",
            ] {
                if value.to_ascii_lowercase().contains(kind) {
                    return kind.to_owned();
                }
            }
        }
        let head = value
            .split([';', ' ', '\t'])
            .find(|w| !w.is_empty())
            .unwrap_or(default);
        head.to_ascii_lowercase()
    }

    fn parameter(&self, value: &str, name: &str) -> Option<String> {
        let text = if self.is_literal {
            value.to_owned()
        } else {
            without_comments(value)
        };
        let mut found: Vec<String> = Vec::new();
        let mut pieces = String::new();
        for piece in split_parameters(&text).into_iter().skip(1) {
            let Some((key, value)) = piece.split_once('=') else {
                continue;
            };
            let key = key.trim().to_ascii_lowercase();
            let value = value.trim();
            let value = value
                .strip_prefix('"')
                .map_or(value, |v| v.split('"').next().unwrap_or(v));
            let Some(suffix) = key.strip_prefix(name) else {
                continue;
            };
            match suffix {
                "" => found.push(value.to_owned()),
                "*" => found.push(value.rsplit('\'').next().unwrap_or(value).to_owned()),
                _ if suffix.starts_with('*') => {
                    pieces += value.rsplit('\'').next().unwrap_or(value);
                }
                _ => {}
            }
        }
        if !pieces.is_empty() {
            found.push(pieces);
        }
        let chosen = if self.last_wins {
            found.last()
        } else {
            found.first()
        };
        chosen.map(|b| encoded_word(b).unwrap_or_else(|| b.clone()))
    }

    fn guessed_boundary(&self, body: &[u8]) -> Option<String> {
        let lines = self.lines(body);
        let first = lines.iter().find_map(|l| l.strip_prefix(b"--"))?;
        let text = String::from_utf8_lossy(first.trim_ascii_end()).into_owned();
        self.searches.then_some(text)
    }

    fn parts(&self, body: &[u8], boundary: &[u8]) -> Vec<Vec<u8>> {
        let mut out: Vec<Vec<u8>> = Vec::new();
        let mut is_open = false;
        let mut is_after_delimiter = false;
        for line in self.lines(body) {
            let text = line.trim_ascii_end();
            let rest = text
                .strip_prefix(b"--")
                .and_then(|t| t.strip_prefix(boundary.trim_ascii_end()));
            match rest {
                Some(b"") => {
                    is_open = true;
                    out.push(Vec::new());
                }
                Some(b"--") if is_after_delimiter && self.prefix_delimits => {}
                Some(b"--") => is_open = false,
                Some(_) if self.prefix_delimits => {
                    is_open = true;
                    out.push(Vec::new());
                }
                _ if is_open => {
                    if let Some(part) = out.last_mut() {
                        part.extend_from_slice(line);
                    }
                }
                _ => {}
            }
            is_after_delimiter = rest == Some(b"");
        }
        if out.is_empty() && self.searches {
            let guessed = self.guessed_boundary(body).unwrap_or_default();
            if !guessed.is_empty() && guessed.as_bytes() != boundary {
                return self.parts(body, guessed.as_bytes());
            }
        }
        out
    }

    fn decoded(&self, fields: &[Field], body: &[u8]) -> Vec<u8> {
        let stated = self
            .field(fields, "content-transfer-encoding")
            .unwrap_or_default();
        let stated = String::from_utf8_lossy(&stated).to_ascii_lowercase();
        let name = if self.is_literal {
            stated.clone()
        } else {
            plain(&stated)
        };
        let word = name.split(';').next().unwrap_or_default().trim().to_owned();
        let has = |wanted: &str| {
            (if self.is_literal {
                name.trim() == wanted
            } else {
                word == wanted
            }) || (self.searches && stated.contains(wanted))
        };
        if has("base64") {
            self.base64(body)
        } else if has("quoted-printable") {
            quoted_printable(body)
        } else {
            body.to_vec()
        }
    }

    fn base64(&self, body: &[u8]) -> Vec<u8> {
        if self.searches && body.contains(&b'<') {
            return body.to_vec();
        }
        let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let mut digits = Vec::new();
        for (at, b) in body.iter().enumerate() {
            if is_digit(b) {
                digits.push(*b);
            } else if *b == b'=' && !self.stops_at_damage {
                // What follows padding is another text.
                return [decode(digits), self.base64(&body[at + 1..])].concat();
            } else if self.stops_at_damage && !b.is_ascii_whitespace() {
                break;
            }
        }
        decode(digits)
    }
}

fn decode(mut digits: Vec<u8>) -> Vec<u8> {
    digits.truncate(digits.len() - usize::from(digits.len() % 4 == 1));
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config)
        .decode(digits)
        .unwrap_or_default()
}

fn is_page(kind: &str) -> bool {
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/x-amp-html",
    ]
    .contains(&kind)
}

/// A file that a client opens as a page, whatever its type.
fn is_named_page(fields: &[Field]) -> bool {
    fields.iter().any(|(name, value)| {
        let value = String::from_utf8_lossy(value).to_ascii_lowercase();
        name.starts_with("content-") && (value.contains(".html") || value.contains(".svg"))
    })
}

/// Without comments and quotes.
fn plain(value: &str) -> String {
    without_comments(value).replace('"', "").trim().to_owned()
}

fn without_comments(value: &str) -> String {
    let (mut depth, mut is_quoted) = (0, false);
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '"' if depth == 0 => {
                is_quoted = !is_quoted;
                out.push(c);
            }
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted && depth > 0 => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

fn split_parameters(value: &str) -> Vec<String> {
    let mut is_quoted = false;
    let mut out = vec![String::new()];
    for c in value.chars() {
        is_quoted ^= c == '"';
        if c == ';' && !is_quoted {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out
}

/// The text of encoded words without charset (RFC 2047, Q encoding).
fn encoded_word(value: &str) -> Option<String> {
    let (before, rest) = value.split_once("=?")?;
    let mut pieces = rest.splitn(3, '?');
    let (_, _, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let (text, after) = text.split_once("?=")?;
    let text = quoted_printable(text.replace('_', " ").as_bytes());
    Some(format!("{before}{}{after}", String::from_utf8_lossy(&text)))
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let trimmed: Vec<_> = body
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .collect();
    let body = trimmed.join(b"\n".as_slice());
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(b) = body.get(at) {
        let hex = body
            .get(at + 1..at + 3)
            .and_then(|h| std::str::from_utf8(h).ok());
        let byte = hex.and_then(|h| u8::from_str_radix(h, 16).ok());
        match (b, byte, body.get(at + 1..)) {
            (b'=', Some(byte), _) => {
                out.push(byte);
                at += 3;
            }
            (b'=', _, Some([b'\n', ..])) => at += 2,
            _ => {
                out.push(*b);
                at += 1;
            }
        }
    }
    out
}

/// The charsets in which a page may be read that change its markup.
fn texts(body: &[u8]) -> Vec<String> {
    let utf_16 = |encoding: &'static encoding_rs::Encoding| {
        encoding.decode_without_bom_handling(body).0.into_owned()
    };
    let plain = String::from_utf8_lossy(body).into_owned();
    let utf_7 = utf_7(&plain);
    vec![
        plain,
        utf_16(encoding_rs::UTF_16LE),
        utf_16(encoding_rs::UTF_16BE),
        utf_7,
    ]
}

fn utf_7(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        out += before;
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '/')
            .unwrap_or(after.len());
        let digits = &after[..end];
        let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(digits);
        out += &encoding_rs::UTF_16BE
            .decode_without_bom_handling(&bytes.unwrap_or_default())
            .0;
        rest = after[end..].strip_prefix('-').unwrap_or(&after[end..]);
    }
    out + rest
}
