//! The sums of one dimension in one value, as they stand in `rollup_packed`.
//!
//! As rows, a year of sums is some million rows, and adding them up takes
//! seconds. Packed, it is a few thousand values, a fifth as large and read some
//! five times as fast.
//!
//! A value is: the number of actions and each action's name; then, sorted,
//! each key with the number of its sums, and for each of them the place of the
//! action, the findings and the messages. Numbers are LEB128, names have their
//! length in bytes before them.

use ahash::AHashMap;
use rusqlite::ffi;

/// Bits of a number in one byte.
const BITS: u32 = 7;
/// The bit that says that more bytes follow.
const MORE: u8 = 1 << BITS;

/// A packed value is not what was packed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed;

impl From<Malformed> for rusqlite::Error {
    /// Only damage to the file can be the reason, so that is what it is called.
    fn from(_: Malformed) -> Self {
        let text = "sums are damaged".to_owned();
        Self::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(text))
    }
}

/// What one key and one action come to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sum {
    pub(crate) findings: u64,
    pub(crate) messages: u64,
}

/// Sums of one dimension that are to be packed.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// The actions that occur; there are a dozen.
    actions: Vec<String>,
    /// By key, with the action's place.
    keys: AHashMap<String, Vec<(usize, Sum)>>,
}

impl Sums {
    pub(crate) fn add(&mut self, key: &str, action: &str, sum: Sum) {
        let action = self.action(action);
        self.add_all(key, [(action, sum)]);
    }

    /// Adds what a packed value holds.
    pub(crate) fn add_packed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut packed = Packed::new(bytes)?;
        let actions = packed.actions().iter();
        let actions: Vec<usize> = actions.map(|action| self.action(action)).collect();
        let mut found = Vec::new();
        while let Some(key) = packed.next(&mut found)? {
            let named = found.iter();
            let named = named.filter_map(|(place, sum)| Some((*actions.get(*place)?, *sum)));
            self.add_all(key, named);
        }
        Ok(())
    }

    fn action(&mut self, name: &str) -> usize {
        let known = self.actions.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.actions.push(name.to_owned());
            self.actions.len() - 1
        })
    }

    fn add_all(&mut self, key: &str, sums: impl IntoIterator<Item = (usize, Sum)>) {
        if let Some(known) = self.keys.get_mut(key) {
            for (action, sum) in sums {
                add(known, action, sum);
            }
        } else {
            self.keys.insert(key.to_owned(), sums.into_iter().collect());
        }
    }

    /// Keeps so many keys, those with the most messages, and puts the others
    /// together as `other`, which is not one of them.
    pub(crate) fn cut(&mut self, most: usize, other: &str) {
        let names = self.keys.len() - usize::from(self.keys.contains_key(other));
        if names <= most {
            return;
        }
        let size = |sums: &[(usize, Sum)]| sums.iter().map(|(_, sum)| sum.messages).max();
        let named = self.keys.iter().filter(|(key, _)| *key != other);
        let mut sizes: Vec<_> = named.map(|(key, sums)| (size(sums), key.clone())).collect();
        sizes.sort_unstable_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
        for (_, key) in sizes.drain(..).skip(most) {
            let small = self.keys.remove(&key).unwrap_or_default();
            let others = self.keys.entry(other.to_owned()).or_default();
            for (action, sum) in small {
                add(others, action, sum);
            }
        }
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        number(&mut bytes, self.actions.len() as u64);
        for action in &self.actions {
            name(&mut bytes, action);
        }
        let mut keys: Vec<_> = self.keys.iter().collect();
        keys.sort_unstable_by_key(|(key, _)| *key);
        for (key, sums) in keys {
            name(&mut bytes, key);
            number(&mut bytes, sums.len() as u64);
            for (action, sum) in sums {
                number(&mut bytes, *action as u64);
                number(&mut bytes, sum.findings);
                number(&mut bytes, sum.messages);
            }
        }
        bytes
    }
}

fn add(sums: &mut Vec<(usize, Sum)>, action: usize, sum: Sum) {
    if let Some((_, known)) = sums.iter_mut().find(|(known, _)| *known == action) {
        known.findings = known.findings.saturating_add(sum.findings);
        known.messages = known.messages.saturating_add(sum.messages);
    } else {
        sums.push((action, sum));
    }
}

/// A packed value that is being read, key by key.
pub(crate) struct Packed<'a> {
    actions: Vec<&'a str>,
    rest: Rest<'a>,
}

impl<'a> Packed<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = Rest(bytes);
        let mut actions = Vec::new();
        for _ in 0..rest.number()? {
            actions.push(rest.name()?);
        }
        Ok(Self { actions, rest })
    }

    /// The actions that occur.
    pub(crate) fn actions(&self) -> &[&'a str] {
        &self.actions
    }

    /// The next key, if there is one, and its sums, each with the place of its
    /// action.
    pub(crate) fn next(
        &mut self,
        sums: &mut Vec<(usize, Sum)>,
    ) -> Result<Option<&'a str>, Malformed> {
        sums.clear();
        if self.rest.0.is_empty() {
            return Ok(None);
        }
        let key = self.rest.name()?;
        for _ in 0..self.rest.number()? {
            let action = usize::try_from(self.rest.number()?).map_err(|_| Malformed)?;
            if action >= self.actions.len() {
                return Err(Malformed);
            }
            let sum = Sum {
                findings: self.rest.number()?,
                messages: self.rest.number()?,
            };
            sums.push((action, sum));
        }
        Ok(Some(key))
    }

    /// The sums one by one: key, action and sum.
    pub(crate) fn each(mut self, mut each: impl FnMut(&str, &str, Sum)) -> Result<(), Malformed> {
        let mut sums = Vec::new();
        while let Some(key) = self.next(&mut sums)? {
            for (action, sum) in &sums {
                each(key, self.actions.get(*action).ok_or(Malformed)?, *sum);
            }
        }
        Ok(())
    }
}

fn number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= u64::from(MORE) {
        bytes.push(low(value) | MORE);
        value >>= BITS;
    }
    bytes.push(low(value));
}

fn low(value: u64) -> u8 {
    u8::try_from(value & u64::from(MORE - 1)).unwrap_or_default()
}

fn name(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

/// What is not yet read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(BITS as usize) {
            let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            let bits = u64::from(byte & !MORE);
            if bits << shift >> shift != bits {
                return Err(Malformed);
            }
            value |= bits << shift;
            if byte & MORE == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn name(&mut self) -> Result<&'a str, Malformed> {
        let length = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        let (name, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        std::str::from_utf8(name).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(findings: u64, messages: u64) -> Sum {
        Sum { findings, messages }
    }

    fn unpacked(bytes: &[u8]) -> Vec<(String, String, Sum)> {
        let mut all = Vec::new();
        let push = |key: &str, action: &str, sum| {
            all.push((key.to_owned(), action.to_owned(), sum));
        };
        Packed::new(bytes).unwrap().each(push).unwrap();
        all
    }

    fn read(bytes: &[u8]) -> Result<(), Malformed> {
        Packed::new(bytes)?.each(|_, _, _| ())
    }

    fn row(key: &str, action: &str, sum: Sum) -> (String, String, Sum) {
        (key.to_owned(), action.to_owned(), sum)
    }

    #[test]
    fn the_format_is_as_described() {
        let mut sums = Sums::default();
        sums.add("b", "", sum(0, 1));
        sums.add("ä", "keep", sum(300, 2));
        sums.add("b", "keep", sum(1, 0));
        // 300 is 2 * 128 + 44.
        let expected =
            b"\x02\x00\x04keep\x01b\x02\x00\x00\x01\x01\x01\x00\x02\xc3\xa4\x01\x01\xac\x02\x02";
        assert_eq!(sums.pack(), expected);
        assert_eq!(
            unpacked(expected),
            [
                row("b", "", sum(0, 1)),
                row("b", "keep", sum(1, 0)),
                row("ä", "keep", sum(300, 2))
            ]
        );
        assert_eq!(Sums::default().pack(), [0]);
        assert_eq!(unpacked(&[0]), []);
    }

    #[test]
    fn what_was_packed_comes_back_and_adds_up() {
        let mut sums = Sums::default();
        let long = "x".repeat(1_000);
        sums.add("", "keep", sum(u64::MAX, 1 << 63));
        sums.add(&long, "", sum(127, 128));
        let bytes = sums.pack();
        let expected = [
            row("", "keep", sum(u64::MAX, 1 << 63)),
            row(&long, "", sum(127, 128)),
        ];
        assert_eq!(unpacked(&bytes), expected);
        let mut twice = Sums::default();
        twice.add(&long, "", sum(1, 1));
        twice.add_packed(&bytes).unwrap();
        twice.add_packed(&bytes).unwrap();
        assert_eq!(
            unpacked(&twice.pack()),
            [
                row("", "keep", sum(u64::MAX, u64::MAX)),
                row(&long, "", sum(255, 257)),
            ]
        );
    }

    #[test]
    fn keys_with_the_most_messages_stay() {
        let mut sums = Sums::default();
        sums.add("small", "keep", sum(900, 2));
        sums.add("large", "", sum(0, 4));
        sums.add("large", "keep", sum(3, 3));
        sums.add("(other)", "keep", sum(1, 1));
        sums.add("alike", "keep", sum(5, 3));
        sums.add("besides", "keep", sum(7, 3));
        sums.cut(4, "(other)");
        assert_eq!(unpacked(&sums.pack()).len(), 6, "nothing to do");
        sums.cut(2, "(other)");
        assert_eq!(
            unpacked(&sums.pack()),
            [
                row("(other)", "keep", sum(908, 6)),
                row("alike", "keep", sum(5, 3)),
                row("large", "", sum(0, 4)),
                row("large", "keep", sum(3, 3)),
            ]
        );
    }

    #[test]
    fn damage_is_noticed() {
        let mut sums = Sums::default();
        sums.add("example.org", "keep", sum(1, 1));
        let whole = sums.pack();
        // Only where the actions end, or the keys, may a value end.
        for end in (0..whole.len()).filter(|end| *end != 6) {
            assert_eq!(read(&whole[..end]), Err(Malformed), "{end}");
        }
        for bytes in [
            &b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"[..],
            b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
            b"\x00\x01b\x01\x00\x01\x01",
            b"\x01\x01\xff",
            b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01b",
        ] {
            assert_eq!(read(bytes), Err(Malformed), "{bytes:x?}");
        }
        let error = rusqlite::Error::from(Malformed);
        let is_damage = Some(rusqlite::ErrorCode::DatabaseCorrupt);
        assert_eq!(error.sqlite_error_code(), is_damage);
    }
}
