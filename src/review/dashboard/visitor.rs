//! Who asks, and what they may do.

use super::{app::App, auth, fault::Fault, theme::Theme};
use crate::config::Role;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How a visitor has said who they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Via {
    /// Not at all.
    Nothing,
    /// A trusted proxy said it.
    Proxy,
    /// With a password, a while ago.
    Session,
    /// With a token in this request. It is a program, which no other site can
    /// lead astray.
    Token,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    /// The name, where visitors say who they are.
    pub(super) name: Option<String>,
    /// What they may do.
    pub(super) role: Role,
    /// How they have said who they are.
    pub(super) via: Via,
    /// What every form that changes something has to send back, as the hidden
    /// field `csrf`.
    pub(super) csrf: String,
    /// Light, dark, or as the system says.
    pub(super) theme: Theme,
    /// Path and query of this request.
    pub(super) here: String,
}

impl Visitor {
    /// `seed` is what this visit and no other has: the session's number or
    /// the visitor's name.
    pub(super) fn new(
        app: &App,
        name: Option<String>,
        role: Role,
        via: Via,
        seed: &str,
        headers: &HeaderMap,
        here: String,
    ) -> Self {
        Self {
            name,
            role,
            via,
            csrf: form_token(app, "form", seed),
            theme: Theme::of(headers),
            here,
        }
    }

    /// Whether they may change the allowlist and look up people.
    pub(super) fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// A token that only pages of this dashboard made for this visit contain.
pub(super) fn form_token(app: &App, purpose: &str, seed: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app.secret()) else {
        return String::new();
    };
    mac.update(purpose.as_bytes());
    mac.update(b"\0");
    mac.update(seed.as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Response> {
        auth::visitor(parts).map_err(|response| *response)
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
                "Only administrators may do this, and your role is read-only.".to_owned(),
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
