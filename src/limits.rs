//! Every bound on the work that one message can cause, in one place.
//!
//! A bound that is hit is never silent: it ends in a [`Skip`](crate::skip::Skip)
//! that is counted, logged and shown. docs/limits.md lists them together with
//! the time for one message and the number of connections, which belong to the
//! milter.

use serde::{Deserialize, Serialize};

/// Bounds on the work that one message can cause.
///
/// All sizes are in bytes. Every field can be set in the configuration
/// section `[limits]`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest message body that is read; a larger message passes untouched
    /// (`oversize`). The default is 52,428,800 (50 MiB).
    pub message_bytes: usize,
    /// Largest header block of one entity; what follows is not read, and a
    /// message whose own header block is larger passes untouched (`headers`).
    /// The default is 262,144 (256 KiB).
    pub header_bytes: usize,
    /// Largest number of MIME parts (RFC 2046); the rest is one unread leaf
    /// (`parts`). The default is 10,000.
    pub parts: usize,
    /// Deepest nesting of multiparts and message/rfc822; what is deeper is
    /// one unread leaf (`depth`). The default is 64.
    pub depth: usize,
    /// Deepest nesting of message/rfc822 parts that are themselves
    /// transfer-encoded, each of which needs a decoded copy (`depth`). The
    /// default is 4.
    pub encoded_depth: usize,
    /// Largest sum of transfer-decoded bytes of one message (`oversize`). The
    /// default is 67,108,864 (64 MiB).
    pub decoded_bytes: usize,
    /// Largest decoded HTML part, or plain-text part with links, that is
    /// scanned (`html-size`). The default is 8,388,608 (8 MiB).
    pub html_bytes: usize,
    /// Most memory that the HTML parser may hold for one part
    /// (`html-memory`). The default is 16,777,216 (16 MiB).
    pub html_memory: usize,
    /// Most attributes of one element; a part with an element that has more
    /// stays as it is (`attributes`). The default is 10,000.
    pub attributes: usize,
    /// Largest number of URLs that are looked at in one message
    /// (`sightings`). The default is 50,000.
    pub sightings: usize,
    /// Largest number of URLs that are changed in one message; the rest stay
    /// as they are (`edits`). The default is 20,000.
    pub edits: usize,
    /// Longest URL that is judged: a longer link is kept (`url-length`), and
    /// something longer that is loaded is judged by its beginning. The default
    /// is 16,384.
    pub url_bytes: usize,
    /// Largest output of one decode step of a redirect rule; a link that would
    /// need more is kept. The default is 65,536.
    pub decode_bytes: usize,
    /// How many wrappers around one link are undone at the most. The default
    /// is 5.
    pub unwrap_rounds: usize,
    /// Longest line of a 7bit or 8bit part after an edit, without its line
    /// end (RFC 5322 section 2.1.1). An edit that would make a longer line
    /// is refused. The default is 998.
    pub line_bytes: usize,
    /// Most memory that all messages together may need; a message that would
    /// need more passes untouched (`memory`). What counts is what it holds and
    /// what its end will take on top. The default is 1,073,741,824 (1 GiB).
    pub memory_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 50 << 20,
            header_bytes: 256 << 10,
            parts: 10_000,
            depth: 64,
            encoded_depth: 4,
            decoded_bytes: 64 << 20,
            html_bytes: 8 << 20,
            html_memory: 16 << 20,
            attributes: 10_000,
            sightings: 50_000,
            edits: 20_000,
            url_bytes: 16 << 10,
            decode_bytes: 64 << 10,
            unwrap_rounds: 5,
            line_bytes: 998,
            memory_bytes: 1 << 30,
        }
    }
}
