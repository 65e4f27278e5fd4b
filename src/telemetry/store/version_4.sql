-- Version 4: marks are packed, a segment of messages at a time (segment.rs),
-- and there are marks for everything that a query can ask for, so that no other
-- index is needed. They are derived after this has run.

DROP TABLE mark;
DROP INDEX message_queue_id;
DROP INDEX message_message_id;
DROP INDEX recipient_who;

CREATE TABLE ambiguity (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE evidence_kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Messages that were indexed together, of one day.
CREATE TABLE segment (
    first    INTEGER PRIMARY KEY,           -- id of the first message
    last     INTEGER NOT NULL,              -- id of the last one
    messages INTEGER NOT NULL               -- how many there were
) STRICT;

-- Their marks and ids, ascending, in blocks: see segment.rs.
CREATE TABLE mark (
    segment INTEGER NOT NULL,
    first   INTEGER NOT NULL,
    rest    BLOB NOT NULL,                  -- the differences of those that follow
    PRIMARY KEY (segment, first)
) STRICT, WITHOUT ROWID;
