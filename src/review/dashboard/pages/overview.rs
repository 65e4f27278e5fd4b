//! The first page: the newest messages.

use crate::{
    review::{
        Query,
        dashboard::{
            app::App,
            fault::Fault,
            frame::{Frame, html},
            visitor::Visitor,
        },
    },
    visible::printable,
};
use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use jiff::Timestamp;

/// How many messages are shown.
const NEWEST: usize = 20;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route("/", get(overview))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    time: String,
    sender: String,
    disposition: String,
}

async fn overview(State(app): State<App>, visitor: Visitor) -> Result<Response, Fault> {
    let messages = app
        .read(|reader| reader.newest(&Query::default(), NEWEST))
        .await?;
    let zone = app.now().time_zone().clone();
    let row = |message: &crate::review::MessageRow| Row {
        id: message.id,
        time: Timestamp::from_millisecond(message.at_ms)
            .unwrap_or_default()
            .to_zoned(zone.clone())
            .strftime("%F %T")
            .to_string(),
        sender: printable(message.sender_domain.as_deref().unwrap_or("none")).into_owned(),
        disposition: message.disposition.clone(),
    };
    let rows = messages.iter().map(row).collect();
    html(&Overview {
        frame: Frame::new(&app, &visitor, "Overview", "/"),
        rows,
    })
}
