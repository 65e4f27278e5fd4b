//! The pages: one file each, one line each.

mod actions;
mod catalogue;
mod entities;
mod entity;
mod hits;
mod kind;
mod lists;
mod named;
mod overview;
mod pager;
mod ranges;
mod rules;
mod told;

use super::app::App;
use axum::{Extension, Router};
use catalogue::Catalogues;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(overview::routes())
        .merge(entities::routes())
        .merge(entity::routes())
        .merge(rules::routes())
        .merge(lists::routes())
        .layer(Extension(Catalogues::default()))
}
