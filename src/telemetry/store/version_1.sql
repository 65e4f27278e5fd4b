-- Version 1. Released: never changed.

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
