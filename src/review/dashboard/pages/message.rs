//! One message: everything that is known about it.

mod facts;
mod findings;

use crate::review::{
    dashboard::{
        app::App,
        fault::Fault,
        frame::{Frame, html},
        view::{Shown, number, path},
        visitor::Visitor,
    },
    json,
};
use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use facts::Facts;
use findings::Finding;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route("/message/{id}", get(show))
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    frame: Frame,
    facts: Facts,
    findings: Vec<Finding>,
    unlisted: Option<String>,
    /// Indented JSON, its control characters escaped.
    raw: String,
    download: String,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let key = parse(&id)?;
    let found = app.read(move |reader| reader.message(key)).await?;
    let row = found.ok_or_else(|| missing(&id))?;
    let zone = app.now().time_zone().clone();
    let title = match &row.queue_id {
        Some(queue_id) => format!("Message {}", Shown::new(queue_id)),
        None => "Message".to_owned(),
    };
    let findings = row.findings.iter().enumerate();
    html(&MessagePage {
        frame: Frame::new(&app, &visitor, &title, "/message/"),
        facts: Facts::new(&row, &zone),
        findings: findings
            .map(|(n, finding)| Finding::new(row.id, n, finding))
            .collect(),
        unlisted: (row.unlisted > 0).then(|| number::stored(row.unlisted)),
        raw: json::message_lines(&row),
        download: path::with(
            "/export",
            &[("view", "message"), ("id", &row.id.to_string())],
        ),
    })
}

/// The key of a message in an address.
pub(super) fn parse(id: &str) -> Result<i64, Fault> {
    id.parse().map_err(|_| missing(id))
}

/// What to say of a message that is not there.
pub(super) fn missing(id: &str) -> Fault {
    let id: String = id.chars().take(40).collect();
    Fault::NotFound(format!(
        "There is no message {id:?} in the block log. Messages are kept for a limited time; the \
         daily sums are kept longer."
    ))
}
