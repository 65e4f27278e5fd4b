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

    fn is_of(&self, element: &[u8]) -> bool {
        self.elements.is_empty() || self.elements.iter().any(|e| e.as_bytes() == element)
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
    /// The vectors of this attribute.
    entries: Vec<&'static Entry>,
    /// One bit of its own, to tell the first of two equal attributes.
    pub(crate) bit: u64,
}

impl Slot {
    /// The entries for this element, its name in lower case and without a prefix.
    pub(crate) fn entries(&self, element: &[u8]) -> impl Iterator<Item = &'static Entry> {
        let entries = self.entries.iter().copied();
        entries.filter(move |entry| entry.is_of(element))
    }
}

/// Attributes that are looked for on every element, for what they say about
/// it.
const FACTS: &[(&str, Role)] = &[("hidden", Role::Hidden), ("style", Role::Style)];

/// Longest attribute name in the table, and one more.
const LENGTHS: usize = 32;

/// The table by attribute name. Nearly all attributes in mail are told apart
/// from these by their length and first letter.
pub(crate) struct Index {
    by_length: [Vec<Slot>; LENGTHS],
    initials: [u32; LENGTHS],
}

pub(crate) static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        by_length: [const { Vec::new() }; LENGTHS],
        initials: [0; LENGTHS],
    };
    let mut bit = 1;
    for (name, role) in FACTS {
        bit = index.add(name, *role, None, bit);
    }
    for entry in TABLE.iter().copied().flatten() {
        bit = index.add(entry.attribute, Role::Vector, Some(entry), bit);
    }
    index
});

impl Index {
    /// Adds an entry under its name, in a new slot if there is none. Returns
    /// the bit for the next slot.
    fn add(
        &mut self,
        name: &'static str,
        role: Role,
        entry: Option<&'static Entry>,
        bit: u64,
    ) -> u64 {
        let (Some(slots), Some(initials)) = (
            self.by_length.get_mut(name.len()),
            self.initials.get_mut(name.len()),
        ) else {
            return bit;
        };
        *initials |= initial(name.as_bytes());
        if let Some(slot) = slots.iter_mut().find(|slot| slot.name == name) {
            slot.entries.extend(entry);
            return bit;
        }
        slots.push(Slot {
            name,
            role,
            entries: entry.into_iter().collect(),
            bit,
        });
        bit << 1
    }

    /// The slot of an attribute, its name as written.
    #[inline]
    pub(crate) fn slot(&self, name: &[u8]) -> Option<&Slot> {
        let initials = self.initials.get(name.len())?;
        if initials & initial(name) == 0 {
            return None;
        }
        let slots = self.by_length.get(name.len())?;
        slots
            .iter()
            .find(|slot| slot.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The slot of an attribute with a namespace prefix (`xlink:href`), if it
    /// is one of those that are used with one.
    #[inline]
    pub(crate) fn prefixed_slot(&self, name: &[u8]) -> Option<&Slot> {
        let colon = name.iter().rposition(|b| *b == b':')?;
        self.slot(name.get(colon + 1..)?)
            .filter(|slot| PREFIXED.contains(&slot.name))
    }
}

/// Attributes that SVG, MathML and VML have with a namespace prefix. An
/// element can have any number of them, so their entries must not look at
/// other attributes.
const PREFIXED: &[&str] = &["althref", "href"];

/// One of 32 bits for the first letter, the same in both cases.
fn initial(name: &[u8]) -> u32 {
    name.first().map_or(0, |letter| 1 << (letter & 0x1F))
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
                    .entries(element.as_bytes())
                    .any(|e| e.vector == entry.vector);
                assert_eq!(found, entry.is_of(element.as_bytes()), "{entry:?}");
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
    fn every_slot_has_a_bit_of_its_own() {
        let slots: Vec<_> = INDEX.by_length.iter().flatten().collect();
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
