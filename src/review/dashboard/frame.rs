//! What every page has around its content.

use super::{app::App, assets, fault::Fault, theme::Theme, visitor::Visitor};
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
        let detail = DETAILS.iter().find(|(begin, _)| path.starts_with(begin));
        let path = detail.map_or(path, |(_, of)| of);
        let link = |&(own, label)| NavigationLink {
            path: own,
            label,
            is_current: own == path,
        };
        Self {
            title: title.to_owned(),
            name: visitor.name.clone(),
            role: visitor.role,
            csrf: visitor.csrf.clone(),
            theme: visitor.theme,
            here: visitor.here.clone(),
            navigation: NAVIGATION.iter().map(link).collect(),
            banner: (app.config().log.privacy == Level::Full)
                .then_some("The privacy level is “full”: addresses are stored and shown in clear."),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The address of a file of the folder `assets`.
    #[allow(clippy::unused_self, reason = "templates reach it through the frame")]
    pub(super) fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
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

/// A page out of its template.
pub(super) fn html(template: &impl askama::Template) -> Result<Response, Fault> {
    let text = template.render().map_err(Fault::internal)?;
    Ok(Html(text).into_response())
}
