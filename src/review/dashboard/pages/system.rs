//! Whether all is well, and what this gateway is: versions, the log's state,
//! the configuration in short.

mod configuration;
mod health;

use super::catalogue::{Catalogue, Catalogues};
use crate::{
    review::dashboard::{
        app::App,
        fault::Fault,
        frame::{Frame, html},
        view::{Moment, Shown, moment, number},
        visitor::Visitor,
    },
    telemetry::{Status, store::damage},
};
use askama::Template;
use axum::{Extension, Router, extract::State, response::Response, routing::get};
use configuration::Setting;
use health::{Problem, Seen};
use jiff::{Timestamp, Zoned};
use std::{fs, path::Path};
use tokio::task;

const HERE: &str = "/system";

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show))
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    frame: Frame,
    verdict: &'static str,
    class: &'static str,
    problems: Vec<Problem>,
    program: Vec<Line>,
    log: Vec<Line>,
    /// Why the log cannot be read.
    unreadable: Option<Shown>,
    gateway: Vec<Line>,
    damaged: Vec<Damaged>,
    settings: Vec<Setting>,
    file: Shown,
}

/// Something that is so.
struct Line {
    label: Shown,
    value: Shown,
    title: String,
}

/// A damaged database that was set aside.
#[derive(Debug)]
pub(super) struct Damaged {
    name: Shown,
    size: String,
    since: String,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Extension(catalogues): Extension<Catalogues>,
) -> Result<Response, Fault> {
    let catalogue = catalogues.get(&app).await;
    // This page says what is wrong with a log that no other page can show.
    let (status, unreadable) = match app.read(crate::review::Reader::status).await {
        Ok(status) => (status, None),
        Err(Fault::Review(error)) => (None, Some(Shown::new(&error.to_string()))),
        Err(fault) => return Err(fault),
    };
    let now = app.now();
    let path = app.config().log.path.clone();
    let at = now.clone();
    let damaged = task::spawn_blocking(move || damaged(&path, &at));
    let damaged = damaged.await.map_err(Fault::internal)?;
    let seen = Seen {
        config: app.config(),
        status: status.as_ref(),
        unreadable: unreadable.as_ref(),
        catalogue: &catalogue,
        damaged: damaged.len(),
        now: &now,
    };
    let problems = health::problems(&seen);
    let (verdict, class) = health::verdict(&problems);
    html(&SystemPage {
        frame: Frame::new(&app, &visitor, "System", HERE),
        verdict,
        class,
        problems,
        program: program(&catalogue, status.as_ref(), &now),
        log: status
            .as_ref()
            .map_or_else(Vec::new, |status| log(status, &now)),
        gateway: status.iter().flat_map(gateway).collect(),
        settings: configuration::settings(app.config()),
        file: Shown::new(&app.config().file.as_ref().map_or_else(
            || "no file: the defaults hold".to_owned(),
            |file| file.display().to_string(),
        )),
        unreadable,
        damaged,
    })
}

fn line(label: &str, value: &str) -> Line {
    Line {
        label: Shown::new(label),
        value: Shown::new(value),
        title: String::new(),
    }
}

fn when(label: &str, ms: i64, now: &Zoned) -> Line {
    Line {
        label: Shown::new(label),
        value: Shown::new(&moment::ago(ms, now)),
        title: Moment::new(ms, now.time_zone()).utc,
    }
}

fn program(catalogue: &Catalogue, status: Option<&Status>, now: &Zoned) -> Vec<Line> {
    let mut lines = vec![line("Dashboard", env!("CARGO_PKG_VERSION"))];
    lines.push(match status {
        Some(status) => line("Milter", &status.app_version),
        None => line("Milter", "has not said anything yet"),
    });
    if let Some(status) = status {
        lines.push(when("Milter started", status.started_ms, now));
        let rules = status.rules_version.as_deref();
        lines.push(line("Rules in force", rules.unwrap_or("no message yet")));
    }
    let version = catalogue.version.as_deref();
    lines.push(line(
        "Rules in the files",
        version.unwrap_or("cannot be loaded"),
    ));
    lines.push(line(
        "Rules",
        &number::count(u64::try_from(catalogue.rules.len()).unwrap_or(0)),
    ));
    lines
}

fn log(status: &Status, now: &Zoned) -> Vec<Line> {
    let mut lines = vec![
        line("Privacy level", status.privacy.name()),
        line("File", &number::bytes(status.file_bytes)),
        line("Write-ahead log", &number::bytes(status.wal_bytes)),
    ];
    if let Some(free) = status.free_bytes {
        lines.push(line("Free on its disk", &number::bytes(free)));
    }
    if let Some(oldest) = status.oldest_ms {
        lines.push(when("Oldest message", oldest, now));
    }
    let waiting = format!(
        "{} of {}",
        number::count(status.queue_depth),
        number::count(status.queue_capacity)
    );
    lines.push(line("Waiting", &waiting));
    for (label, count) in [
        ("Taken since the start", status.taken),
        ("Stored", status.stored),
        ("Lost: queue full", status.lost.queue),
        ("Lost: database", status.lost.database),
        ("Lost: no space", status.lost.space),
        ("Failed attempts", status.failures),
        ("Deleted before their time", status.evicted),
    ] {
        lines.push(line(label, &number::count(count)));
    }
    if let Some(error) = &status.last_error {
        lines.push(line("Last error", error));
    }
    lines.push(when("This was said", status.at_ms, now));
    lines
}

fn gateway(status: &Status) -> impl Iterator<Item = Line> {
    let notes = status.gateway.iter();
    notes.map(|(name, value)| line(&name.replace('_', " "), &number::count(*value)))
}

/// The damaged databases beside the log, newest first. A folder that cannot
/// be read has none to show.
fn damaged(path: &Path, now: &Zoned) -> Vec<Damaged> {
    let files = damage::damaged(path).unwrap_or_default();
    let view = |file: &std::path::PathBuf| {
        let meta = fs::metadata(file).ok();
        let changed = meta.as_ref().and_then(|meta| meta.modified().ok());
        let changed = changed.and_then(|time| Timestamp::try_from(time).ok());
        Damaged {
            name: Shown::new(&file.display().to_string()),
            size: number::bytes(meta.map_or(0, |meta| meta.len())),
            since: changed.map_or_else(String::new, |time| moment::ago(time.as_millisecond(), now)),
        }
    };
    files.iter().rev().map(view).collect()
}
