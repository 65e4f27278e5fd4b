//! The pages: one file each, one line each.

mod asked;
mod export;
mod live;
mod log;
mod message;
mod overview;

use super::app::App;
use axum::Router;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(export::routes())
        .merge(live::routes())
        .merge(log::routes())
        .merge(message::routes())
        .merge(overview::routes())
}
