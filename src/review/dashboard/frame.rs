//! What every page has around its content.

use super::{
    app::App,
    assets,
    fault::Fault,
    theme::Theme,
    visitor::{Via, Visitor},
};
use crate::{config::Role, telemetry::Level};
use axum::response::{Html, IntoResponse, Response};

/// The pages of the navigation: path and label.
const NAVIGATION: &[(&str, &str)] = &[
    ("/", "Overview"),
    ("/log", "Log"),
    ("/companies", "Companies"),
    ("/trackers", "Trackers"),
    ("/senders", "Senders"),
    ("/rules", "Rules"),
    ("/lists", "Lists"),
    ("/allowlist", "Allowlist"),
    ("/privacy", "Privacy"),
    ("/system", "System"),
];

/// Pages of single things, and the page of the navigation they belong to.
const DETAILS: &[(&str, &str)] = &[
    ("/message/", "/log"),
    ("/company/", "/companies"),
    ("/tracker/", "/trackers"),
    ("/sender/", "/senders"),
    ("/rule/", "/rules"),
];

/// A link of the navigation.
#[derive(Clone, Debug)]
pub(super) struct NavigationLink {
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) is_current: bool,
}

/// A button that changes the colours.
#[derive(Clone, Debug)]
pub(super) struct ThemeButton {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) is_current: bool,
}

/// What `layout.html` needs; pages have it as the variable `frame`.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Heading of the page and title of the window.
    pub(super) title: String,
    /// Name of the visitor, where visitors say who they are.
    pub(super) name: Option<String>,
    pub(super) role: Role,
    /// Whether they can log out.
    pub(super) has_session: bool,
    /// The hidden field of every form that changes something.
    pub(super) csrf: String,
    pub(super) theme: Theme,
    /// Path and query of this page.
    pub(super) here: String,
    pub(super) navigation: Vec<NavigationLink>,
    /// What everybody has to know, on every page.
    pub(super) banner: Option<&'static str>,
    pub(super) version: &'static str,
}

impl Frame {
    /// `path` is the page's own, for the mark in the navigation.
    pub(super) fn new(app: &App, visitor: &Visitor, title: &str, path: &str) -> Self {
        let is_full = app.config().log.privacy == Level::Full;
        Self {
            banner: is_full
                .then_some("The privacy level is “full”: addresses are stored and shown in clear."),
            navigation: navigation(path),
            ..Self::plain(visitor, title)
        }
    }

    /// For a visitor whose page could not be made.
    pub(super) fn plain(visitor: &Visitor, title: &str) -> Self {
        Self {
            name: visitor.name.clone(),
            role: visitor.role,
            has_session: visitor.via == Via::Session,
            csrf: visitor.csrf.clone(),
            navigation: navigation(""),
            ..Self::outside(visitor.theme, visitor.here.clone(), title)
        }
    }

    /// For those who are not in.
    pub(super) fn outside(theme: Theme, here: String, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            name: None,
            role: Role::ReadOnly,
            has_session: false,
            csrf: String::new(),
            theme,
            here,
            navigation: Vec::new(),
            banner: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The address of a file of the folder `assets`.
    #[allow(clippy::unused_self, reason = "templates reach it through the frame")]
    pub(super) fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    pub(super) fn role_name(&self) -> &'static str {
        match self.role {
            Role::Admin => "administrator",
            Role::ReadOnly => "read-only",
        }
    }

    pub(super) fn themes(&self) -> Vec<ThemeButton> {
        let button = |(theme, name, label)| ThemeButton {
            name,
            label,
            is_current: theme == self.theme,
        };
        Theme::ALL.into_iter().map(button).collect()
    }

    /// Whether to offer what only administrators may do.
    pub(super) fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// The links of the navigation, with the page at `path` marked.
fn navigation(path: &str) -> Vec<NavigationLink> {
    let detail = DETAILS.iter().find(|(begin, _)| path.starts_with(begin));
    let path = detail.map_or(path, |(_, of)| of);
    let link = |&(own, label)| NavigationLink {
        path: own,
        label,
        is_current: own == path,
    };
    NAVIGATION.iter().map(link).collect()
}

/// A page out of its template.
pub(super) fn html(template: &impl askama::Template) -> Result<Response, Fault> {
    let text = template.render().map_err(Fault::internal)?;
    Ok(Html(text).into_response())
}
