//! The form for a new entry, and what the last 30 days would have looked like
//! with it.

use super::{
    HERE, change,
    form::{self, Asked, Choice, Errors, OWN},
};
use crate::{
    allow::NewEntry,
    review::{
        dashboard::{
            app::App,
            csrf::Posted,
            fault::Fault,
            frame::{Frame, html},
            pages::{actions, ranges::LOOK_BACK},
            view::{Moment, Parameters, Shown, number, path},
            visitor::{Admin, Visitor},
        },
        preview::{self, Preview, Proposal},
    },
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "allow_new.html")]
struct NewPage {
    frame: Frame,
    asked: Asked,
    proposals: Vec<Choice>,
    is_own: bool,
    scopes: Vec<Choice>,
    expiries: Vec<Choice>,
    errors: Errors,
    today: String,
    /// The message that the proposals are for.
    message: Option<String>,
    note: Option<&'static str>,
}

impl NewPage {
    fn error(&self, field: &str) -> Option<&Shown> {
        self.errors.get(field)
    }
}

#[derive(Template)]
#[template(path = "allow_preview.html")]
pub(super) struct PreviewPage {
    frame: Frame,
    asked: Asked,
    what: Shown,
    spares: &'static str,
    reason: Shown,
    expires: Option<Moment>,
    preview: PreviewView,
    /// Why it could not be added.
    error: Option<Shown>,
}

/// What the entry would have spared.
struct PreviewView {
    is_nothing: bool,
    findings: String,
    messages: String,
    senders: String,
    actions: Vec<(String, String)>,
    hosts: Vec<(Shown, String)>,
    examples: Vec<ExampleView>,
    sure: Option<String>,
    unsure: Option<String>,
    sample: String,
}

struct ExampleView {
    at: Moment,
    sender: Shown,
    tracker: Shown,
    rule: Option<Shown>,
    action: String,
}

/// The empty form, or one with proposals for a finding.
pub(super) async fn new(
    State(app): State<App>,
    Admin(visitor): Admin,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let given = |name| parameters.get(name).to_owned();
    let asked = Asked {
        message: given("message"),
        finding: given("finding"),
        scope: given("scope"),
        value: given("value"),
        ..Asked::default()
    };
    let proposals = proposals(&app, &asked).await?;
    show_form(&app, &visitor, asked, &proposals, Errors::new())
}

/// What the form asks for, shown with its effect; or the form again.
pub(super) async fn preview(
    State(app): State<App>,
    Posted(visitor, asked): Posted<Asked>,
) -> Result<Response, Fault> {
    let Admin(visitor) = Admin::check(visitor)?;
    let proposals = proposals(&app, &asked).await?;
    if asked.step == "edit" {
        return show_form(&app, &visitor, asked, &proposals, Errors::new());
    }
    match asked.entry(&proposals, &change::author(&visitor), &app.now()) {
        Ok(entry) => show_preview(&app, &visitor, asked, &entry, None).await,
        Err(errors) => refuse(&app, &visitor, asked, &proposals, errors),
    }
}

/// The form with what is wrong in it.
pub(super) fn refuse(
    app: &App,
    visitor: &Visitor,
    asked: Asked,
    proposals: &[Proposal],
    errors: Errors,
) -> Result<Response, Fault> {
    let page = show_form(app, visitor, asked, proposals, errors)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// What is proposed for the finding that the form is about; nothing if it is
/// about none, or that is gone.
pub(super) async fn proposals(app: &App, asked: &Asked) -> Result<Vec<Proposal>, Fault> {
    let (Ok(message), Ok(finding)) = (asked.message.parse::<i64>(), asked.finding.parse::<usize>())
    else {
        return Ok(Vec::new());
    };
    let row = app.read(move |reader| reader.message(message)).await?;
    let row = row.as_ref();
    Ok(row
        .and_then(|row| Some(preview::proposals(row, row.findings.get(finding)?)))
        .unwrap_or_default())
}

fn show_form(
    app: &App,
    visitor: &Visitor,
    asked: Asked,
    proposals: &[Proposal],
    errors: Errors,
) -> Result<Response, Fault> {
    let is_for_finding = !asked.message.is_empty();
    html(&NewPage {
        frame: Frame::new(app, visitor, "Allow something", HERE),
        is_own: proposals.is_empty() || asked.choice == OWN,
        proposals: form::proposals(proposals, &asked.choice),
        scopes: form::scopes(&asked.scope),
        expiries: form::expiries(&asked.expires),
        errors,
        today: app.now().date().to_string(),
        message: asked
            .message
            .parse::<i64>()
            .ok()
            .filter(|_| !proposals.is_empty())
            .map(|id| path::named("/message", &id.to_string())),
        note: (is_for_finding && proposals.is_empty()).then_some(
            "That finding is no longer in the log, or nothing can be proposed for it. Say below \
             what to allow.",
        ),
        asked,
    })
}

/// The entry and its effect, with a button that adds it.
pub(super) async fn show_preview(
    app: &App,
    visitor: &Visitor,
    asked: Asked,
    new: &NewEntry,
    error: Option<Shown>,
) -> Result<Response, Fault> {
    let now = app.now();
    let at = now.timestamp();
    let entry = new.checked("a-preview", at);
    let entry = entry.map_err(|error| Fault::BadRequest(error.to_string()))?;
    let asked_for = entry.clone();
    let found = app
        .read(move |reader| preview::preview(reader, &asked_for, LOOK_BACK, at))
        .await?;
    let zone = now.time_zone();
    let scopes = form::scopes(entry.scope.name());
    let spares = scopes.iter().find(|scope| scope.is_chosen);
    html(&PreviewPage {
        frame: Frame::new(app, visitor, "Allow this?", HERE),
        what: Shown::new(&entry.describe()),
        spares: spares.map_or("", |scope| scope.note),
        reason: Shown::new(&entry.reason),
        expires: entry
            .expires
            .map(|time| Moment::new(time.as_millisecond(), zone)),
        preview: PreviewView::new(&found, zone),
        error,
        asked,
    })
}

impl PreviewView {
    fn new(preview: &Preview, zone: &TimeZone) -> Self {
        let some = |n: u64| (n > 0).then(|| number::things(n, "finding", "findings"));
        let examples = preview.examples.iter().map(|example| ExampleView {
            at: Moment::new(example.at_ms, zone),
            sender: Shown::host(example.sender_domain.as_deref().unwrap_or("–")),
            tracker: Shown::host(&example.tracker),
            rule: example.rule.as_deref().map(Shown::new),
            action: actions::label(&example.action),
        });
        let scanned = number::things(preview.scanned, "message", "messages");
        Self {
            is_nothing: preview.findings == 0,
            findings: number::things(preview.findings, "finding", "findings"),
            messages: number::things(preview.messages, "message", "messages"),
            senders: number::things(preview.senders, "sender domain", "sender domains"),
            actions: preview
                .actions
                .iter()
                .map(|(name, n)| (actions::label(name), number::count(*n)))
                .collect(),
            hosts: preview
                .hosts
                .iter()
                .map(|(host, n)| (Shown::host(host), number::count(*n)))
                .collect(),
            examples: examples.collect(),
            sure: some(preview.sure),
            unsure: some(preview.unsure),
            sample: if preview.is_complete {
                format!("Out of {scanned} of these days that the log still has.")
            } else {
                format!("Out of the newest {scanned} only: there are more than are looked at.")
            },
        }
    }
}
