//! The tables, and how an older file becomes a newer one.
//!
//! Time is the key. A message's id is its time in milliseconds times 4096 plus
//! a running number, and a finding's id is its message's id times 1024 plus a
//! running number: a range of time is a range of row ids, the findings of a
//! message are a range of row ids, and a secondary index, which carries the
//! row id, is sorted by time. (Finding ids fit 63 bits until September 2039;
//! a migration must move the epoch before.)
//!
//! Names that repeat stand once, in dictionary tables that all look the same.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as ours (`PRAGMA application_id`): `uTrk`.
pub(crate) const APPLICATION_ID: i32 = 0x7554_726b;

/// Bits of a message id below the milliseconds.
pub(crate) const SEQUENCE_BITS: u32 = 12;
/// Bits of a finding id below the message id.
pub(crate) const FINDING_BITS: u32 = 10;

/// The dictionary tables: `(id INTEGER PRIMARY KEY, name TEXT UNIQUE)`.
pub(crate) const DICTIONARIES: &[&str] = &[
    "action",
    "category",
    "company",
    "disposition",
    "domain",
    "rule",
    "tells",
    "tracker",
    "vector",
    "vendor",
    "vendor_name",
    "version",
];

/// Each step makes version n+1 of version n. A step that has been released is
/// never changed.
const MIGRATIONS: &[&str] = &[VERSION_1];

/// The version that this program writes and reads.
pub(crate) fn version() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// The first id that a message of this time can have.
pub(crate) fn first_id(at_ms: i64) -> i64 {
    at_ms.max(0).saturating_mul(1 << SEQUENCE_BITS)
}

/// The time that an id was given, in milliseconds since 1970.
pub(crate) fn time_of(id: i64) -> i64 {
    id >> SEQUENCE_BITS
}

/// The first id that a finding of this message can have.
pub(crate) fn first_finding(message: i64) -> i64 {
    message.saturating_mul(1 << FINDING_BITS)
}

/// Pragmas of the connection that writes. The first two only take effect on an
/// empty file, before it is switched to WAL.
pub(crate) const WRITER_PRAGMAS: &str = "
    PRAGMA page_size = 8192;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA secure_delete = FAST;
    PRAGMA foreign_keys = OFF;
    PRAGMA trusted_schema = OFF;
";

/// Brings the file to the current version, in one transaction.
pub(crate) fn migrate(connection: &mut Connection, found: i32) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(found).unwrap_or(0);
    if done == 0 {
        for name in DICTIONARIES {
            transaction.execute_batch(&format!(
                "CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
            ))?;
        }
    }
    for step in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", version())?;
    transaction.commit()
}

const VERSION_1: &str = "
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Tells two files of the same gateway apart when rows are shipped elsewhere.
INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(8))));

CREATE TABLE message (
    id                INTEGER PRIMARY KEY,  -- at << 12 | running number
    at                INTEGER NOT NULL,     -- milliseconds since 1970, UTC
    disposition       INTEGER NOT NULL,
    privacy           TEXT NOT NULL,
    key               INTEGER,              -- of the pseudonyms
    queue_id          TEXT,
    message_id        TEXT,
    message_id_domain INTEGER,
    client            TEXT,
    sender            TEXT,
    sender_domain     INTEGER,
    from_domain       INTEGER,
    recipients        INTEGER NOT NULL,     -- how many
    size_before       INTEGER NOT NULL,     -- bytes
    size_after        INTEGER NOT NULL,
    duration_us       INTEGER NOT NULL,
    parts             INTEGER NOT NULL,
    html_parts        INTEGER NOT NULL,
    lenient_html      INTEGER NOT NULL,
    neutralized       INTEGER NOT NULL,
    removed           INTEGER NOT NULL,
    unwrapped         INTEGER NOT NULL,
    kept              INTEGER NOT NULL,
    opaque            INTEGER NOT NULL,
    unlisted          INTEGER NOT NULL,     -- findings without a row
    skips             TEXT,                 -- 'reason:parts …'
    ambiguities       TEXT,                 -- 'name:parts …'
    rules_version     INTEGER NOT NULL,
    app_version       INTEGER NOT NULL
) STRICT;
CREATE INDEX message_queue_id ON message (queue_id) WHERE queue_id IS NOT NULL;
CREATE INDEX message_sender_domain ON message (sender_domain);
CREATE INDEX message_disposition ON message (disposition);

CREATE TABLE recipient (
    message INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    who     TEXT,
    domain  INTEGER,
    PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_who ON recipient (who) WHERE who IS NOT NULL;

CREATE TABLE finding (
    id             INTEGER PRIMARY KEY,     -- message << 10 | running number
    part           TEXT NOT NULL,
    vector         INTEGER NOT NULL,
    action         INTEGER NOT NULL,
    opaque         INTEGER NOT NULL,
    rule           INTEGER,                 -- the outermost
    inner_rules    TEXT,                    -- ' rule rule '
    vendor         INTEGER,
    vendor_name    INTEGER,
    company        INTEGER,
    category       INTEGER,
    tells          INTEGER,
    tracker        INTEGER NOT NULL,        -- host
    tracker_domain INTEGER NOT NULL,        -- registrable
    destination    INTEGER,                 -- registrable
    score          INTEGER NOT NULL,
    evidence       TEXT NOT NULL,           -- 'kind:weight detail', one a line
    count          INTEGER NOT NULL,
    url            TEXT NOT NULL,           -- shape of the first
    url_hash       BLOB,
    samples        TEXT                     -- 'hash shape' of others, one a line
) STRICT;
CREATE INDEX finding_tracker ON finding (tracker);
CREATE INDEX finding_rule ON finding (rule);

CREATE TABLE rollup_daily (
    day      INTEGER NOT NULL,              -- days since 1970-01-01, UTC
    dim      TEXT NOT NULL,
    key      TEXT NOT NULL,
    action   TEXT NOT NULL,                 -- '' counts messages only
    findings INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (day, dim, key, action)
) STRICT, WITHOUT ROWID;

-- For people with sqlite3 at hand, and for the review tools.
CREATE VIEW message_view AS
SELECT m.id, m.at, strftime('%Y-%m-%dT%H:%M:%fZ', m.at / 1000.0, 'unixepoch') AS time,
       disposition.name AS disposition, m.privacy, m.key, m.queue_id, m.message_id,
       mid.name AS message_id_domain, m.client, m.sender, sd.name AS sender_domain,
       fd.name AS from_domain, m.recipients, m.size_before, m.size_after, m.duration_us,
       m.parts, m.html_parts, m.lenient_html, m.neutralized, m.removed, m.unwrapped,
       m.kept, m.opaque, m.unlisted, m.skips, m.ambiguities,
       rules.name AS rules_version, app.name AS app_version
FROM message m
LEFT JOIN disposition ON disposition.id = m.disposition
LEFT JOIN domain mid ON mid.id = m.message_id_domain
LEFT JOIN domain sd ON sd.id = m.sender_domain
LEFT JOIN domain fd ON fd.id = m.from_domain
LEFT JOIN version rules ON rules.id = m.rules_version
LEFT JOIN version app ON app.id = m.app_version;

CREATE VIEW finding_view AS
SELECT f.id, f.id >> 10 AS message, f.part, vector.name AS vector, action.name AS action,
       f.opaque, rule.name AS rule, f.inner_rules, vendor.name AS vendor,
       vendor_name.name AS vendor_name, company.name AS company, category.name AS category,
       tells.name AS tells, tracker.name AS tracker, td.name AS tracker_domain,
       dd.name AS destination, f.score, f.evidence, f.count, f.url, f.url_hash, f.samples
FROM finding f
LEFT JOIN vector ON vector.id = f.vector
LEFT JOIN action ON action.id = f.action
LEFT JOIN rule ON rule.id = f.rule
LEFT JOIN vendor ON vendor.id = f.vendor
LEFT JOIN vendor_name ON vendor_name.id = f.vendor_name
LEFT JOIN company ON company.id = f.company
LEFT JOIN category ON category.id = f.category
LEFT JOIN tells ON tells.id = f.tells
LEFT JOIN tracker ON tracker.id = f.tracker
LEFT JOIN domain td ON td.id = f.tracker_domain
LEFT JOIN domain dd ON dd.id = f.destination;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_time_ordered() {
        // 2026-11-21T12:00:00Z is 1,795,262,400 s after 1970.
        let at = 1_795_262_400_000;
        assert_eq!(first_id(at), 1_795_262_400_000 * 4096);
        assert_eq!(time_of(first_id(at) + 4095), at);
        assert_eq!(first_finding(first_id(at)), 1_795_262_400_000 * 4096 * 1024);
        assert_eq!(first_id(-1), 0);
    }

    #[test]
    fn every_dictionary_is_there_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, 0).unwrap();
        let found: i32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(found, 1);
        for name in DICTIONARIES {
            let rows: i64 = connection
                .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(rows, 0, "{name}");
        }
        for view in ["message_view", "finding_view"] {
            connection
                .prepare(&format!("SELECT * FROM {view}"))
                .unwrap();
        }
    }
}
