//! Bounds on answers that have no end: pages that follow the log.

use super::{app::App, fault::Fault};
use axum::{
    body::Body,
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::time;

/// Most event streams at a time.
pub(super) const MOST: usize = 64;
/// Longest event stream. The browser asks for it again, and has to be logged
/// in still.
const LONGEST: Duration = Duration::from_secs(600);

/// Ends event streams when their time is over and when the service stops.
pub(super) async fn bound(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let Ok(place) = Arc::clone(app.streams()).try_acquire_owned() else {
        let text = "Too many pages follow the log. Close one of them.";
        return Fault::Busy(text.to_owned()).into_response();
    };
    let end = async move {
        tokio::select! {
            () = app.stopping() => {}
            () = time::sleep(LONGEST) => {}
        }
    };
    response.map(|body| {
        let events = body.into_data_stream().map(move |event| {
            let _ = &place;
            event
        });
        Body::from_stream(events.take_until(Box::pin(end)))
    })
}
