//! The audit log as a page shows it.

use crate::review::{
    audit::{ActKind, Audit, AuditErrorKind, AuditRow, Outcome},
    dashboard::{
        app::App,
        fault::Fault,
        view::{Moment, Shown, path},
    },
};
use jiff::tz::TimeZone;
use std::io;
use tokio::task;

/// How many lines stand on a page.
const PAGE: usize = 50;

/// Each kind of act in words.
const ACTS: &[(ActKind, &str)] = &[
    (ActKind::AllowAdd, "allowed something"),
    (ActKind::AllowRemove, "took an allowance away"),
    (ActKind::Download, "downloaded"),
    (ActKind::Erase, "erased a person"),
    (ActKind::Export, "exported a person"),
    (ActKind::Login, "logged in"),
    (ActKind::LoginFailed, "failed to log in"),
    (ActKind::Logout, "logged out"),
    (ActKind::Lookup, "looked a person up"),
    (ActKind::Report, "made a report"),
    (ActKind::Rotate, "changed the keys"),
    (ActKind::UserChange, "changed a user"),
];

/// One line of the audit log.
#[derive(Debug)]
pub(super) struct AuditView {
    pub(super) at: Moment,
    pub(super) actor: Shown,
    pub(super) channel: Shown,
    pub(super) act: Shown,
    pub(super) subject: Option<Shown>,
    pub(super) details: Shown,
    pub(super) outcome: Shown,
    pub(super) class: &'static str,
}

/// A page of the audit log.
#[derive(Debug, Default)]
pub(super) struct AuditPage {
    pub(super) rows: Vec<AuditView>,
    pub(super) older: Option<String>,
    pub(super) problem: Option<Shown>,
}

/// The newest lines, or those before the one with this number.
pub(super) async fn read(app: &App, before: Option<i64>) -> Result<AuditPage, Fault> {
    let file = app.config().review.audit.clone();
    let found = task::spawn_blocking(move || {
        // One more than is shown says whether there are older ones.
        Audit::open_for_reading(&file)?.newest(PAGE + 1, before)
    });
    let rows = match found.await.map_err(Fault::internal)? {
        Ok(rows) => rows,
        Err(error) => {
            let problem = match &error.kind {
                AuditErrorKind::Io(e) if e.kind() == io::ErrorKind::NotFound => {
                    Shown::new("Nothing has been recorded yet.")
                }
                _ => Shown::new(&error.to_string()),
            };
            return Ok(AuditPage {
                problem: Some(problem),
                ..AuditPage::default()
            });
        }
    };
    let zone = app.now().time_zone().clone();
    let shown = rows.get(..PAGE).unwrap_or(&rows);
    Ok(AuditPage {
        older: shown
            .last()
            .filter(|_| rows.len() > PAGE)
            .map(|row| path::with("/privacy", &[("before", &row.id.to_string())]) + "#audit"),
        rows: shown.iter().map(|row| AuditView::new(row, &zone)).collect(),
        problem: None,
    })
}

impl AuditView {
    fn new(row: &AuditRow, zone: &TimeZone) -> Self {
        Self {
            at: Moment::new(row.at_ms, zone),
            actor: Shown::new(&row.actor),
            channel: Shown::new(&row.channel),
            act: Shown::new(words(&row.act)),
            subject: row.subject.as_deref().map(Shown::new),
            details: Shown::new(&row.details),
            outcome: Shown::new(&row.outcome),
            class: class(&row.outcome),
        }
    }
}

/// An act in words; the name itself, if another version wrote it.
fn words(name: &str) -> &str {
    let known = ACTS.iter().find(|(kind, _)| kind.name() == name);
    known.map_or(name, |(_, words)| words)
}

fn class(outcome: &str) -> &'static str {
    if outcome == Outcome::Done.name() {
        "badge badge-quiet"
    } else if outcome == Outcome::Started.name() {
        "badge"
    } else {
        "badge badge-bad"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_words() {
        for kind in ActKind::all() {
            assert_ne!(words(kind.name()), kind.name(), "{kind:?}");
        }
        assert_eq!(words("no-such"), "no-such");
    }
}
