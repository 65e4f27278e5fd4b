//! The allowlist: what is spared, by whom it was decided, and how to change
//! it.

mod change;
mod form;
mod propose;

use super::ranges::{self, LOOK_BACK};
use crate::{
    allow::{AllowFile, Entry},
    review::{
        Query,
        dashboard::{
            app::App,
            fault::Fault,
            frame::{Frame, html},
            view::{Moment, Parameters, Shown, moment, number, path},
            visitor::Visitor,
        },
        hits::{self, Hits},
    },
};
use askama::Template;
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use jiff::{Timestamp, Zoned};
use std::collections::HashMap;
use tokio::task;

const HERE: &str = "/allowlist";

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show))
        .route("/allowlist/new", get(propose::new).post(propose::preview))
        .route("/allowlist/add", post(change::add))
        .route("/allowlist/remove", post(change::remove))
}

#[derive(Template)]
#[template(path = "allowlist.html")]
struct AllowlistPage {
    frame: Frame,
    file: Shown,
    /// What has just been done.
    done: Option<Shown>,
    /// Why something was not done.
    refused: Option<Shown>,
    /// Why the file cannot be read.
    error: Option<Shown>,
    entries: Vec<EntryView>,
    expired: Vec<EntryView>,
}

/// An entry as a line.
struct EntryView {
    id: Shown,
    scope: &'static str,
    value: Shown,
    value_page: Option<String>,
    narrowed: Vec<Shown>,
    reason: Shown,
    author: Shown,
    created: Moment,
    expires: Option<Moment>,
    /// How long until then, or since then.
    when: String,
    hits: String,
    log: String,
    last: Option<String>,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let done = |name, text: &str| {
        let id = parameters.get(name);
        let is_id = !id.is_empty() && id.len() <= 32;
        is_id.then(|| Shown::new(&format!("{id} {text}")))
    };
    let done = done(
        "added",
        "was added. The milter obeys it from the next message on.",
    )
    .or_else(|| done("removed", "was removed. What it spared is blocked again."));
    page(&app, &visitor, done, None).await
}

/// The list, with what has just been done or could not be done.
async fn page(
    app: &App,
    visitor: &Visitor,
    done: Option<Shown>,
    refused: Option<Shown>,
) -> Result<Response, Fault> {
    let path = app.config().review.allowlist.clone();
    let loaded = task::spawn_blocking(move || AllowFile::new(path).load());
    let loaded = loaded.await.map_err(Fault::internal)?;
    let (entries, error) = match loaded {
        Ok(entries) => (entries, None),
        Err(error) => (Vec::new(), Some(Shown::new(&error.to_string()))),
    };
    let now = app.now();
    let hits = used(app, &entries, &now).await?;
    let within = ranges::terms(ranges::look_back(app));
    let view = |entry: &Entry| {
        let hits = hits.get(&*entry.id).copied().unwrap_or_default();
        EntryView::new(entry, hits, &within, &now)
    };
    let in_force = |entry: &&Entry| entry.is_in_force(now.timestamp());
    html(&AllowlistPage {
        frame: Frame::new(app, visitor, "Allowlist", HERE),
        file: Shown::new(&app.config().review.allowlist.display().to_string()),
        done,
        refused,
        error,
        entries: entries.iter().filter(in_force).map(view).collect(),
        expired: entries
            .iter()
            .filter(|entry| !in_force(entry))
            .map(view)
            .collect(),
    })
}

/// What each entry has spared in the last 30 days, by its identifier.
async fn used(app: &App, entries: &[Entry], now: &Zoned) -> Result<HashMap<String, Hits>, Fault> {
    let ids: Vec<String> = entries.iter().map(|entry| entry.id.to_string()).collect();
    let at = now.timestamp();
    app.read(move |reader| {
        let of = |id: String| {
            let found = hits::hits(reader, &id, LOOK_BACK, at)?;
            Ok((id, found))
        };
        ids.into_iter().map(of).collect()
    })
    .await
}

impl EntryView {
    fn new(entry: &Entry, hits: Hits, within: &str, now: &Zoned) -> Self {
        let zone = now.time_zone();
        let moment = |time: Timestamp| Moment::new(time.as_millisecond(), zone);
        let narrowed = [("from", &entry.sender), ("to", &entry.recipient_domain)];
        let narrowed = narrowed.into_iter().filter_map(|(word, domain)| {
            let domain = domain.as_deref()?;
            Some(Shown::new(&format!("only {word} {domain}")))
        });
        let count = format!(
            "{} in {}",
            number::things(hits.findings, "finding", "findings"),
            number::things(hits.messages, "message", "messages")
        );
        Self {
            id: Shown::new(&entry.id),
            scope: form::label(entry.scope),
            value: Shown::new(&entry.value),
            value_page: form::page(entry),
            narrowed: narrowed.collect(),
            reason: Shown::new(&entry.reason),
            author: Shown::new(&entry.author),
            created: moment(entry.created),
            expires: entry.expires.map(moment),
            when: entry
                .expires
                .map_or_else(String::new, |time| until(time.as_millisecond(), now)),
            hits: if hits.is_complete || hits.messages == 0 {
                count
            } else {
                format!("more than {count}")
            },
            log: path::log(&format!("{} {within}", Query::term("allowed", &entry.id))),
            last: hits.last_ms.map(|ms| moment::ago(ms, now)),
        }
    }
}

/// `in 3 days`, or how long ago.
fn until(ms: i64, now: &Zoned) -> String {
    let left = ms.saturating_sub(now.timestamp().as_millisecond());
    let hours = u64::try_from(left / 3_600_000).unwrap_or(0);
    match hours {
        _ if left <= 0 => moment::ago(ms, now),
        0 => "in less than an hour".to_owned(),
        1..48 => format!("in {}", number::things(hours, "hour", "hours")),
        hours => format!("in {}", number::things(hours / 24, "day", "days")),
    }
}
