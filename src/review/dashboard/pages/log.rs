//! The log: messages that fit a query, newest first.

mod error;
mod facets;
mod help;

use super::asked;
use crate::review::{
    Cursor, Page, Query, QueryError,
    dashboard::{
        app::App,
        fault::Fault,
        frame::{Frame, html},
        view::{Line, Parameters, Shown, number, path, terms},
        visitor::Visitor,
    },
};
use askama::Template;
use axum::{
    Router, extract::State, http::StatusCode, response::IntoResponse, response::Response,
    routing::get,
};
use facets::FacetView;
use help::Help;

/// How many messages a page can have.
const SIZES: &[usize] = &[25, 50, 100];
/// How many it has unless asked.
const DEFAULT_SIZE: usize = 50;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route("/log", get(show))
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    query: Shown,
    size: usize,
    default_size: usize,
    error: Option<error::Pointed>,
    help: Help,
    conditions: Vec<Chip>,
    facets: Vec<FacetView>,
    facets_note: String,
    is_first_look: bool,
    lines: Vec<Line>,
    nothing: &'static str,
    pager: Pager,
    sizes: Vec<Chip>,
    /// Where the script listens; none unless new messages are followed.
    live: Option<String>,
    here: String,
    still: String,
    follow: String,
    export_csv: String,
    export_json: String,
}

/// A small link.
#[derive(Debug)]
struct Chip {
    text: Shown,
    href: String,
    is_current: bool,
}

#[derive(Debug, Default)]
struct Pager {
    newest: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    shown: String,
}

/// What the query string says; it is all the state there is.
#[derive(Clone, Debug)]
struct Asked {
    text: String,
    size: usize,
    cursor: Cursor,
    is_live: bool,
}

impl Asked {
    fn of(parameters: &Parameters) -> Self {
        let size = parameters.number("n").and_then(|n| usize::try_from(n).ok());
        let cursor = match (parameters.number("before"), parameters.number("after")) {
            (Some(id), _) => Cursor::Before(id),
            (None, Some(id)) => Cursor::After(id),
            (None, None) => Cursor::Newest,
        };
        Self {
            text: parameters.get("q").to_owned(),
            size: size.filter(|n| SIZES.contains(n)).unwrap_or(DEFAULT_SIZE),
            cursor,
            is_live: parameters.get("live") == "1",
        }
    }

    /// The address of the same list with one more parameter.
    fn path(&self, more: (&str, &str)) -> String {
        let size = self.size.to_string();
        let size = if self.size == DEFAULT_SIZE { "" } else { &size };
        path::with("/log", &[("q", &self.text), ("n", size), more])
    }

    fn query(&self, text: &str) -> String {
        Self {
            text: text.to_owned(),
            ..self.clone()
        }
        .path(("", ""))
    }
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let asked = Asked::of(&parameters);
    let frame = Frame::new(&app, &visitor, "Log", "/log");
    let query = match asked::read(&app, &visitor, &asked.text).await? {
        Ok(query) => query,
        Err(error) => {
            let page = html(&LogPage::wrong(frame, &asked, &error))?;
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
    };
    let (size, cursor, wanted) = (asked.size, asked.cursor, query.clone());
    let found = app
        .read(move |reader| {
            let page = reader.page(&wanted, cursor, size)?;
            let facets = reader.facets(&wanted)?;
            Ok((page, facets, reader.last_id()?))
        })
        .await;
    let (page, found, last) = asked::or_empty(asked::bounded(found))?;
    let zone = app.now().time_zone().clone();
    let lines: Vec<Line> = page.rows.iter().map(|row| Line::new(row, &zone)).collect();
    let live = asked.is_live.then(|| {
        let newest = page.rows.first().map_or(last, |row| row.id.max(last));
        path::with(
            "/log/live",
            &[("q", &asked.text), ("after", &newest.to_string())],
        )
    });
    html(&LogPage {
        conditions: conditions(&asked),
        facets: facets::views(&found, &asked.text, |text| asked.query(text)),
        facets_note: facets::note(),
        is_first_look: asked.text.is_empty() && asked.cursor == Cursor::Newest,
        nothing: nothing(&query, &asked, last),
        pager: pager(&asked, &page),
        lines,
        live,
        error: None,
        ..LogPage::new(frame, &asked)
    })
}

impl LogPage {
    fn new(frame: Frame, asked: &Asked) -> Self {
        let export = |format: &str| {
            let parameters = [
                ("view", "log"),
                ("q", asked.text.as_str()),
                ("format", format),
            ];
            path::with("/export", &parameters)
        };
        Self {
            frame,
            query: Shown::new(&asked.text),
            size: asked.size,
            default_size: DEFAULT_SIZE,
            error: None,
            help: Help::new(),
            conditions: Vec::new(),
            facets: Vec::new(),
            facets_note: String::new(),
            is_first_look: false,
            lines: Vec::new(),
            nothing: "",
            pager: Pager::default(),
            sizes: sizes(asked),
            live: None,
            here: asked.path(("live", "1")),
            still: asked.path(("", "")),
            follow: asked.path(("live", "1")),
            export_csv: export("csv"),
            export_json: export("json"),
        }
    }

    /// The text stays in the box, and the place is marked.
    fn wrong(frame: Frame, asked: &Asked, error: &QueryError) -> Self {
        Self {
            error: Some(error::Pointed::new(&asked.text, error)),
            ..Self::new(frame, asked)
        }
    }
}

fn conditions(asked: &Asked) -> Vec<Chip> {
    let chip = |term: &str| Chip {
        text: Shown::new(term),
        href: asked.query(&terms::without(&asked.text, term)),
        is_current: true,
    };
    terms::split(&asked.text).into_iter().map(chip).collect()
}

fn sizes(asked: &Asked) -> Vec<Chip> {
    let chip = |size: &usize| {
        let other = Asked {
            size: *size,
            ..asked.clone()
        };
        Chip {
            text: Shown::new(&size.to_string()),
            href: other.path(("", "")),
            is_current: *size == asked.size,
        }
    };
    SIZES.iter().map(chip).collect()
}

fn pager(asked: &Asked, page: &Page) -> Pager {
    let first = page.rows.first().map(|row| row.id.to_string());
    let last = page.rows.last().map(|row| row.id.to_string());
    let step = |is_there: bool, name: &str, id: Option<&String>| {
        id.filter(|_| is_there).map(|id| asked.path((name, id)))
    };
    let count = u64::try_from(page.rows.len()).unwrap_or(u64::MAX);
    Pager {
        newest: (asked.cursor != Cursor::Newest).then(|| asked.path(("", ""))),
        newer: step(page.has_newer, "after", first.as_ref()),
        older: step(page.has_older, "before", last.as_ref()),
        shown: number::things(count, "message", "messages"),
    }
}

/// What to say where there is no line.
fn nothing(query: &Query, asked: &Asked, last: i64) -> &'static str {
    if last == 0 {
        "The block log has no message yet. The first one in which something is found, changed or \
         left alone for a reason appears here."
    } else if asked.cursor != Cursor::Newest {
        "There is nothing further in this direction."
    } else if query.is_empty() {
        "The block log has no message."
    } else if terms::has(&asked.text, "is:clean") {
        "No message fits. Clean messages are only counted, unless the configuration says \
         log.log_clean = true."
    } else {
        "No message fits. Take a condition away, or ask for a longer time."
    }
}
