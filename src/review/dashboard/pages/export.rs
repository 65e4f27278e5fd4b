//! Exports: any view as a file, for programs and spreadsheets.

mod messages;
mod sums;
mod table;

use super::{asked, message};
use crate::review::{
    Query, audit,
    dashboard::{
        app::App,
        fault::Fault,
        view::{Parameters, Range},
        visitor::Visitor,
    },
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::tz::TimeZone;
use tokio::task;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route("/export", get(export))
}

/// How the file is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// One JSON object a line.
    Json,
}

impl Format {
    fn of(parameter: &str) -> Result<Self, Fault> {
        match parameter {
            "csv" => Ok(Self::Csv),
            "" | "json" => Ok(Self::Json),
            _ => Err(Fault::BadRequest(
                "There is no such format; write format=csv or format=json.".to_owned(),
            )),
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "ndjson",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/x-ndjson",
        }
    }
}

/// A view that can be exported.
type View = (&'static str, Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Messages that fit a query.
    Log,
    /// One message.
    Message,
    /// The daily sums of a range.
    Sums(sums::View),
}

/// Every view by its name in the query string.
const VIEWS: &[View] = &[
    ("log", Kind::Log),
    ("message", Kind::Message),
    ("top", Kind::Sums(sums::View::Top)),
    ("series", Kind::Sums(sums::View::Series)),
    ("totals", Kind::Sums(sums::View::Totals)),
];

async fn export(
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let format = Format::of(parameters.get("format"))?;
    let view = VIEWS
        .iter()
        .find(|(name, _)| *name == parameters.get("view"));
    let (name, kind) = view.ok_or_else(|| {
        let names: Vec<_> = VIEWS.iter().map(|(name, _)| *name).collect();
        Fault::BadRequest(format!(
            "Say what to export: view={}.",
            names.join(", view=")
        ))
    })?;
    match kind {
        Kind::Log => {
            let query = query(&app, &visitor, &parameters).await?;
            let body = messages::body(&app, query, format).await?;
            record(&app, &visitor, &format!("log {}", parameters.get("q"))).await?;
            Ok(file(name, format, body))
        }
        Kind::Message => {
            let id = message::parse(parameters.get("id"))?;
            let found = app.read(move |reader| reader.message(id)).await?;
            let row = found.ok_or_else(|| message::missing(parameters.get("id")))?;
            record(&app, &visitor, &format!("message {id}")).await?;
            Ok(file(name, format, messages::one(&row, format)?.into()))
        }
        Kind::Sums(view) => {
            let today = app.now().with_time_zone(TimeZone::UTC).date();
            let [range, from, to] = ["range", "from", "to"].map(|name| parameters.get(name));
            let range = Range::parse(range, from, to, today).map_err(Fault::BadRequest)?;
            let (name, table) = sums::read(&app, *view, parameters.get("of"), range).await?;
            let what = format!("{name} {} {}", range.days.first, range.days.last);
            record(&app, &visitor, &what).await?;
            Ok(file(&name, format, table.write(format)?.into()))
        }
    }
}

async fn query(app: &App, visitor: &Visitor, parameters: &Parameters) -> Result<Query, Fault> {
    let asked = asked::read(app, visitor, parameters.get("q")).await?;
    asked.map_err(|error| Fault::BadRequest(format!("The query is wrong: {error}.")))
}

/// Nothing leaves the house that the audit log does not know of.
async fn record(app: &App, visitor: &Visitor, what: &str) -> Result<(), Fault> {
    let (app, actor, what) = (app.clone(), asked::actor(visitor), what.to_owned());
    let written = task::spawn_blocking(move || {
        audit::Audit::of(app.config())?.record(&audit::Act {
            kind: audit::ActKind::Download,
            actor: &actor,
            channel: audit::Channel::Dashboard.name(),
            subject: None,
            details: &what,
        })
    });
    let written = written.await.map_err(Fault::internal)?;
    written.map_err(Fault::internal)
}

/// An answer that browsers save. The name is one of ours: nothing of the
/// request or of a mail is in it.
fn file(name: &str, format: Format, body: Body) -> Response {
    let name = format!(
        "attachment; filename=\"untrackd-{name}.{}\"",
        format.ending()
    );
    let fields = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (fields, body).into_response()
}
