//! What can go wrong with a request, and the page that says so.

use super::{
    auth::{Identity, here},
    frame::Frame,
    theme::Theme,
};
use crate::{review::ReviewError, visible::printable};
use askama::Template;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::fmt;

/// Why a request is not answered with what it asked for. The texts are shown
/// to the visitor, except those of [`Fault::Internal`] and [`Fault::Review`],
/// which only administrators see.
#[derive(Debug)]
pub(super) enum Fault {
    /// The request makes no sense; says what does.
    BadRequest(String),
    /// There is too much to do; says what helps.
    Busy(String),
    /// The visitor may not do this; says who may.
    Forbidden(String),
    /// Anything else.
    Internal(String),
    /// The request is for another host; says what to do about it.
    Misdirected(String),
    /// The page does not take this method.
    NotAllowed(Method),
    /// There is no such thing; says what was looked for.
    NotFound(String),
    /// The block log cannot be read.
    Review(ReviewError),
    /// The request is too large; says how large it may be.
    TooLarge(String),
    /// The request took too long to arrive.
    TooSlow(String),
    /// The visitor has not said who they are.
    Unauthorized,
}

impl From<ReviewError> for Fault {
    fn from(error: ReviewError) -> Self {
        Self::Review(error)
    }
}

/// What the page is made of; travels from the handler to [`dress`], which
/// knows the visitor.
#[derive(Clone, Debug)]
struct Explanation {
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
        use StatusCode as S;
        let mut detail = None;
        let (status, title, text) = match self {
            Self::BadRequest(text) => (S::BAD_REQUEST, "This cannot be understood", text),
            Self::Busy(text) => (S::SERVICE_UNAVAILABLE, "Too busy", text),
            Self::Forbidden(text) => (S::FORBIDDEN, "Not permitted", text),
            Self::Misdirected(text) => (S::MISDIRECTED_REQUEST, "Not this host", text),
            Self::NotAllowed(method) => {
                let text = format!("This page does not take {method}.");
                (S::METHOD_NOT_ALLOWED, "Not this way", text)
            }
            Self::NotFound(text) => (S::NOT_FOUND, "Not found", text),
            Self::TooLarge(text) => (S::PAYLOAD_TOO_LARGE, "Too large", text),
            Self::TooSlow(text) => (S::REQUEST_TIMEOUT, "Too slow", text),
            Self::Unauthorized => {
                let text = "Log in, or send a token as “Authorization: Bearer”.";
                (S::UNAUTHORIZED, "Who are you?", text.to_owned())
            }
            Self::Review(ReviewError::TooLong) => {
                let text = "The answer takes too long. Narrow the time or the query.";
                (
                    S::SERVICE_UNAVAILABLE,
                    "Too much to search",
                    text.to_owned(),
                )
            }
            Self::Review(error) => {
                tracing::error!("{error}");
                let text = if matches!(error, ReviewError::Missing(_)) {
                    "There is no block log yet. The milter makes it when it first runs."
                } else {
                    "The block log cannot be read. The service's own log says why."
                };
                detail = Some(error.to_string());
                (S::SERVICE_UNAVAILABLE, "No block log", text.to_owned())
            }
            Self::Internal(error) => {
                tracing::error!("{error}");
                detail = Some(error);
                let text = "This is not your mistake. The service's own log says more.";
                (
                    S::INTERNAL_SERVER_ERROR,
                    "Something went wrong",
                    text.to_owned(),
                )
            }
        };
        let text = printable(&text).into_owned();
        let detail = detail.map(|text| printable(&text).into_owned());
        (
            status,
            Explanation {
                title,
                text,
                detail,
            },
        )
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, explanation) = self.explain();
        // For programs; browsers get a page instead.
        let text = format!("{}: {}\n", explanation.title, explanation.text);
        let mut response = (status, text).into_response();
        let fields = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            fields.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            fields.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
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
pub(super) async fn dress(request: Request, next: Next) -> Response {
    let accepts_html = accepts_html(request.headers());
    let identity = request.extensions().get::<Identity>().cloned();
    let theme = Theme::of(request.headers());
    let here = here(request.uri());
    let mut response = next.run(request).await;
    let explanation = response.extensions_mut().remove::<Explanation>();
    if !accepts_html {
        return response;
    }
    let Some(explanation) = explanation.or_else(|| explain_bare(&response)) else {
        return response;
    };
    let (frame, is_admin) = match identity {
        Some(Identity::Known(visitor)) => (
            Frame::plain(&visitor, explanation.title),
            visitor.is_admin(),
        ),
        _ => (Frame::outside(theme, here, explanation.title), false),
    };
    let page = ErrorPage {
        frame,
        text: explanation.text,
        detail: explanation.detail.filter(|_| is_admin),
    };
    let Ok(page) = page.render() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    parts.headers.insert(header::CONTENT_TYPE, html);
    Response::from_parts(parts, Body::from(page))
}

/// For what the web framework refuses by itself: a query or a path that a page
/// cannot read.
fn explain_bare(response: &Response) -> Option<Explanation> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    (response.status().is_client_error() && is_text).then(|| Explanation {
        title: "This cannot be understood",
        text: "Something in the address of this page is wrong. Begin at the overview.".to_owned(),
        detail: None,
    })
}

/// Whether a browser asks for a page, and no program or script.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    let value = headers.get(header::ACCEPT);
    value
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}
