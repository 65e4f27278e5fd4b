//! What can go wrong with a request, and the page that says so.

use super::{app::App, frame::Frame, visitor::Visitor};
use crate::{review::ReviewError, visible::printable};
use askama::Template;
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use std::fmt;

/// Why a request is not answered with what it asked for. The texts are shown
/// to the visitor, except those of [`Fault::Internal`] and [`Fault::Review`],
/// which only administrators see.
#[derive(Debug)]
pub(super) enum Fault {
    /// The request makes no sense; says what does.
    BadRequest(String),
    /// The visitor may not do this; says who may.
    Forbidden(String),
    /// There is no such thing; says what was looked for.
    NotFound(String),
    /// The block log cannot be read.
    Review(ReviewError),
    /// Anything else.
    Internal(String),
}

impl From<ReviewError> for Fault {
    fn from(error: ReviewError) -> Self {
        Self::Review(error)
    }
}

/// What the page is made of; travels from the handler to [`dress`], which
/// knows the visitor.
#[derive(Clone, Debug)]
pub(super) struct Explanation {
    title: &'static str,
    text: String,
    /// Only for administrators: it may name files of the system.
    detail: Option<String>,
}

impl Fault {
    pub(super) fn internal(error: impl fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }

    fn explain(self) -> (StatusCode, Explanation) {
        let said = |status, title, text| {
            let detail = None;
            (
                status,
                Explanation {
                    title,
                    text,
                    detail,
                },
            )
        };
        match self {
            Self::BadRequest(text) => {
                said(StatusCode::BAD_REQUEST, "This cannot be understood", text)
            }
            Self::Forbidden(text) => said(StatusCode::FORBIDDEN, "Not permitted", text),
            Self::NotFound(text) => said(StatusCode::NOT_FOUND, "Not found", text),
            Self::Review(error) => {
                tracing::error!("{error}");
                let missing = matches!(error, ReviewError::Missing(_));
                let text = if missing {
                    "There is no block log yet. The milter makes it when it first runs."
                } else {
                    "The block log cannot be read. The service's own log says why."
                };
                let explanation = Explanation {
                    title: "No block log",
                    text: text.to_owned(),
                    detail: Some(error.to_string()),
                };
                (StatusCode::SERVICE_UNAVAILABLE, explanation)
            }
            Self::Internal(error) => {
                tracing::error!("{error}");
                let explanation = Explanation {
                    title: "Something went wrong",
                    text: "This is not your mistake. The service's own log says more.".to_owned(),
                    detail: Some(error),
                };
                (StatusCode::INTERNAL_SERVER_ERROR, explanation)
            }
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, explanation) = self.explain();
        // For programs; browsers get a page instead.
        let text = format!("{}: {}\n", explanation.title, printable(&explanation.text));
        let mut response = (status, text).into_response();
        response.extensions_mut().insert(explanation);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    text: String,
    detail: Option<String>,
}

/// Turns what a handler could not do into a page in the dashboard's look.
pub(super) async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let wants_html = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"));
    let is_head = request.method() == Method::HEAD;
    let visitor = Visitor::of(&app, request.headers(), request.uri());
    let mut response = next.run(request).await;
    let Some(explanation) = response.extensions_mut().remove::<Explanation>() else {
        return response;
    };
    if !wants_html || is_head {
        return response;
    }
    let detail = explanation.detail.filter(|_| visitor.is_admin());
    let page = ErrorPage {
        frame: Frame::new(&app, &visitor, explanation.title, ""),
        text: printable(&explanation.text).into_owned(),
        detail: detail.map(|text| printable(&text).into_owned()),
    };
    match page.render() {
        Ok(page) => {
            let status = response.status();
            (status, Html(page)).into_response()
        }
        Err(_) => response,
    }
}
