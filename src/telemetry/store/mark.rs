//! What queries ask for: the dimensions of the index, and the keys of their
//! values.
//!
//! A message has one mark for each value of each dimension, however many of
//! its findings have it. A key is made of the dimension's number and of the
//! value: the number of a name in its dictionary, a number as it is, or 24 bits
//! of the hash of a text that hardly ever repeats. So the values of a dimension
//! are one range of keys, and a range of numbers is one, too. How the marks are
//! stored is in `segment.rs`.

/// Bits of a key below the number of the dimension.
const VALUE_BITS: u32 = 40;
/// The largest value.
const MAX_VALUE: i64 = (1 << VALUE_BITS) - 1;
/// What is added to a number, so that negative ones come first.
const ZERO: i64 = 1 << (VALUE_BITS - 1);
/// Bits of the hash of a text: what it finds is looked at, so it need not be
/// unique, and a longer one would take more space.
const HASH_BITS: u32 = 24;

// The numbers of the dimensions. They stand in the file: never change one.
pub(crate) const DISPOSITION: u8 = 0;
pub(crate) const SKIP: u8 = 1;
pub(crate) const SENDER: u8 = 2;
pub(crate) const RECIPIENT_DOMAIN: u8 = 3;
pub(crate) const CLIENT: u8 = 4;
pub(crate) const VECTOR: u8 = 5;
pub(crate) const ACTION: u8 = 6;
pub(crate) const RULE: u8 = 7;
pub(crate) const VENDOR: u8 = 8;
pub(crate) const COMPANY: u8 = 9;
pub(crate) const CATEGORY: u8 = 10;
pub(crate) const TRACKER_HOST: u8 = 11;
pub(crate) const TRACKER_DOMAIN: u8 = 12;
pub(crate) const DESTINATION: u8 = 13;
pub(crate) const TELLS: u8 = 14;
pub(crate) const ALLOWED: u8 = 15;
pub(crate) const RULES_VERSION: u8 = 16;
pub(crate) const PRIVACY: u8 = 17;
pub(crate) const AMBIGUITY: u8 = 18;
pub(crate) const EVIDENCE: u8 = 19;
pub(crate) const RECIPIENT: u8 = 20;
pub(crate) const MESSAGE_ID: u8 = 21;
pub(crate) const QUEUE_ID: u8 = 22;
pub(crate) const RECIPIENTS: u8 = 23;
pub(crate) const SIZE: u8 = 24;
pub(crate) const DURATION: u8 = 25;
pub(crate) const SCORE: u8 = 26;
pub(crate) const COUNT: u8 = 27;

/// The action that marks a kept redirect whose destination cannot be read, in
/// place of `keep`; the daily sums call it the same.
pub(crate) const OPAQUE: &str = "opaque";

/// A dimension of the index.
#[derive(Debug)]
pub(crate) struct Mark {
    /// Its permanent number, 0 to 126.
    pub(crate) number: u8,
    /// Its permanent name.
    #[allow(dead_code, reason = "people and tests call it so")]
    pub(crate) name: &'static str,
    /// What its values are.
    pub(crate) kind: Kind,
    /// Where they come from.
    pub(super) sources: &'static [Source],
}

/// What the values of a dimension are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Names that stand in this dictionary.
    Name(&'static str),
    /// Texts, of which only a hash is in the index: whoever finds a message by
    /// one must look at the text itself.
    Text,
    /// Whole numbers.
    Number,
}

/// A column, or words of one, that marks are made of.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) table: Table,
    /// The value, in SQL.
    pub(super) value: &'static str,
    /// What that needs besides the table.
    pub(super) join: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Message,
    Recipient,
    Finding,
}

const fn column(table: Table, value: &'static str) -> Source {
    Source {
        table,
        value,
        join: "",
    }
}

const fn words(table: Table, join: &'static str) -> Source {
    Source {
        table,
        value: "d.id",
        join,
    }
}

/// Every dimension, in order of its number.
pub(crate) const MARKS: &[Mark] = &[
    Mark {
        number: DISPOSITION,
        name: "disposition",
        kind: Kind::Name("disposition"),
        sources: &[column(Table::Message, "m.disposition")],
    },
    Mark {
        number: SKIP,
        name: "skip",
        kind: Kind::Name("skip"),
        sources: &[words(
            Table::Message,
            "CROSS JOIN skip d ON m.skips IS NOT NULL
             AND instr(' ' || m.skips, ' ' || d.name || ':') > 0",
        )],
    },
    // Of the envelope and of the From field.
    Mark {
        number: SENDER,
        name: "sender",
        kind: Kind::Name("domain"),
        sources: &[
            column(Table::Message, "m.sender_domain"),
            column(Table::Message, "m.from_domain"),
        ],
    },
    Mark {
        number: RECIPIENT_DOMAIN,
        name: "recipient_domain",
        kind: Kind::Name("domain"),
        sources: &[column(Table::Recipient, "r.domain")],
    },
    Mark {
        number: CLIENT,
        name: "client",
        kind: Kind::Name("client"),
        sources: &[column(Table::Message, "m.client")],
    },
    Mark {
        number: VECTOR,
        name: "vector",
        kind: Kind::Name("vector"),
        sources: &[column(Table::Finding, "f.vector")],
    },
    Mark {
        number: ACTION,
        name: "action",
        kind: Kind::Name("action"),
        sources: &[words(
            Table::Finding,
            "JOIN action a ON a.id = f.action
             JOIN action d ON d.name = iif(f.opaque AND a.name = 'keep', 'opaque', a.name)",
        )],
    },
    // The outermost and those within.
    Mark {
        number: RULE,
        name: "rule",
        kind: Kind::Name("rule"),
        sources: &[
            column(Table::Finding, "f.rule"),
            words(
                Table::Finding,
                "CROSS JOIN rule d ON f.inner_rules IS NOT NULL
                 AND instr(f.inner_rules, ' ' || d.name || ' ') > 0",
            ),
        ],
    },
    Mark {
        number: VENDOR,
        name: "vendor",
        kind: Kind::Name("vendor"),
        sources: &[column(Table::Finding, "f.vendor")],
    },
    Mark {
        number: COMPANY,
        name: "company",
        kind: Kind::Name("company"),
        sources: &[column(Table::Finding, "f.company")],
    },
    Mark {
        number: CATEGORY,
        name: "category",
        kind: Kind::Name("category"),
        sources: &[column(Table::Finding, "f.category")],
    },
    Mark {
        number: TRACKER_HOST,
        name: "tracker_host",
        kind: Kind::Name("tracker"),
        sources: &[column(Table::Finding, "f.tracker")],
    },
    Mark {
        number: TRACKER_DOMAIN,
        name: "tracker_domain",
        kind: Kind::Name("domain"),
        sources: &[column(Table::Finding, "f.tracker_domain")],
    },
    Mark {
        number: DESTINATION,
        name: "destination",
        kind: Kind::Name("domain"),
        sources: &[column(Table::Finding, "f.destination")],
    },
    // Each kind of what a URL tells by itself.
    Mark {
        number: TELLS,
        name: "tells",
        kind: Kind::Name("kind"),
        sources: &[words(
            Table::Finding,
            "JOIN tells t ON t.id = f.tells
             CROSS JOIN kind d ON instr(' ' || t.name || ' ', ' ' || d.name || ' ') > 0",
        )],
    },
    Mark {
        number: ALLOWED,
        name: "allowed",
        kind: Kind::Name("allowed"),
        sources: &[column(Table::Finding, "f.allowed")],
    },
    Mark {
        number: RULES_VERSION,
        name: "rules_version",
        kind: Kind::Name("version"),
        sources: &[column(Table::Message, "m.rules_version")],
    },
    Mark {
        number: PRIVACY,
        name: "privacy",
        kind: Kind::Name("privacy"),
        sources: &[column(Table::Message, "m.privacy")],
    },
    Mark {
        number: AMBIGUITY,
        name: "ambiguity",
        kind: Kind::Name("ambiguity"),
        sources: &[words(
            Table::Message,
            "CROSS JOIN ambiguity d ON m.ambiguities IS NOT NULL
             AND instr(' ' || m.ambiguities, ' ' || d.name || ':') > 0",
        )],
    },
    Mark {
        number: EVIDENCE,
        name: "evidence",
        kind: Kind::Name("evidence_kind"),
        sources: &[words(
            Table::Finding,
            "JOIN evidence e ON e.id = f.evidence
             CROSS JOIN evidence_kind d
             ON instr(char(10) || e.name, char(10) || d.name || ':') > 0",
        )],
    },
    Mark {
        number: RECIPIENT,
        name: "recipient",
        kind: Kind::Text,
        sources: &[column(Table::Recipient, "r.who")],
    },
    Mark {
        number: MESSAGE_ID,
        name: "message_id",
        kind: Kind::Text,
        sources: &[column(Table::Message, "m.message_id")],
    },
    Mark {
        number: QUEUE_ID,
        name: "queue_id",
        kind: Kind::Text,
        sources: &[column(Table::Message, "m.queue_id")],
    },
    Mark {
        number: RECIPIENTS,
        name: "recipients",
        kind: Kind::Number,
        sources: &[column(Table::Message, "m.recipients")],
    },
    Mark {
        number: SIZE,
        name: "size",
        kind: Kind::Number,
        sources: &[column(Table::Message, "m.size_before")],
    },
    Mark {
        number: DURATION,
        name: "duration",
        kind: Kind::Number,
        sources: &[column(Table::Message, "m.duration_us")],
    },
    Mark {
        number: SCORE,
        name: "score",
        kind: Kind::Number,
        sources: &[column(Table::Finding, "f.score")],
    },
    Mark {
        number: COUNT,
        name: "count",
        kind: Kind::Number,
        sources: &[column(Table::Finding, "f.count")],
    },
];

const fn key(number: u8, value: i64) -> i64 {
    (number as i64) << VALUE_BITS | value
}

/// The dimension of a key.
pub(crate) fn dimension(key: i64) -> i64 {
    key >> VALUE_BITS
}

/// The value of a key.
pub(crate) fn value(key: i64) -> i64 {
    key & MAX_VALUE
}

/// The key of a name by its number in the dictionary, which counts from one
/// and will not reach 2^40.
pub(crate) fn of_name(number: u8, id: i64) -> i64 {
    key(number, id & MAX_VALUE)
}

/// The key of a text (FNV-1a of 64 bits, folded).
pub(crate) fn of_text(number: u8, text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let folded = (hash ^ hash >> HASH_BITS ^ hash >> (2 * HASH_BITS)) & ((1 << HASH_BITS) - 1);
    key(number, i64::try_from(folded).unwrap_or_default())
}

/// The key of a number. Numbers beyond 2^39 have that of the largest.
pub(crate) fn of_number(number: u8, n: i64) -> i64 {
    key(number, n.clamp(-ZERO, ZERO - 1) + ZERO)
}

/// Whether a number has a key that no other has.
pub(crate) fn is_exact(n: i64) -> bool {
    -ZERO < n && n < ZERO - 1
}

/// The kinds of evidence in a text of `kind:weight detail`, one a line.
pub(crate) fn evidence_kinds(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| {
        let head = line.split(' ').next().unwrap_or_default();
        head.rsplit_once(':').map_or(head, |(kind, _)| kind)
    })
}

/// The keys of one message.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<i64>);

impl Keys {
    pub(crate) fn name(&mut self, number: u8, id: Option<i64>) {
        self.0.extend(id.map(|id| of_name(number, id)));
    }

    pub(crate) fn text(&mut self, number: u8, text: Option<&str>) {
        self.0.extend(text.map(|text| of_text(number, text)));
    }

    pub(crate) fn number(&mut self, number: u8, n: i64) {
        self.0.push(of_number(number, n));
    }

    /// Each key once, in ascending order.
    pub(crate) fn into_sorted(mut self) -> Vec<i64> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{super::schema, *};

    #[test]
    fn numbers_are_permanent_and_dictionaries_exist() {
        for (n, mark) in MARKS.iter().enumerate() {
            assert_eq!(usize::from(mark.number), n, "{}", mark.name);
            if let Kind::Name(dictionary) = mark.kind {
                assert!(schema::DICTIONARIES.contains(&dictionary), "{dictionary}");
            }
        }
        assert!(MARKS.len() < 127);
        assert_eq!(MARKS[usize::from(RULES_VERSION)].name, "rules_version");
        assert_eq!(MARKS[usize::from(COUNT)].name, "count");
    }

    #[test]
    fn a_key_holds_the_dimension_and_the_value() {
        const TIB: i64 = 1 << 40;
        assert_eq!(of_name(DISPOSITION, 3), 3);
        assert_eq!(of_name(SENDER, 3), 2 * TIB + 3);
        assert_eq!(dimension(of_name(SENDER, 3)), 2);
        assert_eq!(value(of_name(SENDER, 3)), 3);
        assert_eq!(of_number(SCORE, 0), 26 * TIB + TIB / 2);
        assert_eq!(of_number(SCORE, -7), 26 * TIB + TIB / 2 - 7);
        // The ends of the scale stay in their dimension.
        assert_eq!(of_number(SCORE, i64::MIN), 26 * TIB);
        assert_eq!(of_number(SCORE, i64::MAX), 27 * TIB - 1);
        assert!(is_exact(0) && is_exact(TIB / 2 - 2) && is_exact(2 - TIB / 2));
        assert!(!is_exact(TIB / 2 - 1) && !is_exact(-TIB / 2) && !is_exact(i64::MAX));
        // FNV-1a of "a" is af63dc4c8601ec8c: 01ec8c ^ dc4c86 ^ 00af63.
        assert_eq!(of_text(RECIPIENT, "a"), 20 * TIB + 0x00dd_0f69);
    }

    #[test]
    fn kinds_of_evidence_are_read_line_by_line() {
        let kinds: Vec<_> = evidence_kinds("rule:100 example-open\nsize:-4 1×1\nalone").collect();
        assert_eq!(kinds, ["rule", "size", "alone"]);
        assert_eq!(evidence_kinds("").count(), 0);
    }
}
