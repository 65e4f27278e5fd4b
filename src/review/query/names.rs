//! Looks names up in the dictionaries.

use super::super::language::Pattern;
use crate::telemetry::store::{mark, schema, segment};
use ahash::AHashMap;
use rusqlite::Connection;
use std::borrow::Cow;

/// The dictionaries of a block log.
pub(super) struct Names<'a>(pub(super) &'a Connection);

impl Names<'_> {
    /// The numbers of the names that fit.
    pub(super) fn ids(&self, dictionary: &str, patterns: &[Pattern]) -> rusqlite::Result<Vec<i64>> {
        // These hold lower-case names only, so that one can be looked up.
        let is_lower = matches!(
            dictionary,
            "domain" | "tracker" | "vector" | "kind" | "skip"
        );
        if !is_lower || !patterns.iter().all(Pattern::is_exact) {
            return self.scan(dictionary, |name| any(patterns, name));
        }
        let mut statement = self
            .0
            .prepare_cached(&format!("SELECT id FROM {dictionary} WHERE name = ?1"))?;
        let mut ids = Vec::new();
        for pattern in patterns {
            let mut rows = statement.query([&pattern.text])?;
            while let Some(row) = rows.next()? {
                ids.push(row.get(0)?);
            }
        }
        Ok(ids)
    }

    pub(super) fn scan(
        &self,
        dictionary: &str,
        fits: impl Fn(&str) -> bool,
    ) -> rusqlite::Result<Vec<i64>> {
        let mut statement = self
            .0
            .prepare_cached(&format!("SELECT id, name FROM {dictionary}"))?;
        let mut rows = statement.query([])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            if fits(row.get_ref(1)?.as_str().unwrap_or_default()) {
                ids.push(row.get(0)?);
            }
        }
        Ok(ids)
    }

    /// Vendors by identifier or by name. The index knows them by identifier;
    /// what one is called is looked up where it was seen first and last.
    pub(super) fn vendors(&self, patterns: &[Pattern]) -> rusqlite::Result<Vec<i64>> {
        let mut ids = self.ids("vendor", patterns)?;
        let names = self.ids("vendor_name", patterns)?;
        if names.is_empty() {
            return Ok(ids);
        }
        let others = self.scan("vendor", |name| !any(patterns, name))?;
        let (first, last) = self.edges(mark::VENDOR)?;
        for vendor in others {
            let mut is_called = false;
            for message in [&last, &first].into_iter().filter_map(|m| m.get(&vendor)) {
                let mut statement = self.0.prepare_cached(
                    "SELECT vendor_name FROM finding
                     WHERE id >= ?1 AND id < ?2 AND vendor = ?3 AND vendor_name IS NOT NULL",
                )?;
                let first = schema::first_finding(*message);
                let end = schema::first_finding(message.saturating_add(1));
                let mut rows = statement.query([first, end, vendor])?;
                while let Some(row) = rows.next()? {
                    is_called |= names.contains(&row.get(0)?);
                }
            }
            if is_called {
                ids.push(vendor);
            }
        }
        Ok(ids)
    }

    /// The first and the last message of each value of a dimension.
    fn edges(&self, number: u8) -> rusqlite::Result<(Edges, Edges)> {
        let (mut first, mut last) = (Edges::new(), Edges::new());
        let values = (mark::of_name(number, 0), mark::of_name(number, i64::MAX));
        let probes = segment::Probe::of(vec![values]);
        let oldest: Option<i64> = self
            .0
            .query_row("SELECT min(id) FROM message", [], |row| row.get(0))?;
        let Some(oldest) = oldest else {
            return Ok((first, last));
        };
        for segment in segment::all(self.0, oldest, i64::MAX)? {
            let ids = segment.ids(self.0)?;
            for probe in &probes {
                segment.scan(self.0, probe, |key, ordinal| {
                    if let Some(&id) = ids.get(ordinal).filter(|id| **id >= oldest) {
                        first.entry(mark::value(key)).or_insert(id);
                        last.insert(mark::value(key), id);
                    }
                })?;
            }
        }
        Ok((first, last))
    }
}

/// A message for each number of a name.
type Edges = AHashMap<i64, i64>;

/// Whether the name, in any case, fits one of these.
pub(super) fn any(patterns: &[Pattern], name: &str) -> bool {
    let lower = if name.is_ascii() && !name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_lowercase())
    };
    !name.is_empty() && patterns.iter().any(|pattern| pattern.fits(&lower))
}
