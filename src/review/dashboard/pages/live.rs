//! The live tail: messages as they come, as server-sent events (HTML living
//! standard, section 9.2).

use super::asked;
use crate::review::{
    MessageRow, Query,
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
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::stream;
use jiff::tz::TimeZone;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

/// Most streams at a time.
const STREAMS: usize = 32;
/// How often each one looks for new messages.
const EVERY: Duration = Duration::from_millis(500);
/// Most messages that are read at a time.
const AT_ONCE: usize = 50;
/// How often something is sent where nothing happens, so that the way between
/// stays open.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    let streams = Arc::new(Semaphore::new(STREAMS));
    let listen = move |state, visitor, parameters, headers| {
        listen(Arc::clone(&streams), state, visitor, parameters, headers)
    };
    Router::new().route("/log/live", get(listen))
}

async fn listen(
    streams: Arc<Semaphore>,
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let Ok(permit) = streams.try_acquire_owned() else {
        let text = format!("{STREAMS} pages follow the log already; try again later.\n");
        let fields = [(header::RETRY_AFTER, "30")];
        return Ok((StatusCode::SERVICE_UNAVAILABLE, fields, text).into_response());
    };
    let asked = asked::read(&app, &visitor, parameters.get("q")).await?;
    let query =
        asked.map_err(|error| Fault::BadRequest(format!("The query is wrong: {error}.")))?;
    // What a browser that was interrupted saw last goes before what the page
    // was made with.
    let seen = headers.get("last-event-id");
    let seen = seen.and_then(|id| id.to_str().ok()?.parse().ok());
    let after = match seen.or_else(|| parameters.number("after")) {
        Some(id) => id,
        None => app.read(|reader| reader.last_id()).await?,
    };
    let tail = Tail {
        zone: app.now().time_zone().clone(),
        app,
        query,
        after,
        waiting: VecDeque::new(),
        is_first: true,
        _permit: permit,
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
    /// Given back when the browser goes.
    _permit: OwnedSemaphorePermit,
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
        let (newest, rows) = self
            .app
            .read(move |reader| {
                // Asked before, so that what comes meanwhile is not missed.
                let newest = reader.last_id()?;
                Ok((newest, reader.after(after, &query, AT_ONCE)?))
            })
            .await?;
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
