//! Names become numbers: what each condition reads of the index, and how it is
//! checked where the index does not answer.

use super::{
    super::language::{Condition, Field, Pattern, Query, Range, Term, Value, network},
    check::{EvidenceKinds, Ids, OfFinding, OfMessage, Test},
    names::{Names, any},
    stream::Source,
};
use crate::telemetry::store::{mark, schema};
use rusqlite::Connection;

/// Most keys of the index that one condition reads. With more, the names are
/// so many that their messages are not hard to find.
const MAX_SOURCES: usize = 4_096;
/// Shortest word that may be a queue id.
const MIN_QUEUE_ID: usize = 4;

/// How a query is answered.
#[derive(Debug, Default)]
pub(in crate::review) struct Plan {
    /// The lowest id that may fit.
    pub(super) low: i64,
    /// What all ids that may fit are below.
    pub(super) high: i64,
    /// Each of these has the message in one of its sources.
    pub(super) wanted: Vec<Vec<Source>>,
    /// None of these has it.
    pub(super) unwanted: Vec<Vec<Source>>,
    /// What the index leaves open.
    pub(super) tests: Vec<Test>,
    /// Whether it is certain that nothing fits.
    pub(super) is_empty: bool,
}

/// One condition in numbers.
struct Resolved {
    test: Test,
    /// The messages in which it holds (or does not, if negated), if the index
    /// tells.
    sources: Option<Vec<Source>>,
}

impl Plan {
    /// Looks up what the query names.
    pub(in crate::review) fn of(connection: &Connection, query: &Query) -> rusqlite::Result<Self> {
        plan(connection, query)
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
        let Resolved { test, sources } = names.resolve(term)?;
        let is_indexed = sources.is_some();
        match (sources, test.negated) {
            (Some(sources), false) if sources.is_empty() => plan.is_empty = true,
            (Some(sources), false) => plan.wanted.push(sources),
            (Some(sources), true) if sources.is_empty() => {}
            (Some(sources), true) => plan.unwanted.push(sources),
            (None, _) => {}
        }
        if !test.negated && !test.of_finding.is_empty() {
            is_open |= !is_indexed;
            together.push(test);
        } else if !is_indexed {
            plan.tests.push(test);
        }
    }
    // One alone is answered by the index; of several it does not know whether
    // they hold for the same finding.
    if together.len() > 1 || is_open {
        plan.tests.append(&mut together);
    }
    if plan.wanted.is_empty() {
        plan.wanted.push(names.everything()?);
    }
    Ok(plan)
}

impl Names<'_> {
    /// Every message has one disposition.
    fn everything(&self) -> rusqlite::Result<Vec<Source>> {
        let all = self.scan("disposition", |_| true)?;
        Ok(marks(mark::DISPOSITION, &all))
    }

    fn resolve(&self, term: &Term) -> rusqlite::Result<Resolved> {
        let mut test = Test {
            negated: term.negated,
            of_message: Vec::new(),
            of_finding: Vec::new(),
        };
        let sources = match &term.condition {
            Condition::Word(word) => Some(self.word(word, &mut test)?),
            Condition::Field(field, values) => self.field(*field, values, &mut test)?,
        };
        Ok(Resolved {
            test,
            sources: sources.filter(|sources| sources.len() <= MAX_SOURCES),
        })
    }

    fn field(
        &self,
        field: Field,
        values: &[Value],
        test: &mut Test,
    ) -> rusqlite::Result<Option<Vec<Source>>> {
        let patterns = patterns(values);
        // A field with one dictionary and one kind of mark.
        let plain = |number, part: fn(Ids) -> OfFinding, test: &mut Test| {
            let ids = self.ids(dictionary(number), &patterns)?;
            test.of_finding.push(part(ids.iter().copied().collect()));
            Ok(Some(marks(number, &ids)))
        };
        let of_message = |number, part: fn(Ids) -> OfMessage, test: &mut Test| {
            let ids = self.ids(dictionary(number), &patterns)?;
            test.of_message.push(part(ids.iter().copied().collect()));
            Ok(Some(marks(number, &ids)))
        };
        match field {
            Field::Is => {
                let negated = std::mem::take(&mut test.negated);
                // Every message has exactly one, so "not this" is "another".
                let ids = self.scan("disposition", |name| any(&patterns, name) != negated)?;
                let set = ids.iter().copied().collect();
                test.of_message.push(OfMessage::Disposition(set));
                Ok(Some(marks(mark::DISPOSITION, &ids)))
            }
            Field::Sender => of_message(mark::SENDER, OfMessage::Sender, test),
            Field::RecipientDomain => {
                of_message(mark::RECIPIENT_DOMAIN, OfMessage::RecipientDomain, test)
            }
            Field::RulesVersion => of_message(mark::RULES_VERSION, OfMessage::RulesVersion, test),
            Field::Privacy => {
                let ids = self.ids("privacy", &patterns)?;
                test.of_message
                    .push(OfMessage::Privacy(ids.iter().copied().collect()));
                Ok(ids.is_empty().then(Vec::new))
            }
            Field::Client => {
                let ids = self.scan("client", |name| is_network(values, name))?;
                test.of_message
                    .push(OfMessage::Client(ids.iter().copied().collect()));
                Ok(Some(marks(mark::CLIENT, &ids)))
            }
            Field::Skip => {
                let ids = self.ids("skip", &patterns)?;
                test.of_message.push(OfMessage::Skip(patterns));
                Ok(Some(marks(mark::SKIP, &ids)))
            }
            Field::Recipient => {
                let forms = forms(values);
                let sources = forms.iter().cloned().map(Source::Recipient).collect();
                test.of_message.push(OfMessage::Recipient(forms));
                Ok(Some(sources))
            }
            Field::MessageId => {
                let forms = forms(values);
                let sources = forms.iter().cloned().map(Source::MessageId).collect();
                test.of_message.push(OfMessage::MessageId(forms));
                Ok(Some(sources))
            }
            Field::Queue => {
                let texts: Vec<String> = patterns.into_iter().map(|p| p.text).collect();
                let sources = texts.iter().cloned().map(Source::Queue).collect();
                test.of_message.push(OfMessage::Queue(texts));
                Ok(Some(sources))
            }
            Field::Ambiguity => {
                test.of_message.push(OfMessage::Ambiguity(patterns));
                Ok(None)
            }
            Field::Recipients | Field::Size | Field::Duration => {
                let ranges = ranges(values);
                test.of_message.push(match field {
                    Field::Recipients => OfMessage::Recipients(ranges),
                    Field::Size => OfMessage::Size(ranges),
                    _ => OfMessage::Duration(ranges),
                });
                Ok(None)
            }
            // Bounds of time are no conditions.
            Field::Since | Field::Until => Ok(None),
            Field::Tracker => {
                let hosts = self.ids("tracker", &patterns)?;
                let domains = self.ids("domain", &patterns)?;
                test.of_finding = vec![
                    OfFinding::Host(hosts.iter().copied().collect()),
                    OfFinding::Domain(domains.iter().copied().collect()),
                ];
                let mut sources = marks(mark::TRACKER_HOST, &hosts);
                sources.extend(marks(mark::TRACKER_DOMAIN, &domains));
                Ok(Some(sources))
            }
            Field::Host => plain(mark::TRACKER_HOST, OfFinding::Host, test),
            Field::Domain => plain(mark::TRACKER_DOMAIN, OfFinding::Domain, test),
            Field::Destination => plain(mark::DESTINATION, OfFinding::Destination, test),
            Field::Company => plain(mark::COMPANY, OfFinding::Company, test),
            Field::Category => plain(mark::CATEGORY, OfFinding::Category, test),
            Field::Vector => plain(mark::VECTOR, OfFinding::Vector, test),
            Field::Allowed => plain(mark::ALLOWED, OfFinding::Allowed, test),
            Field::Vendor => {
                let ids = self.vendors(&patterns)?;
                test.of_finding
                    .push(OfFinding::Vendor(ids.iter().copied().collect()));
                Ok(Some(marks(mark::VENDOR, &ids)))
            }
            Field::Rule => {
                let ids = self.ids("rule", &patterns)?;
                let set = ids.iter().copied().collect();
                test.of_finding.push(OfFinding::Rule(set, patterns));
                Ok(Some(marks(mark::RULE, &ids)))
            }
            Field::Action => {
                let ids = self.ids("action", &patterns)?;
                test.of_finding.push(OfFinding::Action {
                    ids: ids.iter().copied().collect(),
                    opaque: any(&patterns, mark::OPAQUE),
                    keep: self.scan("action", |name| name == "keep")?.pop(),
                });
                Ok(Some(marks(mark::ACTION, &ids)))
            }
            Field::Tells => {
                let ids = self.ids("kind", &patterns)?;
                let lists = self.scan("tells", |list| {
                    list.split_ascii_whitespace().any(|k| any(&patterns, k))
                })?;
                test.of_finding
                    .push(OfFinding::Tells(lists.into_iter().collect()));
                Ok(Some(marks(mark::TELLS, &ids)))
            }
            Field::Evidence => {
                let kinds = EvidenceKinds::new(patterns);
                test.of_finding.push(OfFinding::Evidence(kinds));
                Ok(None)
            }
            Field::Score => {
                test.of_finding.push(OfFinding::Score(ranges(values)));
                Ok(None)
            }
            Field::Count => {
                test.of_finding.push(OfFinding::Count(ranges(values)));
                Ok(None)
            }
        }
    }

    /// What a bare word can stand in.
    fn word(&self, word: &str, test: &mut Test) -> rusqlite::Result<Vec<Source>> {
        let part = [Pattern {
            text: word.to_lowercase(),
            open_start: true,
            open_end: true,
        }];
        let domains = self.ids("domain", &part)?;
        let hosts = self.ids("tracker", &part)?;
        let companies = self.ids("company", &part)?;
        let rules = self.ids("rule", &part)?;
        let vendors = self.vendors(&part)?;
        let mut sources = Vec::new();
        for (number, ids) in [
            (mark::SENDER, &domains),
            (mark::TRACKER_DOMAIN, &domains),
            (mark::TRACKER_HOST, &hosts),
            (mark::COMPANY, &companies),
            (mark::RULE, &rules),
            (mark::VENDOR, &vendors),
        ] {
            sources.extend(marks(number, ids));
        }
        let set = |ids: &[i64]| -> Ids { ids.iter().copied().collect() };
        test.of_message.push(OfMessage::Sender(set(&domains)));
        test.of_finding = vec![
            OfFinding::Domain(set(&domains)),
            OfFinding::Host(set(&hosts)),
            OfFinding::Company(set(&companies)),
            OfFinding::Rule(set(&rules), part.to_vec()),
            OfFinding::Vendor(set(&vendors)),
        ];
        if word.chars().count() >= MIN_QUEUE_ID {
            sources.push(Source::Queue(word.to_owned()));
            test.of_message
                .push(OfMessage::Queue(vec![word.to_owned()]));
        }
        Ok(sources)
    }
}

/// The dictionary that the values of a dimension stand in.
fn dictionary(number: u8) -> &'static str {
    let mark = mark::MARKS.iter().find(|mark| mark.number == number);
    mark.map_or("domain", |mark| mark.dictionary)
}

fn marks(number: u8, ids: &[i64]) -> Vec<Source> {
    ids.iter()
        .map(|id| Source::Mark(mark::key(number, *id)))
        .collect()
}

fn patterns(values: &[Value]) -> Vec<Pattern> {
    let texts = values.iter().filter_map(|value| match value {
        Value::Text(pattern) => Some(pattern.clone()),
        _ => None,
    });
    texts.collect()
}

fn ranges(values: &[Value]) -> Vec<Range> {
    let ranges = values.iter().filter_map(|value| match value {
        Value::Number(range) => Some(*range),
        _ => None,
    });
    ranges.collect()
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
