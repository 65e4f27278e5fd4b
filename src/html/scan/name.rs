//! Names of elements as numbers, which are compared and told apart at once.

/// An element's name, in lower case.
///
/// Names of up to eight bytes are told apart with certainty, and from all
/// longer ones. Of those, two are hardly taken for the same by accident; who
/// makes up a name that is taken for a known one reaches what that name would
/// have given.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name(u64);

/// Set in the numbers of names longer than eight bytes. A name starts with an
/// ASCII letter, so it is not set in others.
const LONG: u64 = 1 << 63;

/// The prime of FNV-1a for 64 bits.
const PRIME: u64 = 0x0000_0100_0000_01B3;

impl Name {
    /// The name of no element.
    pub(super) const UNKNOWN: Self = Self(0);

    /// A name in any case.
    pub(crate) const fn new(name: &str) -> Self {
        let mut packed = 0;
        let mut length = 0;
        let mut rest = name.as_bytes();
        while let [letter, behind @ ..] = rest {
            packed = push(packed, length, *letter);
            length += 1;
            rest = behind;
        }
        Self(finish(packed, length))
    }

    /// A name as written.
    pub(super) fn of(name: &[u8]) -> Self {
        let mut packed = 0;
        for (length, letter) in name.iter().enumerate() {
            packed = push(packed, length, *letter);
        }
        Self(finish(packed, name.len()))
    }

    /// The name at the start of `tag`, which begins behind `<` or `</`, and
    /// its length (HTML standard, section 13.2.5.8).
    pub(super) fn read(tag: &[u8]) -> (Self, usize) {
        let mut packed = 0;
        let mut length = 0;
        for letter in tag {
            if ends_name(*letter) {
                break;
            }
            packed = push(packed, length, *letter);
            length += 1;
        }
        (Self(finish(packed, length)), length)
    }
}

/// Names of elements, for a table.
#[expect(
    clippy::indexing_slicing,
    reason = "constants only, so that the compiler sees the index"
)]
pub(crate) const fn names<const N: usize>(texts: [&str; N]) -> [Name; N] {
    let mut names = [Name(0); N];
    let mut at = 0;
    while at < N {
        names[at] = Name::new(texts[at]);
        at += 1;
    }
    names
}

/// Whether a byte ends the name of an element.
const fn ends_name(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C' | b'/' | b'>')
}

const fn push(packed: u64, length: usize, letter: u8) -> u64 {
    let letter = letter.to_ascii_lowercase() as u64;
    if length < 8 {
        packed << 8 | letter
    } else {
        (packed ^ letter).wrapping_mul(PRIME)
    }
}

const fn finish(packed: u64, length: usize) -> u64 {
    if length <= 8 { packed } else { packed | LONG }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_up_to_what_ends_it() {
        for (tag, name) in [
            ("a>", "a"),
            ("TaBLe\nx>", "table"),
            ("br/>", "br"),
            ("v:rect\x0C", "v:rect"),
            ("BLOCKQUOTE class", "blockquote"),
            ("h1", "h1"),
        ] {
            let read = Name::read(tag.as_bytes());
            assert_eq!(read, (Name::new(name), name.len()));
            assert_eq!(Name::of(name.to_uppercase().as_bytes()), read.0);
        }
    }

    #[test]
    fn names_are_told_apart() {
        let all = names([
            "",
            "a",
            "b",
            "ab",
            "ba",
            "textarea",
            "textareas",
            "blockquote",
            "clockquote",
            "blockquotf",
            "aaaaaaaaa",
        ]);
        for (at, name) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != name));
        }
    }
}
