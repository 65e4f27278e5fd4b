//! Names become numbers: what each condition reads of the index, and how it is
//! checked where the index does not answer.

use super::{
    super::language::{Condition, Field, Pattern, Query, Range, Term, Value, network},
    Order,
    check::{EvidenceKinds, Ids, OfFinding, OfMessage, Test},
    names::{Names, any},
};
use crate::telemetry::store::{
    mark::{self, Kind},
    schema,
    segment::Probe,
};
use rusqlite::Connection;

/// Shortest word that may be a queue id.
const MIN_QUEUE_ID: usize = 4;

/// How a query is answered.
#[derive(Debug, Default)]
pub(in crate::review) struct Plan {
    /// The lowest id that may fit.
    pub(super) low: i64,
    /// What all ids that may fit are below.
    pub(super) high: i64,
    /// A message has a key of each of these.
    pub(super) wanted: Vec<Vec<Probe>>,
    /// It has a key of none of these.
    pub(super) unwanted: Vec<Vec<Probe>>,
    /// What the index leaves open.
    pub(super) tests: Vec<Test>,
    /// Whether it is certain that nothing fits.
    pub(super) is_empty: bool,
}

/// Ranges of keys, both ends included.
type Keys = Vec<(i64, i64)>;

/// One condition in numbers.
struct Resolved {
    test: Test,
    /// Messages in which it holds have one of these.
    keys: Keys,
    /// Whether it holds in all messages that have one.
    is_exact: bool,
}

impl Plan {
    /// Looks up what the query names.
    pub(in crate::review) fn of(connection: &Connection, query: &Query) -> rusqlite::Result<Self> {
        plan(connection, query)
    }

    /// The messages with this queue id.
    pub(in crate::review) fn of_queue_id(text: &str) -> Self {
        Self::of_texts(mark::QUEUE_ID, vec![text.to_owned()], OfMessage::Queue)
    }

    /// The messages with a Message-ID that is stored in one of these forms.
    pub(in crate::review) fn of_message_id(forms: Vec<String>) -> Self {
        Self::of_texts(mark::MESSAGE_ID, forms, OfMessage::MessageId)
    }

    fn of_texts(number: u8, texts: Vec<String>, part: fn(Vec<String>) -> OfMessage) -> Self {
        Self {
            high: i64::MAX,
            wanted: vec![Probe::of(hashes(number, &texts))],
            is_empty: texts.is_empty(),
            tests: vec![Test {
                negated: false,
                of_message: vec![part(texts)],
                of_finding: Vec::new(),
            }],
            ..Self::default()
        }
    }
}

fn plan(connection: &Connection, query: &Query) -> rusqlite::Result<Plan> {
    let names = Names(connection);
    let mut plan = Plan {
        low: query.since_ms().map_or(0, schema::first_id),
        high: query.until_ms().map_or(i64::MAX, schema::first_id),
        ..Plan::default()
    };
    // Those that must hold for one and the same finding.
    let mut together: Vec<Test> = Vec::new();
    let mut is_open = false;
    for term in query.terms() {
        let Resolved {
            test,
            keys,
            is_exact,
        } = names.resolve(term)?;
        match test.negated {
            false if keys.is_empty() => plan.is_empty = true,
            false => plan.wanted.push(Probe::of(keys)),
            true if is_exact && !keys.is_empty() => plan.unwanted.push(Probe::of(keys)),
            true => {}
        }
        if !test.negated && !test.of_finding.is_empty() {
            is_open |= !is_exact;
            together.push(test);
        } else if !is_exact {
            plan.tests.push(test);
        }
    }
    // One alone is answered by the index; of several it does not know whether
    // they hold for the same finding.
    if together.len() > 1 || is_open {
        plan.tests.append(&mut together);
    }
    Ok(plan)
}

impl Names<'_> {
    fn resolve(&self, term: &Term) -> rusqlite::Result<Resolved> {
        let mut resolved = Resolved {
            test: Test {
                negated: term.negated,
                of_message: Vec::new(),
                of_finding: Vec::new(),
            },
            keys: Keys::new(),
            is_exact: true,
        };
        match &term.condition {
            Condition::Word(word) => self.word(word, &mut resolved)?,
            Condition::Field(field, values) => self.field(*field, values, &mut resolved)?,
        }
        Ok(resolved)
    }

    fn field(
        &self,
        field: Field,
        values: &[Value],
        resolved: &mut Resolved,
    ) -> rusqlite::Result<()> {
        let patterns = patterns(values);
        match field {
            // Bounds of time are no conditions.
            Field::Since | Field::Until => {}
            Field::Is => {
                let ids = self.marked(mark::DISPOSITION, &patterns, resolved)?;
                resolved.of_message(OfMessage::Disposition(ids));
            }
            Field::Sender => {
                let ids = self.marked(mark::SENDER, &patterns, resolved)?;
                resolved.of_message(OfMessage::Sender(ids));
            }
            Field::RecipientDomain => {
                let ids = self.marked(mark::RECIPIENT_DOMAIN, &patterns, resolved)?;
                resolved.of_message(OfMessage::RecipientDomain(ids));
            }
            Field::RulesVersion => {
                let ids = self.marked(mark::RULES_VERSION, &patterns, resolved)?;
                resolved.of_message(OfMessage::RulesVersion(ids));
            }
            Field::Privacy => {
                let ids = self.marked(mark::PRIVACY, &patterns, resolved)?;
                resolved.of_message(OfMessage::Privacy(ids));
            }
            Field::Client => {
                let ids = self.scan("client", |name| is_network(values, name))?;
                resolved.names(mark::CLIENT, &ids);
                resolved.of_message(OfMessage::Client(set(&ids)));
            }
            Field::Skip => {
                self.marked(mark::SKIP, &patterns, resolved)?;
                resolved.of_message(OfMessage::Skip(patterns));
            }
            Field::Ambiguity => {
                self.marked(mark::AMBIGUITY, &patterns, resolved)?;
                resolved.of_message(OfMessage::Ambiguity(patterns));
            }
            Field::Recipient => {
                resolved.texts(mark::RECIPIENT, forms(values), OfMessage::Recipient);
            }
            Field::MessageId => {
                resolved.texts(mark::MESSAGE_ID, forms(values), OfMessage::MessageId);
            }
            Field::Queue => {
                let texts = patterns.into_iter().map(|pattern| pattern.text).collect();
                resolved.texts(mark::QUEUE_ID, texts, OfMessage::Queue);
            }
            Field::Recipients => {
                let ranges = resolved.numbers(mark::RECIPIENTS, values);
                resolved.of_message(OfMessage::Recipients(ranges));
            }
            Field::Size => {
                let ranges = resolved.numbers(mark::SIZE, values);
                resolved.of_message(OfMessage::Size(ranges));
            }
            Field::Duration => {
                let ranges = resolved.numbers(mark::DURATION, values);
                resolved.of_message(OfMessage::Duration(ranges));
            }
            Field::Tracker => {
                let hosts = self.marked(mark::TRACKER_HOST, &patterns, resolved)?;
                let domains = self.marked(mark::TRACKER_DOMAIN, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Host(hosts));
                resolved.of_finding(OfFinding::Domain(domains));
            }
            Field::Host => {
                let ids = self.marked(mark::TRACKER_HOST, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Host(ids));
            }
            Field::Domain => {
                let ids = self.marked(mark::TRACKER_DOMAIN, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Domain(ids));
            }
            Field::Destination => {
                let ids = self.marked(mark::DESTINATION, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Destination(ids));
            }
            Field::Company => {
                let ids = self.marked(mark::COMPANY, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Company(ids));
            }
            Field::Category => {
                let ids = self.marked(mark::CATEGORY, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Category(ids));
            }
            Field::Vector => {
                let ids = self.marked(mark::VECTOR, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Vector(ids));
            }
            Field::Allowed => {
                let ids = self.marked(mark::ALLOWED, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Allowed(ids));
            }
            Field::Vendor => {
                let ids = self.vendors(&patterns)?;
                resolved.names(mark::VENDOR, &ids);
                resolved.of_finding(OfFinding::Vendor(set(&ids)));
            }
            Field::Rule => {
                let ids = self.marked(mark::RULE, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Rule(ids, patterns));
            }
            Field::Action => {
                let part = OfFinding::Action {
                    ids: self.marked(mark::ACTION, &patterns, resolved)?,
                    opaque: any(&patterns, mark::OPAQUE),
                    keep: self.scan("action", |name| name == "keep")?.pop(),
                };
                resolved.of_finding(part);
            }
            Field::Tells => {
                self.marked(mark::TELLS, &patterns, resolved)?;
                let lists = self.scan("tells", |list| {
                    list.split_ascii_whitespace().any(|k| any(&patterns, k))
                })?;
                resolved.of_finding(OfFinding::Tells(set(&lists)));
            }
            Field::Evidence => {
                self.marked(mark::EVIDENCE, &patterns, resolved)?;
                resolved.of_finding(OfFinding::Evidence(EvidenceKinds::new(patterns)));
            }
            Field::Score => {
                let ranges = resolved.numbers(mark::SCORE, values);
                resolved.of_finding(OfFinding::Score(ranges));
            }
            Field::Count => {
                let ranges = resolved.numbers(mark::COUNT, values);
                resolved.of_finding(OfFinding::Count(ranges));
            }
        }
        Ok(())
    }

    /// Looks the names of a dimension up, and looks for their keys.
    fn marked(
        &self,
        number: u8,
        patterns: &[Pattern],
        resolved: &mut Resolved,
    ) -> rusqlite::Result<Ids> {
        let mark = mark::MARKS.iter().find(|mark| mark.number == number);
        let Some(Kind::Name(dictionary)) = mark.map(|mark| mark.kind) else {
            return Ok(Ids::default());
        };
        let ids = self.ids(dictionary, patterns)?;
        resolved.names(number, &ids);
        Ok(set(&ids))
    }

    /// What a bare word can stand in.
    fn word(&self, word: &str, resolved: &mut Resolved) -> rusqlite::Result<()> {
        let part = [Pattern {
            text: word.to_lowercase(),
            open_start: true,
            open_end: true,
        }];
        let senders = self.marked(mark::SENDER, &part, resolved)?;
        let domains = self.marked(mark::TRACKER_DOMAIN, &part, resolved)?;
        let hosts = self.marked(mark::TRACKER_HOST, &part, resolved)?;
        let companies = self.marked(mark::COMPANY, &part, resolved)?;
        let rules = self.marked(mark::RULE, &part, resolved)?;
        let vendors = self.vendors(&part)?;
        resolved.names(mark::VENDOR, &vendors);
        resolved.of_message(OfMessage::Sender(senders));
        for part in [
            OfFinding::Domain(domains),
            OfFinding::Host(hosts),
            OfFinding::Company(companies),
            OfFinding::Rule(rules, part.to_vec()),
            OfFinding::Vendor(set(&vendors)),
        ] {
            resolved.of_finding(part);
        }
        // Only one that there is makes it necessary to look at what the index
        // finds.
        if word.chars().count() >= MIN_QUEUE_ID {
            let plan = Plan::of_queue_id(word);
            let patience = || Ok::<_, rusqlite::Error>(());
            if !plan
                .ids(self.0, Order::Down(i64::MAX), 1, patience)?
                .is_empty()
            {
                resolved.texts(mark::QUEUE_ID, vec![word.to_owned()], OfMessage::Queue);
            }
        }
        Ok(())
    }
}

impl Resolved {
    fn of_message(&mut self, part: OfMessage) {
        self.test.of_message.push(part);
    }

    fn of_finding(&mut self, part: OfFinding) {
        self.test.of_finding.push(part);
    }

    fn names(&mut self, number: u8, ids: &[i64]) {
        let keys = ids.iter().map(|id| mark::of_name(number, *id));
        self.keys.extend(keys.map(|key| (key, key)));
    }

    /// Texts, of which the index has hashes.
    fn texts(&mut self, number: u8, texts: Vec<String>, part: fn(Vec<String>) -> OfMessage) {
        self.keys.extend(hashes(number, &texts));
        self.is_exact = false;
        self.of_message(part(texts));
    }

    /// Ranges of numbers, of which the index does not tell the largest apart.
    fn numbers(&mut self, number: u8, values: &[Value]) -> Vec<Range> {
        let ranges = values.iter().filter_map(|value| match value {
            Value::Number(range) => Some(*range),
            _ => None,
        });
        let ranges: Vec<Range> = ranges.collect();
        for range in &ranges {
            let mut ends = [range.low, range.high].into_iter().flatten();
            self.is_exact &= ends.all(mark::is_exact);
            let low = mark::of_number(number, range.low.unwrap_or(i64::MIN));
            let high = mark::of_number(number, range.high.unwrap_or(i64::MAX));
            self.keys.push((low, high));
        }
        ranges
    }
}

fn set(ids: &[i64]) -> Ids {
    ids.iter().copied().collect()
}

fn hashes(number: u8, texts: &[String]) -> Keys {
    let keys = texts.iter().map(|text| mark::of_text(number, text));
    keys.map(|key| (key, key)).collect()
}

fn patterns(values: &[Value]) -> Vec<Pattern> {
    let texts = values.iter().filter_map(|value| match value {
        Value::Text(pattern) => Some(pattern.clone()),
        _ => None,
    });
    texts.collect()
}

/// All stored forms of addresses or Message-IDs, each once.
fn forms(values: &[Value]) -> Vec<String> {
    let mut forms: Vec<String> = Vec::new();
    for value in values {
        if let Value::Person { forms: more, .. } = value {
            forms.extend(more.iter().cloned());
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Whether the stored address or network has something in common with one of
/// the wanted ones.
fn is_network(values: &[Value], stored: &str) -> bool {
    let Some(stored) = network(stored) else {
        return false;
    };
    values.iter().any(|value| {
        matches!(value, Value::Network(net) if net.contains(&stored) || stored.contains(net))
    })
}
