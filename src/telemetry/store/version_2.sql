-- Version 2: an index of marks instead of one index for each column, repeated
-- texts in dictionaries, sums by the hour, and ids that last. The marks are
-- derived after this has run.

DROP VIEW message_view;
DROP VIEW finding_view;

-- Ids of version 1 were `milliseconds since 1970 << 12 | number`. The new ones
-- increase in the same order: each is the first one of its millisecond
-- (first_id in schema.rs), or follows the one before.
CREATE TABLE renumber (old INTEGER PRIMARY KEY, new INTEGER NOT NULL) STRICT;
INSERT INTO renumber
SELECT id, n + max((max(id / 4096 - 1735689600000, 0) << 8) - n) OVER (ORDER BY id)
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM message);
-- Tells two files of the same gateway apart when rows are shipped elsewhere.
-- With other ids, it is another file.
UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch';

CREATE TABLE allowed (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE privacy (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE skip (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Names that come from mail are without number: those that no message uses any
-- more are taken away by the last day (since 1970) that a message used them.
ALTER TABLE domain ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracker ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE TABLE client (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seen INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE evidence (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seen INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE shape (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seen INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO privacy (name) SELECT DISTINCT privacy FROM message;
INSERT INTO client (name)
SELECT DISTINCT client FROM message WHERE client IS NOT NULL;
INSERT INTO shape (name) SELECT DISTINCT url FROM finding;
INSERT INTO evidence (name) SELECT DISTINCT evidence FROM finding;

ALTER TABLE message RENAME TO message_1;
ALTER TABLE recipient RENAME TO recipient_1;
ALTER TABLE finding RENAME TO finding_1;
DROP INDEX message_queue_id;
DROP INDEX message_sender_domain;
DROP INDEX message_disposition;
DROP INDEX recipient_who;
DROP INDEX finding_tracker;
DROP INDEX finding_rule;

CREATE TABLE message (
    id                INTEGER PRIMARY KEY,  -- time << 8 | running number
    at                INTEGER NOT NULL,     -- milliseconds since 1970, UTC
    disposition       INTEGER NOT NULL,
    privacy           INTEGER NOT NULL,
    key               INTEGER,              -- of the pseudonyms
    queue_id          TEXT,
    message_id        TEXT,
    message_id_domain INTEGER,
    client            INTEGER,
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
INSERT INTO message
SELECT renumber.new, at, disposition, privacy.id, key, queue_id, message_id,
       message_id_domain, client.id, sender, sender_domain, from_domain, recipients,
       size_before, size_after, duration_us, parts, html_parts, lenient_html, neutralized,
       removed, unwrapped, kept, opaque, unlisted, skips, ambiguities, rules_version,
       app_version
FROM message_1
JOIN renumber ON renumber.old = message_1.id
JOIN privacy ON privacy.name = message_1.privacy
LEFT JOIN client ON client.name = message_1.client
ORDER BY message_1.id;

CREATE TABLE recipient (
    message INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    who     TEXT,
    domain  INTEGER,
    PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;
INSERT INTO recipient
SELECT renumber.new, n, who, domain
FROM recipient_1 JOIN renumber ON renumber.old = recipient_1.message
ORDER BY recipient_1.message, n;

CREATE TABLE finding (
    id             INTEGER PRIMARY KEY,     -- message << 8 | running number
    part           TEXT NOT NULL,
    vector         INTEGER NOT NULL,
    action         INTEGER NOT NULL,
    opaque         INTEGER NOT NULL,
    allowed        INTEGER,                 -- by which entry of the allowlist
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
    evidence       INTEGER NOT NULL,        -- 'kind:weight detail', one a line
    count          INTEGER NOT NULL,
    url            INTEGER NOT NULL,        -- shape of the first
    url_hash       BLOB,
    samples        TEXT                     -- 'hash shape' of others, one a line;
                                            -- without shape: that of the first
) STRICT;
INSERT INTO finding
SELECT (renumber.new << 8) | (finding_1.id & 255), part, vector, action, opaque, NULL, rule,
       inner_rules, vendor, vendor_name, company, category, tells, tracker, tracker_domain,
       destination, score, evidence.id, count, shape.id, url_hash, samples
FROM finding_1
JOIN renumber ON renumber.old = finding_1.id >> 10
JOIN evidence ON evidence.name = finding_1.evidence
JOIN shape ON shape.name = finding_1.url
ORDER BY finding_1.id;

DROP TABLE message_1;
DROP TABLE recipient_1;
DROP TABLE finding_1;
DROP TABLE renumber;

CREATE INDEX message_queue_id ON message (queue_id) WHERE queue_id IS NOT NULL;
CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX recipient_who ON recipient (who) WHERE who IS NOT NULL;

-- When a name was last used is not known: with the newest message, at most.
UPDATE client SET seen = coalesce(
    (SELECT ((max(id) >> 8) + 1735689600000) / 86400000 FROM message), 0);
UPDATE domain SET seen = coalesce(
    (SELECT ((max(id) >> 8) + 1735689600000) / 86400000 FROM message), 0);
UPDATE evidence SET seen = coalesce(
    (SELECT ((max(id) >> 8) + 1735689600000) / 86400000 FROM message), 0);
UPDATE shape SET seen = coalesce(
    (SELECT ((max(id) >> 8) + 1735689600000) / 86400000 FROM message), 0);
UPDATE tracker SET seen = coalesce(
    (SELECT ((max(id) >> 8) + 1735689600000) / 86400000 FROM message), 0);

-- What a message has, once: see mark.rs.
CREATE TABLE mark (
    key     INTEGER NOT NULL,               -- number of the name << 5 | what it is
    message INTEGER NOT NULL,
    PRIMARY KEY (key, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_hourly (
    hour     INTEGER NOT NULL,              -- hours since 1970-01-01, UTC
    dim      TEXT NOT NULL,
    key      TEXT NOT NULL,
    action   TEXT NOT NULL,                 -- '' counts messages only
    findings INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (hour, dim, key, action)
) STRICT, WITHOUT ROWID;

-- For people with sqlite3 at hand, and for the review tools.
CREATE VIEW message_view AS
SELECT m.id, m.at, strftime('%Y-%m-%dT%H:%M:%fZ', m.at / 1000.0, 'unixepoch') AS time,
       disposition.name AS disposition, privacy.name AS privacy, m.key, m.queue_id,
       m.message_id, mid.name AS message_id_domain, client.name AS client, m.sender,
       sd.name AS sender_domain, fd.name AS from_domain, m.recipients, m.size_before,
       m.size_after, m.duration_us, m.parts, m.html_parts, m.lenient_html, m.neutralized,
       m.removed, m.unwrapped, m.kept, m.opaque, m.unlisted, m.skips, m.ambiguities,
       rules.name AS rules_version, app.name AS app_version
FROM message m
LEFT JOIN disposition ON disposition.id = m.disposition
LEFT JOIN privacy ON privacy.id = m.privacy
LEFT JOIN domain mid ON mid.id = m.message_id_domain
LEFT JOIN client ON client.id = m.client
LEFT JOIN domain sd ON sd.id = m.sender_domain
LEFT JOIN domain fd ON fd.id = m.from_domain
LEFT JOIN version rules ON rules.id = m.rules_version
LEFT JOIN version app ON app.id = m.app_version;

CREATE VIEW finding_view AS
SELECT f.id, f.id >> 8 AS message, f.part, vector.name AS vector, action.name AS action,
       f.opaque, allowed.name AS allowed, rule.name AS rule, f.inner_rules,
       vendor.name AS vendor, vendor_name.name AS vendor_name, company.name AS company,
       category.name AS category, tells.name AS tells, tracker.name AS tracker,
       td.name AS tracker_domain, dd.name AS destination, f.score,
       evidence.name AS evidence, f.count, shape.name AS url, f.url_hash, f.samples
FROM finding f
LEFT JOIN vector ON vector.id = f.vector
LEFT JOIN action ON action.id = f.action
LEFT JOIN allowed ON allowed.id = f.allowed
LEFT JOIN rule ON rule.id = f.rule
LEFT JOIN vendor ON vendor.id = f.vendor
LEFT JOIN vendor_name ON vendor_name.id = f.vendor_name
LEFT JOIN company ON company.id = f.company
LEFT JOIN category ON category.id = f.category
LEFT JOIN tells ON tells.id = f.tells
LEFT JOIN tracker ON tracker.id = f.tracker
LEFT JOIN domain td ON td.id = f.tracker_domain
LEFT JOIN domain dd ON dd.id = f.destination
LEFT JOIN evidence ON evidence.id = f.evidence
LEFT JOIN shape ON shape.id = f.url;
