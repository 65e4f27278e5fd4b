//! The pages: one file each, one line each.

mod overview;

use super::app::App;
use axum::Router;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(overview::routes())
}
