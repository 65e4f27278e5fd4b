//! The vector table: which attribute of which element holds what.
//!
//! A new vector is its name in [`Vector`] and an entry here; what is special
//! about it stands in a file of its own.

mod document;
mod image;
mod link;
mod media;
mod svg;
mod vml;

use super::Vector;
use super::scan::name::Name;
use super::scan::tag::Tag;
use std::sync::LazyLock;

/// Every entry, in no particular order.
pub(crate) const TABLE: &[&[Entry]] = &[
    document::ENTRIES,
    image::ENTRIES,
    link::ENTRIES,
    media::ENTRIES,
    svg::ENTRIES,
    vml::ENTRIES,
];

/// What an attribute's value holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Value {
    /// URLs with semicolons between, each of which is used in turn.
    Alternatives,
    /// Declarations or values of CSS.
    Css,
    /// A document.
    Html,
    /// A time and perhaps a URL (HTML standard, section 4.2.5.3).
    Refresh,
    /// A list of image candidates.
    Srcset,
    /// Words, some of which may be URLs. They give way together.
    Text,
    /// One URL.
    Url,
    /// URLs with white space or commas between, all of which are used. They
    /// give way together.
    Urls,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Names in lower case without a namespace prefix; none for any element.
    pub(crate) elements: &'static [&'static str],
    /// Name in lower case without a namespace prefix.
    pub(crate) attribute: &'static str,
    pub(crate) value: Value,
    pub(crate) vector: Vector,
    /// Whether this element with these attributes uses the attribute, which
    /// has a namespace prefix or not.
    pub(crate) applies: fn(&Tag<'_>, bool) -> bool,
}

/// A row that always applies.
const fn attribute_of(
    elements: &'static [&'static str],
    attribute: &'static str,
    value: Value,
    vector: Vector,
) -> Entry {
    Entry {
        elements,
        attribute,
        value,
        vector,
        applies: |_, _| true,
    }
}

impl Entry {
    /// The row with a condition.
    const fn only(self, applies: fn(&Tag<'_>, bool) -> bool) -> Self {
        Self { applies, ..self }
    }
}

/// What an attribute is looked for as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// `hidden`.
    Hidden,
    /// `style=`, which nearly every element in mail has: a vector, and what
    /// hides an element.
    Style,
    /// A vector.
    Vector,
}

/// What the scanner looks for among the attributes.
#[derive(Debug)]
pub(crate) struct Slot {
    name: &'static str,
    pub(crate) role: Role,
    /// The vectors of this attribute on any element.
    of_any: Vec<&'static Entry>,
    /// Those on some elements, in the order of their names.
    of_elements: Vec<(Name, &'static Entry)>,
    /// One bit of its own, to tell the first of two equal attributes.
    pub(crate) bit: u64,
}

impl Slot {
    fn new(name: &'static str, role: Role, bit: u64) -> Self {
        Self {
            name,
            role,
            of_any: Vec::new(),
            of_elements: Vec::new(),
            bit,
        }
    }

    fn add(&mut self, entry: &'static Entry) {
        if entry.elements.is_empty() {
            self.of_any.push(entry);
        }
        for element in entry.elements {
            let name = Name::new(element);
            let behind = self.of_elements.partition_point(|(n, _)| *n <= name);
            self.of_elements.insert(behind, (name, entry));
        }
    }

    /// The entries for this element, its name without a prefix.
    pub(crate) fn entries(&self, element: Name) -> impl Iterator<Item = &'static Entry> {
        let start = self
            .of_elements
            .partition_point(|(name, _)| *name < element);
        let of_element = self.of_elements.iter().skip(start);
        of_element
            .take_while(move |(name, _)| *name == element)
            .map(|(_, entry)| *entry)
            .chain(self.of_any.iter().copied())
    }
}

/// Attributes that are looked for on every element, for what they say about
/// it.
const FACTS: &[(&str, Role)] = &[("hidden", Role::Hidden), ("style", Role::Style)];

/// Longest attribute name in the table, and one more.
const LENGTHS: usize = 32;

/// How many first letters are told apart, see [`place`].
const INITIALS: usize = 32;

/// The table by attribute name. Nearly all attributes in mail are told apart
/// from these by their length and first letter.
pub(crate) struct Index {
    slots: Vec<Slot>,
    /// Where the slots of a length and first letter start and end.
    places: Box<[(u8, u8); LENGTHS * INITIALS]>,
}

pub(crate) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

impl Index {
    fn new() -> Self {
        let mut slots: Vec<Slot> = Vec::new();
        let mut add = |name: &'static str, role: Role, entry: Option<&'static Entry>| {
            let known = slots.iter().position(|slot| slot.name == name);
            if known.is_none() {
                slots.push(Slot::new(name, role, 1 << slots.len()));
            }
            let slot = match known {
                Some(at) => slots.get_mut(at),
                None => slots.last_mut(),
            };
            if let Some((slot, entry)) = slot.zip(entry) {
                slot.add(entry);
            }
        };
        for (name, role) in FACTS {
            add(name, *role, None);
        }
        for entry in TABLE.iter().copied().flatten() {
            add(entry.attribute, Role::Vector, Some(entry));
        }
        slots.sort_by_key(|slot| place(slot.name.as_bytes()));
        let mut places = Box::new([(0, 0); LENGTHS * INITIALS]);
        for (at, slot) in (0..).zip(&slots) {
            if let Some((start, end)) = places.get_mut(place(slot.name.as_bytes())) {
                if *end == 0 {
                    *start = at;
                }
                *end = at + 1;
            }
        }
        Self { slots, places }
    }

    /// The slot of an attribute, its name as written.
    #[inline]
    pub(crate) fn slot(&self, name: &[u8]) -> Option<&Slot> {
        let (start, end) = *self.places.get(place(name))?;
        if end == 0 {
            return None;
        }
        self.slots
            .get(usize::from(start)..usize::from(end))?
            .iter()
            .find(|slot| slot.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The slot of an attribute with a namespace prefix (`xlink:href`), if it
    /// is one of those that are used with one.
    #[inline]
    pub(crate) fn prefixed_slot(&self, name: &[u8]) -> Option<&Slot> {
        // Nearly all others end in another letter.
        if !matches!(name.last(), Some(b'f' | b'F')) {
            return None;
        }
        let colon = name.iter().rposition(|b| *b == b':')?;
        self.slot(name.get(colon + 1..)?)
            .filter(|slot| PREFIXED.contains(&slot.name))
    }
}

/// Attributes that SVG, MathML and VML have with a namespace prefix; all end
/// in an `f`. An element can have any number of them, so their entries must
/// not look at other attributes.
const PREFIXED: &[&str] = &["althref", "href"];

/// A number for the length and the first letter of a name, the same in both
/// cases.
fn place(name: &[u8]) -> usize {
    let letter = name.first().map_or(0, |letter| letter & 0x1F);
    name.len() * INITIALS + usize::from(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_is_found_by_its_attribute_and_element() {
        for entry in TABLE.iter().copied().flatten() {
            let written = entry.attribute.to_ascii_uppercase();
            let slot = INDEX.slot(written.as_bytes()).expect(entry.attribute);
            for element in entry.elements.iter().chain(&["body"]) {
                let found = slot
                    .entries(Name::new(element))
                    .any(|e| (e.vector, e.elements) == (entry.vector, entry.elements));
                let is_of = entry.elements.is_empty() || entry.elements.contains(element);
                assert_eq!(found, is_of, "{entry:?}");
            }
            assert!(entry.elements.iter().all(|e| **e == e.to_ascii_lowercase()));
            assert!(entry.attribute.len() < LENGTHS);
        }
    }

    /// Vectors in style sheets, in processing instructions, in plain text and
    /// in the header block.
    const ELSEWHERE: &[Vector] = &[
        Vector::CssFont,
        Vector::CssImport,
        Vector::ReceiptHeader,
        Vector::TextUrl,
        Vector::XmlStylesheet,
    ];

    #[test]
    fn every_vector_has_an_entry_or_stands_elsewhere() {
        let rows = TABLE.iter().copied().flatten();
        let entries: BTreeSet<_> = rows.map(|e| e.vector).collect();
        for vector in Vector::ALL {
            assert!(
                entries.contains(vector) || ELSEWHERE.contains(vector),
                "{vector:?}"
            );
        }
    }

    #[test]
    fn attributes_with_a_prefix_are_found_without_regard_to_it() {
        for name in PREFIXED {
            let written = format!("XLink:{}", name.to_uppercase());
            let slot = INDEX.prefixed_slot(written.as_bytes());
            assert_eq!(slot.map(|slot| slot.name), Some(*name));
        }
        assert!(INDEX.prefixed_slot(b"xlink:src").is_none());
        assert!(INDEX.prefixed_slot(b"href").is_none());
    }

    #[test]
    fn every_slot_has_a_bit_of_its_own() {
        let slots: Vec<_> = INDEX.slots.iter().collect();
        let bits = slots.iter().fold(0, |bits, slot| bits | slot.bit);
        assert_eq!(bits.count_ones() as usize, slots.len());
        assert!(slots.iter().all(|slot| slot.bit.count_ones() == 1));
    }

    #[test]
    fn other_attributes_have_no_slot() {
        for name in [
            "align",
            "srce",
            "sr",
            "",
            "data-src",
            "a".repeat(40).as_str(),
        ] {
            assert!(INDEX.slot(name.as_bytes()).is_none(), "{name}");
        }
    }
}
