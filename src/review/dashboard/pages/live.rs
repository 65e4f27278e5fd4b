//! The live tail: messages as they come, as server-sent events (HTML living
//! standard, section 9.2).

use super::asked;
use crate::review::{
    MessageRow, Query, Reader,
    dashboard::{
        app::App,
        fault::Fault,
        view::{Line, Parameters},
        visitor::Visitor,
    },
    json,
};
use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::stream;
use jiff::tz::TimeZone;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use tokio::time::sleep;

/// How often each one looks for new messages.
const EVERY: Duration = Duration::from_millis(500);
/// Most messages that are read at a time.
const AT_ONCE: usize = 50;
/// How often something is sent where nothing happens, so that the way between
/// stays open.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    // How many there are, and their end, is the matter of `streams`.
    Router::new().route("/log/live", get(listen))
}

async fn listen(
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let asked = asked::read(&app, &visitor, parameters.get("q")).await?;
    let query =
        asked.map_err(|error| Fault::BadRequest(format!("The query is wrong: {error}.")))?;
    // What a browser that was interrupted saw last goes before what the page
    // was made with.
    let seen = headers.get("last-event-id");
    let seen = seen.and_then(|id| id.to_str().ok()?.parse().ok());
    let after = match seen.or_else(|| parameters.number("after")) {
        Some(id) => id,
        None => asked::or_empty(app.read(Reader::last_id).await)?,
    };
    let tail = Tail {
        zone: app.now().time_zone().clone(),
        app,
        query,
        after,
        waiting: VecDeque::new(),
        is_first: true,
    };
    let events = stream::unfold(tail, next);
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(sse.into_response())
}

/// One stream.
struct Tail {
    app: App,
    query: Query,
    zone: TimeZone,
    /// The last message that was looked at.
    after: i64,
    waiting: VecDeque<MessageRow>,
    is_first: bool,
}

async fn next(mut tail: Tail) -> Option<(Result<Event, Infallible>, Tail)> {
    if std::mem::take(&mut tail.is_first) {
        // So that the browser knows at once that it is heard.
        let hello = Event::default()
            .retry(Duration::from_secs(3))
            .comment("hello");
        return Some((Ok(hello), tail));
    }
    loop {
        if let Some(row) = tail.waiting.pop_front() {
            let event = Event::default().id(row.id.to_string());
            let event = event.data(json::line(&Line::new(&row, &tail.zone)));
            return Some((Ok(event), tail));
        }
        sleep(EVERY).await;
        // An end of the stream lets the browser ask again, and get the page
        // that says what is wrong.
        tail.look().await.ok()?;
    }
}

impl Tail {
    /// Looks for new messages.
    async fn look(&mut self) -> Result<(), Fault> {
        let (after, query) = (self.after, self.query.clone());
        let found = self
            .app
            .read(move |reader| {
                // Asked before, so that what comes meanwhile is not missed.
                let newest = reader.last_id()?;
                Ok((newest, reader.after(after, &query, AT_ONCE)?))
            })
            .await;
        let (newest, rows) = asked::or_empty(found)?;
        self.after = match rows.last() {
            Some(row) if rows.len() >= AT_ONCE => row.id,
            Some(row) => newest.max(row.id),
            // A new log may have been begun.
            None => newest,
        };
        self.waiting.extend(rows);
        Ok(())
    }
}
