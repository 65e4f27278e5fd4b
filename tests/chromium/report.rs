//! Marker by marker: what became of it.

use super::{
    REQUESTED_AT_LEAST,
    clean::{Finding, Setting},
    markers::Markers,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What was seen of a page and of the page after cleaning.
pub(crate) struct Report {
    pub(crate) markers: Markers,
    pub(crate) setting: Setting,
    pub(crate) findings: Vec<Finding>,
    /// All markers in the order of the page.
    pub(crate) order: Vec<String>,
    pub(crate) left_in_text: BTreeSet<String>,
    pub(crate) requested_in_original: BTreeSet<String>,
    pub(crate) requested_in_cleaned: BTreeSet<String>,
}

impl Report {
    /// Holds that `every-vector.html` does what it says, that nothing of it is
    /// requested after cleaning, and that nothing is left which any client
    /// would request.
    pub(crate) fn assert_nothing_left(&self) {
        let original = &self.requested_in_original;
        assert!(
            original.len() >= REQUESTED_AT_LEAST,
            "only {} markers were requested:\n{self}",
            original.len()
        );
        let wrong = original.iter().filter(|m| !m.starts_with("load/"));
        assert_eq!(Vec::from_iter(wrong), [""; 0], "they are no loads");
        assert_eq!(
            self.requested_in_cleaned,
            BTreeSet::new(),
            "requested after cleaning:\n{self}"
        );
        assert_eq!(
            Vec::from_iter(self.loads_left()),
            [""; 0],
            "left for other clients:\n{self}"
        );
        for link in ["click/a-href", "click/area-href"] {
            assert!(self.left_in_text.contains(link), "{link} is a link");
        }
    }

    /// The markers in the cleaned text that some client would request. A
    /// relative URL is left out: what it is relative to may have changed, and
    /// Chromium is the judge of that. So are those on other hosts if only one
    /// host is listed.
    fn loads_left(&self) -> impl Iterator<Item = &str> {
        const RELATIVE: &[&str] = &[
            "load/css-base-relative",
            "load/form-base-itself",
            "load/form-base-parent",
            "load/form-base-relative",
            "load/form-base-root",
        ];
        const BY_ADDRESS: &[&str] = &[
            "load/form-address",
            "load/form-hex",
            "load/form-hex-number",
            "load/form-ipv6",
            "load/form-ipv6-mapped",
            "load/form-number",
            "load/form-octal",
            "load/form-short-address",
        ];
        self.left_in_text
            .iter()
            .map(String::as_str)
            .filter(|marker| marker.starts_with("load/") && !RELATIVE.contains(marker))
            .filter(|marker| self.setting == Setting::Block || !BY_ADDRESS.contains(marker))
    }

    /// What was done about each marker, as the program reports it.
    fn deeds(&self) -> BTreeMap<String, String> {
        let mut deeds = BTreeMap::<String, String>::new();
        for finding in &self.findings {
            for marker in self.markers.in_text(&finding.url) {
                let deeds = deeds.entry(marker).or_default();
                let separator = if deeds.is_empty() { "" } else { ", " };
                *deeds += &format!("{separator}{} {}", finding.action, finding.vector);
            }
        }
        deeds
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |is: bool| if is { "yes" } else { "-" };
        writeln!(
            f,
            "{:?}: Chromium requests {} of {} markers in the original, {} in the cleaned mail; \
             {} are left in its text\n\n{:<40} original  left  cleaned  what was done",
            self.setting,
            self.requested_in_original.len(),
            self.order.len(),
            self.requested_in_cleaned.len(),
            self.left_in_text.len(),
            "marker"
        )?;
        let deeds = self.deeds();
        let requested = self.requested_in_original.union(&self.requested_in_cleaned);
        let unnamed = requested.filter(|marker| !self.order.contains(marker));
        for marker in self.order.iter().chain(unnamed) {
            writeln!(
                f,
                "{marker:<40} {:<8}  {:<4}  {:<7}  {}",
                said(self.requested_in_original.contains(marker)),
                said(self.left_in_text.contains(marker)),
                said(self.requested_in_cleaned.contains(marker)),
                deeds.get(marker).map_or("", String::as_str),
            )?;
        }
        Ok(())
    }
}
