//! Messages and findings as the block log holds them. Every text may come
//! from a hostile mail.

use rusqlite::Row;
use serde::Serialize;

/// One message with its findings.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MessageRow {
    /// The key, which grows with time; see [`Reader::after`](super::Reader::after).
    pub id: i64,
    /// When the message ended, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// The MTA's queue id.
    pub queue_id: Option<String>,
    /// What became of it; one of the names of
    /// [`Disposition`](crate::telemetry::Disposition).
    pub disposition: String,
    /// The privacy level that it was stored at.
    pub privacy: String,
    /// Number of the key that its pseudonyms were made with.
    pub key: Option<u32>,
    /// Pseudonym (`m_…`) of the Message-ID, or itself at level `full`.
    pub message_id: Option<String>,
    /// Registrable domain of the Message-ID.
    pub message_id_domain: Option<String>,
    /// Network of the SMTP client, or its address at level `full`.
    pub client: Option<String>,
    /// Pseudonym (`s_…`) of the envelope sender, or itself at level `full`;
    /// none for bounces.
    pub sender: Option<String>,
    /// Registrable domain of the envelope sender.
    pub sender_domain: Option<String>,
    /// Registrable domain of the From field.
    pub from_domain: Option<String>,
    /// How many recipients there are.
    pub recipient_count: i64,
    /// The recipients, or at level `domain` their domains; at most 1,000.
    pub recipients: Vec<RecipientRow>,
    /// Body size as it came, in bytes.
    pub size_before: i64,
    /// Body size as it was passed on, in bytes.
    pub size_after: i64,
    /// From end of message to the decision, in microseconds.
    pub duration_us: i64,
    /// Leaf parts.
    pub parts: i64,
    /// HTML parts that were scanned.
    pub html_parts: i64,
    /// Whether an HTML part needed the second, lenient reading.
    pub lenient_html: bool,
    /// Sightings neutralized.
    pub neutralized: i64,
    /// Sightings removed.
    pub removed: i64,
    /// Links unwrapped.
    pub unwrapped: i64,
    /// Sightings that were kept although something speaks against them.
    pub kept: i64,
    /// Redirects kept because their destination cannot be read.
    pub opaque: i64,
    /// Findings that are counted, but not listed.
    pub unlisted: i64,
    /// Why parts, or all of it, were not cleaned.
    pub skips: Vec<Tally>,
    /// What receivers may read differently.
    pub ambiguities: Vec<Tally>,
    /// Version of the rules.
    pub rules_version: String,
    /// Version of the program.
    pub app_version: String,
    /// What was found; equal findings stand once, with a count.
    pub findings: Vec<FindingRow>,
}

/// One recipient.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RecipientRow {
    /// Pseudonym (`r_…`), or the address at level `full`.
    pub who: Option<String>,
    /// The domain.
    pub domain: Option<String>,
}

/// A name and how often it occurs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// The permanent name.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// Equal findings of one message.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FindingRow {
    /// Where the first is in the MIME tree.
    pub part: String,
    /// How the URL is reached; a name of [`Vector`](crate::sighting::Vector).
    pub vector: String,
    /// What was done, or would have been: a name of
    /// [`Action`](crate::judge::Action).
    pub action: String,
    /// Whether it is a redirect whose destination cannot be read.
    pub opaque: bool,
    /// The entry of the allowlist that spared it.
    pub allowed: Option<String>,
    /// How many there are.
    pub count: i64,
    /// The rules that matched, from the outside in.
    pub rules: Vec<String>,
    /// Identifier of the vendor of the outermost rule.
    pub vendor: Option<String>,
    /// Its name.
    pub vendor_name: Option<String>,
    /// The company behind it.
    pub company: Option<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// What the URL tells its owner.
    pub tells: Vec<String>,
    /// The host, with what looks like a token hidden.
    pub tracker: String,
    /// Its registrable domain.
    pub tracker_domain: String,
    /// Registrable domain that the unwrapped link leads to.
    pub destination: Option<String>,
    /// The highest sum of weights among them.
    pub score: i64,
    /// What that sum is made of.
    pub evidence: Vec<EvidenceRow>,
    /// What some of the URLs look like, without their values.
    pub urls: Vec<SampleRow>,
}

/// One reason for or against.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct EvidenceRow {
    /// The permanent name of the kind.
    pub kind: String,
    /// What it adds to the score.
    pub weight: i64,
    /// What was seen.
    pub detail: String,
}

/// One URL without its values.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SampleRow {
    /// What it looks like.
    pub shape: String,
    /// Equal for equal URLs, in hexadecimal.
    pub hash: Option<String>,
}

impl MessageRow {
    /// From a row of `message_view`.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            at_ms: row.get("at")?,
            queue_id: row.get("queue_id")?,
            disposition: text(row, "disposition")?,
            privacy: text(row, "privacy")?,
            key: row.get("key")?,
            message_id: row.get("message_id")?,
            message_id_domain: row.get("message_id_domain")?,
            client: row.get("client")?,
            sender: row.get("sender")?,
            sender_domain: row.get("sender_domain")?,
            from_domain: row.get("from_domain")?,
            recipient_count: row.get("recipients")?,
            recipients: Vec::new(),
            size_before: row.get("size_before")?,
            size_after: row.get("size_after")?,
            duration_us: row.get("duration_us")?,
            parts: row.get("parts")?,
            html_parts: row.get("html_parts")?,
            lenient_html: row.get("lenient_html")?,
            neutralized: row.get("neutralized")?,
            removed: row.get("removed")?,
            unwrapped: row.get("unwrapped")?,
            kept: row.get("kept")?,
            opaque: row.get("opaque")?,
            unlisted: row.get("unlisted")?,
            skips: tallies(&text(row, "skips")?),
            ambiguities: tallies(&text(row, "ambiguities")?),
            rules_version: text(row, "rules_version")?,
            app_version: text(row, "app_version")?,
            findings: Vec::new(),
        })
    }
}

impl FindingRow {
    /// From a row of `finding_view`.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let outer: Option<String> = row.get("rule")?;
        let inner = text(row, "inner_rules")?;
        let hash: Option<Vec<u8>> = row.get("url_hash")?;
        let first = SampleRow {
            shape: text(row, "url")?,
            hash: hash.map(|h| data_encoding::HEXLOWER.encode(&h)),
        };
        let others = text(row, "samples")?;
        Ok(Self {
            part: text(row, "part")?,
            vector: text(row, "vector")?,
            action: text(row, "action")?,
            opaque: row.get("opaque")?,
            allowed: row.get("allowed")?,
            count: row.get("count")?,
            rules: outer.into_iter().chain(words(&inner)).collect(),
            vendor: row.get("vendor")?,
            vendor_name: row.get("vendor_name")?,
            company: row.get("company")?,
            category: row.get("category")?,
            tells: words(&text(row, "tells")?).collect(),
            tracker: text(row, "tracker")?,
            tracker_domain: text(row, "tracker_domain")?,
            destination: row.get("destination")?,
            score: row.get("score")?,
            evidence: text(row, "evidence")?.lines().map(evidence).collect(),
            urls: std::iter::once(first.clone())
                .chain(others.lines().map(|line| sample(line, &first.shape)))
                .collect(),
        })
    }
}

fn text(row: &Row<'_>, column: &str) -> rusqlite::Result<String> {
    Ok(row.get::<_, Option<String>>(column)?.unwrap_or_default())
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_ascii_whitespace().map(str::to_owned)
}

fn tallies(text: &str) -> Vec<Tally> {
    text.split_ascii_whitespace()
        .map(|word| {
            let (name, count) = word.rsplit_once(':').unwrap_or((word, "1"));
            Tally {
                name: name.to_owned(),
                count: count.parse().unwrap_or(1),
            }
        })
        .collect()
}

fn evidence(line: &str) -> EvidenceRow {
    let (head, detail) = line.split_once(' ').unwrap_or((line, ""));
    let (kind, weight) = head.rsplit_once(':').unwrap_or((head, ""));
    EvidenceRow {
        kind: kind.to_owned(),
        weight: weight.parse().unwrap_or(0),
        detail: detail.to_owned(),
    }
}

/// A sample beside the first, whose shape is not repeated.
fn sample(line: &str, first: &str) -> SampleRow {
    let (hash, shape) = line.split_once(' ').unwrap_or((line, first));
    SampleRow {
        shape: shape.to_owned(),
        hash: (hash != "-").then(|| hash.to_owned()),
    }
}
