//! Who asks, and what they may do.

use super::{app::App, fault::Fault, theme::Theme};
use crate::config::Role;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, request::Parts},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    /// The name, where visitors say who they are.
    pub(super) name: Option<String>,
    /// What they may do.
    pub(super) role: Role,
    /// What every form that changes something has to send back, as the hidden
    /// field `csrf`.
    pub(super) csrf: String,
    /// Light, dark, or as the system says.
    pub(super) theme: Theme,
    /// Path and query of this request.
    pub(super) here: String,
}

impl Visitor {
    pub(super) fn of(app: &App, headers: &HeaderMap, uri: &Uri) -> Self {
        Self {
            name: None,
            role: app.config().dashboard.role,
            csrf: token(app.secret(), ""),
            theme: Theme::of(headers),
            here: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        }
    }

    /// Whether they may change the allowlist and look up people.
    pub(super) fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// A token that only pages of this dashboard for this visitor contain.
fn token(secret: &[u8], visitor: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return String::new();
    };
    mac.update(visitor.as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        Ok(Self::of(app, &parts.headers, &parts.uri))
    }
}

/// A visitor who is an administrator; others are refused.
#[derive(Clone, Debug)]
pub(super) struct Admin(pub(super) Visitor);

impl Admin {
    /// The visitor, if they are an administrator.
    pub(super) fn check(visitor: Visitor) -> Result<Self, Fault> {
        if visitor.is_admin() {
            Ok(Self(visitor))
        } else {
            Err(Fault::Forbidden(
                "Only administrators may do this. Your role is read-only.".to_owned(),
            ))
        }
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        Self::check(visitor).map_err(IntoResponse::into_response)
    }
}
