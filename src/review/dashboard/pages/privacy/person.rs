//! The messages to one person, after that was written down.

use super::HERE;
use crate::review::{
    Cursor, Query,
    dashboard::{
        app::App,
        csrf::Posted,
        fault::Fault,
        frame::{Frame, html},
        pages::asked,
        view::{Line, Shown},
        visitor::Admin,
    },
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

/// How many messages stand on a page.
const PAGE: usize = 50;
/// Longest address, in bytes: 64 for the local part, 255 for the domain and
/// the sign between (RFC 5321 section 4.5.3.1).
const MAX_ADDRESS: usize = 320;

/// Who is looked up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    address: String,
    /// Only messages older than the one with this key.
    before: String,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    address: Shown,
    /// What is wrong with the address.
    problem: Option<&'static str>,
    lines: Vec<Line>,
    /// The key of the last message that is shown, if there are older ones.
    older: Option<i64>,
    is_first: bool,
}

/// Looks a person up. Fails closed: without a line in the audit log nothing
/// is read.
pub(super) async fn look_up(
    State(app): State<App>,
    Posted(visitor, wanted): Posted<Wanted>,
) -> Result<Response, Fault> {
    let Admin(visitor) = Admin::check(visitor)?;
    let address = wanted.address.trim();
    let mut page = PersonPage {
        frame: Frame::new(&app, &visitor, "Messages to a person", HERE),
        address: Shown::new(address),
        problem: None,
        lines: Vec::new(),
        older: None,
        is_first: wanted.before.is_empty(),
    };
    let is_address = address.contains('@') && address.len() <= MAX_ADDRESS;
    if !is_address {
        page.problem = Some("This is no mail address; write one such as jane@example.com.");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    let text = Query::term("recipient", address);
    let Ok(query) = asked::read(&app, &visitor, &text).await? else {
        page.problem = Some("This address cannot be looked for.");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    };
    let cursor = wanted.before.parse().map_or(Cursor::Newest, Cursor::Before);
    let found = app
        .read(move |reader| reader.page(&query, cursor, PAGE))
        .await?;
    let zone = app.now().time_zone().clone();
    page.older = found
        .rows
        .last()
        .filter(|_| found.has_older)
        .map(|row| row.id);
    page.lines = found.rows.iter().map(|row| Line::new(row, &zone)).collect();
    html(&page)
}
