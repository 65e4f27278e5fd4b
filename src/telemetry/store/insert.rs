//! Writes one message with its recipients, findings and marks.
//!
//! Values are bound by position, in the order of the columns (`schema.rs`): to
//! look their names up for each row took a tenth of the writer's time.

use super::{
    super::entry::{Entry, FindingEntry, Sample},
    dictionary::Dictionary,
    mark::{self, Keys},
    schema,
};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, params};

/// The action of what stays as it is.
const KEEP: &str = "keep";

/// Inserts a message under this id. Returns the keys that it is found by.
pub(crate) fn message(
    connection: &Connection,
    dictionary: &mut Dictionary,
    id: i64,
    entry: &Entry,
) -> rusqlite::Result<Keys> {
    let mut keys = Keys::default();
    let mut name = |table, name: Option<&str>| dictionary.maybe_id(connection, table, name);
    let disposition = name("disposition", Some(entry.disposition.name()))?;
    let privacy = name("privacy", Some(entry.privacy.name()))?;
    let client = name("client", entry.client.as_deref())?;
    let message_id_domain = name("domain", entry.message_id_domain.as_deref())?;
    let sender_domain = name("domain", entry.sender_domain.as_deref())?;
    let from_domain = name("domain", entry.from_domain.as_deref())?;
    let rules_version = name("version", Some(&entry.rules_version))?;
    let app_version = name("version", Some(env!("CARGO_PKG_VERSION")))?;
    keys.name(mark::DISPOSITION, disposition);
    keys.name(mark::SENDER, sender_domain);
    keys.name(mark::SENDER, from_domain);
    keys.name(mark::CLIENT, client);
    keys.name(mark::RULES_VERSION, rules_version);
    for (skip, _) in &entry.skips {
        keys.name(mark::SKIP, name("skip", Some(skip))?);
    }
    for (ambiguity, _) in &entry.ambiguities {
        keys.name(mark::AMBIGUITY, name("ambiguity", Some(ambiguity))?);
    }
    keys.name(mark::PRIVACY, privacy);
    keys.text(mark::MESSAGE_ID, entry.message_id.as_deref());
    keys.text(mark::QUEUE_ID, entry.queue_id.as_deref());
    keys.number(mark::RECIPIENTS, whole(entry.recipient_count));
    keys.number(mark::SIZE, whole(entry.size_before));
    keys.number(mark::DURATION, whole(entry.duration_us));
    connection
        .prepare_cached(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            id,
            entry.at_ms,
            disposition,
            privacy,
            entry.key,
            entry.queue_id,
            entry.message_id,
            message_id_domain,
            client,
            entry.sender,
            sender_domain,
            from_domain,
            whole(entry.recipient_count),
            whole(entry.size_before),
            whole(entry.size_after),
            whole(entry.duration_us),
            whole(entry.parts),
            whole(entry.html_parts),
            entry.lenient_html,
            whole(entry.counts.neutralized),
            whole(entry.counts.removed),
            whole(entry.counts.unwrapped),
            whole(entry.counts.kept),
            whole(entry.counts.opaque),
            whole(entry.unlisted),
            words(&entry.skips),
            words(&entry.ambiguities),
            rules_version,
            app_version,
        ])?;
    for (n, recipient) in (0_i64..).zip(&entry.recipients) {
        let domain = dictionary.maybe_id(connection, "domain", recipient.domain.as_deref())?;
        connection
            .prepare_cached("INSERT INTO recipient VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, n, recipient.who, domain])?;
        keys.name(mark::RECIPIENT_DOMAIN, domain);
        keys.text(mark::RECIPIENT, recipient.who.as_deref());
    }
    for (n, found) in (0_i64..).zip(&entry.findings) {
        let id = schema::first_finding(id).saturating_add(n);
        finding(connection, dictionary, &mut keys, id, found)?;
    }
    Ok(keys)
}

fn finding(
    connection: &Connection,
    dictionary: &mut Dictionary,
    keys: &mut Keys,
    id: i64,
    finding: &FindingEntry,
) -> rusqlite::Result<()> {
    let mut name = |table, name: Option<&str>| dictionary.maybe_id(connection, table, name);
    let vendor = finding.vendor.as_ref();
    let (outer, inner) = match finding.rules.split_first() {
        Some((outer, inner)) => (Some(outer.as_str()), inner),
        None => (None, &[][..]),
    };
    let tells = (!finding.tells.is_empty()).then_some(finding.tells.as_str());
    let columns = Columns {
        vector: name("vector", Some(finding.vector))?,
        action: name("action", Some(finding.action))?,
        allowed: name("allowed", finding.allowed.as_deref())?,
        rule: name("rule", outer)?,
        vendor: name("vendor", vendor.map(|v| v.id.as_str()))?,
        vendor_name: name("vendor_name", vendor.map(|v| v.name.as_str()))?,
        company: name("company", vendor.map(|v| v.company.as_str()))?,
        category: name("category", vendor.map(|v| v.category.as_str()))?,
        tells: name("tells", tells)?,
        tracker: name("tracker", Some(&finding.host))?,
        tracker_domain: name("domain", Some(&finding.domain))?,
        destination: name("domain", finding.destination.as_deref())?,
    };
    columns.mark(keys);
    if finding.opaque && finding.action == KEEP {
        keys.name(mark::ACTION, name("action", Some(mark::OPAQUE))?);
    } else {
        keys.name(mark::ACTION, columns.action);
    }
    for rule in inner {
        keys.name(mark::RULE, name("rule", Some(rule))?);
    }
    for kind in finding.tells.split_ascii_whitespace() {
        keys.name(mark::TELLS, name("kind", Some(kind))?);
    }
    for kind in mark::evidence_kinds(&finding.evidence) {
        keys.name(mark::EVIDENCE, name("evidence_kind", Some(kind))?);
    }
    keys.number(mark::SCORE, finding.score.into());
    keys.number(mark::COUNT, whole(finding.count));

    // With a space on either side of each, so that one can be searched for.
    let inner = (!inner.is_empty()).then(|| format!(" {} ", inner.join(" ")));
    let (first, others) = match finding.samples.split_first() {
        Some((first, others)) => (Some(first), others),
        None => (None, &[][..]),
    };
    let shape = first.map_or("", |sample| sample.shape.as_str());
    let others: Vec<String> = others.iter().map(|other| sample(other, shape)).collect();
    let row = params![
        id,
        finding.part,
        columns.vector,
        columns.action,
        finding.opaque,
        columns.allowed,
        columns.rule,
        inner,
        columns.vendor,
        columns.vendor_name,
        columns.company,
        columns.category,
        columns.tells,
        columns.tracker,
        columns.tracker_domain,
        columns.destination,
        finding.score,
        name("evidence", Some(&finding.evidence))?,
        whole(finding.count),
        name("shape", Some(shape))?,
        first.and_then(|s| s.hash),
        (!others.is_empty()).then(|| others.join("\n")),
    ];
    connection
        .prepare_cached(
            "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?)",
        )?
        .execute(row)?;
    Ok(())
}

/// The numbers of a finding's names.
struct Columns {
    vector: Option<i64>,
    action: Option<i64>,
    allowed: Option<i64>,
    rule: Option<i64>,
    vendor: Option<i64>,
    vendor_name: Option<i64>,
    company: Option<i64>,
    category: Option<i64>,
    tells: Option<i64>,
    tracker: Option<i64>,
    tracker_domain: Option<i64>,
    destination: Option<i64>,
}

impl Columns {
    /// Marks the message with those that stand for themselves.
    fn mark(&self, keys: &mut Keys) {
        for (number, id) in [
            (mark::VECTOR, self.vector),
            (mark::ALLOWED, self.allowed),
            (mark::RULE, self.rule),
            (mark::VENDOR, self.vendor),
            (mark::COMPANY, self.company),
            (mark::CATEGORY, self.category),
            (mark::TRACKER_HOST, self.tracker),
            (mark::TRACKER_DOMAIN, self.tracker_domain),
            (mark::DESTINATION, self.destination),
        ] {
            keys.name(number, id);
        }
    }
}

/// A sample beside the first, whose shape is not repeated.
fn sample(sample: &Sample, first: &str) -> String {
    let hash = sample.hash.map_or("-".to_owned(), |h| HEXLOWER.encode(&h));
    if sample.shape == first {
        hash
    } else {
        format!("{hash} {}", sample.shape)
    }
}

fn words(tally: &[(&'static str, usize)]) -> Option<String> {
    let words: Vec<String> = tally
        .iter()
        .map(|(name, n)| format!("{name}:{n}"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// SQLite's integers are signed.
fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
