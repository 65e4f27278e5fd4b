//! Style sheet, script and icon. Their names hold a hash of their content, so
//! that browsers keep them for ever and still get the new one.

use super::{app::App, fault::Fault};
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A file that pages load: name, type, content.
type Asset = (&'static str, &'static str, &'static [u8]);

/// Every file; one line each.
const ASSETS: &[Asset] = &[
    (
        "chart.css",
        "text/css; charset=utf-8",
        include_bytes!("../chart/chart.css"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_bytes!("assets/icon.svg"),
    ),
    (
        "live.js",
        "text/javascript; charset=utf-8",
        include_bytes!("assets/live.js"),
    ),
    (
        "pages.css",
        "text/css; charset=utf-8",
        include_bytes!("assets/pages.css"),
    ),
    (
        "style.css",
        "text/css; charset=utf-8",
        include_bytes!("assets/style.css"),
    ),
];

/// For a year, the longest that RFC 9111 caches know.
const CACHED: &str = "public, max-age=31536000, immutable";

struct Served {
    asset: &'static Asset,
    path: String,
    hash: String,
}

static SERVED: LazyLock<Vec<Served>> = LazyLock::new(|| {
    let serve = |asset: &'static Asset| {
        let (name, _, content) = asset;
        let mut hash = HEXLOWER.encode(&Sha256::digest(content));
        hash.truncate(16);
        let path = match name.rsplit_once('.') {
            Some((stem, ending)) => format!("/assets/{stem}.{hash}.{ending}"),
            None => format!("/assets/{name}.{hash}"),
        };
        Served { asset, path, hash }
    };
    ASSETS.iter().map(serve).collect()
});

/// The address of a file by its plain name.
pub(super) fn path(name: &str) -> &'static str {
    let found = SERVED.iter().find(|served| served.asset.0 == name);
    found.map_or("", |served| &served.path)
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/assets/{name}", get(serve)).route(
        "/favicon.ico",
        get(async || answer("icon.svg", &HeaderMap::new())),
    )
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = SERVED
        .iter()
        .find(|served| served.path.strip_prefix("/assets/") == Some(name.as_str()));
    match found {
        Some(served) => answer(served.asset.0, &headers),
        None => {
            Fault::NotFound("There is no such file. Reload the page.".to_owned()).into_response()
        }
    }
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    let Some(served) = SERVED.iter().find(|served| served.asset.0 == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", served.hash);
    let known = headers.get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let about = [
        (header::CACHE_CONTROL, CACHED.to_owned()),
        (header::ETAG, tag),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let (_, kind, content) = served.asset;
    (about, [(header::CONTENT_TYPE, *kind)], *content).into_response()
}
