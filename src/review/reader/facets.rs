//! What stands in the messages that fit a query: for what no daily sum
//! answers.

use super::{Reader, ReviewError, patience::Stop};
use crate::{
    review::{
        Dimension, Facet, Query, Sum, Top, TopRow,
        query::{Lean, LeanFinding, LeanMessage, Order, tallied},
    },
    telemetry::{Disposition, store::mark},
};
use ahash::AHashMap;
use std::collections::BTreeMap;

/// Most messages that a top list looks at, the newest first.
const TOP_MESSAGES: usize = 20_000;
/// Most messages that facets look at, the newest first.
const FACET_MESSAGES: usize = 5_000;
/// Most values of one facet.
const FACET_VALUES: usize = 20;

/// A message that is looked at, in numbers.
struct Seen {
    message: LeanMessage,
    findings: Vec<LeanFinding>,
    recipient_domains: Vec<i64>,
}

/// The numbers of some names that rows hold as text, and of some actions.
struct Known {
    skips: AHashMap<String, i64>,
    rules: AHashMap<String, i64>,
    keep: Option<i64>,
    opaque: Option<i64>,
}

/// A field that is offered to narrow a query: the dictionary of its values,
/// and their numbers in one message.
type FacetField = (&'static str, &'static str, fn(&Seen, &Known) -> Vec<i64>);

const FACETS: &[FacetField] = &[
    ("is", "disposition", |s, _| vec![s.message.disposition]),
    ("vector", "vector", |s, _| of_each(s, |f| Some(f.vector))),
    ("action", "action", |s, known| {
        let actions = s.findings.iter().map(|f| known.action(f));
        actions.collect()
    }),
    ("company", "company", |s, _| of_each(s, |f| f.company)),
    ("sender", "domain", |s, _| {
        let domains = [s.message.sender_domain, s.message.from_domain];
        domains.into_iter().flatten().collect()
    }),
    ("category", "category", |s, _| of_each(s, |f| f.category)),
    ("recipient-domain", "domain", |s, _| {
        s.recipient_domains.clone()
    }),
    ("skip", "skip", skips),
];

fn of_each(seen: &Seen, value: fn(&LeanFinding) -> Option<i64>) -> Vec<i64> {
    seen.findings.iter().filter_map(value).collect()
}

fn skips(seen: &Seen, known: &Known) -> Vec<i64> {
    let names = tallied(&seen.message.skips);
    names
        .filter_map(|name| known.skips.get(name).copied())
        .collect()
}

impl Known {
    /// What was done; a kept redirect that cannot be read is `opaque`.
    fn action(&self, finding: &LeanFinding) -> i64 {
        match self.opaque {
            Some(opaque) if finding.opaque && Some(finding.action) == self.keep => opaque,
            _ => finding.action,
        }
    }

    fn rules(&self, finding: &LeanFinding) -> Vec<i64> {
        let inner = finding.inner_rules.as_deref().unwrap_or_default();
        let inner = inner
            .split_ascii_whitespace()
            .filter_map(|name| self.rules.get(name).copied());
        finding.rule.into_iter().chain(inner).collect()
    }
}

/// How a dimension is counted in single messages.
struct Counted {
    dictionary: &'static str,
    of_message: fn(&Seen, &Known) -> Vec<i64>,
    of_finding: fn(&LeanFinding, &Known) -> Vec<i64>,
}

fn counted(dimension: Dimension) -> Counted {
    let message = |dictionary, of_message| Counted {
        dictionary,
        of_message,
        of_finding: |_, _| Vec::new(),
    };
    let finding = |dictionary, of_finding| Counted {
        dictionary,
        of_message: |_, _| Vec::new(),
        of_finding,
    };
    match dimension {
        Dimension::Company => finding("company", |f, _| f.company.into_iter().collect()),
        Dimension::Disposition => message("disposition", |s, _| vec![s.message.disposition]),
        Dimension::RecipientDomain => message("domain", |s, _| s.recipient_domains.clone()),
        Dimension::Rule => finding("rule", |f, known| known.rules(f)),
        Dimension::Sender => message("domain", |s, _| {
            s.message.sender_domain.into_iter().collect()
        }),
        Dimension::Skip => message("skip", skips),
        Dimension::Tracker => finding("domain", |f, _| vec![f.tracker_domain]),
        Dimension::Vector => finding("vector", |f, _| vec![f.vector]),
    }
}

/// An action, and whether the message was changed: else it is what would have
/// been done.
type Done = (i64, bool);

/// The sums of one key.
#[derive(Default)]
struct Counts {
    sum: Sum,
    actions: Vec<(Done, Sum)>,
}

impl Counts {
    fn add(&mut self, done: Done, sum: Sum) {
        match self.actions.iter_mut().find(|(known, _)| *known == done) {
            Some((_, known)) => known.add(sum),
            None => self.actions.push((done, sum)),
        }
    }
}

impl Reader {
    /// The largest keys among the 20,000 newest messages that fit. A message
    /// counts once for a key, however many actions it has; senders are those
    /// of the envelope, as in the daily sums.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn top_in(
        &self,
        query: &Query,
        dimension: Dimension,
        limit: usize,
    ) -> Result<Top, ReviewError> {
        self.ask(|| {
            let plan = self.plan(query)?;
            let mut ids = self.ids(&plan, Order::Down(i64::MAX), TOP_MESSAGES + 1)?;
            let is_complete = ids.len() <= TOP_MESSAGES;
            ids.truncate(TOP_MESSAGES);
            let known = self.known()?;
            let counted = counted(dimension);
            let needs_domains = matches!(dimension, Dimension::RecipientDomain);
            let unchanged = self.unchanged()?;
            let mut counts: AHashMap<i64, Counts> = AHashMap::new();
            for id in &ids {
                if let Some(seen) = self.seen(*id, needs_domains)? {
                    let is_done = !unchanged.contains(&seen.message.disposition);
                    count(&mut counts, &seen, &counted, &known, is_done);
                }
            }
            let mut sizes: Vec<(i64, Counts)> = counts.into_iter().collect();
            sizes.sort_by_key(|(_, counts)| {
                std::cmp::Reverse((counts.sum.findings, counts.sum.messages))
            });
            let mut rows = Vec::new();
            for (key, counts) in sizes {
                // Beyond the limit only those that are as large as the last.
                if rows.len() >= limit
                    && rows
                        .last()
                        .is_some_and(|last: &TopRow| last.sum != counts.sum)
                {
                    break;
                }
                rows.push(TopRow {
                    key: self.name(counted.dictionary, key)?,
                    sum: counts.sum,
                    actions: self.actions(counts.actions)?,
                });
            }
            rows.sort_by(|a, b| {
                (b.sum.findings, b.sum.messages)
                    .cmp(&(a.sum.findings, a.sum.messages))
                    .then_with(|| a.key.cmp(&b.key))
            });
            rows.truncate(limit);
            Ok(Top {
                rows,
                scanned: ids.len() as u64,
                is_complete,
            })
        })
    }

    /// The most frequent values of some fields among the 5,000 newest messages
    /// that fit, in the order in which a page shows them.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn facets(&self, query: &Query) -> Result<Vec<Facet>, ReviewError> {
        self.ask(|| {
            let plan = self.plan(query)?;
            let known = self.known()?;
            let mut counts: Vec<AHashMap<i64, u64>> = vec![AHashMap::new(); FACETS.len()];
            for id in self.ids(&plan, Order::Down(i64::MAX), FACET_MESSAGES)? {
                let Some(seen) = self.seen(id, true)? else {
                    continue;
                };
                for ((_, _, values), counts) in FACETS.iter().zip(&mut counts) {
                    let mut values = values(&seen, &known);
                    values.sort_unstable();
                    values.dedup();
                    for value in values {
                        *counts.entry(value).or_default() += 1;
                    }
                }
            }
            let mut facets = Vec::new();
            for ((field, dictionary, _), counts) in FACETS.iter().zip(counts) {
                let mut values = Vec::with_capacity(counts.len());
                for (value, count) in counts {
                    values.push((self.name(dictionary, value)?, count));
                }
                values.sort_by(|(x, a), (y, b)| b.cmp(a).then_with(|| x.cmp(y)));
                values.truncate(FACET_VALUES);
                facets.push(Facet { field, values });
            }
            Ok(facets)
        })
    }

    fn seen(&self, id: i64, needs_domains: bool) -> Result<Option<Seen>, Stop> {
        self.patience.check()?;
        let lean = Lean(&self.connection);
        let Some(message) = lean.message(id)? else {
            return Ok(None);
        };
        Ok(Some(Seen {
            message,
            findings: lean.findings(id)?,
            recipient_domains: if needs_domains {
                lean.recipient_domains(id)?
            } else {
                Vec::new()
            },
        }))
    }

    fn known(&self) -> Result<Known, Stop> {
        let actions = self.numbers("action")?;
        Ok(Known {
            skips: self.numbers("skip")?,
            rules: self.numbers("rule")?,
            keep: actions.get("keep").copied(),
            opaque: actions.get(mark::OPAQUE).copied(),
        })
    }

    /// The dispositions of messages in which nothing was done.
    fn unchanged(&self) -> Result<Vec<i64>, Stop> {
        let numbers = self.numbers("disposition")?;
        let unchanged = Disposition::ALL
            .iter()
            .filter(|d| !matches!(d, Disposition::Changed | Disposition::Clean))
            .filter_map(|d| numbers.get(d.name()).copied());
        Ok(unchanged.collect())
    }

    fn actions(&self, counts: Vec<(Done, Sum)>) -> Result<BTreeMap<String, Sum>, Stop> {
        let mut actions: BTreeMap<String, Sum> = BTreeMap::new();
        for ((action, is_done), sum) in counts {
            let name = self.name("action", action)?;
            let name = match (name.as_str(), is_done) {
                ("neutralize" | "remove" | "trim" | "unwrap", false) => format!("would-{name}"),
                _ => name,
            };
            actions.entry(name).or_default().add(sum);
        }
        Ok(actions)
    }

    /// A whole dictionary; only for those that do not grow with mail.
    fn numbers(&self, dictionary: &str) -> Result<AHashMap<String, i64>, Stop> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT name, id FROM {dictionary}"))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn name(&self, dictionary: &str, id: i64) -> Result<String, Stop> {
        Ok(self
            .connection
            .prepare_cached(&format!("SELECT name FROM {dictionary} WHERE id = ?1"))?
            .query_row([id], |row| row.get(0))?)
    }
}

fn count(
    counts: &mut AHashMap<i64, Counts>,
    seen: &Seen,
    counted: &Counted,
    known: &Known,
    is_done: bool,
) {
    let of_message = (counted.of_message)(seen, known);
    // A key counts a message once, however many of its findings name it.
    let mut keys: Vec<i64> = Vec::new();
    let mut actions: Vec<(i64, i64)> = Vec::new();
    let mut is_new = |key: i64| {
        let is_new = !keys.contains(&key);
        if is_new {
            keys.push(key);
        }
        u64::from(is_new)
    };
    for finding in &seen.findings {
        let findings = finding.count.try_into().unwrap_or_default();
        let action = known.action(finding);
        let own = (counted.of_finding)(finding, known);
        for key in own.into_iter().chain(of_message.iter().copied()) {
            let is_new_action = !actions.contains(&(key, action));
            if is_new_action {
                actions.push((key, action));
            }
            let row = counts.entry(key).or_default();
            row.sum.add(Sum {
                findings,
                messages: is_new(key),
            });
            let messages = is_new_action.into();
            row.add((action, is_done), Sum { findings, messages });
        }
    }
    for key in of_message {
        counts.entry(key).or_default().sum.messages += is_new(key);
    }
}
