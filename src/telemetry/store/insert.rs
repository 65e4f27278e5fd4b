//! Writes one message with its recipients and findings.

use super::{
    super::entry::{Entry, FindingEntry, Sample},
    dictionary::Dictionary,
    schema,
};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, named_params, params};

/// Inserts a message under this id.
pub(crate) fn message(
    connection: &Connection,
    dictionary: &mut Dictionary,
    id: i64,
    entry: &Entry,
) -> rusqlite::Result<()> {
    let mut name = |table, name: Option<&str>| dictionary.maybe_id(connection, table, name);
    let disposition = name("disposition", Some(entry.disposition.name()))?;
    let message_id_domain = name("domain", entry.message_id_domain.as_deref())?;
    let sender_domain = name("domain", entry.sender_domain.as_deref())?;
    let from_domain = name("domain", entry.from_domain.as_deref())?;
    let rules_version = name("version", Some(&entry.rules_version))?;
    let app_version = name("version", Some(env!("CARGO_PKG_VERSION")))?;
    connection
        .prepare_cached(
            "INSERT INTO message VALUES (:id, :at, :disposition, :privacy, :key, :queue_id,
                :message_id, :message_id_domain, :client, :sender, :sender_domain, :from_domain,
                :recipients, :size_before, :size_after, :duration_us, :parts, :html_parts,
                :lenient_html, :neutralized, :removed, :unwrapped, :kept, :opaque, :unlisted,
                :skips, :ambiguities, :rules_version, :app_version)",
        )?
        .execute(named_params! {
            ":id": id,
            ":at": entry.at_ms,
            ":disposition": disposition,
            ":privacy": entry.privacy.name(),
            ":key": entry.key,
            ":queue_id": entry.queue_id,
            ":message_id": entry.message_id,
            ":message_id_domain": message_id_domain,
            ":client": entry.client,
            ":sender": entry.sender,
            ":sender_domain": sender_domain,
            ":from_domain": from_domain,
            ":recipients": whole(entry.recipient_count),
            ":size_before": whole(entry.size_before),
            ":size_after": whole(entry.size_after),
            ":duration_us": whole(entry.duration_us),
            ":parts": whole(entry.parts),
            ":html_parts": whole(entry.html_parts),
            ":lenient_html": entry.lenient_html,
            ":neutralized": whole(entry.counts.neutralized),
            ":removed": whole(entry.counts.removed),
            ":unwrapped": whole(entry.counts.unwrapped),
            ":kept": whole(entry.counts.kept),
            ":opaque": whole(entry.counts.opaque),
            ":unlisted": whole(entry.unlisted),
            ":skips": words(&entry.skips),
            ":ambiguities": words(&entry.ambiguities),
            ":rules_version": rules_version,
            ":app_version": app_version,
        })?;
    for (n, recipient) in (0_i64..).zip(&entry.recipients) {
        let domain = dictionary.maybe_id(connection, "domain", recipient.domain.as_deref())?;
        connection
            .prepare_cached("INSERT INTO recipient VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, n, recipient.who, domain])?;
    }
    for (n, found) in (0_i64..).zip(&entry.findings) {
        let id = schema::first_finding(id).saturating_add(n);
        finding(connection, dictionary, id, found)?;
    }
    Ok(())
}

fn finding(
    connection: &Connection,
    dictionary: &mut Dictionary,
    id: i64,
    finding: &FindingEntry,
) -> rusqlite::Result<()> {
    let mut name = |table, name: Option<&str>| dictionary.maybe_id(connection, table, name);
    let vendor = finding.vendor.as_ref();
    let (outer, inner) = match finding.rules.split_first() {
        Some((outer, inner)) => (Some(outer.as_str()), inner),
        None => (None, &[][..]),
    };
    // With a space on either side of each, so that one can be searched for.
    let inner = (!inner.is_empty()).then(|| format!(" {} ", inner.join(" ")));
    let (first, others) = match finding.samples.split_first() {
        Some((first, others)) => (Some(first), others),
        None => (None, &[][..]),
    };
    let others: Vec<String> = others.iter().map(sample).collect();
    let tells = (!finding.tells.is_empty()).then_some(finding.tells.as_str());
    let row = named_params! {
        ":id": id,
        ":part": finding.part,
        ":vector": name("vector", Some(finding.vector))?,
        ":action": name("action", Some(finding.action))?,
        ":opaque": finding.opaque,
        ":rule": name("rule", outer)?,
        ":inner_rules": inner,
        ":vendor": name("vendor", vendor.map(|v| v.id.as_str()))?,
        ":vendor_name": name("vendor_name", vendor.map(|v| v.name.as_str()))?,
        ":company": name("company", vendor.map(|v| v.company.as_str()))?,
        ":category": name("category", vendor.map(|v| v.category.as_str()))?,
        ":tells": name("tells", tells)?,
        ":tracker": name("tracker", Some(&finding.host))?,
        ":tracker_domain": name("domain", Some(&finding.domain))?,
        ":destination": name("domain", finding.destination.as_deref())?,
        ":score": finding.score,
        ":evidence": finding.evidence,
        ":count": whole(finding.count),
        ":url": first.map_or("", |s| s.shape.as_str()),
        ":url_hash": first.and_then(|s| s.hash),
        ":samples": (!others.is_empty()).then(|| others.join("\n")),
    };
    connection
        .prepare_cached(
            "INSERT INTO finding VALUES (:id, :part, :vector, :action, :opaque, :rule,
                :inner_rules, :vendor, :vendor_name, :company, :category, :tells, :tracker,
                :tracker_domain, :destination, :score, :evidence, :count, :url, :url_hash,
                :samples)",
        )?
        .execute(row)?;
    Ok(())
}

fn sample(sample: &Sample) -> String {
    let hash = sample.hash.map_or("-".to_owned(), |h| HEXLOWER.encode(&h));
    format!("{hash} {}", sample.shape)
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
