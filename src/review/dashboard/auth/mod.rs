//! Who may come in.
//!
//! ```text
//! none:      everybody is the configured role (loopback only)
//! password:  session cookie, made by /login, or Authorization: Bearer
//! header:    a field of the request, if it comes from a trusted proxy
//! ```

mod attempts;
mod login;
pub mod password;
mod proxy;
mod sessions;
pub mod users;
mod verify;
mod watch;

pub(super) use login::routes;

use super::{
    app::App,
    fault::{Fault, accepts_html},
    server::Peer,
    theme::{cookie, see_other},
    visitor::{Via, Visitor},
};
use crate::config::{Auth as Mode, Config, Role};
use attempts::Attempts;
use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderMap, Method, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sessions::Sessions;
use std::{io, net::IpAddr, time::Instant};
use users::{User, UsersError};
use verify::Verifier;
use watch::WatchedUsers;

/// What mode `password` needs.
#[derive(Debug)]
pub(super) struct Passwords {
    users: WatchedUsers,
    sessions: Sessions,
    attempts: Attempts,
    verifier: Verifier,
}

/// The dashboard cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] io::Error),
    /// The file of users is wrong.
    #[error(transparent)]
    Users(#[from] UsersError),
}

impl Passwords {
    /// `None` in the other modes.
    pub(super) fn new(config: &Config) -> Result<Option<Self>, StartError> {
        let dashboard = &config.dashboard;
        if dashboard.auth != Mode::Password {
            return Ok(None);
        }
        Ok(Some(Self {
            users: WatchedUsers::load(&dashboard.users)?,
            sessions: Sessions::new(dashboard.idle),
            attempts: Attempts::default(),
            verifier: Verifier::new()?,
        }))
    }

    /// Reads the file of users anew.
    pub(super) fn reread(&self) -> Result<(), UsersError> {
        self.users.reread()
    }

    pub(super) fn is_without_users(&self) -> bool {
        self.users.now().is_empty()
    }
}

/// What is known of whoever sent a request.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    /// Who it is.
    Known(Visitor),
    /// Nobody yet: they have to log in.
    Stranger,
    /// Somebody who may not come in, and why.
    Refused(&'static str),
}

/// Finds out who sent the request; whether that is enough is up to the page.
pub(super) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let identity = match peer {
        Some(peer) => who(&app, peer.remote.ip(), request.headers(), request.uri()),
        None => Identity::Refused("The connection has no address."),
    };
    request.extensions_mut().insert(identity);
    next.run(request).await
}

/// Lets only those in who are known.
pub(super) async fn require(request: Request, next: Next) -> Response {
    let admitted = admit(
        request.extensions(),
        request.method(),
        request.headers(),
        request.uri(),
    );
    match admitted {
        Ok(_) => next.run(request).await,
        Err(response) => *response,
    }
}

/// The visitor behind the parts of a request, or where they have to go.
pub(super) fn visitor(parts: &Parts) -> Result<Visitor, Box<Response>> {
    admit(&parts.extensions, &parts.method, &parts.headers, &parts.uri)
}

fn admit(
    extensions: &Extensions,
    method: &Method,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Visitor, Box<Response>> {
    let refused = match extensions.get::<Identity>() {
        Some(Identity::Known(visitor)) => return Ok(visitor.clone()),
        Some(Identity::Refused(why)) => Fault::Forbidden((*why).to_owned()).into_response(),
        Some(Identity::Stranger) | None if method == Method::GET && accepts_html(headers) => {
            match here(uri).as_str() {
                "/" => see_other("/login"),
                here => {
                    let next = utf8_percent_encode(here, NON_ALPHANUMERIC);
                    see_other(&format!("/login?next={next}"))
                }
            }
        }
        Some(Identity::Stranger) | None => Fault::Unauthorized.into_response(),
    };
    Err(Box::new(refused))
}

/// Path and query.
pub(super) fn here(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn who(app: &App, address: IpAddr, headers: &HeaderMap, uri: &Uri) -> Identity {
    let config = &app.config().dashboard;
    let known = |name: Option<String>, role: Role, via: Via, seed: &str| {
        Identity::Known(Visitor::new(app, name, role, via, seed, headers, here(uri)))
    };
    match config.auth {
        Mode::None => known(None, config.role, Via::Nothing, ""),
        Mode::Header => match proxy::who(config, address, headers) {
            Ok((name, role)) => {
                let seed = name.clone();
                known(Some(name), role, Via::Proxy, &seed)
            }
            Err(why) => Identity::Refused(why),
        },
        Mode::Password => {
            let Some(passwords) = app.passwords() else {
                return Identity::Stranger;
            };
            if let Some(token) = bearer(headers) {
                return match with_token(passwords, token) {
                    Some(user) => known(Some(user.name), user.role, Via::Token, ""),
                    None => Identity::Stranger,
                };
            }
            let session = session_id(app, headers);
            let users = passwords.users.now();
            let found = session.and_then(|id| {
                let is_use = !accepts(headers, "text/event-stream");
                let found = passwords.sessions.find(id, &users, Instant::now(), is_use);
                found.map(|user| (user, id))
            });
            match found {
                Some((user, id)) => known(Some(user.name), user.role, Via::Session, id),
                None => Identity::Stranger,
            }
        }
    }
}

fn with_token(passwords: &Passwords, token: &str) -> Option<User> {
    let users = passwords.users.now();
    users.with_token(&password::token_hash(token)).cloned()
}

/// The token of a program (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Name of the session's cookie. With the prefix, browsers take it over HTTPS
/// only and from no other host (RFC 6265bis).
fn session_cookie(is_https: bool) -> &'static str {
    if is_https {
        "__Host-untrackd"
    } else {
        "untrackd"
    }
}

fn session_id<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie(headers, session_cookie(app.config().dashboard.https))
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let value = headers.get(header::ACCEPT);
    value
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains(kind))
}
