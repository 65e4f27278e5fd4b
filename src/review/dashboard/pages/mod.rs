//! The pages: one file each, one line each.

mod actions;
mod allowlist;
mod asked;
mod beside;
mod catalogue;
mod entities;
mod entity;
mod export;

mod kind;
mod lists;
mod live;
mod log;
mod message;
mod named;
mod overview;
mod pager;
mod privacy;
mod ranges;
mod rule_hits;
mod rules;
mod system;
mod told;

use super::app::App;
use axum::{Extension, Router};
use catalogue::Catalogues;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(allowlist::routes())
        .merge(entities::routes())
        .merge(entity::routes())
        .merge(export::routes())
        .merge(lists::routes())
        .merge(live::routes())
        .merge(log::routes())
        .merge(message::routes())
        .merge(overview::routes())
        .merge(privacy::routes())
        .merge(rules::routes())
        .merge(system::routes())
        .layer(Extension(Catalogues::default()))
}
