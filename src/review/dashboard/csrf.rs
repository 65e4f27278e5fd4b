//! Forms that change something, and proof that they come from our own pages.

use super::{app::App, fault::Fault, visitor::Visitor};
use axum::{
    Form, RequestExt,
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;

/// Largest form, in bytes.
pub(super) const FORM_BYTES: usize = 64 << 10;

/// A form that was sent from one of our own pages, by whom, and its fields.
#[derive(Debug)]
pub(super) struct Posted<T>(pub(super) Visitor, pub(super) T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned + 'static> FromRequest<App> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let refuse = IntoResponse::into_response;
        if parts.method != Method::POST {
            return Err(refuse(Fault::BadRequest("Send the form.".to_owned())));
        }
        check_origin(&parts.headers).map_err(refuse)?;
        let bytes = to_bytes(body, FORM_BYTES).await;
        let bytes = bytes.map_err(|_| {
            let text = format!("The form is larger than {FORM_BYTES} bytes.");
            refuse(Fault::BadRequest(text))
        })?;
        let again = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        let Form(token): Form<Token> = again.extract().await.map_err(unreadable)?;
        if !bool::from(token.csrf.as_bytes().ct_eq(visitor.csrf.as_bytes())) {
            return Err(refuse(Fault::Forbidden(
                "The form was not sent from a page of this dashboard, or is too old. \
                 Go back, reload the page and send it again."
                    .to_owned(),
            )));
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let Form(fields) = request.extract().await.map_err(unreadable)?;
        Ok(Self(visitor, fields))
    }
}

fn unreadable(rejection: axum::extract::rejection::FormRejection) -> Response {
    let text = format!("The form cannot be read: {}", rejection.body_text());
    Fault::BadRequest(text).into_response()
}

/// Refuses what a browser says comes from another site (Fetch Metadata,
/// RFC 6454). Because of our `Referrer-Policy`, the browser calls the origin
/// of our own forms `null`, so that it is the form's token that counts where
/// there is no `Sec-Fetch-Site`.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Fault> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_ours = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) if site != "same-origin" => false,
        (_, None | Some("null")) => true,
        (_, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST.as_str())
        }
    };
    if is_ours {
        Ok(())
    } else {
        Err(Fault::Forbidden(
            "The form was sent from another site.".to_owned(),
        ))
    }
}
