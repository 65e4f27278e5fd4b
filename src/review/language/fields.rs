//! The fields of the query language, in one table.

use super::{
    choices::{
        actions, ambiguities, categories, disclosures, dispositions, levels, skips, vectors,
    },
    number::Unit,
    when::Edge,
};

/// A field of the query language.
#[derive(Debug)]
pub struct FieldInfo {
    /// What it is called.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What its values look like.
    pub values: &'static str,
    /// What it asks for.
    pub meaning: &'static str,
    /// A condition that uses it.
    pub example: &'static str,
    pub(super) field: Field,
    pub(super) kind: Kind,
}

/// Which field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::review) enum Field {
    Action,
    Allowed,
    Ambiguity,
    Category,
    Client,
    Company,
    Count,
    Destination,
    Domain,
    Duration,
    Evidence,
    Host,
    Is,
    MessageId,
    Privacy,
    Queue,
    Recipient,
    RecipientDomain,
    Recipients,
    Rule,
    RulesVersion,
    Score,
    Sender,
    Since,
    Size,
    Skip,
    Tells,
    Tracker,
    Until,
    Vector,
    Vendor,
}

/// How the values of a field are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One of these words.
    Choice(fn() -> Vec<&'static str>),
    /// An IP address or network.
    Client,
    /// A domain, or an address of it; subdomains stand for their registrable
    /// domain.
    Domain,
    /// A text that is equal or is not.
    Exact,
    /// A host name.
    Host,
    /// A point in time.
    Moment(Edge),
    /// A domain, or an address of it, with its subdomains.
    MailDomain,
    /// A name, in any case.
    Name,
    /// A number or a range.
    Number(Unit),
    /// An address or a pseudonym.
    Person,
}

const DOMAIN: &str = "domain, `*` at either end";
const NAME: &str = "name, `*` at either end";
const NUMBER: &str = "`5`, `>5`, `<=5`, `1..5`";
const TIME: &str = "`2h`, `7d`, `2026-11-21`, RFC 3339";
const WORD: &str = "word";

/// Every field, those of the message before those of its findings.
pub const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "since",
        aliases: &["after"],
        values: TIME,
        meaning: "messages from then on",
        example: "since:7d",
        field: Field::Since,
        kind: Kind::Moment(Edge::Begin),
    },
    FieldInfo {
        name: "until",
        aliases: &["before"],
        values: TIME,
        meaning: "messages until then; a day counts as a whole",
        example: "until:2026-11-21",
        field: Field::Until,
        kind: Kind::Moment(Edge::End),
    },
    FieldInfo {
        name: "is",
        aliases: &["disposition", "outcome"],
        values: WORD,
        meaning: "what became of the message",
        example: "is:changed,would-change",
        field: Field::Is,
        kind: Kind::Choice(dispositions),
    },
    FieldInfo {
        name: "sender",
        aliases: &["from"],
        values: "domain or address, `*` at either end",
        meaning: "registrable domain of the envelope sender or of the From field",
        example: "sender:example.org",
        field: Field::Sender,
        kind: Kind::Domain,
    },
    FieldInfo {
        name: "recipient",
        aliases: &["rcpt", "to"],
        values: "address or `r_…`",
        meaning: "a recipient, in clear or by the pseudonyms of every key",
        example: "recipient:jane@example.com",
        field: Field::Recipient,
        kind: Kind::Person,
    },
    FieldInfo {
        name: "recipient-domain",
        aliases: &["rcpt-domain", "to-domain"],
        values: DOMAIN,
        meaning: "domain of a recipient",
        example: "recipient-domain:example.com",
        field: Field::RecipientDomain,
        kind: Kind::MailDomain,
    },
    FieldInfo {
        name: "queue",
        aliases: &["qid", "queue-id"],
        values: "queue id",
        meaning: "the MTA's queue id, in the same case",
        example: "queue:4ABCdef123z",
        field: Field::Queue,
        kind: Kind::Exact,
    },
    FieldInfo {
        name: "message-id",
        aliases: &["mid", "msgid"],
        values: "Message-ID or `m_…`",
        meaning: "the Message-ID, in clear or by the pseudonyms of every key",
        example: "message-id:20261121.7@mail.example.org",
        field: Field::MessageId,
        kind: Kind::Exact,
    },
    FieldInfo {
        name: "client",
        aliases: &["ip", "network"],
        values: "address or network",
        meaning: "the SMTP client; what is stored may be its network (/24, /48)",
        example: "client:192.0.2.0/24",
        field: Field::Client,
        kind: Kind::Client,
    },
    FieldInfo {
        name: "skip",
        aliases: &["skipped"],
        values: WORD,
        meaning: "why the message, or a part of it, was not cleaned; `*` for any reason",
        example: "skip:signed,encrypted",
        field: Field::Skip,
        kind: Kind::Choice(skips),
    },
    FieldInfo {
        name: "ambiguity",
        aliases: &["ambiguous"],
        values: WORD,
        meaning: "what receivers may read differently; `*` for anything",
        example: "ambiguity:boundary",
        field: Field::Ambiguity,
        kind: Kind::Choice(ambiguities),
    },
    FieldInfo {
        name: "privacy",
        aliases: &["level"],
        values: WORD,
        meaning: "the privacy level that the message was stored at",
        example: "privacy:full",
        field: Field::Privacy,
        kind: Kind::Choice(levels),
    },
    FieldInfo {
        name: "rules-version",
        aliases: &["rules"],
        values: NAME,
        meaning: "version of the rules that judged the message",
        example: "rules-version:0123456789ab",
        field: Field::RulesVersion,
        kind: Kind::Name,
    },
    FieldInfo {
        name: "recipients",
        aliases: &["rcpts"],
        values: NUMBER,
        meaning: "how many recipients the message has",
        example: "recipients:>10",
        field: Field::Recipients,
        kind: Kind::Number(Unit::One),
    },
    FieldInfo {
        name: "size",
        aliases: &["bytes"],
        values: "number or range of bytes, with `k`, `M`, `G`",
        meaning: "size of the body as it came",
        example: "size:>1M",
        field: Field::Size,
        kind: Kind::Number(Unit::Bytes),
    },
    FieldInfo {
        name: "duration",
        aliases: &["ms"],
        values: "number or range of milliseconds",
        meaning: "time from end of message to the decision",
        example: "duration:>=250",
        field: Field::Duration,
        kind: Kind::Number(Unit::Milliseconds),
    },
    FieldInfo {
        name: "tracker",
        aliases: &[],
        values: "host or domain, `*` at either end",
        meaning: "host of the URL, or its registrable domain",
        example: "tracker:click.example.net",
        field: Field::Tracker,
        kind: Kind::Host,
    },
    FieldInfo {
        name: "host",
        aliases: &[],
        values: "host, `*` at either end",
        meaning: "host of the URL, tokens hidden as stored",
        example: "host:*.ct.example.net",
        field: Field::Host,
        kind: Kind::Host,
    },
    FieldInfo {
        name: "domain",
        aliases: &[],
        values: DOMAIN,
        meaning: "registrable domain of the URL",
        example: "domain:example.net",
        field: Field::Domain,
        kind: Kind::Domain,
    },
    FieldInfo {
        name: "destination",
        aliases: &["dest"],
        values: DOMAIN,
        meaning: "registrable domain that the unwrapped link leads to",
        example: "destination:shop.example",
        field: Field::Destination,
        kind: Kind::Domain,
    },
    FieldInfo {
        name: "company",
        aliases: &[],
        values: NAME,
        meaning: "company behind the vendor whose rule matched",
        example: "company:\"Example Inc\"",
        field: Field::Company,
        kind: Kind::Name,
    },
    FieldInfo {
        name: "vendor",
        aliases: &["service"],
        values: NAME,
        meaning: "identifier or name of the vendor whose rule matched",
        example: "vendor:\"Example Mail\"",
        field: Field::Vendor,
        kind: Kind::Name,
    },
    FieldInfo {
        name: "category",
        aliases: &["kind"],
        values: WORD,
        meaning: "kind of service",
        example: "category:sales",
        field: Field::Category,
        kind: Kind::Choice(categories),
    },
    FieldInfo {
        name: "rule",
        aliases: &[],
        values: "identifier, `*` at either end",
        meaning: "a rule that matched, inner wrappers included",
        example: "rule:example-*",
        field: Field::Rule,
        kind: Kind::Name,
    },
    FieldInfo {
        name: "vector",
        aliases: &[],
        values: WORD,
        meaning: "how the URL is reached",
        example: "vector:img-src",
        field: Field::Vector,
        kind: Kind::Choice(vectors),
    },
    FieldInfo {
        name: "action",
        aliases: &[],
        values: WORD,
        meaning: "what was done, or would have been (with `is:would-change`)",
        example: "action:unwrap,trim",
        field: Field::Action,
        kind: Kind::Choice(actions),
    },
    FieldInfo {
        name: "tells",
        aliases: &["discloses"],
        values: WORD,
        meaning: "what the URL tells its owner",
        example: "tells:address",
        field: Field::Tells,
        kind: Kind::Choice(disclosures),
    },
    FieldInfo {
        name: "evidence",
        aliases: &["reason"],
        values: "name of a kind, `*` at either end",
        meaning: "a reason for or against",
        example: "evidence:tiny",
        field: Field::Evidence,
        kind: Kind::Name,
    },
    FieldInfo {
        name: "allowed",
        aliases: &["spared"],
        values: "identifier, `*` for any",
        meaning: "the entry of the allowlist that spared it",
        example: "allowed:*",
        field: Field::Allowed,
        kind: Kind::Name,
    },
    FieldInfo {
        name: "score",
        aliases: &[],
        values: NUMBER,
        meaning: "highest score among equal findings",
        example: "score:>=100",
        field: Field::Score,
        kind: Kind::Number(Unit::One),
    },
    FieldInfo {
        name: "count",
        aliases: &["times"],
        values: NUMBER,
        meaning: "how many equal findings there are",
        example: "count:>20",
        field: Field::Count,
        kind: Kind::Number(Unit::One),
    },
];

impl FieldInfo {
    /// The words that it takes, if there are only so many.
    pub fn choices(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Choice(words) => words(),
            _ => Vec::new(),
        }
    }
}

impl Field {
    pub(super) fn info(self) -> &'static FieldInfo {
        // Each is in the table once, which a test holds.
        static NONE: FieldInfo = FieldInfo {
            name: "",
            aliases: &[],
            values: "",
            meaning: "",
            example: "",
            field: Field::Is,
            kind: Kind::Exact,
        };
        FIELDS
            .iter()
            .find(|info| info.field == self)
            .unwrap_or(&NONE)
    }
}

/// The field of this name, in any case and with either of `-` and `_`.
pub(super) fn find(name: &str) -> Option<&'static FieldInfo> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    FIELDS
        .iter()
        .find(|info| info.name == name || info.aliases.contains(&name.as_str()))
}

/// All names and other names of fields.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FIELDS
        .iter()
        .flat_map(|info| std::iter::once(info.name).chain(info.aliases.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_there_once() {
        let mut seen = HashSet::new();
        for name in names() {
            assert!(seen.insert(name), "{name} twice");
            assert_eq!(
                find(name).map(|info| info.field.info().name),
                find(name).map(|i| i.name)
            );
        }
        for info in FIELDS {
            assert_eq!(info.field.info().name, info.name);
            let (field, _) = info.example.split_once(':').unwrap();
            assert_eq!(field, info.name, "the example uses its field");
        }
        assert_eq!(find("Queue_ID").map(|info| info.name), Some("queue"));
        assert!(find("").is_none());
    }

    #[test]
    fn the_documentation_has_this_table() {
        let rows: Vec<String> = FIELDS
            .iter()
            .map(|info| {
                let aliases: Vec<String> = info.aliases.iter().map(|a| format!("`{a}`")).collect();
                format!(
                    "| `{}` | {} | {} | {} | `{}` |",
                    info.name,
                    aliases.join(", "),
                    info.values,
                    info.meaning,
                    info.example
                )
            })
            .collect();
        let page = include_str!("../../../docs/queries.md");
        let (_, table) = page.split_once("|---|---|---|---|---|\n").unwrap();
        let table: Vec<&str> = table.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(table, rows);
    }
}
