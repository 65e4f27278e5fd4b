//! Recognises the recipients' addresses inside URLs, plain or encoded.
//!
//! The gateway has what no mail client and no list has: it knows whom the
//! message is for, so that it can compute every usual spelling of the address
//! and look for it.

use crate::url::decode::coding::{standard_alphabet, unescape_text};
use aho_corasick::{AhoCorasick, packed};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use data_encoding::HEXLOWER;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::cell::OnceCell;

/// How many recipients are looked for. A personalised mail has one; a message
/// to more than these is a mailing list's, whose URLs are the same for all.
const MAX_RECIPIENTS: usize = 32;
/// Shorter addresses would be found by accident.
const MIN_ADDRESS: usize = 6;

/// The recipients of a message, and the spellings of their addresses, which
/// are computed when first needed: most mail has no remote image.
pub struct Recipients<'a> {
    addresses: &'a [String],
    spellings: OnceCell<Spellings>,
}

/// The spellings of all recipients' addresses.
struct Spellings {
    /// Those in which case means nothing, in lower case, and what each is.
    folded: Option<(Words, Vec<&'static str>)>,
    /// base64, where it does.
    exact: Option<Words>,
    /// Length of the shortest; nothing shorter can hold one.
    shortest: usize,
}

impl<'a> Recipients<'a> {
    /// The envelope's recipients, without angle brackets.
    pub fn new(addresses: &'a [String]) -> Self {
        Self {
            addresses,
            spellings: OnceCell::new(),
        }
    }

    /// In which spelling `url` holds a recipient's address, if it does.
    pub(super) fn spelling_in(&self, url: &str) -> Option<&'static str> {
        self.spellings
            .get_or_init(|| Spellings::new(self.addresses))
            .find(url)
    }
}

impl Spellings {
    /// Computes the spellings. Recipients beyond a bound are left out.
    fn new(addresses: &[String]) -> Self {
        let mut folded = Vec::new();
        let mut names = Vec::new();
        let mut exact = Vec::new();
        for address in addresses
            .iter()
            .filter(|a| a.len() >= MIN_ADDRESS && a.contains('@'))
            .take(MAX_RECIPIENTS)
        {
            let lower = address.to_lowercase();
            folded.push(lower.clone());
            names.push("plain");
            for spelling in spellings(address, &lower) {
                let bytes = spelling.as_bytes();
                for (name, text) in [
                    ("hex", HEXLOWER.encode(bytes)),
                    ("md5", HEXLOWER.encode(&Md5::digest(bytes))),
                    ("sha1", HEXLOWER.encode(&Sha1::digest(bytes))),
                    ("sha256", HEXLOWER.encode(&Sha256::digest(bytes))),
                ] {
                    folded.push(text);
                    names.push(name);
                }
                exact.extend(base64_middles(bytes));
            }
        }
        let lengths = folded.iter().chain(&exact).map(String::len);
        Self {
            shortest: lengths.min().unwrap_or(usize::MAX),
            folded: Words::new(&folded).map(|words| (words, names)),
            exact: Words::new(&exact),
        }
    }

    /// See [`Recipients::spelling_in`].
    fn find(&self, url: &str) -> Option<&'static str> {
        if url.len() < self.shortest {
            return None;
        }
        let (folded, names) = self.folded.as_ref()?;
        let once = unescape_text(url);
        let mut twice = unescape_text(&once);
        if twice.is_ascii() {
            if twice.bytes().any(|b| b.is_ascii_uppercase()) {
                twice.to_mut().make_ascii_lowercase();
            }
        } else {
            twice = twice.to_lowercase().into();
        }
        if let Some(found) = folded.find(twice.as_bytes()) {
            return names.get(found).copied();
        }
        let exact = self.exact.as_ref()?;
        exact
            .find(&standard_alphabet(once.as_bytes()))
            .map(|_| "base64")
    }
}

/// Finds words that are looked for in one message only, so that it matters
/// how long it takes to get ready.
enum Words {
    /// Ready at once; takes some dozens of words at the most.
    Few(packed::Searcher),
    Many(AhoCorasick),
}

impl Words {
    fn new(words: &[String]) -> Option<Self> {
        if words.is_empty() {
            return None;
        }
        if let Some(few) = packed::Searcher::new(words) {
            return Some(Self::Few(few));
        }
        AhoCorasick::new(words).ok().map(Self::Many)
    }

    /// The number of a word that stands in `text`.
    fn find(&self, text: &[u8]) -> Option<usize> {
        let found = match self {
            Self::Few(words) => words.find(text),
            Self::Many(words) => words.find(text),
        };
        found.map(|found| found.pattern().as_usize())
    }
}

/// The address as given and in lower case, once if they are the same.
fn spellings<'a>(given: &'a str, lower: &'a str) -> impl Iterator<Item = &'a str> {
    std::iter::once(given).chain((given != lower).then_some(lower))
}

/// The base64 digits that stand for `bytes` whatever stands before and behind
/// it: for each of the three alignments, without the digits that share bits
/// with a neighbour.
fn base64_middles(bytes: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    // After 0, 1 or 2 bytes, the first digits with no bit of theirs.
    for (shift, first) in [(0, 0), (1, 2), (2, 3)] {
        let mut shifted = vec![0u8; shift];
        shifted.extend_from_slice(bytes);
        let digits = STANDARD_NO_PAD.encode(&shifted);
        let whole = shifted.len() * 8 / 6;
        if let Some(middle) = digits.get(first..whole)
            && middle.len() >= 8
        {
            out.push(middle.to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `anna@example.org`: the digests were made with md5sum, sha1sum and
    /// sha256sum, the rest with basenc.
    #[test]
    fn every_spelling_is_found() {
        let to = ["Anna@Example.org".to_owned()];
        let r = Recipients::new(&to);
        for (url, spelling) in [
            ("https://t.example/?e=anna@example.org", "plain"),
            ("https://t.example/?e=ANNA%40example.org", "plain"),
            ("https://t.example/?e=anna%2540example.org", "plain"),
            ("https://t.example/?e=YW5uYUBleGFtcGxlLm9yZw==", "base64"),
            (
                "https://t.example/?e=616E6E61406578616D706C652E6F7267",
                "hex",
            ),
            ("https://t.example/MD5/", "md5"),
            ("https://t.example/SHA1/", "sha1"),
            ("https://t.example/SHA256/", "sha256"),
        ] {
            let url = url
                .replace("MD5", ANNA_MD5)
                .replace("SHA1", ANNA_SHA1)
                .replace("SHA256", ANNA_SHA256);
            assert_eq!(r.spelling_in(&url), Some(spelling), "{url}");
        }
    }

    /// `{"e":"anna@example.org"}` and the same with a longer key, which move
    /// the address to other alignments; made with basenc --base64url.
    #[test]
    fn an_address_within_a_base64_payload_is_found() {
        let to = ["anna@example.org".to_owned()];
        let r = Recipients::new(&to);
        for payload in [
            "eyJlIjoiYW5uYUBleGFtcGxlLm9yZyJ9",
            "eyJlbSI6ImFubmFAZXhhbXBsZS5vcmcifQ",
            "eyJlbWEiOiJhbm5hQGV4YW1wbGUub3JnIn0",
        ] {
            let url = format!("https://t.example/o/{payload}");
            assert_eq!(r.spelling_in(&url), Some("base64"), "{payload}");
        }
    }

    #[test]
    fn another_address_is_not_found() {
        let to = ["anna@example.org".to_owned()];
        let r = Recipients::new(&to);
        for url in [
            "https://t.example/?e=hanna@example.com",
            "https://t.example/?e=YW5uYUBleGFtcGxlLmNvbQ",
            "https://example.org/anna",
        ] {
            assert_eq!(r.spelling_in(url), None, "{url}");
        }
        assert_eq!(Recipients::new(&[]).spelling_in("https://t.example/"), None);
    }

    const ANNA_MD5: &str = "7771093713556e85d7a876c08cb5bb63";
    const ANNA_SHA1: &str = "0d21b9f610440a3774db33a4019c4ce53b971eea";
    const ANNA_SHA256: &str = "a3bf86238a1c59bd2f0a648af9293620f90d18dad133d8fe2341cf9664a5d6d0";
}
