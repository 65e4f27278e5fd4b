//! Forms that change something, and proof that they come from our own pages.

use super::{
    app::App,
    fault::Fault,
    visitor::{Via, Visitor},
};
use axum::{
    Form, RequestExt,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Request, rejection::FormRejection},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{error::Error, time::Duration};
use subtle::ConstantTimeEq;
use tokio::time;

/// Largest form, in bytes.
const FORM_BYTES: usize = 64 << 10;
/// How long a browser may take to send it.
const FORM_TIME: Duration = Duration::from_secs(15);

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
        let checked = async {
            check_origin(&parts.headers)?;
            let bytes = read(body).await?;
            let Token { csrf } = parse(parts.clone(), bytes.clone()).await?;
            if visitor.via != Via::Token && !is_same(&csrf, &visitor.csrf) {
                return Err(Fault::Forbidden(
                    "The form was not sent from a page of this dashboard, or is too old. \
                     Go back, reload the page and send it again."
                        .to_owned(),
                ));
            }
            Ok(Self(visitor, parse(parts, bytes).await?))
        };
        checked.await.map_err(IntoResponse::into_response)
    }
}

/// The fields of a form.
pub(super) async fn form<T: DeserializeOwned + 'static>(request: Request) -> Result<T, Fault> {
    let (parts, body) = request.into_parts();
    let bytes = read(body).await?;
    parse(parts, bytes).await
}

async fn read(body: Body) -> Result<Bytes, Fault> {
    let read = time::timeout(FORM_TIME, to_bytes(body, FORM_BYTES)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(e)) if e.source().is_some_and(|e| e.to_string().contains("limit")) => {
            let text = format!("The form is larger than {FORM_BYTES} bytes.");
            Err(Fault::TooLarge(text))
        }
        Ok(Err(_)) => Err(Fault::BadRequest(
            "The form was cut off. Send it again.".to_owned(),
        )),
        Err(_) => {
            let text = "The form took too long to arrive. Send it again.";
            Err(Fault::TooSlow(text.to_owned()))
        }
    }
}

async fn parse<T: DeserializeOwned + 'static>(parts: Parts, bytes: Bytes) -> Result<T, Fault> {
    let request = Request::from_parts(parts, Body::from(bytes));
    let form: Result<Form<T>, FormRejection> = request.extract().await;
    form.map(|Form(fields)| fields).map_err(|rejection| {
        let text = rejection.body_text();
        Fault::BadRequest(format!("The form cannot be read: {text}."))
    })
}

/// Compares tokens in the same time wherever they differ.
pub(super) fn is_same(sent: &str, own: &str) -> bool {
    !own.is_empty() && bool::from(sent.as_bytes().ct_eq(own.as_bytes()))
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
            "The form was sent from another site. Use the form on the dashboard's own page."
                .to_owned(),
        ))
    }
}
