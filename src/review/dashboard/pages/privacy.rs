//! What is stored about people, for how long, who looked somebody up, and a
//! look-up by person.

mod audit;
mod person;
mod stored;

use super::ranges;
use crate::review::dashboard::{
    app::App,
    fault::Fault,
    frame::{Frame, html},
    view::{Parameters, Shown},
    visitor::Visitor,
};
use askama::Template;
use audit::AuditView;
use axum::{
    Router,
    extract::State,
    response::{Redirect, Response},
    routing::get,
};
use stored::{Fact, KeyView, LevelView};

const HERE: &str = "/privacy";
/// Where a look-up is sent. The address stands in the body of the request
/// alone, so that neither a history nor a log has it.
const PERSON: &str = "/privacy/person";

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show)).route(
        PERSON,
        get(async || Redirect::to(HERE)).post(person::look_up),
    )
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    frame: Frame,
    levels: Vec<LevelView>,
    retention: Vec<Fact>,
    keys: Vec<KeyView>,
    /// Why there are none.
    no_keys: Option<Shown>,
    /// Why nobody can be looked up.
    no_look_up: Option<&'static str>,
    audit: Vec<AuditView>,
    /// Why there is no audit log.
    no_audit: Option<Shown>,
    older: Option<String>,
    newest: Option<&'static str>,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let level = stored::level(app.config(), app.now().timestamp());
    let (keys, no_keys) = match app.keys().await {
        Ok(Some(keys)) => (stored::keys(&keys, ranges::today(&app)), None),
        Ok(None) => (Vec::new(), Some("There is no key file.")),
        // The privacy page says more than that one file.
        Err(_) => (
            Vec::new(),
            Some("The key file cannot be read by the dashboard, so nobody can be looked up here."),
        ),
    };
    let before = parameters.number("before");
    let page = audit::read(&app, before).await?;
    html(&PrivacyPage {
        frame: Frame::new(&app, &visitor, "Privacy", HERE),
        levels: stored::levels(level),
        retention: stored::retention(app.config()),
        no_look_up: if level.keeps_persons() {
            None
        } else {
            Some(
                "At this level nothing that stands for a person is stored, so nobody can be looked up.",
            )
        },
        keys,
        no_keys: no_keys.map(Shown::new),
        audit: page.rows,
        no_audit: page.problem,
        older: page.older,
        newest: before.is_some().then_some("/privacy#audit"),
    })
}
