//! A small block log for the tests, made by hand through the recorder.

use super::{Context, MessageRow, Query, Reader};
use crate::telemetry::{
    Event, Level, Record, Recorder, Settings, keys::Keys, testing::mails::mails,
};
use jiff::Zoned;
use std::time::Duration;

/// 12:30 UTC on the day of the newest messages.
pub(crate) fn now() -> Zoned {
    "2026-11-21T12:30:00+00:00[UTC]".parse().unwrap()
}

/// A log and what is needed to ask it.
pub(crate) struct Log {
    _dir: tempfile::TempDir,
    pub(crate) settings: Settings,
}

impl Log {
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            path: dir.path().join("log.db"),
            keys: dir.path().join("log.keys"),
            keep_days: 100_000,
            keep_rollup_days: 100_000,
            min_free_bytes: 0,
            ..Settings::default()
        };
        Self {
            _dir: dir,
            settings,
        }
    }

    /// The messages of [`mails`].
    pub(crate) fn new() -> Self {
        let log = Self::empty();
        let mut mails = mails();
        let domain = mails.split_off(8);
        let full = mails.split_off(7);
        log.record(Level::Pseudonym, mails);
        log.record(Level::Full, full);
        log.record(Level::Domain, domain);
        log
    }

    pub(crate) fn record(&self, privacy: Level, events: Vec<Event>) {
        let settings = Settings {
            privacy,
            full_until: (privacy == Level::Full).then_some(jiff::civil::Date::MAX),
            ..self.settings.clone()
        };
        let recorder = Recorder::start(&settings).unwrap();
        for event in events {
            recorder.record(event);
        }
        assert!(recorder.stop(Duration::from_secs(60)));
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.settings.path).unwrap()
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::load(&self.settings.keys).unwrap()
    }

    pub(crate) fn query(&self, text: &str) -> Query {
        let (now, keys) = (now(), self.keys());
        let context = Context {
            now: &now,
            keys: Some(&keys),
        };
        Query::parse(text, &context).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    /// The first letters of the queue ids of the messages that fit, newest
    /// first.
    pub(crate) fn letters(&self, text: &str) -> String {
        letters(&self.reader().newest(&self.query(text), 100).unwrap())
    }
}

pub(crate) fn letters(rows: &[MessageRow]) -> String {
    let first = |row: &MessageRow| row.queue_id.as_ref()?.chars().next();
    rows.iter().filter_map(first).collect()
}
