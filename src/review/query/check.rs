//! Conditions on one message, by its lean rows.

use super::{
    super::language::{Pattern, Range},
    lean::{Lean, LeanFinding, LeanMessage, tallied},
    names::any,
};
use crate::telemetry::store::mark;
use ahash::{AHashMap, AHashSet};
use rusqlite::Connection;
use std::cell::RefCell;

/// Numbers of names in a dictionary.
pub(super) type Ids = AHashSet<i64>;

/// Something that a message itself can have.
#[derive(Debug)]
pub(super) enum OfMessage {
    Ambiguity(Vec<Pattern>),
    Client(Ids),
    Disposition(Ids),
    Duration(Vec<Range>),
    MessageId(Vec<String>),
    Privacy(Ids),
    Queue(Vec<String>),
    Recipient(Vec<String>),
    RecipientDomain(Ids),
    Recipients(Vec<Range>),
    RulesVersion(Ids),
    Sender(Ids),
    Size(Vec<Range>),
    Skip(Vec<Pattern>),
}

/// Something that a finding can have.
#[derive(Debug)]
pub(super) enum OfFinding {
    /// An action; a kept redirect that cannot be read counts as `opaque`.
    Action {
        ids: Ids,
        opaque: bool,
        keep: Option<i64>,
    },
    Allowed(Ids),
    Category(Ids),
    Company(Ids),
    Count(Vec<Range>),
    Destination(Ids),
    Domain(Ids),
    Evidence(EvidenceKinds),
    Host(Ids),
    /// Outermost by number, inner ones by name.
    Rule(Ids, Vec<Pattern>),
    Score(Vec<Range>),
    Tells(Ids),
    Vector(Ids),
    Vendor(Ids),
}

/// Which texts of the dictionary of evidence name one of these kinds; looked
/// up as they come, because there are many texts.
#[derive(Debug)]
pub(super) struct EvidenceKinds {
    kinds: Vec<Pattern>,
    known: RefCell<AHashMap<i64, bool>>,
}

/// One condition. It holds if any of its parts does.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) negated: bool,
    pub(super) of_message: Vec<OfMessage>,
    pub(super) of_finding: Vec<OfFinding>,
}

/// Whether the message is there: what was deleted may still be in the index.
pub(super) fn is_there(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1")?
        .exists([id])
}

/// Whether the message fits all of these; those about findings for one and the
/// same finding, negated ones for none.
pub(super) fn fits(connection: &Connection, tests: &[Test], id: i64) -> rusqlite::Result<bool> {
    let lean = Lean(connection);
    let needs_message = tests.iter().any(|test| !test.of_message.is_empty());
    let message = if needs_message {
        match lean.message(id)? {
            Some(message) => Some(message),
            None => return Ok(false),
        }
    } else {
        None
    };
    let mut wanted: Vec<&[OfFinding]> = Vec::new();
    let mut unwanted: Vec<&[OfFinding]> = Vec::new();
    for test in tests {
        let mut holds = false;
        if let Some(message) = &message {
            for part in &test.of_message {
                holds = holds || part.fits(lean, id, message)?;
            }
        }
        match (holds, test.negated) {
            (true, true) => return Ok(false),
            (true, false) => {}
            (false, false) if test.of_finding.is_empty() => return Ok(false),
            (false, false) => wanted.push(&test.of_finding),
            (false, true) => unwanted.push(&test.of_finding),
        }
    }
    unwanted.retain(|parts| !parts.is_empty());
    if wanted.is_empty() && unwanted.is_empty() {
        return Ok(true);
    }
    let any = |parts: &[OfFinding], finding: &LeanFinding| -> rusqlite::Result<bool> {
        for part in parts {
            if part.fits(connection, finding)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let mut is_found = wanted.is_empty();
    for finding in lean.findings(id)? {
        for parts in &unwanted {
            if any(parts, &finding)? {
                return Ok(false);
            }
        }
        if !is_found {
            is_found = true;
            for parts in &wanted {
                is_found = is_found && any(parts, &finding)?;
            }
        }
    }
    Ok(is_found)
}

impl OfMessage {
    fn fits(&self, lean: Lean<'_>, id: i64, message: &LeanMessage) -> rusqlite::Result<bool> {
        let has = |ids: &Ids, id: Option<i64>| id.is_some_and(|id| ids.contains(&id));
        let is_one = |texts: &[String], text: &Option<String>| {
            text.as_ref().is_some_and(|text| texts.contains(text))
        };
        Ok(match self {
            Self::Ambiguity(names) => is_tallied(names, &message.ambiguities),
            Self::Client(ids) => has(ids, message.client),
            Self::Disposition(ids) => has(ids, Some(message.disposition)),
            Self::Duration(ranges) => is_in(ranges, message.duration_us),
            Self::MessageId(forms) => is_one(forms, &message.message_id),
            Self::Privacy(ids) => has(ids, Some(message.privacy)),
            Self::Queue(texts) => is_one(texts, &message.queue_id),
            Self::Recipient(forms) => {
                let stored = lean.recipients(id)?;
                stored.iter().any(|who| forms.contains(who))
            }
            Self::RecipientDomain(ids) => {
                let stored = lean.recipient_domains(id)?;
                stored.iter().any(|domain| ids.contains(domain))
            }
            Self::Recipients(ranges) => is_in(ranges, message.recipients),
            Self::RulesVersion(ids) => has(ids, Some(message.rules_version)),
            Self::Sender(ids) => has(ids, message.sender_domain) || has(ids, message.from_domain),
            Self::Size(ranges) => is_in(ranges, message.size),
            Self::Skip(names) => is_tallied(names, &message.skips),
        })
    }
}

impl OfFinding {
    fn fits(&self, connection: &Connection, finding: &LeanFinding) -> rusqlite::Result<bool> {
        let has = |ids: &Ids, id: Option<i64>| id.is_some_and(|id| ids.contains(&id));
        Ok(match self {
            Self::Action { ids, opaque, keep } => {
                if finding.opaque && Some(finding.action) == *keep {
                    *opaque
                } else {
                    ids.contains(&finding.action)
                }
            }
            Self::Allowed(ids) => has(ids, finding.allowed),
            Self::Category(ids) => has(ids, finding.category),
            Self::Company(ids) => has(ids, finding.company),
            Self::Count(ranges) => is_in(ranges, finding.count),
            Self::Destination(ids) => has(ids, finding.destination),
            Self::Domain(ids) => has(ids, Some(finding.tracker_domain)),
            Self::Evidence(kinds) => kinds.are_in(connection, finding.evidence)?,
            Self::Host(ids) => has(ids, Some(finding.tracker)),
            Self::Rule(ids, names) => {
                has(ids, finding.rule)
                    || finding.inner_rules.as_ref().is_some_and(|rules| {
                        let mut rules = rules.split_ascii_whitespace();
                        rules.any(|rule| any(names, rule))
                    })
            }
            Self::Score(ranges) => is_in(ranges, finding.score),
            Self::Tells(ids) => has(ids, finding.tells),
            Self::Vector(ids) => has(ids, Some(finding.vector)),
            Self::Vendor(ids) => has(ids, finding.vendor),
        })
    }
}

impl EvidenceKinds {
    pub(super) fn new(kinds: Vec<Pattern>) -> Self {
        Self {
            kinds,
            known: RefCell::default(),
        }
    }

    fn are_in(&self, connection: &Connection, id: i64) -> rusqlite::Result<bool> {
        if let Some(&known) = self.known.borrow().get(&id) {
            return Ok(known);
        }
        let mut statement = connection.prepare_cached("SELECT name FROM evidence WHERE id = ?1")?;
        let mut rows = statement.query([id])?;
        let is_there = match rows.next()? {
            None => false,
            Some(row) => {
                let text = row.get_ref(0)?.as_str().unwrap_or_default();
                mark::evidence_kinds(text).any(|kind| any(&self.kinds, kind))
            }
        };
        self.known.borrow_mut().insert(id, is_there);
        Ok(is_there)
    }
}

fn is_in(ranges: &[Range], number: i64) -> bool {
    ranges.iter().any(|range| range.contains(number))
}

fn is_tallied(names: &[Pattern], text: &Option<String>) -> bool {
    tallied(text).any(|name| any(names, name))
}
