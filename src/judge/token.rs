//! Whether a URL holds something that could tell one recipient from another.

use crate::url::Target;

/// How well a URL can tell one recipient from another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Identity {
    /// Not at all: everybody gets the same.
    None,
    /// A short value, such as a number of some digits.
    Number,
    /// A long opaque value.
    Token,
}

/// File name endings that say nothing about a recipient.
const ENDINGS: &[&str] = &[
    "ashx", "asp", "aspx", "cfm", "cgi", "css", "do", "htm", "html", "jsp", "php",
];

/// The same for images.
const IMAGE_ENDINGS: &[&str] = &["bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"];

/// The strongest identity in the path segments and query values of `target`.
///
/// Query values count more than path segments, because assets are named by
/// their path: a digest as a file name is the same for everybody, a digest as
/// a parameter hardly ever is.
pub(super) fn identity(target: &Target) -> Identity {
    let (folders, file) = target.path().rsplit_once('/').unwrap_or_default();
    let mut in_folders = folders
        .split('/')
        .map(segment_identity)
        .max()
        .unwrap_or(Identity::None);
    if is_picture(file) {
        in_folders = in_folders.min(Identity::Number);
    }
    in_query(target)
        .max(in_folders)
        .max(file_identity(file))
        .max(numbers_identity(target.path()))
}

/// Whether a query value of `target` can stand for one recipient. Time stamps
/// that keep caches fresh and names of pictures only look so.
pub(super) fn is_personal(target: &Target) -> bool {
    let pairs = target.query().into_iter().flat_map(|q| q.split(['&', ';']));
    pairs.map(value_of).any(|value| {
        let is_time = matches!(value.len(), 10 | 13) && value.bytes().all(|b| b.is_ascii_digit());
        let ending = value.rsplit_once('.').map(|(_, ending)| ending);
        let is_file = ending.is_some_and(|ending| is_one_of(IMAGE_ENDINGS, ending));
        !is_time && !is_file && value_identity(value) == Identity::Token
    })
}

/// The strongest identity in the query values of `target`.
fn in_query(target: &Target) -> Identity {
    let pairs = target.query().into_iter().flat_map(|q| q.split(['&', ';']));
    pairs
        .map(|pair| value_identity(value_of(pair)))
        .max()
        .unwrap_or(Identity::None)
}

/// The value of a parameter; its name where it has none, as in `?token` and
/// `?token==`.
fn value_of(pair: &str) -> &str {
    match pair.split_once('=') {
        Some((_, value)) if !value.trim_matches('=').is_empty() => value,
        Some((name, _)) => name,
        None => pair,
    }
}

/// The file name. Images of a site carry digests in their names, which are
/// the same for everybody, so the name of an image counts little.
fn file_identity(file: &str) -> Identity {
    match file.rsplit_once('.') {
        Some((stem, ending)) if is_one_of(IMAGE_ENDINGS, ending) => {
            segment_identity(stem).min(Identity::Number)
        }
        Some((stem, ending)) if is_one_of(ENDINGS, ending) => segment_identity(stem),
        _ => segment_identity(file),
    }
}

/// Whether a file is of a kind that is made to be looked at. Stores of
/// pictures have digests for folders, too; open pixels are GIFs, or have no
/// ending at all.
fn is_picture(file: &str) -> bool {
    file.rsplit_once('.')
        .is_some_and(|(_, ending)| is_one_of(&["jpeg", "jpg", "png", "svg", "webp"], ending))
}

fn is_one_of(endings: &[&str], ending: &str) -> bool {
    endings.iter().any(|e| ending.eq_ignore_ascii_case(e))
}

/// A path of many numbers, each too short to count: campaign, list, recipient.
fn numbers_identity(path: &str) -> Identity {
    let numbers = path
        .split('/')
        .filter(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()));
    let (count, digits) = numbers.fold((0, 0), |(n, d), s| (n + 1, d + s.len()));
    if count >= 4 && digits >= 9 {
        Identity::Number
    } else {
        Identity::None
    }
}

/// A value of a parameter. Version numbers, dates in short form and sizes are
/// no identity.
fn value_identity(value: &str) -> Identity {
    let shape = Shape::of(value);
    if shape.is_token(12) {
        Identity::Token
    } else if shape.digits >= 4 || shape.is_token(8) || shape.is_capitals(10) {
        Identity::Number
    } else {
        Identity::None
    }
}

/// A segment of a path.
fn segment_identity(segment: &str) -> Identity {
    let shape = Shape::of(segment);
    if shape.is_token(16) {
        Identity::Token
    } else if shape.is_token(8)
        || shape.digits == segment.len() && shape.digits >= 5
        || shape.alternates(6)
    {
        Identity::Number
    } else {
        Identity::None
    }
}

/// What characters a value is made of.
#[derive(Default)]
struct Shape {
    len: usize,
    digits: usize,
    upper: usize,
    lower: usize,
    other: usize,
    /// Changes between digits and letters.
    switches: usize,
    vowels: usize,
    words: usize,
    /// How often each letter occurs, upper and lower case together.
    letters: [u16; 26],
}

impl Shape {
    fn of(value: &str) -> Self {
        let mut shape = Self {
            len: value.len(),
            ..Self::default()
        };
        let mut before = 0u8;
        for b in value.bytes() {
            let class = match b {
                b'0'..=b'9' => {
                    shape.digits += 1;
                    1
                }
                b'A'..=b'Z' => {
                    shape.upper += 1;
                    2
                }
                b'a'..=b'z' => {
                    shape.lower += 1;
                    3
                }
                b'-' | b'_' | b'.' | b'+' | b' ' | b',' => {
                    shape.words += 1;
                    0
                }
                _ => {
                    shape.other += 1;
                    0
                }
            };
            let letter = usize::from(b.to_ascii_lowercase().wrapping_sub(b'a'));
            if let Some(count) = shape.letters.get_mut(letter) {
                *count = count.saturating_add(1);
            }
            if matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u') {
                shape.vowels += 1;
            }
            if class != before && class != 0 && before != 0 {
                shape.switches += 1;
            }
            before = class;
        }
        shape
    }

    /// Capital letters only, and at least `min` of them.
    fn is_capitals(&self, min: usize) -> bool {
        self.upper >= min && self.upper == self.len
    }

    /// Letters and digits by turns, and at least `min` characters.
    fn alternates(&self, min: usize) -> bool {
        self.len >= min && self.digits >= 2 && self.switches >= 4
    }

    /// Letters in one run that no word of a language with vowels is made of,
    /// and with so many different ones that it is no row of equal letters.
    fn is_gibberish(&self, min: usize) -> bool {
        let letters = self.upper + self.lower;
        letters == self.len
            && letters >= min.max(12)
            && self.vowels * 6 < letters
            && self.entropy() > 2.5
    }

    /// Shannon's entropy of the letters, in bits a character.
    fn entropy(&self) -> f64 {
        let total = f64::from(self.letters.iter().copied().map(u32::from).sum::<u32>());
        let counts = self.letters.iter().filter(|&&count| count > 0);
        let shares = counts.map(|&count| f64::from(count) / total);
        -shares.map(|share| share * share.log2()).sum::<f64>()
    }

    /// Whether it looks drawn at random rather than written by a person, and
    /// is at least `min` characters long: letters and digits that alternate,
    /// hexadecimal, or mixed case in mid-word.
    fn is_token(&self, min: usize) -> bool {
        if self.len < min {
            return false;
        }
        let letters = self.upper + self.lower;
        let only_digits = letters == 0 && self.digits >= min;
        let mixed = self.digits >= 2 && letters >= 2 && self.switches >= 3;
        let hexadecimal = self.digits >= 3 && letters >= 1 && self.words <= 4 && self.switches >= 2;
        let camel = self.digits == 0
            && self.upper >= 3
            && self.lower >= 3
            && self.switches * 3 >= letters
            && self.words * 8 <= self.len;
        let encoded = self.len >= 40 && self.words * 6 <= self.len;
        only_digits || mixed || hexadecimal || camel || encoded || self.is_gibberish(min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Identity {
        identity(&Target::parse(url).unwrap())
    }

    #[test]
    fn spacers_identify_nobody() {
        for url in [
            "http://images.example.org/images/spacer.gif",
            "http://www.example.org/i/newsletter/clear-dot.gif",
            "http://www.example.org/2002/08/pixel.gif",
            "http://www.example.org/img/1x1_transparent.png",
            "http://cdn.example.org/assets/en_US/i/scr/pixel.gif?v=2.1",
            "http://example.org/transparent.gif?w=1&h=1",
            "http://example.org/i/zzzzzzzzzzzzzzzzzzzz/schwarzwaldfrucht",
        ] {
            assert_eq!(of(url), Identity::None, "{url}");
        }
    }

    #[test]
    fn a_query_is_personal_by_more_than_a_time_or_a_file() {
        let is = |url: &str| is_personal(&Target::parse(url).unwrap());
        assert!(is("http://example.org/a.png?e=OYsT5hPMbeGfoxLU4pFTqe"));
        assert!(!is(
            "http://example.org/a.png?.v=1692893974945&t=1610616070"
        ));
        assert!(!is(
            "http://example.org/a.png?name=KELA%20logo%20B%26R2024x3.png"
        ));
        assert!(!is(
            "http://example.org/5f4dcc3b5aa765d61d8327deb882cf99.png"
        ));
    }

    #[test]
    fn numbers_may_identify() {
        for url in [
            "http://example.org/open/184467",
            "http://example.org/o.gif?id=90210",
            "http://example.org/track/a1b2c3d4",
            "http://example.org/p/V3W7aWx",
            "http://example.org/op/504_md/1002/596/741/53/7028",
            "http://example.org/t.asp?ad_key=FWOATHSKUDMM",
            "http://example.org/generic-apple-store.391042612251ffeb9e04.png",
            "http://example.org/1234567890123456.gif",
            "http://example.org/thumb/k_GGiuVQF-gNUn-KQSzRKg/828x464-90.png",
        ] {
            assert_eq!(of(url), Identity::Number, "{url}");
        }
    }

    #[test]
    fn long_opaque_values_identify() {
        for url in [
            "http://example.org/o/eJwlyEEKgCAQBdC7zDqYGf2Odpmw0mBQR8Xun9D2Pe97PZFMSnXJ3sg",
            "http://example.org/o.gif?u=5f4dcc3b5aa765d61d8327deb882cf99",
            "http://example.org/p/550e8400-e29b-41d4-a716-446655440000/open.gif",
            "http://example.org/i?t=QmFzZVNpeHR5Rm91clRva2Vu",
            "http://example.org/o/qkjzhwxvbnmtrplk",
            "http://example.org/a.gyj?gAAAAABlnZaMt184GQ1aFGiT1PN1q8UiOZYtGBnuoO6======",
        ] {
            assert_eq!(of(url), Identity::Token, "{url}");
        }
    }
}
