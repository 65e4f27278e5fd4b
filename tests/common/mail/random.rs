//! Seeded numbers and words: the same seed gives the same mail everywhere.

/// A SplitMix64 generator: small, and independent of any crate's version.
pub(crate) struct Random(u64);

const WORDS: &[&str] = &[
    "about", "again", "autumn", "bicycle", "bread", "calendar", "candle", "change", "coffee",
    "corner", "delivery", "early", "evening", "follow", "forest", "garden", "ginger", "harbour",
    "invoice", "journey", "kitchen", "ladder", "letter", "library", "market", "meeting", "morning",
    "needle", "notice", "offer", "orange", "paper", "pepper", "picture", "quiet", "railway",
    "receipt", "river", "saddle", "season", "shelf", "signal", "summer", "table", "ticket",
    "umbrella", "village", "walnut", "weather", "window", "winter", "yellow",
];

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Random {
    /// A generator for this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.bits() % end as u64).expect("below a usize")
    }

    /// A number from `first` to `last`.
    pub(crate) fn between(&mut self, first: usize, last: usize) -> usize {
        first + self.below(last - first + 1)
    }

    /// One of the choices.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// One English word.
    pub(crate) fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    /// A sentence with a full stop.
    pub(crate) fn sentence(&mut self) -> String {
        let words: Vec<&str> = (0..self.between(4, 14)).map(|_| self.word()).collect();
        let mut sentence = words.join(" ");
        sentence[..1].make_ascii_uppercase();
        sentence + "."
    }

    /// Lines of sentences, each ended with CRLF.
    pub(crate) fn lines(&mut self, count: usize) -> String {
        (0..count).map(|_| self.sentence() + "\r\n").collect()
    }

    /// Digits of base 16.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.characters(length, b"0123456789abcdef")
    }

    /// Characters of base64url, as opaque as a tracker's token.
    pub(crate) fn token(&mut self, length: usize) -> String {
        self.characters(length, BASE64URL)
    }

    /// Decimal digits, the first not 0.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.characters(1, b"123456789") + &self.characters(length - 1, b"0123456789")
    }

    /// Any bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.bits().to_le_bytes()[0]).collect()
    }

    fn characters(&mut self, length: usize, alphabet: &[u8]) -> String {
        (0..length)
            .map(|_| char::from(*self.pick(alphabet)))
            .collect()
    }
}
