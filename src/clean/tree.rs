//! The leaves of a message that matter, scanned, with what splicing needs.

use super::outcome::Outcome;
use crate::{
    html::{self, Scan},
    limits::Limits,
    message::{
        Ambiguity, Part, PartPath, Transfer, charset, field::read_header_block, pgp,
        splitter::Splitter, transfer, uuencode,
    },
    sighting::Sighting,
    skip::Skip,
    text,
};

/// A leaf part that was looked into.
pub(super) struct Leaf {
    /// The part, its path counted from the outermost message.
    pub(super) part: Part,
    /// What it holds.
    pub(super) content: Content,
}

/// What a leaf part holds.
pub(super) enum Content {
    /// HTML, with what was seen in it.
    Html {
        /// What was seen.
        scan: Scan,
    },
    /// A message/rfc822 part with a transfer encoding, decoded.
    Message {
        /// The decoded message, header block and all.
        raw: Vec<u8>,
        /// Where its body begins.
        body: usize,
        /// Its leaves; their spans are relative to its body.
        leaves: Vec<Leaf>,
    },
    /// Plain text, with its links.
    Text {
        /// At least one.
        sightings: Vec<Sighting>,
    },
}

/// What may still be spent on one message.
pub(super) struct Budget<'a> {
    /// The limits.
    pub(super) limits: &'a Limits,
    /// Whether plain text is looked into.
    pub(super) plain_text: bool,
    /// Transfer-decoded bytes so far.
    pub(super) decoded: usize,
    /// Sightings so far.
    pub(super) sightings: usize,
    /// Whether the time has run out.
    pub(super) expired: &'a dyn Fn() -> bool,
}

impl Budget<'_> {
    /// What may still be decoded.
    fn decodable(&self) -> usize {
        self.limits.decoded_bytes.saturating_sub(self.decoded)
    }

    /// Counts sightings. A part that has too many takes none away from the
    /// others.
    fn count(&mut self, sightings: &[Sighting]) -> Result<(), Skip> {
        let sum = self.sightings + sightings.len();
        if sum > self.limits.sightings {
            return Err(Skip::Sightings);
        }
        self.sightings = sum;
        Ok(())
    }
}

/// Media types that a mail client shows as HTML, or as a page of another kind
/// that can load something.
const HTML_TYPES: &[&str] = &[
    "application/xhtml+xml",
    "image/svg+xml",
    "image/svg",
    "text/html",
    "text/x-amp-html",
    "text/xhtml",
];

/// Those of them that are XML, where a document can have entities of its own.
const XML_TYPES: &[&str] = &["application/xhtml+xml", "image/svg+xml", "image/svg"];

/// Media types that say so little that readers go by the file name.
const VAGUE_TYPES: &[&str] = &[
    "application/octet-stream",
    "application/unknown",
    "application/x-unknown",
    "text/plain",
];

/// Messages that are read, by their subtype.
const READ_MESSAGES: &[&str] = &["global", "news", "rfc822"];

/// Messages that programs write for programs, by their subtype.
const REPORTS: &[&str] = &[
    "delivery-status",
    "disposition-notification",
    "feedback-report",
    "global-delivery-status",
    "global-disposition-notification",
    "global-headers",
    "tracking-status",
];

/// Looks into one leaf. `None` if there is nothing in it for us, or if it
/// could not be read, in which case `outcome` says why.
///
/// `depth` counts message/rfc822 parts that had to be decoded; recursion is
/// bounded by [`Limits::encoded_depth`].
pub(super) fn read(
    part: Part,
    body: &[u8],
    depth: usize,
    budget: &mut Budget<'_>,
    outcome: &mut Outcome,
) -> Option<Leaf> {
    outcome.parts += 1;
    let path = part.path.to_string();
    outcome
        .ambiguities
        .extend(part.ambiguities.iter().map(|a| (path.clone(), *a)));
    let is_html = is_page(&part);
    let is_message = is_encoded_message(&part);
    if is_opaque_message(&part) {
        outcome.skip(&part.path, part.skip.unwrap_or(Skip::Ambiguous));
        return None;
    }
    if let Some(skip) = part.skip {
        if is_loss(skip, &part.media_type, is_html || is_message) {
            outcome.skip(&part.path, skip);
        }
        return None;
    }
    if !is_html && !is_message {
        let raw = body.get(part.body.clone()).unwrap_or_default();
        if part.media_type.starts_with("text/") && uuencode::inline(raw) {
            outcome.skip(&part.path, Skip::Uuencode);
            return None;
        }
        let is_text = budget.plain_text && is_plain_text(&part);
        if !is_text || part.transfer == Transfer::Identity && is_linkless(&part, raw) {
            return None;
        }
    }
    if (budget.expired)() {
        outcome.skip(&part.path, Skip::Timeout);
        return None;
    }
    let content = if is_message {
        read_message(&part, body, depth, budget, outcome).map(Some)
    } else if is_html {
        read_html(&part, body, budget, outcome).map(Some)
    } else {
        read_text(&part, body, budget, outcome)
    };
    match content {
        Ok(content) => {
            if part.transfer == Transfer::Unknown {
                // It was read as it stands, which need not be right.
                outcome.skip(&part.path, Skip::Transfer);
            }
            content.map(|content| Leaf { part, content })
        }
        Err(skip) => {
            outcome.skip(&part.path, skip);
            None
        }
    }
}

/// Whether leaving a part alone may leave tracking in it. An attachment with a
/// damaged encoding is no loss; a limit is, whatever the type, because it may
/// hide parts; and so is what is wrapped in cryptography, but not a detached
/// signature or a control part beside it.
fn is_loss(skip: Skip, media_type: &str, is_readable: bool) -> bool {
    let is_text = is_readable || media_type.starts_with("text/");
    let is_wrapped = matches!(
        media_type,
        "application/pkcs7-mime" | "application/x-pkcs7-mime"
    );
    match skip {
        Skip::Ambiguous | Skip::Transfer | Skip::Uuencode => is_text,
        Skip::Signed => is_text || is_wrapped,
        Skip::Encrypted => media_type != "application/pgp-encrypted",
        _ => true,
    }
}

fn is_encoded_message(part: &Part) -> bool {
    matches!(
        part.media_type.as_str(),
        "message/global" | "message/news" | "message/rfc822"
    ) && part.transfer != Transfer::Identity
}

/// Whether a part is a message in a form that we do not look into and some
/// readers do: a piece of one, one that is elsewhere, one of a kind that is
/// not known. Reports and their like hold no page.
fn is_opaque_message(part: &Part) -> bool {
    part.media_type
        .strip_prefix("message/")
        .is_some_and(|kind| !READ_MESSAGES.contains(&kind) && !REPORTS.contains(&kind))
}

/// Whether a reader shows a part as a page, by its media type or by the name
/// of its file where the type tells little.
fn is_page(part: &Part) -> bool {
    let media_type = part.media_type.as_str();
    HTML_TYPES.contains(&media_type) || part.is_named_page && VAGUE_TYPES.contains(&media_type)
}

/// Whether a part is text that a mail client shows. A text file that is
/// attached is data and stays as it is.
fn is_plain_text(part: &Part) -> bool {
    part.media_type == "text/plain" && !(part.is_attachment && part.has_file_name)
}

/// Whether plain text without transfer encoding holds no link. Most does not,
/// and costs nothing more.
fn is_linkless(part: &Part, text: &[u8]) -> bool {
    // In UTF-16, which is full of zeros, a link looks different.
    !part.delsp && !text::may_hold_links(text) && memchr::memchr(0, text).is_none()
}

/// A part without its transfer encoding, counted against the budget.
fn decode<'a>(
    part: &Part,
    body: &'a [u8],
    budget: &mut Budget<'_>,
    outcome: &mut Outcome,
) -> Result<transfer::Decoded<'a>, Skip> {
    let raw = body.get(part.body.clone()).ok_or(Skip::Error)?;
    // A part larger than three times its limit cannot decode to less.
    if raw.len() / 4 > budget.limits.html_bytes {
        return Err(Skip::HtmlSize);
    }
    let decoded = transfer::decode(raw, &part.transfer, budget.decodable())?;
    if part.transfer != Transfer::Identity {
        budget.decoded += decoded.bytes().len();
    }
    note_damage(part, &decoded, outcome);
    if part.transfer == Transfer::Base64
        && let Some(skip) = pgp::inline(decoded.bytes())
    {
        return Err(skip);
    }
    Ok(decoded)
}

fn note_damage(part: &Part, decoded: &transfer::Decoded<'_>, outcome: &mut Outcome) {
    if decoded.is_damaged() {
        let damage = (part.path.to_string(), Ambiguity::Transfer);
        outcome.ambiguities.push(damage);
    }
}

/// `None` if no link is in it.
fn read_text(
    part: &Part,
    body: &[u8],
    budget: &mut Budget<'_>,
    outcome: &mut Outcome,
) -> Result<Option<Content>, Skip> {
    let decoded = decode(part, body, budget, outcome)?;
    if part.transfer != Transfer::Identity {
        if is_linkless(part, decoded.bytes()) {
            return Ok(None);
        }
        // The encoding may have hidden it.
        if uuencode::inline(decoded.bytes()) {
            return Err(Skip::Uuencode);
        }
    }
    let text = charset::open(decoded.bytes(), part.charset.as_deref())?;
    let scan = text::scan(text.bytes(), text.encoding(), part.delsp, budget.limits)?;
    budget.count(&scan.sightings)?;
    if scan.has_long_url {
        outcome.skip(&part.path, Skip::UrlLength);
    }
    let sightings = scan.sightings;
    Ok((!sightings.is_empty()).then_some(Content::Text { sightings }))
}

fn read_html(
    part: &Part,
    body: &[u8],
    budget: &mut Budget<'_>,
    outcome: &mut Outcome,
) -> Result<Content, Skip> {
    let decoded = decode(part, body, budget, outcome)?;
    let text = charset::open_page(decoded.bytes(), part.charset.as_deref())?;
    // In the raw part the splitter has seen it.
    if part.transfer != Transfer::Identity && memchr::memchr(0, text.bytes()).is_some() {
        let nul = (part.path.to_string(), Ambiguity::Nul);
        outcome.ambiguities.push(nul);
    }
    if (part.is_named_page || XML_TYPES.contains(&part.media_type.as_str()))
        && memchr::memmem::find(text.bytes(), b"<!ENTITY").is_some()
    {
        // An entity can stand for any part of a URL.
        return Err(Skip::Ambiguous);
    }
    let scan = html::scan_until(text.bytes(), text.encoding(), budget.limits, budget.expired)?;
    budget.count(&scan.sightings)?;
    if scan.has_long_url {
        outcome.skip(&part.path, Skip::UrlLength);
    }
    outcome.html_parts += 1;
    outcome.lenient_html |= scan.lenient;
    Ok(Content::Html { scan })
}

fn read_message(
    part: &Part,
    body: &[u8],
    depth: usize,
    budget: &mut Budget<'_>,
    outcome: &mut Outcome,
) -> Result<Content, Skip> {
    if depth >= budget.limits.encoded_depth {
        return Err(Skip::Depth);
    }
    if part.transfer == Transfer::Unknown {
        return Err(Skip::Transfer);
    }
    let raw = body.get(part.body.clone()).ok_or(Skip::Error)?;
    let decoded = transfer::decode(raw, &part.transfer, budget.decodable())?;
    note_damage(part, &decoded, outcome);
    let raw = decoded.bytes().to_vec();
    budget.decoded += raw.len();
    let block = read_header_block(&raw, 0, budget.limits);
    if block.truncated {
        return Err(Skip::Headers);
    }
    if block.is_disputed() {
        return Err(Skip::Ambiguous);
    }
    let fields: Vec<_> = block
        .fields
        .iter()
        .map(|f| (f.name.to_vec(), f.value.to_vec()))
        .collect();
    let start = block.end;
    let inner = raw.get(start..).unwrap_or_default();
    let mut splitter = Splitter::new(budget.limits, &fields);
    let mut parts = Vec::new();
    splitter.advance(inner, &mut parts);
    splitter.finish(inner, &mut parts);
    let mut leaves = Vec::new();
    for mut inner_part in parts {
        inner_part.path = below(&part.path, &inner_part.path);
        leaves.extend(read(inner_part, inner, depth + 1, budget, outcome));
    }
    outcome.ambiguities.extend(
        splitter
            .ambiguities()
            .iter()
            .map(|(path, a)| (below(&part.path, path).to_string(), *a)),
    );
    Ok(Content::Message {
        body: start,
        leaves,
        raw,
    })
}

fn below(outer: &PartPath, inner: &PartPath) -> PartPath {
    PartPath(outer.0.iter().chain(&inner.0).copied().collect())
}

/// Bytes of memory that decoded messages among the leaves hold; each may be
/// edited, encoded and spliced into the one around it.
pub(super) fn held(leaves: &[Leaf]) -> usize {
    leaves
        .iter()
        .map(|leaf| match &leaf.content {
            Content::Message { raw, leaves, .. } => raw
                .capacity()
                .saturating_mul(2)
                .saturating_add(held(leaves)),
            Content::Html { .. } | Content::Text { .. } => 0,
        })
        .fold(0, usize::saturating_add)
}

/// Calls `f` for each leaf that can be edited, HTML or text, in document
/// order.
pub(super) fn for_each_editable<'a>(
    leaves: &'a [Leaf],
    f: &mut dyn FnMut(&'a Leaf, &'a [Sighting]),
) {
    for leaf in leaves {
        match &leaf.content {
            Content::Html { scan } => f(leaf, &scan.sightings),
            Content::Message { leaves, .. } => for_each_editable(leaves, f),
            Content::Text { sightings } => f(leaf, sightings),
        }
    }
}
