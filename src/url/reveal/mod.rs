//! What a URL carries: its path segments and query parameters, opened up
//! offline as far as they can be read.
//!
//! A mail service packs what it wants to know into a parameter: a query
//! string, compressed, in base64; JSON in JSON; a token with its claims in
//! plain sight. [`members`] takes such packages apart and shows each piece to
//! a visitor. Nothing is kept.
//!
//! The sender chooses the URL, so all of this is bounded: everything that is
//! taken out of a URL together is at the most [`GROWTH`] times as long as the
//! URL and never longer than
//! [`Limits::decode_bytes`](crate::limits::Limits::decode_bytes), and each
//! piece is looked at a fixed number of times.

mod fields;
mod open;

use super::{
    Target,
    decode::coding::{unescape_text, unescaped},
};
use crate::limits::Limits;
use open::Opened;
use std::{borrow::Cow, str};

/// How many packages within each other are opened.
const MAX_DEPTH: usize = 8;

/// How many times longer than the URL its pieces may be together. Each
/// package that is opened counts with all that is in it, and real payloads
/// compress to no less than a third.
pub const GROWTH: usize = 16;

/// What short URLs may grow to all the same, in bytes.
const ALLOWANCE: usize = 2048;

/// What a piece costs beside its bytes.
const PIECE: usize = 16;

/// Where a member stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// In the path or query of a URL within the URL, such as the destination
    /// of a redirect.
    Destination,
    /// In something that was taken out of the URL's path or query.
    Payload,
    /// In the URL's own path or query.
    Url,
}

/// One thing that a URL carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Member<'a> {
    /// The name that it is carried under; none for a path segment or a part
    /// of a nameless list.
    pub name: Option<&'a str>,
    /// The value with all encodings undone; `None` if it is not empty but
    /// made of members, which are shown by themselves.
    pub value: Option<&'a str>,
    /// Where it stands.
    pub origin: Origin,
    /// The URL whose query parameter it is, if it is one.
    pub parameter_of: Option<&'a Target>,
}

/// Shows everything that `target` carries to `visit`, each leaf once, in no
/// particular order.
///
/// Recognised are percent-encoding, base64 of either alphabet, hexadecimal
/// digits, zlib (also unterminated) and gzip; query strings, JSON, the parts
/// of a token between dots (RFC 7519), SparkPost's fields, protocol buffers
/// and URLs. What is binary and none of these is not shown. The fragment is
/// left out, since no server is sent it. A URL longer than
/// `limits.url_bytes` is not looked into.
pub fn members(target: &Target, limits: &Limits, visit: &mut dyn FnMut(&Member<'_>)) {
    let length = target.as_str().len();
    if length > limits.url_bytes {
        return;
    }
    let mut walk = Walk {
        left: limits
            .decode_bytes
            .min(length.saturating_mul(GROWTH).saturating_add(ALLOWANCE)),
        waiting: Vec::new(),
        visit,
    };
    walk.url(target, Origin::Url, 0);
    while let Some(package) = walk.waiting.pop() {
        walk.unpack(package);
    }
}

/// Something that a URL carries, but for what it is.
struct Piece<'p> {
    name: Option<Cow<'p, str>>,
    origin: Origin,
    parameter_of: Option<Cow<'p, Target>>,
    /// How many packages it was taken out of.
    depth: usize,
}

impl Piece<'_> {
    /// To keep it for later.
    fn into_owned(self) -> Piece<'static> {
        Piece {
            name: self.name.map(|name| Cow::Owned(name.into_owned())),
            parameter_of: self.parameter_of.map(|url| Cow::Owned(url.into_owned())),
            origin: self.origin,
            depth: self.depth,
        }
    }

    fn show(&self, value: Option<&str>, visit: &mut dyn FnMut(&Member<'_>)) {
        visit(&Member {
            name: self.name.as_deref(),
            value,
            origin: self.origin,
            parameter_of: self.parameter_of.as_deref(),
        });
    }

    /// What is taken out of the URL itself is its payload.
    fn inner_origin(&self) -> Origin {
        match self.origin {
            Origin::Destination => Origin::Destination,
            Origin::Payload | Origin::Url => Origin::Payload,
        }
    }
}

/// A package whose first layer is off.
struct Package {
    piece: Piece<'static>,
    opened: Opened,
    /// The piece as it was, if it is not sure yet that it is a package.
    bytes: Vec<u8>,
}

struct Walk<'v> {
    /// How many bytes may still be taken out.
    left: usize,
    waiting: Vec<Package>,
    visit: &'v mut dyn FnMut(&Member<'_>),
}

impl Walk<'_> {
    /// Looks at what is in a package.
    fn unpack(&mut self, package: Package) {
        let Package {
            piece,
            opened,
            bytes,
        } = package;
        let depth = piece.depth + 1;
        let opened = match opened {
            Opened::Deflated(data) => open::inflate(&data, &mut self.left),
            opened => opened,
        };
        match opened {
            Opened::Closed | Opened::Deflated(_) => {
                if let Ok(text) = str::from_utf8(&bytes) {
                    piece.show(Some(text), self.visit);
                }
            }
            // The same thing in other words keeps its place.
            Opened::Same(bytes) => self.offer(Piece { depth, ..piece }, &bytes),
            Opened::Url(url) => {
                piece.show(None, self.visit);
                self.url(&url, Origin::Destination, depth);
            }
            Opened::Members(members) => {
                if piece.name.is_some() {
                    piece.show(None, self.visit);
                }
                let origin = piece.inner_origin();
                for member in members {
                    // A list's parts go by the list's name.
                    let name = member.name.map(Cow::Owned);
                    let name = name.or_else(|| piece.name.as_deref().map(Cow::Borrowed));
                    let piece = Piece {
                        name,
                        origin,
                        parameter_of: None,
                        depth,
                    };
                    self.offer(piece, &member.bytes);
                }
            }
        }
    }

    fn url(&mut self, url: &Target, origin: Origin, depth: usize) {
        let segments = url.path().as_bytes().split(|b| *b == b'/');
        for segment in segments.filter(|s| !s.is_empty()) {
            let piece = Piece {
                name: None,
                origin,
                parameter_of: None,
                depth,
            };
            self.offer(piece, &unescaped(segment));
        }
        for pair in url.query().unwrap_or_default().split('&') {
            if pair.is_empty() {
                continue;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let piece = Piece {
                name: Some(unescape_text(name)),
                origin,
                parameter_of: Some(Cow::Borrowed(url)),
                depth,
            };
            self.offer(piece, &unescaped(value.as_bytes()));
        }
    }

    /// Shows a piece, or keeps it for later if it is a package: not before all
    /// that stands beside it is paid for, so that what it inflates to cannot
    /// hide that.
    fn offer(&mut self, piece: Piece<'_>, bytes: &[u8]) {
        let name = piece.name.as_ref().map_or(0, |name| name.len());
        if !self.pay(bytes.len(), name) {
            return;
        }
        let text = str::from_utf8(bytes).ok();
        let opened = if piece.depth < MAX_DEPTH {
            open::open(bytes, text)
        } else {
            Opened::Closed
        };
        if let Opened::Closed = opened {
            if text.is_some() {
                piece.show(text, self.visit);
            }
            return;
        }
        let bytes = match opened {
            Opened::Deflated(_) => bytes.to_vec(),
            _ => Vec::new(),
        };
        self.waiting.push(Package {
            piece: piece.into_owned(),
            opened,
            bytes,
        });
    }

    /// Counts a piece and its name, in bytes. `false` if it is too much.
    fn pay(&mut self, piece: usize, name: usize) -> bool {
        let cost = piece.saturating_add(name).saturating_add(PIECE);
        let left = self.left.checked_sub(cost);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests;
