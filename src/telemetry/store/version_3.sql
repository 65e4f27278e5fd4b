-- Version 3: the sums of finished days are packed (packed.rs), one value for
-- each dimension, and so are those of stretches of many days. The days of
-- version 2 are packed by the clean-up after this has run.

CREATE TABLE rollup_packed (
    days  INTEGER NOT NULL,                 -- how many days: 1 or 32
    dim   TEXT NOT NULL,
    first INTEGER NOT NULL,                 -- the first day, since 1970-01-01, UTC
    sums  BLOB NOT NULL,
    PRIMARY KEY (days, dim, first)
) STRICT;
