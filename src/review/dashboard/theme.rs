//! Light or dark, kept in a cookie.

use super::{app::App, csrf, fault::Fault};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

const COOKIE: &str = "theme";

/// How pages look.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Theme {
    /// As the visitor's system says.
    #[default]
    Auto,
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

impl Theme {
    /// Name and label of each, in the order of the buttons.
    pub(super) const ALL: [(Self, &str, &str); 3] = [
        (Self::Auto, "auto", "Auto"),
        (Self::Light, "light", "Light"),
        (Self::Dark, "dark", "Dark"),
    ];

    pub(super) fn of(headers: &HeaderMap) -> Self {
        let value = cookie(headers, COOKIE).unwrap_or_default();
        let mut all = Self::ALL.into_iter();
        all.find(|(_, name, _)| *name == value)
            .map_or(Self::Auto, |(theme, ..)| theme)
    }

    pub(super) fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(theme, ..)| *theme == self)
            .map_or("auto", |(_, name, _)| name)
    }
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/theme", post(set))
}

#[derive(Debug, Deserialize)]
struct Choice {
    theme: Theme,
    #[serde(default)]
    back: String,
}

/// Also for visitors who have not logged in; a stranger's page could at most
/// change the colours, and may not even do that.
async fn set(request: Request) -> Result<Response, Fault> {
    csrf::check_origin(request.headers())?;
    let choice: Choice = csrf::form(request).await?;
    let cookie = format!(
        "{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict",
        choice.theme.name()
    );
    let mut response = see_other(&choice.back);
    let cookie = HeaderValue::try_from(cookie).map_err(Fault::internal)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Sends the browser to a page of this dashboard with GET.
pub(super) fn see_other(path: &str) -> Response {
    let location = local_path(path);
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// The path, if it cannot lead anywhere else; otherwise the overview.
pub(super) fn local_path(path: &str) -> String {
    let is_harmless = |c: char| c.is_ascii_graphic() && c != '\\';
    let is_local = path.starts_with('/') && !path.starts_with("//");
    if is_local && path.len() <= 4096 && path.chars().all(is_harmless) {
        path.to_owned()
    } else {
        "/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_gone_back_to() {
        for (path, expected) in [
            ("/log?q=a%20b", "/log?q=a%20b"),
            ("", "/"),
            ("log", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("/a\r\nX: y", "/"),
            ("https://evil.example/", "/"),
        ] {
            assert_eq!(local_path(path), expected);
        }
    }

    #[test]
    fn the_theme_is_read_from_its_cookie_only() {
        for (text, expected) in [
            ("theme=dark", Theme::Dark),
            ("a=b; theme=light", Theme::Light),
            ("xtheme=dark", Theme::Auto),
            ("theme=\"><script>", Theme::Auto),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(text));
            assert_eq!(Theme::of(&headers), expected);
        }
    }
}
