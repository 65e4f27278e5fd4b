//! Logging in and out.

use super::{
    Passwords, password, proxy, session_cookie, session_id,
    users::{Secret, User},
};
use crate::{
    config::Auth as Mode,
    review::{
        audit::{Act, ActKind, Audit, Channel},
        dashboard::{
            app::App,
            csrf::{self, Posted},
            fault::Fault,
            frame::Frame,
            server::Peer,
            theme::{Theme, cookie, local_path, see_other},
            visitor::{Via, Visitor, form_token},
        },
    },
};
use askama::Template;
use axum::{
    Router,
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};
use tokio::task;

/// Ties the login form to the browser that asked for it.
const FORM_COOKIE: &str = "untrackd-login";
const FORM_SECONDS: u32 = 3600;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(show).post(log_in))
        .route("/logout", post(log_out))
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    /// The hidden field `csrf`.
    token: String,
    /// Where to go afterwards.
    next: String,
    name: String,
    problem: Option<String>,
    has_users: bool,
}

#[derive(Debug, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
struct Credentials {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    name: String,
    password: String,
}

async fn show(
    State(app): State<App>,
    Query(Next { next }): Query<Next>,
    request: Request,
) -> Result<Response, Fault> {
    let parts = request.into_parts().0;
    let is_known = super::visitor(&parts).is_ok();
    match app.passwords() {
        Some(passwords) if !is_known => {
            let form = Form {
                theme: Theme::of(&parts.headers),
                next: &next,
                name: "",
                problem: None,
            };
            page(&app, passwords, StatusCode::OK, form)
        }
        _ => Ok(see_other(&next)),
    }
}

/// What the form begins with.
struct Form<'a> {
    theme: Theme,
    next: &'a str,
    name: &'a str,
    problem: Option<String>,
}

fn page(
    app: &App,
    passwords: &Passwords,
    status: StatusCode,
    form: Form<'_>,
) -> Result<Response, Fault> {
    let nonce = password::random().map_err(Fault::internal)?;
    let page = LoginPage {
        frame: Frame::outside(form.theme, "/login".to_owned(), "Log in"),
        token: form_token(app, "login", &nonce),
        next: local_path(form.next),
        name: form.name.to_owned(),
        problem: form.problem,
        has_users: !passwords.is_without_users(),
    };
    let text = page.render().map_err(Fault::internal)?;
    let mut response = (status, Html(text)).into_response();
    set_cookie(app, &mut response, FORM_COOKIE, &nonce, Some(FORM_SECONDS))?;
    Ok(response)
}

async fn log_in(State(app): State<App>, request: Request) -> Result<Response, Fault> {
    let Some(passwords) = app.passwords() else {
        return Ok(see_other("/"));
    };
    let peer = request.extensions().get::<Peer>().copied();
    let peer = peer.ok_or_else(|| Fault::internal("no address"))?;
    let headers = request.headers().clone();
    csrf::check_origin(&headers)?;
    let sent: Credentials = csrf::form(request).await?;
    let again = |status, problem: &str| {
        let form = Form {
            theme: Theme::of(&headers),
            next: &sent.next,
            name: &sent.name,
            problem: Some(problem.to_owned()),
        };
        page(&app, passwords, status, form)
    };
    let nonce = cookie(&headers, FORM_COOKIE).unwrap_or_default();
    if nonce.is_empty() || !csrf::is_same(&sent.csrf, &form_token(&app, "login", nonce)) {
        let problem = "The form was too old, or your browser sent no cookie. Try again.";
        return again(StatusCode::FORBIDDEN, problem);
    }
    let address = client(&app, peer, &headers);
    if let Err(wait) = passwords
        .attempts
        .begin(address, &sent.name, Instant::now())
    {
        let seconds = whole_seconds(wait);
        let problem = format!("There were too many attempts. Try again in {seconds} s.");
        let mut response = again(StatusCode::TOO_MANY_REQUESTS, &problem)?;
        let fields = response.headers_mut();
        fields.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    let users = passwords.users.now();
    let user = users
        .named(&sent.name)
        .filter(|user| matches!(user.secret, Secret::Password(_)));
    let is_right = passwords
        .verifier
        .is_right(user, sent.password.clone())
        .await?;
    match user.filter(|_| is_right) {
        Some(user) => {
            passwords.attempts.succeeded(address, &sent.name);
            note(&app, ActKind::Login, &user.name, Some(address)).await;
            let_in(&app, passwords, user, &headers, &sent.next)
        }
        None => {
            // What is no user's name may be a password in the wrong field.
            let actor = user.map_or("(unknown)", |user| &user.name);
            note(&app, ActKind::LoginFailed, actor, Some(address)).await;
            let problem = "The name or the password is wrong.";
            let mut response = again(StatusCode::UNAUTHORIZED, problem)?;
            let fields = response.headers_mut();
            fields.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            Ok(response)
        }
    }
}

/// Begins a new session; the one the browser had ends.
fn let_in(
    app: &App,
    passwords: &Passwords,
    user: &User,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, Fault> {
    if let Some(old) = session_id(app, headers) {
        passwords.sessions.end(old);
    }
    let begun = passwords.sessions.begin(user, Instant::now());
    let id = begun.map_err(Fault::internal)?;
    let mut response = see_other(next);
    let name = session_cookie(app.config().dashboard.https);
    set_cookie(app, &mut response, name, &id, None)?;
    set_cookie(app, &mut response, FORM_COOKIE, "", Some(0))?;
    Ok(response)
}

#[derive(Debug, Deserialize)]
struct Nothing {}

async fn log_out(
    State(app): State<App>,
    headers: HeaderMap,
    Posted(visitor, Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let (Some(passwords), Via::Session) = (app.passwords(), visitor.via) else {
        return Err(Fault::BadRequest(without_session(&app, &visitor)));
    };
    if let Some(id) = session_id(&app, &headers) {
        passwords.sessions.end(id);
    }
    let name = visitor.name.as_deref().unwrap_or_default();
    note(&app, ActKind::Logout, name, None).await;
    let mut response = see_other("/login");
    let cookie = session_cookie(app.config().dashboard.https);
    set_cookie(&app, &mut response, cookie, "", Some(0))?;
    Ok(response)
}

fn without_session(app: &App, visitor: &Visitor) -> String {
    match (app.config().dashboard.auth, visitor.via) {
        (Mode::Header, _) => "You are logged in at the proxy. Log out there.",
        (_, Via::Token) => "A token has no session to end.",
        _ => "Nobody has to log in here.",
    }
    .to_owned()
}

/// Without an age it ends with the browser.
fn set_cookie(
    app: &App,
    response: &mut Response,
    name: &str,
    value: &str,
    seconds: Option<u32>,
) -> Result<(), Fault> {
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict");
    if app.config().dashboard.https {
        text += "; Secure";
    }
    if let Some(seconds) = seconds {
        text += &format!("; Max-Age={seconds}");
    }
    let value = HeaderValue::try_from(text).map_err(Fault::internal)?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

/// Who is counted for the attempt.
fn client(app: &App, peer: Peer, headers: &HeaderMap) -> IpAddr {
    let address = peer.remote.ip();
    if proxy::is_trusted(&app.config().dashboard.peers, address) {
        proxy::forwarded_for(headers).unwrap_or(address)
    } else {
        address
    }
}

/// Rounded up, so that nobody is asked to come too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Writes to the audit log. Nobody is kept out because it cannot be written:
/// what it guards, look-ups of people, has to write to it again.
async fn note(app: &App, kind: ActKind, actor: &str, address: Option<IpAddr>) {
    let config = app.clone();
    let actor = actor.to_owned();
    let details = address.map_or_else(String::new, |address| format!("from {address}"));
    tracing::info!("{}: {actor} {details}", kind.name());
    let written = task::spawn_blocking(move || {
        Audit::of(config.config())?.record(&Act {
            kind,
            actor: &actor,
            channel: Channel::Dashboard.name(),
            subject: None,
            details: &details,
        })
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!("{error}"),
        Err(error) => tracing::error!("the audit log: {error}"),
    }
}
